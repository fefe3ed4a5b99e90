//! Answers as servers really send them; hardly two agree.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod ending;
mod request;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::config::Wire;
use crate::protocol::failure::Stop;
use crate::protocol::money::Money;
use crate::protocol::reply::Part;
use crate::provider::Chunk;
use crate::provider::openai_chat::decode::decoder;
use crate::provider::replay;
use crate::provider::testing::{calls, decode, done, failed};

const HERE: &str = "here/m";

/// A name, events, and the calls they add up to: id, name, arguments.
type Case = (
    &'static str,
    Vec<Value>,
    Vec<(Option<&'static str>, &'static str, &'static str)>,
);

fn delta(delta: &Value) -> Value {
    json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}], "usage": null})
}

fn call(call: &Value) -> Value {
    delta(&json!({"tool_calls": [call]}))
}

fn end(reason: &str) -> Value {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

fn answer(events: &[Value], reason: &str) -> Vec<Chunk> {
    decode(decoder(HERE.to_owned()), &[events, &[end(reason)]].concat())
}

#[test]
fn calls_are_put_together_however_they_are_numbered() {
    let function = |name: &str, arguments: &str| json!({"name": name, "arguments": arguments});
    let pieces = |arguments: &str| json!({"arguments": arguments});
    let (a, b) = ((Some("c1"), "a", "{\"x\":1}"), (Some("c2"), "b", "{}"));
    let cases: Vec<Case> = vec![
        (
            "numbered, in pieces, mixed",
            vec![
                call(&json!({"index": 1, "id": "c2", "function": function("b", "")})),
                call(&json!({"index": 0, "id": "c1", "function": function("a", "{\"x\"")})),
                call(&json!({"index": 1, "function": pieces("{}")})),
                call(&json!({"index": 0, "function": pieces(":1}")})),
            ],
            vec![a, b],
        ),
        (
            "an empty id on later pieces",
            vec![
                call(
                    &json!({"index": 0, "id": "c1", "type": "function", "function": function("a", "")}),
                ),
                call(&json!({"index": 0, "id": "", "function": function("", "{\"x\":1}")})),
            ],
            vec![a],
        ),
        (
            "whole, without numbers",
            vec![delta(&json!({"tool_calls": [
                {"id": "c1", "function": function("a", "{\"x\":1}")},
                {"id": "c2", "function": function("b", "{}")},
            ]}))],
            vec![a, b],
        ),
        (
            "in pieces, without numbers, by id",
            vec![
                call(&json!({"id": "c1", "function": function("a", "{\"x\"")})),
                call(&json!({"id": "c2", "function": function("b", "{")})),
                call(&json!({"id": "c1", "function": pieces(":1}")})),
                call(&json!({"id": "c2", "function": pieces("}")})),
            ],
            vec![a, b],
        ),
        (
            "in pieces, with nothing",
            vec![
                call(&json!({"id": "c1", "function": function("a", "{\"x\"")})),
                call(&json!({"function": pieces(":1}")})),
                call(&json!({"id": "c2", "function": function("b", "{}")})),
            ],
            vec![a, b],
        ),
        (
            "in pieces, by their place alone",
            vec![
                delta(&json!({"tool_calls": [
                    {"id": "c1", "function": function("a", "")},
                    {"id": "c2", "function": function("b", "")},
                ]})),
                delta(&json!({"tool_calls": [
                    {"function": pieces("{\"x\":1}")},
                    {"function": pieces("{}")},
                ]})),
            ],
            vec![a, b],
        ),
        (
            "numbers that are none",
            vec![call(
                &json!({"index": "zero", "id": "c1", "function": function("a", "{\"x\":1}")}),
            )],
            vec![a],
        ),
        (
            "all numbered 0",
            vec![
                call(&json!({"index": 0, "id": "c1", "function": function("a", "{\"x\":1}")})),
                call(&json!({"index": 0, "id": "c2", "function": function("b", "{}")})),
            ],
            vec![a, b],
        ),
        (
            "the same tool twice, numbered 0, without arguments",
            vec![
                call(&json!({"index": 0, "id": "c1", "function": function("a", "")})),
                call(&json!({"index": 0, "id": "c2", "function": function("a", "")})),
            ],
            vec![(Some("c1"), "a", ""), (Some("c2"), "a", "")],
        ),
        (
            "another id for every piece",
            vec![
                call(&json!({"index": 0, "id": "c1", "function": function("a", "{\"x\"")})),
                call(&json!({"index": 0, "id": "c8", "function": pieces(":")})),
                call(&json!({"index": 0, "id": "c9", "function": function("a", "1}")})),
            ],
            vec![a],
        ),
        (
            "the whole call twice",
            vec![
                call(&json!({"index": 0, "id": "c1", "function": function("a", "{\"x\":1}")})),
                call(&json!({"index": 0, "id": "c1", "function": function("a", "{\"x\":1}")})),
            ],
            vec![a],
        ),
        (
            "numbered 0 without ids",
            vec![delta(&json!({"tool_calls": [
                {"index": 0, "function": function("a", "{\"x\":1}")},
                {"index": 0, "function": function("b", "{}")},
            ]}))],
            vec![(None, "a", "{\"x\":1}"), (None, "b", "{}")],
        ),
        (
            "the same tool twice, numbered 0 without ids, in pieces that name it",
            vec![
                call(&json!({"index": 0, "function": function("a", "{\"x\"")})),
                call(&json!({"index": 0, "function": function("a", ":\"}{\"}")})),
                call(&json!({"index": 0, "function": function("a", "")})),
                call(&json!({"index": 0, "function": function("a", "{\"x\":2}")})),
            ],
            vec![(None, "a", "{\"x\":\"}{\"}"), (None, "a", "{\"x\":2}")],
        ),
        (
            "another tool without an id after one with",
            vec![
                call(&json!({"index": 0, "id": "c1", "function": function("a", "{\"x\":1}")})),
                call(&json!({"index": 0, "id": "", "function": function("b", "{")})),
                call(&json!({"index": 0, "function": pieces("}")})),
            ],
            vec![a, (None, "b", "{}")],
        ),
        (
            "no id at all",
            vec![call(&json!({"index": 0, "function": function("a", "{}")}))],
            vec![(None, "a", "{}")],
        ),
        (
            "arguments as an object",
            vec![call(
                &json!({"id": "c1", "function": {"name": "a", "arguments": {"x": 1}}}),
            )],
            vec![a],
        ),
        (
            "null everywhere",
            vec![
                call(
                    &json!({"index": 0, "id": "c2", "function": {"name": "b", "arguments": null}}),
                ),
                call(&json!({"index": 0, "id": null, "function": null})),
                call(&json!(null)),
            ],
            vec![(Some("c2"), "b", "")],
        ),
        (
            "an entry with nothing in it behind them",
            vec![
                call(&json!({"index": 0, "id": "c1", "function": function("a", "{\"x\":1}")})),
                call(
                    &json!({"index": 1, "id": "", "type": "function", "function": function("", "")}),
                ),
                call(&json!({"index": 2, "id": "c9", "type": "function"})),
                call(&json!({})),
            ],
            vec![a],
        ),
        (
            "under the name of before there could be several",
            vec![
                delta(&json!({"function_call": function("a", "")})),
                delta(&json!({"function_call": pieces("{\"x\"")})),
                delta(&json!({"function_call": pieces(":1}")})),
            ],
            vec![(None, "a", "{\"x\":1}")],
        ),
        (
            "under both names",
            vec![delta(&json!({
                "tool_calls": [{"index": 0, "id": "c2", "function": function("b", "{}")}],
                "function_call": function("b", "{}"),
            }))],
            vec![b],
        ),
        (
            "in a whole message",
            vec![
                json!({"choices": [{"message": {"content": null, "tool_calls": [{"id": "c2", "function": function("b", "{}")}]}}]}),
            ],
            vec![b],
        ),
    ];
    for (name, events, expected) in cases {
        let chunks = answer(&events, "tool_calls");
        assert_eq!(calls(done(&chunks)), expected, "{name}");
        assert_eq!(done(&chunks).stop, Some(Stop::Tool), "{name}");
    }
    let nameless = answer(
        &[call(&json!({"index": 0, "function": pieces("{}")}))],
        "tool_calls",
    );
    assert_eq!(
        failed(&nameless).0.message,
        "the answer has a tool call without a name"
    );
}

#[test]
fn reasoning_is_shown_once_and_kept_under_its_names() {
    let detail =
        |text: &str| json!({"type": "reasoning.text", "index": 0, "format": "f", "text": text});
    let sealed = json!({"type": "reasoning.encrypted", "index": 1, "data": "xyz"});
    let cases = [
        (
            vec![
                delta(&json!({"reasoning_content": "he"})),
                delta(&json!({"reasoning_content": "hm", "content": null})),
            ],
            "hehm",
            Some(json!({"reasoning_content": "hehm"})),
        ),
        (
            vec![delta(
                &json!({"reasoning": "hm", "reasoning_content": "hm"}),
            )],
            "hm",
            Some(json!({"reasoning_content": "hm", "reasoning": "hm"})),
        ),
        (
            vec![delta(&json!({"reasoning_content": "", "content": ""}))],
            "",
            None,
        ),
        (
            vec![
                delta(&json!({"reasoning": "a", "reasoning_details": [detail("a")]})),
                delta(&json!({"reasoning": "b", "reasoning_details": [detail("b")]})),
                delta(
                    &json!({"reasoning_details": [{"type": "reasoning.text", "index": 0, "format": "f", "signature": "s"}]}),
                ),
                delta(&json!({"reasoning_details": [sealed]})),
            ],
            "ab",
            Some(json!({"reasoning": "ab", "reasoning_details": [
                {"type": "reasoning.text", "index": 0, "format": "f", "text": "ab", "signature": "s"}, sealed,
            ]})),
        ),
        (
            vec![delta(
                &json!({"reasoning_details": [{"type": "reasoning.summary", "summary": "s1"}]}),
            )],
            "s1",
            Some(json!({"reasoning_details": [{"type": "reasoning.summary", "summary": "s1"}]})),
        ),
        // A gateway before Messages: what is signed goes back, and what was cut does not.
        (
            vec![
                delta(
                    &json!({"reasoning_content": "h", "thinking_blocks": [{"type": "thinking", "thinking": "h"}]}),
                ),
                delta(
                    &json!({"reasoning_content": "m", "thinking_blocks": [{"type": "thinking", "thinking": "m"}]}),
                ),
                delta(
                    &json!({"thinking_blocks": [{"type": "thinking", "thinking": "", "signature": "s"}]}),
                ),
            ],
            "hm",
            Some(
                json!({"reasoning_content": "hm", "thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": "s"}]}),
            ),
        ),
        (
            vec![delta(
                &json!({"thinking_blocks": [{"type": "thinking", "thinking": "hm"}]}),
            )],
            "hm",
            None,
        ),
        (
            vec![
                delta(
                    &json!({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "h"}]}]}),
                ),
                delta(
                    &json!({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "m"}]}]}),
                ),
                delta(
                    &json!({"content": [{"type": "text", "text": "so"}, {"type": "reference", "reference_ids": [1]}]}),
                ),
            ],
            "hm",
            Some(json!({"content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "so"},
            ]})),
        ),
        (
            vec![delta(&json!({"content": [{"type": "text", "text": "so"}]}))],
            "",
            None,
        ),
        (
            vec![delta(
                &json!({"extra_content": {"google": {"thought_signature": "s"}}, "content": "x"}),
            )],
            "",
            Some(json!({"extra_content": {"google": {"thought_signature": "s"}}})),
        ),
    ];
    for (events, thinking, body) in cases {
        let chunks = answer(&events, "stop");
        let reply = done(&chunks);
        let opaque = reply.parts.iter().find_map(|part| match part {
            Part::Thought { opaque, .. } => opaque.clone(),
            _ => None,
        });
        assert_eq!(reply.thinking(), thinking);
        assert_eq!(
            opaque,
            body.map(|body| replay::opaque(HERE, Wire::OpenAiChat, body))
        );
        let shown: String = chunks
            .iter()
            .filter_map(|chunk| match chunk {
                Chunk::Thinking(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(shown, thinking);
    }
}

#[test]
fn what_stands_beside_a_call_is_kept_for_it() {
    let signature = json!({"google": {"thought_signature": "s"}});
    let events = [call(
        &json!({"index": 0, "id": "c1", "type": "function", "function": {"name": "a", "arguments": "{}"}, "extra_content": signature}),
    )];
    let chunks = answer(&events, "stop");
    let Part::Call { opaque, .. } = &done(&chunks).parts[0] else {
        panic!("{chunks:?}")
    };
    assert_eq!(
        opaque.as_ref().unwrap().body,
        json!({"extra_content": signature})
    );
}

#[test]
fn usage_is_found_wherever_it_stands() {
    let usage = json!({"prompt_tokens": 3, "completion_tokens": 1, "cost": 0.5});
    let cases = [
        json!({"choices": [], "usage": usage}),
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "usage": usage}]}),
        json!({"choices": [], "x_groq": {"usage": usage}}),
    ];
    let cost = Some(Money::usd(500_000_000_000));
    for event in cases {
        let chunks = decode(decoder(HERE.to_owned()), &[end("stop"), event]);
        let reply = done(&chunks);
        assert_eq!((reply.usage.unwrap().input, reply.reported_cost), (3, cost));
        assert_eq!(reply.usage_raw, Some(usage.clone()));
    }
}

