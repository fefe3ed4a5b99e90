//! Answers as servers really send them, compatible ones included.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod parts;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::config::Wire;
use crate::protocol::failure::{FailureKind, Stop};
use crate::protocol::item::Opaque;
use crate::protocol::reply::Part;
use crate::protocol::usage::Usage;
use crate::provider::Chunk;
use crate::provider::decode::Wants;
use crate::provider::gemini::DIALECT;
use crate::provider::gemini::decode::decoder;
use crate::provider::replay;
use crate::provider::server_tools;
use crate::provider::testing::{decode, done, failed};

const HERE: &str = "here/gemini";

/// An event with these parts.
fn parts(parts: &[Value]) -> Value {
    json!({"candidates": [{"content": {"parts": parts, "role": "model"}, "index": 0}]})
}

fn text(text: &str) -> Value {
    json!({"text": text})
}

fn thought(text: &str) -> Value {
    json!({"text": text, "thought": true})
}

fn call(call: &Value) -> Value {
    json!({"functionCall": call})
}

fn end(reason: &str) -> Value {
    json!({
        "candidates": [{"content": {"parts": [{"text": ""}], "role": "model"}, "finishReason": reason, "index": 0}],
        "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7},
    })
}

/// Each part in an event of its own, and the end.
fn answer(pieces: &[Value], reason: &str) -> Vec<Chunk> {
    let mut events: Vec<Value> = pieces
        .iter()
        .map(|piece| parts(std::slice::from_ref(piece)))
        .collect();
    events.push(end(reason));
    decode(decoder(HERE.to_owned()), &events)
}

fn opaque(body: Value) -> Opaque {
    replay::opaque(HERE, Wire::Gemini, body)
}

#[test]
fn the_reason_to_stop_is_believed_as_far_as_it_can_be() {
    let said = text("x");
    let called = call(&json!({"name": "a", "args": {}, "id": "1"}));
    let cases = [
        (&said, "STOP", Stop::End),
        (&called, "STOP", Stop::Tool),
        (&said, "MAX_TOKENS", Stop::Length),
        (&called, "MAX_TOKENS", Stop::Length),
        (&said, "SAFETY", Stop::Filter),
        (&said, "RECITATION", Stop::Filter),
        (&said, "PROHIBITED_CONTENT", Stop::Filter),
        (&called, "SPII", Stop::Filter),
        (&said, "SOMETHING_NEW", Stop::Error),
        (&called, "SOMETHING_NEW", Stop::Error),
    ];
    for (piece, reason, expected) in cases {
        let chunks = answer(std::slice::from_ref(piece), reason);
        let reply = done(&chunks);
        assert_eq!(
            (reply.stop, reply.stop_native.as_deref()),
            (Some(expected), Some(reason))
        );
        let runs = reply.has_calls() && !matches!(expected, Stop::Length | Stop::Error);
        assert_eq!(runs, piece == &called && expected == Stop::Tool, "{reason}");
    }
    let faults = [
        ("MALFORMED_FUNCTION_CALL", FailureKind::Overloaded),
        ("UNEXPECTED_TOOL_CALL", FailureKind::Overloaded),
        ("OTHER", FailureKind::Overloaded),
        ("TOO_MANY_TOOL_CALLS", FailureKind::Refused),
        ("MISSING_THOUGHT_SIGNATURE", FailureKind::BadRequest),
    ];
    for (reason, expected) in faults {
        let mut event = end(reason);
        event["candidates"][0]["finishMessage"] = json!("Malformed function call: glob(");
        let chunks = decode(
            decoder(HERE.to_owned()),
            &[parts(std::slice::from_ref(&said)), event],
        );
        let (failure, partial) = failed(&chunks);
        assert_eq!((failure.kind, partial.stop), (expected, Some(Stop::Error)));
        let ends = ": Malformed function call: glob(";
        assert!(failure.message.ends_with(ends), "{}", failure.message);
        assert_eq!(partial.text(), "x");
    }
}

#[test]
fn a_blocked_prompt_is_an_answer_without_a_candidate() {
    let blocked = json!({
        "promptFeedback": {"blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": "not that"},
        "usageMetadata": {"promptTokenCount": 9, "totalTokenCount": 9},
    });
    let chunks = decode(decoder(HERE.to_owned()), &[blocked]);
    let reply = done(&chunks);
    assert_eq!(
        (
            reply.stop,
            reply.stop_native.as_deref(),
            reply.refusal.as_deref()
        ),
        (
            Some(Stop::Filter),
            Some("PROHIBITED_CONTENT"),
            Some("not that")
        )
    );
    assert_eq!(reply.usage.map(|usage| usage.input), Some(9));
    // Ratings alone block nothing.
    let rated =
        json!({"promptFeedback": {"safetyRatings": [], "blockReason": "BLOCK_REASON_UNSPECIFIED"}});
    let chunks = decode(decoder(HERE.to_owned()), &[rated, end("STOP")]);
    assert_eq!(done(&chunks).stop, Some(Stop::End));
}

