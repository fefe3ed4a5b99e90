//! A fork: a session of its own that begins with the conversation of another. Its log holds that conversation itself, so it
//! can be shown, sent, exported and purged like any other; the calls to models stay with the session that paid for them.

use std::collections::BTreeSet;

use crate::agent::session::Session;
use crate::protocol::effort::Effort;
use crate::protocol::event::{Ending, Event, Fact};
use crate::protocol::id::{ModelRef, Seq};
use crate::protocol::item::Item;
use crate::protocol::rule::Mode;
use crate::protocol::session::{Change, Forked, SessionSpec};

/// With what a fork goes on.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub model: ModelRef,
    pub mode: Mode,
    pub effort: Option<Effort>,
}

/// The facts a fork begins with. Of a turn that runs its closed steps are taken: what a request may end with. The error says
/// why there is nothing to begin with.
pub fn facts(parent: &Session, events: &[Event], wanted: Wanted) -> Result<Vec<Fact>, String> {
    let mut facts = Vec::new();
    let mut open = BTreeSet::new();
    // Where it may be cut: how many facts, up to which event, and whether a turn is open there.
    let mut cut = None;
    let mut running = None;
    for event in events {
        let may_end = match &event.fact {
            Fact::TurnStarted { turn } => {
                running = Some(*turn);
                false
            }
            Fact::TurnEnded { .. } => {
                running = None;
                true
            }
            Fact::ItemAdded { item, .. } => match item {
                Item::Call(call) => {
                    open.insert(call.id.clone());
                    false
                }
                Item::Result { call, .. } => {
                    open.remove(call);
                    true
                }
                // The rest of the answer follows.
                Item::Answer { .. } | Item::Thought { .. } => false,
                Item::Prompt { .. }
                | Item::Notice { .. }
                | Item::Shell { .. }
                | Item::Recalled(_) => true,
            },
            Fact::ModelAnswered { .. } | Fact::SessionChanged { .. } => true,
            _ => false,
        };
        if is_taken(&event.fact) {
            facts.push(undecided(event.fact.clone()));
        }
        if may_end && open.is_empty() {
            cut = Some((facts.len(), event.seq, running));
        }
    }
    let (count, at, running) = cut.unwrap_or((0, Seq(0), None));
    facts.truncate(count);
    let said = |fact: &Fact| {
        matches!(
            fact,
            Fact::ItemAdded {
                item: Item::Prompt { .. },
                ..
            }
        )
    };
    if !facts.iter().any(said) {
        return Err("there is nothing to fork yet: nothing was said here".to_owned());
    }
    if let Some(turn) = running {
        let text = format!("forked here; the turn went on in {}", parent.id.short());
        facts.push(Fact::TurnEnded {
            turn,
            ending: Ending::interrupted(text),
        });
    }
    let asked = facts.iter().rev().find_map(|fact| match fact {
        Fact::SessionChanged {
            change: Change::Model { model },
        } => Some(model),
        _ => None,
    });
    if asked.unwrap_or(&parent.spec.model) != &wanted.model {
        let model = wanted.model;
        facts.push(Fact::SessionChanged {
            change: Change::Model { model },
        });
    }
    let spec = SessionSpec {
        mode: wanted.mode,
        effort: wanted.effort,
        parent: Some(parent.id),
        forked: Some(Forked {
            at,
            tokens: parent.context_used,
        }),
        // What goes on here is done here, whatever program it began in.
        source: None,
        ..parent.spec.clone()
    };
    facts.insert(0, Fact::SessionOpened { spec });
    Ok(facts)
}

/// A fact without the process that was another session's, and without who decided: nothing was decided here.
fn undecided(fact: Fact) -> Fact {
    match fact {
        Fact::CallStarted { call, .. } => Fact::CallStarted {
            call,
            birth: None,
            by: None,
            change: None,
        },
        Fact::ItemAdded {
            turn,
            step,
            item: Item::Result { call, mut outcome },
            imported,
        } => {
            outcome.by = None;
            let item = Item::Result { call, outcome };
            Fact::ItemAdded {
                turn,
                step,
                item,
                imported,
            }
        }
        fact => fact,
    }
}

/// Leaves out a turn and all that followed.
pub fn end_before(events: &mut Vec<Event>, turn: u32) {
    let begins =
        |event: &Event| matches!(event.fact, Fact::TurnStarted { turn: begun } if begun >= turn);
    if let Some(at) = events.iter().position(begins) {
        events.truncate(at);
    }
}

