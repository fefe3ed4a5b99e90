//! How an answer ends: why it stopped, what went wrong in it, and marks of an end that say too little.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use pretty_assertions::assert_eq;
use serde_json::json;

use crate::protocol::failure::{FailureKind, Stop};
use crate::provider::openai_chat::decode::decoder;
use crate::provider::openai_chat::tests::{HERE, answer, call, delta};
use crate::provider::testing::{decode, done, failed};

#[test]
fn the_reason_to_stop_is_believed_as_far_as_it_can_be() {
    let said = [delta(&json!({"content": "x"}))];
    let called = [call(
        &json!({"index": 0, "id": "c1", "function": {"name": "a", "arguments": "{}"}}),
    )];
    let refused = [delta(&json!({"refusal": "no"}))];
    let cases = [
        (&said, "stop", Stop::End),
        (&called, "stop", Stop::Tool),
        (&called, "tool_calls", Stop::Tool),
        (&said, "tool_calls", Stop::End),
        (&called, "length", Stop::Length),
        (&said, "content_filter", Stop::Filter),
        (&called, "content_filter", Stop::Filter),
        (&said, "sensitive", Stop::Filter),
        (&refused, "stop", Stop::Refusal),
        (&said, "something new", Stop::Error),
        (&called, "something new", Stop::Error),
        (&called, "tool-calls", Stop::Tool),
        (&said, "eos", Stop::End),
    ];
    for (events, reason, expected) in cases {
        let chunks = answer(events, reason);
        let reply = done(&chunks);
        assert_eq!(
            (reply.stop, reply.stop_native.as_deref()),
            (Some(expected), Some(reason))
        );
    }
    for (reason, kind) in [
        ("error", FailureKind::Overloaded),
        ("network_error", FailureKind::Network),
        ("insufficient_system_resource", FailureKind::Overloaded),
        ("model_context_window_exceeded", FailureKind::TooLong),
    ] {
        let chunks = answer(&said, reason);
        let (failure, partial) = failed(&chunks);
        assert_eq!(
            (failure.kind, partial.text()),
            (kind, "x".to_owned()),
            "{reason}"
        );
    }
}

#[test]
fn an_error_inside_an_answer_keeps_what_came_before() {
    let cases = [
        (
            json!({"error": {"code": 502, "message": "Provider disconnected"}, "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]}),
            FailureKind::Overloaded,
        ),
        (
            json!({"error": {"code": 429, "message": "slow"}}),
            FailureKind::Rate,
        ),
        (
            json!({"error": {"code": "server_error", "message": "lost"}, "choices": []}),
            FailureKind::Overloaded,
        ),
        (
            json!({"error": {"type": "exceed_context_size_error", "message": "no room", "code": 400}}),
            FailureKind::TooLong,
        ),
        (json!({"error": "plain"}), FailureKind::Overloaded),
        (
            json!({"object": "error", "message": "broken", "code": 500}),
            FailureKind::Overloaded,
        ),
        (
            json!({"code": "DataInspectionFailed", "message": "no"}),
            FailureKind::Refused,
        ),
        (
            json!({"choices": [{"index": 0, "delta": {}, "error": {"code": 503, "message": "gone"}}]}),
            FailureKind::Overloaded,
        ),
    ];
    for (event, kind) in cases {
        let late = json!({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 1}});
        let chunks = decode(
            decoder(HERE.to_owned()),
            &[delta(&json!({"content": "part"})), event.clone(), late],
        );
        let (failure, partial) = failed(&chunks);
        assert_eq!(
            (failure.kind, partial.text(), partial.usage.is_some()),
            (kind, "part".to_owned(), true),
            "{event}"
        );
    }
}

#[test]
fn the_mark_of_the_end_ends_an_answer_without_a_reason_when_nothing_can_be_missing() {
    let said = delta(&json!({"content": "x"}));
    let thought = delta(&json!({"reasoning_content": "hm"}));
    let called = delta(&json!({"tool_calls": [
        {"index": 0, "id": "c1", "function": {"name": "a", "arguments": "{}"}},
    ]}));
    let with = |name: &str, arguments: &str| {
        delta(&json!({"tool_calls": [
            {"index": 1, "id": "c2", "function": {"name": name, "arguments": arguments}},
        ]}))
    };
    let (cut, empty) = (with("b", "{\"p"), with("b", ""));
    let (list, nameless) = (with("b", "[1]"), with("", "{\"p\":1}"));
    let cases = [
        (vec![&thought, &said], true, Some(("x", Stop::End))),
        (vec![&said], false, None),
        // A call that is whole.
        (vec![&said, &called], true, Some(("x", Stop::Tool))),
        (vec![&called], true, Some(("", Stop::Tool))),
        (vec![&called], false, None),
        // A part of one.
        (vec![&cut], true, None),
        (vec![&said, &called, &cut], true, None),
        (vec![&called, &empty], true, None),
        (vec![&list], true, None),
        (vec![&nameless], true, None),
        // What was to be said may be missing.
        (vec![&thought], true, None),
        (vec![], true, None),
    ];
    for (events, marked, expected) in cases {
        let mut decoder = decoder(HERE.to_owned());
        let mut chunks = Vec::new();
        for event in &events {
            decoder.feed(format!("data: {event}\n\n").as_bytes(), &mut chunks);
        }
        if marked {
            decoder.feed(b"data: [DONE]", &mut chunks);
        }
        decoder.finish(&mut chunks);
        if let Some((text, stop)) = expected {
            let reply = done(&chunks);
            let ended = (reply.text(), reply.stop, reply.stop_native.as_deref());
            assert_eq!(ended, (text.to_owned(), Some(stop), None), "{events:?}");
        } else {
            let (failure, partial) = failed(&chunks);
            let ended = (failure.kind, partial.stop);
            assert_eq!(ended, (FailureKind::Network, None), "{events:?}");
        }
    }
}

#[test]
fn usage_from_before_the_words_and_the_tier_are_told() {
    let usage = |output: u64| json!({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": output}});
    let said = || delta(&json!({"content": "eight by"}));
    let tier = json!({"choices": [], "service_tier": "flex"});
    let cases = [
        (vec![said(), usage(2)], (false, 2)),
        (vec![usage(1), said()], (true, 1)),
        (vec![usage(1), said(), usage(2)], (false, 2)),
        // A count of nothing says nothing.
        (
            vec![
                said(),
                usage(2),
                json!({"choices": [], "usage": {"prompt_tokens": 0, "completion_tokens": 0}}),
            ],
            (false, 2),
        ),
        (
            vec![
                usage(1),
                json!({"choices": [{"delta": {"content": "by", "refusal": ""}}]}),
            ],
            (true, 1),
        ),
    ];
    for (events, expected) in cases {
        let reply = done(&answer(&[events, vec![tier.clone()]].concat(), "stop")).clone();
        let found = (reply.usage_early, reply.usage.unwrap().output);
        assert_eq!((found, reply.tier.as_deref()), (expected, Some("flex")));
    }
}