#[test]
fn only_the_first_choice_is_read() {
    let events = [
        json!({"choices": [{"index": 1, "delta": {"content": "other"}}]}),
        json!({"choices": [{"delta": {"content": "x"}}]}),
        json!({"choices": null}),
        json!({"choices": [null, 7]}),
        json!([]),
        json!("x"),
    ];
    assert_eq!(done(&answer(&events, "stop")).text(), "x");
}

#[test]
fn reasoning_in_the_text_is_shown_as_such_and_goes_back_where_it_was() {
    let said = "<think>\nIs it?\n</think>\n\nIt is.";
    let chunks = answer(&[delta(&json!({"content": said}))], "stop");
    assert_eq!(
        chunks[..2],
        [
            Chunk::Thinking("\nIs it?\n".to_owned()),
            Chunk::Text("It is.".to_owned()),
        ]
    );
    let reply = done(&chunks);
    assert_eq!(
        reply.parts,
        [
            Part::Thought {
                text: "\nIs it?\n".to_owned(),
                opaque: Some(replay::opaque(
                    HERE,
                    Wire::OpenAiChat,
                    json!({"content": said})
                )),
            },
            Part::Text {
                text: "It is.".to_owned(),
                opaque: None,
            },
        ]
    );
    // Cut before it had a word, or held back until it was plain that it is none.
    let cases = [
        ("<think>Is i</thi", "Is i</thi", ""),
        ("a <think>", "", "a <think>"),
        ("hm</think>hello", "hm", "hello"),
        ("<thi", "", "<thi"),
    ];
    for (said, thinking, text) in cases {
        let chunks = answer(&[delta(&json!({"content": said}))], "stop");
        let reply = done(&chunks);
        assert_eq!((&*reply.thinking(), &*reply.text()), (thinking, text));
        let streamed = chunks.iter().filter_map(|chunk| match chunk {
            Chunk::Text(text) | Chunk::Thinking(text) => Some(text.as_str()),
            _ => None,
        });
        assert_eq!(streamed.collect::<String>(), format!("{thinking}{text}"));
    }
}
