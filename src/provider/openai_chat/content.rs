//! The text of a message in this dialect: plain, or as a part that can carry a mark of the cache.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::agent::picture::Picture;
use crate::agent::prompt::Prompt;
use crate::provider::marks::{self, BREAKPOINT, Mark, Places};
use crate::provider::openai_chat::request::Turn;
use crate::provider::quirks::Quirks;

/// The text of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content<'a> {
    Plain(&'a str),
    /// A list of one part.
    Part(&'a str, Option<Sign>),
    /// Pictures, and the text that speaks of them behind them.
    Shown(&'a [Picture], &'a str, Option<Sign>),
}

/// What stands at the end of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    Mark(Mark),
    Breakpoint,
}

impl<'a> Content<'a> {
    pub(crate) fn said(text: &'a str, pictures: &'a [Picture]) -> Self {
        if pictures.is_empty() {
            Self::Plain(text)
        } else {
            Self::Shown(pictures, text, None)
        }
    }

    /// The same as a list, whose last part carries the sign.
    fn signed(self, sign: Option<Sign>) -> Self {
        match self {
            Self::Plain(text) | Self::Part(text, _) => Self::Part(text, sign),
            Self::Shown(pictures, text, _) => Self::Shown(pictures, text, sign),
        }
    }
}

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Plain(text) => serializer.serialize_str(text),
            Self::Part(text, sign) => [Part { text, sign }].serialize(serializer),
            Self::Shown(pictures, text, sign) => {
                let mut list = serializer.serialize_seq(Some(pictures.len() + 1))?;
                for picture in pictures {
                    list.serialize_element(&Shown::new(picture))?;
                }
                list.serialize_element(&Part { text, sign })?;
                list.end()
            }
        }
    }
}

/// What a person said in one message, or in several between which nothing was answered: templates on a person's own machine
/// refuse two messages of one role in a row. What was sent before, which may be cached, stands as it stood: a text goes on
/// behind a blank line, a list with more parts.
pub(crate) struct Joined<'c, 'a>(pub(crate) &'c [Content<'a>]);

/// Whether more can be said in the message that has `said`: a text stays one, whatever follows it.
pub(crate) fn goes_on(said: &[Content<'_>], more: &[Content<'_>]) -> bool {
    let is_text = |content: &Content<'_>| matches!(content, Content::Plain(_));
    !said.iter().all(is_text) || more.iter().all(is_text)
}

impl<'a> Serialize for Joined<'_, 'a> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(contents) = self;
        if let [content] = contents {
            return content.serialize(serializer);
        }
        let plain = |content: &Content<'a>| match *content {
            Content::Plain(text) => Some(text),
            _ => None,
        };
        if let Some(texts) = contents.iter().map(plain).collect::<Option<Vec<_>>>() {
            return serializer.serialize_str(&texts.join("\n\n"));
        }
        let mut list = serializer.serialize_seq(None)?;
        for content in *contents {
            match *content {
                Content::Plain(text) => list.serialize_element(&Part { text, sign: None })?,
                Content::Part(text, sign) => list.serialize_element(&Part { text, sign })?,
                Content::Shown(pictures, text, sign) => {
                    for picture in pictures {
                        list.serialize_element(&Shown::new(picture))?;
                    }
                    list.serialize_element(&Part { text, sign })?;
                }
            }
        }
        list.end()
    }
}

#[derive(Serialize)]
struct Shown {
    #[serde(rename = "type")]
    kind: &'static str,
    image_url: Url,
}

#[derive(Serialize)]
struct Url {
    url: String,
}

impl Shown {
    fn new(picture: &Picture) -> Self {
        Self {
            kind: "image_url",
            image_url: Url {
                url: picture.data_url(),
            },
        }
    }
}

struct Part<'a> {
    text: &'a str,
    sign: Option<Sign>,
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "text")?;
        map.serialize_entry("text", self.text)?;
        match &self.sign {
            None => {}
            Some(Sign::Mark(mark)) => map.serialize_entry("cache_control", mark)?,
            Some(Sign::Breakpoint) => {
                map.serialize_entry("prompt_cache_breakpoint", &BREAKPOINT)?;
            }
        }
        map.end()
    }
}

/// How the messages of one request are marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marking {
    /// The server finds what it knows by itself.
    None,
    /// At four places at most, which move with the conversation. Every text is a part, whether marked or not, so that a
    /// message keeps its form when its mark has moved on.
    Marks(Mark, Places),
    /// After every message that can have one. Only the newest three are written, the newest eighty are looked for, and so
    /// none ever has to be taken away.
    Breakpoints,
}

impl Marking {
    pub(crate) fn of(prompt: &Prompt, quirks: &Quirks) -> Self {
        let model = &*prompt.model.model;
        if quirks.marked.iter().any(|start| model.starts_with(start)) {
            let places = marks::places(prompt, marks::least(model));
            Self::Marks(Mark::of(prompt.caching.life), places)
        } else if quirks.has_breakpoints(model) {
            Self::Breakpoints
        } else {
            Self::None
        }
    }

