//! After a crash: the facts that close what was open, so that the next request to the model is valid and the person is told
//! the truth. Nothing that could have an effect is run again.

use std::collections::BTreeSet;

use crate::agent::known::{Came, ENDED, Known, unseen};
use crate::agent::open::{OpenCall, OpenRequestOut};
use crate::agent::session::Session;
use crate::agent::visible::{brief, one_line};
use crate::protocol::ask::About;
use crate::protocol::call::Outcome;
use crate::protocol::event::{Ending, Fact};
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::id::CallId;
use crate::protocol::item::Item;
use crate::protocol::money::Money;
use crate::protocol::usage::{Charge, Usage};

/// Characters of what a call was about.
const SUBJECT: usize = 80;

/// What broke the turn off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broke {
    /// The process ended.
    Process,
    /// The log took nothing more, and the turn was given up.
    Log,
}

impl Broke {
    fn happened(self) -> &'static str {
        match self {
            Self::Process => ENDED,
            Self::Log => "nothing more could be kept",
        }
    }
}

/// A call in a few words: of a command the words are the person's own.
fn named(call: &OpenCall) -> String {
    let subject = brief(&call.subject, SUBJECT);
    match (call.name.as_str(), subject.as_str()) {
        (_, "") => one_line(&call.name),
        ("bash", _) => format!("`{subject}`"),
        (name, _) => format!("{} {subject}", one_line(name)),
    }
}

/// The facts that close a session nobody runs; none when nothing is open. `draft` is the text an answer had come to.
pub fn closing(session: &Session, draft: Option<String>, broke: Broke, known: &Known) -> Vec<Fact> {
    if session.spec.is_foreign() {
        // Nothing of it ran here, and what it left open may still be read in its program's file.
        return Vec::new();
    }
    let happened = broke.happened();
    let mut facts = Vec::new();
    let (turn, step) = (session.turn, session.step);
    if let Some(request) = &session.open_request {
        if let Some(text) = draft.filter(|text| !text.trim().is_empty()) {
            facts.push(Fact::ItemAdded {
                turn,
                step: request.step,
                item: Item::Answer {
                    text,
                    cut: true,
                    opaque: None,
                },
                imported: None,
            });
        }
        facts.push(unanswered(request, happened));
    }
    if let Some(aside) = &session.open_aside {
        facts.push(unanswered(aside, happened));
    }
    for waiting in &session.asks {
        facts.push(Fact::AskVoided {
            ask: waiting.ask.id.clone(),
            why: format!("{happened} while it waited"),
        });
    }
    for (call, open) in &session.open_calls {
        let outcome = if let Some(came) = known.changes.get(call) {
            came.outcome(happened)
        } else if open.started && known.looks.contains(call) {
            unseen(happened)
        } else if known.ended.contains(call) {
            Outcome::lost(format!(
                "{happened} while this ran. Its process was still there and was ended now, so how far it came is not known. It was not run again. Verify before repeating it."
            ))
        } else if open.started {
            Outcome::lost(format!(
                "{happened} while this ran, so whether it took effect is not known. It was not run again. Verify before repeating it."
            ))
        } else if asked(session).any(|asked| asked == call) {
            Outcome::cancelled(format!(
                "not run: {happened} while the person was asked about it and had not answered"
            ))
        } else {
            Outcome::cancelled(format!("not run: {happened} before it began"))
        };
        facts.push(Fact::ItemAdded {
            turn: open.turn,
            step: open.step,
            item: Item::Result {
                call: call.clone(),
                outcome: open.brought(outcome),
            },
            imported: None,
        });
    }
    if session.running {
        let began = session.open_calls.iter().filter(|(_, open)| open.started);
        let (concluded, began): (Vec<_>, Vec<_>) =
            began.partition(|(call, _)| known.changes.contains_key(*call));
        let began: Vec<String> = began.into_iter().map(|(_, open)| named(open)).collect();
        let mut open = Vec::new();
        if !began.is_empty() {
            open.push(format!(
                "{} ran: its outcome is not known",
                began.join(", ")
            ));
        }
        for (call, concluded) in concluded {
            let came = known.changes.get(call).copied().unwrap_or(Came::Neither);
            open.push(format!("{} {}", named(concluded), came.told()));
        }
        open.extend(waited(session));
        let text = if open.is_empty() {
            format!("{happened} during step {step}")
        } else {
            format!("{happened} while {}", open.join("; "))
        };
        facts.push(Fact::TurnEnded {
            turn,
            ending: Ending::Interrupted {
                text,
                heard: Some(session.heard),
            },
        });
    }
    facts
}

/// Of the facts that close a session those that are left where these calls go on: they and their turn stay open.
pub fn but_for(mut facts: Vec<Fact>, calls: &BTreeSet<CallId>) -> Vec<Fact> {
    if !calls.is_empty() {
        facts.retain(|fact| match fact {
            Fact::TurnEnded { .. } => false,
            Fact::ItemAdded {
                item: Item::Result { call, .. },
                ..
            } => !calls.contains(call),
            _ => true,
        });
    }
    facts
}

