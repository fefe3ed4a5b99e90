//! A turn in the dialect of Gemini.

use serde_json::{Value, json};

use crate::support::server::{Turn, pieces, stop};

/// The events of an answer.
pub fn events(turn: &Turn, place: usize, input: u64, output: u64) -> Vec<String> {
    let event = |parts: Value, stop: Value, usage: Value| {
        let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
        if !stop.is_null() {
            candidate["finishReason"] = stop;
        }
        let value = json!({"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m", "responseId": "r"});
        format!("data: {value}\n\n")
    };
    let so_far = json!({"promptTokenCount": input, "totalTokenCount": input});
    let more = |part: Value| event(json!([part]), Value::Null, so_far.clone());
    let mut events: Vec<String> = pieces(&turn.text)
        .map(|piece| more(json!({"text": piece})))
        .collect();
    for (index, (name, arguments)) in turn.calls.iter().enumerate() {
        let id = format!("call_{place}_{index}");
        // They come as an object; what is none was broken on the way, and is sent as the text it is.
        let arguments = serde_json::from_str(arguments).unwrap_or(json!(arguments));
        let mut part = json!({"functionCall": {"name": name, "args": arguments, "id": id}});
        if index == 0 {
            // Of parallel calls the first alone is signed.
            part["thoughtSignature"] = json!(format!("signature of {id}"));
        }
        events.push(more(part));
    }
    let usage = json!({"promptTokenCount": input, "candidatesTokenCount": output, "totalTokenCount": input + output});
    let stop = json!(stop(turn, "STOP", "STOP"));
    events.push(event(json!([{"text": ""}]), stop, usage));
    events
}
