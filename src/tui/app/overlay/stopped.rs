//! Which of the sessions that were stopped all at once shall go on: asked after that, as nobody has time to choose before.

use crate::protocol::id::SessionId;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::overlay::pick::{Pick, Picked};
use crate::tui::app::overlay::{Reply, Wish};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stopped {
    /// Those that do not go on yet, with their titles, in the order of their tabs.
    pub sessions: Vec<(SessionId, String)>,
    pub pick: Pick,
}

/// What can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row<'s> {
    /// None of them: marked first, so that Enter alone sets nothing going.
    None,
    All,
    One(SessionId, &'s str),
}

impl Stopped {
    /// What the filter leaves.
    pub fn shown(&self) -> Vec<Row<'_>> {
        let one = |(id, title): &'_ (SessionId, String)| self.pick.fits(title).then_some(*id);
        let mut rows = Vec::new();
        if self.pick.filter.is_empty() {
            rows.push(Row::None);
            if self.sessions.len() > 1 {
                rows.push(Row::All);
            }
        }
        rows.extend(
            self.sessions
                .iter()
                .filter_map(|session| Some(Row::One(one(session)?, &session.1))),
        );
        rows
    }

    pub fn key(&mut self, press: Press) -> Reply {
        let shown = self.shown();
        let count = shown.len();
        let chosen = shown.get(self.pick.at).map(|row| match row {
            Row::None => Vec::new(),
            Row::All => self.sessions.iter().map(|session| session.0).collect(),
            Row::One(id, _) => vec![*id],
        });
        match (self.pick.key(press, count), chosen) {
            (Picked::Closed, _) => Reply::Close,
            (Picked::Chosen, Some(sessions)) if sessions.is_empty() => Reply::Close,
            (Picked::Chosen, Some(sessions)) => Reply::Do(Wish::GoOn(sessions)),
            _ => Reply::Stay,
        }
    }

    /// These go on: what is left can still be chosen.
    pub fn without(&mut self, gone: &[SessionId]) {
        self.sessions.retain(|(id, _)| !gone.contains(id));
        self.pick = Pick::default();
    }
}
