//! The board: every session in one list, live. What is open here is read from its view; the rest are cards of the log, in
//! pages. Keys are in `keys`, what each session is said to be doing in `told`, what comes back in `hear`.

pub mod entries;
pub mod hear;
pub mod keys;
pub mod reply;
pub mod told;

use std::time::Duration;

use ratatui::layout::Rect;

use crate::agent::visible::one_line;
use crate::protocol::board::{Glimpse, Wanted, Weight};
use crate::protocol::id::SessionId;
use crate::protocol::query::Query;
use crate::protocol::session::{Card, Change, State};
use crate::protocol::time::Time;
use crate::tui::app::App;
use crate::tui::app::board::entries::Line;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::text::Text;

/// Sessions read at a time.
pub const PAGE: u32 = 200;
/// Of those that have the words that are looked for.
const FOUND: u32 = 500;
/// While the board is open the log is looked at this often, for what other processes do.
pub const LOOK: Duration = Duration::from_secs(3);
/// Screens of fewer rows show the foot only while something is written in it.
const LOW: u16 = 20;
/// Screens of so many rows name the columns of the list.
const TALL: u16 = 32;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Board {
    /// Newest first, as far as they were read.
    pub cards: Vec<Card>,
    /// The first page came.
    pub read: bool,
    pub reach: Reach,
    /// How many there are, and how many more are put away.
    pub total: u64,
    pub archived: u64,
    /// Held by other processes.
    pub elsewhere: Vec<(SessionId, u32)>,
    /// Seconds that the person's clock is ahead of UTC.
    pub zone: i32,
    /// Only those of the project Creel was started in.
    pub here: bool,
    /// The words that are looked for.
    pub find: Text,
    /// Which part of the keys is listed where they do not fit at once; the screen counts it round.
    pub keys: usize,
    pub writing: Writing,
    /// The list, as it is after what happened last.
    pub lines: Vec<Line>,
    /// The session that is marked, and where in the list it stood: what takes its place when it goes.
    pub at: Option<SessionId>,
    pub index: usize,
    /// The first line of the list that is seen.
    pub top: usize,
    /// Of the marked session.
    pub glimpse: Option<(SessionId, Glimpse)>,
    /// Why the log could not be read.
    pub failed: Option<String>,
    /// The number of the question whose answer is awaited: older answers come too late.
    pub question: u64,
    /// The same for a page further down, while one is on its way.
    pub below: Option<u64>,
    /// When the log was last looked at.
    pub looked: Duration,
    /// The session whose last words were asked for, as its card was then where they are not heard here.
    glimpsed: Option<(SessionId, Option<(Time, State)>)>,
}

/// How far down the list was read without a gap. Single sessions of the first page may be older.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reach {
    /// Not at all, or for other words.
    #[default]
    Nothing,
    /// All that were active after this.
    To(Time),
    End,
}

/// What the keys write, if anything.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Writing {
    #[default]
    Nothing,
    /// The words that are looked for.
    Find,
    /// To the marked session.
    Reply(Text),
    /// Its title.
    Title(Text),
    /// Nothing, but whether it shall be deleted: what would go, and that `y` was pressed.
    Delete { weight: Option<Weight>, sure: bool },
}

/// Something that was done to a session and can be undone, at least one of both ways; without both it was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    pub session: SessionId,
    /// What undoes it.
    pub back: Option<Change>,
    /// Its tab was closed: where it stood.
    pub tab: Option<usize>,
    /// What it was, as it is said.
    pub what: String,
}

impl Done {
    /// It cannot be undone: it stands where it was done, so that nothing older is undone in its place.
    pub fn is_final(&self) -> bool {
        self.back.is_none() && self.tab.is_none()
    }
}

/// Where the parts of the board are on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rooms {
    pub head: Rect,
    /// The columns of the list have names over them.
    pub named: bool,
    /// With its frame.
    pub list: Rect,
    /// With its frame; without height where there is no room.
    pub peek: Rect,
    pub keys: Rect,
    pub note: Rect,
}

impl Rooms {
    pub fn of(area: Rect, writing: &Writing) -> Self {
        let writes = matches!(
            writing,
            Writing::Reply(_) | Writing::Title(_) | Writing::Delete { .. }
        );
        let (keys, note, peek) = match area.height {
            28.. => (2, 1, 9),
            LOW.. => (2, 0, 8),
            _ if matches!(writing, Writing::Delete { .. }) => (1, 0, 7),
            _ if writes => (1, 0, 5),
            _ => (1, 0, 0),
        };
        let list = area.height.saturating_sub(1 + keys + note + peek);
        let mut y = area.y;
        let mut next = |height: u16| {
            let room = Rect { y, height, ..area };
            y = y.saturating_add(height);
            room.intersection(area)
        };
        Self {
            named: area.height >= TALL,
            head: next(1),
            list: next(list),
            peek: next(peek),
            keys: next(keys),
            note: next(note),
        }
    }

    /// Lines of the list without its frame, and without the lines of the words that are looked for and of the columns' names.
    pub fn lines(&self, finds: bool) -> usize {
        let above = usize::from(finds) + usize::from(self.named);
        usize::from(self.list.height.saturating_sub(2)).saturating_sub(above)
    }
}

impl Board {
    /// Where its keys are looked up.
    pub fn place(&self) -> Place {
        match self.writing {
            Writing::Nothing => Place::Board,
            Writing::Find | Writing::Reply(_) | Writing::Title(_) => Place::BoardLine,
            Writing::Delete { .. } => Place::BoardDelete,
        }
    }

    /// The words stand over the list.
    pub fn finds(&self) -> bool {
        self.writing == Writing::Find || !self.find.is_empty()
    }

