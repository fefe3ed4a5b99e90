//! The inbox: every ask that waits, of whatever session, oldest first, with the marked one in full. It is answered here as its
//! card is, by the same keys and after the same quiet: each time another one is marked that begins anew.

use crossterm::event::KeyEvent;

use crate::protocol::ask::Ask;
use crate::protocol::decided::Decided;
use crate::protocol::id::{AskId, SessionId};
use crate::tui::app::ask::{AskFocus, Back};
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::message::Cmd;
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::help::{First, Help};
use crate::tui::app::{App, Focus};

/// Smaller screens show the list first, and the marked ask in its place.
const WIDE: u16 = 80;
const HIGH: u16 = 20;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inbox {
    /// The marked ask, as it was when it was marked. It stays when it is no longer asked, and says why; `None`: none waits.
    pub ask: Option<AskFocus>,
    /// Where it stands in the list, or stood.
    pub index: usize,
    /// On a small screen the marked ask is shown, and not the list.
    pub entry: bool,
    /// What was decided today, as far as it was read.
    pub decided: Decided,
    /// Those that are to be answered together.
    pub marks: Vec<(SessionId, AskId)>,
}

/// What is shown at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    Both,
    List,
    Entry,
}

impl Inbox {
    pub fn sides(&self, (width, height): (u16, u16)) -> Sides {
        match (width >= WIDE && height >= HIGH, self.entry) {
            (true, _) => Sides::Both,
            (false, true) => Sides::Entry,
            (false, false) => Sides::List,
        }
    }
}

impl App {
    /// Opens it: the ask that has the keys is marked, else the oldest.
    pub fn show_inbox(&mut self) {
        let asking = self.asking().map(|ask| (ask.session, ask.ask.id.clone()));
        let waiting = self.waiting();
        let index = waiting.iter().position(|(session, waiting)| {
            let here = asking.as_ref();
            here.is_some_and(|(other, id)| other == session && *id == waiting.ask.id)
        });
        // It is read here now; in its pane it goes on waiting.
        self.leave_ask();
        self.show(Overlay::Inbox(Box::default()));
        self.mark_waiting(index.unwrap_or(0));
    }

    /// Marks the ask at this place of the list, or the last; its quiet begins now.
    pub fn mark_waiting(&mut self, index: usize) {
        let waiting = self.waiting();
        let index = index.min(waiting.len().saturating_sub(1));
        let marked = waiting.get(index);
        let marked = marked.map(|(session, waiting)| (*session, waiting.ask.clone()));
        let ask = marked.map(|(session, ask)| self.focused(session, ask));
        if let Some(inbox) = self.inbox_mut() {
            inbox.entry &= ask.is_some();
            inbox.index = index;
            inbox.ask = ask;
        }
    }

    fn focused(&self, session: SessionId, ask: Ask) -> AskFocus {
        AskFocus::new(session, ask, self.back_here(), self.now.since)
    }

    pub fn back_here(&self) -> Back {
        Back {
            pane: self.panes.focus(),
            session: self.pane().session,
        }
    }

    fn inbox_mut(&mut self) -> Option<&mut Inbox> {
        match &mut self.overlay {
            Some(Overlay::Inbox(inbox)) => Some(inbox),
            _ => None,
        }
    }

    fn sides(&self) -> Option<Sides> {
        match &self.overlay {
            Some(Overlay::Inbox(inbox)) => Some(inbox.sides(self.size)),
            _ => None,
        }
    }

    /// After anything has happened: what came is marked where nothing was, and what waits no more says so.
    pub fn settle_inbox(&mut self) {
        let Some(Overlay::Inbox(inbox)) = &self.overlay else {
            return;
        };
        let Some(ask) = &inbox.ask else {
            self.mark_waiting(0);
            return;
        };
        let (session, id) = (ask.session, &ask.ask.id);
        let waiting = self.waiting();
        let at = waiting
            .iter()
            .position(|(other, waiting)| *other == session && waiting.ask.id == *id);
        let waits = |with: &(SessionId, Ask)| {
            waiting
                .iter()
                .any(|(session, other)| *session == with.0 && other.ask.id == with.1.id)
        };
        let whole = ask.with.iter().all(waits);
        let at = at.filter(|_| whole);
        let Some(inbox) = self.inbox_mut() else {
            return;
        };
        match (at, &mut inbox.ask) {
            (Some(at), _) => inbox.index = at,
            (None, Some(ask)) if ask.gone.is_none() => {
                let gone = if ask.with.is_empty() {
                    "it waits no more"
                } else {
                    "one of them waits no more; nothing was answered"
                };
                ask.gone = Some(gone.to_owned());
                ask.confirm = None;
            }
            (None, _) => {}
        }
    }

    pub fn inbox_key(&mut self, event: KeyEvent) -> Vec<Cmd> {
        let of_ask = self.keymap().press(Place::Ask, event);
        let own = self.keymap().press(Place::Inbox, event).action;
        let typing = self.asking().is_some_and(|ask| ask.line.is_some());
        let lists = self.sides() == Some(Sides::List) || self.asking().is_none();
        if lists && !typing {
            return self.list_key(own.or(of_ask.action));
        }
        let in_parts = self.asking().is_some_and(|ask| ask.picking.is_some());
        // Hunks are taken only while they are shown: else the key is the inbox's.
        let of_this = of_ask
            .action
            .filter(|action| *action != Action::AskHunk || in_parts);
        match (of_this, own) {
            // Asking what the keys do is no answer either.
            (Some(Action::Help), _) if !typing => self.inbox_help(),
            // The keys of an ask are what they are in its pane, whatever else is wished for here.
            (None, Some(action)) if !typing => self.inbox_act(action),
            _ => self.answer_key(of_ask),
        }
    }

