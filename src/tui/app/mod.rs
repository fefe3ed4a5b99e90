//! The workstation as a value: what is open, what has the focus, what is written. [`App::update`] turns a message into a new
//! state and a list of effects as data; it does no IO, reads no clock and draws nothing. Keys are routed in `keys`, carried
//! out in `act`; signals and answers come in through `hear`.

pub mod act;
pub mod answering;
pub mod arguments;
pub mod arming;
pub mod arrange;
pub mod arrangement;
pub mod ask;
mod batch;
pub mod begin;
pub mod board;
mod budget;
pub mod card;
pub mod caret;
pub mod chip;
pub mod choosing;
pub mod command;
pub mod composer;
pub mod composing;
pub mod copying;
pub mod decided;
pub mod drawn;
pub mod elsewhere;
pub mod excerpt;
pub mod find;
pub mod first_run;
pub mod folder;
pub mod following;
pub mod fresh;
pub mod given;
pub mod hear;
pub mod held;
pub mod imports;
pub mod keymap;
pub mod keys;
pub mod layout;
pub mod leap;
pub mod learnt;
pub mod leaving;
pub mod lines;
pub mod local;
pub mod logical;
pub mod looking;
pub mod making;
pub mod means;
pub mod mention;
pub mod message;
pub mod mode;
pub mod model;
pub mod motion;
pub mod notify;
pub mod open;
mod over;
pub mod overlay;
pub mod palette;
pub mod pane;
pub mod panes;
pub mod picking;
pub mod picture;
pub mod pointer;
pub mod pointing;
pub mod price;
pub mod reading;
mod recall;
pub mod saying;
pub mod seek;
pub mod setup;
pub mod shell;
pub mod since;
mod slept;
pub mod stash;
mod stopping;
pub mod streaming;
pub mod temporary;
pub mod text;
pub mod theme;
pub mod too_long;
pub mod tour;
pub mod transcript;
pub mod trust;
pub mod typed_key;
mod unused;
pub mod view;
mod views;
pub mod vim;
pub mod wake;
pub mod wishes;
pub mod worktree;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::protocol::event::Signal;
use crate::protocol::id::{AskId, CommandId, SessionId};
use crate::protocol::import::Progress;
use crate::protocol::query::{ModelCard, Query, Today};
use crate::protocol::sandbox::Hold;
use crate::protocol::session::Card;
use crate::protocol::worktree::Worktree;
use crate::tui::app::answering::SentEdit;
use crate::tui::app::arrangement::Keeping;
use crate::tui::app::ask::AskFocus;
use crate::tui::app::board::{Board, Done};
use crate::tui::app::card::CardFocus;
use crate::tui::app::drawn::Seen;
use crate::tui::app::first_run::FirstRun;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::leader::Leader;
use crate::tui::app::local::{Asks, Local, Taking};
use crate::tui::app::mention::Mention;
use crate::tui::app::message::{Cmd, Msg, Tag};
use crate::tui::app::notify::Notify;
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::help::Help;
use crate::tui::app::panes::Panes;
use crate::tui::app::pointer::Spot;
use crate::tui::app::pointing::{Clicks, Gesture};
use crate::tui::app::saying::{Matter, Note};
use crate::tui::app::setup::{Now, Place, Setup};
use crate::tui::app::text::Text;
use crate::tui::app::view::View;

/// What the keys go to, where no overlay is open.
#[derive(Debug, Clone, PartialEq)]
pub enum Focus {
    Composer,
    Transcript,
    Ask(Box<AskFocus>),
    /// The card of a failure.
    Card(CardFocus),
}

/// A leader that was pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pressed {
    pub leader: Leader,
    pub since: Duration,
    /// Which part of the keys is listed where they do not fit the screen at once; the screen counts it round.
    pub page: i32,
}

/// Numbers that rise with what changes beside the sessions, so that a pane that shows none of it need not be drawn again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    /// Any pane may show it.
    pub everywhere: u64,
    /// Only the pane with the focus shows it: what is typed, said, or about to be done.
    pub in_focus: u64,
}