/// The facts of a call that went on after its Creel had ended, or was done again, and has ended now; with the last of them its
/// turn ends.
pub fn taken_over(session: &Session, call: &CallId, outcome: Outcome, last: bool) -> Vec<Fact> {
    let Some(open) = session.open_calls.get(call) else {
        return Vec::new();
    };
    let mut facts = vec![Fact::ItemAdded {
        turn: open.turn,
        step: open.step,
        item: Item::Result {
            call: call.clone(),
            outcome: open.brought(outcome),
        },
        imported: None,
    }];
    if last && session.running {
        let happened = Broke::Process.happened();
        let since = if open.again {
            "it changes nothing, and was done again"
        } else {
            "it was taken over, and has ended since"
        };
        facts.push(Fact::TurnEnded {
            turn: session.turn,
            ending: Ending::Interrupted {
                text: format!("{happened} while {} ran: {since}", named(open)),
                heard: None,
            },
        });
    }
    facts
}

/// The calls that the person was asked about.
fn asked(session: &Session) -> impl Iterator<Item = &CallId> {
    session
        .asks
        .iter()
        .filter_map(|waiting| match &waiting.ask.about {
            About::Approval(approval) => Some(&approval.call),
            _ => None,
        })
}

/// What waited for the person, and what became of it.
fn waited(session: &Session) -> Vec<String> {
    let calls = asked(session).filter_map(|call| session.open_calls.get(call));
    let calls: Vec<String> = calls.map(named).collect();
    let others = session
        .asks
        .iter()
        .filter_map(|waiting| match waiting.ask.about {
            About::Approval(_) => None,
            About::Question(_) => Some("a question"),
            About::Budget { .. } => Some("a budget"),
            About::Guard { .. } => Some("a pause"),
            About::Unpriced { .. } => Some("a model without a price"),
        });
    let others: Vec<&str> = others.collect();
    let mut waited = Vec::new();
    if !calls.is_empty() {
        let calls = calls.join(", ");
        waited.push(format!(
            "{calls} waited for your yes: not answered, not run"
        ));
    }
    if !others.is_empty() {
        let others = others.join(", ");
        waited.push(format!("{others} waited for your answer: not answered"));
    }
    waited
}

