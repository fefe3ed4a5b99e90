//! Answers as servers really send them, compatible ones included, and requests that send them back.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod calls;
mod ending;
mod request;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::config::Wire;
use crate::protocol::failure::{FailureKind, Stop};
use crate::protocol::item::Opaque;
use crate::protocol::money::Money;
use crate::protocol::reply::{Part, Reply};
use crate::protocol::usage::Usage;
use crate::provider::Chunk;
use crate::provider::openai_responses::decode::decoder;
use crate::provider::replay;
use crate::provider::testing::{calls, decode, done, failed};

const HERE: &str = "here/m";

fn added(index: u64, item: &Value) -> Value {
    json!({"type": "response.output_item.added", "output_index": index, "item": item})
}

fn finished(index: u64, item: &Value) -> Value {
    json!({"type": "response.output_item.done", "output_index": index, "item": item})
}

fn delta(kind: &str, index: u64, id: &str, text: &str) -> Value {
    json!({"type": format!("response.{kind}.delta"), "output_index": index, "item_id": id, "delta": text})
}

fn text(index: u64, text: &str) -> Value {
    delta("output_text", index, "", text)
}

fn arguments(index: u64, text: &str) -> Value {
    delta("function_call_arguments", index, "", text)
}

fn call(id: &str, name: &str, arguments: &str) -> Value {
    json!({"type": "function_call", "id": format!("fc_{id}"), "call_id": id, "name": name, "arguments": arguments, "status": "completed"})
}

fn message(text: &str) -> Value {
    json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": text, "annotations": []}]})
}

fn completed() -> Value {
    json!({"type": "response.completed", "response": {"status": "completed", "output": [],
        "usage": {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}}})
}

fn answer(events: &[Value]) -> Vec<Chunk> {
    decode(decoder(HERE.to_owned()), &[events, &[completed()]].concat())
}

fn opaque(body: Value) -> Opaque {
    replay::opaque(HERE, Wire::OpenAiResponses, body)
}

fn said(chunks: &[Chunk]) -> (String, String) {
    let (mut text, mut thinking) = (String::new(), String::new());
    for chunk in chunks {
        match chunk {
            Chunk::Text(piece) => text.push_str(piece),
            Chunk::Thinking(piece) => thinking.push_str(piece),
            _ => {}
        }
    }
    (text, thinking)
}

