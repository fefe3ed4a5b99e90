//! What waits to be trusted: what this session read, and the rules that its folder brings. Each is taken with a second press, and
//! taken back here too.

use crate::protocol::call::Untrusted;
use crate::protocol::trust::{Brought, Standing, Trust as All};
use crate::tui::app::keymap::press::Press;
use crate::tui::app::overlay::pick::{Pick, Picked};
use crate::tui::app::overlay::{Reply, Wish};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trust {
    /// What the session read that nobody trusted wrote.
    pub read: Option<Untrusted>,
    /// `None` until the folder was looked at.
    pub all: Option<All>,
    pub pick: Pick,
    pub failed: Option<String>,
    /// The row that a second press takes.
    pub pressed: Option<usize>,
}

/// One row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Row<'a> {
    Read(&'a Untrusted),
    /// All that are new, where there are several: they stand below, each in full.
    AllNew(usize),
    Brought(&'a Brought),
}

impl Trust {
    /// Those that fit what is typed: what was read first, then what waits.
    pub fn shown(&self) -> Vec<Row<'_>> {
        let waiting = self.all.as_ref().map_or(0, All::waiting);
        let brought = || self.all.iter().flat_map(|all| &all.brought);
        let is_new = |brought: &&Brought| brought.standing == Standing::New;
        let new = brought().filter(is_new);
        let rest = brought().filter(|brought| !is_new(brought));
        let read = self.read.iter().map(Row::Read);
        let all = (waiting > 1 && self.pick.filter.is_empty()).then_some(Row::AllNew(waiting));
        read.chain(all)
            .chain(new.chain(rest).map(Row::Brought))
            .filter(|row| match row {
                Row::Brought(brought) => self.pick.fits(&brought.text),
                Row::Read(_) | Row::AllNew(_) => self.pick.filter.is_empty(),
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
        match self.pick.key(press, count) {
            Picked::Closed => Reply::Close,
            Picked::Moved => Reply::Stay,
            Picked::Chosen => match wish {
                Some(wish) if before == Some(at) => Reply::Do(wish),
                Some(_) => {
                    self.pressed = Some(at);
                    Reply::Stay
                }
                None => Reply::Stay,
            },
        }
    }

    fn wish(&self, row: Row<'_>) -> Option<Wish> {
        match row {
            Row::Read(_) => Some(Wish::Vouch),
            Row::AllNew(_) => {
                let brought = self.all.iter().flat_map(|all| &all.brought);
                let new = brought.filter(|brought| brought.standing == Standing::New);
                Some(Wish::Accept(new.map(|new| new.text.clone()).collect()))
            }
            Row::Brought(brought) => match brought.standing {
                Standing::New => Some(Wish::Accept(vec![brought.text.clone()])),
                Standing::Trusted(number) | Standing::Gone(number) => {
                    Some(Wish::RemoveRules(vec![number]))
                }
                Standing::Narrows | Standing::Unread(_) => None,
            },
        }
    }
}
