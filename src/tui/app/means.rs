//! What every part of the workstation takes hold of: a folder that is known, a command under a number of its own.

use std::path::Path;

use crate::protocol::id::{CommandId, SessionId};
use crate::protocol::op::{Command, Op};
use crate::tui::app::App;
use crate::tui::app::setup::Place;

impl App {
    /// What is known of a folder.
    pub fn place(&self, folder: &Path) -> Option<&Place> {
        self.places.get(folder)
    }

    /// The command for an op on a session, under a number of its own.
    pub fn command(&mut self, session: SessionId, op: Op) -> Command {
        Command {
            id: CommandId(self.number()),
            session,
            op,
        }
    }

    /// A number of its own for what is asked.
    pub fn number(&mut self) -> u64 {
        self.next_command += 1;
        self.next_command
    }
}
