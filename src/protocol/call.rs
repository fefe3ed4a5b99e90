//! Tool calls: what the model asked for, what it would touch, how it ended.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::protocol::id::CallId;
use crate::protocol::item::Opaque;

/// One call as the model asked for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    pub id: CallId,
    /// The provider's own id, given back to the same family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire_id: Option<String>,
    pub name: String,
    /// The arguments as they were sent, byte for byte, so that they can be sent back so. Not necessarily JSON.
    pub arguments: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opaque: Option<Opaque>,
}

impl ToolCall {
    /// The arguments as the object they should be. No arguments at all is the empty object.
    pub fn input(&self) -> Result<Value, String> {
        parse_arguments(&self.arguments)
    }
}

/// The argument text of a call as an object; the error is what the model is told.
pub fn parse_arguments(arguments: &str) -> Result<Value, String> {
    if arguments.trim().is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    match serde_json::from_str::<Value>(arguments) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err("the arguments must be one JSON object".to_owned()),
        Err(error) => Err(format!("the arguments are not valid JSON: {error}")),
    }
}

/// What a tool is called and takes, as the model is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    pub name: String,
    pub description: String,
    /// JSON schema of the arguments.
    pub schema: Value,
}

/// What a call would touch: facts for the permission decision and for the card that asks. Paths are absolute and
/// normalised, without `..`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Reach {
    Read {
        path: PathBuf,
    },
    Write {
        path: PathBuf,
    },
    /// A command line for a shell.
    Run {
        command: String,
    },
    /// An output of this session that was kept whole (`output:N`).
    Output {
        number: u32,
    },
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    /// The tool did its work; a command that ended by itself is done whatever its exit status.
    Done,
    /// The tool could not: bad arguments, no such file, timeout.
    Failed,
    /// The person, a rule or the mode said no.
    Denied,
    /// Stopped before it ended, or never begun because the turn ended.
    Cancelled,
    /// Creel died while it ran: whether it took effect is not known. It is never run again by itself.
    Lost,
}

/// How a call ended, what the model reads of it, and what a card shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub kind: OutcomeKind,
    /// What the model reads, already cut to the limits.
    pub text: String,
    /// Of a command that ended by itself; 128 + signal where a signal ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// Wall time of the tool in milliseconds.
    #[serde(default)]
    pub millis: u64,
    #[serde(default)]
    pub detail: Detail,
    /// The whole output, when the model read only a part of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<OutputRef>,
}

impl Outcome {
    fn plain(kind: OutcomeKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
            exit: None,
            millis: 0,
            detail: Detail::None,
            whole: None,
        }
    }

    pub fn done(text: impl Into<String>) -> Self {
        Self::plain(OutcomeKind::Done, text)
    }

    pub fn failed(text: impl Into<String>) -> Self {
        Self::plain(OutcomeKind::Failed, text)
    }

    pub fn denied(text: impl Into<String>) -> Self {
        Self::plain(OutcomeKind::Denied, text)
    }

    pub fn cancelled(text: impl Into<String>) -> Self {
        Self::plain(OutcomeKind::Cancelled, text)
    }

    pub fn lost(text: impl Into<String>) -> Self {
        Self::plain(OutcomeKind::Lost, text)
    }
}

/// A large output kept whole as a blob; the model reads it as `output:NUMBER`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputRef {
    /// Counted from 1 within the session, in the order of calls begun.
    pub number: u32,
    /// SHA-256 of the bytes, in hexadecimal: the name of the blob.
    pub hash: String,
    pub bytes: u64,
    pub lines: u64,
}

/// What a card says beyond the text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Detail {
    #[default]
    None,
    /// Lines shown of a file: `first..=last` of `total`, counted from 1.
    Lines { first: u64, last: u64, total: u64 },
    /// Matches or files found.
    Hits { count: u64 },
    /// A file changed: a unified diff with three lines of context, possibly cut, and its full counts.
    Diff {
        path: String,
        patch: String,
        added: u64,
        removed: u64,
        created: bool,
    },
}
