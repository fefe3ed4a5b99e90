//! The list of sessions, each with its turns: any past one can be opened again.

use std::path::PathBuf;

use crossterm::event::{KeyCode, KeyEvent};

use crate::protocol::event::{Event, Fact};
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::item::{Item, Origin, joined};
use crate::protocol::session::Card;
use crate::tui::app::overlay::pick::{Pick, Picked};
use crate::tui::app::overlay::{Reply, Wish};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sessions {
    /// Newest first; `None` until they were read.
    pub cards: Option<Vec<Card>>,
    pub pick: Pick,
    /// The turns of one session, beside the list.
    pub turns: Option<Turns>,
    /// Why they could not be read.
    pub failed: Option<String>,
    /// The folder whose sessions come first by being marked.
    pub here: PathBuf,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Turns {
    pub session: SessionId,
    pub title: String,
    pub rows: Vec<Turn>,
    /// All of them were read.
    pub whole: bool,
    pub last: Seq,
    pub at: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    pub number: u32,
    /// The first line of its prompt.
    pub line: String,
}

impl Sessions {
    pub fn shown(&self) -> Vec<&Card> {
        self.cards
            .iter()
            .flatten()
            .filter(|card| {
                self.pick.fits(&format!(
                    "{} {} {} {} {}",
                    card.title,
                    card.gist,
                    card.project.display(),
                    card.model,
                    card.id.short()
                ))
            })
            .collect()
    }

    pub fn key(&mut self, event: KeyEvent) -> Reply {
        if let Some(turns) = &mut self.turns {
            return match event.code {
                KeyCode::Esc | KeyCode::Left | KeyCode::Tab => {
                    self.turns = None;
                    Reply::Stay
                }
                KeyCode::Down => {
                    turns.at = (turns.at + 1).min(turns.rows.len().saturating_sub(1));
                    Reply::Stay
                }
                KeyCode::Up => {
                    turns.at = turns.at.saturating_sub(1);
                    Reply::Stay
                }
                KeyCode::PageDown => {
                    turns.at = (turns.at + 10).min(turns.rows.len().saturating_sub(1));
                    Reply::Stay
                }
                KeyCode::PageUp => {
                    turns.at = turns.at.saturating_sub(10);
                    Reply::Stay
                }
                KeyCode::Enter => match turns.rows.get(turns.at) {
                    Some(turn) => Reply::Do(Wish::Open(turns.session, Some(turn.number))),
                    None => Reply::Stay,
                },
                _ => Reply::Stay,
            };
        }
        let shown = self.shown();
        let chosen = shown
            .get(self.pick.at)
            .map(|card| (card.id, card.title.clone()));
        let count = shown.len();
        if event.code == KeyCode::Tab || event.code == KeyCode::Right && self.pick.filter.is_empty()
        {
            let Some((session, title)) = chosen else {
                return Reply::Stay;
            };
            self.turns = Some(Turns {
                session,
                title,
                rows: Vec::new(),
                whole: false,
                last: Seq(0),
                at: 0,
            });
            return Reply::Do(Wish::Turns(session));
        }
        match (self.pick.key(event, count), chosen) {
            (Picked::Closed, _) => Reply::Close,
            (Picked::Chosen, Some((session, _))) => Reply::Do(Wish::Open(session, None)),
            _ => Reply::Stay,
        }
    }
}

impl Turns {
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
