//! Closing a session that is not kept: asked once, since nothing of it is left afterwards.

use crate::tui::app::keymap::press::Press;
use crate::tui::app::overlay::quit::yes_or_no;
use crate::tui::app::overlay::{Reply, Wish};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discard {
    pub title: String,
    /// Starts on the no, so that Enter alone changes nothing.
    pub highlight: Option<usize>,
}

impl Discard {
    pub fn key(&mut self, press: Press) -> Reply {
        yes_or_no(&mut self.highlight, press, Wish::Discard)
    }
}
