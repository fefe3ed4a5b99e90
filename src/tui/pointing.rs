//! What the pointer does, and what it means: what was drawn last is what it points at.

use crossterm::event::{MouseButton, MouseEventKind};

use crate::config::display::Mouse;
use crate::tui::Desk;
use crate::tui::app::layout::Axis;
use crate::tui::app::message::Msg;
use crate::tui::app::pointer::{Part, Spot};
use crate::tui::app::pointing::Gesture as Pointing;

/// Lines that one notch of the wheel scrolls.
const WHEEL_LINES: i64 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gesture {
    /// The first button went down.
    Press,
    /// It is down, and the pointer moved.
    Drag,
    Release,
    /// Lines, down being positive.
    Wheel(i64),
}

impl Gesture {
    /// Nothing of what means nothing here.
    pub fn of(kind: MouseEventKind) -> Option<Self> {
        Some(match kind {
            MouseEventKind::ScrollUp => Self::Wheel(-WHEEL_LINES),
            MouseEventKind::ScrollDown => Self::Wheel(WHEEL_LINES),
            MouseEventKind::Down(MouseButton::Left) => Self::Press,
            MouseEventKind::Drag(MouseButton::Left) => Self::Drag,
            MouseEventKind::Up(MouseButton::Left) => Self::Release,
            _ => return None,
        })
    }
}

impl Desk {
    /// What the pointer means in this cell.
    pub(crate) fn pointed(&mut self, gesture: Gesture, x: u16, y: u16) -> Option<Msg> {
        match gesture {
            Gesture::Press | Gesture::Drag | Gesture::Release
                if self.terminal.mouse() == Mouse::Wheel =>
            {
                None
            }
            Gesture::Press => {
                self.held = self.spots.edge_at(x, y);
                let spot = self.spots.at(x, y)?;
                self.pointing = match spot {
                    Spot::Pane(pane, Part::Transcript) => Some(pane),
                    _ => None,
                };
                self.in_transcript(x, y, Pointing::Press)
                    .or(Some(Msg::Click(spot)))
            }
            Gesture::Drag => match self.held {
                Some(edge) => {
                    let to = match edge.axis {
                        Axis::Across => x,
                        Axis::Down => y,
                    };
                    Some(Msg::Drag(edge, to))
                }
                None => self.in_transcript(x, y, Pointing::Drag),
            },
            Gesture::Release => {
                self.held = None;
                let msg = self.in_transcript(x, y, Pointing::Release);
                self.pointing = None;
                msg
            }
            Gesture::Wheel(lines) => {
                let focus = self.app.panes.focus();
                let pane = self.spots.pane_at(x, y).unwrap_or(focus);
                Some(Msg::Wheel(pane, lines))
            }
        }
    }

    /// What the pointer does in the transcript its button went down in.
    fn in_transcript(&self, x: u16, y: u16, pointing: Pointing) -> Option<Msg> {
        let pane = self.pointing?;
        let (x, y) = self.spots.in_transcript(pane, x, y)?;
        Some(Msg::Point(pane, x, y, pointing))
    }
}
