//! Where what can be clicked, wheeled and dragged was drawn.

use ratatui::layout::Rect;

use crate::protocol::id::SessionId;
use crate::tui::app::layout::{Axis, Edge};
use crate::tui::app::pane::PaneId;
use crate::tui::app::pointer::{Part, Spot};

/// Empty where nothing can be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spots {
    /// Sessions in the top line or over the status line, by their index.
    pub tabs: Vec<(Rect, usize)>,
    pub panes: Vec<PaneSpots>,
    /// Sessions of the board, and the words that say which it lists.
    pub rows: Vec<(Rect, SessionId)>,
    pub scope: Option<Rect>,
    /// Asks of the inbox, by their place in its list.
    pub waiting: Vec<(Rect, usize)>,
}

/// One pane: all of it, and its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaneSpots {
    pub pane: PaneId,
    pub outer: Rect,
    pub card: Rect,
    pub transcript: Rect,
    pub composer: Rect,
}

impl Spots {
    /// What lies in this cell.
    pub fn at(&self, x: u16, y: u16) -> Option<Spot> {
        let tab = self
            .tabs
            .iter()
            .find(|(area, _)| area.contains((x, y).into()));
        if let Some((_, index)) = tab {
            return Some(Spot::Tab(*index));
        }
        if self.scope.is_some_and(|area| area.contains((x, y).into())) {
            return Some(Spot::Scope);
        }
        let mut rows = self.rows.iter();
        if let Some((_, id)) = rows.find(|(area, _)| area.contains((x, y).into())) {
            return Some(Spot::Row(*id));
        }
        let mut waiting = self.waiting.iter();
        if let Some((_, index)) = waiting.find(|(area, _)| area.contains((x, y).into())) {
            return Some(Spot::Waiting(*index));
        }
        let pane = self.pane_spots(x, y)?;
        let parts = [
            (pane.card, Part::Card),
            (pane.transcript, Part::Transcript),
            (pane.composer, Part::Composer),
        ];
        let part = parts
            .into_iter()
            .find(|(area, _)| area.contains((x, y).into()))
            .map_or(Part::Frame, |(_, part)| part);
        Some(Spot::Pane(pane.pane, part))
    }

    /// The pane under this cell.
    pub fn pane_at(&self, x: u16, y: u16) -> Option<PaneId> {
        self.pane_spots(x, y).map(|pane| pane.pane)
    }

    /// A cell as counted from the first of a pane's transcript; the row may lie above or below it.
    pub fn in_transcript(&self, pane: PaneId, x: u16, y: u16) -> Option<(u16, i32)> {
        let place = self
            .panes
            .iter()
            .find(|spots| spots.pane == pane)?
            .transcript;
        let last = place.right().saturating_sub(1).max(place.left());
        let x = x.clamp(place.left(), last) - place.left();
        Some((x, i32::from(y) - i32::from(place.top())))
    }

    /// The edge under this cell: the frames of two panes that touch.
    pub fn edge_at(&self, x: u16, y: u16) -> Option<Edge> {
        let outer = self.pane_spots(x, y)?.outer;
        let across = if x + 1 == outer.right() {
            Some((x, x + 1))
        } else if x == outer.left() {
            x.checked_sub(1).map(|before| (before, x))
        } else {
            None
        };
        let down = if y + 1 == outer.bottom() {
            Some((y, y + 1))
        } else if y == outer.top() {
            y.checked_sub(1).map(|before| (before, y))
        } else {
            None
        };
        let edge = |axis, before: (u16, u16), after: (u16, u16)| {
            self.pane_at(after.0, after.1)?;
            let pane = self.pane_at(before.0, before.1)?;
            Some(Edge { pane, axis })
        };
        across
            .and_then(|(before, after)| edge(Axis::Across, (before, y), (after, y)))
            .or_else(|| down.and_then(|(before, after)| edge(Axis::Down, (x, before), (x, after))))
    }

    fn pane_spots(&self, x: u16, y: u16) -> Option<&PaneSpots> {
        self.panes
            .iter()
            .find(|pane| pane.outer.contains((x, y).into()))
    }
}
