//! An answer in another dialect than the one that was asked for: which wire it is of, so that a person can be told what to write
//! into the config.

use serde_json::Value;

use crate::config::Wire;
use crate::protocol::failure::{Failure, FailureKind};

/// The wire whose answers, or events of an answer, look like this. An error looks much the same in all of them.
pub(crate) fn wire_of(value: &Value) -> Option<Wire> {
    let first = value.as_array().and_then(|list| list.first());
    let value = first.unwrap_or(value);
    let kind = value["type"].as_str().unwrap_or_default();
    let block =
        kind.starts_with("content_block_") || matches!(kind, "message_start" | "message_delta");
    if kind.starts_with("response.") || value["object"] == "response" {
        Some(Wire::OpenAiResponses)
    } else if block || (kind == "message" && value["content"].is_array()) {
        Some(Wire::Anthropic)
    } else if value["choices"].is_array() {
        Some(Wire::OpenAiChat)
    } else if value["candidates"].is_array() {
        Some(Wire::Gemini)
    } else if value["message"].is_object() && value["done"].is_boolean() {
        Some(Wire::Ollama)
    } else {
        None
    }
}

/// The same of a body that is no answer in the framing that was asked for: by the first line of it that is JSON.
pub(crate) fn wire_of_body(body: &str) -> Option<Wire> {
    if let Ok(value) = serde_json::from_str(body) {
        return wire_of(&value);
    }
    let data = |line: &str| {
        let line = line.strip_prefix("data:").unwrap_or(line).trim().to_owned();
        serde_json::from_str(&line).ok()
    };
    let first: Value = body.lines().find_map(data)?;
    wire_of(&first)
}

/// What an answer of that wire is told as, with the way out.
pub(crate) fn fault(wire: Wire) -> Failure {
    Failure::new(FailureKind::Protocol, format!("the server {}", told(wire)))
}

/// The same without who answered.
pub(crate) fn told(wire: Wire) -> String {
    let name = wire.name();
    format!(
        "answered in another dialect: set `wire = \"{name}\"` in the provider's entry of config.toml"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_known_by_its_dialect_and_anything_else_by_none() {
        let cases = [
            (
                r#"{"type":"message_start","message":{}}"#,
                Some(Wire::Anthropic),
            ),
            (
                r#"{"type":"message","role":"assistant","content":[]}"#,
                Some(Wire::Anthropic),
            ),
            (r#"{"id":"c","choices":[]}"#, Some(Wire::OpenAiChat)),
            ("data: {\"choices\":[]}\n\n", Some(Wire::OpenAiChat)),
            (
                "event: x\ndata: {\"type\":\"response.created\"}\n\n",
                Some(Wire::OpenAiResponses),
            ),
            (
                r#"{"object":"response","output":[]}"#,
                Some(Wire::OpenAiResponses),
            ),
            (r#"[{"candidates":[]}]"#, Some(Wire::Gemini)),
            (
                "{\"message\":{},\"done\":false}\n{\"done\":true}\n",
                Some(Wire::Ollama),
            ),
            (r#"{"error":{"message":"no"}}"#, None),
            (r#"{"status":"ok"}"#, None),
            ("<html>", None),
            ("[]", None),
            ("", None),
        ];
        for (body, expected) in cases {
            assert_eq!(wire_of_body(body), expected, "{body}");
        }
    }
}
