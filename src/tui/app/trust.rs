//! What waits to be trusted: asked for where a folder brings something, and said once.

use std::path::PathBuf;

use crate::protocol::op::{Manage, Op};
use crate::protocol::query::Query;
use crate::protocol::session::Change;
use crate::protocol::trust::Trust as All;
use crate::tui::app::App;
use crate::tui::app::keymap::Action;
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::trust::Trust;
use crate::tui::app::view::Stage;

impl App {
    pub fn open_trust(&mut self) -> Vec<Cmd> {
        let session = self.view().session.as_ref();
        let read = session.and_then(|session| session.untrusted.clone());
        self.show(Overlay::Trust(Trust {
            read,
            ..Trust::default()
        }));
        self.look_for_trust()
    }

    pub fn look_for_trust(&self) -> Vec<Cmd> {
        let cwd = self.view().cwd().to_owned();
        vec![Cmd::Ask(Tag::Trust, Query::Trust(cwd))]
    }

    /// What the folder of a session brings was looked at. Where nobody asked to see it, it is said once that something waits.
    pub fn trust_found(&mut self, found: All) {
        if let Some(Overlay::Trust(overlay)) = &mut self.overlay {
            overlay.all = Some(found);
            overlay.pressed = None;
            overlay.pick.at = overlay.pick.at.min(overlay.shown().len().saturating_sub(1));
            return;
        }
        let said = match found.waiting() {
            0 => return,
            1 => "this folder brings a rule".to_owned(),
            count => format!("this folder brings {count} rules"),
        };
        let key = self.keymap().way(Action::Trust);
        self.notices.push(format!(
            "{said} that would let calls run; nothing of it holds until you trust it: {key}"
        ));
    }

    pub fn accept(&self, texts: Vec<String>) -> Vec<Cmd> {
        let cwd: PathBuf = self.view().cwd().to_owned();
        vec![Cmd::Manage(self.view().id, Manage::Accept { cwd, texts })]
    }

    /// The person says that what the session read is fine.
    pub fn vouch(&mut self) -> Vec<Cmd> {
        let view = self.view();
        if view.stage == Stage::Fresh || view.read_only.is_some() {
            return Vec::new();
        }
        let id = view.id;
        if let Some(Overlay::Trust(overlay)) = &mut self.overlay {
            overlay.read = None;
            overlay.pick.at = 0;
        }
        let change = Change::Vouched;
        vec![Cmd::Send(self.command(id, Op::Change { change }))]
    }
}
