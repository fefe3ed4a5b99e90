//! Forgetting a hit: the whole session that it stands in is deleted, so it is asked, with what would go. Behind it waits the search.

use crate::protocol::board::Weight;
use crate::protocol::id::SessionId;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::overlay::memory::Memory;
use crate::tui::app::overlay::quit::yes_or_no;
use crate::tui::app::overlay::{Reply, Wish};

#[derive(Debug, Clone, PartialEq)]
pub struct Forget {
    pub memory: Box<Memory>,
    pub session: SessionId,
    pub title: String,
    /// What would go; until it is known there is no yes.
    pub weight: Option<Weight>,
    /// Starts on the no, so that Enter alone changes nothing.
    pub highlight: Option<usize>,
}

impl Forget {
    pub fn key(&mut self, press: Press) -> Reply {
        match yes_or_no(&mut self.highlight, press, Wish::Forget) {
            Reply::Do(_) if self.weight.is_none() => Reply::Stay,
            // What is begun to be typed is none of the letters among the hits.
            Reply::Beneath => Reply::Stay,
            reply => reply,
        }
    }
}