#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a state of its own")]
pub struct App {
    pub setup: Setup,
    pub now: Now,
    /// The engine answers.
    pub ready: bool,
    pub broken: Option<String>,
    pub size: (u16, u16),
    /// Open sessions, one a tab; never empty.
    pub views: Vec<View>,
    /// Where they are looked at.
    pub panes: Panes,
    pub focus: Focus,
    pub overlay: Option<Overlay>,
    /// The help over it, which leads back to it; elsewhere the help is an overlay itself.
    pub help: Option<Help>,
    /// The board lies over everything but overlays.
    pub board: Option<Board>,
    /// What can be undone there, the last at the end.
    pub done: Vec<Done>,
    /// The session and the tokens of a prompt that was said to be too long: the same again is sent.
    pub told_length: Option<(SessionId, u64)>,
    /// One of another terminal with the process that has it: until then another press of the key for it stops its turn there.
    pub stops: Option<(SessionId, u32, Duration)>,
    /// Replies that were begun there and left.
    pub replies: BTreeMap<SessionId, Text>,
    /// Worktrees of sessions that are being deleted: they stay.
    pub stays: BTreeMap<SessionId, Worktree>,
    pub first_run: Option<FirstRun>,
    /// Repositories below the folder Creel was started in, where that is too much for an agent.
    pub below: Vec<PathBuf>,
    /// The folder that was named for a new session, until it was looked at.
    pub wanted: Option<PathBuf>,
    pub local: Local,
    pub local_asks: Asks,
    /// A model found on this machine that was chosen, for which session and how, while its server is being kept.
    pub taking: Option<Taking>,
    /// The next key is one of those that follow it.
    pub leader: Option<Pressed>,
    /// A pane was resized after the leader: until then the keys for that go on without it.
    pub resizing: Option<Duration>,
    pub note: Option<Note>,
    /// What must be read: it stays until it is put away.
    pub notices: Vec<String>,
    /// Those of them that go when what they speak of is over.
    pub matters: Vec<(Matter, String)>,
    /// Actions chosen in the palette, the newest first.
    pub chosen: Vec<Action>,
    /// The log can only be read.
    pub read_only: bool,
    /// Esc was pressed while a turn ran: until then a second one stops it.
    pub esc_until: Option<Duration>,
    /// Ctrl+C was pressed with nothing to clear: until then a second one quits.
    pub break_until: Option<Duration>,
    /// A word by which other programs are left was entered: until then entering it again quits.
    pub word_until: Option<Duration>,
    pub clicks: Clicks,
    /// Another frame is needed for keys that waited for the last one.
    pub owes_frame: bool,
    /// The row of the list of commands that is marked.
    pub slash_at: usize,
    /// The list of commands was closed for this text.
    pub slash_closed: bool,
    /// What can be mentioned where the cursor is.
    pub mention: Option<Mention>,
    pub today: Option<Today>,
    /// The day's budget was told today.
    pub told_budget: bool,
    /// What holds commands, once it was measured.
    pub hold: Option<Hold>,
    pub models: Vec<ModelCard>,
    pub recent: Option<Vec<Card>>,
    /// What these cards say has changed since.
    pub recent_changed: bool,
    /// What is known of the folders sessions work in.
    pub places: BTreeMap<PathBuf, Place>,
    /// Newest first.
    pub prompts: Vec<String>,
    pub seen: Seen,
    /// The ask with the keys that the engine was told to look at again.
    pub rechecked: Vec<(SessionId, AskId)>,
    /// The command last typed at an ask.
    pub edit: Option<SentEdit>,
    /// Answers on their way: an ask is not shown again while its answer is not in the log.
    pub answered: Vec<(CommandId, SessionId, AskId)>,
    pub quitting: bool,
    pub changes: Changes,
    pub keeping: Keeping,
    /// When memory that is no longer used is given back.
    pub unused: Option<Duration>,
    pub notify: Notify,
    /// The session that is looked at.
    pub looking: Option<SessionId>,
    /// How far the import is that runs.
    pub importing: Option<Progress>,
    /// Tabs and panes are those of the last time.
    pub restored: bool,
    next_command: u64,
}

impl App {
    /// Routes a message; its effects are in order.
    pub fn update(&mut self, msg: Msg, now: Now) -> Vec<Cmd> {
        let before = std::mem::replace(&mut self.now, now);
        let woke = self.woke(before.clocks);
        self.expire();
        let drawn = matches!(msg, Msg::Drawn(_));
        let heard = drawn || matches!(msg, Msg::Signals(_));
        if matches!(msg, Msg::Key(_) | Msg::Wheel(..)) {
            // Who goes on where the log could not be read has it tried again.
            for view in &mut self.views {
                view.unreadable.clear();
            }
        }
        // Text that passes by changes nothing of what waits or has ended, and comes many times a second.
        let passing = |signal: &Signal| matches!(signal, Signal::Delta { .. });
        let passes = matches!(&msg, Msg::Signals(signals) if signals.iter().all(passing));
        let key = matches!(msg, Msg::Key(_) | Msg::Wheel(..) | Msg::Tick);
        let here = key && self.is_plain();
        let acted = matches!(msg, Msg::Key(_) | Msg::Click(_) | Msg::Paste(_));
        self.come_back(&msg);
        self.notify.see(&msg, now.since);
        let mut cmds = self.take(msg);
        cmds.extend(woke);
        cmds.extend(self.ask_local_once());
        cmds.extend(self.learn());
        cmds.extend(self.tell_seen());
        // A frame is drawn of what is here: it moves nothing on the board and is no news.
        if !drawn {
            cmds.extend(self.settle_board());
            self.settle_inbox();
            cmds.extend(self.recheck());
        }
        if !drawn && !passes {
            cmds.extend(self.notices_due());
            self.look_again();
            cmds.extend(self.ask_recent_again());
        }
        // What is heard changes the sessions it speaks of, and they count that themselves.
        if !heard || self.mention.is_some() {
            // What was heard may have put another composer in place of the one with the list.
            cmds.extend(self.seek());
        }
        if !drawn {
            self.pass_note(acted);
        }
        if !heard {
            self.note_arrangement();
            self.changes.in_focus += 1;
            if !(here && self.is_plain()) {
                self.changes.everywhere += 1;
            }
        }
        cmds
    }

