//! What a click does: it gives the focus to what it fell on, and answers nothing.

use crate::tui::app::{App, Focus};

/// What can be clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// The ask or the card over the composer.
    Card,
    Transcript,
    Composer,
}

impl App {
    pub fn click(&mut self, spot: Spot) {
        self.leader = None;
        if self.overlay.is_some() || self.first_run.is_some() {
            return;
        }
        match spot {
            // A click is no key: what has the focus must be quiet anew.
            Spot::Card if matches!(self.focus, Focus::Ask(_) | Focus::Card(_)) => {
                self.quiet_again();
            }
            Spot::Card => self.to_cards(),
            Spot::Transcript => self.focus = Focus::Transcript,
            Spot::Composer => self.focus = Focus::Composer,
        }
    }
}
