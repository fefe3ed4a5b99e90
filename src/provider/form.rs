//! The forms that opaque parts have in each dialect: how one is told that was logged before its dialect was kept with it.
//! Where the fields are open, what is plainly another dialect's is refused and the rest believed.

use serde_json::{Map, Value};

use crate::config::Wire;
use crate::protocol::reply::Part;

/// Whether the body beside a part can have come in this dialect.
pub(crate) fn fits(wire: Wire, part: &Part, body: &Value) -> bool {
    let Some(body) = body.as_object() else {
        return false;
    };
    match part {
        Part::Thought { .. } => thought(wire, body),
        Part::Text { .. } => text(wire, body),
        Part::Call { .. } => beside_call(wire, body),
    }
}

fn thought(wire: Wire, body: &Map<String, Value>) -> bool {
    match wire {
        Wire::Anthropic => kind(body).is_some_and(|kind| !is_item(kind, body)),
        Wire::OpenAiResponses => kind(body).is_some_and(|kind| is_item(kind, body)),
        Wire::Gemini => is_parts(body),
        Wire::OpenAiChat => {
            const FIELDS: &[&str] = &[
                "reasoning_content",
                "reasoning",
                "reasoning_details",
                "thinking_blocks",
                "extra_content",
                "content",
            ];
            body.keys().all(|name| FIELDS.contains(&name.as_str()))
        }
        Wire::Ollama => {
            let is_other = |name: &str| {
                name.starts_with("reasoning")
                    || matches!(
                        name,
                        "type" | "parts" | "content" | "extra_content" | "thinking_blocks"
                    )
            };
            !body.keys().any(|name| is_other(name))
        }
        Wire::Rehearsal => false,
    }
}

fn text(wire: Wire, body: &Map<String, Value>) -> bool {
    match wire {
        Wire::Anthropic => kind(body) == Some("text"),
        Wire::OpenAiResponses => kind(body) == Some("message"),
        Wire::Gemini => is_parts(body),
        Wire::OpenAiChat | Wire::Ollama | Wire::Rehearsal => false,
    }
}

fn beside_call(wire: Wire, body: &Map<String, Value>) -> bool {
    let has = |name: &str| body.contains_key(name);
    match wire {
        Wire::OpenAiResponses => kind(body) == Some("function_call"),
        Wire::Gemini => has("functionCall"),
        // The three that leave out what kind it is.
        Wire::Anthropic => !["type", "functionCall", "function", "extra_content"]
            .map(has)
            .contains(&true),
        Wire::OpenAiChat => !["type", "functionCall", "function", "caller"]
            .map(has)
            .contains(&true),
        Wire::Ollama => !["type", "functionCall", "extra_content", "caller"]
            .map(has)
            .contains(&true),
        Wire::Rehearsal => false,
    }
}

fn kind(body: &Map<String, Value>) -> Option<&str> {
    body.get("type")?.as_str()
}

/// Whether it is an item of a Responses answer and no block of a Messages one: both say what kind they are.
fn is_item(kind: &str, body: &Map<String, Value>) -> bool {
    let is_block = kind == "text"
        || ["thinking", "_use", "_result"]
            .iter()
            .any(|end| kind.ends_with(end));
    // Every item but the oldest servers' reasoning has an id; few blocks of the other dialect have one.
    !is_block && (kind == "reasoning" || body.contains_key("id"))
}

