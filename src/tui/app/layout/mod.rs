//! How panes share the screen: a tree of splits, pure. A split keeps shares and no cells, so proportions survive every size the
//! terminal takes meanwhile; what does not fit folds away and comes back with the room.

pub mod fit;
#[cfg(test)]
mod tests;

use ratatui::layout::Rect;
use serde::{Deserialize, Serialize};

use crate::tui::app::layout::fit::{Shown, rooms};
use crate::tui::app::pane::PaneId;

/// How the parts of a split lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Axis {
    /// Side by side.
    Across,
    /// One below the other.
    Down,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    Left,
    Down,
    Up,
    Right,
}

impl Direction {
    pub fn axis(self) -> Axis {
        match self {
            Self::Left | Self::Right => Axis::Across,
            Self::Up | Self::Down => Axis::Down,
        }
    }

    /// Towards the start of its axis or its end.
    pub fn sign(self) -> i32 {
        match self {
            Self::Left | Self::Up => -1,
            Self::Right | Self::Down => 1,
        }
    }
}

/// The right edge (`Across`) or the lower one (`Down`) of a pane, where another part of a split begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    pub pane: PaneId,
    pub axis: Axis,
}

/// The tree. A split has at least two parts, none of which is a split of its own axis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Node {
    Pane(PaneId),
    Split { axis: Axis, parts: Vec<Part> },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Of the length of the split, in relation to the other parts; never 0.
    pub share: u32,
    pub node: Node,
}

/// Shares are kept below this, so that sums of them never overflow.
const MOST_SHARE: u32 = 1 << 20;
/// A tree deeper than this, or with more panes, was not made by a person.
const MOST_DEPTH: usize = 32;
pub const MOST_PANES: usize = 64;

impl Node {
    /// The panes, in the order one reads them.
    pub fn panes(&self) -> Vec<PaneId> {
        match self {
            Self::Pane(id) => vec![*id],
            Self::Split { parts, .. } => parts.iter().flat_map(|part| part.node.panes()).collect(),
        }
    }

    pub fn holds(&self, id: PaneId) -> bool {
        match self {
            Self::Pane(own) => *own == id,
            Self::Split { parts, .. } => parts.iter().any(|part| part.node.holds(id)),
        }
    }

    /// Gives half of a pane's room to a new one, at its right or below it.
    pub fn split(&mut self, at: PaneId, new: PaneId, wanted: Axis) {
        match self {
            Self::Pane(own) if *own == at => {
                *self = Self::Split {
                    axis: wanted,
                    parts: [at, new].map(|id| Part::new(1, Self::Pane(id))).into(),
                };
            }
            Self::Pane(_) => {}
            Self::Split { axis, parts } => {
                let Some(index) = parts.iter().position(|part| part.node.holds(at)) else {
                    return;
                };
                if *axis == wanted && matches!(parts[index].node, Self::Pane(_)) {
                    for part in parts.iter_mut() {
                        part.share *= 2;
                    }
                    let half = parts[index].share / 2;
                    parts[index].share = half;
                    parts.insert(index + 1, Part::new(half, Self::Pane(new)));
                    bound(parts);
                } else {
                    parts[index].node.split(at, new, wanted);
                }
            }
        }
    }

    /// Takes a pane away; its neighbours share its room. The last one stays.
    pub fn close(&mut self, id: PaneId) {
        let Self::Split { axis, parts } = self else {
            return;
        };
        if let Some(index) = parts.iter().position(|part| part.node == Self::Pane(id)) {
            let gone = parts.remove(index);
            // As if it had never been split off: the part before takes the room, for the first one the part after.
            if let Some(heir) = parts.get_mut(index.saturating_sub(1)) {
                heir.share = heir.share.saturating_add(gone.share);
            }
        } else if let Some(part) = parts.iter_mut().find(|part| part.node.holds(id)) {
            part.node.close(id);
        }
        let axis = *axis;
        self.join(axis);
    }

