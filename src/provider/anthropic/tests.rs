//! Answers as servers really send them, compatible ones included.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod citations;
mod ending;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::config::Wire;
use crate::protocol::failure::{FailureKind, Stop};
use crate::protocol::item::Opaque;
use crate::protocol::reply::{Part, Reply};
use crate::protocol::usage::Usage;
use crate::provider::Chunk;
use crate::provider::anthropic::decode::decoder;
use crate::provider::decode::Wants;
use crate::provider::replay;
use crate::provider::testing::{calls, decode, done, failed};

const HERE: &str = "here/claude";

/// A name, events, and the calls they add up to: id, name, arguments.
type Case = (
    &'static str,
    Vec<Value>,
    Vec<(Option<&'static str>, &'static str, &'static str)>,
);

fn start(index: u64, block: &Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

fn delta(index: u64, delta: &Value) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": delta})
}

fn text(index: u64, text: &str) -> Value {
    delta(index, &json!({"type": "text_delta", "text": text}))
}

fn arguments(index: u64, text: &str) -> Value {
    delta(
        index,
        &json!({"type": "input_json_delta", "partial_json": text}),
    )
}

fn stop(index: u64) -> Value {
    json!({"type": "content_block_stop", "index": index})
}

fn call(index: u64, id: &str, name: &str) -> Value {
    start(
        index,
        &json!({"type": "tool_use", "id": id, "name": name, "input": {}}),
    )
}

fn end(reason: &str) -> Vec<Value> {
    vec![
        json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"input_tokens": 5, "output_tokens": 2}}),
        json!({"type": "message_stop"}),
    ]
}

fn answer(events: &[Value], reason: &str) -> Vec<Chunk> {
    decode(decoder(HERE.to_owned()), &[events, &end(reason)].concat())
}

fn opaque(body: Value) -> Opaque {
    replay::opaque(HERE, Wire::Anthropic, body)
}

#[test]
fn parts_stand_in_the_order_of_their_numbers_and_keep_what_must_go_back() {
    let redacted = json!({"type": "redacted_thinking", "data": "c2VhbGVk"});
    let events = [
        json!({"type": "message_start", "message": {"usage": {"input_tokens": 5, "output_tokens": 1}}}),
        // The order of one compatible server: the next block begins before the last ends, the signature comes last.
        start(1, &json!({"type": "text", "text": ""})),
        start(0, &json!({"type": "thinking", "thinking": ""})),
        delta(0, &json!({"type": "thinking_delta", "thinking": "hm"})),
        text(1, "so "),
        json!({"type": "ping"}),
        start(
            3,
            &json!({"type": "tool_use", "id": "t1", "name": "glob", "caller": {"type": "direct"}}),
        ),
        text(1, "it is"),
        arguments(3, "{\"pattern\":"),
        arguments(3, " \"*\"}"),
        stop(1),
        start(2, &redacted),
        stop(2),
        stop(0),
        delta(0, &json!({"type": "signature_delta", "signature": "s1"})),
        json!({"type": "yet_to_be_invented", "index": 0}),
        stop(3),
    ];
    let chunks = answer(&events, "tool_use");
    assert_eq!(
        chunks[..chunks.len() - 1],
        [
            // That it thinks is told before a word of it, and of what is sealed there is none.
            Chunk::Thinking(String::new()),
            Chunk::Thinking("hm".to_owned()),
            Chunk::Text("so ".to_owned()),
            Chunk::CallGrows {
                name: "glob".to_owned(),
                bytes: 0
            },
            Chunk::Text("it is".to_owned()),
            Chunk::CallGrows {
                name: "glob".to_owned(),
                bytes: 11
            },
            Chunk::CallGrows {
                name: "glob".to_owned(),
                bytes: 16
            },
            Chunk::Thinking(String::new()),
        ]
    );
    assert_eq!(
        done(&chunks),
        &Reply {
            parts: vec![
                Part::Thought {
                    text: "hm".to_owned(),
                    opaque: Some(opaque(
                        json!({"type": "thinking", "thinking": "hm", "signature": "s1"})
                    )),
                },
                Part::Text {
                    text: "so it is".to_owned(),
                    opaque: None
                },
                Part::Thought {
                    text: String::new(),
                    opaque: Some(opaque(redacted))
                },
                Part::Call {
                    wire_id: Some("t1".to_owned()),
                    name: "glob".to_owned(),
                    arguments: "{\"pattern\": \"*\"}".to_owned(),
                    opaque: Some(opaque(json!({"caller": {"type": "direct"}}))),
                },
            ],
            stop: Some(Stop::Tool),
            stop_native: Some("tool_use".to_owned()),
            usage: Some(Usage {
                input: 5,
                output: 2,
                ..Usage::default()
            }),
            usage_raw: Some(json!({"input_tokens": 5, "output_tokens": 2})),
            ..Reply::default()
        }
    );
}

