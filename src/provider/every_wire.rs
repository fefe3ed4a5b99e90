//! What holds in every dialect alike: how many parts an answer may have, what a server says of its price, an answer in one
//! piece, an error within one, and marks of an end that come too early.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::agent::prompt::Message;
use crate::config::Wire;
use crate::protocol::effort::Effort;
use crate::protocol::failure::{FailureKind, Stop};
use crate::protocol::money::Money;
use crate::protocol::told::Told;
use crate::provider::Chunk;
use crate::provider::decode::{Decoder, MOST_PARTS, Wants};
use crate::provider::replay::NO_ANSWER;
use crate::provider::{dialect, quirks, reasoning, testing};

pub(crate) const WIRES: [Wire; 5] = [
    Wire::Anthropic,
    Wire::OpenAiChat,
    Wire::OpenAiResponses,
    Wire::Gemini,
    Wire::Ollama,
];

pub(crate) fn decoder(wire: Wire) -> Decoder {
    let prompt = testing::prompt("here/m", vec![testing::user("hello")]);
    (dialect::of(wire).unwrap().decoder)(&prompt, &quirks::NONE, &Told::default())
}

pub(crate) fn framed(wire: Wire, event: &Value) -> String {
    if wire == Wire::Ollama {
        format!("{event}\n")
    } else {
        format!("data: {event}\n\n")
    }
}

pub(crate) fn decode(wire: Wire, events: &[Value], tail: &str) -> Vec<Chunk> {
    let mut decoder = decoder(wire);
    let mut chunks = Vec::new();
    for event in events {
        decoder.feed(framed(wire, event).as_bytes(), &mut chunks);
    }
    decoder.feed(tail.as_bytes(), &mut chunks);
    decoder.finish(&mut chunks);
    chunks
}

/// A piece of a stream that says a word.
pub(crate) fn said(wire: Wire) -> Value {
    match wire {
        Wire::Anthropic => {
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "so"}})
        }
        Wire::OpenAiChat => json!({"choices": [{"index": 0, "delta": {"content": "so"}}]}),
        Wire::OpenAiResponses => {
            json!({"type": "response.output_item.done", "output_index": 0, "item":
            {"type": "message", "id": "m", "content": [{"type": "output_text", "text": "so"}]}})
        }
        Wire::Gemini => json!({"candidates": [{"content": {"parts": [{"text": "so"}]}}]}),
        Wire::Ollama => json!({"message": {"content": "so"}, "done": false}),
        Wire::Rehearsal => Value::Null,
    }
}

/// Pieces of a stream that bring this call, all of it.
fn called(wire: Wire, index: usize) -> Vec<Value> {
    let id = format!("c{index}");
    match wire {
        Wire::Anthropic => vec![
            json!({"type": "content_block_start", "index": index, "content_block": {"type": "tool_use", "id": id, "name": "glob", "input": {}}}),
            json!({"type": "content_block_stop", "index": index}),
        ],
        Wire::OpenAiChat => vec![json!({"choices": [{"index": 0, "delta": {"tool_calls": [
            {"index": index, "id": id, "function": {"name": "glob", "arguments": "{}"}}]}}]})],
        Wire::OpenAiResponses => vec![
            json!({"type": "response.output_item.done", "output_index": index, "item":
            {"type": "function_call", "id": format!("f{index}"), "call_id": id, "name": "glob", "arguments": "{}"}}),
        ],
        Wire::Gemini => vec![json!({"candidates": [{"content": {"parts": [
            {"functionCall": {"id": id, "name": "glob", "args": {}}}]}}]})],
        Wire::Ollama => vec![json!({"message": {"content": "", "tool_calls": [
            {"id": id, "function": {"index": index, "name": "glob", "arguments": {}}}]}, "done": false})],
        Wire::Rehearsal => Vec::new(),
    }
}

