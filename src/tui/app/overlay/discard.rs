//! Closing a session that is not kept: asked once, since nothing of it is left afterwards.

use crate::protocol::id::SessionId;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::overlay::quit::yes_or_no;
use crate::tui::app::overlay::{Reply, Wish};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discard {
    /// The one that is asked about, whatever is looked at when the answer comes.
    pub session: SessionId,
    pub title: String,
    /// Starts on the no, so that Enter alone changes nothing.
    pub highlight: Option<usize>,
}

impl Discard {
    pub fn key(&mut self, press: Press) -> Reply {
        yes_or_no(&mut self.highlight, press, Wish::Discard(self.session))
    }
}
