//! What can go wrong with a model call, one kind per reaction, and why a model stopped.

use serde::{Deserialize, Serialize};

/// The kinds of the command line's `error.kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The key was refused, is missing, or has no credit: ask for another, never retry.
    Auth,
    /// Too many requests: wait as told.
    Rate,
    /// The provider is overloaded or has an internal error: wait and ask again.
    Overloaded,
    /// No way there, or the answer broke off: ask again.
    Network,
    /// The prompt is longer than the model's window: ask for less.
    TooLong,
    /// The model or a filter would not answer: shown, never retried by itself.
    Refused,
    /// The request itself is wrong: never retried.
    BadRequest,
    /// The answer was not of the dialect: shown with its beginning.
    Protocol,
    /// The config names something that is not there.
    Config,
    /// A fault of Creel.
    Internal,
}

/// One failure, in words a person can act on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about a failure"
)]
pub struct Failure {
    pub kind: FailureKind,
    /// One line: what, where, the way out. Free of keys and control characters.
    pub message: String,
    /// The HTTP status, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How long the provider said to wait, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// The same as an instant, in milliseconds, where nothing said what time it is there; whoever has a clock makes a wait of it.
    #[serde(skip)]
    pub retry_at: Option<i64>,
    /// The provider's own word on whether to retry (`x-should-retry`), which wins over the kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub should_retry: Option<bool>,
    /// There was no way to the server, so the request never left: nothing can have been charged for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsent: bool,
    /// The request was written and no answer began: it may have been taken, and be charged for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sent: bool,
    /// The connection had been kept from a request before and was found dead, which says nothing of the server: the next is a new one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stale: bool,
    /// Most likely nobody will ever answer at that address: the network is there and the host is not, or no server of this machine.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nowhere: bool,
    /// The key is good and its account has no credit left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub spent: bool,
}

impl Failure {
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            status: None,
            retry_after: None,
            retry_at: None,
            should_retry: None,
            unsent: false,
            sent: false,
            stale: false,
            nowhere: false,
            spent: false,
        }
    }
}

/// Why the model ended its answer; the command line's `stop_reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    End,
    /// It waits for the results of its calls.
    Tool,
    /// Cut by the output limit: a call in it may be incomplete and is never run.
    Length,
    Refusal,
    Filter,
    StopSequence,
    /// The provider paused a long turn: the turn is sent back as it is.
    Pause,
    Error,
}
