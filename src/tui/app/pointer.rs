//! What a click does: it gives the focus to what it fell on, and answers nothing.

use crate::protocol::id::SessionId;
use crate::tui::app::pane::PaneId;
use crate::tui::app::{App, Focus};

/// What can be clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// A session in the top line, by its index.
    Tab(usize),
    /// A session of the board.
    Row(SessionId),
    /// An ask in the list of the inbox, by its place there.
    Waiting(usize),
    /// Whether the board lists this project or all.
    Scope,
    Pane(PaneId, Part),
}

/// Which part of a pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The ask or the card over the composer.
    Card,
    Transcript,
    Composer,
    /// Its frame, and what lies between its parts.
    Frame,
}

impl App {
    pub fn click(&mut self, spot: Spot) {
        self.leader = None;
        if self.overlay.is_some() || self.board.is_some() || self.first_run.is_some() {
            return;
        }
        let (pane, part) = match spot {
            Spot::Tab(index) => {
                if self
                    .views
                    .get(index)
                    .is_some_and(|view| view.id != self.pane().session)
                {
                    self.go_to(index);
                }
                return;
            }
            Spot::Pane(pane, part) => (pane, part),
            // Those of the board and the inbox, which are not open.
            Spot::Row(_) | Spot::Scope | Spot::Waiting(_) => return,
        };
        let came = pane != self.panes.focus();
        self.focus_pane(pane);
        match part {
            // A click is no key: what has the focus must be quiet anew.
            Part::Card if matches!(self.focus, Focus::Ask(_) | Focus::Card(_)) => {
                self.quiet_again();
            }
            Part::Card => self.to_cards(),
            Part::Transcript => self.focus = Focus::Transcript,
            Part::Composer => self.focus = Focus::Composer,
            Part::Frame if came => {}
            Part::Frame => self.quiet_again(),
        }
    }
}
