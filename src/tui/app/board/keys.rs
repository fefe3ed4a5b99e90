//! Keys, clicks and the wheel on the board.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use crate::protocol::id::SessionId;
use crate::protocol::query::Query;
use crate::tui::app::App;
use crate::tui::app::ask::{Back, edit_line};
use crate::tui::app::board::entries::{Entry, Line};
use crate::tui::app::board::{Board, Reach, Rooms, Writing};
use crate::tui::app::keymap::chord::narrow;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::keymap::{Action, table};
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::files::Page;
use crate::tui::app::overlay::help::{First, Help};
use crate::tui::app::overlay::turns::Turns;
use crate::tui::app::text::Text;

fn is_for_everywhere(action: Action) -> bool {
    let mut rows = table().filter(|row| row.place == Place::Anywhere);
    rows.any(|row| row.action == action)
}

impl App {
    pub fn board_key(&mut self, event: KeyEvent) -> Vec<Cmd> {
        let writing = self.board.as_ref().map(|board| board.writing.clone());
        let [typed, asked] =
            [Place::BoardLine, Place::BoardDelete].map(|place| self.keymap().press(place, event));
        match writing {
            None => Vec::new(),
            Some(Writing::Find) => self.find_key(typed),
            Some(Writing::Reply(_) | Writing::Title(_)) => self.line_key(typed),
            Some(Writing::Delete { sure, .. }) => self.delete_key(asked, sure),
            Some(Writing::Nothing) => {
                let event = match event.code {
                    KeyCode::Char(c) => KeyEvent {
                        code: KeyCode::Char(narrow(c)),
                        ..event
                    },
                    _ => event,
                };
                match (self.keymap().find(Place::Board, event), event.code) {
                    (Some(action), _) => self.board_act(action),
                    (None, KeyCode::Char(c @ '1'..='9')) if event.modifiers.is_empty() => {
                        self.board_act(Action::Tab(c as u8 - b'0'))
                    }
                    (None, _) => Vec::new(),
                }
            }
        }
    }

    /// What an action does to the marked session, or to the board.
    pub fn board_act(&mut self, action: Action) -> Vec<Cmd> {
        if action != Action::BoardStop {
            self.stops = None;
        }
        let page = self.board_page();
        match action {
            Action::ScrollDown => self.mark(1),
            Action::ScrollUp => self.mark(-1),
            Action::PageDown => self.mark(page),
            Action::PageUp => self.mark(-page),
            Action::Top => self.mark(isize::MIN / 2),
            Action::Bottom => self.mark(isize::MAX / 2),
            Action::BoardLeave => return self.leave_board(),
            Action::BoardFind => self.write(Writing::Find),
            Action::BoardScope => return self.board_scope(),
            Action::BoardUndo => return self.undo_last(),
            Action::BoardKeys => {
                if let Some(board) = &mut self.board {
                    board.keys = board.keys.wrapping_add(1);
                }
            }
            // It is asked for above the board, and the way back from that leads here.
            Action::NewWorktree => {
                self.first_run = None;
                return self.act(action);
            }
            Action::NewSession | Action::Tab(_) => {
                if let Action::Tab(number) = action
                    && usize::from(number) > self.views.len()
                {
                    self.say(format!("there is no session {number}"));
                    return Vec::new();
                }
                self.close_board();
                self.first_run = None;
                return self.act(action);
            }
            Action::NextAsk if self.waiting().is_empty() => {
                self.say("nothing waits for you in the sessions that are open here");
            }
            Action::NextAsk => {
                self.close_board();
                return self.act(action);
            }
            Action::Help => {
                let first = First::Place(Place::Board);
                self.show(Overlay::Help(Help::of(first)));
            }
            // What lies above the board, or is no concern of it.
            Action::Leader | Action::Palette | Action::Inbox | Action::Redraw | Action::Suspend => {
                return self.act(action);
            }
            // As after the leader.
            action if is_for_everywhere(action) => {
                self.close_board();
                return self.act(action);
            }
            action => {
                let Some(entry) = self.marked() else {
                    self.say("no session is marked");
                    return Vec::new();
                };
                return self.act_on(entry, action);
            }
        }
        Vec::new()
    }

