//! Whether a request is one that its provider takes: every call has exactly one result, right after the answer that made it,
//! and nothing is empty or twice.

use std::collections::HashSet;

use serde_json::Value;

use crate::support::server::{Dialect, Request};

/// The first thing that is wrong.
pub fn check(request: &Request) -> Result<(), String> {
    let body = request.json();
    let list = |name: &str| body[name].as_array().ok_or_else(|| format!("no {name}"));
    let messages = match request.dialect() {
        Dialect::Anthropic => list("messages")?
            .iter()
            .map(anthropic)
            .collect::<Result<Vec<_>, _>>()?,
        Dialect::OpenAiChat | Dialect::Ollama => roles(list("messages")?, request.dialect())?,
        Dialect::OpenAiResponses if body["store"] != false => {
            return Err("the server is asked to keep the answer".to_owned());
        }
        Dialect::OpenAiResponses => openai_responses(list("input")?)?,
        Dialect::Gemini => gemini(list("contents")?)?,
    };
    let mut open: Option<HashSet<String>> = None;
    let mut used = HashSet::new();
    for (number, message) in messages.iter().enumerate() {
        let at = |what: String| format!("message {}: {what}", number + 1);
        let results: HashSet<String> = message.results.iter().cloned().collect();
        if results.len() != message.results.len() {
            return Err(at("a call has two results".to_owned()));
        }
        let expected = open.take().unwrap_or_default();
        if results != expected {
            return Err(at(format!(
                "results of {results:?} where {expected:?} is expected"
            )));
        }
        if message.calls.is_empty() {
            continue;
        }
        for call in &message.calls {
            if !used.insert(call.clone()) {
                return Err(at(format!("the call id {call} comes twice")));
            }
        }
        open = Some(message.calls.iter().cloned().collect());
    }
    match open {
        Some(open) => Err(format!("no results of {open:?} at the end")),
        None => Ok(()),
    }
}

/// What matters of a message; neighbouring results are one.
#[derive(Default)]
struct Message {
    calls: Vec<String>,
    results: Vec<String>,
}

fn anthropic(message: &Value) -> Result<Message, String> {
    let blocks = match &message["content"] {
        Value::Array(blocks) if !blocks.is_empty() => blocks,
        Value::String(text) if !text.is_empty() => return Ok(Message::default()),
        other => return Err(format!("a message without content: {other}")),
    };
    let mut found = Message::default();
    for block in blocks {
        let id = |name: &str| block[name].as_str().unwrap_or_default().to_owned();
        match block["type"].as_str() {
            Some("tool_use") if !block["input"].is_object() => {
                return Err(format!("arguments that are no object: {block}"));
            }
            Some("tool_use") => found.calls.push(id("id")),
            Some("tool_result") => found.results.push(id("tool_use_id")),
            Some("text")
                if block["text"]
                    .as_str()
                    .is_none_or(|text| text.trim().is_empty()) =>
            {
                return Err("an empty text block".to_owned());
            }
            _ => {}
        }
    }
    Ok(found)
}