#[test]
fn only_the_first_candidate_and_the_last_count_matter() {
    let usage = |usage: Value| json!({"candidates": [], "usageMetadata": usage});
    let events = [
        usage(json!({"trafficType": "ON_DEMAND"})),
        json!({"candidates": [
            {"content": {"parts": [{"text": "second"}]}, "index": 1, "finishReason": "MAX_TOKENS"},
            {"content": {"parts": [{"text": "first"}]}},
        ]}),
        json!({"candidates": [{"index": 0, "finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 3, "totalTokenCount": 3}}),
        usage(
            json!({"promptTokenCount": 3, "candidatesTokenCount": 4, "thoughtsTokenCount": 5, "totalTokenCount": 12}),
        ),
        usage(json!({"serviceTier": "standard"})),
    ];
    let chunks = decode(decoder(HERE.to_owned()), &events);
    let reply = done(&chunks);
    assert_eq!(
        (reply.text().as_str(), reply.stop),
        ("first", Some(Stop::End))
    );
    let expected = Usage {
        input: 3,
        output: 9,
        reasoning: Some(5),
        ..Usage::default()
    };
    assert_eq!(reply.usage, Some(expected));
    assert_eq!(reply.usage_raw.as_ref().unwrap()["totalTokenCount"], 12);
}

#[test]
fn an_error_inside_an_answer_keeps_what_came_before() {
    let wait = json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.4s"});
    let cases = [
        (
            json!({"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}),
            FailureKind::Overloaded,
            None,
        ),
        (
            json!({"error": {"code": 429, "message": "Quota.", "status": "RESOURCE_EXHAUSTED", "details": [{"@type": "x"}, wait]}}),
            FailureKind::Rate,
            Some(34_400),
        ),
        (
            json!([{"error": {"code": 400, "message": "The input token count (2000000) exceeds the maximum number of tokens allowed (1048576).",
                "status": "INVALID_ARGUMENT"}}]),
            FailureKind::TooLong,
            None,
        ),
        (
            json!({"error": {"code": 400, "message": "API key expired.", "status": "INVALID_ARGUMENT",
                "details": [{"reason": "API_KEY_INVALID"}]}}),
            FailureKind::Auth,
            None,
        ),
        (
            json!({"code": 504, "message": "Deadline expired"}),
            FailureKind::Overloaded,
            None,
        ),
    ];
    for (event, kind, wait) in cases {
        let events = [
            parts(&[thought("hm"), text("part")]),
            event,
            parts(&[text(" late")]),
        ];
        let chunks = decode(decoder(HERE.to_owned()), &events);
        let (failure, partial) = failed(&chunks);
        assert_eq!(
            (failure.kind, failure.retry_after),
            (kind, wait),
            "{}",
            failure.message
        );
        let begins = "the answer ended with an error: ";
        assert!(failure.message.starts_with(begins), "{}", failure.message);
        assert_eq!(partial.stop, None);
        // Reasoning that was cut has no seal and can never go back.
        let cut = Part::Thought {
            text: "hm".to_owned(),
            opaque: None,
        };
        assert_eq!(partial.parts[0], cut);
        assert!(!chunks.contains(&Chunk::Text(" late".to_owned())));
    }
}

#[test]
fn an_answer_in_one_piece_is_one_too() {
    let whole = |body: &Value| {
        let mut decoder = decoder(HERE.to_owned());
        let mut chunks = Vec::new();
        let is_answer = decoder.whole(&body.to_string(), &mut chunks);
        decoder.finish(&mut chunks);
        (is_answer, chunks)
    };
    let mut one = end("STOP");
    one["candidates"][0]["content"]["parts"] = json!([text("hello")]);
    for body in [
        one,
        json!([parts(&[text("hel")]), parts(&[text("lo")]), end("STOP")]),
    ] {
        let (is_answer, chunks) = whole(&body);
        assert!(is_answer, "{body}");
        assert_eq!(done(&chunks).text(), "hello");
    }
    let error = json!({"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}});
    let (is_answer, chunks) = whole(&json!([parts(&[text("hel")]), error]));
    let (failure, partial) = failed(&chunks);
    assert!(is_answer);
    assert_eq!(
        (failure.kind, partial.text().as_str()),
        (FailureKind::Overloaded, "hel")
    );
    for body in [
        json!({}),
        json!([]),
        json!([error]),
        error,
        json!({"models": []}),
        json!([parts(&[text("no end")])]),
    ] {
        let (is_answer, chunks) = whole(&body);
        assert!(!is_answer, "{body}");
        assert_eq!(chunks.len(), 1, "{body}: {chunks:?}");
    }
}

#[test]
fn nonsense_is_passed_over_and_marks_of_other_dialects_do_no_harm() {
    for event in [
        json!(null),
        json!([]),
        json!("x"),
        json!({"candidates": 7}),
        json!({"candidates": [null, {"index": "x", "content": []}]}),
        json!({"candidates": [{"content": {"parts": {"text": "x"}}}]}),
        json!({"candidates": [{"content": null, "finishReason": null}], "usageMetadata": null}),
        json!({"responseId": "r", "promptFeedback": {}}),
    ] {
        let chunks = decode(decoder(HERE.to_owned()), &[event.clone(), end("STOP")]);
        assert_eq!(done(&chunks).parts, [], "{event}");
    }
    let mut decoder = decoder(HERE.to_owned());
    let mut chunks = Vec::new();
    let said = parts(&[text("x")]);
    decoder.feed(
        format!(": hello\n\nevent: message\r\ndata: {said}\r\n\r\ndata: [DONE]\n\n").as_bytes(),
        &mut chunks,
    );
    assert_eq!(decoder.wants(), Wants::Rest);
    decoder.finish(&mut chunks);
    assert_eq!(done(&chunks).text(), "x");
    // The mark alone ends nothing.
    let chunks = decode_text("data: [DONE]\n\n");
    assert_eq!(failed(&chunks).0.kind, FailureKind::Network);
}

fn decode_text(body: &str) -> Vec<Chunk> {
    let mut decoder = decoder(HERE.to_owned());
    let mut chunks = Vec::new();
    decoder.feed(body.as_bytes(), &mut chunks);
    decoder.finish(&mut chunks);
    chunks
}

#[test]
fn calls_and_lists_have_their_addresses() {
    let google = "https://generativelanguage.googleapis.com";
    let cases = [
        (
            format!("{google}/v1beta"),
            "gemini-3.8-flash",
            format!("{google}/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse"),
        ),
        (
            google.to_owned(),
            "models/gemini-3.8-flash",
            format!("{google}/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse"),
        ),
        (
            "http://127.0.0.1:9/gate/v1".to_owned(),
            "tunedModels/mine?",
            "http://127.0.0.1:9/gate/v1/tunedModels/mine%3F:streamGenerateContent?alt=sse"
                .to_owned(),
        ),
    ];
    for (base_url, model, expected) in cases {
        assert_eq!((DIALECT.call)(&base_url, model), expected);
    }
    assert_eq!(
        (DIALECT.list)(google),
        format!("{google}/v1beta/models?pageSize=1000")
    );
}

#[test]
fn usage_from_before_the_words_and_the_tier_are_told() {
    let usage = |output: u64| json!({"candidates": [], "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": output}});
    let ends = json!({"candidates": [{"finishReason": "STOP"}]});
    let tier = json!({"usageMetadata": {"serviceTier": "priority"}});
    let said = || parts(&[text("eight by")]);
    let cases = [
        (vec![usage(1), said(), ends.clone()], true),
        (vec![usage(1), said(), usage(2), ends.clone()], false),
        (
            vec![said(), usage(2), parts(&[text("")]), ends.clone()],
            false,
        ),
    ];
    for (events, early) in cases {
        let events = [events, vec![tier.clone()]].concat();
        let chunks = decode(decoder(HERE.to_owned()), &events);
        let reply = done(&chunks);
        let found = (reply.usage_early, reply.tier.as_deref());
        assert_eq!(found, (early, Some("priority")), "{events:?}");
    }
}

#[test]
fn searches_are_counted_as_they_are_billed() {
    let grounded = |queries: &[&str]| {
        json!({"candidates": [{"content": {"parts": [{"text": "x"}], "role": "model"}, "index": 0,
            "groundingMetadata": {"webSearchQueries": queries}}]})
    };
    let twice = [grounded(&["a", "", "b"]), grounded(&["b", "c"])];
    let (nothing, none) = ([grounded(&[""])], [parts(&[text("x")])]);
    let cases = [
        ("g/gemini-3.8-flash", &twice[..], 3),
        ("g/gemini-flash-latest", &twice, 3),
        ("g/gemini-2.5-pro", &twice, 1),
        ("g/gemini-2.5-pro", &nothing, 0),
        ("g/gemini-3.8-flash", &none, 0),
    ];
    for (family, events, searches) in cases {
        let events = [events, &[end("STOP")]].concat();
        let chunks = decode(decoder(family.to_owned()), &events);
        let reply = done(&chunks);
        assert_eq!(reply.usage.unwrap().searches, searches, "{family}");
        assert_eq!(server_tools::uses(reply).searches, searches, "{family}");
    }
}