#[test]
fn items_stand_in_their_places_and_keep_what_must_go_back() {
    let reasoning = json!({"type": "reasoning", "id": "rs_1", "encrypted_content": "later",
        "summary": [{"type": "summary_text", "text": "hm"}, {"type": "summary_text", "text": "so"}]});
    let search = json!({"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search"}});
    let events = [
        json!({"type": "response.created", "response": {"status": "in_progress", "error": null, "usage": null}}),
        added(
            0,
            &json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "early"}),
        ),
        delta("reasoning_summary_text", 0, "rs_1", "hm"),
        // Of two items at once, each event says which; one server changes the ids all the time.
        added(
            3,
            &json!({"type": "function_call", "id": "fc_c1", "call_id": "c1", "name": "glob", "arguments": ""}),
        ),
        added(
            2,
            &json!({"type": "message", "id": "msg_0", "role": "assistant", "content": []}),
        ),
        delta("output_text", 2, "other", "it "),
        arguments(3, "{\"pattern\":"),
        json!({"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": 1, "delta": "so"}),
        delta("output_text", 2, "another", "is"),
        arguments(3, " \"*\"}"),
        finished(0, &reasoning),
        json!({"type": "response.web_search_call.searching", "output_index": 1, "item_id": "ws_1"}),
        finished(1, &search),
        finished(2, &message("it is")),
        finished(3, &call("c1", "glob", "{\"pattern\": \"*\"}")),
        json!({"type": "keepalive", "sequence_number": 9}),
        json!({"type": "response.yet_to_be.invented", "output_index": 2, "delta": "x"}),
    ];
    let chunks = answer(&events);
    let grows = |bytes| Chunk::CallGrows {
        name: "glob".to_owned(),
        bytes,
    };
    assert_eq!(
        chunks[..chunks.len() - 1],
        [
            // That it thinks is told before a word of it.
            Chunk::Thinking(String::new()),
            Chunk::Thinking("hm".to_owned()),
            grows(0),
            Chunk::Text("it ".to_owned()),
            grows(11),
            Chunk::Thinking("so".to_owned()),
            Chunk::Text("is".to_owned()),
            grows(16),
        ]
    );
    let usage = json!({"input_tokens": 5, "output_tokens": 2, "total_tokens": 7});
    assert_eq!(
        done(&chunks),
        &Reply {
            parts: vec![
                Part::Thought {
                    text: "hm".to_owned(),
                    opaque: Some(opaque(reasoning)),
                },
                Part::Thought {
                    text: "so".to_owned(),
                    opaque: None,
                },
                Part::Thought {
                    text: String::new(),
                    opaque: Some(opaque(search)),
                },
                Part::Text {
                    text: "it is".to_owned(),
                    opaque: Some(opaque(message("it is"))),
                },
                Part::Call {
                    wire_id: Some("c1".to_owned()),
                    name: "glob".to_owned(),
                    arguments: "{\"pattern\": \"*\"}".to_owned(),
                    opaque: Some(opaque(
                        json!({"type": "function_call", "id": "fc_c1", "status": "completed"})
                    )),
                },
            ],
            stop: Some(Stop::Tool),
            stop_native: Some("completed".to_owned()),
            usage: Some(Usage {
                input: 5,
                output: 2,
                ..Usage::default()
            }),
            usage_raw: Some(usage),
            ..Reply::default()
        }
    );
}

#[test]
fn usage_from_before_the_words_and_the_tier_are_told() {
    let usage = json!({"input_tokens": 5, "output_tokens": 1});
    let created = |usage: &Value| json!({"type": "response.created", "response": {"status": "in_progress", "usage": usage, "service_tier": "auto"}});
    let mut ends = completed();
    ends["response"]["service_tier"] = json!("priority");
    let mut silent = ends.clone();
    silent["response"]["usage"] = Value::Null;
    let cases = [
        (vec![created(&usage), text(0, "x"), silent.clone()], true),
        (vec![created(&usage), text(0, "x"), ends.clone()], false),
        (vec![created(&Value::Null), text(0, "x"), ends], false),
        (vec![created(&Value::Null), text(0, "x"), silent], false),
    ];
    for (events, early) in cases {
        let chunks = decode(decoder(HERE.to_owned()), &events);
        let reply = done(&chunks);
        let found = (reply.usage_early, reply.tier.as_deref());
        assert_eq!(found, (early, Some("priority")), "{events:?}");
    }
}

/// Gateways leave the seal out of the item and send it with the end, and what the item had is not changed by that.
#[test]
fn what_a_finished_item_lacks_comes_with_the_end() {
    let bare = |id: Value, seal: Value| json!({"type": "reasoning", "id": id, "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": seal});
    let (null, seal, other) = (Value::Null, json!("SEAL"), json!("OTHER"));
    let cases = [
        (
            bare(json!("rs_1"), null.clone()),
            bare(json!("rs_1"), seal.clone()),
            "SEAL",
        ),
        (
            bare(json!("rs_1"), json!("")),
            bare(json!("rs_1"), seal.clone()),
            "SEAL",
        ),
        (
            bare(null.clone(), null.clone()),
            bare(json!("rs_1"), seal.clone()),
            "SEAL",
        ),
        (
            bare(json!("rs_1"), other),
            bare(json!("rs_1"), seal.clone()),
            "OTHER",
        ),
        // Of another item.
        (bare(json!("rs_2"), null), bare(json!("rs_1"), seal), ""),
    ];
    for (item, last, expected) in cases {
        let mut end = completed();
        end["response"]["output"] = json!([last, call("c1", "glob", "{}")]);
        let events = [
            finished(0, &item),
            finished(1, &call("c1", "glob", "{}")),
            end,
        ];
        let chunks = decode(decoder(HERE.to_owned()), &events);
        let Part::Thought {
            opaque: Some(opaque),
            ..
        } = &done(&chunks).parts[0]
        else {
            panic!("{chunks:?}")
        };
        let found = opaque.body["encrypted_content"].as_str();
        assert_eq!(found.unwrap_or_default(), expected, "{item}");
        assert_eq!(done(&chunks).parts.len(), 2);
    }
}