#[test]
fn calls_are_put_together_whatever_is_repeated_or_missing() {
    let whole = json!({"type": "tool_use", "id": "t1", "name": "glob", "input": {"a": 1}});
    let cases: Vec<Case> = vec![
        (
            "no arguments",
            vec![call(0, "t1", "glob"), stop(0)],
            vec![(Some("t1"), "glob", "")],
        ),
        (
            "an empty piece",
            vec![call(0, "t1", "glob"), arguments(0, "")],
            vec![(Some("t1"), "glob", "")],
        ),
        (
            "whole at the start",
            vec![start(0, &whole)],
            vec![(Some("t1"), "glob", "{\"a\":1}")],
        ),
        (
            "no id",
            vec![call(0, "", "glob"), arguments(0, "{}")],
            vec![(None, "glob", "{}")],
        ),
        (
            "a gap in the numbers",
            vec![call(7, "t7", "b"), call(2, "t2", "a")],
            vec![(Some("t2"), "a", ""), (Some("t7"), "b", "")],
        ),
        (
            "a start twice",
            vec![
                call(0, "t1", "glob"),
                call(0, "t1", "glob"),
                arguments(0, "{}"),
            ],
            vec![(Some("t1"), "glob", "{}")],
        ),
        (
            "a whole block twice",
            vec![
                call(0, "t1", "glob"),
                arguments(0, "{}"),
                stop(0),
                call(0, "t1", "glob"),
                arguments(0, "{}"),
                stop(0),
            ],
            vec![(Some("t1"), "glob", "{}")],
        ),
        (
            "two calls under one number",
            vec![
                call(0, "t1", "a"),
                arguments(0, "{}"),
                stop(0),
                call(0, "t2", "b"),
                arguments(0, "[]"),
            ],
            vec![(Some("t1"), "a", "{}"), (Some("t2"), "b", "[]")],
        ),
        (
            "a piece after the end",
            vec![
                call(0, "t1", "a"),
                arguments(0, "{"),
                stop(0),
                arguments(0, "}"),
            ],
            vec![(Some("t1"), "a", "{}")],
        ),
        (
            "the beginning twice",
            vec![
                json!({"type": "message_start", "message": {"usage": {"input_tokens": 9}}}),
                json!({"type": "message_start", "message": {"usage": {"input_tokens": 5}}}),
                call(0, "t1", "a"),
            ],
            vec![(Some("t1"), "a", "")],
        ),
        (
            "at the beginning already",
            vec![
                json!({"type": "message_start", "message": {"role": "assistant", "content": [whole], "stop_reason": "tool_use"}}),
            ],
            vec![(Some("t1"), "glob", "{\"a\":1}")],
        ),
        (
            "an end without a start",
            vec![stop(4), call(0, "t1", "a")],
            vec![(Some("t1"), "a", "")],
        ),
        (
            "the same id twice",
            vec![call(0, "t", "a"), call(1, "t", "a")],
            vec![(Some("t"), "a", ""), (Some("t"), "a", "")],
        ),
    ];
    for (name, events, expected) in cases {
        assert_eq!(
            calls(done(&answer(&events, "tool_use"))),
            expected,
            "{name}"
        );
    }
    let chunks = answer(&[arguments(0, "{}")], "tool_use");
    let (failure, _) = failed(&chunks);
    assert_eq!(
        (failure.kind, &*failure.message),
        (
            FailureKind::Protocol,
            "the answer has a tool call without a name"
        )
    );
}

