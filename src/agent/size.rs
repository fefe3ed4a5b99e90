//! How many tokens a prompt comes to: what a budget must hold for it, and what it likely is.

use serde_json::Value;

use crate::agent::picture::Tokens;
use crate::agent::prompt::{Message, Prompt};
use crate::protocol::call::ToolSpec;
use crate::protocol::id::ModelRef;
use crate::protocol::item::Opaque;
use crate::protocol::reply::Part;
use crate::protocol::usage::Usage;

/// What a wire puts around each message, in tokens, at the most.
const PER_MESSAGE: u64 = 64;

/// A likely token, in bytes.
const LIKELY: u64 = 4;

/// No text is so dense: a count below this many bytes a token is not believed.
const DENSEST: u64 = 8;

/// Tokens of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// For estimates, shown as such.
    pub likely: u64,
    /// For reservations: it is never more. A token stands for at least one byte.
    pub most: u64,
}

/// What a provider counted itself: a prompt with its answer, which the next prompt begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    model: ModelRef,
    bytes: u64,
    messages: u64,
    pictures: Tokens,
    tokens: u64,
    cached: u64,
}

impl Counted {
    /// `None` where the count cannot be true.
    pub fn new(sent: &Sent, answer: &[Part], usage: &Usage) -> Option<Self> {
        let tokens = usage.prompt();
        (tokens.saturating_mul(DENSEST) >= sent.bytes).then(|| Self {
            model: sent.model.clone(),
            bytes: sent.bytes.saturating_add(parts_bytes(answer)),
            messages: sent.messages.saturating_add(1),
            pictures: sent.pictures,
            tokens: tokens.saturating_add(usage.output),
            cached: cached(usage),
        })
    }
}

/// Tokens of a prompt that its server has in a cache afterwards, as its own count shows: what it says it wrote beside what it
/// read; where it tells of no writing, all of a prompt of which it had read a part. One that told of no cache has none.
fn cached(usage: &Usage) -> u64 {
    let written = usage.cache_write.saturating_add(usage.cache_write_long);
    match (usage.cache_read, written) {
        (0, written) => written,
        (_, 0) => usage.prompt(),
        (read, written) => read.saturating_add(written),
    }
}

/// What is remembered of a prompt that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    model: ModelRef,
    bytes: u64,
    messages: u64,
    pictures: Tokens,
}

impl Sent {
    pub fn new(prompt: &Prompt) -> Self {
        Self {
            model: prompt.model.clone(),
            bytes: bytes(prompt),
            messages: prompt.messages.len() as u64,
            pictures: pictures(&prompt.model, &prompt.messages),
        }
    }

    pub fn model(&self) -> &ModelRef {
        &self.model
    }

    /// Bytes of the words in it, without what a wire puts around them.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Tokens that the prompt begins with and that its server has in a cache, by what the same model counted before.
    pub fn cached(&self, counted: Option<&Counted>) -> u64 {
        counted
            .filter(|counted| counted.model == self.model)
            .map_or(0, |counted| counted.cached)
    }

    /// Where nothing could be sent.
    pub fn nothing(model: &ModelRef) -> Self {
        Self {
            model: model.clone(),
            bytes: 0,
            messages: 0,
            pictures: Tokens::default(),
        }
    }

    /// The size of the prompt. Of what the same model counted before only the rest is estimated; no prompt that is answered
    /// is longer than the model's window.
    pub fn size(&self, counted: Option<&Counted>, window: Option<u64>) -> Size {
        let known = counted.filter(|counted| counted.model == self.model);
        let (tokens, bytes, messages) = known.map_or((0, 0, 0), |known| {
            (known.tokens, known.bytes, known.messages)
        });
        let counted = known.map_or_else(Tokens::default, |known| known.pictures);
        let likely = self.pictures.likely.saturating_sub(counted.likely);
        let pictures = self.pictures.most.saturating_sub(counted.most);
        let bytes = self.bytes.saturating_sub(bytes);
        let around = PER_MESSAGE * (self.messages.saturating_sub(messages) + 1);
        let most = [tokens, bytes, around, pictures]
            .into_iter()
            .fold(0, u64::saturating_add);
        let most = most.min(window.unwrap_or(u64::MAX));
        Size {
            likely: tokens
                .saturating_add(bytes / LIKELY)
                .saturating_add(likely)
                .min(most),
            most,
        }
    }
}

