//! What is shown of a session, as text and for scripts.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::agent::moment::Now;
use crate::command::json::tests::card;
use crate::command::show::told::transcript;
use crate::command::show::{Said, entries, item};
use crate::protocol::ask::{Answer, Verdict};
use crate::protocol::call::{Outcome, ToolCall};
use crate::protocol::event::{Ending, Event, Fact};
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::id::{AskId, CallId, Seq};
use crate::protocol::item::{Block, Item, Origin};
use crate::protocol::time::Time;

/// A short session: a prompt, a thought, a call that failed, an answer, a shell line.
pub fn events() -> Vec<Event> {
    let call = ToolCall {
        id: CallId("call_1_1_1".to_owned()),
        wire_id: None,
        name: "bash".to_owned(),
        arguments: "{\"command\":\"cargo test\"}".to_owned(),
        opaque: None,
    };
    let ended = Outcome {
        exit: Some(101),
        ..Outcome::done("1 failed\u{1b}[0m\nsee <log>\n")
    };
    let items = [
        (
            1,
            0,
            Item::Prompt {
                blocks: vec![Block::text("Fix the tests")],
                origin: Origin::Person,
            },
        ),
        (
            1,
            1,
            Item::Thought {
                text: "Look first.".to_owned(),
                opaque: None,
            },
        ),
        (
            1,
            1,
            Item::Thought {
                text: String::new(),
                opaque: None,
            },
        ),
        (1, 1, Item::Call(call.clone())),
        (
            1,
            1,
            Item::Result {
                call: call.id,
                outcome: ended,
            },
        ),
        (
            1,
            2,
            Item::Answer {
                text: "It **fails**.\n".to_owned(),
                cut: true,
                opaque: None,
            },
        ),
        (
            1,
            2,
            Item::Notice {
                text: "stopped".to_owned(),
            },
        ),
        (
            1,
            2,
            Item::Shell {
                command: "ls".to_owned(),
                outcome: Outcome::done("a\nb"),
            },
        ),
    ];
    let card = card();
    items
        .into_iter()
        .zip(10..)
        .map(|((turn, step, item), seq)| Event {
            seq: Seq(seq),
            session: card.id,
            at: card.created,
            fact: Fact::ItemAdded {
                turn,
                step,
                item,
                imported: None,
            },
        })
        .collect()
}

#[test]
fn items_have_the_promised_fields() {
    let entries = entries(&events(), &card());
    let items: Vec<Value> = entries.iter().map(item).collect();
    let at = "2026-11-23T11:00:00.000Z";
    let expected = json!([
        { "seq": 10, "turn": 1, "step": 0, "at": at, "kind": "prompt", "role": "user", "who": null,
          "text": "Fix the tests", "call": null, "origin": "person" },
        { "seq": 11, "turn": 1, "step": 1, "at": at, "kind": "thought", "role": "assistant", "who": "local/m",
          "text": "Look first.", "call": null, "origin": "model" },
        { "seq": 13, "turn": 1, "step": 1, "at": at, "kind": "call", "role": "tool", "who": "local/m",
          "text": "1 failed\u{1b}[0m\nsee <log>\n",
          "call": { "id": "call_1_1_1", "name": "bash", "input": { "command": "cargo test" }, "outcome": "done", "exit": 101 },
          "origin": "tool" },
        { "seq": 15, "turn": 1, "step": 2, "at": at, "kind": "answer", "role": "assistant", "who": "local/m",
          "text": "It **fails**.\n", "call": null, "origin": "model" },
        { "seq": 16, "turn": 1, "step": 2, "at": at, "kind": "notice", "role": "system", "who": null, "text": "stopped",
          "call": null, "origin": "creel" },
        { "seq": 17, "turn": 1, "step": 2, "at": at, "kind": "shell", "role": "user", "who": null, "text": "a\nb",
          "call": { "id": null, "name": "shell", "input": { "command": "ls" }, "outcome": "done", "exit": null },
          "origin": "person" },
    ]);
    assert_eq!(Value::Array(items), expected);
}

#[test]
fn a_transcript_is_read_from_top_to_bottom() {
    let now = Now {
        time: Time(0),
        zone: jiff::tz::TimeZone::UTC,
    };
    let text = transcript(&card(), &entries(&events(), &card()), &now);
    let expected = "\
0193573a-9e00-7000-8000-00000000abcd  Fix the tests
2026-11-23 11:00  local/m  /src/api  $0.01

[10] you
Fix the tests

[11] local/m, thinking
    Look first.

[13] bash cargo test (done, exit 101)
    1 failed
    see <log>

[15] local/m (broken off)
It **fails**.

[16] creel
stopped

[17] you, ! ls
    a
    b
";
    assert_eq!(crate::agent::visible::clean(&text), expected);
}

#[test]
fn a_transcript_says_why_a_turn_did_not_simply_end() {
    let failure = Failure::new(FailureKind::Network, "nothing answers at p");
    let cases = [
        (Ending::Finished, None),
        (
            Ending::Failed { failure },
            Some("the turn failed: nothing answers at p"),
        ),
        (Ending::interrupted(""), Some("the turn was interrupted")),
    ];
    for (ending, expected) in cases {
        let mut events = events();
        let last = Event {
            seq: Seq(99),
            fact: Fact::TurnEnded { turn: 1, ending },
            ..events[0].clone()
        };
        events.push(last);
        let told = entries(&events, &card());
        let last = told.last().filter(|entry| entry.seq == Seq(99));
        let text = last.map(|entry| match &entry.said {
            Said::Notice { text } => text.as_str(),
            other => panic!("{other:?}"),
        });
        assert_eq!(text, expected);
    }
}

#[test]
fn a_call_that_was_changed_first_is_shown_as_it_ran() {
    let mut events = events();
    let call = CallId("call_1_1_1".to_owned());
    let arguments = r#"{"command":"cargo test --lib"}"#.to_owned();
    let answered = Event {
        fact: Fact::AskAnswered {
            ask: AskId::about(&call, "0a"),
            answer: Answer::Verdict {
                verdict: Verdict::Edited { arguments },
            },
        },
        ..events[3].clone()
    };
    events.insert(4, answered);
    let told = entries(&events, &card());
    let calls: Vec<_> = told
        .iter()
        .filter_map(|entry| match &entry.said {
            Said::Call { call, .. } => Some(call.arguments.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(calls, [r#"{"command":"cargo test --lib"}"#]);
}