    /// The keys write to the marked session, or ask of it: it stays marked until they have ended.
    pub fn writes(&self) -> bool {
        !matches!(self.writing, Writing::Nothing | Writing::Find)
    }

    pub fn process_of(&self, session: SessionId) -> Option<u32> {
        let mut held = self.elsewhere.iter();
        held.find(|(id, _)| *id == session)
            .map(|(_, process)| *process)
    }

    pub fn card(&self, session: SessionId) -> Option<&Card> {
        self.cards.iter().find(|card| card.id == session)
    }
}

impl App {
    pub fn show_board(&mut self) -> Vec<Cmd> {
        self.keep_reply();
        self.overlay = None;
        let board = Board {
            at: Some(self.view().id),
            ..Board::default()
        };
        self.board = Some(board);
        let mut cmds = self.look();
        if !cmds.is_empty() {
            cmds.push(Cmd::Ask(Tag::Today, Query::Today));
        }
        cmds
    }

    pub fn close_board(&mut self) {
        self.keep_reply();
        if self.board.take().is_some() && self.view().unseen {
            self.view_mut().unseen = false;
        }
    }

    /// Asks the log for the first page, or says why it cannot be asked.
    pub fn look(&mut self) -> Vec<Cmd> {
        let broken = self.broken.as_ref();
        let broken = broken.map(|why| format!("the log could not be opened: {}", one_line(why)));
        let Some(board) = &mut self.board else {
            return Vec::new();
        };
        if !self.ready {
            board.failed = broken;
            return Vec::new();
        }
        let number = self.number();
        let cwd = self.setup.cwd.clone();
        let now = self.now.since;
        let Some(board) = &mut self.board else {
            return Vec::new();
        };
        board.question = number;
        board.looked = now;
        let words = board.find.as_str().trim().to_owned();
        if !words.is_empty() {
            board.below = None;
        }
        let wanted = Wanted {
            limit: if words.is_empty() { PAGE } else { FOUND },
            words,
            here: board.here.then_some(cwd),
            before: None,
        };
        vec![Cmd::Ask(Tag::Board(number), Query::Board(wanted))]
    }

    /// Asks for the page below, when the end of what was read is near.
    pub fn look_below(&mut self, near: bool) -> Vec<Cmd> {
        let Some(board) = &self.board else {
            return Vec::new();
        };
        let Reach::To(reached) = board.reach else {
            return Vec::new();
        };
        // What could not be read is asked for again after the next first page.
        if !near || board.below.is_some() || !board.find.is_empty() || board.failed.is_some() {
            return Vec::new();
        }
        let number = self.number();
        let cwd = self.setup.cwd.clone();
        let Some(board) = &mut self.board else {
            return Vec::new();
        };
        board.below = Some(number);
        let wanted = Wanted {
            here: board.here.then_some(cwd),
            before: Some(reached),
            limit: PAGE,
            ..Wanted::default()
        };
        vec![Cmd::Ask(Tag::Below(number), Query::Board(wanted))]
    }

    /// After anything has happened: the mark stays on its session and in sight, what it shows is asked for.
    pub fn settle_board(&mut self) -> Vec<Cmd> {
        let Some(lines) = self.board.as_ref().map(|board| self.list(board)) else {
            return Vec::new();
        };
        let (width, height) = self.size;
        let Some(board) = &mut self.board else {
            return Vec::new();
        };
        let rows: Vec<(usize, SessionId)> = lines
            .iter()
            .enumerate()
            .filter_map(|(line, what)| match what {
                Line::Session(entry) => Some((line, entry.id)),
                Line::Head(_) => None,
            })
            .collect();
        let found = rows.iter().position(|(_, id)| Some(*id) == board.at);
        board.index = found.unwrap_or(board.index.min(rows.len().saturating_sub(1)));
        let marked = rows.get(board.index);
        // Where what is written to is gone nothing else is marked before Esc: the next letters are no keys.
        if found.is_some() || !board.writes() {
            board.at = marked.map(|(_, id)| *id);
        }
        let room = Rooms::of(Rect::new(0, 0, width, height), &board.writing).lines(board.finds());
        let line = marked.map_or(0, |(line, _)| *line);
        // The heading over the first of a group is seen with it.
        let first = if line > 0 && matches!(lines.get(line - 1), Some(Line::Head(_))) {
            line - 1
        } else {
            line
        };
        board.top = board
            .top
            .min(first)
            .max((line + 1).saturating_sub(room))
            .min(lines.len().saturating_sub(room));
        let near = board.index + room + 20 >= rows.len();
        board.lines = lines;
        let mut cmds = self.look_below(near);
        cmds.extend(self.glimpse_marked());
        cmds
    }

    /// What was said last in the marked session, and its folder.
    fn glimpse_marked(&mut self) -> Vec<Cmd> {
        let Some(board) = &mut self.board else {
            return Vec::new();
        };
        let Some(at) = board.at.filter(|_| self.ready) else {
            return Vec::new();
        };
        let view = self.views.iter().find(|view| view.id == at);
        let heard = view.is_some_and(|view| view.session.is_some() && view.read_only.is_none());
        let card = board.card(at).filter(|_| !heard);
        let glimpsed = Some((at, card.map(|card| (card.active, card.state))));
        if board.glimpsed == glimpsed {
            return Vec::new();
        }
        let folder = board.card(at).map(|card| card.cwd.clone());
        board.glimpsed = glimpsed;
        let folder = view.map(|view| view.cwd().clone()).or(folder);
        let mut cmds = vec![Cmd::Ask(Tag::Glimpse(at), Query::Glimpse { session: at })];
        cmds.extend(
            folder
                .filter(|folder| self.place(folder).is_none())
                .map(Cmd::LookAt),
        );
        cmds
    }
}
