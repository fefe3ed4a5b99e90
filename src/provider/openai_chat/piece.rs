//! The event that brings nothing but more text. Nearly all events of an answer are such, and read into borrowed strings they cost
//! a fifth of what a tree of values costs. Whatever else an event has, it is not read here: a field that is not named below,
//! or has another value than is usual, makes it one for the careful way.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::provider::piece::{Object, Text};

/// What the event says more of the one choice.
#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Piece<'a> {
    #[serde(default, rename = "")]
    _object: Object,
    #[serde(default, borrow)]
    pub content: Option<Text<'a>>,
    #[serde(default, borrow)]
    pub reasoning_content: Option<Text<'a>>,
    #[serde(default, borrow)]
    pub reasoning: Option<Text<'a>>,
    #[serde(default, rename = "role")]
    _role: Option<Ignored>,
    #[serde(default, rename = "refusal")]
    _refusal: Option<Nothing>,
    #[serde(default, rename = "tool_calls")]
    _tool_calls: Option<Nothing>,
    #[serde(default, rename = "function_call")]
    _function_call: Option<Nothing>,
}

/// Fields of the event and of the choice that are never read from an event of this kind.
type Ignored = IgnoredAny;

/// Null, or not there.
type Nothing = ();

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Event<'a> {
    #[serde(default, rename = "")]
    _is_object: Object,
    #[serde(borrow)]
    choices: (Choice<'a>,),
    #[serde(default, rename = "id")]
    _id: Option<Ignored>,
    #[serde(default, rename = "object")]
    _object: Option<Ignored>,
    #[serde(default, rename = "created")]
    _created: Option<Ignored>,
    #[serde(default, rename = "model")]
    _model: Option<Ignored>,
    #[serde(default, rename = "provider")]
    _provider: Option<Ignored>,
    #[serde(default, rename = "system_fingerprint")]
    _system_fingerprint: Option<Ignored>,
    #[serde(default, rename = "service_tier")]
    _service_tier: Option<Ignored>,
    #[serde(default, rename = "obfuscation")]
    _obfuscation: Option<Ignored>,
    #[serde(default, rename = "usage")]
    _usage: Option<Nothing>,
    #[serde(default, rename = "error")]
    _error: Option<Nothing>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Choice<'a> {
    #[serde(default, rename = "")]
    _object: Object,
    #[serde(default)]
    index: u64,
    #[serde(borrow)]
    delta: Piece<'a>,
    #[serde(default, rename = "finish_reason")]
    _finish_reason: Option<Nothing>,
    #[serde(default, rename = "native_finish_reason")]
    _native_finish_reason: Option<Ignored>,
    #[serde(default, rename = "logprobs")]
    _logprobs: Option<Ignored>,
    #[serde(default, rename = "stop_reason")]
    _stop_reason: Option<Ignored>,
    #[serde(default, rename = "token_ids")]
    _token_ids: Option<Ignored>,
}

/// The piece, when the event is no more than that.
pub(crate) fn read(event: &str) -> Option<Piece<'_>> {
    let Event { choices, .. } = serde_json::from_str(event).ok()?;
    let (choice,) = choices;
    (choice.index == 0).then_some(choice.delta)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;
    use crate::provider::Chunk;
    use crate::provider::decode::Decoder;
    use crate::provider::openai_chat::decode::decoder;

    #[test]
    fn only_what_is_nothing_but_text_is_read_so() {
        let delta = |delta: serde_json::Value| json!({"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]});
        let cases = [
            (delta(json!({"content": "a\n"})), true),
            (
                delta(json!({"role": "assistant", "content": null, "reasoning_content": "r"})),
                true,
            ),
            (
                delta(json!({"content": "", "reasoning": "r", "refusal": null})),
                true,
            ),
            (delta(json!({})), true),
            (delta(json!({"content": ["a"]})), false),
            (delta(json!({"content": 1})), false),
            (delta(json!({"refusal": "no"})), false),
            (delta(json!({"tool_calls": []})), false),
            (delta(json!({"tool_calls": [{"index": 0}]})), false),
            (delta(json!({"reasoning_details": []})), false),
            (delta(json!({"extra_content": {}})), false),
            (delta(json!("text")), false),
            (delta(json!(["a"])), false),
            (json!([[[{"content": "a"}]]]), false),
            (json!({"choices": [[0, {"content": "a"}]]}), false),
            (json!({"choices": []}), false),
            (json!({"choices": [{"message": {"content": "a"}}]}), false),
            (
                json!({"choices": [{"index": 1, "delta": {"content": "a"}}]}),
                false,
            ),
            (json!({"choices": [{"delta": {}}, {"delta": {}}]}), false),
            (
                json!({"choices": [{"delta": {}, "finish_reason": "stop"}]}),
                false,
            ),
            (json!({"choices": [{"delta": {}, "usage": {}}]}), false),
            (
                json!({"choices": [{"delta": {}}], "usage": {"total_tokens": 1}}),
                false,
            ),
            (
                json!({"choices": [{"delta": {}}], "usage": null, "error": null}),
                true,
            ),
            (json!({"choices": [{"delta": {}}], "error": {}}), false),
            (json!({"choices": [{"delta": {}}], "x_groq": {}}), false),
        ];
        for (event, is_piece) in cases {
            assert_eq!(read(&event.to_string()).is_some(), is_piece, "{event}");
        }
        assert_eq!(read("{\"choices\":[{\"delta\":{}}]} x"), None);
    }

    /// What the quick way reads is what the careful way reads, which a field that is not known leads to.
    #[test]
    fn both_ways_read_the_same() {
        let deltas = [
            json!({"role": "assistant", "content": ""}),
            json!({"reasoning_content": "th"}),
            json!({"reasoning_content": "", "reasoning": "ink"}),
            json!({"reasoning_content": "both", "reasoning": "both"}),
            json!({"reasoning_content": null, "content": "so \"it\" goes\n"}),
            json!({"content": "é\u{1f680}"}),
            json!({}),
        ];
        let read = |more: bool| {
            let mut decoder: Decoder = decoder("x/y".to_owned());
            let mut chunks: Vec<Chunk> = Vec::new();
            for delta in &deltas {
                let mut event = json!({"choices": [{"index": 0, "delta": delta}]});
                if more {
                    event["more"] = json!(1);
                }
                decoder.feed(format!("data: {event}\n\n").as_bytes(), &mut chunks);
            }
            let end = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
            decoder.feed(format!("data: {end}\n\n").as_bytes(), &mut chunks);
            let events = decoder.events();
            decoder.finish(&mut chunks);
            (events, chunks)
        };
        assert_eq!(read(false), read(true));
        assert_eq!(read(false).0, 5);
    }
}
