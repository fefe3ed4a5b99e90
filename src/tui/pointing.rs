//! What the pointer does, and what it means: what was drawn last is what it points at.

use crossterm::event::{MouseButton, MouseEventKind};

use crate::tui::Desk;
use crate::tui::app::Msg;
use crate::tui::app::layout::Axis;

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
            Gesture::Press => {
                self.held = self.spots.edge_at(x, y);
                self.spots.at(x, y).map(Msg::Click)
            }
            Gesture::Drag => self.held.map(|edge| {
                let to = match edge.axis {
                    Axis::Across => x,
                    Axis::Down => y,
                };
                Msg::Drag(edge, to)
            }),
            Gesture::Release => {
                self.held = None;
                None
            }
            Gesture::Wheel(lines) => {
                let focus = self.app.panes.focus();
                let pane = self.spots.pane_at(x, y).unwrap_or(focus);
                Some(Msg::Wheel(pane, lines))
            }
        }
    }
}
