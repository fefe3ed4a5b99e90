//! The log: an append-only table of facts in `SQLite`, and what must never lie about it (session cards, the ledger) written in
//! the same transaction. One writer thread merges the commits of many sessions; readers have connections of their own.
//!
//! What it does not do: decide anything, know a clock, or change a fact. `purge` is the one honest exception.

pub mod append;
pub mod blob;
pub mod board;
mod calls;
pub mod copy;
pub mod fault;
pub mod imports;
pub mod kin;
mod ledger;
pub mod log;
pub mod memory;
mod open;
mod packed;
mod place;
mod purge;
pub mod put_back;
pub mod read;
mod report;
pub mod rules;
mod salvage;
mod schema;
mod seal;
mod upcast;
mod writer;

#[cfg(test)]
pub(crate) mod try_out;

use std::fmt;
use std::path::PathBuf;

use crate::protocol::event::{Event, Fact};
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::route::Outcome;
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
    /// When a reservation does not fit its events are not among them, and there may be none at all.
    pub derive: Derive,
    /// The step's draft is gone with this commit: its finished item is among the facts.
    pub clears_draft: bool,
    /// Have it told how model calls ended since this number, these facts with them.
    pub outcomes_after: Option<Seq>,
    /// They are of a session of another program.
    pub import: Option<imports::Import>,
}

/// Follows the events of one batch.
pub type Derive = Box<dyn FnOnce(&[Event]) -> Option<Derived> + Send>;

/// What must never lie about the facts of the same transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// The worst case in dollars, in parts; 0 for what counts as nothing, and always fits.
    pub amount: i64,
    /// Limits in parts; `None` where there is none. The day's is the limit of the config: what answers added to that day
    /// (`Change::DayRaised`) is added here, over all processes.
    pub day_limit: Option<i64>,
    pub session_limit: Option<i64>,
    pub facts: Vec<Fact>,
}

/// What became of a batch that was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Appended {
    pub events: Vec<Event>,
    /// The reservation did not fit, and its facts were not kept.
    pub over: Option<Over>,
    /// How model calls ended, of all sessions and in rising order, where it was asked for and can be read.
    pub outcomes: Option<Vec<Outcome>>,
}

/// The limit a reservation would pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Over {
    /// The day's limit; else the session's.
    pub day: bool,
    /// Charged and reserved so far against that limit, in parts.
    pub used: i64,
    /// In parts; of a day with what was added to it (`Change::DayRaised`).
    pub limit: i64,
}

/// What a purge took away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Purged {
    pub sessions: u64,
    pub events: u64,
    pub blobs: u64,
    /// No byte is left in the database file and its log of writes. False while another process was reading: then the log of
    /// writes goes at the next checkpoint.
    pub complete: bool,
    /// Older copies of the database, left by a migration or a rescue, that a purge does not reach: the person may delete
    /// them.
    pub copies: Vec<PathBuf>,
}

/// Dollars of one local day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Day {
    /// Charged and reserved, in parts.
    pub used: i64,
    /// Charged alone, in parts.
    pub charged: i64,
    /// A part of that is an estimate, or stands in for a price nobody knows.
    pub estimated: bool,
    /// Added to the day's limit by answers, in parts.
    pub raised: i64,
}

/// How much there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub sessions: u64,
    pub events: u64,
    pub blobs: u64,
    /// Of the file and its log of writes.
    pub bytes: u64,
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("session", &self.session)
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}
