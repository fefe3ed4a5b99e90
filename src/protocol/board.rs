//! What the board of sessions asks of the log, beyond the sessions that are open.

use std::path::PathBuf;

use crate::protocol::ask::Ask;
use crate::protocol::id::SessionId;
use crate::protocol::session::Card;
use crate::protocol::time::Time;
use crate::protocol::worktree::Worktree;

/// Which sessions are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Each word must be in the title, what it is at, the folder, the model, the state or the id, whatever the case. Without
    /// words the archived are left out.
    pub words: String,
    /// Only of the project this folder belongs to.
    pub here: Option<PathBuf>,
    /// A page of the newest that were active at this time or before; `None`: the first page, and with it all that are at
    /// work, wait, are pinned or were not looked at, however old.
    pub before: Option<Time>,
    pub limit: u32,
}

/// A page of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shelf {
    /// Newest first.
    pub cards: Vec<Card>,
    /// All that were active after this are on the page; `None`: all there are further down. Cards that are on the first page
    /// whatever their age may be older.
    pub reaches: Option<Time>,
    /// How many fit in all.
    pub total: u64,
    /// How many more are put away.
    pub archived: u64,
    /// Held by other processes, with their numbers.
    pub elsewhere: Vec<(SessionId, u32)>,
    /// Seconds that the person's clock is ahead of UTC now.
    pub zone: i32,
}

/// What was said last in a session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Glimpse {
    /// First lines of the person's last prompt and of the last answer; empty where there is none.
    pub prompt: String,
    pub answer: String,
    /// What waits for the person longest.
    pub ask: Option<Ask>,
}

/// How much of the log a session is, and what a deletion leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Weight {
    pub items: u64,
    pub bytes: u64,
    /// The worktree that was made for it, where its folder is still there: that stays.
    pub worktree: Option<Worktree>,
}
