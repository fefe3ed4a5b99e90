//! The lines of `--output stream-json`. A line with a `seq` is on disk; one without merely passes by.

use serde_json::{Map, Value, json};

use crate::agent::quoted;
use crate::command::json::{cost_other, cost_usd, usage};
use crate::command::run::tally::Tally;
use crate::command::show::outcome_name;
use crate::protocol::event::{Delta, Event, Fact, Waiting};
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::item::Item;
use crate::protocol::money::Amounts;

/// A line: its type, number and session, then what it is about.
pub fn line(kind: &str, seq: Option<Seq>, session: SessionId, body: Value) -> Value {
    let mut line = Map::new();
    line.insert("type".to_owned(), json!(kind));
    line.insert("seq".to_owned(), json!(seq.map(|seq| seq.0)));
    line.insert("session_id".to_owned(), json!(session.to_string()));
    if let Value::Object(body) = body {
        line.extend(body);
    }
    Value::Object(line)
}

/// The line of an event, where it has one.
pub fn event(event: &Event) -> Option<Value> {
    let (kind, body) = match &event.fact {
        Fact::SessionOpened { spec } => (
            "session",
            json!({ "model": spec.model.to_string(), "cwd": spec.cwd.to_string_lossy(), "mode": spec.mode.name() }),
        ),
        Fact::TurnStarted { turn } => ("turn", json!({ "turn": turn })),
        Fact::ItemAdded { item, .. } => item_body(item)?,
        Fact::ModelAnswered {
            step,
            usage: used,
            charge,
            ..
        } => {
            let mut cost = Amounts::default();
            if let Some(money) = charge.money {
                cost.add(money);
            }
            let known = charge.money.is_some();
            let body = json!({
                "step": step, "usage": usage(used), "cost_usd": cost_usd(&cost, known), "cost_other": cost_other(&cost),
                "cost_known": known, "basis": charge.basis,
            });
            ("usage", body)
        }
        _ => return None,
    };
    Some(line(kind, Some(event.seq), event.session, body))
}

fn item_body(item: &Item) -> Option<(&'static str, Value)> {
    Some(match item {
        Item::Answer { text, cut, .. } => ("text", json!({ "text": text, "cut": cut })),
        Item::Thought { text, .. } if text.is_empty() => return None,
        Item::Thought { text, .. } => ("thinking", json!({ "text": text })),
        Item::Call(call) => (
            "call",
            json!({ "id": call.id.0, "name": call.name, "input": call.input().ok() }),
        ),
        Item::Result { call, outcome } => (
            "outcome",
            json!({ "id": call.0, "outcome": outcome_name(outcome.kind), "exit": outcome.exit, "text": outcome.text }),
        ),
        Item::Notice { text } => ("notice", json!({ "text": text })),
        Item::Recalled(recalled) => ("notice", json!({ "text": quoted::told(recalled) })),
        Item::Prompt { .. } | Item::Shell { .. } => return None,
    })
}

/// The line of what passes by: a piece of an answer stands in `delta`, so that it is never taken for the whole `text`.
pub fn delta(session: SessionId, delta: &Delta) -> Option<Value> {
    let (kind, body) = match delta {
        Delta::Text { text } => ("text", json!({ "delta": text })),
        Delta::Thinking { text } => ("thinking", json!({ "delta": text })),
        Delta::Discarded => (
            "notice",
            json!({ "text": "the answer so far is void: the model is asked again" }),
        ),
        Delta::Waiting {
            what:
                Waiting::Retry {
                    failure,
                    attempt,
                    attempts,
                    ..
                },
        } => (
            "notice",
            json!({ "text": if *attempt == 1 {
                // Nothing was asked yet.
                format!("{}: waiting", failure.message)
            } else {
                format!("{}: asking again ({attempt} of {attempts})", failure.message)
            } }),
        ),
        Delta::Waiting { .. } | Delta::CallGrows { .. } | Delta::Tail { .. } => return None,
    };
    Some(line(kind, None, session, body))
}

