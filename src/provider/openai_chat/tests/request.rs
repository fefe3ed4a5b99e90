//! What is sent: the whole body once, each vendor's own way, and what of an answer goes back.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::agent::prompt::{Message, Prompt};
use crate::config::Wire;
use crate::protocol::reply::Part;
use crate::provider::openai_chat::request::request;
use crate::provider::quirks::Quirks;
use crate::provider::{quirks, testing};

const HERE: &str = "here/m";
const SESSION: &str = "0190a1b2-c3d4-7000-8000-000000000001";

fn body(prompt: &Prompt, quirks: &Quirks) -> Value {
    serde_json::from_slice(&request(prompt, quirks)).unwrap()
}

#[test]
fn a_whole_conversation_in_the_dialect() {
    let details = json!([{"type": "reasoning.text", "text": "hm", "signature": "s", "index": 0}]);
    let prompt = testing::prompt(
        HERE,
        vec![
            testing::user("list the files"),
            Message::Assistant {
                parts: vec![
                    testing::thought(
                        "hm",
                        Some((
                            HERE,
                            json!({"reasoning": "hm", "reasoning_details": details}),
                        )),
                    ),
                    testing::thought("foreign", Some(("other/model", json!({"reasoning": "no"})))),
                    testing::text("Let me look."),
                    testing::call("c1", "glob", r#"{"pattern":  "*"}"#),
                ],
            },
            testing::results(&[("c1", "a.txt", false)]),
            testing::user(" "),
            Message::Assistant {
                parts: vec![
                    testing::call("c2", "glob", ""),
                    Part::Call {
                        wire_id: Some("c3".to_owned()),
                        name: "glob".to_owned(),
                        arguments: "{\"pattern\"".to_owned(),
                        opaque: Some(testing::opaque(
                            HERE,
                            json!({"extra_content": {"google": {"thought_signature": "s"}}}),
                        )),
                    },
                ],
            },
            testing::results(&[
                ("c2", "", false),
                ("c3", "the arguments are not valid JSON", true),
            ]),
            Message::Assistant {
                parts: vec![testing::thought("only", None)],
            },
            Message::Assistant {
                parts: vec![
                    testing::thought("cut", Some((HERE, json!({"reasoning": "cut"})))),
                    testing::text("\n"),
                ],
            },
            Message::Assistant {
                parts: vec![testing::text("done")],
            },
        ],
    );
    assert_eq!(
        body(&prompt, &quirks::NONE),
        json!({
            "model": "m",
            "stream": true,
            "stream_options": {"include_usage": true},
            "max_completion_tokens": 4096,
            "tools": [{"type": "function", "function": {
                "name": "glob",
                "description": "finds files",
                "parameters": {"type": "object", "properties": {"pattern": {"type": "string"}}},
            }}],
            "messages": [
                {"role": "system", "content": "be brief"},
                {"role": "user", "content": "list the files"},
                {"role": "assistant", "content": "Let me look.", "reasoning": "hm", "reasoning_details": details, "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "glob", "arguments": "{\"pattern\":  \"*\"}"}},
                ]},
                {"role": "tool", "tool_call_id": "c1", "content": "a.txt"},
                {"role": "assistant", "content": null, "tool_calls": [
                    {"id": "c2", "type": "function", "function": {"name": "glob", "arguments": "{}"}},
                    {"id": "c3", "type": "function", "function": {"name": "glob", "arguments": "{}"},
                        "extra_content": {"google": {"thought_signature": "s"}}},
                ]},
                {"role": "tool", "tool_call_id": "c2", "content": "(no output)"},
                {"role": "tool", "tool_call_id": "c3", "content": "the arguments are not valid JSON"},
                {"role": "assistant", "content": "(no words)", "reasoning": "cut"},
                {"role": "assistant", "content": "done"},
            ],
        })
    );
}

