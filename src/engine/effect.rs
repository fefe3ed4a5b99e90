//! Carries out what a turn asks for. Facts are on disk before the next effect begins or is told; what may follow in one go
//! is committed in one go.

use std::collections::VecDeque;

use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::agent::session::{FOLD_VERSION, Session};
use crate::agent::turn::effect::{Effect, Waived};
use crate::agent::turn::input::Input;
use crate::engine::redaction::redacted;
use crate::engine::session::Task;
use crate::protocol::ask::{About, Answer};
use crate::protocol::event::{Delta, Event, Fact, Signal, Waiting};
use crate::protocol::failure::Failure;
use crate::protocol::id::{AskId, CommandId, ModelRef};
use crate::protocol::item::Item;
use crate::protocol::usage::Cause;
use crate::store::fault::StoreError;
use crate::store::{Batch, Derive, Derived, FoldedState, Over, Reservation};

/// What follows an effect could not be kept.
#[derive(Debug)]
pub(crate) struct Unkept {
    pub(crate) why: StoreError,
    /// What had happened by then.
    facts: Vec<Fact>,
}

impl Task {
    /// On an error nothing of the batch that failed has taken effect, and the turn must not go on.
    pub(crate) async fn carry_out(&mut self, effects: Vec<Effect>) -> Result<(), Unkept> {
        let mut queue = VecDeque::from(effects);
        loop {
            let mut facts = Vec::new();
            let mut acts = Vec::new();
            let mut request = None;
            while let Some(effect) = queue.pop_front() {
                match effect {
                    Effect::Append(fact) => facts.push(fact),
                    Effect::Judge(call) => {
                        self.watch.called(&call, &self.house.guards);
                        let decision = self.judge(&call).await;
                        queue.extend(self.step(Input::Judged {
                            call: call.id,
                            decision,
                        }));
                    }
                    Effect::CallModel {
                        step,
                        attempt,
                        cause,
                        waived,
                        refused,
                        waited,
                    } => {
                        request = Some(Call {
                            step,
                            attempt,
                            cause,
                            waived,
                            refused,
                            waited,
                        });
                    }
                    act => acts.push(act),
                }
            }
            if matches!(&request, Some(call) if call.attempt == 1 && call.step == 1) {
                self.recall_beside(&mut facts).await;
            }
            let asked = facts.iter().find_map(asked);
            self.prepare(&mut facts, &acts).await;
            match request {
                None if facts.is_empty() => {}
                None => {
                    self.commit_with(facts, None).await?;
                }
                Some(call) => {
                    // By far the largest of what the task does: not kept in its own state.
                    if let Some(input) = Box::pin(self.request(facts, call)).await? {
                        queue.extend(self.step(input));
                    }
                }
            }
            for act in acts {
                self.act(act);
            }
            // With nobody to ask, what would wait for a budget or a guard ends the turn.
            if self.house.unattended
                && let Some(ask) = asked
            {
                queue.extend(self.step(Input::AskAnswered {
                    ask,
                    answer: Answer::End,
                }));
            }
            if queue.is_empty() {
                break;
            }
        }
        self.rest().await;
        Ok(())
    }

    /// A turn that has ended makes room, perhaps for the next.
    async fn rest(&mut self) {
        if !self
            .turn
            .as_ref()
            .is_some_and(crate::agent::turn::Turn::has_ended)
        {
            return;
        }
        self.turn = None;
        self.call = None;
        self.wake = None;
        self.deadline = None;
        self.settle_model().await;
        self.settle_loan().await;
        self.begin_title().await;
        if self.has_next() {
            self.begin_queued(CommandId(0)).await;
        }
    }

    fn step(&mut self, input: Input) -> Vec<Effect> {
        self.turn
            .as_mut()
            .map(|turn| turn.step(input))
            .unwrap_or_default()
    }

    fn act(&mut self, effect: Effect) {
        match effect {
            Effect::Emit(delta) => self.tell(delta),
            Effect::StopModel => {
                self.call = None;
                self.tell(Delta::Waiting {
                    what: Waiting::Nothing,
                });
            }
            Effect::Run(call) => self.start_tool(&call),
            Effect::StopCalls => self.stop.cancel(),
            Effect::Sleep {
                failure,
                attempt,
                attempts,
                endless,
                wait,
            } => {
                self.wake = Some(Instant::now() + wait);
                let until = self.house.clock.now().plus(wait);
                self.tell(Delta::Waiting {
                    what: Waiting::Retry {
                        failure,
                        attempt,
                        attempts,
                        endless,
                        until,
                    },
                });
            }
            // Handled where effects are sorted.
            Effect::Append(_) | Effect::Judge(_) | Effect::CallModel { .. } => {}
        }
    }

    /// Keeps facts and tells of them. The error says why they could not be kept; nothing of them may take effect then.
    pub(crate) async fn commit(&mut self, facts: Vec<Fact>) -> Result<(), StoreError> {
        if facts.is_empty() {
            return Ok(());
        }
        let kept = self.commit_with(facts, None).await;
        kept.map(drop).map_err(|unkept| unkept.why)
    }

