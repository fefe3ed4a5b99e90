//! The open sessions: which of them has the keys, and what waits in them for the person.

use crate::agent::session::Waiting;
use crate::protocol::id::{AskId, SessionId};
use crate::tui::app::App;
use crate::tui::app::pane::Pane;
use crate::tui::app::view::View;

impl App {
    /// The tab of the session that the pane with the focus shows.
    pub fn at(&self) -> usize {
        let session = self.panes.focused().session;
        let at = self.views.iter().position(|view| view.id == session);
        // Everything that closes a tab gives its panes another session.
        at.unwrap_or(0)
    }

    pub fn view(&self) -> &View {
        &self.views[self.at()]
    }

    pub fn view_mut(&mut self) -> &mut View {
        let at = self.at();
        let view = &mut self.views[at];
        view.changes += 1;
        view
    }

    pub fn pane(&self) -> &Pane {
        self.panes.focused()
    }

    pub fn pane_mut(&mut self) -> &mut Pane {
        self.panes.focused_mut()
    }

    /// Puts a session in the place of the one in the focus, in its tab and in every pane.
    pub fn replace(&mut self, view: View) {
        let at = self.at();
        let (old, new) = (self.views[at].id, view.id);
        self.views[at] = view;
        self.panes.replace(old, new);
    }

    pub fn view_of(&mut self, id: SessionId) -> Option<&mut View> {
        let view = self.views.iter_mut().find(|view| view.id == id)?;
        view.changes += 1;
        Some(view)
    }

    /// Asks that wait for the person over all open sessions, oldest first, without those whose answer is on its way.
    pub fn waiting(&self) -> Vec<(SessionId, &Waiting)> {
        let mut all: Vec<_> = self
            .views
            .iter()
            // Who holds a session answers for it.
            .filter(|view| view.read_only.is_none())
            .filter_map(|view| view.session.as_ref())
            .flat_map(|session| {
                session
                    .asks
                    .iter()
                    .map(move |waiting| (session.id, waiting))
            })
            .filter(|(id, waiting)| !self.is_answered(*id, &waiting.ask.id))
            .collect();
        all.sort_by_key(|(_, waiting)| waiting.since);
        all
    }

    pub fn is_answered(&self, session: SessionId, ask: &AskId) -> bool {
        self.answered
            .iter()
            .any(|(_, id, answered)| *id == session && answered == ask)
    }
}
