//! Asking the model: once, again after a failure, or at another endpoint of the route. No call of an answer that failed is
//! ever run, so a step's tools run once however often it was asked.

use std::time::Duration;

use crate::agent::retry;
use crate::agent::turn::effect::Effect;
use crate::agent::turn::input::{Bill, Supply};
use crate::agent::turn::{Phase, Then, Turn};
use crate::protocol::event::{Delta, Ending};
use crate::protocol::failure::Failure;
use crate::protocol::reply::Reply;
use crate::protocol::usage::Cause;

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
            refused: self.refused.clone(),
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
        if let Supply::Route { .. } = supply
            && retry::may_elsewhere(&failure)
            && self.attempt < self.most_attempts(supply)
        {
            // Nothing of this answer was kept and no call of it has run: the next endpoint is asked at once.
            if !partial.is_empty() {
                effects.push(Effect::Emit(Delta::Discarded));
                self.dropped = partial;
            }
            if retry::is_for_the_step(&failure) {
                self.refused.push((model, failure));
            }
            // What was allowed was the worst case of the endpoint that failed; another one may be dearer.
            self.waived.budgets.clear();
            self.attempt += 1;
            self.call_model(effects);
            return;
        }
        let most = if partial.is_empty() {
            self.limits.attempts
        } else {
            self.limits.attempts.min(retry::ATTEMPTS_WITH_WORDS)
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
        self.end(Ending::Failed { failure }, effects);
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
        supply: Supply,
        effects: &mut Vec<Effect>,
    ) {
        if self.phase != Phase::Calling {
            return;
        }
        let endless = self.for_a_way(&failure, 0).is_some();
        if self.rounds >= self.limits.attempts && !endless {
            self.no_way(failure, effects);
            return;
        }
        self.rounds = self.rounds.saturating_add(1);
        self.phase = Phase::Sleeping(Then::Ask);
        effects.push(Effect::Sleep {
            endless,
            failure,
            attempt: self.attempt,
            attempts: self.most_attempts(supply),
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
