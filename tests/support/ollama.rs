//! A turn in the dialect of Ollama.

use serde_json::{Value, json};

use crate::support::server::{Turn, pieces, stop};

/// What is answered to whoever asks about a model: nothing that matters, in a whole response.
pub const SHOWN: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

/// The lines of an answer.
pub fn lines(turn: &Turn, place: usize, input: u64, output: u64) -> Vec<String> {
    let line = |message: Value| {
        let value = json!({"model": "m", "created_at": "2026-08-05T08:10:56.372032Z",
            "message": message, "done": false});
        format!("{value}\n")
    };
    let mut lines: Vec<String> = pieces(&turn.text)
        .map(|piece| line(json!({"role": "assistant", "content": piece})))
        .collect();
    for (index, (name, arguments)) in turn.calls.iter().enumerate() {
        // A call comes whole or not at all; what is no JSON stays a text.
        let arguments =
            serde_json::from_str(arguments).unwrap_or_else(|_| Value::from(arguments.as_str()));
        let function = json!({"index": index, "name": name, "arguments": arguments});
        let id = format!("call_{place}_{index}");
        lines.push(line(json!({"role": "assistant", "content": "",
            "tool_calls": [{"id": id, "function": function}]})));
    }
    let last = json!({"model": "m", "created_at": "2026-08-05T08:11:03.181289Z",
        "message": {"role": "assistant", "content": ""}, "done": true,
        "done_reason": stop(turn, "stop", "stop"), "total_duration": 7_577_982_042_u64,
        "prompt_eval_count": input, "eval_count": output});
    lines.push(format!("{last}\n"));
    lines
}