/// What of the other session's log is the conversation. What was asked, allowed, reserved and paid stays there.
fn is_taken(fact: &Fact) -> bool {
    match fact {
        Fact::TurnStarted { .. }
        | Fact::ItemAdded { .. }
        // Outputs are numbered by these, and the model knows them by their numbers.
        | Fact::CallStarted { .. }
        | Fact::TurnEnded { .. }
        | Fact::SessionChanged {
            // What was to be forgotten is not kept by another.
            change: Change::Model { .. } | Change::Title { .. } | Change::Temporary { .. },
        } => true,
        Fact::SessionOpened { .. }
        | Fact::SessionChanged { .. }
        | Fact::MessageQueued { .. }
        | Fact::MessageWithdrawn { .. }
        | Fact::AskRaised { .. }
        | Fact::AskAnswered { .. }
        | Fact::AskVoided { .. }
        | Fact::ModelCalled { .. }
        | Fact::ModelAnswered { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::protocol::call::{Outcome, ToolCall};
    use crate::protocol::id::{CallId, SessionId};
    use crate::protocol::item::{Block, Origin};
    use crate::protocol::rule::By;
    use crate::protocol::sandbox::{Birth, Level, Network};
    use crate::protocol::time::Time;
    use crate::protocol::usage::{Cause, Charge, Usage};

    fn spec() -> SessionSpec {
        SessionSpec {
            cwd: "/src".into(),
            project: "/src".into(),
            model: "a/one".parse().unwrap(),
            mode: Mode::Ask,
            system: "be brief".to_owned(),
            effort: None,
            parent: None,
            worktree: None,
            forked: None,
            source: None,
        }
    }

    fn item(item: Item) -> Fact {
        Fact::ItemAdded {
            turn: 1,
            step: 1,
            item,
            imported: None,
        }
    }

    fn prompt() -> Fact {
        item(Item::Prompt {
            blocks: vec![Block::text("go")],
            origin: Origin::Person,
        })
    }

    fn says(text: &str) -> Fact {
        item(Item::Answer {
            text: text.to_owned(),
            cut: false,
            opaque: None,
        })
    }

    fn calls(number: usize) -> Fact {
        item(Item::Call(ToolCall {
            id: CallId::new(1, 1, number),
            wire_id: None,
            name: "read".to_owned(),
            arguments: "{}".to_owned(),
            opaque: None,
        }))
    }

    fn done(number: usize) -> Fact {
        item(Item::Result {
            call: CallId::new(1, 1, number),
            outcome: Outcome::failed("no such file"),
        })
    }

    /// The same, and who decided it.
    fn denied(number: usize) -> Fact {
        let mut outcome = Outcome::failed("no such file");
        outcome.by = Some(By::Person);
        item(Item::Result {
            call: CallId::new(1, 1, number),
            outcome,
        })
    }

    fn called() -> Fact {
        Fact::ModelCalled {
            turn: 1,
            step: 1,
            attempt: 1,
            model: "a/one".parse().unwrap(),
            reserved: None,
            cause: Cause::Work,
            body: None,
        }
    }

    fn answered() -> Fact {
        Fact::ModelAnswered {
            turn: 1,
            step: 1,
            attempt: 1,
            model: "a/one".parse().unwrap(),
            usage: Usage {
                input: 900,
                output: 100,
                ..Usage::default()
            },
            charge: Charge::LOCAL,
            counted: crate::protocol::money::Money::usd(0),
            raw: None,
            stop: None,
            failure: None,
            millis: 1,
            vitals: None,
            price: None,
        }
    }

    fn begins() -> Fact {
        Fact::TurnStarted { turn: 1 }
    }

    fn ends(ending: Ending) -> Fact {
        Fact::TurnEnded { turn: 1, ending }
    }

    fn changed(model: &str) -> Fact {
        Fact::SessionChanged {
            change: Change::Model {
                model: model.parse().unwrap(),
            },
        }
    }

    fn forked(log: Vec<Fact>) -> Result<Vec<Fact>, String> {
        let events: Vec<Event> = std::iter::once(Fact::SessionOpened { spec: spec() })
            .chain(log)
            .zip(1..)
            .map(|(fact, seq)| Event {
                seq: Seq(seq),
                session: SessionId(uuid::Uuid::from_u128(0x00ab_cdef)),
                at: Time(1),
                fact,
            })
            .collect();
        let parent = Session::fold(None, &events).unwrap();
        let wanted = Wanted {
            model: "b/two".parse().unwrap(),
            mode: Mode::Plan,
            effort: Some(Effort::High),
        };
        facts(&parent, &events, wanted)
    }

    #[test]
    fn the_conversation_is_taken_and_what_it_cost_is_not() {
        let log = vec![
            begins(),
            prompt(),
            called(),
            says("I look"),
            calls(1),
            answered(),
            Fact::CallStarted {
                call: CallId::new(1, 1, 1),
                birth: Some(Box::new(Birth {
                    pid: 7,
                    ticks: Some(8),
                    boot: None,
                    argv: String::new(),
                    level: Level::Restricted,
                    network: Network::Off,
                    pipe: None,
                    untrusted: None,
                })),
                by: Some(By::Person),
                change: None,
            },
            denied(1),
            ends(Ending::Finished),
            Fact::SessionChanged {
                change: Change::Mode { mode: Mode::Auto },
            },
        ];
        let expected = vec![
            Fact::SessionOpened {
                spec: SessionSpec {
                    mode: Mode::Plan,
                    effort: Some(Effort::High),
                    parent: Some(SessionId(uuid::Uuid::from_u128(0x00ab_cdef))),
                    forked: Some(Forked {
                        at: Seq(11),
                        tokens: 1000,
                    }),
                    ..spec()
                },
            },
            begins(),
            prompt(),
            says("I look"),
            calls(1),
            Fact::CallStarted {
                call: CallId::new(1, 1, 1),
                birth: None,
                by: None,
                change: None,
            },
            done(1),
            ends(Ending::Finished),
            changed("b/two"),
        ];
        assert_eq!(forked(log), Ok(expected));
    }

    #[test]
    fn of_a_turn_that_runs_the_closed_steps_are_taken() {
        let cut = ends(Ending::interrupted(
            "forked here; the turn went on in abcdef",
        ));
        let cases = [
            // The answer is on its way.
            (vec![begins(), prompt(), called()], vec![begins(), prompt()]),
            // A call runs: neither it nor the words that go with it.
            (
                vec![
                    begins(),
                    prompt(),
                    called(),
                    says("I look"),
                    calls(1),
                    answered(),
                ],
                vec![begins(), prompt()],
            ),
            // One of two has ended.
            (
                vec![
                    begins(),
                    prompt(),
                    called(),
                    calls(1),
                    calls(2),
                    answered(),
                    done(2),
                ],
                vec![begins(), prompt()],
            ),
            (
                vec![
                    begins(),
                    prompt(),
                    called(),
                    calls(1),
                    answered(),
                    done(1),
                    called(),
                ],
                vec![begins(), prompt(), calls(1), done(1)],
            ),
        ];
        for (log, mut kept) in cases {
            kept.push(cut.clone());
            kept.push(changed("b/two"));
            assert_eq!(forked(log).map(|facts| facts[1..].to_vec()), Ok(kept));
        }
    }

    #[test]
    fn a_model_that_is_asked_already_is_no_change_and_nothing_is_no_fork() {
        let log = vec![changed("b/two"), begins(), prompt(), ends(Ending::Finished)];
        assert_eq!(forked(log.clone()).unwrap()[1..], log);
        for log in [vec![], vec![begins()], vec![changed("c/x")]] {
            assert_eq!(
                forked(log),
                Err("there is nothing to fork yet: nothing was said here".to_owned())
            );
        }
    }

    #[test]
    fn a_turn_and_what_followed_are_left_out() {
        let facts = [
            begins(),
            prompt(),
            ends(Ending::Finished),
            Fact::TurnStarted { turn: 2 },
            prompt(),
        ];
        for (before, kept) in [(1, 0), (2, 3), (3, 5)] {
            let mut events: Vec<Event> = facts
                .iter()
                .zip(1..)
                .map(|(fact, seq)| Event {
                    seq: Seq(seq),
                    session: SessionId(uuid::Uuid::from_u128(1)),
                    at: Time(1),
                    fact: fact.clone(),
                })
                .collect();
            end_before(&mut events, before);
            assert_eq!(events.len(), kept, "{before}");
        }
    }
}