/// The bytes a prompt comes to: what an estimate of its tokens is made from.
fn bytes(prompt: &Prompt) -> u64 {
    let messages: u64 = prompt.messages.iter().map(message_bytes).sum();
    prompt.system.len() as u64 + tools_bytes(&prompt.tools) + messages
}

/// The bytes of the tools a prompt offers.
pub fn tools_bytes(tools: &[ToolSpec]) -> u64 {
    let bytes = tools
        .iter()
        .map(|tool| tool.name.len() + tool.description.len() + value_bytes(&tool.schema));
    bytes.sum::<usize>() as u64
}

/// Tokens of the pictures in these messages.
pub fn pictures(model: &ModelRef, messages: &[Message]) -> Tokens {
    let pictures = messages.iter().flat_map(|message| match message {
        Message::User { pictures, .. } => pictures.as_slice(),
        Message::Assistant { .. } | Message::Results { .. } => &[],
    });
    Tokens::of(&model.model, pictures.map(|picture| &picture.image))
}

/// The bytes of one message, without its pictures.
pub fn message_bytes(message: &Message) -> u64 {
    match message {
        Message::User { text, .. } => text.len() as u64,
        Message::Assistant { parts } => parts_bytes(parts),
        Message::Results { results } => results
            .iter()
            .map(|result| (result.text.len() + result.wire_id.len()) as u64)
            .sum(),
    }
}

/// The bytes of an answer as it is sent back: an opaque part goes in the place of its text, or beside it.
fn parts_bytes(parts: &[Part]) -> u64 {
    let sealed = |opaque: &Option<Opaque>| {
        opaque
            .as_ref()
            .map_or(0, |opaque| value_bytes(&opaque.body))
    };
    let bytes = parts.iter().map(|part| match part {
        Part::Text { text, opaque } | Part::Thought { text, opaque } => {
            text.len().max(sealed(opaque))
        }
        Part::Call {
            wire_id,
            name,
            arguments,
            opaque,
        } => {
            let id = wire_id.as_ref().map_or(0, String::len);
            id + name.len() + arguments.len() + sealed(opaque)
        }
    });
    bytes.sum::<usize>() as u64
}

