//! The event that brings nothing but more text, which nearly all are: read into borrowed strings and not into a tree of values.
//! A field that is not named here makes it one for the careful way.

use std::borrow::Cow;

use serde::Deserialize;

use crate::provider::piece::{Object, Text};

/// More text of a block.
pub(crate) enum Piece<'a> {
    Text(Cow<'a, str>),
    Thinking(Cow<'a, str>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Event<'a> {
    #[serde(default, rename = "")]
    _object: Object,
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    index: u64,
    #[serde(borrow)]
    delta: Delta<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Delta<'a> {
    #[serde(default, rename = "")]
    _object: Object,
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(default, borrow)]
    text: Option<Text<'a>>,
    #[serde(default, borrow)]
    thinking: Option<Text<'a>>,
}

/// The piece and the index of its block, when the event is no more than that.
pub(crate) fn read(event: &str) -> Option<(u64, Piece<'_>)> {
    let Event {
        kind, index, delta, ..
    } = serde_json::from_str(event).ok()?;
    let piece = match (&*kind, &*delta.kind, delta.text, delta.thinking) {
        ("content_block_delta", "text_delta", Some(text), None) => Piece::Text(text.0),
        ("content_block_delta", "thinking_delta", None, Some(text)) => Piece::Thinking(text.0),
        _ => return None,
    };
    Some((index, piece))
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::{Value, json};

    use crate::provider::anthropic::decode::decoder;

    fn delta(index: u64, delta: &Value) -> Value {
        json!({"type": "content_block_delta", "index": index, "delta": delta})
    }

    fn text(index: u64, text: &str) -> Value {
        delta(index, &json!({"type": "text_delta", "text": text}))
    }

    fn start(index: u64, block: &Value) -> Value {
        json!({"type": "content_block_start", "index": index, "content_block": block})
    }

    /// What the quick way reads is what the careful way reads, which a field that is not known leads to.
    #[test]
    fn both_ways_read_the_same() {
        let thinking = |text: &str| delta(1, &json!({"type": "thinking_delta", "thinking": text}));
        let events = [
            start(0, &json!({"type": "text", "text": ""})),
            text(0, "a \"b\"\n"),
            text(0, ""),
            text(7, "without a start"),
            start(1, &json!({"type": "thinking", "thinking": "th"})),
            thinking("ink"),
            json!({"type": "content_block_stop", "index": 1}),
            // A repetition.
            start(1, &json!({"type": "thinking", "thinking": ""})),
            thinking("ink"),
            delta(
                0,
                &json!({"type": "text_delta", "thinking": "of another kind"}),
            ),
            text(0, "é"),
            delta(0, &json!(["text_delta", "of a list"])),
        ];
        let read = |more: bool| {
            let mut chunks = Vec::new();
            let mut decoder = decoder("x/y".to_owned());
            for event in &events {
                let mut event = event.clone();
                if more {
                    event["more"] = json!(1);
                }
                decoder.feed(format!("data: {event}\n\n").as_bytes(), &mut chunks);
            }
            let events = decoder.events();
            decoder.finish(&mut chunks);
            (events, chunks)
        };
        assert_eq!(read(false), read(true));
    }
}
