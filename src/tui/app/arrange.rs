//! What keys and the pointer do to the panes. Nothing here is done by itself: a pane moves, and the focus moves, only when a
//! person says so.

use ratatui::layout::Rect;

use crate::protocol::id::SessionId;
use crate::tui::app::keymap::Action;
use crate::tui::app::layout::fit::NARROW;
use crate::tui::app::layout::{Axis, Direction, Edge};
use crate::tui::app::message::Cmd;
use crate::tui::app::pane::PaneId;
use crate::tui::app::view::{Stage, View};
use crate::tui::app::{App, Focus};

/// Under this width the sessions that are not shown have a line of their own over the status line.
pub const SLIM: u16 = 60;
/// Cells that one key moves an edge by, across and down: a cell is about twice as high as it is wide.
const STEP: (u16, u16) = (4, 2);

impl App {
    /// The room of all panes: the screen without the lines around them.
    pub fn desk(&self) -> Rect {
        let (width, height) = self.size;
        let lines = 2 + u16::from(self.has_tab_line());
        Rect::new(0, 1, width, height.saturating_sub(lines))
    }

    /// The other sessions are listed at the foot of a slim screen, and not in the top line.
    pub fn has_tab_line(&self) -> bool {
        self.size.0 < SLIM && self.views.len() > 1
    }

    /// The panes to be seen, with their places; never none.
    pub fn rooms(&self) -> Vec<(PaneId, Rect)> {
        self.panes.rooms(self.desk())
    }

    /// Sessions that are to be seen.
    pub fn seen_sessions(&self) -> Vec<SessionId> {
        let rooms = self.rooms();
        let panes = rooms.iter().filter_map(|(id, _)| self.panes.get(*id));
        panes.map(|pane| pane.session).collect()
    }

    pub fn arrange(&mut self, action: Action) -> Vec<Cmd> {
        let desk = self.desk();
        match action {
            Action::SplitRight => return self.split(Axis::Across),
            Action::SplitBelow => return self.split(Axis::Down),
            Action::SplitSame => self.split_same(),
            Action::ClosePane => return self.close_pane(),
            Action::FocusLeft => self.focus_beside(Direction::Left),
            Action::FocusDown => self.focus_beside(Direction::Down),
            Action::FocusUp => self.focus_beside(Direction::Up),
            Action::FocusRight => self.focus_beside(Direction::Right),
            Action::NextPane => self.focus_pane(self.panes.further(1)),
            Action::WiderLeft => self.resize(Direction::Left),
            Action::HigherDown => self.resize(Direction::Down),
            Action::HigherUp => self.resize(Direction::Up),
            Action::WiderRight => self.resize(Direction::Right),
            Action::Zoom | Action::Equalise | Action::SwapNext | Action::SwapBefore
                if self.panes.is_one() =>
            {
                self.say_one_pane();
            }
            Action::Zoom if desk.width < NARROW => self.say("this screen has room for one pane"),
            Action::Zoom => self.panes.zoomed = !self.panes.zoomed,
            Action::Equalise => self.panes.equalise(),
            Action::SwapNext => self.panes.swap(self.panes.further(1)),
            Action::SwapBefore => self.panes.swap(self.panes.further(-1)),
            Action::Read => self.focus = Focus::Transcript,
            Action::Rename => self.rename(),
            _ => {}
        }
        Vec::new()
    }

    /// The command for it, ready for the title.
    fn rename(&mut self) {
        self.focus = Focus::Composer;
        if self.view().composer.is_empty() {
            self.view_mut().composer.set("/rename ");
            self.typed();
        } else {
            self.say("/rename TITLE gives it another title; the composer holds a text");
        }
    }

    /// Gives the focus to a pane. Whether one was typing or reading there, one goes on.
    pub fn focus_pane(&mut self, id: PaneId) {
        if id == self.panes.focus() || self.panes.get(id).is_none() {
            return;
        }
        // What waited there for a frame was not meant for later.
        self.pane_mut().eyes.held.clear();
        self.pane_mut().reading = self.focus == Focus::Transcript;
        self.panes.focus_on(id);
        self.arrive();
    }

    /// Shows a session in the pane with the focus.
    pub fn show_here(&mut self, session: SessionId) {
        if session != self.pane().session {
            self.pane_mut().show(session);
            self.arrive();
        }
    }

    /// Another session has the keys: what was begun with the one before is not done to it.
    fn arrive(&mut self) {
        self.focus = if std::mem::take(&mut self.pane_mut().reading) {
            Focus::Transcript
        } else {
            Focus::Composer
        };
        self.esc_until = None;
        self.break_until = None;
        self.slash_at = 0;
        self.slash_closed = false;
        self.view_mut().unseen = false;
    }

    /// Goes to a session: the pane that shows it, the next one where there are several, else the pane with the focus shows it.
    pub fn go_to(&mut self, index: usize) {
        let Some(session) = self.views.get(index).map(|view| view.id) else {
            return;
        };
        if session == self.pane().session {
            if let Some(other) = self.panes.again() {
                self.focus_pane(other);
            }
        } else if let Some(pane) = self.panes.showing(session) {
            self.focus_pane(pane);
        } else {
            self.show_here(session);
        }
    }