/// The last line.
pub fn result(tally: &Tally, session: SessionId) -> Value {
    line(
        "result",
        tally.seq(),
        session,
        Value::Object(tally.result()),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::command::run::made::{
        answer, answered, call, called, events, item, result as ended, session,
    };
    use crate::protocol::call::Outcome;
    use crate::protocol::event::Ending;
    use crate::protocol::failure::{Failure, FailureKind, Stop};
    use crate::protocol::session::SessionSpec;
    use crate::protocol::time::Time;
    use crate::protocol::usage::Charge;

    #[test]
    fn a_run_is_told_line_by_line() {
        let spec = SessionSpec {
            cwd: "/src".into(),
            project: "/src".into(),
            model: "local/m".parse().unwrap(),
            mode: crate::protocol::rule::Mode::Auto,
            effort: None,
            system: "long".to_owned(),
            parent: None,
            worktree: None,
            forked: None,
            source: None,
        };
        let facts = vec![
            Fact::SessionOpened { spec },
            Fact::TurnStarted { turn: 1 },
            called(1, 1),
            item(
                1,
                Item::Thought {
                    text: "hm".to_owned(),
                    opaque: None,
                },
            ),
            item(1, answer("Look\u{1b}[2J")),
            item(1, call(1, 1, "{\"command\":\"ls\"}")),
            answered(1, Charge::LOCAL, Some(Stop::Tool), None),
            item(
                1,
                ended(
                    1,
                    1,
                    Outcome {
                        exit: Some(0),
                        ..Outcome::done("a\nb")
                    },
                ),
            ),
            item(
                1,
                Item::Notice {
                    text: "mind".to_owned(),
                },
            ),
            Fact::TurnEnded {
                turn: 1,
                ending: Ending::Finished,
            },
        ];
        let mut tally = Tally::new(session(), "local/m".parse().unwrap());
        let mut lines: Vec<String> = Vec::new();
        for event in events(facts) {
            tally.apply(&event);
            lines.extend(super::event(&event).map(|line| line.to_string()));
        }
        let id = r#""session_id":"0193573a-9e00-7000-8000-00000000abcd""#;
        let expected = [
            format!(
                r#"{{"type":"session","seq":1,{id},"model":"local/m","cwd":"/src","mode":"auto"}}"#
            ),
            format!(r#"{{"type":"turn","seq":2,{id},"turn":1}}"#),
            format!(r#"{{"type":"thinking","seq":4,{id},"text":"hm"}}"#),
            format!(r#"{{"type":"text","seq":5,{id},"text":"Look\u001b[2J","cut":false}}"#),
            format!(
                r#"{{"type":"call","seq":6,{id},"id":"call_1_1_1","name":"bash","input":{{"command":"ls"}}}}"#
            ),
            format!(
                r#"{{"type":"usage","seq":7,{id},"step":1,"usage":{{"input_tokens":10,"cache_read_tokens":100,"cache_write_tokens":23,"output_tokens":7,"reasoning_tokens":2}},"cost_usd":0.0,"cost_other":{{}},"cost_known":true,"basis":"local"}}"#
            ),
            format!(
                r#"{{"type":"outcome","seq":8,{id},"id":"call_1_1_1","outcome":"done","exit":0,"text":"a\nb"}}"#
            ),
            format!(r#"{{"type":"notice","seq":9,{id},"text":"mind"}}"#),
        ];
        assert_eq!(lines, expected);
        let last = result(&tally, session());
        assert_eq!(
            [&last["type"], &last["seq"], &last["result"]],
            [&json!("result"), &json!(10), &json!("Look\u{1b}[2J")]
        );
    }

    #[test]
    fn what_passes_by_has_no_number() {
        let retry = Waiting::Retry {
            failure: Failure::new(FailureKind::Rate, "too many requests"),
            attempt: 2,
            attempts: 5,
            endless: false,
            until: Time(0),
        };
        let cases = [
            (
                Delta::Text {
                    text: "Lo".to_owned(),
                },
                Some(json!({ "type": "text", "delta": "Lo" })),
            ),
            (
                Delta::Thinking {
                    text: "h".to_owned(),
                },
                Some(json!({ "type": "thinking", "delta": "h" })),
            ),
            (
                Delta::Waiting { what: retry },
                Some(
                    json!({ "type": "notice", "text": "too many requests: asking again (2 of 5)" }),
                ),
            ),
            (
                Delta::Waiting {
                    what: Waiting::Nothing,
                },
                None,
            ),
            (
                Delta::CallGrows {
                    name: "bash".to_owned(),
                    bytes: 3,
                },
                None,
            ),
        ];
        for (passing, expected) in cases {
            let line = delta(session(), &passing);
            let expected = expected.map(|mut line| {
                line["seq"] = Value::Null;
                line["session_id"] = json!(session().to_string());
                line
            });
            assert_eq!(line, expected);
        }
    }
}