    /// The system text.
    pub(crate) fn system(self, text: &str) -> Content<'_> {
        match self {
            Self::None => Content::Plain(text),
            Self::Marks(mark, places) => {
                Content::Part(text, places.system.then_some(Sign::Mark(mark)))
            }
            Self::Breakpoints => Content::Part(text, Some(Sign::Breakpoint)),
        }
    }

    /// Marks what the message of this index became: its last turn carries the mark.
    pub(crate) fn mark(self, index: usize, turns: &mut [Turn<'_>]) {
        let sign = match self {
            Self::None => return,
            Self::Marks(mark, places) => places
                .messages
                .contains(&Some(index))
                .then_some(Sign::Mark(mark)),
            Self::Breakpoints => Some(Sign::Breakpoint),
        };
        let last = turns.len().saturating_sub(1);
        for (at, turn) in turns.iter_mut().enumerate() {
            let sign = sign.filter(|_| at == last);
            match turn {
                Turn::User(contents) => {
                    for content in contents {
                        *content = content.signed(sign);
                    }
                }
                Turn::Tool { content, .. } => *content = content.signed(sign),
                Turn::System(_) | Turn::Assistant(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;
    use serde_json::{Value, json};

    use crate::agent::prompt::Message;
    use crate::config::Wire;
    use crate::protocol::usage::CacheLife;
    use crate::provider::openai_chat::request::request;
    use crate::provider::{quirks, testing};

    /// The contents of a request after one answer with two calls, system text first; the answer's is left out.
    fn contents(preset: &str, model: &str, system: &str, life: CacheLife) -> Vec<Value> {
        let mut prompt = testing::prompt(
            &format!("here/{model}"),
            vec![
                testing::user("go"),
                Message::Assistant {
                    parts: vec![
                        testing::call("c1", "glob", "{}"),
                        testing::call("c2", "glob", "{}"),
                    ],
                },
                testing::results(&[("c1", "one", false), ("c2", "two", false)]),
            ],
        );
        prompt.system = system.into();
        prompt.caching.life = life;
        let body = request(&prompt, &quirks::of(preset).unwrap());
        let body: Value = serde_json::from_slice(&body).unwrap();
        let messages = body["messages"].as_array().unwrap().iter();
        messages
            .filter(|message| message["role"] != "assistant")
            .map(|message| message["content"].clone())
            .collect()
    }

    #[test]
    fn each_vendor_is_marked_its_own_way() {
        let long = "s".repeat(4_000);
        let part = |text: &str| json!([{"type": "text", "text": text}]);
        let marked = |text: &str| json!([{"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}]);
        let hour = |text: &str| json!([{"type": "text", "text": text, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]);
        let broken = |text: &str| json!([{"type": "text", "text": text, "prompt_cache_breakpoint": {"mode": "explicit"}}]);
        let cases = [
            (
                "openrouter",
                "anthropic/claude-sonnet-5",
                CacheLife::Short,
                vec![marked(&long), marked("go"), part("one"), marked("two")],
            ),
            (
                "openrouter",
                "anthropic/claude-sonnet-5",
                CacheLife::Long,
                vec![hour(&long), hour("go"), part("one"), hour("two")],
            ),
            (
                "openrouter",
                "anthropic/claude-opus-4.5",
                CacheLife::Short,
                vec![part(&long), part("go"), part("one"), part("two")],
            ),
            (
                "openrouter",
                "google/gemini-3.8-flash",
                CacheLife::Short,
                vec![json!(long), json!("go"), json!("one"), json!("two")],
            ),
            (
                "openrouter",
                "openai/gpt-5.6-sol",
                CacheLife::Short,
                vec![broken(&long), broken("go"), part("one"), broken("two")],
            ),
            (
                "qwen",
                "qwen3.8-max",
                CacheLife::Short,
                vec![marked(&long), marked("go"), part("one"), marked("two")],
            ),
            (
                "openai",
                "gpt-5.6-terra",
                CacheLife::Short,
                vec![broken(&long), broken("go"), part("one"), broken("two")],
            ),
            (
                "openai",
                "gpt-5.5",
                CacheLife::Short,
                vec![json!(long), json!("go"), json!("one"), json!("two")],
            ),
        ];
        for (preset, model, life, expected) in cases {
            assert_eq!(
                contents(preset, model, &long, life),
                expected,
                "{preset} {model}"
            );
        }
    }

    #[test]
    fn marked_bodies_too_begin_with_the_one_before() {
        let cases = [
            ("openrouter", "here/anthropic/claude-opus-5"),
            ("qwen", "here/qwen3.8-max"),
            ("openai", "here/gpt-5.6-terra"),
        ];
        for (preset, model) in cases {
            let quirks = quirks::of(preset).unwrap();
            testing::check_append_only(Wire::OpenAiChat, model, |prompt| request(prompt, &quirks));
        }
    }
}