    /// Puts the tree in order after a part has gone: no split of one part, none within one of its own axis.
    fn join(&mut self, axis: Axis) {
        let Self::Split { parts, .. } = self else {
            return;
        };
        let mut at = 0;
        while at < parts.len() {
            let inner = match &mut parts[at].node {
                Self::Split { axis: own, parts } if *own == axis => std::mem::take(parts),
                _ => {
                    at += 1;
                    continue;
                }
            };
            let outer = parts.remove(at);
            let sum: u64 = inner.iter().map(|part| u64::from(part.share)).sum();
            for part in parts.iter_mut() {
                part.share = scaled(part.share, sum, 1);
            }
            for (index, part) in inner.into_iter().enumerate() {
                let share = scaled(part.share, u64::from(outer.share), 1);
                parts.insert(at + index, Part::new(share, part.node));
            }
            bound(parts);
        }
        if parts.len() == 1
            && let Some(only) = parts.pop()
        {
            *self = only.node;
        }
    }

    /// Lets two panes change places.
    pub fn swap(&mut self, one: PaneId, other: PaneId) {
        match self {
            Self::Pane(id) if *id == one => *id = other,
            Self::Pane(id) if *id == other => *id = one,
            Self::Pane(_) => {}
            Self::Split { parts, .. } => {
                for part in parts {
                    part.node.swap(one, other);
                }
            }
        }
    }

    /// Gives every pane the same room, as far as the tree allows.
    pub fn equalise(&mut self) {
        if let Self::Split { axis, parts } = self {
            for part in parts {
                part.share = part.node.count(*axis);
                part.node.equalise();
            }
        }
    }

    /// Panes side by side along an axis, at most.
    fn count(&self, along: Axis) -> u32 {
        match self {
            Self::Pane(_) => 1,
            Self::Split { axis, parts } => {
                let counts = parts.iter().map(|part| part.node.count(along));
                if *axis == along {
                    counts.sum()
                } else {
                    counts.max().unwrap_or(1)
                }
            }
        }
    }

    /// Moves an edge by so many cells, right or down being positive, as far as the panes beside it can give room. `area` is that
    /// of the whole tree; only what is shown is moved.
    pub fn move_edge(&mut self, edge: Edge, by: i32, area: Rect, shown: &Shown) {
        let Self::Split { axis, parts } = self else {
            return;
        };
        let axis = *axis;
        let places = fit::parts(axis, parts, area, shown);
        let Some(at) = places
            .iter()
            .position(|(index, _)| parts[*index].node.holds(edge.pane))
        else {
            return;
        };
        let (index, inside) = places[at];
        // The edge is inside the part, unless the pane ends where the part does.
        if parts[index].node.has_inner_edge(edge, shown) {
            parts[index].node.move_edge(edge, by, inside, shown);
            return;
        }
        if axis != edge.axis || at + 1 == places.len() {
            return;
        }
        let length = |area: Rect| match axis {
            Axis::Across => area.width,
            Axis::Down => area.height,
        };
        let mut cells: Vec<u16> = places.iter().map(|(_, area)| length(*area)).collect();
        let spare = |at: usize, cells: &[u16]| {
            let (index, _) = places[at];
            let need = fit::need(&parts[index].node, axis, shown);
            i32::from(cells[at].saturating_sub(need))
        };
        let by = by.clamp(-spare(at, &cells), spare(at + 1, &cells));
        cells[at] = (i32::from(cells[at]) + by) as u16;
        cells[at + 1] = (i32::from(cells[at + 1]) - by) as u16;
        let indexes: Vec<usize> = places.iter().map(|(index, _)| *index).collect();
        take_cells(parts, &indexes, &cells);
    }

    /// Whether the edge lies between two shown parts below this node.
    fn has_inner_edge(&self, edge: Edge, shown: &Shown) -> bool {
        let Self::Split { axis, parts } = self else {
            return false;
        };
        let seen: Vec<&Part> = parts.iter().filter(|part| shown.any(&part.node)).collect();
        let Some(at) = seen.iter().position(|part| part.node.holds(edge.pane)) else {
            return false;
        };
        seen[at].node.has_inner_edge(edge, shown) || *axis == edge.axis && at + 1 < seen.len()
    }

