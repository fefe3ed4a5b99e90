//! What is known of a request beside the conversation, and how the requests of a session stand to their prompt cache.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::protocol::effort::Effort;
use crate::protocol::id::{ModelRef, Seq};
use crate::protocol::money::Money;
use crate::protocol::time::Time;
use crate::protocol::told::Told;
use crate::protocol::usage::{CacheLife, Usage};

/// What a request was made with, beside model, system text, tools and conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The most tokens the answer may have.
    pub max_output: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    #[serde(default)]
    pub life: CacheLife,
}

/// A request's body by its name, so that one built again from the log can be told to be the one that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentBody {
    pub bytes: u64,
    /// The first half of its SHA-256, in hexadecimal.
    pub hash: String,
    #[serde(flatten)]
    pub made: Made,
    /// Names of tools that the model was not told of, since rules took them away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
    /// What was known of the model as it was sent, where the request says it.
    #[serde(default, skip_serializing_if = "Told::is_silent")]
    pub told: Told,
}

/// One request of a session beside the one before.
#[derive(Debug, Clone, PartialEq)]
pub struct CacheRow {
    pub seq: Seq,
    pub at: Time,
    pub turn: u32,
    pub step: u32,
    pub attempt: u32,
    pub model: ModelRef,
    /// Its body without the marks of the cache, in bytes.
    pub bytes: Option<u64>,
    /// `None` for the first request, and where either of the two cannot be told.
    pub against: Option<Against>,
    /// Why its body, or the one before, cannot be told.
    pub untold: Option<String>,
    /// Since the answer before.
    pub idle: Option<Duration>,
    /// What the provider reported; `None` where it reported nothing.
    pub usage: Option<Usage>,
    /// The server says nothing of caching: what was read is not known, and not nothing.
    pub unreported: bool,
    /// Tokens that stood in the prompt before and were not read from the cache, and why.
    pub missed: u64,
    pub miss: Option<Miss>,
    /// What those cost more than if they had been read, by the price of then; `None` where that was not
    /// known, or not kept.
    pub lost: Option<Money>,
}

/// A body beside the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Against {
    /// Bytes of the body before.
    pub before: u64,
    /// Bytes both begin with.
    pub common: u64,
    /// Where they part; `None` where this one is the one before and more.
    pub broke: Option<Break>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    pub place: Place,
    pub cause: Cause,
}

/// A part of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Model,
    /// Another field at the top, by its name.
    Setting(String),
    System,
    Tools,
    /// Counted from 1.
    Message(u32),
}

/// What changed between two requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    Model,
    Effort,
    /// The most an answer may have: the config or the price table says another limit.
    Output,
    /// Rules took other tools away than before.
    Tools,
    /// There were more pictures than one request may have, and the oldest gave way.
    Pictures,
    /// Nothing that is recorded.
    Unknown,
}

/// Why tokens were not read from the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Miss {
    /// The prefix was another.
    Broke,
    /// The pause was longer than the cache lives.
    Expired,
    Unknown,
}
