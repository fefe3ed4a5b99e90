//! What waits to be trusted: what this session read, and the rules that its folder brings. Each is taken with a second press after
//! a short quiet, and taken back here too.

use std::path::PathBuf;
use std::time::Duration;

use crate::protocol::call::Untrusted;
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::trust::{Brought, Standing, Trust as All};
use crate::tui::app::arming::QUIET;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::overlay::pick::{Pick, Picked};
use crate::tui::app::overlay::{Reply, Wish};

#[derive(Debug, Clone, PartialEq)]
pub struct Trust {
    /// Whose it is: what comes under it meanwhile is not meant.
    pub session: SessionId,
    pub cwd: PathBuf,
    /// What the session read that nobody trusted wrote, up to that fact.
    pub read: Vec<Untrusted>,
    pub until: Seq,
    /// `None` until the folder was looked at.
    pub all: Option<All>,
    pub pick: Pick,
    pub failed: Option<String>,
    /// The row that a second press takes, and when it was pressed.
    pub pressed: Option<(usize, Duration)>,
    /// The time of the key that comes.
    pub now: Duration,
}

/// One row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Row<'a> {
    Read(&'a Untrusted),
    Brought(&'a Brought),
}

impl Trust {
    /// Those that fit what is typed: what was read first, then what waits.
    pub fn shown(&self) -> Vec<Row<'_>> {
        let brought = || self.all.iter().flat_map(|all| &all.brought);
        let is_new = |brought: &&Brought| brought.standing == Standing::New;
        let new = brought().filter(is_new);
        let rest = brought().filter(|brought| !is_new(brought));
        let read = self.read.iter().map(Row::Read);
        read.chain(new.chain(rest).map(Row::Brought))
            .filter(|row| match row {
                Row::Brought(brought) => self.pick.fits(&brought.text),
                Row::Read(_) => self.pick.filter.is_empty(),
            })
            .collect()
    }

    pub fn insert(&mut self, text: &str) {
        self.pressed = None;
        self.pick.insert(text);
    }

    pub fn key(&mut self, press: Press) -> Reply {
        let before = self.pressed.take();
        let shown = self.shown();
        let (count, at) = (shown.len(), self.pick.at);
        let wish = shown.get(at).and_then(|row| self.wish(*row));
        match (self.pick.key(press, count), wish) {
            (Picked::Closed, _) => Reply::Close,
            (Picked::Chosen, Some(wish)) => {
                // A key that is held, or was typed ahead, comes sooner than one that follows a look.
                let looked = |(row, since)| row == at && self.now.saturating_sub(since) >= QUIET;
                if before.is_some_and(looked) {
                    return Reply::Do(wish);
                }
                self.pressed = Some((at, self.now));
                Reply::Stay
            }
            (Picked::Moved | Picked::Chosen, _) => Reply::Stay,
        }
    }

    fn wish(&self, row: Row<'_>) -> Option<Wish> {
        match row {
            Row::Read(_) => Some(Wish::Vouch(self.session, self.until)),
            Row::Brought(brought) => match brought.standing {
                Standing::New => {
                    let text = brought.text.clone();
                    Some(Wish::Accept(self.session, self.cwd.clone(), text))
                }
                Standing::Trusted(number) | Standing::Gone(number) => {
                    Some(Wish::RemoveRules(vec![number]))
                }
                Standing::Narrows | Standing::Unread(_) => None,
            },
        }
    }
}