/// The dialects that give a result a role of its own.
fn roles(messages: &[Value], dialect: Dialect) -> Result<Vec<Message>, String> {
    let mut found: Vec<Message> = Vec::new();
    let mut in_results = false;
    for message in messages {
        if message["role"] == "tool" {
            if !std::mem::replace(&mut in_results, true) {
                found.push(Message::default());
            }
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            if let Some(last) = found.last_mut() {
                last.results.push(id.to_owned());
            }
            continue;
        }
        in_results = false;
        let calls = message["tool_calls"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        for call in &calls {
            // A text, or the object itself in the dialect that wants that.
            let arguments = match &call["function"]["arguments"] {
                Value::String(text) if dialect == Dialect::OpenAiChat => {
                    serde_json::from_str(text).unwrap_or_default()
                }
                Value::Object(object) if dialect == Dialect::Ollama => object.clone().into(),
                _ => Value::Null,
            };
            if !arguments.is_object() {
                return Err(format!("arguments that are no object: {call}"));
            }
        }
        let empty = match &message["content"] {
            Value::Array(parts) => parts.is_empty(),
            content => content.as_str().is_none_or(str::is_empty),
        };
        if empty && calls.is_empty() {
            return Err(format!("a message without content: {message}"));
        }
        found.push(Message {
            calls: calls
                .iter()
                .map(|call| call["id"].as_str().unwrap_or_default().to_owned())
                .collect(),
            results: Vec::new(),
        });
    }
    Ok(found)
}

/// Roles take turns, beginning with the user; results stand alone, and the first call of an answer is signed.
fn gemini(contents: &[Value]) -> Result<Vec<Message>, String> {
    let mut found = Vec::new();
    for (index, content) in contents.iter().enumerate() {
        let role = ["user", "model"][index % 2];
        if content["role"] != role {
            return Err(format!("content {index} is not of the {role}: {content}"));
        }
        let parts = match content["parts"].as_array() {
            Some(parts) if !parts.is_empty() => parts,
            _ => return Err(format!("a content without parts: {content}")),
        };
        let mut message = Message::default();
        for part in parts {
            let id = |kind: &str| part[kind]["id"].as_str().unwrap_or_default().to_owned();
            if part["functionCall"].is_object() {
                if !part["functionCall"]["args"].is_object() {
                    return Err(format!("arguments that are no object: {part}"));
                }
                let signature = format!("signature of {}", id("functionCall"));
                // A call that another vendor's model made has none.
                let own = !id("functionCall").starts_with("toolu_");
                if own && message.calls.is_empty() && part["thoughtSignature"] != signature {
                    return Err(format!("a call without its signature: {part}"));
                }
                message.calls.push(id("functionCall"));
            } else if part["functionResponse"].is_object() {
                if !part["functionResponse"]["response"].is_object() {
                    return Err(format!("a result that is no object: {part}"));
                }
                message.results.push(id("functionResponse"));
            } else if part["inlineData"]["data"].is_string() {
                // A picture.
            } else if part["text"].as_str().is_none_or(str::is_empty) {
                return Err(format!("a part without content: {part}"));
            }
        }
        if !message.results.is_empty() && message.results.len() != parts.len() {
            return Err(format!("results among other parts: {content}"));
        }
        found.push(message);
    }
    Ok(found)
}

/// Items of an answer are one message, as results are; reasoning comes whole and with what followed it.
fn openai_responses(items: &[Value]) -> Result<Vec<Message>, String> {
    let mut found: Vec<Message> = Vec::new();
    let mut before = "";
    for (number, item) in items.iter().enumerate() {
        let kind = item["type"].as_str().unwrap_or_default();
        let id = || item["call_id"].as_str().unwrap_or_default().to_owned();
        let side = match (kind, item["role"].as_str()) {
            ("message", Some("user")) => "user",
            ("message", Some("assistant")) | ("reasoning" | "function_call", _) => "model",
            ("function_call_output", _) => "results",
            _ => return Err(format!("an item that is none: {item}")),
        };
        if side == "user" || side != before {
            found.push(Message::default());
        }
        before = side;
        let Some(message) = found.last_mut() else {
            continue;
        };
        match kind {
            "message" => {
                let texts = item["content"].as_array().cloned().unwrap_or_default();
                let said = texts.iter().any(|part| part["text"] != "");
                if !said && item["content"].as_str().is_none_or(str::is_empty) {
                    return Err(format!("a message without content: {item}"));
                }
            }
            "function_call" => {
                let arguments = item["arguments"].as_str().unwrap_or_default();
                if !serde_json::from_str::<Value>(arguments).is_ok_and(|value| value.is_object()) {
                    return Err(format!("arguments that are no object: {item}"));
                }
                message.calls.push(id());
            }
            "function_call_output" => message.results.push(id()),
            _ => {
                let sealed = item["encrypted_content"].as_str().unwrap_or_default();
                let next = items.get(number + 1).unwrap_or(&Value::Null);
                let is_followed = next["id"].is_string() && next["type"] != "reasoning";
                if !sealed.starts_with("sealed") || !is_followed {
                    return Err(format!("reasoning that is not whole: {item}, {next}"));
                }
            }
        }
        // The played model reasons before all it says, and a server that knows an id asks for it.
        let follows = number.checked_sub(1).and_then(|place| items.get(place));
        let starts = follows
            .is_none_or(|item| item["role"] == "user" || item["type"] == "function_call_output");
        if side == "model" && item["id"].is_string() && starts && kind != "reasoning" {
            return Err(format!("without its reasoning: {item}"));
        }
    }
    Ok(found)
}
