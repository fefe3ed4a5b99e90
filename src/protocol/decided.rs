//! What was decided on calls in a day, by whom.

use crate::protocol::id::SessionId;
use crate::protocol::rule::By;
use crate::protocol::time::Time;

/// How many calls were decided on by whom, and the newest of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decided {
    pub by_person: u64,
    pub by_rule: u64,
    pub by_mode: u64,
    pub denied: u64,
    /// The newest first; reads that a mode let run are counted and not listed.
    pub rows: Vec<DecidedRow>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DecidedRow {
    pub session: SessionId,
    pub at: Time,
    pub tool: String,
    pub subject: String,
    pub denied: bool,
    pub by: By,
}

impl Decided {
    pub fn is_empty(&self) -> bool {
        self.by_person + self.by_rule + self.by_mode + self.denied == 0
    }
}