/// The provider bills what it answered all the same: the worst case stays counted.
fn unanswered(request: &OpenRequestOut, happened: &str) -> Fact {
    let charge = if request.reserved.is_some() {
        Charge::UNKNOWN
    } else {
        Charge::LOCAL
    };
    Fact::ModelAnswered {
        turn: request.turn,
        step: request.step,
        attempt: request.attempt,
        model: request.model.clone(),
        usage: Usage::default(),
        charge,
        counted: request.reserved.unwrap_or(Money::usd(0)),
        raw: None,
        stop: None,
        failure: Some(Failure::new(
            FailureKind::Network,
            format!("{happened} before the answer was there"),
        )),
        millis: 0,
        // The endpoint had no part in it.
        vitals: None,
        price: None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use std::collections::BTreeMap;

    use super::*;
    use crate::protocol::call::{OutcomeKind, ToolCall, Untrusted};
    use crate::protocol::event::Event;
    use crate::protocol::id::{Seq, SessionId};
    use crate::protocol::rule::Mode;
    use crate::protocol::sandbox::{Birth, Level, Network};
    use crate::protocol::session::{SessionSpec, State};
    use crate::protocol::time::Time;

    /// A session whose facts were kept at these times.
    fn kept(facts: Vec<(i64, Fact)>) -> Session {
        let id = SessionId(uuid::Uuid::from_u128(1));
        let opened = Fact::SessionOpened {
            spec: SessionSpec {
                cwd: "/".into(),
                project: "/".into(),
                model: "a/b".parse().unwrap(),
                mode: Mode::Auto,
                effort: None,
                system: String::new(),
                parent: None,
                worktree: None,
                forked: None,
                source: None,
            },
        };
        let facts = std::iter::once((0, opened)).chain(facts);
        let log: Vec<Event> = facts
            .zip(1..)
            .map(|(fact, seq)| event(id, seq, fact))
            .collect();
        Session::fold(None, &log).unwrap()
    }

    fn event(session: SessionId, seq: u64, (at, fact): (i64, Fact)) -> Event {
        Event {
            seq: Seq(seq),
            session,
            at: Time(at),
            fact,
        }
    }

    fn asked_for(call: &CallId, name: &str, arguments: &str) -> ToolCall {
        ToolCall {
            id: call.clone(),
            wire_id: None,
            name: name.to_owned(),
            arguments: arguments.to_owned(),
            opaque: None,
        }
    }

    /// The same, closed an hour after the last of them.
    fn found_later(facts: Vec<(i64, Fact)>) -> Session {
        let mut session = kept(facts);
        let late = session.heard.0 + 3_600_000;
        let draft = Some("so far".to_owned());
        let closed = closing(&session, draft, Broke::Process, &Known::default());
        for (fact, seq) in closed.into_iter().zip(50..) {
            session.apply(&event(session.id, seq, (late, fact)));
        }
        session
    }

    #[test]
    fn a_process_that_was_still_there_is_told_of() {
        let call = CallId("call_1_1_1".to_owned());
        let mut session = found_later(vec![(1_000, Fact::TurnStarted { turn: 1 })]);
        let asked = asked_for(&call, "bash", r#"{"command":"make"}"#);
        let open = OpenCall {
            started: true,
            number: 1,
            birth: Some(Box::new(Birth {
                pid: 7,
                ticks: None,
                boot: None,
                argv: String::new(),
                level: Level::None,
                network: Network::On,
                pipe: None,
                untrusted: Some(Untrusted::Web),
            })),
            ..OpenCall::of(1, 1, &asked)
        };
        session.open_calls.insert(call.clone(), open);
        for (ended, expected) in [
            (BTreeSet::new(), "so whether it took effect is not known"),
            (
                BTreeSet::from([call.clone()]),
                "Its process was still there and was ended now",
            ),
        ] {
            let known = Known {
                ended,
                ..Known::default()
            };
            let facts = closing(&session, None, Broke::Process, &known);
            let [
                Fact::ItemAdded {
                    item: Item::Result { outcome, .. },
                    ..
                },
            ] = facts.as_slice()
            else {
                panic!("{facts:?}");
            };
            assert!(outcome.text.contains(expected), "{}", outcome.text);
            // What it brought in while it ran counts all the same.
            assert_eq!(outcome.untrusted, Some(Untrusted::Web));
        }
        // As well as where another closed it, who did not know.
        session.apply(&Event {
            seq: Seq(99),
            session: session.id,
            at: Time(9_000),
            fact: Fact::ItemAdded {
                turn: 1,
                step: 1,
                item: Item::Result {
                    call,
                    outcome: Outcome::lost("?"),
                },
                imported: None,
            },
        });
        assert_eq!(session.untrusted(), Some(&Untrusted::Web));
    }

    #[test]
    fn what_had_begun_is_told_by_what_it_could_do() {
        let call = CallId("call_1_1_1".to_owned());
        let changes = |came| Known {
            changes: BTreeMap::from([(call.clone(), came)]),
            ..Known::default()
        };
        let looks = Known {
            looks: BTreeSet::from([call.clone()]),
            ..Known::default()
        };
        let cases = [
            (
                changes(Came::Made),
                OutcomeKind::Done,
                "its change was made",
            ),
            (
                changes(Came::NotMade),
                OutcomeKind::Failed,
                "nothing was changed",
            ),
            (
                changes(Came::Neither),
                OutcomeKind::Lost,
                "its outcome is not known",
            ),
            (looks, OutcomeKind::Lost, "its outcome is not known"),
        ];
        for (known, kind, told) in cases {
            let started = Fact::CallStarted {
                call: call.clone(),
                birth: None,
                by: None,
                change: None,
            };
            let asked = Item::Call(asked_for(&call, "edit", r#"{"path":"a.txt"}"#));
            let asked = Fact::ItemAdded {
                turn: 1,
                step: 1,
                item: asked,
                imported: None,
            };
            let begun = vec![(1, Fact::TurnStarted { turn: 1 }), (2, asked), (3, started)];
            let session = kept(begun);
            let facts = closing(&session, None, Broke::Process, &known);
            let [
                Fact::ItemAdded {
                    item: Item::Result { outcome, .. },
                    ..
                },
                Fact::TurnEnded {
                    ending: Ending::Interrupted { text, .. },
                    ..
                },
            ] = facts.as_slice()
            else {
                panic!("{facts:?}");
            };
            assert_eq!(outcome.kind, kind, "{known:?}");
            let expected = format!("Creel ended while edit a.txt ran: {told}");
            assert_eq!(*text, expected);
        }
    }

    #[test]
    fn a_turn_that_was_cut_is_dated_by_what_was_last_kept_of_it() {
        let call = CallId("call_1_1_1".to_owned());
        let begun = (1_000, Fact::TurnStarted { turn: 1 });
        let asked = Item::Call(asked_for(&call, "bash", "{}"));
        let asked = Fact::ItemAdded {
            turn: 1,
            step: 1,
            item: asked,
            imported: None,
        };
        let started = Fact::CallStarted {
            call,
            birth: None,
            by: None,
            change: None,
        };
        let cases = [
            (vec![begun.clone()], 1_000),
            (vec![begun.clone(), (2_000, asked.clone())], 2_000),
            (vec![begun, (2_000, asked), (7_000, started)], 7_000),
        ];
        for (facts, expected) in cases {
            let session = found_later(facts);
            assert_eq!(session.state(), State::Interrupted);
            assert_eq!(session.active, Time(expected));
            assert_eq!(session.card().active, Time(expected));
            assert_eq!(session.heard, Time(expected + 3_600_000));
        }
    }
}
