//! All panes: which has the focus, how they share the screen, which of them are to be seen.

use ratatui::layout::Rect;

use crate::protocol::id::SessionId;
use crate::tui::app::layout::fit::{LEAST, NARROW, Shown, rooms};
use crate::tui::app::layout::{Axis, Direction, Edge, MOST_PANES, Node};
use crate::tui::app::pane::{Pane, PaneId};

/// There is always a pane; the tree holds each of them once; the focus is on one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panes {
    all: Vec<Pane>,
    tree: Node,
    focus: PaneId,
    /// Only the pane with the focus is shown.
    pub zoomed: bool,
    next: u32,
    clock: u64,
}

impl Panes {
    pub fn new(session: SessionId) -> Self {
        let first = PaneId(1);
        Self {
            all: vec![Pane::new(first, session)],
            tree: Node::Pane(first),
            focus: first,
            zoomed: false,
            next: 2,
            clock: 0,
        }
    }

    /// Panes that were kept, the one used last at the end; `None` where they cannot be any.
    pub fn restore(
        tree: Node,
        shows: &[(PaneId, SessionId)],
        focus: PaneId,
        zoomed: bool,
    ) -> Option<Self> {
        let ids = tree.panes();
        let all: Option<Vec<Pane>> = ids
            .iter()
            .map(|id| {
                let at = shows.iter().position(|(pane, _)| pane == id)?;
                let mut pane = Pane::new(*id, shows[at].1);
                pane.used = at as u64;
                Some(pane)
            })
            .collect();
        let next = ids.iter().map(|id| id.0).max()?.checked_add(1)?;
        if !tree.is_sound() || !ids.contains(&focus) {
            return None;
        }
        let mut panes = Self {
            all: all?,
            tree,
            focus,
            zoomed,
            next,
            clock: shows.len() as u64,
        };
        panes.focus_on(focus);
        Some(panes)
    }

    pub fn all(&self) -> &[Pane] {
        &self.all
    }

    pub fn all_mut(&mut self) -> &mut [Pane] {
        &mut self.all
    }

    pub fn tree(&self) -> &Node {
        &self.tree
    }

    pub fn focus(&self) -> PaneId {
        self.focus
    }

    pub fn focused(&self) -> &Pane {
        // There is always one, and the focus is on one of them.
        self.get(self.focus).unwrap_or(&self.all[0])
    }

    pub fn focused_mut(&mut self) -> &mut Pane {
        let at = self.all.iter().position(|pane| pane.id == self.focus);
        &mut self.all[at.unwrap_or(0)]
    }

    pub fn get(&self, id: PaneId) -> Option<&Pane> {
        self.all.iter().find(|pane| pane.id == id)
    }

    pub fn get_mut(&mut self, id: PaneId) -> Option<&mut Pane> {
        self.all.iter_mut().find(|pane| pane.id == id)
    }

    pub fn is_one(&self) -> bool {
        self.all.len() == 1
    }

    fn used(&self, id: PaneId) -> u64 {
        self.get(id).map_or(0, |pane| pane.used)
    }

    /// Gives a pane the focus.
    pub fn focus_on(&mut self, id: PaneId) {
        if self.get(id).is_some() {
            self.focus = id;
            self.clock += 1;
            let clock = self.clock;
            self.focused_mut().used = clock;
        }
    }

    /// The panes to be seen on this much room.
    pub fn shown(&self, area: Rect) -> Shown {
        if self.zoomed {
            return Shown::one(self.focus);
        }
        Shown::fitting(&self.tree, area, self.focus, |id| self.used(id))
    }

    /// Where they are; never none.
    pub fn rooms(&self, area: Rect) -> Vec<(PaneId, Rect)> {
        rooms(&self.tree, area, &self.shown(area))
    }

    /// Splits the pane with the focus and gives the focus to the new one; `false` where there is no room for it.
    pub fn split(&mut self, axis: Axis, session: SessionId, area: Rect) -> bool {
        if !self.has_room(axis, area) {
            return false;
        }
        self.zoomed = false;
        let new = PaneId(self.next);
        self.next += 1;
        self.tree.split(self.focus, new, axis);
        self.all.push(Pane::new(new, session));
        self.focus_on(new);
        true
    }

