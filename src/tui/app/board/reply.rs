//! What the board does to a session: replies, other titles, pins, stops, puts away and deletes. One that is not open is
//! taken hold of for as long as it takes.

use std::time::Duration;

use crate::agent::session::Session;
use crate::agent::visible::one_line;
use crate::protocol::event::When;
use crate::protocol::id::SessionId;
use crate::protocol::item::Block;
use crate::protocol::op::{Manage, Op, Stopper};
use crate::protocol::session::{Change, RunLimits, State};
use crate::protocol::worktree::Worktree;
use crate::tui::app::App;
use crate::tui::app::board::entries::Entry;
use crate::tui::app::board::{Done, Writing};
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::message::Cmd;
use crate::tui::app::text::Text;
use crate::tui::app::view::{Stage, View};

/// A second press of the key stops a turn of another terminal within this time: as long as the line is there that says so.
const ASKED: Duration = Duration::from_secs(6);

/// Further back nobody remembers what it was.
const MOST_DONE: usize = 100;

impl App {
    /// Sends a text to a session without showing it. One that is not open is opened as a tab behind the others.
    pub fn reply(&mut self, entry: Entry, text: Text) -> Vec<Cmd> {
        let said = text.as_str().trim().to_owned();
        if said.is_empty() {
            return Vec::new();
        }
        let keep = |app: &mut Self, why: String| {
            app.replies.insert(entry.id, text);
            app.say(why);
            Vec::new()
        };
        if said.starts_with(['/', '!']) {
            let why =
                "commands work in the session itself: Enter opens it; Tab brings the text back";
            return keep(self, why.to_owned());
        }
        if let Some(process) = self.process_of(entry.id) {
            return keep(
                self,
                format!("process {process} has it: it is spoken to there"),
            );
        }
        let fresh = entry.tab.and_then(|tab| self.views.get(tab));
        if fresh.is_some_and(|view| view.stage == Stage::Fresh) {
            return keep(
                self,
                "nothing was said in it yet: Enter opens it".to_owned(),
            );
        }
        let mut cmds = if entry.tab.is_some() {
            Vec::new()
        } else {
            let cwd = self.setup.cwd.clone();
            self.views.push(View::loading(entry.id, cwd));
            self.read_past(entry.id)
        };
        // What is put away would work where nobody sees it.
        let archived = self.is_archived(entry);
        if archived {
            let change = Change::Archived { archived: false };
            cmds.extend(self.send_change(entry.id, change));
        }
        let submit = Op::Submit {
            blocks: vec![Block::text(said.as_str())],
            when: When::Step,
            limits: RunLimits::default(),
        };
        let command = self.command(entry.id, submit);
        let mut waits = false;
        let mut runs = false;
        if let Some(view) = self.view_of(entry.id) {
            view.sent.push((command.id, said));
            waits = view.asks() > 0;
            // What another process ran is over, or this is refused.
            runs = view.running() && view.read_only.is_none();
        }
        cmds.extend(self.speak_again(command));
        self.say(match (waits, runs) {
            (true, _) => "it waits behind the ask; a goes there",
            (false, true) => "it steers the turn that runs",
            (false, false) if archived => "taken back from the archive, and sent",
            (false, false) => "sent",
        });
        cmds
    }

    /// Nothing is written any more. A reply that was begun comes back with the next Tab on its session.
    pub fn keep_reply(&mut self) {
        let Some(board) = &mut self.board else {
            return;
        };
        if let (Writing::Reply(text), Some(session)) =
            (std::mem::take(&mut board.writing), board.at)
            && !text.is_empty()
        {
            self.replies.insert(session, text);
        }
    }

    pub fn title_of(&self, entry: Entry) -> String {
        let board = self.board.as_ref();
        let card = board.and_then(|board| board.card(entry.id));
        let view = entry.tab.and_then(|tab| self.views.get(tab));
        let title = view.and_then(|view| view.session.as_ref().map(|_| view.title()));
        one_line(
            &title
                .or_else(|| card.map(|card| card.title.clone()))
                .unwrap_or_default(),
        )
    }

    pub fn retitle(&mut self, entry: Entry, title: &str) -> Vec<Cmd> {
        let before = self.title_of(entry);
        if title.is_empty() || title == before {
            return Vec::new();
        }
        let title = title.to_owned();
        let back = Change::Title { title: before };
        self.change_of(entry, Change::Title { title }, back, "another title")
    }

