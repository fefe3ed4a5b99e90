//! A model's whole answer in neutral form, beside which each part keeps what its provider wants back.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::protocol::failure::Stop;
use crate::protocol::item::Opaque;
use crate::protocol::money::Money;
use crate::protocol::usage::Usage;

/// One ordered part of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Part {
    Thought {
        text: String,
        opaque: Option<Opaque>,
    },
    Text {
        text: String,
        opaque: Option<Opaque>,
    },
    Call {
        wire_id: Option<String>,
        name: String,
        arguments: String,
        opaque: Option<Opaque>,
    },
}

/// One of several calls that a server made for one answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Iteration {
    pub usage: Usage,
    /// Another model than the one that was called, as the server names it: an advisor is billed by its own price.
    pub model: Option<String>,
}

/// The answer to one model call, complete or as far as it came.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// In the order the provider numbered them.
    pub parts: Vec<Part>,
    /// `None` until the provider said why it stopped.
    pub stop: Option<Stop>,
    /// The provider's own word for it.
    pub stop_native: Option<String>,
    /// A refusal in the provider's words.
    pub refusal: Option<String>,
    pub usage: Option<Usage>,
    /// The usage object as it was sent; kept with every call.
    pub usage_raw: Option<Value>,
    /// What a person must know of the answer and does not see in it, in one line.
    pub remark: Option<String>,
    /// Events of the answer had come before it failed: its server has taken the prompt, and may charge for it.
    pub begun: bool,
    /// The usage came before the last words, and nothing of it after them: it counts less than was said.
    pub usage_early: bool,
    /// What each of several calls used that the server made for this answer, together `usage`: each is priced alone. Empty
    /// where there was one.
    pub iterations: Vec<Iteration>,
    /// The service tier the server says it answered in, as it names it.
    pub tier: Option<String>,
    /// What the provider says it charges; wins over any table.
    pub reported_cost: Option<Money>,
}

impl Reply {
    /// All text said, without reasoning.
    pub fn text(&self) -> String {
        self.parts
            .iter()
            .filter_map(|part| {
                if let Part::Text { text, .. } = part {
                    Some(text.as_str())
                } else {
                    None
                }
            })
            .collect()
    }

    pub fn thinking(&self) -> String {
        self.parts
            .iter()
            .filter_map(|part| {
                if let Part::Thought { text, .. } = part {
                    Some(text.as_str())
                } else {
                    None
                }
            })
            .collect()
    }

    pub fn has_calls(&self) -> bool {
        self.parts
            .iter()
            .any(|part| matches!(part, Part::Call { .. }))
    }

    /// Nothing a person would miss has arrived yet.
    pub fn is_empty(&self) -> bool {
        self.parts.iter().all(|part| match part {
            Part::Thought { text, .. } | Part::Text { text, .. } => text.is_empty(),
            Part::Call { .. } => false,
        })
    }
}
