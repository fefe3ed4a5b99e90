//! The turns of a session: it can be opened at any of them, found by the words of its prompt.

use crate::protocol::event::{Event, Fact};
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::item::{Item, Origin, joined};
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::overlay::pick::{Pick, Picked};
use crate::tui::app::overlay::{Reply, Wish};

#[derive(Debug, Clone, PartialEq)]
pub struct Turns {
    pub session: SessionId,
    pub title: String,
    pub rows: Vec<Turn>,
    /// All of them were read.
    pub whole: bool,
    pub last: Seq,
    pub pick: Pick,
    /// Why they could not be read.
    pub failed: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    pub number: u32,
    /// The first line of its prompt.
    pub line: String,
}

impl Turns {
    pub fn of(session: SessionId, title: String) -> Self {
        Self {
            session,
            title,
            rows: Vec::new(),
            whole: false,
            last: Seq(0),
            pick: Pick::default(),
            failed: None,
        }
    }

    /// Those that the filter leaves.
    pub fn shown(&self) -> Vec<&Turn> {
        let fits = |turn: &&Turn| self.pick.fits(&format!("{} {}", turn.number, turn.line));
        self.rows.iter().filter(fits).collect()
    }

    pub fn key(&mut self, press: Press) -> Reply {
        let shown = self.shown();
        let chosen = shown.get(self.pick.at).map(|turn| turn.number);
        let count = shown.len();
        // Back to the board, whose arrow to the right led here.
        if press.action == Some(Action::TurnsBack) && self.pick.filter.is_empty() {
            return Reply::Close;
        }
        match (self.pick.key(press, count), chosen) {
            (Picked::Closed, _) => Reply::Close,
            (Picked::Chosen, Some(number)) => Reply::Do(Wish::Open(self.session, Some(number))),
            _ => Reply::Stay,
        }
    }

    /// Adds what a page of the log says of turns.
    pub fn read(&mut self, events: &[Event], limit: usize) {
        for event in events.iter().filter(|event| event.seq > self.last) {
            match &event.fact {
                Fact::TurnStarted { turn } => self.rows.push(Turn {
                    number: *turn,
                    line: String::new(),
                }),
                Fact::ItemAdded {
                    item:
                        Item::Prompt {
                            blocks,
                            origin: Origin::Person,
                        },
                    ..
                } => {
                    if let Some(row) = self.rows.last_mut().filter(|row| row.line.is_empty()) {
                        let text: String = joined(blocks).chars().take(400).collect();
                        row.line = crate::agent::visible::one_line(&text);
                    }
                }
                _ => {}
            }
        }
        self.last = events.last().map_or(self.last, |event| event.seq);
        self.whole = events.len() < limit;
    }
}