    pub fn pin(&mut self, entry: Entry) -> Vec<Cmd> {
        let pinned = !entry.pinned;
        let back = Change::Pinned { pinned: !pinned };
        let what = if pinned { "pinned" } else { "no longer pinned" };
        self.change_of(entry, Change::Pinned { pinned }, back, what)
    }

    /// Puts a session away, or takes one back. An open one is closed with it.
    pub fn archive(&mut self, entry: Entry) -> Vec<Cmd> {
        let archived = !self.is_archived(entry);
        let view = entry.tab.and_then(|tab| self.views.get(tab));
        if archived && view.is_some_and(View::temporary) {
            self.say("it is temporary: it goes out of the log when it is closed");
            return Vec::new();
        }
        if archived && let Some(why) = self.why_not(entry) {
            self.say(why);
            return Vec::new();
        }
        let back = Change::Archived {
            archived: !archived,
        };
        let card = view.and_then(|view| view.session.as_ref().map(Session::card));
        if let (Some(card), Some(board)) = (card, &mut self.board)
            && board.card(entry.id).is_none()
        {
            board.cards.insert(0, card);
        }
        let what = if archived { "archived" } else { "taken back" };
        let mut cmds = self.change_of(entry, Change::Archived { archived }, back, what);
        if archived && !cmds.is_empty() {
            if let Some(done) = self.done.last_mut() {
                done.tab = entry.tab;
            }
            cmds.extend(self.shut(entry));
        }
        cmds
    }

    fn is_archived(&self, entry: Entry) -> bool {
        let view = entry.tab.and_then(|tab| self.views.get(tab));
        let card = self.board.as_ref().and_then(|board| board.card(entry.id));
        let session = view
            .filter(|view| view.read_only.is_none() || card.is_none())
            .and_then(|view| view.session.as_ref());
        match session {
            Some(session) => session.archived,
            None => card.is_some_and(|card| card.state == State::Archived),
        }
    }

    /// Takes away the tab of a session that does not run.
    fn shut(&mut self, entry: Entry) -> Vec<Cmd> {
        let Some(tab) = entry.tab.filter(|&tab| tab < self.views.len()) else {
            return Vec::new();
        };
        let fresh = self.views[tab].stage == Stage::Fresh;
        let close = self.command(entry.id, Op::Close);
        self.drop_tab(tab);
        if fresh {
            Vec::new()
        } else {
            vec![Cmd::Send(close)]
        }
    }

    pub fn stop(&mut self, entry: Entry) -> Vec<Cmd> {
        let view = entry.tab.and_then(|tab| self.views.get(tab));
        let here = view.is_some_and(|view| view.running() && view.read_only.is_none());
        if here {
            return vec![Cmd::Send(self.command(entry.id, Op::Interrupt))];
        }
        if let Some(process) = self.process_of(entry.id) {
            // It may be somebody's who looks at it there.
            // Asked a moment ago, of this one, where it still is.
            let until = self.now.since + ASKED;
            let asked = self.stops.take().is_some_and(|(session, of, until)| {
                session == entry.id && of == process && self.now.since <= until
            });
            if !asked {
                self.stops = Some((entry.id, process, until));
                let key = self.keymap().way_from(Place::Board, Action::BoardStop);
                self.say(format!(
                    "process {process} has it, another terminal: {key} once more stops its turn there"
                ));
                return Vec::new();
            }
            let (session, by) = (Some(entry.id), Stopper::Board);
            return vec![Cmd::Manage(entry.id, Manage::Stop { session, by })];
        }
        self.say("nothing runs in it");
        Vec::new()
    }

    /// Deletes a session for good; its worktree stays.
    pub fn delete(&mut self, entry: Entry, worktree: Option<Worktree>) -> Vec<Cmd> {
        if let Some(why) = self.why_not(entry) {
            self.say(why);
            return Vec::new();
        }
        let what = format!("deleted: {}", self.title_of(entry));
        self.can_undo(Done {
            session: entry.id,
            back: None,
            tab: None,
            what,
        });
        // Without its tab it may stand elsewhere in the list: the mark goes to what is beside it now.
        self.mark_beside();
        let mut cmds = self.shut(entry);
        self.stays
            .extend(worktree.map(|worktree| (entry.id, worktree)));
        let sessions = vec![entry.id];
        cmds.push(Cmd::Manage(entry.id, Manage::Purge { sessions }));
        cmds
    }

