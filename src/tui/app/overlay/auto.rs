//! Before commands run without asking: asked on the round through the modes, where one key too many is soon pressed.

use crate::protocol::rule::Mode;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::overlay::quit::yes_or_no;
use crate::tui::app::overlay::{Reply, Wish};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auto {
    /// The mode that holds, and stays without a yes.
    pub from: Mode,
    /// Starts on the no, so that Enter alone changes nothing.
    pub highlight: Option<usize>,
}

impl Auto {
    pub fn key(&mut self, press: Press) -> Reply {
        yes_or_no(&mut self.highlight, press, Wish::Mode(Mode::Auto))
    }
}
