//! What a transcript is made of. An item is named by the `seq` of the fact that added it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::protocol::call::{Outcome, ToolCall};
use crate::protocol::id::{CallId, Seq, SessionId};
use crate::protocol::image::Image;
use crate::protocol::time::Time;

/// A part of what the person said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    Text {
        text: String,
    },
    /// A large paste: shown as a chip, sent in full.
    Paste {
        text: String,
    },
    /// A picture. Its bytes are a blob of the log.
    Image {
        image: Image,
    },
}

impl Block {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    /// What it says; of a picture its name and size.
    pub fn as_text(&self) -> Cow<'_, str> {
        match self {
            Self::Text { text } | Self::Paste { text } => Cow::Borrowed(text),
            Self::Image { image } => Cow::Owned(image.marker()),
        }
    }

    pub fn as_image(&self) -> Option<&Image> {
        match self {
            Self::Image { image } => Some(image),
            Self::Text { .. } | Self::Paste { .. } => None,
        }
    }
}

/// The text of a message: the blocks joined by blank lines, pictures by name.
pub fn joined(blocks: &[Block]) -> String {
    blocks
        .iter()
        .map(Block::as_text)
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// What a provider sent beside text, kept unread and given back untouched to the same family only: signed or encrypted
/// reasoning, reasoning fields a vendor demands back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opaque {
    /// `PROVIDER/MODEL` of the call that produced it.
    pub family: String,
    /// The dialect it came in, by the name the config has for it: a provider may be asked in another one later. Absent in
    /// what was logged before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire: Option<String>,
    pub body: Value,
}

/// Where the text of a prompt came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Typed by the person, or given to the command line.
    Person,
    /// Written by Creel for the model: a note that the turn was interrupted, what a person changed in a call.
    Creel,
}

/// One entry of a transcript.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Item {
    Prompt {
        blocks: Vec<Block>,
        origin: Origin,
    },
    /// What the model said.
    Answer {
        text: String,
        /// The answer broke off here: interrupted, or the connection was lost.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        cut: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opaque: Option<Opaque>,
    },
    /// Reasoning as far as the provider shows it; the text may be empty when only the opaque part is given.
    Thought {
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opaque: Option<Opaque>,
    },
    Call(ToolCall),
    Result {
        call: CallId,
        outcome: Outcome,
    },
    /// Something Creel says to the person; the model does not read it.
    Notice {
        text: String,
    },
    /// The person's own `! command` with its output; the model does not read it unless asked.
    Shell {
        command: String,
        outcome: Outcome,
    },
    /// What was said in earlier sessions and Creel put beside the prompt before it, for the model to read.
    Recalled(Recalled),
}

/// What was recalled, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recalled {
    /// As the model reads it: quoted.
    pub text: String,
    /// Where each passage stands, in their order.
    pub sources: Vec<Source>,
    /// The words of the prompt that they hold.
    pub words: Vec<String>,
    /// What it costs, about.
    pub tokens: u64,
}

impl Recalled {
    /// What was recalled, by its items.
    pub fn items(&self) -> impl Iterator<Item = Seq> + '_ {
        self.sources.iter().map(|source| source.item)
    }
}

/// Where a passage stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub session: SessionId,
    pub item: Seq,
    pub title: String,
    pub at: Time,
}

impl Item {
    /// The pictures of a prompt.
    pub fn images(&self) -> impl Iterator<Item = &Image> {
        let blocks = match self {
            Self::Prompt { blocks, .. } => blocks.as_slice(),
            _ => &[],
        };
        blocks.iter().filter_map(Block::as_image)
    }
}
