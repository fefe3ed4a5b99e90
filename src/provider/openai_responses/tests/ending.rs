//! How answers end: well, cut, refused, with an error, or not at all.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::protocol::failure::{FailureKind, Stop};
use crate::protocol::reply::Part;
use crate::provider::decode::Wants;
use crate::provider::openai_responses::decode::decoder;
use crate::provider::openai_responses::tests::{
    HERE, added, answer, arguments, call, completed, delta, finished, message, said, text,
};
use crate::provider::testing::{decode, done, failed};

fn incomplete(reason: &Value) -> Value {
    json!({"type": "response.incomplete", "response": {"status": "incomplete", "incomplete_details": reason}})
}

#[test]
fn the_reason_to_stop_is_believed_as_far_as_it_can_be() {
    let reason = |reason: &str| incomplete(&json!({"reason": reason}));
    let cut = json!({"type": "function_call", "call_id": "c", "name": "a", "arguments": "{\"b\": ", "status": "incomplete"});
    let called = finished(0, &call("c", "a", "{}"));
    let refused =
        json!({"type": "message", "content": [{"type": "refusal", "refusal": "I cannot"}]});
    let cases = [
        (
            "text",
            vec![text(0, "x"), completed()],
            Stop::End,
            "completed",
        ),
        (
            "call",
            vec![called.clone(), completed()],
            Stop::Tool,
            "completed",
        ),
        (
            "length",
            vec![text(0, "x"), reason("max_output_tokens")],
            Stop::Length,
            "max_output_tokens",
        ),
        (
            "call cut",
            vec![finished(0, &cut), reason("max_output_tokens")],
            Stop::Length,
            "max_output_tokens",
        ),
        (
            "call never finished",
            vec![
                arguments(0, "{"),
                finished(1, &cut),
                added(0, &cut),
                reason("max_tokens"),
            ],
            Stop::Length,
            "max_tokens",
        ),
        (
            "no reason",
            vec![called.clone(), incomplete(&Value::Null)],
            Stop::Length,
            "incomplete",
        ),
        (
            "cut and called complete",
            vec![finished(0, &cut), completed()],
            Stop::Length,
            "completed",
        ),
        (
            "cut by status alone",
            vec![
                called.clone(),
                json!({"type": "response.completed", "response": {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}}),
            ],
            Stop::Length,
            "max_output_tokens",
        ),
        (
            "filter",
            vec![text(0, "x"), reason("content_filter")],
            Stop::Filter,
            "content_filter",
        ),
        (
            "refusal in pieces",
            vec![
                delta("refusal", 0, "m", "I "),
                delta("refusal", 0, "m", "cannot"),
                finished(0, &refused),
                completed(),
            ],
            Stop::Refusal,
            "completed",
        ),
        (
            "refusal at once",
            vec![finished(0, &refused), completed()],
            Stop::Refusal,
            "completed",
        ),
        // Nobody knows it, and what came is paid for: the turn ends with that.
        (
            "another reason",
            vec![text(0, "x"), reason("server_timeout")],
            Stop::Error,
            "server_timeout",
        ),
        (
            "another reason, with a call",
            vec![called.clone(), reason("server_timeout")],
            Stop::Error,
            "server_timeout",
        ),
        ("nothing", vec![completed()], Stop::End, "completed"),
        (
            "no status",
            vec![
                text(0, "x"),
                json!({"type": "response.completed", "response": null}),
            ],
            Stop::End,
            "completed",
        ),
        (
            "an old status",
            vec![
                text(0, "x"),
                json!({"type": "response.incomplete", "response": {"status": "in_progress"}}),
            ],
            Stop::Length,
            "incomplete",
        ),
    ];
    for (name, mut events, stop, native) in cases {
        if name == "call never finished" {
            // A name, so that it is a call.
            events.remove(0);
        }
        let chunks = decode(decoder(HERE.to_owned()), &events);
        let reply = done(&chunks);
        assert_eq!(
            (reply.stop, reply.stop_native.as_deref()),
            (Some(stop), Some(native)),
            "{name}"
        );
        let refusal = (stop == Stop::Refusal).then_some("I cannot");
        assert_eq!(reply.refusal.as_deref(), refusal, "{name}");
    }
    let failures = [
        (vec![], reason("server_timeout"), FailureKind::Overloaded),
        (
            vec![called.clone()],
            reason("model_context_window_exceeded"),
            FailureKind::TooLong,
        ),
        (
            vec![called.clone()],
            json!({"type": "response.cancelled", "response": {"status": "cancelled"}}),
            FailureKind::Overloaded,
        ),
    ];
    for (mut events, event, kind) in failures {
        events.push(event);
        let chunks = decode(decoder(HERE.to_owned()), &events);
        let (failure, _) = failed(&chunks);
        assert_eq!(failure.kind, kind, "{}", failure.message);
    }
}