#[test]
fn the_reason_to_stop_is_believed_as_far_as_it_can_be() {
    let said = [text(0, "x")];
    let called = [call(0, "t1", "a")];
    let cases = [
        (&said, "end_turn", Stop::End),
        (&called, "end_turn", Stop::Tool),
        (&called, "tool_use", Stop::Tool),
        (&said, "tool_use", Stop::End),
        (&called, "max_tokens", Stop::Length),
        (&said, "stop_sequence", Stop::StopSequence),
        (&said, "pause_turn", Stop::Pause),
        (&said, "refusal", Stop::Refusal),
        (&said, "content_filter", Stop::Filter),
        (&said, "something new", Stop::Error),
        (&called, "something new", Stop::Error),
    ];
    for (events, reason, expected) in cases {
        let chunks = answer(events, reason);
        let reply = done(&chunks);
        assert_eq!(
            (reply.stop, reply.stop_native.as_deref()),
            (Some(expected), Some(reason))
        );
    }
    let chunks = answer(&said, "model_context_window_exceeded");
    assert_eq!(failed(&chunks).0.kind, FailureKind::TooLong);
    let refused = json!({"type": "message_delta", "delta": {"stop_reason": "refusal", "stop_details": {"category": "cyber", "explanation": "no"}}});
    let chunks = decode(
        decoder(HERE.to_owned()),
        &[refused, json!({"type": "message_stop"})],
    );
    assert_eq!(done(&chunks).refusal.as_deref(), Some("no"));
}

#[test]
fn usage_is_counted_once_and_whole() {
    let message = |usage: &Value| json!({"type": "message_start", "message": {"usage": usage}});
    let update = |usage: &Value| json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage});
    let usage = |input, cache_read, cache_write, cache_write_long, output| {
        Some(Usage {
            input,
            cache_read,
            cache_write,
            cache_write_long,
            output,
            reasoning: None,
            searches: 0,
        })
    };
    let cases = [
        // Later numbers replace earlier ones; null says nothing.
        (
            json!({"input_tokens": 3, "cache_creation_input_tokens": 4562, "cache_read_input_tokens": 7, "output_tokens": 1,
                "cache_creation": {"ephemeral_1h_input_tokens": 4542, "ephemeral_5m_input_tokens": 20}}),
            json!({"input_tokens": null, "cache_read_input_tokens": 9, "output_tokens": 7}),
            usage(3, 9, 20, 4542, 7),
        ),
        (
            json!({"input_tokens": 0, "output_tokens": 0}),
            json!({"input_tokens": 12, "output_tokens": 3}),
            usage(12, 0, 0, 0, 3),
        ),
        // The breakdown alone.
        (
            json!({"input_tokens": 1, "cache_creation": {"ephemeral_5m_input_tokens": 4}}),
            json!({"output_tokens": 1}),
            usage(1, 0, 4, 0, 1),
        ),
        // What the server did besides stands in the list only.
        (
            json!({"input_tokens": 10, "output_tokens": 1}),
            json!({"input_tokens": 10, "output_tokens": 20, "iterations": [
                {"type": "compaction", "input_tokens": 100, "cache_read_input_tokens": 55_096, "output_tokens": 83},
                {"type": "message", "input_tokens": 10, "output_tokens": 20},
            ]}),
            usage(110, 55_096, 0, 0, 103),
        ),
        (
            json!({"input_tokens": -1, "output_tokens": 1}),
            json!({}),
            None,
        ),
        (
            json!({"input_tokens": 1e300, "output_tokens": 1}),
            json!({}),
            None,
        ),
        (json!({}), json!({}), None),
        (json!(null), json!(null), None),
    ];
    for (first, last, expected) in cases {
        let chunks = decode(
            decoder(HERE.to_owned()),
            &[
                message(&first),
                update(&last),
                json!({"type": "message_stop"}),
            ],
        );
        assert_eq!(done(&chunks).usage, expected, "{first} {last}");
    }
}