/// An answer in one piece with so many calls, at this price.
fn whole(wire: Wire, count: usize, usage: &Value) -> Value {
    let calls = |call: &dyn Fn(usize) -> Value| (0..count).map(call).collect::<Vec<_>>();
    match wire {
        Wire::Anthropic => {
            json!({"id": "msg_1", "type": "message", "role": "assistant", "stop_reason": "tool_use", "usage": usage,
            "content": calls(&|i| json!({"type": "tool_use", "id": format!("c{i}"), "name": "glob", "input": {"n": i}}))})
        }
        Wire::OpenAiChat => {
            json!({"choices": [{"index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant",
            "tool_calls": calls(&|i| json!({"index": i, "id": format!("c{i}"), "function": {"name": "glob", "arguments": format!("{{\"n\":{i}}}")}}))}}],
            "usage": usage})
        }
        Wire::OpenAiResponses => {
            json!({"object": "response", "status": "completed", "usage": usage,
            "output": calls(&|i| json!({"type": "function_call", "id": format!("f{i}"), "call_id": format!("c{i}"), "name": "glob", "arguments": format!("{{\"n\":{i}}}")}))})
        }
        Wire::Gemini => json!({"candidates": [{"finishReason": "STOP", "content": {"role": "model",
            "parts": calls(&|i| json!({"functionCall": {"id": format!("c{i}"), "name": "glob", "args": {"n": i}}}))}}], "usageMetadata": usage}),
        Wire::Ollama => json!({"message": {"content": "",
            "tool_calls": calls(&|i| json!({"id": format!("c{i}"), "function": {"index": i, "name": "glob", "arguments": {"n": i}}}))},
            "done": true, "done_reason": "stop", "usage": usage}),
        Wire::Rehearsal => Value::Null,
    }
}

