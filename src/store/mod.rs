//! The log: an append-only table of facts in SQLite, and what must never lie about it (session cards, the ledger) written in
//! the same transaction. One writer thread merges the commits of many sessions; readers have connections of their own.
//!
//! What it does not do: decide anything, know a clock, or change a fact. `purge` is the one honest exception.

use std::fmt;

use crate::protocol::event::{Event, Fact};
use crate::protocol::id::SessionId;
use crate::protocol::session::Card;
use crate::protocol::time::Time;

/// Facts to be kept together: all of them are on disk when `append` returns, or none.
pub struct Batch {
    pub session: SessionId,
    pub at: Time,
    /// The local day of `at` as `2026-11-23`: what the day's budget and the ledger go by.
    pub day: String,
    pub facts: Vec<Fact>,
    /// Facts kept only if the reservation holds; they include the `ModelCalled` it is for.
    pub reserved: Option<Reservation>,
    /// Whole outputs named by the facts.
    pub blobs: Vec<Vec<u8>>,
    /// Works out the card, and at a turn's end the folded state, from the events as numbered; runs inside the transaction.
    pub derive: Box<dyn FnOnce(&[Event]) -> Derived + Send>,
    /// The step's draft is gone with this commit: its finished item is among the facts.
    pub clears_draft: bool,
}

pub struct Derived {
    pub card: Card,
    /// The fold at this point, stored at each turn's end: a cache that may be deleted.
    pub state: Option<FoldedState>,
}

/// A session's fold after the event of the same transaction with the highest number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldedState {
    /// Of the fold's own form: another version is ignored and folded anew.
    pub version: u32,
    pub body: String,
}

/// Money held for a call before it is sent, checked against the limits in the same transaction, over all processes.
#[derive(Debug, Clone, PartialEq)]
pub struct Reservation {
    /// The worst case in dollars, in parts; 0 for what counts as nothing.
    pub amount: i64,
    /// Limits in parts; `None` where there is none.
    pub day_limit: Option<i64>,
    pub session_limit: Option<i64>,
    pub facts: Vec<Fact>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Appended {
    pub events: Vec<Event>,
    /// The reservation did not fit, and its facts were not kept.
    pub over: Option<Over>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Over {
    pub day: bool,
    /// Charged and reserved so far against that limit, in parts.
    pub used: i64,
    pub limit: i64,
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("session", &self.session)
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}
