//! A turn as a Responses stream. Each answer begins with sealed reasoning, as without a summary.

use serde_json::{Value, json};

use crate::support::server::{Turn, pieces};

/// The events of a turn; `place` is the place of its calls in the conversation, the rest are tokens.
pub fn events(turn: &Turn, place: usize, input: u64, output: u64) -> Vec<String> {
    let event = |kind: &str, mut value: Value| {
        value["type"] = json!(kind);
        format!("event: {kind}\ndata: {value}\n\n")
    };
    let mut items = Vec::new();
    let mut events = vec![event(
        "response.created",
        json!({"response": {"id": "resp_1", "object": "response", "status": "in_progress", "error": null, "output": [], "usage": null}}),
    )];
    let mut add = |begun: Value, whole: Value, kind: &str, text: &str| {
        let index = items.len();
        events.push(event(
            "response.output_item.added",
            json!({"output_index": index, "item": begun}),
        ));
        events.extend(pieces(text).map(|piece| {
            event(
                &format!("response.{kind}.delta"),
                json!({"output_index": index, "item_id": whole["id"], "content_index": 0, "delta": piece}),
            )
        }));
        let field = if kind == "output_text" {
            "text"
        } else {
            "arguments"
        };
        if !kind.is_empty() {
            events.push(event(
                &format!("response.{kind}.done"),
                json!({"output_index": index, "item_id": whole["id"], "content_index": 0, field: text}),
            ));
        }
        events.push(event(
            "response.output_item.done",
            json!({"output_index": index, "item": whole}),
        ));
        items.push(whole);
    };
    if !turn.text.is_empty() || !turn.calls.is_empty() {
        let id = format!("rs_{place}");
        let reasoning = |sealed: String| json!({"id": id, "type": "reasoning", "summary": [], "encrypted_content": sealed});
        add(
            reasoning("begun".to_owned()),
            reasoning(format!("sealed {place}")),
            "",
            "",
        );
    }
    if !turn.text.is_empty() {
        let id = format!("msg_{place}");
        let message = |status: &str, content: Value| json!({"id": id, "type": "message", "role": "assistant", "status": status, "content": content});
        let part =
            json!({"type": "output_text", "text": turn.text, "annotations": [], "logprobs": []});
        add(
            message("in_progress", json!([])),
            message("completed", json!([part])),
            "output_text",
            &turn.text,
        );
    }
    let is_cut = !turn.stop.is_empty();
    for (index, (name, arguments)) in turn.calls.iter().enumerate() {
        let id = format!("{place}_{index}");
        let call = |status: &str, arguments: &str| {
            json!({"id": format!("fc_{id}"), "type": "function_call", "status": status,
            "call_id": format!("call_{id}"), "name": name, "arguments": arguments})
        };
        let status = if is_cut { "incomplete" } else { "completed" };
        add(
            call("in_progress", ""),
            call(status, arguments),
            "function_call_arguments",
            arguments,
        );
    }
    let (status, details) = if is_cut {
        ("incomplete", json!({"reason": turn.stop}))
    } else {
        ("completed", Value::Null)
    };
    let total = input + output;
    events.push(event(
        &format!("response.{status}"),
        json!({"response": {"id": "resp_1", "object": "response", "status": status, "error": null, "incomplete_details": details,
            "output": items, "usage": {"input_tokens": input, "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": output, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": total}}}),
    ));
    events
}
