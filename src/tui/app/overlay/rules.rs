//! The rules there are: found by their words, taken away one by one, or all that lie unused.

use crate::protocol::query;
use crate::protocol::rule::{KeptRule, Rule};
use crate::protocol::time::Time;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::overlay::pick::{Pick, Picked};
use crate::tui::app::overlay::{Reply, Wish};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules {
    /// `None` until they were read.
    pub all: Option<query::Rules>,
    pub pick: Pick,
    pub failed: Option<String>,
    /// What a second press takes away.
    pub removing: Option<Removing>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removing {
    Marked,
    Unused,
}

/// One row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Row<'a> {
    Kept(&'a KeptRule),
    Config(&'a Rule),
}

impl Row<'_> {
    pub fn text(&self) -> &str {
        match self {
            Self::Kept(kept) => &kept.text,
            Self::Config(rule) => &rule.text,
        }
    }
}

impl Rules {
    /// Those that fit what is typed: the newest that was kept first, those of the config last.
    pub fn shown(&self) -> Vec<Row<'_>> {
        let all = self.all.iter();
        let rows = all.flat_map(|all| {
            let kept = all.kept.iter().rev().map(Row::Kept);
            kept.chain(all.config.iter().map(Row::Config))
        });
        rows.filter(|row| self.pick.fits(row.text())).collect()
    }

    pub fn now(&self) -> Time {
        self.all.as_ref().map_or(Time::default(), |all| all.now)
    }

    /// The numbers of those that lie unused or have ended.
    pub fn unused(&self) -> Vec<u32> {
        let kept = self.all.iter().flat_map(|all| &all.kept);
        let unused = kept.filter(|kept| kept.is_unused(self.now()));
        unused.map(|kept| kept.number).collect()
    }

    pub fn insert(&mut self, text: &str) {
        self.removing = None;
        self.pick.insert(text);
    }

    pub fn key(&mut self, press: Press) -> Reply {
        let before = self.removing.take();
        let shown = self.shown();
        let count = shown.len();
        let marked = match shown.get(self.pick.at) {
            Some(Row::Kept(kept)) => Some(kept.number),
            _ => None,
        };
        let (wanted, numbers) = match press.action {
            Some(Action::RulesRemove) => (Removing::Marked, Vec::from_iter(marked)),
            Some(Action::RulesUnused) => (Removing::Unused, self.unused()),
            _ => {
                return match self.pick.key(press, count) {
                    Picked::Closed => Reply::Close,
                    Picked::Moved | Picked::Chosen => Reply::Stay,
                };
            }
        };
        if numbers.is_empty() {
            return Reply::Stay;
        }
        if before == Some(wanted) {
            return Reply::Do(Wish::RemoveRules(numbers));
        }
        self.removing = Some(wanted);
        Reply::Stay
    }
}
