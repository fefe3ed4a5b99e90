//! The pointer over a transcript: a click puts the caret, a drag selects and copies when it ends, twice a word, three times a
//! line. The click that brings the window to the front does nothing.

use std::time::Duration;

use crate::tui::app::caret::{Held, Move, Selection};
use crate::tui::app::logical::shown;
use crate::tui::app::message::Cmd;
use crate::tui::app::motion::word_at;
use crate::tui::app::pane::PaneId;
use crate::tui::app::pointer::{Part, Spot};
use crate::tui::app::{App, Focus};

/// A click this soon after the window got the focus is the one that gave it.
const FRONT: Duration = Duration::from_millis(300);
/// Clicks on one cell within this time belong together.
const TWICE: Duration = Duration::from_millis(400);

/// What the pointer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gesture {
    Press,
    Drag,
    Release,
}

/// Clicks so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Clicks {
    /// When the window last got the focus.
    pub front: Option<Duration>,
    last: Option<(PaneId, u16, i32, Duration)>,
    count: u8,
    /// The button is down in this pane, and whether the pointer has moved since.
    held: Option<(PaneId, bool)>,
}

impl App {
    /// Whether a click is the one that brought the window to the front.
    pub fn is_swallowed(&mut self) -> bool {
        let now = self.now.since;
        let front = self.clicks.front.take();
        front.is_some_and(|front| now < front + FRONT)
    }

    /// The pointer in the transcript of a pane; the row may lie above or below it.
    pub fn point(&mut self, pane: PaneId, x: u16, y: i32, gesture: Gesture) -> Vec<Cmd> {
        match gesture {
            Gesture::Press => self.press_down(pane, x, y),
            Gesture::Drag => {
                let Some((held, moved)) = &mut self.clicks.held else {
                    return Vec::new();
                };
                if *held != pane || self.panes.focus() != pane {
                    return Vec::new();
                }
                let first = !std::mem::replace(moved, true);
                let eyes = &mut self.pane_mut().eyes;
                if first && eyes.selection.is_none() {
                    eyes.held.push_back(Held::Begin);
                }
                if let Some(Held::To { .. }) = eyes.held.back() {
                    eyes.held.pop_back();
                }
                eyes.held.push_back(Held::To { x, y });
                self.replay()
            }
            Gesture::Release => {
                let held = self.clicks.held.take();
                let moved = matches!(held, Some((held, true)) if held == pane);
                if moved && self.panes.focus() == pane {
                    self.pane_mut().eyes.held.push_back(Held::Copy);
                    return self.replay();
                }
                Vec::new()
            }
        }
    }

    fn press_down(&mut self, pane: PaneId, x: u16, y: i32) -> Vec<Cmd> {
        self.click(Spot::Pane(pane, Part::Transcript));
        if self.overlay.is_some() || self.first_run.is_some() || self.focus != Focus::Transcript {
            return Vec::new();
        }
        let now = self.now.since;
        let again = self.clicks.last.is_some_and(|(other, left, row, at)| {
            (other, left, row) == (pane, x, y) && now < at + TWICE
        });
        let count = if again { self.clicks.count % 3 + 1 } else { 1 };
        self.clicks.count = count;
        self.clicks.last = Some((pane, x, y, now));
        self.clicks.held = Some((pane, false));
        let reading = &mut self.pane_mut().eyes;
        reading.selection = None;
        reading.moves.push(Move::Point { x, y });
        match count {
            2 => reading.held.extend([Held::Word, Held::Copy]),
            3 => reading.held.extend([Held::Line, Held::Copy]),
            _ => {}
        }
        Vec::new()
    }

    /// What waited until the place under the pointer was known.
    pub fn pointed(&mut self, held: &Held) -> Vec<Cmd> {
        let text = self.here().map(|(entry, _)| shown(&entry));
        let reading = &mut self.pane_mut().eyes;
        let Some(caret) = reading.caret.clone() else {
            return Vec::new();
        };
        let lines = *held == Held::Line;
        match (held, text) {
            (Held::Word, Some(text)) => {
                let word = word_at(&text, caret.at);
                let mut from = caret;
                from.at = word.start;
                let end = crate::tui::widget::cells::symbols(&text[word.clone()]).last();
                if let Some(caret) = &mut reading.caret {
                    caret.at = word.start + end.map_or(0, |(start, ..)| start);
                }
                reading.selection = Some(Selection {
                    from,
                    lines,
                    pointed: true,
                });
            }
            (Held::Begin | Held::Line, _) => {
                reading.selection = Some(Selection {
                    from: caret,
                    lines,
                    pointed: true,
                });
            }
            (Held::To { x, y }, _) => reading.moves.push(Move::Point { x: *x, y: *y }),
            (Held::Copy, _) => return self.copy_selected(),
            _ => {}
        }
        Vec::new()
    }
}
