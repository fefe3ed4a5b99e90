//! Stopping every session at once, and which of them go on afterwards.

use crate::protocol::id::SessionId;
use crate::protocol::op::Op;
use crate::protocol::session::State;
use crate::tui::app::App;
use crate::tui::app::message::Cmd;
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::pick::Pick;
use crate::tui::app::overlay::stopped::Stopped;

impl App {
    /// Stops what runs first, and asks then which of it shall go on. The one session that is looked at has a card for that.
    pub fn stop_all(&mut self) -> Vec<Cmd> {
        let running = self.views.iter().filter(|view| view.running());
        let running: Vec<(SessionId, String)> =
            running.map(|view| (view.id, view.title())).collect();
        let ids: Vec<SessionId> = running.iter().map(|session| session.0).collect();
        match ids.as_slice() {
            [] => self.say("nothing runs"),
            [one] if *one == self.view().id => self.say("stopped"),
            _ => self.show(Overlay::Stopped(Stopped {
                sessions: running,
                pick: Pick::default(),
            })),
        }
        ids.into_iter()
            .map(|id| Cmd::Send(self.command(id, Op::Interrupt)))
            .collect()
    }

    /// Goes on with sessions that were stopped; one that has not ended yet stays in the list.
    pub fn goes_on(&mut self, sessions: &[SessionId]) -> Vec<Cmd> {
        let mut gone = Vec::new();
        let mut cmds = Vec::new();
        let mut stops = false;
        for &id in sessions {
            let Some(view) = self.views.iter_mut().find(|view| view.id == id) else {
                gone.push(id);
                continue;
            };
            if view.running() {
                stops = true;
                continue;
            }
            gone.push(id);
            // Whatever came in between, a new prompt say, is not gone on with.
            if view.state() == State::Interrupted {
                view.card_closed = true;
                view.unseen = false;
                cmds.push(Cmd::Send(self.command(id, Op::Continue)));
            }
        }
        if let Some(Overlay::Stopped(overlay)) = &mut self.overlay {
            overlay.without(&gone);
            if overlay.sessions.is_empty() {
                self.close_overlay();
            }
        }
        if stops {
            self.say("a command is still ending: once more in a moment");
        }
        cmds
    }
}