#[test]
fn an_error_inside_an_answer_keeps_what_came_before() {
    let error = |error: Value| json!({"type": "error", "sequence_number": 2, "error": error});
    let response = |error: Value| json!({"type": "response.failed", "response": {"status": "failed", "error": error, "usage": {"input_tokens": 5}}});
    let cases = [
        (
            error(
                json!({"type": "insufficient_quota", "code": "insufficient_quota", "message": "no quota"}),
            ),
            FailureKind::Auth,
            "no quota (insufficient_quota)",
        ),
        (
            error(json!({"type": "server_error", "code": null, "message": "sorry", "param": null})),
            FailureKind::Overloaded,
            "sorry (server_error)",
        ),
        // The error as the event itself.
        (
            json!({"type": "error", "code": "rate_limit_exceeded", "message": "slow down", "param": null}),
            FailureKind::Rate,
            "slow down (rate_limit_exceeded)",
        ),
        (
            response(json!({"code": "rate_limit_exceeded", "message": "too fast"})),
            FailureKind::Rate,
            "too fast (rate_limit_exceeded)",
        ),
        (
            response(
                json!({"code": "context_length_exceeded", "message": "Your input exceeds the context window of this model."}),
            ),
            FailureKind::TooLong,
            "Your input exceeds the context window of this model. (context_length_exceeded)",
        ),
        (
            response(json!({"code": "invalid_prompt", "message": "flagged"})),
            FailureKind::BadRequest,
            "flagged (invalid_prompt)",
        ),
        (
            response(Value::Null),
            FailureKind::Overloaded,
            "the server gave no reason",
        ),
        (
            json!({"error": {"message": "plain", "code": 503}}),
            FailureKind::Overloaded,
            "plain (503)",
        ),
    ];
    for (event, kind, message) in cases {
        let events = [
            json!({"type": "response.created", "response": {"status": "in_progress", "error": null}}),
            delta("reasoning_summary_text", 0, "r", "hm"),
            text(1, "part"),
            event,
            // It comes after the error, and says no more.
            response(json!({"code": "other", "message": "other"})),
            text(1, " late"),
        ];
        let chunks = decode(decoder(HERE.to_owned()), &events);
        let (failure, partial) = failed(&chunks);
        assert_eq!(
            (failure.kind, &*failure.message),
            (kind, &*format!("the answer ended with an error: {message}"))
        );
        assert_eq!(
            partial.parts,
            [
                Part::Thought {
                    text: "hm".to_owned(),
                    opaque: None,
                },
                Part::Text {
                    text: "part".to_owned(),
                    opaque: None,
                },
            ]
        );
        let stop = Some(Stop::Error);
        assert_eq!((partial.usage.unwrap().input, partial.stop), (5, stop));
        assert_eq!(said(&chunks).0, "part");
    }
}

#[test]
fn the_end_is_the_last_event_and_marks_of_other_dialects_do_no_harm() {
    let feed = |events: &[Value], tail: &[u8]| {
        let mut decoder = decoder(HERE.to_owned());
        let mut chunks = Vec::new();
        for event in events {
            decoder.feed(format!("data: {event}\n\n").as_bytes(), &mut chunks);
        }
        let wants = decoder.wants();
        decoder.feed(tail, &mut chunks);
        decoder.finish(&mut chunks);
        (wants, chunks)
    };
    let (wants, chunks) = feed(
        &[text(0, "x"), completed()],
        b"data: [DONE]\n\ndata: garbage\n\n",
    );
    assert_eq!((wants, done(&chunks).text()), (Wants::Rest, "x".to_owned()));
    // After its end nothing is added and nothing spoils it.
    let late = [
        text(0, "x"),
        completed(),
        text(0, " late"),
        json!({"type": "error", "message": "late"}),
    ];
    let (_, chunks) = feed(&late, b"");
    assert_eq!(done(&chunks).text(), "x");
    // The mark alone ends an answer only when nothing in it is open.
    let (_, chunks) = feed(&[finished(0, &message("x"))], b"data: [DONE]\n\n");
    assert_eq!(
        (done(&chunks).text(), done(&chunks).stop),
        ("x".to_owned(), Some(Stop::End))
    );
    for events in [vec![], vec![text(0, "x")]] {
        let (_, chunks) = feed(&events, b"data: [DONE]\n\n");
        assert_eq!(failed(&chunks).0.kind, FailureKind::Network);
    }
    // Names without types, and anything that means nothing.
    let named = "event: response.output_text.delta\ndata: {\"delta\":\"y\"}\n\nevent: response.completed\ndata: {}\n\n";
    let (_, chunks) = feed(&[], named.as_bytes());
    assert_eq!(done(&chunks).text(), "y");
    for event in [
        json!(null),
        json!([]),
        json!("x"),
        json!({"type": 7}),
        added(0, &json!("x")),
        finished(0, &json!([])),
        json!({"type": "response.output_text.delta"}),
        json!({"type": "response.content_part.done", "part": 3}),
    ] {
        let empty = done(&answer(std::slice::from_ref(&event))).parts.is_empty();
        assert!(empty, "{event}");
    }
}

#[test]
fn an_item_that_is_open_is_an_answer_that_has_begun() {
    let mut decoder = decoder(HERE.to_owned());
    let created = json!({"type": "response.created", "response": {"status": "in_progress"}});
    let item = json!({"type": "message", "id": "m", "content": []});
    let added = json!({"type": "response.output_item.added", "output_index": 0, "item": item});
    // From then on it is waited for as for any other answer, and not as for a model that is loaded first.
    for (event, begun) in [(created, false), (added, true)] {
        decoder.feed(format!("data: {event}\n\n").as_bytes(), &mut Vec::new());
        assert_eq!(decoder.has_begun(), begun, "{event}");
    }
}