    fn list_key(&mut self, action: Option<Action>) -> Vec<Cmd> {
        match action {
            Some(Action::MarkAfter | Action::ScrollDown) => self.mark_by(1),
            Some(Action::MarkBefore | Action::ScrollUp) => self.mark_by(-1),
            Some(Action::Top) => self.mark_waiting(0),
            Some(Action::Bottom) => self.mark_waiting(usize::MAX),
            Some(Action::Choose) => self.open_entry(),
            Some(Action::Help) => return self.inbox_help(),
            Some(Action::Close) => self.close_overlay(),
            Some(action) => return self.inbox_act(action),
            None => {}
        }
        Vec::new()
    }

    fn inbox_act(&mut self, action: Action) -> Vec<Cmd> {
        let now = self.now.since;
        let quiet = self.asking().is_some_and(|ask| ask.arming.refuses(now));
        match action {
            Action::InboxNext => self.mark_by(1),
            Action::InboxBefore => self.mark_by(-1),
            // Who writes prose has such a letter in it.
            Action::InboxSession if quiet || self.sides() == Some(Sides::List) => {
                self.go_to_marked();
            }
            Action::InboxSession => {
                if let Some(ask) = self.asking_mut() {
                    ask.arming.dropped(now);
                }
            }
            Action::InboxMark => self.toggle_mark(),
            Action::InboxMarked => self.show_marked(),
            Action::Close => self.leave_entry(),
            _ => {}
        }
        Vec::new()
    }

    fn inbox_help(&mut self) -> Vec<Cmd> {
        self.show(Overlay::Help(Help::of(First::Inbox)));
        Vec::new()
    }

    /// The marked ask takes the place of the list, and is quiet first.
    fn open_entry(&mut self) {
        let Some(Overlay::Inbox(inbox)) = &self.overlay else {
            return;
        };
        let index = inbox.index;
        self.mark_waiting(index);
        if let Some(inbox) = self.inbox_mut() {
            inbox.entry = inbox.ask.is_some();
        }
    }

    /// Marks the ask so many places on; behind the last comes the first.
    fn mark_by(&mut self, by: isize) {
        let Some(Overlay::Inbox(inbox)) = &self.overlay else {
            return;
        };
        let gone = inbox.ask.as_ref().is_some_and(|ask| ask.gone.is_some());
        let (index, count) = (inbox.index, self.waiting().len());
        match (gone, by > 0) {
            // What was behind it has taken its place.
            (true, true) => self.mark_waiting(index % count.max(1)),
            _ if count == 1 && !gone => {}
            (_, true) => self.mark_waiting((index + 1) % count.max(1)),
            (_, false) => self.mark_waiting(index.checked_sub(1).unwrap_or(usize::MAX)),
        }
    }

    /// Away from the marked ask: to the list where that has given way to it, else out. All stays waiting.
    pub fn leave_entry(&mut self) {
        let entry = self.sides() == Some(Sides::Entry);
        let index = match self.inbox_mut() {
            Some(inbox) if entry => {
                inbox.entry = false;
                inbox.index
            }
            _ => {
                self.close_overlay();
                return;
            }
        };
        self.mark_waiting(index);
    }

    /// Leads to the session of the marked ask, whose card has the keys there.
    pub fn go_to_marked(&mut self) {
        let Some(marked) = self.asking() else {
            return;
        };
        let (session, gone) = (marked.session, marked.gone.is_some());
        let (ask, back) = (marked.ask.clone(), self.back_here());
        self.overlay = None;
        self.close_board();
        if session != self.pane().session
            && let Some(index) = self.views.iter().position(|view| view.id == session)
        {
            self.go_to(index);
        }
        if gone {
            self.focus = Focus::Composer;
        } else {
            self.focus_ask(session, ask, back);
        }
    }

    /// The wheel reads the marked ask, or moves the mark where only the list is seen.
    pub fn inbox_wheel(&mut self, lines: i64) {
        if self.sides() == Some(Sides::List) {
            let count = self.waiting().len();
            let Some(inbox) = self.inbox_mut() else {
                return;
            };
            let to = match lines {
                0.. => (inbox.index + 1).min(count.saturating_sub(1)),
                _ => inbox.index.saturating_sub(1),
            };
            if to != inbox.index {
                self.mark_waiting(to);
            }
            return;
        }
        let most = self.seen.ask_scroll_max;
        if let Some(ask) = self.asking_mut() {
            let by = usize::try_from(lines.unsigned_abs()).unwrap_or(usize::MAX);
            ask.scroll = match lines {
                0.. => ask.scroll.saturating_add(by).min(most),
                _ => ask.scroll.saturating_sub(by),
            };
        }
    }

    /// A click marks an ask, and answers none: its quiet begins anew.
    pub fn inbox_click(&mut self, index: usize) {
        let typing = self.asking().is_some_and(|ask| ask.line.is_some());
        if !typing && self.sides().is_some() {
            self.mark_waiting(index);
        }
    }
}