#[test]
fn an_answer_in_one_piece_is_one_and_its_price_is_read() {
    let usage =
        json!({"cost": 0.000_355_95, "input_tokens": 3, "prompt_tokens": 3, "promptTokenCount": 3});
    for wire in WIRES {
        let body = whole(wire, 2, &usage);
        let mut decoder = decoder(wire);
        let mut chunks = Vec::new();
        assert!(decoder.whole(&body.to_string(), &mut chunks), "{wire:?}");
        decoder.finish(&mut chunks);
        let as_event = decode(wire, &[body], "");
        for chunks in [chunks, as_event] {
            let reply = testing::done(&chunks);
            let cost = Some(Money::usd(355_950_000));
            assert_eq!(
                (reply.stop, reply.reported_cost),
                (Some(Stop::Tool), cost),
                "{wire:?}"
            );
            let expected = [
                (Some("c0"), "glob", r#"{"n":0}"#),
                (Some("c1"), "glob", r#"{"n":1}"#),
            ];
            assert_eq!(testing::calls(reply), expected, "{wire:?}");
        }
    }
}

#[test]
fn half_a_character_is_lost_and_the_answer_goes_on() {
    for wire in WIRES {
        for half in ["\\ud83c", "\\udf89"] {
            let event = framed(wire, &said(wire)).replace("\"so\"", &format!("\"a{half}b\""));
            let mut decoder = decoder(wire);
            let mut chunks = Vec::new();
            decoder.feed(event.as_bytes(), &mut chunks);
            decoder.finish(&mut chunks);
            // It broke off all the same.
            let (failure, partial) = testing::failed(&chunks);
            let found = (failure.kind, partial.text());
            let expected = (FailureKind::Network, "a\u{fffd}b".to_owned());
            assert_eq!(found, expected, "{wire:?} {half}");
        }
    }
}

#[test]
fn an_answer_has_no_more_parts_than_a_model_makes() {
    let texts = json!({"type": "response.output_item.done", "output_index": 0, "item": {"type": "message", "id": "m",
        "content": (0..5_000).map(|_| json!({"type": "output_text", "text": "x"})).collect::<Vec<_>>()}});
    let mut cases = vec![(Wire::OpenAiResponses, vec![texts])];
    for wire in WIRES {
        cases.push((
            wire,
            (0..=MOST_PARTS)
                .flat_map(|index| called(wire, index))
                .collect(),
        ));
        cases.push((wire, vec![whole(wire, 5_000, &json!({}))]));
    }
    for (wire, events) in cases {
        let mut decoder = decoder(wire);
        let mut chunks = Vec::new();
        for event in &events {
            decoder.feed(framed(wire, event).as_bytes(), &mut chunks);
        }
        assert_eq!(decoder.wants(), Wants::Nothing, "{wire:?}");
        decoder.finish(&mut chunks);
        let (failure, partial) = testing::failed(&chunks);
        assert_eq!(
            (failure.kind, &*failure.message),
            (
                FailureKind::Protocol,
                "the answer has more than 1000 parts, which no model makes"
            ),
            "{wire:?}"
        );
        assert!(partial.parts.len() <= MOST_PARTS + 1, "{wire:?}");
    }
    // As many as that are let through.
    for wire in WIRES {
        let chunks = decode(wire, &[whole(wire, MOST_PARTS, &json!({}))], "");
        assert_eq!(testing::done(&chunks).parts.len(), MOST_PARTS, "{wire:?}");
    }
}

#[test]
fn of_a_name_that_is_none_only_the_beginning_is_told() {
    for wire in WIRES {
        let events: Vec<Value> = called(wire, 0)
            .iter()
            .map(|event| {
                let long = event.to_string().replace("glob", &"ä".repeat(1000));
                serde_json::from_str(&long).unwrap()
            })
            .collect();
        let chunks = decode(wire, &events, "");
        let told = chunks.iter().find_map(|chunk| match chunk {
            Chunk::CallGrows { name, .. } => Some(name.len()),
            _ => None,
        });
        assert_eq!(told, Some(256), "{wire:?}");
    }
}

#[test]
fn a_mark_of_an_end_runs_no_call_that_may_be_a_part() {
    for wire in WIRES {
        for tail in ["", "data: [DONE]\n\n"] {
            // The dialect whose lines are bare has its mark bare.
            let tail = if wire == Wire::Ollama {
                tail.trim_start_matches("data: ")
            } else {
                tail
            };
            let chunks = decode(wire, &called(wire, 0), tail);
            if (wire, tail.is_empty()) == (Wire::OpenAiChat, false) {
                // The one dialect whose own mark it is: what is whole before it is whole.
                assert_eq!(testing::done(&chunks).stop, Some(Stop::Tool));
            } else {
                let (failure, _) = testing::failed(&chunks);
                assert_eq!(failure.kind, FailureKind::Network, "{wire:?} {tail}");
            }
            // The first call is missing.
            let both = [vec![said(wire)], called(wire, 1)].concat();
            testing::failed(&decode(wire, &both, tail));
        }
    }
}

#[test]
fn an_error_in_an_answer_keeps_its_number_and_its_wait() {
    let google = json!({"error": {"code": 429, "message": "slow", "status": "RESOURCE_EXHAUSTED", "details": [
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.4s"}]}});
    let gateway =
        json!({"error": {"code": 429, "message": "slow", "metadata": {"retry_after_seconds": 3}}});
    let headers = json!({"error": {"code": "502", "message": "gone", "metadata": {"headers": {"Retry-After": "1.5"}}}});
    let beside = json!({"error": "gone", "status_code": 503, "retry_after_ms": 250});
    let missing =
        json!({"error": {"message": "no such model", "type": "not_found_error", "status": 404}});
    // A local server answers in this form in whichever dialect it is asked.
    let overflow = json!({"error": {"code": 400, "type": "exceed_context_size_error", "message": "no room", "n_prompt_tokens": 9, "n_ctx": 4}});
    let cases = [
        (overflow, FailureKind::TooLong, Some(400), None),
        (
            json!({"code": "invalid-argument", "error": "no"}),
            FailureKind::Overloaded,
            None,
            None,
        ),
        (google, FailureKind::Rate, Some(429), Some(34_400)),
        (gateway, FailureKind::Rate, Some(429), Some(3_000)),
        (headers, FailureKind::Overloaded, Some(502), Some(1_500)),
        (beside, FailureKind::Overloaded, Some(503), Some(250)),
        (missing, FailureKind::BadRequest, Some(404), None),
        (
            json!({"error": {"message": "odd", "code": 7}}),
            FailureKind::Overloaded,
            None,
            None,
        ),
    ];
    for wire in WIRES {
        for (event, kind, status, wait) in &cases {
            let chunks = decode(wire, &[said(wire), event.clone()], "");
            let (failure, partial) = testing::failed(&chunks);
            assert_eq!(
                (
                    failure.kind,
                    failure.status,
                    failure.retry_after,
                    &*partial.text()
                ),
                (*kind, *status, *wait, "so"),
                "{wire:?} {event}"
            );
        }
    }
}

#[test]
fn what_is_said_before_anything_was_answered_is_one_message() {
    let blank = || Message::Assistant {
        parts: vec![testing::text("")],
    };
    let results = || testing::results(&[("c1", "x", false)]);
    let called = || Message::Assistant {
        parts: vec![testing::call("c1", "glob", "{}")],
    };
    let said = |text: &str| Message::Assistant {
        parts: vec![testing::text(text)],
    };
    // What was said, and by whom in turn; results are a message of another role in most dialects.
    let cases = [
        (vec![testing::user("one")], "u"),
        (vec![testing::user("one"), testing::user("two")], "u"),
        (
            vec![testing::user("one"), blank(), testing::user("two")],
            "u",
        ),
        (
            vec![testing::shown("one", b"abc"), testing::user("two")],
            "u",
        ),
        (
            vec![
                testing::user("one"),
                said("so"),
                testing::user("two"),
                testing::user("three"),
            ],
            "uau",
        ),
        (
            vec![
                testing::user("one"),
                called(),
                results(),
                testing::user("two"),
                testing::user("three"),
            ],
            "uatu",
        ),
    ];
    for wire in [Wire::Anthropic, Wire::OpenAiChat, Wire::OpenAiResponses] {
        for (messages, expected) in &cases {
            let prompt = testing::prompt("here/m", messages.clone());
            let body = (dialect::of(wire).unwrap().body)(&prompt, &quirks::NONE, &Told::default());
            let body: Value = serde_json::from_slice(&body).unwrap();
            let list = body["messages"].as_array().or(body["input"].as_array());
            let role = |message: &Value| {
                let is_result = |message: &Value| {
                    message["content"][0]["type"] == "tool_result"
                        || message["type"] == "function_call_output"
                };
                match message["role"].as_str() {
                    _ if is_result(message) => "t",
                    Some("user") => "u",
                    Some("tool") => "t",
                    Some("system") => "",
                    _ => "a",
                }
            };
            let roles: String = list.unwrap().iter().map(role).collect();
            assert_eq!(roles, *expected, "{wire:?} {body}");
        }
    }
}

#[test]
fn a_text_stays_a_text_whatever_is_said_after_it() {
    let unsaid = || json!({"role": "assistant", "content": NO_ANSWER});
    let said = |text: &str| json!({"role": "user", "content": text});
    let shown = |text: &str| {
        json!([{"type": "image_url", "image_url": {"url": "data:image/png;base64,YWJj"}},
            {"type": "text", "text": format!("{text}\n\n[image picture.png 1280x720]")}])
    };
    let reasoned = json!({"role": "assistant", "content": NO_ANSWER, "reasoning_content": " "});
    let one = || testing::user("one");
    let picture = || testing::shown("look", b"abc");
    // In a list, texts are parts and need nothing between.
    let part = |text: &str| json!({"type": "text", "text": text});
    let cases = [
        (
            "",
            vec![one(), testing::user("two")],
            vec![said("one\n\ntwo")],
        ),
        (
            "",
            vec![one(), picture()],
            vec![
                said("one"),
                unsaid(),
                json!({"role": "user", "content": shown("look")}),
            ],
        ),
        (
            "deepseek",
            vec![one(), picture()],
            vec![
                said("one"),
                reasoned,
                json!({"role": "user", "content": shown("look")}),
            ],
        ),
        (
            "",
            vec![picture(), one()],
            vec![json!({"role": "user", "content":
                [shown("look")[0].clone(), shown("look")[1].clone(), part("one")]})],
        ),
    ];
    for (preset, messages, expected) in cases {
        let prompt = testing::prompt("here/m", messages);
        let quirks = quirks::of(preset).unwrap_or(quirks::NONE);
        let body =
            (dialect::of(Wire::OpenAiChat).unwrap().body)(&prompt, &quirks, &Told::default());
        let body: Value = serde_json::from_slice(&body).unwrap();
        let messages = body["messages"].as_array().unwrap();
        assert_eq!(messages[1..], expected, "{preset}");
    }
}

#[test]
fn an_answer_with_all_the_tokens_it_was_asked_for_was_cut() {
    // Tokens said and reasoned of 300 at most, and the reason that is left.
    let cases = [
        (299, 0, Stop::Tool),
        (300, 0, Stop::Length),
        (300, 200, Stop::Length),
        (301, 0, Stop::Length),
        // Reasoning is not counted there, or nothing is.
        (500, 400, Stop::Tool),
        (500, 0, Stop::Tool),
    ];
    for wire in WIRES {
        for (output, reasoning, expected) in cases {
            let usage = match wire {
                Wire::Anthropic => json!({"input_tokens": 3, "output_tokens": output,
                    "output_tokens_details": {"thinking_tokens": reasoning}}),
                Wire::OpenAiChat => json!({"prompt_tokens": 3, "completion_tokens": output,
                    "completion_tokens_details": {"reasoning_tokens": reasoning}}),
                Wire::OpenAiResponses => json!({"input_tokens": 3, "output_tokens": output,
                    "output_tokens_details": {"reasoning_tokens": reasoning}}),
                Wire::Gemini => {
                    json!({"promptTokenCount": 3, "candidatesTokenCount": output - reasoning,
                    "thoughtsTokenCount": reasoning})
                }
                Wire::Ollama | Wire::Rehearsal => Value::Null,
            };
            let mut body = whole(wire, 1, &usage);
            if wire == Wire::Ollama {
                if reasoning > 0 {
                    continue;
                }
                body["prompt_eval_count"] = json!(3);
                body["eval_count"] = json!(output);
            }
            let mut chunks = Vec::new();
            let mut decoder = decoder(wire).limited_to(300);
            assert!(decoder.whole(&body.to_string(), &mut chunks));
            decoder.finish(&mut chunks);
            let stop = testing::done(&chunks).stop;
            assert_eq!(stop, Some(expected), "{wire:?} {output} {reasoning}");
        }
    }
}

#[test]
fn a_template_is_told_over_messages_not_to_think() {
    let mut prompt = testing::prompt("here/qwen3.gguf", Vec::new());
    prompt.effort = Some(Effort::Off);
    for (preset, expected) in [
        ("llamacpp", json!({"enable_thinking": false})),
        ("vllm", serde_json::Value::Null),
    ] {
        let quirks = quirks::of(preset).unwrap();
        let told = reasoning::fields(&prompt, Wire::Anthropic, &quirks);
        let kwargs = told.get("chat_template_kwargs").cloned();
        assert_eq!(kwargs.unwrap_or_default(), expected, "{preset}");
    }
}