/// llama.cpp says of reasoning that it is in progress where it begins, and nothing where it ends.
#[test]
fn what_goes_back_is_not_in_progress_and_has_no_field_of_another_telling() {
    let begun = json!({"type": "reasoning", "id": "rs_1", "summary": [], "content": [], "encrypted_content": "", "status": "in_progress"});
    let hm = json!([{"type": "reasoning_text", "text": "hm"}]);
    let mut ended = begun.clone();
    ended["content"] = hm.clone();
    ended.as_object_mut().unwrap().remove("status");
    let mut told_again = ended.clone();
    told_again["status"] = json!("completed");
    told_again["phase"] = json!("x");
    let mut end = completed();
    end["response"]["output"] = json!([told_again]);
    let expected = json!({"type": "reasoning", "id": "rs_1", "summary": [], "content": hm, "encrypted_content": ""});
    for events in [
        // With its end, and left open.
        vec![added(0, &begun), finished(0, &ended), end],
        vec![
            added(0, &begun),
            json!({"type": "response.reasoning_text.delta", "output_index": 0, "content_index": 0, "delta": "hm"}),
            completed(),
        ],
    ] {
        let chunks = decode(decoder(HERE.to_owned()), &events);
        let Part::Thought {
            opaque: Some(opaque),
            ..
        } = &done(&chunks).parts[0]
        else {
            panic!("{chunks:?}")
        };
        let mut body = opaque.body.clone();
        body["content"] = hm.clone();
        assert_eq!(body, expected);
    }
}