    fn act_on(&mut self, entry: Entry, action: Action) -> Vec<Cmd> {
        match action {
            Action::BoardOpen => return self.open_from_board(entry.id),
            Action::BoardDecide => self.decide(entry),
            Action::BoardReply => {
                let text = self.replies.remove(&entry.id);
                self.write(Writing::Reply(text.unwrap_or_default()));
            }
            Action::BoardRename => {
                let mut text = Text::default();
                text.insert(&self.title_of(entry));
                self.write(Writing::Title(text));
            }
            Action::BoardPin => return self.pin(entry),
            Action::BoardStop => return self.stop(entry),
            Action::BoardArchive => return self.archive(entry),
            Action::BoardDelete => return self.ask_to_delete(entry),
            Action::BoardFiles => return self.files_of_marked(entry, None),
            Action::BoardMerge => {
                return self.files_of_marked(entry, Some(Page::Merge { preview: None }));
            }
            Action::BoardTurns => {
                let turns = Turns::of(entry.id, self.title_of(entry));
                self.show(Overlay::Turns(turns));
                return self.read_turns(entry.id, crate::protocol::id::Seq(0));
            }
            _ => {}
        }
        Vec::new()
    }

    /// Esc: first the words that are looked for go, then the board.
    fn leave_board(&mut self) -> Vec<Cmd> {
        match &mut self.board {
            Some(board) if !board.find.is_empty() => {
                board.find.replace("");
                self.look()
            }
            _ => {
                self.close_board();
                Vec::new()
            }
        }
    }

    pub fn open_from_board(&mut self, id: SessionId) -> Vec<Cmd> {
        self.close_board();
        self.open(id, None)
    }

    /// The focus goes to what waits in it; that keeps its own rules.
    fn decide(&mut self, entry: Entry) {
        let view = entry.tab.and_then(|tab| self.views.get(tab));
        let ask = view
            .filter(|view| view.read_only.is_none())
            .and_then(|view| view.session.as_ref())
            .and_then(|session| {
                let mut asks = session.asks.iter();
                asks.find(|waiting| !self.is_answered(entry.id, &waiting.ask.id))
            })
            .map(|waiting| waiting.ask.clone());
        let held = self
            .board
            .as_ref()
            .and_then(|board| board.process_of(entry.id));
        match (ask, held) {
            (Some(ask), _) => {
                let back = Back {
                    pane: self.panes.focus(),
                    session: self.pane().session,
                };
                self.close_board();
                if entry.id != self.pane().session {
                    self.go_to(entry.tab.unwrap_or(0));
                }
                self.focus_ask(entry.id, ask, back);
            }
            (None, Some(process)) => {
                self.say(format!(
                    "process {process} has it: what waits is decided there"
                ));
            }
            (None, None) => self.say("nothing waits for you in it"),
        }
    }

    fn find_key(&mut self, press: Press) -> Vec<Cmd> {
        let page = self.board_page();
        let Some(board) = &mut self.board else {
            return Vec::new();
        };
        match press.action {
            Some(Action::Close) => {
                board.writing = Writing::Nothing;
                if !board.find.is_empty() {
                    board.find.replace("");
                    return self.look();
                }
            }
            Some(Action::Choose) => board.writing = Writing::Nothing,
            Some(Action::MarkAfter) => self.mark(1),
            Some(Action::MarkBefore) => self.mark(-1),
            Some(Action::PageDown) => self.mark(page),
            Some(Action::PageUp) => self.mark(-page),
            _ => {
                let before = board.find.as_str().to_owned();
                edit_line(&mut board.find, press.event);
                if before != board.find.as_str() {
                    board.at = None;
                    board.index = 0;
                    return self.look();
                }
            }
        }
        Vec::new()
    }

    /// A reply or a title.
    fn line_key(&mut self, press: Press) -> Vec<Cmd> {
        let entry = self.marked();
        let Some(board) = &mut self.board else {
            return Vec::new();
        };
        if press.action == Some(Action::Close) {
            self.keep_reply();
            return Vec::new();
        }
        match (press.action, std::mem::take(&mut board.writing)) {
            (Some(Action::Choose), writing) => match (entry, writing) {
                (Some(entry), Writing::Reply(text)) => return self.reply(entry, text),
                (Some(entry), Writing::Title(text)) => {
                    let title = crate::agent::visible::one_line(text.as_str());
                    return self.retitle(entry, &title);
                }
                (None, writing) => {
                    board.writing = writing;
                    self.say("this session is no longer here; Esc goes back to the list");
                }
                (_, writing) => board.writing = writing,
            },
            (_, Writing::Reply(mut text)) => {
                edit_line(&mut text, press.event);
                board.writing = Writing::Reply(text);
            }
            (_, Writing::Title(mut text)) => {
                edit_line(&mut text, press.event);
                board.writing = Writing::Title(text);
            }
            (_, writing) => board.writing = writing,
        }
        Vec::new()
    }

