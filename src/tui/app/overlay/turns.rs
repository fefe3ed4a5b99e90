//! The turns of a session: it can be opened at any of them.

use crossterm::event::{KeyCode, KeyEvent};

use crate::protocol::event::{Event, Fact};
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::item::{Item, Origin, joined};
use crate::tui::app::overlay::{Reply, Wish};

#[derive(Debug, Clone, PartialEq)]
pub struct Turns {
    pub session: SessionId,
    pub title: String,
    pub rows: Vec<Turn>,
    /// All of them were read.
    pub whole: bool,
    pub last: Seq,
    pub at: usize,
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
            at: 0,
            failed: None,
        }
    }

    pub fn key(&mut self, event: KeyEvent) -> Reply {
        let last = self.rows.len().saturating_sub(1);
        match event.code {
            KeyCode::Esc | KeyCode::Left | KeyCode::Char('q') => return Reply::Close,
            KeyCode::Down | KeyCode::Char('j') => self.at = (self.at + 1).min(last),
            KeyCode::Up | KeyCode::Char('k') => self.at = self.at.saturating_sub(1),
            KeyCode::PageDown => self.at = (self.at + 10).min(last),
            KeyCode::PageUp => self.at = self.at.saturating_sub(10),
            KeyCode::Home | KeyCode::Char('g') => self.at = 0,
            KeyCode::End | KeyCode::Char('G') => self.at = last,
            KeyCode::Enter => {
                if let Some(turn) = self.rows.get(self.at) {
                    return Reply::Do(Wish::Open(self.session, Some(turn.number)));
                }
            }
            _ => {}
        }
        Reply::Stay
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