fn is_parts(body: &Map<String, Value>) -> bool {
    body.get("parts").is_some_and(Value::is_array)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use serde_json::json;

    use super::*;
    use crate::agent::prompt::Message;
    use crate::config::provider::WIRES;
    use crate::protocol::told::Told;
    use crate::provider::dialect;
    use crate::provider::quirks;
    use crate::provider::replay;
    use crate::provider::testing;

    const HERE: &str = "here/m";

    /// An answer as a decoder of that dialect makes it, with a word in each of its opaque parts that no other part has.
    fn answers(wire: Wire) -> Vec<Part> {
        let thought = |body: Value| testing::thought("hm", Some((HERE, body)));
        let said = |body: Option<Value>| Part::Text {
            text: "so".to_owned(),
            opaque: body.map(|body| testing::opaque(HERE, body)),
        };
        let called = |body: Value| Part::Call {
            wire_id: Some("c1".to_owned()),
            name: "glob".to_owned(),
            arguments: "{}".to_owned(),
            opaque: Some(testing::opaque(HERE, body)),
        };
        match wire {
            Wire::Anthropic => vec![
                thought(json!({"type": "thinking", "thinking": "hm", "signature": "SEALED-1"})),
                thought(json!({"type": "redacted_thinking", "data": "SEALED-2"})),
                thought(
                    json!({"type": "server_tool_use", "id": "SEALED-3", "name": "web_search", "input": {}}),
                ),
                thought(
                    json!({"type": "web_search_tool_result", "tool_use_id": "SEALED-4", "content": []}),
                ),
                said(Some(
                    json!({"type": "text", "text": "so", "citations": [{"title": "SEALED-5"}]}),
                )),
                called(json!({"caller": {"type": "SEALED-6"}})),
            ],
            Wire::OpenAiChat => vec![
                thought(
                    json!({"reasoning_content": "SEALED-1", "reasoning": "SEALED-2", "reasoning_details": [{"data": "SEALED-3"}],
                    "thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": "SEALED-6"}],
                    "extra_content": {"google": {"thought_signature": "SEALED-4"}}}),
                ),
                said(None),
                called(json!({"extra_content": {"google": {"thought_signature": "SEALED-5"}}})),
            ],
            Wire::OpenAiResponses => vec![
                thought(
                    json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "SEALED-1"}),
                ),
                said(Some(
                    json!({"type": "message", "id": "SEALED-2", "role": "assistant", "content": []}),
                )),
                thought(
                    json!({"type": "web_search_call", "id": "SEALED-3", "status": "completed"}),
                ),
                thought(json!({"type": "compaction", "id": "x", "encrypted_content": "SEALED-4"})),
                called(json!({"type": "function_call", "id": "SEALED-5", "status": "completed"})),
            ],
            Wire::Gemini => vec![
                thought(
                    json!({"parts": [{"text": "hm", "thought": true, "thoughtSignature": "SEALED-1"}]}),
                ),
                said(Some(
                    json!({"parts": [{"text": "so", "thoughtSignature": "SEALED-2"}]}),
                )),
                called(json!({"functionCall": {}, "thoughtSignature": "SEALED-3"})),
            ],
            Wire::Ollama => vec![
                thought(json!({"thinking": "SEALED-1", "seal": "SEALED-2"})),
                said(None),
                called(json!({"function": {"thought_signature": "SEALED-3"}})),
            ],
            Wire::Rehearsal => Vec::new(),
        }
    }

    /// The same as it is logged now, with the dialect beside it.
    fn named(mut parts: Vec<Part>, wire: Wire) -> Vec<Part> {
        for part in &mut parts {
            let (Part::Thought { opaque, .. }
            | Part::Text { opaque, .. }
            | Part::Call { opaque, .. }) = part;
            if let Some(held) = opaque {
                *held = replay::opaque(&held.family, wire, held.body.take());
            }
        }
        parts
    }

    #[test]
    fn each_dialect_gets_back_its_own_parts_and_no_others() {
        for (name, wire) in WIRES {
            let Some(dialect) = dialect::of(*wire) else {
                continue;
            };
            for (other, came_in) in WIRES {
                for parts in [answers(*came_in), named(answers(*came_in), *came_in)] {
                    let sealed = serde_json::to_string(&parts)
                        .unwrap()
                        .matches("SEALED-")
                        .count();
                    let prompt = testing::prompt(
                        HERE,
                        vec![
                            testing::user("one"),
                            Message::Assistant { parts },
                            testing::results(&[("c1", "x", false)]),
                        ],
                    );
                    let body = (dialect.body)(&prompt, &quirks::NONE, &Told::default());
                    let body = String::from_utf8(body).unwrap();
                    let found = body.matches("SEALED-").count();
                    let expected = if wire == came_in { sealed } else { 0 };
                    assert_eq!(found, expected, "{other} parts to {name}: {body}");
                    // What can be read is there all the same.
                    if !matches!(came_in, Wire::Rehearsal) {
                        assert!(body.matches("glob").count() > 1, "{body}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_name_says_more_than_the_form() {
        let body = json!({"new_field": "x"});
        let call = |wire: Option<Wire>| Part::Call {
            wire_id: None,
            name: "glob".to_owned(),
            arguments: String::new(),
            opaque: Some(match wire {
                Some(wire) => replay::opaque(HERE, wire, body.clone()),
                None => testing::opaque(HERE, body.clone()),
            }),
        };
        let cases = [
            (call(None), Wire::Anthropic, true),
            (call(None), Wire::Gemini, false),
            (call(Some(Wire::Gemini)), Wire::Gemini, true),
            (call(Some(Wire::Ollama)), Wire::OpenAiChat, false),
        ];
        for (part, wire, expected) in cases {
            assert_eq!(
                replay::own(&part, HERE, wire).is_some(),
                expected,
                "{part:?}"
            );
            assert_eq!(replay::own(&part, "here/other", wire), None);
        }
    }
}