#[test]
fn a_vendor_is_asked_its_own_way() {
    let of = |preset: &str| quirks::of(preset).unwrap();
    let mut said = testing::prompt("here/anthropic/claude", vec![testing::user("hello")]);
    said.caching.session = SESSION.parse().ok();
    let options = json!({"include_usage": true});
    let cases = [
        (
            of("openai"),
            json!({"stream_options": options, "max_completion_tokens": 4096, "prompt_cache_key": SESSION}),
        ),
        (
            of("deepseek"),
            json!({"stream_options": options, "max_tokens": 4096}),
        ),
        (
            of("zai"),
            json!({"stream_options": options, "max_tokens": 4096, "tool_stream": true}),
        ),
        (
            of("mistral"),
            json!({"max_tokens": 4096, "prompt_cache_key": SESSION}),
        ),
        (
            of("openrouter"),
            json!({
                "stream_options": options, "usage": {"include": true}, "max_completion_tokens": 4096,
                "session_id": SESSION,
            }),
        ),
    ];
    for (quirks, expected) in cases {
        let mut body = body(&said, &quirks);
        for field in ["model", "stream", "tools", "messages"] {
            body.as_object_mut().unwrap().remove(field);
        }
        assert_eq!(body, expected);
    }
}

#[test]
fn reasoning_that_is_demanded_is_sent_even_when_there_was_none() {
    let prompt = testing::prompt(
        HERE,
        vec![
            Message::Assistant {
                parts: vec![
                    testing::thought("hm", Some((HERE, json!({"reasoning_content": "hm"})))),
                    testing::call("c1", "glob", "{}"),
                ],
            },
            Message::Assistant {
                parts: vec![testing::call("c2", "glob", "{}")],
            },
        ],
    );
    let messages = body(&prompt, &quirks::of("deepseek").unwrap())["messages"].clone();
    assert_eq!(messages[1]["reasoning_content"], "hm");
    assert_eq!(messages[2]["reasoning_content"], " ");
}

#[test]
fn content_that_came_as_a_list_goes_back_as_one() {
    let content = json!([{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "so"}]);
    let prompt = testing::prompt(
        HERE,
        vec![
            Message::Assistant {
                parts: vec![
                    testing::thought("hm", Some((HERE, json!({"content": content})))),
                    testing::text("so"),
                    testing::call("call_1_1_1", "glob", "{}"),
                ],
            },
            testing::results(&[("call_1_1_1", "x", false), ("a1B2c3D4e", "y", false)]),
        ],
    );
    let messages = body(&prompt, &quirks::of("mistral").unwrap())["messages"].clone();
    assert_eq!(messages[1]["content"], content);
    let id = messages[1]["tool_calls"][0]["id"].as_str().unwrap();
    assert_eq!(id.len(), 9);
    assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    assert_eq!(messages[2]["tool_call_id"], id);
    assert_eq!(messages[3]["tool_call_id"], "a1B2c3D4e");
}

#[test]
fn each_body_begins_with_the_one_before() {
    for preset in [
        "openai",
        "deepseek",
        "zai",
        "mistral",
        "openrouter",
        "qwen",
        "llamacpp",
    ] {
        let quirks = quirks::of(preset).unwrap();
        testing::check_append_only(Wire::OpenAiChat, HERE, |prompt| request(prompt, &quirks));
    }
}

#[test]
fn a_word_of_the_model_stands_between_results_and_the_person_where_one_must() {
    let prompt = testing::prompt(
        "here/m",
        vec![
            testing::user("one"),
            Message::Assistant {
                parts: vec![testing::call("c1", "glob", "{}")],
            },
            testing::results(&[("c1", "x", false)]),
            testing::user("steered"),
            testing::user("twice"),
        ],
    );
    for (preset, expected) in [
        ("mistral", "system user assistant tool assistant user"),
        ("openai", "system user assistant tool user"),
    ] {
        let quirks = quirks::of(preset).unwrap();
        let body: Value = serde_json::from_slice(&request(&prompt, &quirks)).unwrap();
        let messages = body["messages"].as_array().unwrap();
        let roles: Vec<&str> = messages
            .iter()
            .filter_map(|message| message["role"].as_str())
            .collect();
        assert_eq!(roles.join(" "), expected, "{preset}");
    }
}
