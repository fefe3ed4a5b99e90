//! `creel show`: one transcript, as text or as items.

mod told;

use serde_json::{Value, json};

use crate::agent::moment::Now;
use crate::agent::quoted;
use crate::command::cli::ShowArgs;
use crate::command::moment::rfc3339;
use crate::command::show::told::transcript;
use crate::command::{Ended, Face, Trouble, exit, find, json as shared};
use crate::engine::door::Door;
use crate::protocol::ask::{Answer, Verdict};
use crate::protocol::call::{Outcome, OutcomeKind, ToolCall};
use crate::protocol::event::{Ending, Event, Fact};
use crate::protocol::id::{Address, Place, Seq};
use crate::protocol::item::{Item, Origin, joined};
use crate::protocol::session::{Card, Change};
use crate::protocol::time::Time;

/// One item of a transcript: a call stands together with its result.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub seq: Seq,
    pub turn: u32,
    pub step: u32,
    pub at: Time,
    pub said: Said,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    Prompt {
        text: String,
        origin: Origin,
    },
    Answer {
        text: String,
        cut: bool,
        model: String,
    },
    Thought {
        text: String,
        model: String,
    },
    /// Without an outcome it still runs, or waits.
    Call {
        call: Box<ToolCall>,
        outcome: Option<Outcome>,
        model: String,
    },
    Notice {
        text: String,
    },
    Shell {
        command: String,
        outcome: Outcome,
    },
}

/// The items of a session's events, in order.
pub fn entries(events: &[Event], card: &Card) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut model = card.model.to_string();
    for event in events {
        let (turn, step, item) = match &event.fact {
            Fact::SessionOpened { spec } => {
                model = spec.model.to_string();
                continue;
            }
            Fact::SessionChanged {
                change: Change::Model { model: next },
            } => {
                model = next.to_string();
                continue;
            }
            Fact::ModelCalled {
                step: 1..,
                model: called,
                ..
            } => {
                model = called.to_string();
                continue;
            }
            Fact::ItemAdded {
                turn, step, item, ..
            } => (*turn, *step, item),
            // What ran is what the person made of it.
            Fact::AskAnswered {
                ask,
                answer:
                    Answer::Verdict {
                        verdict: Verdict::Edited { arguments },
                    },
            } => {
                let asked = ask.call();
                let mut calls =
                    entries
                        .iter_mut()
                        .rev()
                        .filter_map(|entry| match &mut entry.said {
                            Said::Call { call, .. } => Some(call),
                            _ => None,
                        });
                if let Some(call) = calls.find(|call| Some(&call.id) == asked.as_ref()) {
                    call.arguments.clone_from(arguments);
                }
                continue;
            }
            Fact::TurnEnded { turn, ending } => {
                if let Some(text) = ended(ending) {
                    let last = entries.last().filter(|entry| entry.turn == *turn);
                    entries.push(Entry {
                        seq: event.seq,
                        turn: *turn,
                        step: last.map_or(0, |entry| entry.step),
                        at: event.at,
                        said: Said::Notice { text },
                    });
                }
                continue;
            }
            _ => continue,
        };
        let model = || model.clone();
        let said = match item.clone() {
            Item::Prompt { blocks, origin } => Said::Prompt {
                text: joined(&blocks),
                origin,
            },
            Item::Answer { text, cut, .. } => Said::Answer {
                text,
                cut,
                model: model(),
            },
            Item::Thought { text, .. } if text.is_empty() => continue,
            Item::Thought { text, .. } => Said::Thought {
                text,
                model: model(),
            },
            Item::Call(call) => Said::Call {
                call: Box::new(call),
                outcome: None,
                model: model(),
            },
            Item::Result {
                call: id,
                outcome: ended,
            } => {
                // The newest call of that name; one from before the page that was read is not there.
                for entry in entries.iter_mut().rev() {
                    if let Said::Call { call, outcome, .. } = &mut entry.said
                        && call.id == id
                    {
                        *outcome = Some(ended);
                        break;
                    }
                }
                continue;
            }
            Item::Notice { text } => Said::Notice { text },
            Item::Recalled(recalled) => Said::Notice {
                text: quoted::told(&recalled),
            },
            Item::Shell { command, outcome } => Said::Shell { command, outcome },
        };
        entries.push(Entry {
            seq: event.seq,
            turn,
            step,
            at: event.at,
            said,
        });
    }
    entries
}

/// Why a turn did not simply end, where nothing in it says so.
fn ended(ending: &Ending) -> Option<String> {
    match ending {
        Ending::Finished | Ending::Denied => None,
        Ending::Failed { failure } => Some(format!("the turn failed: {}", failure.message)),
        Ending::Budget => {
            Some("the turn stopped: the next call could have passed a budget".to_owned())
        }
        Ending::Limit { text } => Some(format!("the turn stopped: {text}")),
        Ending::Interrupted { text, .. } if text.is_empty() => {
            Some("the turn was interrupted".to_owned())
        }
        Ending::Interrupted { text, .. } => Some(format!("the turn was interrupted: {text}")),
    }
}