    /// Whether half of the pane with the focus is enough for a pane.
    pub fn has_room(&self, axis: Axis, area: Rect) -> bool {
        let shown = Shown::fitting(&self.tree, area, self.focus, |id| self.used(id));
        let own = rooms(&self.tree, area, &shown)
            .into_iter()
            .find(|(id, _)| *id == self.focus);
        let enough = own.is_some_and(|(_, own)| match axis {
            Axis::Across => own.width / 2 >= LEAST.0,
            Axis::Down => own.height / 2 >= LEAST.1,
        });
        enough && area.width >= NARROW && self.all.len() < MOST_PANES
    }

    /// Takes a pane away, unless it is the only one; the focus goes to the one used before.
    pub fn close(&mut self, id: PaneId) {
        if self.is_one() {
            return;
        }
        self.tree.close(id);
        self.all.retain(|pane| pane.id != id);
        if self.focus == id {
            let before = self.all.iter().max_by_key(|pane| pane.used);
            if let Some(before) = before.map(|pane| pane.id) {
                self.focus_on(before);
            }
            self.zoomed = false;
        }
    }

    /// The pane that shows a session, the one used last where there are several.
    pub fn showing(&self, session: SessionId) -> Option<PaneId> {
        self.all
            .iter()
            .filter(|pane| pane.session == session)
            .max_by_key(|pane| pane.used)
            .map(|pane| pane.id)
    }

    /// After the pane with the focus, the next one that shows the same session.
    pub fn again(&self) -> Option<PaneId> {
        let session = self.focused().session;
        let same: Vec<PaneId> = self
            .tree
            .panes()
            .into_iter()
            .filter(|id| self.get(*id).is_some_and(|pane| pane.session == session))
            .collect();
        let at = same.iter().position(|id| *id == self.focus)?;
        Some(same[(at + 1) % same.len()]).filter(|id| *id != self.focus)
    }

    /// The pane in a direction: among those to be seen, else where it would be if all were.
    pub fn beside(&self, to: Direction, area: Rect) -> Option<PaneId> {
        let go = |places: &[_]| Node::beside(places, self.focus, to, |id| self.used(id));
        go(&self.rooms(area)).or_else(|| go(&self.tree.map()))
    }

    /// The pane so many places further in reading order.
    pub fn further(&self, by: isize) -> PaneId {
        let all = self.tree.panes();
        let at = all.iter().position(|id| *id == self.focus).unwrap_or(0);
        let count = all.len().cast_signed();
        let to = (at.cast_signed() + by).rem_euclid(count.max(1));
        all.get(to.unsigned_abs()).copied().unwrap_or(self.focus)
    }

    /// Lets the pane with the focus change places with another.
    pub fn swap(&mut self, other: PaneId) {
        self.tree.swap(self.focus, other);
    }

    pub fn equalise(&mut self) {
        self.zoomed = false;
        self.tree.equalise();
    }

    /// Moves the nearest edge of the pane with the focus by so many cells.
    pub fn resize(&mut self, to: Direction, cells: u16, area: Rect) -> bool {
        self.zoomed = false;
        let shown = self.shown(area);
        let edge = self.tree.edge(self.focus, to.axis(), &shown);
        if let Some(edge) = edge {
            let by = to.sign() * i32::from(cells);
            self.tree.move_edge(edge, by, area, &shown);
        }
        edge.is_some()
    }

    /// Moves an edge to this column or row, the last one of the panes before it.
    pub fn drag(&mut self, edge: Edge, to: u16, area: Rect) {
        let shown = self.shown(area);
        let places = rooms(&self.tree, area, &shown);
        if let Some((_, place)) = places.iter().find(|(id, _)| *id == edge.pane) {
            let now = match edge.axis {
                Axis::Across => place.right(),
                Axis::Down => place.bottom(),
            };
            let by = i32::from(to) + 1 - i32::from(now);
            self.tree.move_edge(edge, by, area, &shown);
        }
    }

    /// Whether every pane follows the newest line of this session: only then may its window give up its top.
    pub fn follow(&self, session: SessionId) -> bool {
        !self.all.iter().any(|pane| pane.reads_back(session))
    }

    /// Another session has taken the place of one, in every pane that showed it.
    pub fn replace(&mut self, old: SessionId, new: SessionId) {
        for pane in &mut self.all {
            if pane.session == old {
                pane.show(new);
            }
            pane.forget(old);
        }
    }
}
