//! A turn without a model: one call that Creel makes for the person, judged, asked about and run like any other.

use std::sync::Arc;

use crate::agent::turn::effect::Effect;
use crate::agent::turn::{Limits, Open, Phase, Status, Turn};
use crate::protocol::call::ToolCall;
use crate::protocol::event::{Ending, Fact};
use crate::protocol::id::CallId;
use crate::protocol::item::{Block, Item, Origin};

impl Turn {
    /// Begins one. `note` tells the model what this was, when it is asked in a later turn; a message that comes meanwhile is
    /// answered in this one.
    pub fn begin_call(
        number: u32,
        note: String,
        (name, arguments): (&str, String),
        readers: Arc<[String]>,
    ) -> (Self, Vec<Effect>) {
        let limits = Limits {
            max_steps: None,
            attempts: 1,
            patient: false,
        };
        let mut turn = Self::new(number, limits, readers);
        let mut effects = vec![Effect::Append(Fact::TurnStarted { turn: number })];
        turn.enter_step(&mut effects);
        turn.alone = true;
        let prompt = Item::Prompt {
            blocks: vec![Block::text(note)],
            origin: Origin::Creel,
        };
        turn.add(prompt, &mut effects);
        let call = ToolCall {
            id: CallId::new(number, turn.step, 1),
            wire_id: None,
            name: name.to_owned(),
            arguments,
            opaque: None,
        };
        turn.add(Item::Call(call.clone()), &mut effects);
        turn.calls.push(Open {
            call,
            status: Status::Pending,
            edited: None,
            broken: false,
        });
        turn.phase = Phase::Working;
        turn.advance(&mut effects);
        (turn, effects)
    }

    /// Ends a turn whose calls no model made, unless there is something to answer. `true`: it has ended.
    pub(crate) fn ends_alone(&mut self, effects: &mut Vec<Effect>) -> bool {
        let ends = std::mem::take(&mut self.alone) && self.steering.is_empty();
        if ends {
            let ending = if self.denied {
                Ending::Denied
            } else {
                Ending::Finished
            };
            self.end(ending, effects);
        }
        ends
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::agent::turn::input::{Decision, Input};
    use crate::protocol::call::Outcome;
    use crate::protocol::id::MessageId;
    use crate::protocol::rule::By;

    fn begun() -> (Turn, CallId) {
        let call = ("bash", "{}".to_owned());
        let (turn, effects) = Turn::begin_call(1, "made ready".to_owned(), call, Arc::from([]));
        let judged = effects.iter().find_map(|effect| match effect {
            Effect::Judge(call) => Some(call.id.clone()),
            _ => None,
        });
        (turn, judged.unwrap())
    }

    fn asks_a_model(effects: &[Effect]) -> bool {
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::CallModel { .. }))
    }

    fn ending(effects: &[Effect]) -> Option<Ending> {
        effects.iter().find_map(|effect| match effect {
            Effect::Append(Fact::TurnEnded { ending, .. }) => Some(ending.clone()),
            _ => None,
        })
    }

    #[test]
    fn it_ends_with_its_call_and_no_model_is_asked() {
        let allowed = Decision::Allow(By::Person);
        let denied = Decision::Deny("no".to_owned(), By::Person);
        for (decision, expected) in [(allowed, Ending::Finished), (denied, Ending::Denied)] {
            let (mut turn, call) = begun();
            let mut effects = turn.step(Input::Judged {
                call: call.clone(),
                decision,
            });
            effects.extend(turn.step(Input::Ended {
                call,
                outcome: Outcome::done("ok"),
            }));
            assert_eq!(
                (ending(&effects), asks_a_model(&effects)),
                (Some(expected), false)
            );
        }
    }

    #[test]
    fn what_is_said_meanwhile_is_answered() {
        let (mut turn, call) = begun();
        turn.step(Input::Steered {
            id: MessageId(1),
            blocks: vec![Block::text("and now?")],
        });
        turn.step(Input::Judged {
            call: call.clone(),
            decision: Decision::Allow(By::Person),
        });
        let outcome = Outcome::done("ok");
        let effects = turn.step(Input::Ended { call, outcome });
        assert_eq!((ending(&effects), asks_a_model(&effects)), (None, true));
    }
}
