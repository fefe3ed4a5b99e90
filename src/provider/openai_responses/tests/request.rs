//! What is sent: the whole body once, what of an answer goes back, and what each model is told.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::agent::prompt::{Message, Prompt};
use crate::config::Wire;
use crate::protocol::effort::Effort;
use crate::protocol::id::SessionId;
use crate::protocol::reply::Part;
use crate::protocol::usage::CacheLife;
use crate::provider::openai_responses::request::request;
use crate::provider::{quirks, testing};

const HERE: &str = "here/m";

fn body(prompt: &Prompt) -> Value {
    serde_json::from_slice(&request(prompt, &quirks::NONE)).unwrap()
}

fn reasoning(id: &str, sealed: &str) -> Part {
    testing::thought("hm", Some((HERE, seal(id, sealed))))
}

fn seal(id: &str, sealed: &str) -> Value {
    json!({"type": "reasoning", "id": id, "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": sealed})
}

fn message(id: &str) -> Value {
    json!({"type": "message", "id": id, "role": "assistant", "status": "completed", "phase": "commentary",
        "content": [{"type": "output_text", "text": "so", "annotations": [], "logprobs": []}]})
}

fn said(body: Value) -> Part {
    Part::Text {
        text: "so".to_owned(),
        opaque: Some(testing::opaque(HERE, body)),
    }
}

fn called(id: &str, more: Value) -> Part {
    Part::Call {
        wire_id: Some(id.to_owned()),
        name: "glob".to_owned(),
        arguments: r#"{"pattern":  "*"}"#.to_owned(),
        opaque: Some(testing::opaque(HERE, more)),
    }
}

/// What is sent of an answer.
fn sent(parts: Vec<Part>) -> Value {
    body(&testing::prompt(HERE, vec![Message::Assistant { parts }]))["input"].take()
}

#[test]
fn a_whole_conversation_in_the_dialect() {
    let search = json!({"type": "web_search_call", "id": "ws_1", "status": "completed"});
    let prompt = testing::prompt(
        HERE,
        vec![
            testing::user("list the files"),
            Message::Assistant {
                parts: vec![
                    reasoning("rs_1", "xyz"),
                    said(message("msg_1")),
                    testing::thought("", Some((HERE, search.clone()))),
                    reasoning("rs_2", "abc"),
                    called(
                        "c1",
                        json!({"type": "function_call", "id": "fc_1", "status": "completed"}),
                    ),
                    testing::call("c2", "glob", "{\"pattern\""),
                ],
            },
            testing::results(&[("c1", "a.txt", false), ("c2", " ", true)]),
            testing::user(" "),
            Message::Assistant {
                parts: vec![
                    testing::thought("foreign", Some(("other/model", seal("rs_9", "no")))),
                    testing::thought("unsealed", None),
                    testing::text("done"),
                    testing::text(" "),
                ],
            },
            testing::user("go on"),
        ],
    );
    assert_eq!(
        body(&prompt),
        json!({
            "model": "m",
            "stream": true,
            "store": false,
            "include": ["reasoning.encrypted_content"],
            "max_output_tokens": 4096,
            "tools": [{
                "type": "function",
                "name": "glob",
                "description": "finds files",
                "parameters": {"type": "object", "properties": {"pattern": {"type": "string"}}},
                "strict": false,
            }],
            "instructions": "be brief",
            "input": [
                {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "list the files"}]},
                seal("rs_1", "xyz"),
                message("msg_1"),
                search,
                seal("rs_2", "abc"),
                {"type": "function_call", "call_id": "c1", "name": "glob", "arguments": "{\"pattern\":  \"*\"}",
                    "id": "fc_1", "status": "completed"},
                {"type": "function_call", "call_id": "c2", "name": "glob", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c1", "output": "a.txt"},
                {"type": "function_call_output", "call_id": "c2", "output": "(no output)"},
                {"type": "message", "role": "assistant", "content": "done"},
                {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "go on"}]},
            ],
        })
    );
}

