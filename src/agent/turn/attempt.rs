//! Asking the model: once, again after a failure, or at another endpoint of the route. No call of an answer that failed is
//! ever run, so a step's tools run once however often it was asked.

use std::time::Duration;

use crate::agent::retry;
use crate::agent::turn::effect::Effect;
use crate::agent::turn::input::{Bill, Supply};
use crate::agent::turn::{Phase, Then, Turn};
use crate::protocol::event::{Delta, Ending};
use crate::protocol::failure::Failure;
use crate::protocol::id::ModelRef;
use crate::protocol::reply::Reply;
use crate::protocol::usage::{Cause, Usage};

/// An endpoint that failed.
#[derive(Debug)]
pub(crate) struct Tried {
    model: ModelRef,
    /// The last time.
    failure: Failure,
    times: u32,
}

/// Whether what came is paid for: words of it, or an end that was counted, as that of a tool call its own server cannot read.
fn is_paid(partial: &Reply) -> bool {
    let counted = partial.usage.is_some_and(|usage| usage != Usage::default());
    !partial.is_empty() || (partial.stop.is_some() && counted)
}

impl Turn {
    pub(crate) fn call_model(&mut self, effects: &mut Vec<Effect>) {
        self.phase = Phase::Calling;
        let cause = if self.attempt == 1 {
            Cause::Work
        } else {
            Cause::Retry
        };
        effects.push(Effect::CallModel {
            step: self.step,
            attempt: self.attempt,
            cause,
            waived: self.waived.clone(),
            refused: self.refused(),
            waited: std::mem::take(&mut self.waited),
        });
    }

    pub(crate) fn failed(
        &mut self,
        failure: Failure,
        partial: Reply,
        bill: Bill,
        (jitter, supply): (u16, Supply),
        effects: &mut Vec<Effect>,
    ) {
        if self.phase != Phase::Calling {
            return;
        }
        if bill.counted.parts > 0 {
            // The one call over the budget is spent.
            self.waived.budgets.clear();
        }
        let model = bill.model.clone();
        effects.push(Effect::Append(self.bill(bill, None, Some(failure.clone()))));
        let elsewhere = supply != Supply::One && retry::may_elsewhere(&failure);
        if elsewhere {
            self.note_tried(model, &failure);
        }
        if elsewhere && self.attempt < self.most_attempts(supply) {
            // Nothing of this answer was kept and no call of it has run: the next endpoint is asked at once.
            if !partial.is_empty() {
                effects.push(Effect::Emit(Delta::Discarded));
                self.dropped = partial;
            }
            // What was allowed was the worst case of the endpoint that failed; another one may be dearer.
            self.waived.budgets.clear();
            self.attempt += 1;
            self.call_model(effects);
            return;
        }
        let most = if self.limits.patient && !partial.text().trim().is_empty() {
            // A person has read it, and decides whether to pay for it again.
            1
        } else if is_paid(&partial) {
            self.limits.attempts.min(retry::ATTEMPTS_WITH_WORDS)
        } else {
            self.most(&failure)
        };
        let next = match supply {
            Supply::One => retry::next(&failure, self.attempt, most, jitter)
                .or_else(|| self.for_a_way(&failure, jitter)),
            Supply::Route { .. } => self.for_a_way(&failure, jitter),
        };
        if let Some(wait) = next {
            if !partial.is_empty() {
                effects.push(Effect::Emit(Delta::Discarded));
            }
            self.phase = Phase::Sleeping(Then::AskAgain);
            effects.push(Effect::Sleep {
                endless: self.for_a_way(&failure, jitter).is_some(),
                failure,
                attempt: self.attempt + 1,
                attempts: most,
                wait,
            });
            return;
        }
        self.keep_partial(&partial, effects);
        let failure = if elsewhere {
            self.nobody(failure)
        } else {
            retry::given_up(failure)
        };
        self.end(Ending::Failed { failure }, effects);
    }

    fn note_tried(&mut self, model: ModelRef, failure: &Failure) {
        let failure = failure.clone();
        match self.tried.iter_mut().find(|tried| tried.model == model) {
            Some(tried) => {
                tried.failure = failure;
                tried.times = tried.times.saturating_add(1);
            }
            None => self.tried.push(Tried {
                model,
                failure,
                times: 1,
            }),
        }
    }

    /// Endpoints that refused this very request, and how.
    fn refused(&self) -> Vec<(ModelRef, Failure)> {
        let for_the_step = |tried: &&Tried| retry::is_for_the_step(&tried.failure);
        let refused = self.tried.iter().filter(for_the_step);
        refused
            .map(|tried| (tried.model.clone(), tried.failure.clone()))
            .collect()
    }

    /// What a route is given up for: each endpoint that was asked, with what it failed for last. The reaction is that to the
    /// last failure of all.
    fn nobody(&self, last: Failure) -> Failure {
        let [_, _, ..] = self.tried.as_slice() else {
            return last;
        };
        let each = self.tried.iter().map(|tried| {
            let times = match tried.times {
                1 => String::new(),
                times => format!(" (asked {times} times)"),
            };
            format!("{}{times}: {}", tried.model, tried.failure.message)
        });
        let each: Vec<String> = each.collect();
        Failure {
            message: format!("no endpoint of the route answered: {}", each.join("; ")),
            ..last
        }
    }

    /// How often one is asked that failed so. A person sees the wait, and may be about to start the server.
    fn most(&self, failure: &Failure) -> u32 {
        if self.limits.patient {
            self.limits.attempts
        } else {
            retry::alone(failure, self.limits.attempts)
        }
    }

    fn for_a_way(&self, failure: &Failure, jitter: u16) -> Option<Duration> {
        let patient = self.limits.patient && self.limits.attempts > 1;
        retry::for_a_way(failure, jitter).filter(|_| patient)
    }

    /// Of a route each round may ask every endpoint once.
    fn most_attempts(&self, supply: Supply) -> u32 {
        match (supply, self.limits.attempts) {
            (Supply::Route { endpoints }, most) if most > 1 => most.saturating_mul(endpoints),
            (_, most) => most,
        }
    }

    pub(crate) fn postponed(
        &mut self,
        failure: Failure,
        wait: Duration,
        effects: &mut Vec<Effect>,
    ) {
        if self.phase != Phase::Calling {
            return;
        }
        let endless = self.for_a_way(&failure, 0).is_some();
        // Of a route a round is one attempt, whichever of its endpoints were asked in it. A wait before anything was asked is
        // none, but there is no second one of these.
        let most = self.most(&failure);
        let times = self.tried.iter().map(|tried| tried.times).max();
        let times = times.unwrap_or(0);
        if (times >= most || self.rounds > most || most == 1) && !endless {
            self.no_way(failure, effects);
            return;
        }
        self.rounds = self.rounds.saturating_add(1);
        self.phase = Phase::Sleeping(Then::Ask);
        effects.push(Effect::Sleep {
            endless,
            failure,
            attempt: times.saturating_add(1),
            attempts: most,
            wait,
        });
    }

    pub(crate) fn no_way(&mut self, failure: Failure, effects: &mut Vec<Effect>) {
        if self.phase != Phase::Calling {
            return;
        }
        self.keep_partial(&Reply::default(), effects);
        self.end(Ending::Failed { failure }, effects);
    }
}
