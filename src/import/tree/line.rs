//! The lines of a session as a tree: what pi writes in versions 1 to 3, and `OpenClaw` after it.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::import::value::{Count, Text};
use crate::protocol::usage::Usage;

/// What is read of every line. The header, of type `session`, has more of its own.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    /// 8 digits; absent in version 1.
    #[serde(borrow, default)]
    pub id: Option<Text<'a>>,
    /// The line that this one follows; absent at the root.
    #[serde(borrow, default)]
    pub parent_id: Option<Text<'a>>,
    /// RFC 3339, where `message.timestamp` is in milliseconds.
    #[serde(borrow, default)]
    pub timestamp: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub message: Option<&'a RawValue>,
}

/// The header.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header<'a> {
    #[serde(borrow, default)]
    pub id: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub cwd: Option<Text<'a>>,
    /// The file of the session that this one was forked from.
    #[serde(borrow, default)]
    pub parent_session: Option<Text<'a>>,
    /// The same in version 1.
    #[serde(borrow, default)]
    pub branched_from: Option<Text<'a>>,
    /// Of version 1, which says the model here.
    #[serde(borrow, default)]
    pub provider: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub model_id: Option<Text<'a>>,
}

/// What lines without a message say. Which fields there are depends on the type.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Note<'a> {
    /// Of `model_change`.
    #[serde(borrow, default)]
    pub provider: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub model_id: Option<Text<'a>>,
    /// Of `compaction` and `branch_summary`.
    #[serde(borrow, default)]
    pub summary: Option<Text<'a>>,
    /// Of `session_info`.
    #[serde(borrow, default)]
    pub name: Option<Text<'a>>,
    /// Of `custom_message`, which an extension put before the model.
    #[serde(borrow, default)]
    pub custom_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub content: Option<&'a RawValue>,
    #[serde(default)]
    pub display: Option<bool>,
}

/// `message`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message<'a> {
    #[serde(borrow, default)]
    pub role: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub content: Option<&'a RawValue>,
    /// Milliseconds.
    #[serde(default)]
    pub timestamp: Option<f64>,
    #[serde(borrow, default)]
    pub provider: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub model: Option<Text<'a>>,
    #[serde(default)]
    pub usage: Option<Used>,
    /// Of `toolResult`.
    #[serde(borrow, default)]
    pub tool_call_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub tool_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub details: Option<&'a RawValue>,
    #[serde(default)]
    pub is_error: Option<bool>,
    /// Of `bashExecution`: the person's own command.
    #[serde(borrow, default)]
    pub command: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub output: Option<Text<'a>>,
    #[serde(default)]
    pub exit_code: Option<i32>,
    /// Of `branchSummary` and `compactionSummary`.
    #[serde(borrow, default)]
    pub summary: Option<Text<'a>>,
    /// Of `custom` and, in version 2, `hookMessage`.
    #[serde(borrow, default)]
    pub custom_type: Option<Text<'a>>,
    #[serde(default)]
    pub display: Option<bool>,
}

/// A block of an assistant's content.
#[derive(Debug, Deserialize)]
pub struct Block<'a> {
    #[serde(borrow, rename = "type", default)]
    pub kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub text: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub thinking: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub id: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub name: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub arguments: Option<&'a RawValue>,
}

/// `message.details` of a tool that ran a command.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Details {
    pub exit_code: Option<i32>,
}

/// `message.usage`. `input` is what was neither read from nor written to a cache.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Used {
    input: Count,
    output: Count,
    cache_read: Count,
    cache_write: Count,
    reasoning: Option<Count>,
    cost: Option<Cost>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cost {
    total: Option<f64>,
}

impl Used {
    pub fn usage(&self) -> Usage {
        Usage {
            input: self.input.0,
            cache_read: self.cache_read.0,
            cache_write: self.cache_write.0,
            output: self.output.0,
            reasoning: self.reasoning.map(|count| count.0),
            ..Usage::default()
        }
    }

    /// In dollars; 0 also where the price is not known.
    pub fn cost(&self) -> f64 {
        let cost = self.cost.as_ref();
        cost.and_then(|cost| cost.total).unwrap_or(0.0)
    }
}