    fn focus_beside(&mut self, to: Direction) {
        let Some(pane) = self.panes.beside(to, self.desk()) else {
            if self.panes.is_one() {
                self.say_one_pane();
            }
            return;
        };
        // A direction speaks of where panes lie, so they are shown again.
        self.panes.zoomed = false;
        self.focus_pane(pane);
    }

    fn resize(&mut self, to: Direction) {
        let step = match to.axis() {
            Axis::Across => STEP.0,
            Axis::Down => STEP.1,
        };
        if !self.panes.resize(to, step, self.desk()) {
            self.say("no edge of this pane can be moved that way");
        }
    }

    /// A new session beside the one with the focus, in the folder and with the model of any new one.
    fn split(&mut self, axis: Axis) -> Vec<Cmd> {
        if !self.can_split(axis) {
            return Vec::new();
        }
        let view = self.fresh_view(self.folder_for_new());
        self.split_with(axis, view.id);
        self.views.push(view);
        self.first_run = None;
        self.focus = Focus::Composer;
        self.look_for_writers(self.view().id).into_iter().collect()
    }

    /// A pane beside the one with the focus, which keeps it.
    pub fn show_beside(&mut self, session: SessionId) {
        let here = self.panes.focus();
        let desk = self.desk();
        if self.panes.split(Axis::Across, session, desk) {
            self.panes.focus_on(here);
        }
    }

    pub fn has_room_beside(&self) -> bool {
        self.can_split_quietly(Axis::Across)
    }

    /// The same session again, to read in two places of it.
    fn split_same(&mut self) {
        let axis = if self.can_split_quietly(Axis::Across) {
            Axis::Across
        } else {
            Axis::Down
        };
        if self.can_split(axis) {
            self.split_with(axis, self.pane().session);
            self.focus = Focus::Composer;
        }
    }

    fn split_with(&mut self, axis: Axis, session: SessionId) {
        // What waited there for a frame was not meant for later.
        self.pane_mut().eyes.held.clear();
        self.pane_mut().reading = self.focus == Focus::Transcript;
        let desk = self.desk();
        self.panes.split(axis, session, desk);
        // That there was no room the other way says nothing here.
        self.note = None;
        self.esc_until = None;
        self.break_until = None;
    }

    fn say_one_pane(&mut self) {
        let key = self.keymap().led_way(Action::SplitRight);
        self.say(format!("there is one pane; {key} splits it"));
    }

    fn can_split_quietly(&self, axis: Axis) -> bool {
        self.panes.has_room(axis, self.desk())
    }

    fn can_split(&mut self, axis: Axis) -> bool {
        let room = self.can_split_quietly(axis);
        if self.desk().width < NARROW {
            let key = self.keymap().way(Action::NewSession);
            self.say(format!(
                "panes need {NARROW} columns; {key} begins another session"
            ));
        } else if !room {
            let key = self.keymap().way(Action::NewSession);
            self.say(format!(
                "no room for another pane here; {key} begins a session without one"
            ));
        }
        room
    }

    /// The view is closed and nothing else: the session goes on in the background. The last pane closes its tab, or where a
    /// turn runs shows another one.
    fn close_pane(&mut self) -> Vec<Cmd> {
        if self.panes.is_one() && self.view().running() {
            let (at, id) = (self.at(), self.view().id);
            let mut cmds = Vec::new();
            match self.views.len() {
                1 => cmds = self.new_session(),
                count if at + 1 < count => self.go_to(at + 1),
                _ => self.go_to(at - 1),
            }
            if self.view().id != id {
                self.say_where(at);
            }
            return cmds;
        }
        if self.panes.is_one() {
            return self.close_tab();
        }
        let session = self.pane().session;
        self.panes.close(self.panes.focus());
        self.arrive();
        // Nothing was said in it: there is nothing to go on with.
        let empty = |view: &View| view.stage == Stage::Fresh && view.composer.is_empty();
        if self.panes.showing(session).is_none() {
            let at = self.views.iter().position(|view| view.id == session);
            if let Some(at) = at.filter(|&at| empty(&self.views[at])) {
                self.views.remove(at);
            } else if let Some(at) = at {
                self.say_where(at);
            }
        }
        Vec::new()
    }

    /// What becomes of a session that is no longer shown, and the way back to it.
    fn say_where(&mut self, at: usize) {
        let running = self.views[at].running();
        let goes = if running { "goes on" } else { "stays" };
        let number = u8::try_from(at + 1).unwrap_or(u8::MAX);
        let key = match number {
            1..=9 => self.keymap().way(Action::Tab(number)),
            _ => self.keymap().way(Action::Sessions),
        };
        self.say(format!("session {number} {goes}; {key} shows it"));
    }

    /// An edge was taken with the pointer and moved to this column or row.
    pub fn drag(&mut self, edge: Edge, to: u16) {
        if self.overlay.is_none() && self.board.is_none() && self.first_run.is_none() {
            let desk = self.desk();
            self.panes.drag(edge, to, desk);
        }
    }
}
