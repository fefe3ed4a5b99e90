//! The parts of an answer: in their order, with what must go back, and calls however they come.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::protocol::failure::{FailureKind, Stop};
use crate::protocol::reply::{Part, Reply};
use crate::protocol::usage::Usage;
use crate::provider::Chunk;
use crate::provider::gemini::tests::{answer, call, opaque, text, thought};
use crate::provider::testing::{calls, done, failed};

/// A name, parts, and the calls they add up to: id, name, arguments.
type Case = (
    &'static str,
    Vec<Value>,
    Vec<(Option<&'static str>, &'static str, &'static str)>,
);

#[test]
fn parts_keep_their_order_and_what_must_go_back() {
    let picture = json!({"inlineData": {"mimeType": "image/png", "data": "AA=="}});
    let signed_call = json!({"functionCall": {"name": "glob", "args": {"pattern": "*"}, "id": "g1"}, "thoughtSignature": "s2"});
    let pieces = [
        thought("h"),
        thought("m"),
        text("so "),
        text("it "),
        json!({"text": "is", "thoughtSignature": "s1"}),
        text("!"),
        picture.clone(),
        signed_call,
        call(&json!({"name": "glob", "args": {}, "id": "g2"})),
        call(&json!({"name": "read", "args": {"path": "a"}})),
        json!({"text": "", "thoughtSignature": "s3"}),
    ];
    let chunks = answer(&pieces, "STOP");
    let grows = |name: &str, bytes| Chunk::CallGrows {
        name: name.to_owned(),
        bytes,
    };
    assert_eq!(
        chunks[..chunks.len() - 1],
        [
            Chunk::Thinking("h".to_owned()),
            Chunk::Thinking("m".to_owned()),
            Chunk::Text("so ".to_owned()),
            Chunk::Text("it ".to_owned()),
            Chunk::Text("is".to_owned()),
            Chunk::Text("!".to_owned()),
            grows("glob", 15),
            grows("glob", 2),
            grows("read", 12),
        ]
    );
    let called = |id: Option<&str>, name: &str, arguments: &str, opaque| Part::Call {
        wire_id: id.map(ToOwned::to_owned),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
        opaque,
    };
    let words = json!({"parts": [{"text": "so it "}, {"text": "is", "thoughtSignature": "s1"}, {"text": "!"}]});
    assert_eq!(
        done(&chunks),
        &Reply {
            parts: vec![
                Part::Thought {
                    text: "hm".to_owned(),
                    opaque: Some(opaque(json!({"parts": [{"text": "hm", "thought": true}]}))),
                },
                Part::Text {
                    text: "so it is!".to_owned(),
                    opaque: Some(opaque(words)),
                },
                Part::Thought {
                    text: String::new(),
                    opaque: Some(opaque(json!({"parts": [picture]}))),
                },
                called(
                    Some("g1"),
                    "glob",
                    r#"{"pattern":"*"}"#,
                    Some(opaque(
                        json!({"functionCall": {"id": "g1"}, "thoughtSignature": "s2"})
                    )),
                ),
                called(Some("g2"), "glob", "{}", None),
                called(
                    None,
                    "read",
                    r#"{"path":"a"}"#,
                    Some(opaque(json!({"functionCall": {}}))),
                ),
                Part::Thought {
                    text: String::new(),
                    opaque: Some(opaque(
                        json!({"parts": [{"text": "", "thoughtSignature": "s3"}]})
                    )),
                },
            ],
            stop: Some(Stop::Tool),
            stop_native: Some("STOP".to_owned()),
            usage: Some(Usage {
                input: 5,
                output: 2,
                ..Usage::default()
            }),
            usage_raw: Some(
                json!({"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7})
            ),
            ..Reply::default()
        }
    );
}

#[test]
fn a_signature_keeps_its_place_whatever_it_comes_with() {
    let empty = json!({"text": "", "thoughtSignature": "s"});
    let cases = [
        // An empty text after a text belongs to it.
        (
            vec![text("4"), empty.clone()],
            vec![Part::Text {
                text: "4".to_owned(),
                opaque: Some(opaque(json!({"parts": [{"text": "4"}, empty]}))),
            }],
        ),
        // With nothing at all beside it.
        (
            vec![text("4"), json!({"thoughtSignature": "s"})],
            vec![Part::Text {
                text: "4".to_owned(),
                opaque: Some(opaque(
                    json!({"parts": [{"text": "4"}, {"thoughtSignature": "s", "text": ""}]}),
                )),
            }],
        ),
        (
            vec![
                json!({"text": "hm", "thought": true, "thoughtSignature": "s"}),
                text("4"),
            ],
            vec![
                Part::Thought {
                    text: "hm".to_owned(),
                    opaque: Some(opaque(
                        json!({"parts": [{"text": "hm", "thought": true, "thoughtSignature": "s"}]}),
                    )),
                },
                Part::Text {
                    text: "4".to_owned(),
                    opaque: None,
                },
            ],
        ),
        // What says nothing leaves nothing.
        (
            vec![text(""), thought(""), json!({}), json!("x"), json!(null)],
            vec![],
        ),
    ];
    for (pieces, expected) in cases {
        assert_eq!(done(&answer(&pieces, "STOP")).parts, expected, "{pieces:?}");
    }
}

#[test]
fn calls_are_put_together_whole_or_from_pieces() {
    let more = |call: Value| {
        let mut call = call;
        call["willContinue"] = json!(true);
        json!({"functionCall": call})
    };
    let piece = |path: &str, text: &str| json!({"partialArgs": [{"jsonPath": path, "stringValue": text, "willContinue": true}]});
    let cases: Vec<Case> = vec![
        (
            "no arguments",
            vec![call(&json!({"name": "glob"}))],
            vec![(None, "glob", "")],
        ),
        (
            "null arguments",
            vec![call(&json!({"name": "glob", "args": null, "id": ""}))],
            vec![(None, "glob", "")],
        ),
        (
            "the same id twice",
            vec![
                call(&json!({"name": "a", "id": "x", "args": {}})),
                call(&json!({"name": "b", "id": "x", "args": {}})),
            ],
            vec![(Some("x"), "a", "{}"), (Some("x"), "b", "{}")],
        ),
        (
            "arguments as text",
            vec![call(&json!({"name": "a", "args": "{\"b\": 1}"}))],
            vec![(None, "a", "{\"b\": 1}")],
        ),
        (
            "in pieces, with a mark at the end",
            vec![
                more(json!({"name": "a"})),
                more(piece("$.city", "Bos")),
                more(piece("$.city", "ton")),
                more(json!({})),
                call(&json!({})),
                more(json!({"name": "a", "id": "2"})),
                more(piece("$.city", "Rome")),
                call(&json!({})),
                call(&json!({})),
            ],
            vec![
                (None, "a", r#"{"city":"Boston"}"#),
                (Some("2"), "a", r#"{"city":"Rome"}"#),
            ],
        ),
        (
            "in pieces, with no mark at the end",
            vec![
                more(json!({"name": "a"})),
                more(piece("$.list[0].name", "x")),
                call(
                    &json!({"partialArgs": [{"jsonPath": "$.list[0].count", "numberValue": 3.0}]}),
                ),
            ],
            vec![(None, "a", r#"{"list":[{"name":"x","count":3}]}"#)],
        ),
    ];
    for (name, pieces, expected) in cases {
        assert_eq!(calls(done(&answer(&pieces, "STOP"))), expected, "{name}");
    }
    let unfit = [
        (call(&json!({"args": {"a": 1}})), "without a name"),
        (more(json!({"name": "a"})), "without an end"),
        (
            call(&json!({"name": "a", "partialArgs": [{"jsonPath": "a", "stringValue": "x"}]})),
            "do not fit together",
        ),
    ];
    for (piece, expected) in unfit {
        let chunks = answer(&[piece], "STOP");
        let (failure, _) = failed(&chunks);
        assert_eq!(failure.kind, FailureKind::Protocol);
        assert!(failure.message.contains(expected), "{}", failure.message);
    }
    // Cut by the limit it is no fault, and nobody can take it for whole.
    let pieces = [more(json!({"name": "a"})), more(piece("$.city", "Bos"))];
    let chunks = answer(&pieces, "MAX_TOKENS");
    let reply = done(&chunks);
    assert_eq!(reply.stop, Some(Stop::Length));
    assert_eq!(calls(reply), [(None, "a", r#"{"city":"Bos""#)]);
}