pub async fn run(args: &ShowArgs, door: &Door, now: &Now, face: &mut Face<'_>) -> Ended {
    let card = find::session(door, &args.place.session).await?;
    let limit = args.limit.and_then(|limit| usize::try_from(limit).ok());
    let (limit, after) = (limit.unwrap_or(usize::MAX), Seq(args.after.unwrap_or(0)));
    // A step with a call is about four events for each entry that is shown of it.
    let first = u32::try_from(limit.saturating_mul(4)).unwrap_or(u32::MAX);
    let enough = |events: &[Event]| shows(events, limit, (&card, &args.place));
    let events = find::events_until(door, card.id, after, (first, enough)).await?;
    let mut entries = from(entries(&events, &card), &args.place)?;
    let more = entries.len() > limit;
    entries.truncate(limit);
    if args.json {
        let next = entries.last().filter(|_| more).map(|entry| entry.seq.0);
        let items: Vec<Value> = entries.iter().map(item).collect();
        face.json(&json!({ "session": shared::session(&card), "items": items, "next": next }))?;
    } else {
        face.say(&transcript(&card, &entries, now))?;
        if let (true, Some(last)) = (more, entries.last()) {
            face.note(&format!("there is more: --after {}", last.seq))?;
        }
    }
    Ok(exit::DONE)
}

/// Whether so many entries are there, each whole, and one more.
fn shows(events: &[Event], limit: usize, (card, place): (&Card, &Address)) -> bool {
    let ended = |entry: &Entry| !matches!(entry.said, Said::Call { outcome: None, .. });
    events.len() > limit
        && from(entries(events, card), place)
            .is_ok_and(|entries| entries.len() > limit && entries[..limit].iter().all(ended))
}

/// What begins at the place of an address or later.
pub fn from(mut entries: Vec<Entry>, address: &Address) -> Result<Vec<Entry>, Trouble> {
    let last = entries.last().map_or(0, |entry| entry.turn);
    match address.place {
        Place::Whole => return Ok(entries),
        Place::Turn(turn) => entries.retain(|entry| entry.turn >= turn),
        Place::Step(turn, step) => entries.retain(|entry| (entry.turn, entry.step) >= (turn, step)),
        Place::Item(seq) => entries.retain(|entry| entry.seq >= seq),
    }
    if entries.is_empty() {
        return Err(Trouble::failed(format!(
            "there is nothing at `{address}`: the last turn is {last}"
        )));
    }
    Ok(entries)
}

/// An item as scripts read it.
fn item(entry: &Entry) -> Value {
    let (kind, role, who, text, call, origin) = match &entry.said {
        Said::Prompt { text, origin } => {
            let origin = if *origin == Origin::Person {
                "person"
            } else {
                "creel"
            };
            ("prompt", "user", None, text.clone(), Value::Null, origin)
        }
        Said::Answer { text, model, .. } => (
            "answer",
            "assistant",
            Some(model),
            text.clone(),
            Value::Null,
            "model",
        ),
        Said::Thought { text, model } => (
            "thought",
            "assistant",
            Some(model),
            text.clone(),
            Value::Null,
            "model",
        ),
        Said::Call {
            call,
            outcome,
            model,
        } => {
            let text = outcome
                .as_ref()
                .map(|outcome| outcome.text.clone())
                .unwrap_or_default();
            (
                "call",
                "tool",
                Some(model),
                text,
                called(call, outcome.as_ref()),
                "tool",
            )
        }
        Said::Notice { text } => ("notice", "system", None, text.clone(), Value::Null, "creel"),
        Said::Shell { command, outcome } => {
            let call = json!({
                "id": null, "name": "shell", "input": { "command": command },
                "outcome": outcome_name(outcome.kind), "exit": outcome.exit,
            });
            ("shell", "user", None, outcome.text.clone(), call, "person")
        }
    };
    json!({
        "seq": entry.seq.0, "turn": entry.turn, "step": entry.step, "at": rfc3339(entry.at), "kind": kind, "role": role,
        "who": who, "text": text, "call": call, "origin": origin,
    })
}

fn called(call: &ToolCall, outcome: Option<&Outcome>) -> Value {
    json!({
        "id": call.id.0, "name": call.name, "input": call.input().ok(),
        "outcome": outcome.map(|outcome| outcome_name(outcome.kind)),
        "exit": outcome.and_then(|outcome| outcome.exit),
    })
}

/// The contract's word for how a call ended.
pub fn outcome_name(kind: OutcomeKind) -> &'static str {
    match kind {
        OutcomeKind::Done => "done",
        OutcomeKind::Failed => "failed",
        OutcomeKind::Denied => "denied",
        OutcomeKind::Cancelled => "cancelled",
        OutcomeKind::Lost => "lost",
    }
}

/// The arguments of a call on one line, as short as they can be read.
pub fn arguments(call: &ToolCall) -> String {
    match call.input() {
        // What can be answered is said with the answer.
        Ok(Value::Object(input)) if call.name == "question" && input.contains_key("text") => {
            let text = input.get("text").and_then(Value::as_str);
            text.unwrap_or(&call.arguments).to_owned()
        }
        Ok(Value::Object(input)) => {
            let words = input.iter().map(|(key, value)| match value {
                Value::String(text) if input.len() == 1 => text.clone(),
                Value::String(text) => format!("{key}={text}"),
                other => format!("{key}={other}"),
            });
            words.collect::<Vec<_>>().join(" ")
        }
        _ => call.arguments.clone(),
    }
}

#[cfg(test)]
pub(crate) mod tests;
