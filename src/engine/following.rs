//! How far the index and the tail have come, and what each search sees of the log first: what was said since is taken into the
//! tail, and what was written into the index since is opened.

use std::cell::OnceCell;
use std::collections::HashSet;

use crate::engine::indexing::{self, Indexer};
use crate::memory::document;
use crate::memory::index::{Index, Position};
use crate::memory::tail::Tail;
use crate::protocol::event::Event;
use crate::protocol::id::{Seq, SessionId};
use crate::store::memory::End;
use crate::store::read::Reader;

/// Facts that are read for the tail: the newest of those that the index does not hold. Of more it would be felt while one types.
pub(crate) const TAIL: u32 = 2_000;

/// Bytes of them that are read: of what is indexed of large outputs little is kept, but all of it is read.
const TAIL_BYTES: u64 = 32 << 20;

/// The same of those that came since the last look, where an import brings them: each is read while somebody types.
const FLOOD: u32 = 40;
const FLOOD_BYTES: u64 = 256 << 10;

/// Facts of this home that stay in the tail while more is imported than it takes, and how far back they are looked for.
const OWN: usize = 500;
const LOOKED_THROUGH: u64 = 50_000;

/// Items in the tail from which on they go into the index: a commit costs more than to search so many.
const ENOUGH: usize = 1_000;

/// Index and tail of a home, as far as they have come.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) index: Option<Index>,
    /// How far the index has come.
    pub(crate) position: Position,
    pub(crate) tail: Tail,
    /// The tail holds all that came after this fact.
    from: Seq,
    /// How far the tail has come.
    read: Seq,
    /// Sessions that were purged when the tail was last looked through for them.
    purged: u64,
}

impl State {
    /// Whether what the index does not hold is worth a commit.
    pub(crate) fn follow(
        &mut self,
        indexer: &Indexer,
        reader: &Reader,
        continued: &HashSet<SessionId>,
    ) -> Result<bool, String> {
        let end = reader.end().map_err(|error| error.to_string())?;
        if end.seq < self.read {
            // Another log was put in the place of this one.
            *self = Self::default();
        }
        let refused = self.look(indexer, end, reader)?;
        self.tail.forget_until(self.position.seq.0);
        self.from = self.from.max(self.position.seq);
        self.read = self.read.max(self.position.seq);
        if self.purged != end.purged {
            let purged = reader
                .purged_sessions()
                .map_err(|error| error.to_string())?;
            self.tail.forget_sessions(&purged);
            self.purged = end.purged;
        }
        if self.read < end.seq {
            // Each look goes through all imports, and this may be done for each letter that is typed.
            let known = OnceCell::new();
            let others = || others(&known, reader, continued);
            let (found, whole) = self.newest(reader, others)?;
            let mut own = Vec::new();
            if !whole && let Some((_, first)) = found.first() {
                self.let_others_go(first.seq, others()?);
                own = self.own_before(reader, first.seq, continued)?;
            }
            for (session, event) in own.iter().chain(&found) {
                if let Some(document) = document::of(event, *session) {
                    self.tail.add(&document);
                }
            }
            self.read = end.seq;
            if self.tail.len() > TAIL as usize * 2 + OWN {
                let last = self.tail.keep_newest(TAIL as usize, (others()?, OWN));
                self.from = self.from.max(Seq(last.unwrap_or_default()));
            }
        }
        Ok(refused || self.tail.len() >= ENOUGH || self.behind() > 0)
    }

    /// The newest facts that the tail does not hold, and whether these are all.
    fn newest<'a>(
        &self,
        reader: &Reader,
        others: impl Fn() -> Result<&'a HashSet<u64>, String>,
    ) -> Result<(Vec<(u64, Event)>, bool), String> {
        let read = |limits| {
            let found = reader.found_newest(self.read, limits);
            found.map_err(|error| error.to_string())
        };
        // Nothing was looked at yet: it is waited for once.
        if self.read > Seq(0) {
            let (found, whole) = read((FLOOD, FLOOD_BYTES))?;
            if whole {
                return Ok((found, whole));
            }
            let others = others()?;
            if found.iter().any(|(session, _)| others.contains(session)) {
                return Ok((found, whole));
            }
        }
        read((TAIL, TAIL_BYTES))
    }

    /// More came than the tail takes, which only an import brings: of what is older than `first` that stays which was said here.
    fn let_others_go(&mut self, first: Seq, others: &HashSet<u64>) {
        self.tail.keep_newest(0, (others, OWN));
        self.from = self.from.max(Seq(first.0.saturating_sub(1)));
    }

    /// What was said here before `first` and is not in the tail.
    fn own_before(
        &self,
        reader: &Reader,
        first: Seq,
        continued: &HashSet<SessionId>,
    ) -> Result<Vec<(u64, Event)>, String> {
        // A look through all of a long import would be felt while one types.
        let after = self.read.max(Seq(first.0.saturating_sub(LOOKED_THROUGH)));
        reader
            .found_here((after, first), continued, (OWN as u32, TAIL_BYTES))
            .map_err(|error| error.to_string())
    }

    /// Sees what the index has come to since; `true`: there is one that cannot be used.
    fn look(&mut self, indexer: &Indexer, end: End, reader: &Reader) -> Result<bool, String> {
        if self.index.is_none() {
            self.index = indexer.open();
        }
        let Some(index) = &self.index else {
            self.position = Position::default();
            return Ok(indexer.is_there());
        };
        match index.position() {
            Some(position) if position == self.position && position.seq <= end.seq => Ok(false),
            // Whoever writes it compares that: all of it would be read here, while somebody waits for an answer.
            Some(_) if !index.is_compared() && indexer.is_written() => Ok(false),
            Some(position) if indexing::is_of(position, end, reader)? && index.reload().is_ok() => {
                self.position = position;
                Ok(false)
            }
            _ => {
                self.index = None;
                self.position = Position::default();
                Ok(true)
            }
        }
    }

    /// Entries of the log between the index and the tail, which nothing finds yet.
    pub(crate) fn behind(&self) -> u64 {
        self.from.0.saturating_sub(self.position.seq.0)
    }
}

/// Sessions of other programs and homes that nobody went on with here.
fn others<'a>(
    known: &'a OnceCell<HashSet<u64>>,
    reader: &Reader,
    continued: &HashSet<SessionId>,
) -> Result<&'a HashSet<u64>, String> {
    if let Some(others) = known.get() {
        return Ok(others);
    }
    let others = reader.sessions_of_others(continued);
    let others = others.map_err(|error| error.to_string())?;
    Ok(known.get_or_init(|| others))
}