    /// Keeps facts, and those of a reservation if it holds; the answer tells what it would pass otherwise.
    pub(crate) async fn commit_with(
        &mut self,
        facts: Vec<Fact>,
        reserved: Option<Reservation>,
    ) -> Result<Option<Over>, Unkept> {
        let redactor = self.house.redactor();
        let facts: Vec<Fact> = facts
            .into_iter()
            .map(|fact| redacted(fact, &redactor))
            .collect();
        let at = self.house.clock.now();
        let ends_step = facts
            .iter()
            .any(|fact| matches!(fact, Fact::ModelAnswered { step: 1.., .. }));
        let ends_call = facts
            .iter()
            .any(|fact| matches!(fact, Fact::ModelAnswered { .. }));
        let outcomes_after = self.house.outcomes_wanted().filter(|_| ends_call);
        let opened = self.opened.take();
        let before = opened.is_none().then(|| self.session.clone());
        let batch = Batch {
            session: self.session.id,
            at,
            day: self.house.clock.day(at),
            facts: opened.iter().chain(&facts).cloned().collect(),
            reserved,
            blobs: std::mem::take(&mut self.blobs),
            derive: derive(before),
            clears_draft: ends_step,
            outcomes_after,
            import: None,
        };
        match self.house.append(batch).await {
            Ok(appended) => {
                if let Some(outcomes) = &appended.outcomes {
                    self.house.heard_outcomes(outcomes);
                    self.heard = Some(at);
                }
                for event in appended.events {
                    self.note(event);
                }
                Ok(appended.over)
            }
            Err(why) => {
                tracing::warn!("session {}: {why}", self.session.id);
                self.opened = opened;
                Err(Unkept { why, facts })
            }
        }
    }

    fn note(&mut self, event: Event) {
        if let Fact::ItemAdded {
            turn, step, item, ..
        } = &event.fact
        {
            if let Item::Result { call, .. } = item {
                self.deeds.remove(call);
            }
            // What is not read yet is read from the log, with this.
            if !self.unread {
                self.items.push((*turn, *step, item.clone()));
            }
        }
        if let Fact::ModelAnswered { counted, .. } = &event.fact {
            self.spent = self.spent.saturating_add(counted.parts);
            self.watch.charged(event.at, *counted);
        }
        match Session::begin(&event) {
            Some(session) => self.session = session,
            None => self.session.apply(&event),
        }
        self.house.tell(Signal::Event(Box::new(event)));
    }

    pub(crate) fn tell(&self, delta: Delta) {
        self.house.tell(Signal::Delta {
            session: self.session.id,
            delta,
        });
    }

    /// The log takes nothing more: whatever runs is stopped, the person is told, and what the log says is open is closed
    /// when it can be written again.
    pub(crate) fn give_up(&mut self, unkept: Unkept) {
        self.stop.cancel();
        self.turn = None;
        self.call = None;
        self.aside = None;
        self.wake = None;
        self.deadline = None;
        self.tools = JoinSet::new();
        self.adoption.drop_all();
        // Not let go, they never begin.
        self.waiting.clear();
        // What was judged for it is judged anew, if it is asked for again.
        self.deeds.clear();
        self.warned = None;
        self.given_up = true;
        self.owed
            .extend(unkept.facts.into_iter().filter_map(happened));
        self.tell(Delta::Waiting {
            what: Waiting::Nothing,
        });
        self.refuse(
            CommandId(0),
            &format!(
                "nothing more can be kept: {}; the turn stopped before it went on",
                unkept.why
            ),
        );
    }
}

/// The fact, if it tells of something that happened whether it could be kept or not; what was about to be done was not done.
fn happened(fact: Fact) -> Option<Fact> {
    match fact {
        Fact::CallStarted { .. } | Fact::ModelCalled { .. } | Fact::AskRaised { .. } => None,
        Fact::ItemAdded {
            turn,
            step,
            item: Item::Result { call, mut outcome },
            ..
        } => {
            // The whole output went with the batch.
            outcome.whole = None;
            let item = Item::Result { call, outcome };
            Some(Fact::ItemAdded {
                turn,
                step,
                item,
                imported: None,
            })
        }
        fact => Some(fact),
    }
}

/// A call to the model that is to be made.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) step: u32,
    pub(crate) attempt: u32,
    pub(crate) cause: Cause,
    pub(crate) waived: Waived,
    pub(crate) refused: Vec<(ModelRef, Failure)>,
    pub(crate) waited: bool,
}

/// The card and, where a turn ended, the fold, worked out from the events as they were numbered.
pub(crate) fn derive(session: Option<Session>) -> Derive {
    Box::new(move |events| {
        let session = Session::fold(session, events)?;
        let ends = events
            .iter()
            .any(|event| matches!(event.fact, Fact::TurnEnded { .. }));
        let state = if ends {
            serde_json::to_string(&session)
                .ok()
                .map(|body| FoldedState {
                    version: FOLD_VERSION,
                    body,
                })
        } else {
            None
        };
        Some(Derived {
            card: session.card(),
            state,
        })
    })
}

/// What holds the next call until the person answers.
fn asked(fact: &Fact) -> Option<AskId> {
    match fact {
        Fact::AskRaised { ask }
            if !matches!(ask.about, About::Approval(_) | About::Question(_)) =>
        {
            Some(ask.id.clone())
        }
        _ => None,
    }
}