    /// The edge that a key moves: the pane's own right or lower one, where it is the last the one before it.
    pub fn edge(&self, pane: PaneId, axis: Axis, shown: &Shown) -> Option<Edge> {
        let own = Edge { pane, axis };
        if self.has_inner_edge(own, shown) {
            return Some(own);
        }
        let Self::Split { axis: along, parts } = self else {
            return None;
        };
        let seen: Vec<&Part> = parts.iter().filter(|part| shown.any(&part.node)).collect();
        let at = seen.iter().position(|part| part.node.holds(pane))?;
        seen[at].node.edge(pane, axis, shown).or_else(|| {
            let before = seen.get(at.checked_sub(1)?).filter(|_| *along == axis)?;
            // Any pane at the end of that part has this edge; the last one always is.
            let pane = before.node.panes().into_iter().rfind(|id| shown.is(*id))?;
            Some(Edge { pane, axis })
        })
    }

    /// Whether a tree that was read can be one: nothing twice, no split of one, no share of nothing.
    pub fn is_sound(&self) -> bool {
        let mut panes = self.panes();
        let count = panes.len();
        panes.sort_unstable();
        panes.dedup();
        panes.len() == count && count <= MOST_PANES && self.is_in_order(MOST_DEPTH)
    }

    fn is_in_order(&self, depth: usize) -> bool {
        let Self::Split { axis, parts } = self else {
            return true;
        };
        depth > 0
            && parts.len() > 1
            && parts.iter().all(|part| {
                let nested = matches!(&part.node, Self::Split { axis: own, .. } if own == axis);
                (1..=MOST_SHARE).contains(&part.share)
                    && !nested
                    && part.node.is_in_order(depth - 1)
            })
    }

    /// The pane one comes to from another in a direction: of those that touch it, the one used last. `used` tells when each was.
    pub fn beside(
        places: &[(PaneId, Rect)],
        from: PaneId,
        to: Direction,
        used: impl Fn(PaneId) -> u64,
    ) -> Option<PaneId> {
        let own = places.iter().find(|(id, _)| *id == from)?.1;
        let touches = |other: Rect| match to {
            Direction::Left => other.right() == own.left() && overlap(other, own, Axis::Down),
            Direction::Right => other.left() == own.right() && overlap(other, own, Axis::Down),
            Direction::Up => other.bottom() == own.top() && overlap(other, own, Axis::Across),
            Direction::Down => other.top() == own.bottom() && overlap(other, own, Axis::Across),
        };
        places
            .iter()
            .filter(|(_, area)| touches(*area))
            .max_by_key(|(id, _)| used(*id))
            .map(|(id, _)| *id)
    }

    /// Where every pane would be if nothing had to fold away.
    pub fn map(&self) -> Vec<(PaneId, Rect)> {
        rooms(self, Rect::new(0, 0, 8_000, 8_000), &Shown::all(self))
    }
}

impl Part {
    fn new(share: u32, node: Node) -> Self {
        Self {
            share: share.max(1),
            node,
        }
    }
}

fn overlap(one: Rect, other: Rect, along: Axis) -> bool {
    match along {
        Axis::Across => one.left() < other.right() && other.left() < one.right(),
        Axis::Down => one.top() < other.bottom() && other.top() < one.bottom(),
    }
}

/// Shares as the cells are now; parts that are folded away keep theirs in relation to the rest.
fn take_cells(parts: &mut [Part], shown: &[usize], cells: &[u16]) {
    /// Finer than a cell, so that what is folded away keeps its proportion.
    const FINE: u64 = 64;
    let before: u64 = shown
        .iter()
        .map(|&index| u64::from(parts[index].share))
        .sum();
    let after: u64 = cells.iter().map(|&cells| u64::from(cells) * FINE).sum();
    for (index, part) in parts.iter_mut().enumerate() {
        part.share = match shown.iter().position(|&own| own == index) {
            Some(at) => u32::from(cells[at]) * FINE as u32,
            None => scaled(part.share, after, before),
        }
        .max(1);
    }
    bound(parts);
}

/// A share times one number and divided by another, never 0 and never too large.
fn scaled(share: u32, times: u64, by: u64) -> u32 {
    let scaled = u64::from(share).saturating_mul(times) / by.max(1);
    u32::try_from(scaled).unwrap_or(u32::MAX).max(1)
}

/// Makes large shares smaller in proportion.
fn bound(parts: &mut [Part]) {
    let most = parts.iter().map(|part| part.share).max().unwrap_or(1);
    if most > MOST_SHARE {
        for part in parts {
            part.share = scaled(part.share, u64::from(MOST_SHARE), u64::from(most));
        }
    }
}