    /// Why a session cannot be put away or deleted now.
    pub fn why_not(&self, entry: Entry) -> Option<String> {
        let view = entry.tab.and_then(|tab| self.views.get(tab));
        if let Some(process) = self.process_of(entry.id) {
            return Some(format!(
                "process {process} has it: it is to be closed there first"
            ));
        }
        match view {
            Some(view) if view.running() || view.stage == Stage::Opening => {
                Some("a turn runs in it: x stops it, then it can be put away".to_owned())
            }
            Some(view) if view.stage == Stage::Fresh => {
                Some("nothing was said in it yet, so there is nothing to delete".to_owned())
            }
            _ => None,
        }
    }

    pub fn process_of(&self, session: SessionId) -> Option<u32> {
        self.board
            .as_ref()
            .and_then(|board| board.process_of(session))
    }

    pub fn undo_last(&mut self) -> Vec<Cmd> {
        // A tab that was opened again since is undone already.
        let opened = |done: &Done, views: &[View]| {
            done.back.is_none() && views.iter().any(|view| view.id == done.session)
        };
        let done = loop {
            match self.done.pop() {
                Some(done) if done.is_final() => {
                    let key = self.keymap().way_from(Place::Board, Action::BoardUndo);
                    let before = match self.done.last() {
                        Some(before) => format!("; {key} again undoes: {}", before.what),
                        None => String::new(),
                    };
                    self.say(format!("a delete stays ({}){before}", done.what));
                    return Vec::new();
                }
                Some(done) if opened(&done, &self.views) => {}
                Some(done) => break done,
                None => {
                    self.say("nothing to undo: archiving, pins, titles and closed tabs can be");
                    return Vec::new();
                }
            }
        };
        self.say(format!("undone: {}", done.what));
        if let Some(board) = &mut self.board {
            // What the next key is for is what has come back.
            board.at = Some(done.session);
        }
        let mut cmds = Vec::new();
        let is_open = self.views.iter().any(|view| view.id == done.session);
        // Before the change, which would take hold of the session and let go of it again.
        if let Some(tab) = done.tab.filter(|_| !is_open) {
            let view = View::loading(done.session, self.setup.cwd.clone());
            self.views.insert(tab.min(self.views.len()), view);
            cmds.extend(self.read_past(done.session));
        }
        cmds.extend(
            done.back
                .into_iter()
                .flat_map(|back| self.send_change(done.session, back)),
        );
        cmds
    }

    /// Keeps what undoes something.
    pub fn can_undo(&mut self, done: Done) {
        self.done.push(done);
        if self.done.len() > MOST_DONE {
            self.done.remove(0);
        }
    }

    /// A change that can be undone.
    fn change_of(&mut self, entry: Entry, change: Change, back: Change, what: &str) -> Vec<Cmd> {
        let fresh = entry.tab.and_then(|tab| self.views.get(tab));
        if fresh.is_some_and(|view| view.session.is_none() && view.stage != Stage::Loading) {
            self.say("nothing was said in it yet: the log has nothing that could be changed");
            return Vec::new();
        }
        if let Some(process) = self.process_of(entry.id) {
            self.say(format!("process {process} has it: it is changed there"));
            return Vec::new();
        }
        let title = self.title_of(entry);
        let key = self.keymap().way_from(Place::Board, Action::BoardUndo);
        self.say(format!("{what}: {title}; {key} undoes it"));
        let what = format!("{what}: {title}");
        self.can_undo(Done {
            session: entry.id,
            back: Some(back),
            tab: None,
            what,
        });
        self.send_change(entry.id, change)
    }

    fn send_change(&mut self, session: SessionId, change: Change) -> Vec<Cmd> {
        let open = self.views.iter().any(|view| view.id == session);
        if let Some(board) = &mut self.board {
            board.changed(session, &change);
        }
        let command = self.command(session, Op::Change { change });
        let mut cmds = self.speak_again(command);
        if !open {
            let close = self.command(session, Op::Close);
            cmds.push(Cmd::Send(close));
        }
        cmds
    }
}
