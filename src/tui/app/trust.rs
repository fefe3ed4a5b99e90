//! What waits to be trusted: asked for where a folder brings something, and said once.

use std::path::{Path, PathBuf};

use crate::protocol::id::{Seq, SessionId};
use crate::protocol::op::{Manage, Op};
use crate::protocol::query::Query;
use crate::protocol::session::Change;
use crate::protocol::trust::Trust as All;
use crate::tui::app::App;
use crate::tui::app::keymap::Action;
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::pick::Pick;
use crate::tui::app::overlay::trust::Trust;
use crate::tui::app::saying::Matter;

impl App {
    pub fn open_trust(&mut self) -> Vec<Cmd> {
        let view = self.view();
        let cwd = view.cwd().to_owned();
        // Of a session that another process has it is said there.
        let own = view.session.as_ref().filter(|_| view.read_only.is_none());
        let read = own.map_or(&[][..], |session| &session.untrusted);
        let overlay = Trust {
            session: view.id,
            cwd: cwd.clone(),
            read: read.iter().map(|(_, read)| read.clone()).collect(),
            until: own.map_or(Seq(0), |session| session.last_seq),
            all: None,
            pick: Pick::default(),
            failed: None,
            pressed: None,
            now: self.now.since,
        };
        let look = look_for_trust(overlay.session, &cwd);
        // It asked to be looked at.
        self.notice_of(Matter::Trust(cwd), None);
        self.show(Overlay::Trust(overlay));
        vec![look]
    }

    /// A key comes to the list: how long after the last one counts there.
    pub fn trust_hears(&mut self) {
        if let Some(Overlay::Trust(overlay)) = &mut self.overlay {
            overlay.now = self.now.since;
        }
    }

    /// The list that is open, looked at anew.
    pub fn look_for_trust_again(&self) -> Vec<Cmd> {
        match &self.overlay {
            Some(Overlay::Trust(overlay)) => vec![look_for_trust(overlay.session, &overlay.cwd)],
            _ => Vec::new(),
        }
    }

    /// A folder that was looked at brings something: it is asked for what of it waits.
    pub fn brings(&self, folder: &Path) -> Option<Cmd> {
        let view = self.views.iter().find(|view| view.cwd() == folder)?;
        Some(look_for_trust(view.id, folder))
    }

    /// What the folder of a session brings was looked at. Where nobody asked to see it, it is said once that something waits.
    pub fn trust_found(&mut self, session: SessionId, found: All) {
        if let Some(Overlay::Trust(overlay)) = &mut self.overlay
            && overlay.session == session
        {
            overlay.all = Some(found);
            overlay.pressed = None;
            overlay.pick.at = overlay.pick.at.min(overlay.shown().len().saturating_sub(1));
            return;
        }
        let Some(view) = self.views.iter().find(|view| view.id == session) else {
            return;
        };
        let of = Matter::Trust(view.cwd().clone());
        let rules = match found.waiting() {
            0 => return self.notice_of(of, None),
            1 => "a rule that would let calls run unasked; it does nothing until you trust it"
                .to_owned(),
            count => format!(
                "{count} rules that would let calls run unasked; they do nothing until you trust them"
            ),
        };
        let folder = self.setup.path(view.cwd());
        let key = self.keymap().way(Action::Trust);
        self.notice_of(of, Some(format!("{folder} brings {rules}: {key}")));
    }

    pub fn accept(&self, session: SessionId, cwd: PathBuf, text: String) -> Vec<Cmd> {
        let texts = vec![text];
        vec![Cmd::Manage(session, Manage::Accept { cwd, texts })]
    }

    /// The person says that what the session read is fine.
    pub fn vouch(&mut self, session: SessionId, until: Seq) -> Vec<Cmd> {
        if let Some(Overlay::Trust(overlay)) = &mut self.overlay {
            overlay.read.clear();
            overlay.pick.at = 0;
        }
        let change = Change::Vouched { until };
        vec![Cmd::Send(self.command(session, Op::Change { change }))]
    }
}

fn look_for_trust(session: SessionId, cwd: &Path) -> Cmd {
    Cmd::Ask(Tag::Trust(session), Query::Trust(cwd.to_owned()))
}