    /// Two keys delete; nothing else does.
    fn delete_key(&mut self, press: Press, sure: bool) -> Vec<Cmd> {
        let entry = self.marked();
        let Some(board) = &mut self.board else {
            return Vec::new();
        };
        match (press.action, &mut board.writing) {
            (Some(Action::Close | Action::QuestionNo), writing) => *writing = Writing::Nothing,
            (
                Some(Action::QuestionYes),
                Writing::Delete {
                    weight: Some(_),
                    sure,
                },
            ) => *sure = true,
            (Some(Action::Choose), writing) if sure => {
                let worktree = match std::mem::take(writing) {
                    Writing::Delete { weight, .. } => weight.and_then(|weight| weight.worktree),
                    _ => None,
                };
                return entry.map_or_else(Vec::new, |entry| self.delete(entry, worktree));
            }
            _ => {}
        }
        Vec::new()
    }

    pub fn board_paste(&mut self, text: &str) -> Vec<Cmd> {
        let line = crate::agent::visible::one_line(text);
        let Some(board) = &mut self.board else {
            return Vec::new();
        };
        match &mut board.writing {
            Writing::Find => {
                board.find.insert(&line);
                return self.look();
            }
            Writing::Reply(reply) => reply.insert(&crate::agent::visible::clean(text)),
            Writing::Title(title) => title.insert(&line),
            Writing::Nothing | Writing::Delete { .. } => {}
        }
        Vec::new()
    }

    /// A click marks a session; on the marked one it opens it.
    pub fn board_click(&mut self, id: SessionId) -> Vec<Cmd> {
        let Some(board) = &self.board else {
            return Vec::new();
        };
        if self.overlay.is_some() {
            return Vec::new();
        }
        if board.at == Some(id) && board.writing == Writing::Nothing {
            return self.open_from_board(id);
        }
        self.keep_reply();
        if let Some(board) = &mut self.board {
            board.at = Some(id);
        }
        Vec::new()
    }

    pub fn board_wheel(&mut self, lines: i64) {
        if self.overlay.is_none() && !self.board.as_ref().is_some_and(Board::writes) {
            self.mark(isize::try_from(lines).unwrap_or(0));
        }
    }

    /// This project, or all.
    pub fn board_scope(&mut self) -> Vec<Cmd> {
        // Not under what is being written.
        if self.board.as_ref().is_some_and(Board::writes) {
            return Vec::new();
        }
        if let Some(board) = &mut self.board {
            board.here = !board.here;
            board.cards.clear();
            board.read = false;
            board.reach = Reach::Nothing;
            board.below = None;
        }
        self.look()
    }

    fn write(&mut self, writing: Writing) {
        if let Some(board) = &mut self.board {
            board.writing = writing;
        }
    }

    /// Moves the mark by so many sessions, at most to the ends.
    fn mark(&mut self, by: isize) {
        let ids: Vec<SessionId> = self.board_sessions().map(|entry| entry.id).collect();
        let Some(board) = &mut self.board else {
            return;
        };
        let last = ids.len().saturating_sub(1);
        board.index = board.index.saturating_add_signed(by).min(last);
        board.at = ids.get(board.index).copied();
    }

    /// The session below the marked one is marked, at the end of the list the one above.
    pub fn mark_beside(&mut self) {
        let ids: Vec<SessionId> = self.board_sessions().map(|entry| entry.id).collect();
        let Some(board) = &mut self.board else {
            return;
        };
        let at = ids.iter().position(|id| Some(*id) == board.at);
        let beside = at.and_then(|at| ids.get(at + 1).or_else(|| ids.get(at.checked_sub(1)?)));
        board.at = beside.copied().or(board.at);
    }

    fn board_page(&self) -> isize {
        let (width, height) = self.size;
        let lines = self.board.as_ref().map_or(1, |board| {
            Rooms::of(Rect::new(0, 0, width, height), &board.writing).lines(board.finds())
        });
        isize::try_from(lines.saturating_sub(2).max(1)).unwrap_or(1)
    }

    fn board_sessions(&self) -> impl Iterator<Item = Entry> {
        self.board_lines().iter().filter_map(|line| match line {
            Line::Session(entry) => Some(*entry),
            Line::Head(_) => None,
        })
    }

    pub fn marked(&self) -> Option<Entry> {
        let at = self.board.as_ref()?.at?;
        self.board_sessions().find(|entry| entry.id == at)
    }

    /// What would go is counted, and then asked about.
    fn ask_to_delete(&mut self, entry: Entry) -> Vec<Cmd> {
        if let Some(why) = self.why_not(entry) {
            self.say(why);
            return Vec::new();
        }
        self.write(Writing::Delete {
            weight: None,
            sure: false,
        });
        vec![Cmd::Ask(
            Tag::Weight(entry.id),
            Query::Weight { session: entry.id },
        )]
    }
}
