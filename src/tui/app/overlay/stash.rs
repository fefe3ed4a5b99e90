//! The drafts that were put by: found by their words, put back, or dropped.

use crate::protocol::query::Stashed;
use crate::tui::app::chip::told;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::overlay::pick::{Pick, Picked};
use crate::tui::app::overlay::{Reply, Wish};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stash {
    /// Newest first, each with what is shown of it; `None` until they were read.
    pub rows: Option<Vec<Row>>,
    pub pick: Pick,
    pub failed: Option<String>,
    /// The one that a second press drops.
    pub dropping: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub stashed: Stashed,
    /// In words, chips as their labels.
    pub told: String,
}

impl Stash {
    pub fn read(&mut self, stashed: Vec<Stashed>) {
        let rows = stashed.into_iter().map(|stashed| Row {
            told: told(&stashed.text),
            stashed,
        });
        self.rows = Some(rows.collect());
    }

    pub fn insert(&mut self, text: &str) {
        self.dropping = false;
        self.pick.insert(text);
    }

    pub fn shown(&self) -> Vec<&Row> {
        let rows = self.rows.iter().flatten();
        rows.filter(|row| self.pick.fits(&row.told)).collect()
    }

    pub fn key(&mut self, press: Press) -> Reply {
        let chosen = self
            .shown()
            .get(self.pick.at)
            .map(|row| row.stashed.clone());
        let count = self.shown().len();
        let dropping = std::mem::take(&mut self.dropping);
        let drops = press.action == Some(Action::StashDrop);
        match (press.action, chosen) {
            (Some(Action::StashCopy), Some(stashed)) => {
                return Reply::Do(Wish::Unstash {
                    stashed,
                    stays: true,
                });
            }
            (_, Some(stashed)) if drops && dropping => {
                if let Some(rows) = &mut self.rows {
                    rows.retain(|row| row.stashed.id != stashed.id);
                }
                self.pick.at = self.pick.at.min(self.shown().len().saturating_sub(1));
                return Reply::Do(Wish::DropStashed(stashed));
            }
            (_, chosen) if drops => {
                self.dropping = chosen.is_some();
                return Reply::Stay;
            }
            (Some(Action::Choose), Some(stashed)) => {
                return Reply::Do(Wish::Unstash {
                    stashed,
                    stays: false,
                });
            }
            _ => {}
        }
        match self.pick.key(press, count) {
            Picked::Closed => Reply::Close,
            Picked::Moved | Picked::Chosen => Reply::Stay,
        }
    }
}
