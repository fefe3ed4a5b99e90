//! A turn in the dialect of Chat Completions.

use serde_json::{Value, json};

use crate::support::server::{Turn, pieces, stop};

/// The events of an answer.
pub fn events(turn: &Turn, place: usize, input: u64, output: u64) -> Vec<String> {
    let event = |choices: Value, usage: Value| {
        let value = json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1,
            "model": "m", "choices": choices, "usage": usage});
        format!("data: {value}\n\n")
    };
    let delta = |delta: Value, stop: Value| {
        event(
            json!([{"index": 0, "delta": delta, "finish_reason": stop}]),
            Value::Null,
        )
    };
    let more = |more: Value| delta(more, Value::Null);
    let mut events = vec![more(json!({"role": "assistant", "content": ""}))];
    events.extend(pieces(&turn.text).map(|piece| more(json!({"content": piece}))));
    for (index, (name, arguments)) in turn.calls.iter().enumerate() {
        let id = format!("call_{place}_{index}");
        let function = json!({"name": name, "arguments": ""});
        events.push(more(json!({"tool_calls": [
            {"index": index, "id": id, "type": "function", "function": function}]})));
        events.extend(pieces(arguments).map(|piece| {
            more(json!({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}))
        }));
    }
    events.push(delta(json!({}), json!(stop(turn, "stop", "tool_calls"))));
    let total = input + output;
    events.push(event(
        json!([]),
        json!({"prompt_tokens": input, "completion_tokens": output, "total_tokens": total}),
    ));
    events.push("data: [DONE]\n\n".to_owned());
    events
}
