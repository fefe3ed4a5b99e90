//! Where one is in a transcript: a place in the text of an entry. What rows there are only the screen knows, so moves by rows
//! are wishes that the next frame carries out, and keys that come before it wait for it.

use std::collections::VecDeque;
use std::ops::Range;

use crossterm::event::KeyEvent;

use crate::protocol::id::Seq;
use crate::tui::app::keymap::Action;

/// A place in a transcript, with the row it is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caret {
    pub seq: Seq,
    /// In the text of the entry, as it is shown.
    pub at: usize,
    /// What its row shows of the text.
    pub row: Range<usize>,
    /// Which row of its entry that was when it was drawn: more than one may show the same part.
    pub line: Option<usize>,
    /// Its row is the first, the last of its entry.
    pub first: bool,
    pub last: bool,
}

impl Caret {
    /// A place whose row is not known yet.
    pub fn new(seq: Seq, at: usize) -> Self {
        Self {
            seq,
            at,
            row: at..at,
            line: None,
            first: at == 0,
            last: false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    Top,
    Middle,
    Bottom,
}

/// What the next frame shall do with caret and window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// So many rows on, down being positive.
    Rows(i64),
    /// Window and caret by so many rows.
    Pages(i64),
    /// To a row of the window: so many rows from that edge.
    Screen(Edge, usize),
    /// The caret's row comes to that edge.
    Put(Edge),
    /// The caret was put elsewhere: it shall be seen.
    Show,
    /// To what lies under a cell of the window; beyond an edge the window moves.
    Point { x: u16, y: i32 },
}

/// What waits for the frame that carries a move out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    Key(KeyEvent),
    /// The selection begins where the pointer is.
    Begin,
    /// The pointer went on to this cell.
    To {
        x: u16,
        y: i32,
    },
    /// A word, a line is selected under the pointer.
    Word,
    Line,
    /// What is selected is copied.
    Copy,
    /// An action that was chosen by its name: the frame first finds where the caret is.
    Do(Action),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    pub from: Caret,
    /// Whole lines.
    pub lines: bool,
    /// Made with the pointer and copied by it: it stays until the next key or press.
    pub pointed: bool,
}

/// Of a pane whose transcript has or had the keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// `None`: on the last row.
    pub caret: Option<Caret>,
    /// It is on the last row and stays there when more comes.
    pub at_end: bool,
    pub moves: Vec<Move>,
    pub held: VecDeque<Held>,
    pub selection: Option<Selection>,
    /// The number typed before a key; 0: none.
    pub count: usize,
    /// The first of two keys.
    pub prefix: Option<char>,
    /// What is done again by the key for it, and how often.
    pub repeats: Option<(Action, i64)>,
}

impl Reading {
    /// To another place; it is seen with the next frame.
    pub fn go(&mut self, seq: Seq, at: usize) {
        self.caret = Some(Caret::new(seq, at));
        self.at_end = false;
        self.moves.push(Move::Show);
    }

    /// What a frame came to.
    pub fn drawn(&mut self, caret: Option<&Caret>, at_end: bool) {
        self.moves.clear();
        if let Some(caret) = caret {
            self.caret = Some(caret.clone());
            self.at_end = at_end;
        }
    }

    /// From where to where is selected.
    pub fn selected(&self) -> Option<(&Caret, &Caret, bool)> {
        let (selection, caret) = (self.selection.as_ref()?, self.caret.as_ref()?);
        let from = &selection.from;
        if (from.seq, from.at) <= (caret.seq, caret.at) {
            Some((from, caret, selection.lines))
        } else {
            Some((caret, from, selection.lines))
        }
    }

    /// The number typed before a key, once; else this one.
    pub fn count(&mut self) -> i64 {
        let count = std::mem::take(&mut self.count).max(1);
        i64::try_from(count).unwrap_or(1)
    }
}