#[test]
fn texts_come_in_pieces_or_at_once_and_are_never_doubled() {
    let whole = |kind: &str, field: &str, text: &str| {
        let mut event = json!({"type": format!("response.{kind}.done"), "output_index": 0});
        event[field] = text.into();
        event
    };
    let part = |part: &Value| json!({"type": "response.content_part.done", "output_index": 0, "content_index": 0, "part": part});
    let reasoning = |body: Value| finished(0, &body);
    let open = json!({"type": "reasoning", "id": "r", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]});
    let cases: Vec<(&str, Vec<Value>, &str, &str)> = vec![
        (
            "in all ways at once",
            vec![
                added(
                    0,
                    &json!({"type": "message", "content": [{"type": "output_text", "text": "a"}]}),
                ),
                text(0, "b"),
                whole("output_text", "text", "abc"),
                part(&json!({"type": "output_text", "text": "abc"})),
                finished(0, &message("abcd")),
                text(0, "late"),
            ],
            "abcd",
            "",
        ),
        ("the item only", vec![finished(0, &message("x"))], "x", ""),
        ("no beginning", vec![text(4, "x"), text(4, "y")], "xy", ""),
        (
            "a text alone",
            vec![finished(0, &json!({"type": "message", "content": "x"}))],
            "x",
            "",
        ),
        (
            "empty in the end",
            vec![
                text(0, "x"),
                finished(0, &json!({"type": "message", "content": []})),
            ],
            "x",
            "",
        ),
        (
            "another in the end: what was said stays said",
            vec![text(0, "x"), finished(0, &message("y"))],
            "x",
            "",
        ),
        (
            "two parts",
            vec![
                json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "a"}),
                json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 1, "delta": "b"}),
                finished(
                    0,
                    &json!({"type": "message", "content": [{"type": "output_text", "text": "a"}, {"type": "output_text", "text": "bc"}]}),
                ),
            ],
            "abc",
            "",
        ),
        (
            "two messages",
            vec![finished(0, &message("a")), finished(1, &message("b"))],
            "ab",
            "",
        ),
        (
            "reasoning in the open",
            vec![
                delta("reasoning_text", 0, "r", "h"),
                delta("reasoning_text", 0, "r", "m"),
                reasoning(open.clone()),
            ],
            "",
            "hm",
        ),
        (
            "the same under two names",
            vec![
                delta("reasoning_text", 0, "r", "hm"),
                delta("reasoning_summary_text", 0, "r", "hm"),
                reasoning(
                    json!({"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}], "content": [{"type": "reasoning_text", "text": "hm"}]}),
                ),
            ],
            "",
            "hm",
        ),
        ("at once", vec![reasoning(open)], "", "hm"),
        (
            "a summary by its part",
            vec![
                json!({"type": "response.reasoning_summary_part.added", "output_index": 0, "summary_index": 0, "part": {"type": "summary_text", "text": ""}}),
                json!({"type": "response.reasoning_summary_part.done", "output_index": 0, "summary_index": 0, "part": {"type": "summary_text", "text": "hm"}}),
                json!({"type": "response.reasoning_summary_part.done", "output_index": 0, "summary_index": 1, "part": {"type": "summary_text", "text": "so"}}),
            ],
            "",
            "hmso",
        ),
    ];
    for (name, events, text, thinking) in cases {
        let chunks = answer(&events);
        let reply = done(&chunks);
        assert_eq!(
            (&*reply.text(), &*reply.thinking()),
            (text, thinking),
            "{name}"
        );
        assert_eq!(
            said(&chunks),
            (text.to_owned(), thinking.to_owned()),
            "{name}"
        );
        assert_eq!(reply.stop, Some(Stop::End), "{name}");
    }
}

#[test]
fn an_answer_in_one_piece_is_one() {
    let response = json!({"id": "resp_1", "object": "response", "status": "completed", "error": null,
        "output": [{"type": "reasoning", "id": "rs", "summary": []}, message("x"), call("c", "a", "{}")],
        "usage": {"input_tokens": 3, "output_tokens": 1, "cost": 0.25}});
    let chunks = decode(decoder(HERE.to_owned()), &[response]);
    let reply = done(&chunks);
    assert_eq!(
        (&*reply.text(), reply.stop, reply.reported_cost),
        ("x", Some(Stop::Tool), Some(Money::usd(250_000_000_000)))
    );
    assert_eq!(calls(reply), [(Some("c"), "a", "{}")]);
    assert_eq!(reply.usage.unwrap().input, 3);
    let refused = json!({"object": "response", "status": "failed", "error": {"code": "server_error", "message": "no"}});
    let chunks = decode(decoder(HERE.to_owned()), &[refused]);
    assert_eq!(failed(&chunks).0.kind, FailureKind::Overloaded);
}

#[test]
fn a_bill_is_read_from_the_last_event() {
    let usage = json!({"input_tokens": 197, "input_tokens_details": {"cached_tokens": 192}, "output_tokens": 199,
        "output_tokens_details": {"reasoning_tokens": 198}, "total_tokens": 396, "cost_in_usd_ticks": 5_421_500});
    let end =
        json!({"type": "response.completed", "response": {"status": "completed", "usage": usage}});
    let chunks = decode(decoder(HERE.to_owned()), &[text(0, "x"), end]);
    let reply = done(&chunks);
    assert_eq!(
        (reply.usage, reply.reported_cost, &reply.usage_raw),
        (
            Some(Usage {
                input: 5,
                cache_read: 192,
                output: 199,
                reasoning: Some(198),
                ..Usage::default()
            }),
            Some(Money::usd(542_150_000)),
            &Some(usage),
        )
    );
}