    /// The keys go to a session and to nothing around it.
    fn is_plain(&self) -> bool {
        let inside = matches!(self.focus, Focus::Composer | Focus::Transcript);
        inside
            && self.board.is_none()
            && self.overlay.is_none()
            && self.help.is_none()
            && self.first_run.is_none()
            && self.leader.is_none()
    }

    fn take(&mut self, msg: Msg) -> Vec<Cmd> {
        match msg {
            Msg::Key(key) => self.key(key),
            Msg::Paste(text) => self.paste(&text),
            Msg::Resize(width, height) => {
                self.size = (width, height);
                Vec::new()
            }
            Msg::Wheel(_, lines) if matches!(self.overlay, Some(Overlay::Inbox(_))) => {
                self.inbox_wheel(lines);
                Vec::new()
            }
            Msg::Wheel(_, lines) if self.board.is_some() => {
                self.board_wheel(lines);
                Vec::new()
            }
            Msg::Wheel(pane, lines) => {
                if let Some(pane) = self.panes.get_mut(pane) {
                    pane.scroll.by += lines;
                }
                Vec::new()
            }
            Msg::Drag(edge, to) => {
                self.drag(edge, to);
                Vec::new()
            }
            Msg::Click(_) | Msg::Point(.., Gesture::Press) if self.is_swallowed() => Vec::new(),
            Msg::Click(Spot::Row(id)) => self.board_click(id),
            Msg::Click(Spot::Waiting(index)) => {
                self.inbox_click(index);
                Vec::new()
            }
            Msg::Click(Spot::Scope) => self.board_scope(),
            Msg::Click(spot) => {
                self.click(spot);
                Vec::new()
            }
            Msg::Point(pane, x, y, gesture) => self.point(pane, x, y, gesture),
            Msg::Read(done) => self.read_done(done),
            Msg::Focus(_) | Msg::Back => {
                let front = !matches!(msg, Msg::Focus(false));
                self.clicks.front = front.then_some(self.now.since);
                self.quiet_again();
                // Others may have spent while nobody looked.
                let asks = (front && self.ready).then_some(Cmd::Ask(Tag::Today, Query::Today));
                asks.into_iter().collect()
            }
            Msg::Ready(opened) => {
                self.notices.extend(opened.notices);
                self.read_only = opened.read_only;
                self.started()
            }
            Msg::Broken(why) => {
                self.notices
                    .push(format!("the log could not be opened: {why}"));
                self.broken = Some(why);
                self.look()
            }
            Msg::Signals(signals) => self.hear(signals),
            Msg::Found(tag, found) => self.found(tag, found),
            Msg::Managed(session, managed) => self.managed(session, managed),
            Msg::Edited(edited) => self.edited(edited),
            Msg::Checked(tried, checked) => self.checked(&tried, checked),
            Msg::Stored(provider, stored) => self.stored(&provider, stored),
            Msg::Files(number, files) => {
                self.files_found(number, files);
                Vec::new()
            }
            Msg::Attached(session, number, done) => self.attached(session, number, done),
            Msg::Local(number, servers) => self.local_answered(number, servers),
            Msg::KeysRead(session, read) => self.keys_read(session, read),
            Msg::Extended(read) => self.extended(read),
            Msg::Wished(read) => self.wished(read),
            Msg::Wrote(wishes) => self.wrote_config(*wishes),
            Msg::NotBound(why) => self.not_bound(why),
            Msg::Pane(session, place) => {
                self.pane_found(session, place);
                Vec::new()
            }
            Msg::Tour(folder) => self.tour(folder),
            Msg::Below(found) => {
                self.below = found;
                self.offer_folders();
                Vec::new()
            }
            Msg::Scratch(made) => self.scratch(made),
            Msg::Errand(session, done) => self.errand_done(session, done),
            Msg::Place(folder, place) => {
                let brings = place.brings;
                let before = self.places.insert(folder.clone(), place);
                self.looked_at(&folder);
                let mut cmds = self.wanted_looked_at(&folder);
                if brings && before.is_none_or(|before| !before.brings) && self.ready {
                    cmds.extend(self.brings(&folder));
                }
                cmds
            }
            Msg::Themes(offered) => {
                self.themes_found(offered);
                Vec::new()
            }
            Msg::ThemeKept(choice, kept) => {
                self.theme_kept(&choice, kept);
                Vec::new()
            }
            Msg::ThemeRefused(why) => {
                self.say(why);
                Vec::new()
            }
            Msg::Drawn(seen) => self.drawn(seen),
            Msg::NotNotified(why) => self.not_notified(&why),
            Msg::Tick => self.tick(),
        }
    }
}