/// About what the value comes to as JSON, at the least what its texts are; it is counted anew with every call, so nothing is
/// written out for it.
fn value_bytes(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(_) => 20,
        Value::String(text) => text.len() + 2,
        Value::Array(values) => {
            2 + values
                .iter()
                .map(|value| value_bytes(value) + 1)
                .sum::<usize>()
        }
        Value::Object(map) => {
            let entry = |(name, value): (&String, &Value)| name.len() + 4 + value_bytes(value);
            2 + map.iter().map(entry).sum::<usize>()
        }
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::agent::picture::Picture;
    use crate::agent::prompt::Caching;
    use crate::protocol::image::{Image, ImageKind};

    fn prompt(model: &str, texts: &[&str]) -> Prompt {
        Prompt {
            model: ModelRef {
                provider: "p".into(),
                model: model.into(),
            },
            system: "s".repeat(1000).as_str().into(),
            tools: [].into(),
            messages: texts
                .iter()
                .map(|text| Message::User {
                    text: (*text).to_owned(),
                    pictures: Vec::new(),
                })
                .collect(),
            max_output: 1,
            effort: None,
            caching: Caching::default(),
        }
    }

    #[test]
    fn what_was_counted_is_not_guessed_again() {
        let first = Sent::new(&prompt("m", &["x"]));
        let unknown = Size {
            likely: 250,
            most: 1001 + 128,
        };
        assert_eq!(first.size(None, None), unknown);
        assert_eq!(first.size(None, Some(500)).most, 500);
        let answer = [Part::Text {
            text: "a".repeat(400),
            opaque: None,
        }];
        let usage = Usage {
            input: 50,
            cache_read: 200,
            output: 100,
            ..Usage::default()
        };
        let counted = Counted::new(&first, &answer, &usage);
        let answered = "a".repeat(400);
        let next = prompt("m", &["x", &answered, &"r".repeat(800)]);
        let size = Sent::new(&next).size(counted.as_ref(), None);
        assert_eq!(
            size,
            Size {
                likely: 350 + 200,
                most: 350 + 800 + 128,
            }
        );
        // Another model counts otherwise.
        let other = prompt("other", &["x", &answered, &"r".repeat(800)]);
        let size = Sent::new(&other).size(counted.as_ref(), None);
        assert_eq!(size.most, 1000 + 1 + 400 + 800 + 4 * 64);
    }

    #[test]
    fn what_is_cached_of_the_next_prompt_is_what_the_last_count_shows() {
        let sent = Sent::new(&prompt("m", &["x"]));
        let cases = [
            // Input, read, written, written for the longer life.
            ((300, 0, 0, 0), 0),
            ((100, 200, 0, 0), 300),
            ((10, 200, 90, 0), 290),
            ((10, 0, 190, 100), 290),
        ];
        for ((input, cache_read, cache_write, cache_write_long), expected) in cases {
            let usage = Usage {
                input,
                cache_read,
                cache_write,
                cache_write_long,
                ..Usage::default()
            };
            let counted = Counted::new(&sent, &[], &usage);
            assert_eq!(sent.cached(counted.as_ref()), expected, "{usage:?}");
            let other = Sent::new(&prompt("other", &["x"]));
            assert_eq!(other.cached(counted.as_ref()), 0);
        }
        assert_eq!(sent.cached(None), 0);
    }

    #[test]
    fn pictures_count_by_their_pixels_until_they_were_counted() {
        let shown = |texts: &[&str]| {
            let mut prompt = prompt("claude-opus-5", texts);
            let image = Image {
                name: "a.png".into(),
                kind: ImageKind::Png,
                width: 1280,
                height: 720,
                hash: "h".into(),
                bytes: 5_000_000,
            };
            if let Some(Message::User { pictures, .. }) = prompt.messages.last_mut() {
                pictures.push(Picture {
                    image,
                    data: "AA==".into(),
                });
            }
            prompt
        };
        let first = Sent::new(&shown(&["x"]));
        assert_eq!(
            first.size(None, None),
            Size {
                likely: 250 + 1196,
                most: 1001 + 1196 + 128,
            }
        );
        let usage = Usage {
            input: 1500,
            ..Usage::default()
        };
        let counted = Counted::new(&first, &[], &usage);
        let mut next = shown(&["x"]);
        next.messages
            .extend(prompt("claude-opus-5", &["", "more"]).messages);
        let size = Sent::new(&next).size(counted.as_ref(), None);
        assert_eq!((size.likely, size.most), (1501, 1500 + 4 + 128));
    }

    #[test]
    fn a_count_that_cannot_be_true_is_not_believed() {
        let sent = Sent::new(&prompt("m", &["x"]));
        for (input, believed) in [(0, false), (100, false), (126, true), (u64::MAX, true)] {
            let usage = Usage {
                input,
                ..Usage::default()
            };
            let counted = Counted::new(&sent, &[], &usage);
            assert_eq!(counted.is_some(), believed, "{input}");
            // Nothing a provider says overflows.
            assert!(
                sent.size(counted.as_ref(), None).most >= sent.size(counted.as_ref(), None).likely
            );
        }
    }
}