#[test]
fn an_error_inside_an_answer_keeps_what_came_before() {
    let cases = [
        (
            json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
            FailureKind::Overloaded,
        ),
        (
            json!({"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}}),
            FailureKind::Rate,
        ),
        (
            json!({"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long: 2 tokens > 1 maximum"}}),
            FailureKind::TooLong,
        ),
        (
            json!({"type": "error", "error": {"type": "authentication_error", "message": "who?"}}),
            FailureKind::Auth,
        ),
        (json!({"error": "plain"}), FailureKind::Overloaded),
    ];
    for (event, kind) in cases {
        let events = [
            json!({"type": "message_start", "message": {"usage": {"input_tokens": 5, "output_tokens": 1}}}),
            start(0, &json!({"type": "thinking", "thinking": ""})),
            delta(0, &json!({"type": "thinking_delta", "thinking": "hm"})),
            text(1, "part"),
            event,
            text(1, " late"),
        ];
        let chunks = decode(decoder(HERE.to_owned()), &events);
        let (failure, partial) = failed(&chunks);
        assert_eq!(failure.kind, kind, "{}", failure.message);
        assert!(
            failure
                .message
                .starts_with("the answer ended with an error: "),
            "{}",
            failure.message
        );
        assert_eq!((partial.usage.unwrap().input, partial.stop), (5, None));
        // Reasoning that was cut has no seal and can never go back.
        assert_eq!(
            partial.parts[0],
            Part::Thought {
                text: "hm".to_owned(),
                opaque: None
            }
        );
        assert!(!chunks.contains(&Chunk::Text(" late".to_owned())));
    }
}

#[test]
fn nonsense_is_refused_with_its_beginning() {
    let feed = |bytes: &[u8]| {
        let mut decoder = decoder(HERE.to_owned());
        let mut chunks = Vec::new();
        decoder.feed(bytes, &mut chunks);
        assert_eq!(decoder.wants(), Wants::Nothing);
        decoder.finish(&mut chunks);
        failed(&chunks).0.clone()
    };
    let failure = feed(b"data: \x1b[2Jnot json\n\n");
    assert_eq!(failure.kind, FailureKind::Protocol);
    assert_eq!(
        failure.message,
        "the answer has an event that is not JSON (expected value at line 1 column 1): not json"
    );
    let deep = format!("data: {}\n\n", "[".repeat(200_000));
    let failure = feed(deep.as_bytes());
    assert_eq!(failure.kind, FailureKind::Protocol);
    assert!(
        failure.message.contains("recursion limit"),
        "{}",
        failure.message
    );
    let large = vec![b'x'; 9 * 1024 * 1024];
    assert_eq!(
        feed(&large).message,
        "one event of the answer is larger than 8 MB"
    );
    // Anything that is JSON and means nothing is passed over.
    for event in [
        json!(null),
        json!([]),
        json!("x"),
        json!({"type": 7}),
        start(0, &json!("x")),
        delta(0, &json!([])),
        json!({"type": "message_delta"}),
    ] {
        assert_eq!(done(&answer(&[event], "end_turn")).parts, []);
    }
}

#[test]
fn marks_of_other_dialects_do_no_harm() {
    let mut decoder = decoder(HERE.to_owned());
    let mut chunks = Vec::new();
    for event in [text(0, "x")].iter().chain(&end("end_turn")) {
        decoder.feed(
            format!("event: nonsense\ndata: {event}\n\n").as_bytes(),
            &mut chunks,
        );
    }
    assert_eq!(decoder.wants(), Wants::Rest);
    decoder.feed(b"data: [DONE]\n\ndata: garbage\n\n", &mut chunks);
    decoder.finish(&mut chunks);
    assert_eq!(done(&chunks).text(), "x");
}
