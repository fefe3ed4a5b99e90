//! What holds commands, in the words of the screen. Until that is told, right after the start, nothing is said of it.

use crate::protocol::event::{Event, Fact};
use crate::protocol::query::Query;
use crate::protocol::sandbox::{Hold, Level};
use crate::tui::app::App;
use crate::tui::app::message::{Cmd, Tag};

/// What holds now.
pub fn ask_sandbox() -> Cmd {
    Cmd::Ask(Tag::Sandbox, Query::Sandbox)
}

impl App {
    /// A command began at another level than is shown: it was measured anew.
    pub fn holds_otherwise(&self, event: &Event) -> Option<Cmd> {
        let Fact::CallStarted {
            birth: Some(birth), ..
        } = &event.fact
        else {
            return None;
        };
        let shown = self.hold.as_ref()?.level;
        (birth.level != shown).then(ask_sandbox)
    }

    /// For a line with little room.
    pub fn held(&self) -> Option<(Level, &'static str)> {
        let level = self.hold.as_ref()?.level;
        Some((
            level,
            match level {
                Level::None => "no sandbox",
                Level::Partial => "sandbox partial: files NOT protected",
                Level::Restricted => "restricted",
                Level::Contained => "contained",
            },
        ))
    }

    /// What mode `auto` is.
    pub fn auto_means(&self) -> &'static str {
        match &self.hold {
            Some(hold) if hold.given_up => {
                "also runs commands without asking, and there is no sandbox"
            }
            Some(hold) if !hold.lets_run() => {
                "would also run commands, but the sandbox is too weak here: each is asked about"
            }
            Some(_) | None => {
                "also runs commands without asking, in the sandbox, but asks for the network"
            }
        }
    }

    /// The same, where it is asked whether it is meant.
    pub fn auto_warns(&self) -> String {
        let what = match &self.hold {
            Some(hold) if hold.given_up => {
                "Commands run without asking, with your rights: there is no sandbox."
            }
            Some(hold) if !hold.lets_run() => {
                "The sandbox is too weak here, so each command is asked about all the same."
            }
            Some(_) | None => {
                "Commands run without asking, in the sandbox: they write in the folder and in build caches, and ask for the network."
            }
        };
        format!("{what} For a while alone: /mode auto 45m $3")
    }

    /// Below the frame of the first page.
    pub fn held_fact(&self) -> String {
        match &self.hold {
            None => String::new(),
            Some(hold) if hold.given_up => {
                "none, by --no-sandbox: commands run with your rights".to_owned()
            }
            Some(hold) if hold.level == Level::None => {
                "none: commands have your rights, so each asks".to_owned()
            }
            Some(Hold { level, .. }) => format!("{level}: {}", level.meaning()),
        }
    }
}
