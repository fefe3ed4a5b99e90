//! After a crash: the facts that close what was open, so that the next request to the model is valid and the person is told
//! the truth. Nothing is run again.

use crate::agent::session::{OpenCall, OpenRequestOut, Session};
use crate::agent::visible::{brief, one_line};
use crate::protocol::call::Outcome;
use crate::protocol::event::{Ending, Fact};
use crate::protocol::failure::{Failure, FailureKind};
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
            Self::Process => "Creel ended",
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
pub fn closing(session: &Session, draft: Option<String>, broke: Broke) -> Vec<Fact> {
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
        let outcome = if open.started {
            Outcome::lost(format!(
                "{happened} while this ran, so whether it took effect is not known. It was not run again. Verify before repeating it."
            ))
        } else {
            Outcome::cancelled(format!("not run: {happened} before it began"))
        };
        facts.push(Fact::ItemAdded {
            turn: open.turn,
            step: open.step,
            item: Item::Result {
                call: call.clone(),
                outcome,
            },
        });
    }
    if session.running {
        let began: Vec<String> = session
            .open_calls
            .values()
            .filter(|open| open.started)
            .map(named)
            .collect();
        let text = if began.is_empty() {
            format!("{happened} during step {step}")
        } else {
            format!(
                "{happened} while {} ran: its outcome is not known",
                began.join(", ")
            )
        };
        facts.push(Fact::TurnEnded {
            turn,
            ending: Ending::Interrupted { text },
        });
    }
    facts
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
