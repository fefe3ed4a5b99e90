//! What is known of a model beside the conversation, and what only its server can say.

use serde::{Deserialize, Serialize};

/// What is known of a model where its request is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Told {
    /// Tokens of its window: what the person says of it, else what the server says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<u64>,
    /// How it can be asked to reason; `None` where nobody said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<Thinking>,
    /// Whether it takes pictures; `None` where nobody said. No request says it.
    #[serde(skip)]
    pub images: Option<bool>,
}

impl Told {
    /// Nothing that a request could say.
    pub fn is_silent(&self) -> bool {
        self.window.is_none() && self.thinking.is_none()
    }
}

/// The ways a model can be asked to reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thinking {
    /// It cannot, and refuses to be asked.
    Never,
    /// On or off.
    Switched,
    /// In steps, and never not at all.
    Steps,
}
