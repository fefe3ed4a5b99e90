//! When memory that is no longer used is given back: once something large is gone and all who held it have let go.

use std::time::Duration;

use crate::tui::app::App;
use crate::tui::app::message::Cmd;

/// The engine closes its part of a session meanwhile, and the frame is drawn that no longer shows it.
const REST: Duration = Duration::from_secs(1);

impl App {
    /// Something large is gone, or will be in a moment.
    pub fn let_go(&mut self) {
        self.unused = Some(self.now.since + REST);
    }

    pub fn give_back(&mut self) -> Option<Cmd> {
        self.unused.filter(|&due| due <= self.now.since)?;
        self.unused = None;
        Some(Cmd::GiveMemoryBack)
    }
}
