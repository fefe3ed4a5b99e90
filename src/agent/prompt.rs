//! What a model is asked, in neutral form. A provider turns it into its own dialect; nothing in it depends on one.

use std::sync::Arc;

use crate::protocol::call::{OutcomeKind, ToolSpec};
use crate::protocol::id::ModelRef;
use crate::protocol::reply::Part;

/// One request to a model. Within a session each prompt is the one before with more messages at its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    pub model: ModelRef,
    pub system: Arc<str>,
    /// In a fixed order, the same in every mode.
    pub tools: Arc<[ToolSpec]>,
    pub messages: Vec<Message>,
    /// The most tokens the answer may have.
    pub max_output: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    User {
        text: String,
    },
    /// What the model said before. Every call has a `wire_id` that is legal on the wire; an opaque part is present only when
    /// it came from the very model that is asked now, and is then sent back untouched.
    Assistant {
        parts: Vec<Part>,
    },
    /// The results of all calls of the assistant message before, in the order of the calls.
    Results {
        results: Vec<CallResult>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct CallResult {
    pub wire_id: String,
    pub name: String,
    pub text: String,
    pub outcome: OutcomeKind,
}

impl CallResult {
    /// The tool could not, or was not allowed to: what the wires know beside the text.
    pub fn is_error(&self) -> bool {
        self.outcome != OutcomeKind::Done
    }
}
