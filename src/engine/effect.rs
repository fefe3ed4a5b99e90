//! Carries out what a turn asks for. Facts are on disk before the next effect begins or is told; what may follow in one go
//! is committed in one go.

use std::collections::VecDeque;

use tokio::time::Instant;

use crate::agent::session::{FOLD_VERSION, Session};
use crate::agent::turn::effect::Effect;
use crate::agent::turn::input::Input;
use crate::engine::session::Task;
use crate::protocol::ask::{About, Answer};
use crate::protocol::event::{Delta, Event, Fact, Signal, Waiting};
use crate::protocol::id::{AskId, CommandId};
use crate::protocol::item::{Block, Item};
use crate::store::{Batch, Derived, FoldedState, Over, Reservation};

impl Task {
    pub(crate) async fn carry_out(&mut self, effects: Vec<Effect>) {
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
                        once,
                    } => request = Some((step, attempt, cause, once)),
                    act => acts.push(act),
                }
            }
            let asked = facts.iter().filter_map(asked).next();
            let kept = match request {
                None => self.commit(facts).await,
                Some((step, attempt, cause, once)) => {
                    match self.request(facts, step, attempt, cause, once).await {
                        Ok(None) => true,
                        Ok(Some(about)) => {
                            queue.extend(self.step(Input::Held(about)));
                            true
                        }
                        Err(()) => false,
                    }
                }
            };
            if !kept {
                self.give_up();
                return;
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
        if let Some(queued) = self.next_message() {
            self.begin_queued(queued).await;
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
            Effect::Run(call) => self.start_tool(call),
            Effect::StopCalls => self.stop.cancel(),
            Effect::Sleep {
                failure,
                attempt,
                attempts,
                wait,
            } => {
                self.wake = Some(Instant::now() + wait);
                let until = self.house.clock.now().plus(wait);
                self.tell(Delta::Waiting {
                    what: Waiting::Retry {
                        failure,
                        attempt,
                        attempts,
                        until,
                    },
                });
            }
            // Handled where effects are sorted.
            Effect::Append(_) | Effect::Judge(_) | Effect::CallModel { .. } => {}
        }
    }

    /// Keeps facts and tells of them. False: they could not be kept, and nothing of them may take effect.
    pub(crate) async fn commit(&mut self, facts: Vec<Fact>) -> bool {
        facts.is_empty() || self.commit_with(facts, None).await.is_ok()
    }

    /// Keeps facts, and those of a reservation if it holds; the answer tells what it would pass otherwise.
    pub(crate) async fn commit_with(
        &mut self,
        facts: Vec<Fact>,
        reserved: Option<Reservation>,
    ) -> Result<Option<Over>, ()> {
        let redactor = self.house.redactor();
        let facts: Vec<Fact> = facts
            .into_iter()
            .map(|fact| redacted(fact, &redactor))
            .collect();
        let at = self.house.clock.now();
        let ends_step = facts
            .iter()
            .any(|fact| matches!(fact, Fact::ModelAnswered { .. }));
        let batch = Batch {
            session: self.session.id,
            at,
            day: self.house.clock.day(at),
            facts,
            reserved,
            blobs: std::mem::take(&mut self.blobs),
            derive: derive(Some(self.session.clone())),
            clears_draft: ends_step,
        };
        match self.house.log.append(batch).await {
            Ok(appended) => {
                for event in appended.events {
                    self.happened(event);
                }
                Ok(appended.over)
            }
            Err(error) => {
                tracing::warn!("session {}: {error}", self.session.id);
                self.refuse(
                    CommandId(0),
                    &format!(
                        "nothing more can be kept: {error}; the turn stopped before it went on"
                    ),
                );
                Err(())
            }
        }
    }

    fn happened(&mut self, event: Event) {
        if let Fact::ItemAdded { turn, step, item } = &event.fact {
            self.items.push((*turn, *step, item.clone()));
        }
        if let Fact::ModelAnswered { counted, .. } = &event.fact {
            self.spent = self.spent.saturating_add(counted.parts);
            self.watch.charged(event.at, *counted);
        }
        self.session.apply(&event);
        self.house.tell(Signal::Event(Box::new(event)));
    }

    pub(crate) fn tell(&self, delta: Delta) {
        self.house.tell(Signal::Delta {
            session: self.session.id,
            delta,
        });
    }

    /// The log takes nothing more: whatever runs is stopped, and what the log says is open is closed when it can be written
    /// again.
    fn give_up(&mut self) {
        self.stop.cancel();
        self.turn = None;
        self.call = None;
        self.wake = None;
        self.deadline = None;
        self.tools.abort_all();
        self.tell(Delta::Waiting {
            what: Waiting::Nothing,
        });
    }
}

/// The card and, where a turn ended, the fold, worked out from the events as they were numbered.
pub(crate) fn derive(
    session: Option<Session>,
) -> Box<dyn FnOnce(&[Event]) -> Option<Derived> + Send> {
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

/// What waits for the person and is no approval.
fn asked(fact: &Fact) -> Option<AskId> {
    match fact {
        Fact::AskRaised { ask } if !matches!(ask.about, About::Approval(_)) => Some(ask.id.clone()),
        _ => None,
    }
}

/// The fact without the keys Creel holds.
pub(crate) fn redacted(fact: Fact, redactor: &crate::agent::redact::Redactor) -> Fact {
    let clean = |text: String| match redactor.redact(&text) {
        std::borrow::Cow::Borrowed(_) => text,
        std::borrow::Cow::Owned(changed) => changed,
    };
    match fact {
        Fact::ItemAdded { turn, step, item } => {
            let item = match item {
                Item::Prompt { blocks, origin } => Item::Prompt {
                    blocks: blocks
                        .into_iter()
                        .map(|block| redacted_block(block, clean))
                        .collect(),
                    origin,
                },
                Item::Answer { text, cut, opaque } => Item::Answer {
                    text: clean(text),
                    cut,
                    opaque,
                },
                Item::Thought { text, opaque } => Item::Thought {
                    text: clean(text),
                    opaque,
                },
                Item::Call(mut call) => {
                    call.arguments = clean(call.arguments);
                    Item::Call(call)
                }
                Item::Result { call, mut outcome } => {
                    outcome.text = clean(outcome.text);
                    Item::Result { call, outcome }
                }
                Item::Notice { text } => Item::Notice { text: clean(text) },
                Item::Shell {
                    command,
                    mut outcome,
                } => {
                    outcome.text = clean(outcome.text);
                    Item::Shell {
                        command: clean(command),
                        outcome,
                    }
                }
            };
            Fact::ItemAdded { turn, step, item }
        }
        Fact::MessageQueued { id, blocks, when } => {
            let blocks = blocks
                .into_iter()
                .map(|block| redacted_block(block, clean))
                .collect();
            Fact::MessageQueued { id, blocks, when }
        }
        other => other,
    }
}

fn redacted_block(block: Block, clean: impl Fn(String) -> String) -> Block {
    match block {
        Block::Text { text } => Block::Text { text: clean(text) },
        Block::Paste { text } => Block::Paste { text: clean(text) },
    }
}
