//! Answers as servers really send them; hardly two versions agree.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::config::Wire;
use crate::protocol::effort::Effort;
use crate::protocol::failure::{FailureKind, Stop};
use crate::protocol::reply::Part;
use crate::protocol::told::Told;
use crate::provider::Chunk;
use crate::provider::decode::Wants;
use crate::provider::ollama::decode::{decoder, detached};
use crate::provider::ollama::path;
use crate::provider::testing::{self, calls, done, failed};
use crate::provider::{quirks, replay};

const HERE: &str = "here/m";

/// A name, lines, and the calls they add up to: id, name, arguments.
type Case = (
    &'static str,
    Vec<String>,
    Vec<(Option<&'static str>, &'static str, &'static str)>,
);

fn line(message: &Value) -> String {
    json!({"model": "m", "created_at": "2026-08-05T08:10:56.372Z", "message": message, "done": false})
        .to_string()
}

fn call(call: &Value) -> String {
    line(&json!({"role": "assistant", "content": "", "tool_calls": [call]}))
}

fn end(reason: &str) -> String {
    json!({
        "model": "m", "message": {"role": "assistant", "content": ""}, "done": true, "done_reason": reason,
        "total_duration": 7, "prompt_eval_count": 262, "eval_count": 473,
    })
    .to_string()
}

fn answer(lines: &[String]) -> Vec<Chunk> {
    let mut decoder = detached(HERE.to_owned());
    let mut chunks = Vec::new();
    for line in lines {
        decoder.feed(format!("{line}\n").as_bytes(), &mut chunks);
    }
    decoder.finish(&mut chunks);
    chunks
}

fn ended(lines: &[String], reason: &str) -> Vec<Chunk> {
    answer(&[lines, &[end(reason)]].concat())
}

#[test]
fn calls_come_whole_and_are_told_apart_by_id_or_number() {
    let function =
        |name: &str, arguments: Value| json!({"function": {"name": name, "arguments": arguments}});
    let numbered = |index: u64, name: &str| json!({"function": {"index": index, "name": name, "arguments": {}}});
    let named =
        |id: &str, name: &str| json!({"id": id, "function": {"name": name, "arguments": {}}});
    let cases: Vec<Case> = vec![
        (
            "without ids, in one line",
            vec![line(&json!({"role": "assistant", "content": "", "tool_calls": [
                function("a", json!({"x": 1})), function("b", json!({})),
            ]}))],
            vec![(None, "a", "{\"x\":1}"), (None, "b", "{}")],
        ),
        (
            "numbered, in the other order",
            vec![call(&numbered(1, "b")), call(&numbered(0, "a"))],
            vec![(None, "a", "{}"), (None, "b", "{}")],
        ),
        (
            "the first unnumbered",
            vec![call(&numbered(1, "b")), call(&function("a", json!({})))],
            vec![(None, "a", "{}"), (None, "b", "{}")],
        ),
        (
            "all numbered 0",
            vec![call(&numbered(0, "b")), call(&numbered(0, "a"))],
            vec![(None, "b", "{}"), (None, "a", "{}")],
        ),
        (
            "the same tool twice",
            vec![call(&function("a", json!({}))), call(&function("a", json!({})))],
            vec![(None, "a", "{}"), (None, "a", "{}")],
        ),
        (
            "the same call twice",
            vec![call(&named("c1", "a")), call(&named("c2", "a")), call(&named("c1", "a"))],
            vec![(Some("c1"), "a", "{}"), (Some("c2"), "a", "{}")],
        ),
        (
            "two calls of one id, in one line",
            vec![line(&json!({"role": "assistant", "content": "", "tool_calls": [
                {"id": "c", "function": {"name": "a", "arguments": {"x": 1}}},
                {"id": "c", "function": {"name": "a", "arguments": {"x": 1}}},
            ]}))],
            vec![(Some("c"), "a", "{\"x\":1}"), (Some("c"), "a", "{\"x\":1}")],
        ),
        (
            "two calls of one id, in two lines",
            vec![
                call(&json!({"id": "c", "function": {"name": "a", "arguments": {"x": 1}}})),
                call(&json!({"id": "c", "function": {"name": "a", "arguments": {"x": 2}}})),
            ],
            vec![(Some("c"), "a", "{\"x\":1}"), (Some("c"), "a", "{\"x\":2}")],
        ),
        (
            "a call whose arguments grow",
            vec![
                call(&json!({"id": "c", "function": {"name": "a", "arguments": "{\"x\""}})),
                call(&json!({"id": "c", "function": {"name": "a", "arguments": "{\"x\":2}"}})),
            ],
            vec![(Some("c"), "a", "{\"x\":2}")],
        ),
        (
            "arguments as a text, and none",
            vec![call(&function("a", json!("{\"x\":1}"))), call(&json!({"function": {"name": "b"}}))],
            vec![(None, "a", "{\"x\":1}"), (None, "b", "")],
        ),
        (
            "numbers to the last digit",
            vec![r#"{"message":{"tool_calls":[{"function":{"name":"a","arguments":{"x": 1.0, "y": 12345678901234567890123}}}]},"done":false}"#.to_owned()],
            vec![(None, "a", r#"{"x": 1.0, "y": 12345678901234567890123}"#)],
        ),
        (
            "null everywhere",
            vec![line(&json!({"role": "assistant", "content": null, "thinking": null, "tool_calls": [null, 7, {"id": null, "function": {"name": "a", "arguments": null}}]}))],
            vec![(None, "a", "")],
        ),
    ];
    for (name, lines, expected) in cases {
        let chunks = ended(&lines, "stop");
        assert_eq!(calls(done(&chunks)), expected, "{name}");
        assert_eq!(done(&chunks).stop, Some(Stop::Tool), "{name}");
        // One that was cut off is known as such, whatever it holds.
        assert_eq!(done(&ended(&lines, "length")).stop, Some(Stop::Length));
    }
    let nameless = ended(&[call(&json!({"function": {"arguments": {}}}))], "stop");
    assert_eq!(
        failed(&nameless).0.message,
        "the answer has a tool call without a name"
    );
}

#[test]
fn reasoning_and_what_stands_beside_it_go_back_to_the_same_model() {
    let lines = [
        line(&json!({"role": "assistant", "content": "", "reasoning_content": "he"})),
        line(&json!({"role": "assistant", "content": "", "thinking": "hm", "seal": "s1"})),
        line(&json!({"role": "assistant", "content": "so"})),
        call(
            &json!({"id": "c1", "type": "function", "mark": 1, "function": {"index": 0, "name": "a", "arguments": {}, "thought_signature": "s2"}}),
        ),
    ];
    let chunks = ended(&lines, "stop");
    let here = |body| Some(replay::opaque(HERE, Wire::Ollama, body));
    assert_eq!(
        done(&chunks).parts,
        [
            Part::Thought {
                text: "hehm".to_owned(),
                opaque: here(json!({"thinking": "hehm", "seal": "s1"})),
            },
            Part::Text {
                text: "so".to_owned(),
                opaque: None,
            },
            Part::Call {
                wire_id: Some("c1".to_owned()),
                name: "a".to_owned(),
                arguments: "{}".to_owned(),
                opaque: here(json!({"mark": 1, "function": {"thought_signature": "s2"}})),
            },
        ]
    );
    let shown: Vec<&Chunk> = chunks.iter().take(chunks.len() - 1).collect();
    assert_eq!(
        shown,
        [
            &Chunk::Thinking("he".to_owned()),
            &Chunk::Thinking("hm".to_owned()),
            &Chunk::Text("so".to_owned()),
            &Chunk::CallGrows {
                name: "a".to_owned(),
                bytes: 2
            },
        ]
    );
}

#[test]
fn the_last_line_says_why_it_ended_and_what_was_counted() {
    let said = [line(&json!({"role": "assistant", "content": "x"}))];
    for (reason, expected) in [
        ("stop", Stop::End),
        ("length", Stop::Length),
        ("content_filter", Stop::Filter),
        ("load", Stop::End),
        ("something new", Stop::Error),
    ] {
        let chunks = ended(&said, reason);
        let reply = done(&chunks);
        assert_eq!(
            (reply.stop, reply.stop_native.as_deref()),
            (Some(expected), Some(reason))
        );
        assert_eq!(
            reply.usage_raw,
            Some(json!({"prompt_eval_count": 262, "eval_count": 473}))
        );
        assert_eq!(reply.usage.unwrap().input, 262);
    }
    // Old servers give no reason.
    let chunks = answer(&[said[0].clone(), json!({"done": true}).to_string()]);
    let reply = done(&chunks);
    assert_eq!(
        (reply.stop, &reply.stop_native, reply.usage),
        (Some(Stop::End), &None, None)
    );
    // A model that was only loaded has not answered.
    let loaded = ended(&[], "load");
    assert_eq!(failed(&loaded).0.kind, FailureKind::Overloaded);
    // Nothing that follows the last line matters.
    let mut decoder = detached(HERE.to_owned());
    decoder.feed(end("stop").as_bytes(), &mut Vec::new());
    assert_eq!(decoder.wants(), Wants::Rest);
}

#[test]
fn reasoning_in_the_text_is_told_apart_where_it_was_asked_for() {
    let text = "<think>hm</think>\n\nso";
    let lines = [
        line(&json!({"role": "assistant", "content": "<thi"})),
        line(&json!({"role": "assistant", "content": &text[4..]})),
        end("stop"),
    ];
    let cases = [
        (Some(Effort::High), "m", ("hm", "so")),
        (Some(Effort::Off), "m", ("", text)),
        (None, "m", ("", text)),
        // A model that does not reason so: it means the word.
        (Some(Effort::High), "claude-sonnet-5-5", ("", text)),
    ];
    for (effort, model, expected) in cases {
        let mut prompt = testing::prompt(&format!("here/{model}"), vec![testing::user("go")]);
        prompt.effort = effort;
        let mut decoder = decoder(&prompt, &Told::default(), &quirks::NONE);
        let mut chunks = Vec::new();
        for line in &lines {
            decoder.feed(format!("{line}\n").as_bytes(), &mut chunks);
        }
        decoder.finish(&mut chunks);
        let reply = done(&chunks);
        assert_eq!(
            (&*reply.thinking(), &*reply.text()),
            expected,
            "{effort:?} {model}"
        );
    }
}

#[test]
fn an_answer_in_one_piece_is_one() {
    let whole = json!({
        "model": "m", "message": {"role": "assistant", "content": "x", "thinking": "h", "tool_calls": [{"function": {"name": "a", "arguments": {}}}]},
        "done": true, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 1,
    });
    for body in [
        whole.to_string(),
        serde_json::to_string_pretty(&whole).unwrap(),
    ] {
        let chunks = answer(&[body]);
        let reply = done(&chunks);
        assert_eq!(
            (reply.text(), reply.thinking(), reply.stop),
            ("x".to_owned(), "h".to_owned(), Some(Stop::Tool))
        );
    }
}

#[test]
fn an_error_inside_an_answer_keeps_what_came_before() {
    let cases = [
        (
            json!({"error": "an error was encountered while running the model: CUDA error"}),
            FailureKind::Overloaded,
        ),
        (
            json!({"error": "the input length exceeds the context length"}),
            FailureKind::TooLong,
        ),
        (
            json!({"error": {"message": "slow", "code": 429}}),
            FailureKind::Rate,
        ),
        (
            json!({"StatusCode": 401, "Status": "401 Unauthorized", "error": "unauthorized"}),
            FailureKind::Auth,
        ),
        (
            json!({"error": "{\"error\":{\"code\":400,\"message\":\"request (8889 tokens) exceeds the available context size (4096 tokens)\",\"type\":\"exceed_context_size_error\"}}"}),
            FailureKind::TooLong,
        ),
    ];
    for (error, kind) in cases {
        let lines = [
            line(&json!({"role": "assistant", "content": "part"})),
            error.to_string(),
        ];
        let chunks = answer(&lines);
        let (failure, partial) = failed(&chunks);
        assert_eq!(
            (failure.kind, partial.text()),
            (kind, "part".to_owned()),
            "{error}"
        );
    }
    let page = answer(&["<html>".to_owned()]);
    assert_eq!(failed(&page).0.kind, FailureKind::Protocol);
}

#[test]
fn a_prompt_that_was_cut_silently_is_told_and_an_error_only_without_an_answer() {
    let long = "so it goes on ".repeat(3000);
    let prompt = testing::prompt(HERE, vec![testing::user(&long)]);
    for (window, tokens, text, told, fails) in [
        (None, 2050, "x", false, false),
        (Some(4096), 1500, "x", false, false),
        (Some(4096), 4096, "x", true, false),
        (Some(4096), 2050, "x", true, false),
        (Some(4096), 2050, "", true, true),
        (Some(100_000), 2050, "x", false, false),
    ] {
        let known = Told {
            window,
            thinking: None,
            images: None,
        };
        let mut decoder = decoder(&prompt, &known, &quirks::NONE);
        let mut chunks = Vec::new();
        let last = json!({"message": {"content": text}, "done": true, "done_reason": "stop", "prompt_eval_count": tokens, "eval_count": 1});
        decoder.feed(last.to_string().as_bytes(), &mut chunks);
        decoder.finish(&mut chunks);
        let found = match chunks.last() {
            Some(Chunk::Done(reply)) => (reply.remark.is_some(), false),
            Some(Chunk::Failed { failure, .. }) => (failure.kind == FailureKind::TooLong, true),
            other => panic!("{other:?}"),
        };
        assert_eq!(found, (told, fails), "{window:?} {tokens} {text}");
    }
}

#[test]
fn every_address_of_the_server_leads_to_its_own_dialect() {
    for base in ["http://h:1", "http://h:1/v1", "http://h:1/api"] {
        assert_eq!(path(base, "chat"), "http://h:1/api/chat");
    }
    assert_eq!(path("http://h/ollama", "tags"), "http://h/ollama/api/tags");
}