#[test]
fn reasoning_goes_back_with_what_followed_it_or_not_at_all() {
    let call = |with: Value| {
        called(
            "c1",
            json!({"type": "function_call", "id": with["id"].clone()}),
        )
    };
    let without_id = json!({"type": "function_call", "call_id": "c1", "name": "glob", "arguments": "{\"pattern\":  \"*\"}"});
    let mut with_id = without_id.clone();
    with_id["id"] = "fc_1".into();
    let own = || call(json!({"id": "fc_1"}));
    let open = json!({"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]});
    let summed = json!({"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}]});
    let mut unsealed = summed.clone();
    unsealed["encrypted_content"] = Value::Null;
    let bare = json!({"type": "reasoning", "id": "rs_1", "summary": [], "content": [], "encrypted_content": null});
    let thought = |body: &Value| testing::thought("hm", Some((HERE, body.clone())));
    let cases = [
        (
            "sealed",
            vec![reasoning("rs_1", "x"), own()],
            vec![seal("rs_1", "x"), with_id.clone()],
        ),
        (
            "open",
            vec![thought(&open), own()],
            vec![open.clone(), with_id.clone()],
        ),
        (
            "of a server that does not seal",
            vec![thought(&summed), own()],
            vec![summed.clone(), with_id.clone()],
        ),
        (
            "of one that does",
            vec![thought(&unsealed), own()],
            vec![without_id.clone()],
        ),
        // A server that keeps nothing does not know it, and asks for it when it is told what followed.
        (
            "bare",
            vec![thought(&bare), own()],
            vec![without_id.clone()],
        ),
        (
            "empty seal",
            vec![reasoning("rs_1", ""), own()],
            vec![without_id.clone()],
        ),
        (
            "several",
            vec![
                reasoning("rs_1", "x"),
                testing::thought("so", None),
                reasoning("rs_2", "y"),
                own(),
            ],
            vec![seal("rs_1", "x"), seal("rs_2", "y"), with_id.clone()],
        ),
        ("cut after it", vec![reasoning("rs_1", "x")], vec![]),
        (
            "followed by what lost its own",
            vec![reasoning("rs_1", "x"), testing::text("so"), own()],
            vec![
                json!({"type": "message", "role": "assistant", "content": "so"}),
                without_id.clone(),
            ],
        ),
        (
            "what has come in another dialect",
            vec![
                testing::thought(
                    "hm",
                    Some((
                        HERE,
                        json!({"type": "thinking", "thinking": "hm", "signature": "s"}),
                    )),
                ),
                testing::thought("hm", Some((HERE, json!({"reasoning_content": "hm"})))),
                said(json!({"type": "text", "text": "so", "citations": []})),
                called("c1", json!({"extra_content": {}})),
            ],
            vec![
                json!({"type": "message", "role": "assistant", "content": "so"}),
                without_id,
            ],
        ),
    ];
    for (name, parts, expected) in cases {
        assert_eq!(sent(parts), Value::Array(expected), "{name}");
    }
}

#[test]
fn a_model_is_asked_as_it_can_be() {
    let asked = |model: &str, effort: Option<Effort>, preset: Option<&str>| {
        let mut prompt = testing::prompt(model, vec![testing::user("hello")]);
        prompt.effort = effort;
        let quirks = preset.map_or(quirks::NONE, |preset| quirks::of(preset).unwrap());
        let body: Value = serde_json::from_slice(&request(&prompt, &quirks)).unwrap();
        (
            body.get("reasoning").cloned(),
            body.get("include").is_some(),
        )
    };
    let told = |effort: &str| Some(json!({"effort": effort, "summary": "auto"}));
    let cases = [
        (asked("here/gpt-5.6-terra", None, None), (None, true)),
        (
            asked("here/gpt-5.6-terra", Some(Effort::Max), Some("openai")),
            (told("max"), true),
        ),
        (
            asked("here/gpt-5.6-terra", Some(Effort::Off), Some("openai")),
            (Some(json!({"effort": "none"})), true),
        ),
        (
            asked("here/openai/gpt-5.6", Some(Effort::Max), Some("openrouter")),
            (told("xhigh"), true),
        ),
        (
            asked("here/gpt-4.1", Some(Effort::High), None),
            (None, false),
        ),
        (
            asked("here/some-model", Some(Effort::Low), None),
            (told("low"), true),
        ),
    ];
    for (found, expected) in cases {
        assert_eq!(found, expected);
    }
}

#[test]
fn each_body_begins_with_the_one_before() {
    for (preset, model) in [("llamacpp", HERE), ("openai", "here/gpt-5.6-terra")] {
        let quirks = quirks::of(preset).unwrap();
        testing::check_append_only(Wire::OpenAiResponses, model, |prompt| {
            request(prompt, &quirks)
        });
    }
}

#[test]
fn what_is_written_to_a_cache_that_is_billed_ends_at_breakpoints() {
    let sent = |preset: &str, model: &str| {
        let prompt = testing::prompt(
            model,
            vec![
                testing::user("go"),
                Message::Assistant {
                    parts: vec![
                        testing::text("so"),
                        testing::call("c1", "glob", "{}"),
                        testing::call("c2", "glob", "{}"),
                    ],
                },
                testing::results(&[("c1", "one", false), ("c2", "two", false)]),
            ],
        );
        let body: Value =
            serde_json::from_slice(&request(&prompt, &quirks::of(preset).unwrap())).unwrap();
        let items = body["input"].as_array().unwrap().iter();
        let texts = items.filter_map(|item| item.get("content").or_else(|| item.get("output")));
        let texts: Vec<Value> = texts.cloned().collect();
        (body["instructions"].clone(), texts)
    };
    let plain = |text: &str| json!([{"type": "input_text", "text": text}]);
    let broken = |text: &str| json!([{"type": "input_text", "text": text, "prompt_cache_breakpoint": {"mode": "explicit"}}]);
    let marked = (
        Value::Null,
        vec![
            broken("be brief"),
            broken("go"),
            json!("so"),
            json!("one"),
            broken("two"),
        ],
    );
    let unmarked = (
        json!("be brief"),
        vec![plain("go"), json!("so"), json!("one"), json!("two")],
    );
    let cases = [
        ("openai", "here/gpt-5.6-terra", &marked),
        ("openai", "here/gpt-5.5", &unmarked),
        ("openrouter", "here/openai/gpt-5.6-sol", &marked),
        ("openrouter", "here/x-ai/grok-4.7", &unmarked),
        ("xai", "here/grok-4.7", &unmarked),
    ];
    for (preset, model, expected) in cases {
        assert_eq!(&sent(preset, model), expected, "{preset} {model}");
    }
}

#[test]
fn a_session_has_one_name_for_the_cache_where_the_vendor_knows_one() {
    let mut prompt = testing::prompt("here/m", vec![testing::user("hello")]);
    let session = SessionId(Uuid::from_u128(7));
    prompt.caching.session = Some(session);
    for (preset, expected) in [
        ("openai", json!(session.to_string())),
        ("deepseek", Value::Null),
    ] {
        let quirks = quirks::of(preset).unwrap();
        let body: Value = serde_json::from_slice(&request(&prompt, &quirks)).unwrap();
        assert_eq!(body["prompt_cache_key"], expected, "{preset}");
    }
}

#[test]
fn a_gateway_is_asked_to_mark_where_the_dialect_has_no_marks_for_parts() {
    let ephemeral = json!({"type": "ephemeral"});
    let cases = [
        (
            "openrouter",
            "anthropic/claude-sonnet-5",
            CacheLife::Short,
            ephemeral,
        ),
        (
            "openrouter",
            "anthropic/claude-sonnet-5",
            CacheLife::Long,
            json!({"type": "ephemeral", "ttl": "1h"}),
        ),
        // Nothing says that these can have marks in this dialect.
        (
            "openrouter",
            "qwen/qwen3.8-max",
            CacheLife::Short,
            Value::Null,
        ),
        ("openai", "gpt-5.5", CacheLife::Short, Value::Null),
    ];
    for (preset, model, life, expected) in cases {
        let quirks = quirks::of(preset).unwrap();
        let mut prompt = testing::prompt(&format!("here/{model}"), vec![testing::user("go")]);
        prompt.caching.life = life;
        let body: Value = serde_json::from_slice(&request(&prompt, &quirks)).unwrap();
        assert_eq!(body["cache_control"], expected, "{preset} {model}");
        let wire = Wire::OpenAiResponses;
        testing::check_append_only(wire, &format!("here/{model}"), |prompt| {
            request(prompt, &quirks)
        });
    }
}
