//! The tree as rectangles: what fits, what folds away, and how lengths are shared.

use std::collections::BTreeSet;

use ratatui::layout::Rect;

use crate::tui::app::layout::{Axis, Node, Part};
use crate::tui::app::pane::PaneId;

/// The smallest pane with its frame. 24 cells hold four panes side by side in 100 columns; in 7 rows fit the frame, a prompt, its
/// line, its keys and two rows to read.
pub const LEAST: (u16, u16) = (24, 7);
/// On a narrower screen one pane is shown.
pub const NARROW: u16 = 80;

/// The panes that are not folded away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown(BTreeSet<PaneId>);

impl Shown {
    pub fn all(tree: &Node) -> Self {
        Self(tree.panes().into_iter().collect())
    }

    pub fn one(id: PaneId) -> Self {
        Self(BTreeSet::from([id]))
    }

    /// What fits into an area. The pane with the focus always does; of the others those used longest ago fold away first, where
    /// that makes room. `used` tells when each was.
    pub fn fitting(tree: &Node, area: Rect, focus: PaneId, used: impl Fn(PaneId) -> u64) -> Self {
        if area.width < NARROW {
            return Self::one(focus);
        }
        let mut shown = Self::all(tree);
        for (axis, room) in [(Axis::Across, area.width), (Axis::Down, area.height)] {
            while need(tree, axis, &shown) > room {
                let mut tightest = Vec::new();
                critical(tree, axis, &shown, &mut tightest);
                let oldest = tightest
                    .into_iter()
                    .filter(|id| *id != focus)
                    .min_by_key(|id| used(*id));
                match oldest {
                    Some(id) => shown.0.remove(&id),
                    None => break,
                };
            }
        }
        shown
    }

    pub fn is(&self, id: PaneId) -> bool {
        self.0.contains(&id)
    }

    pub fn any(&self, node: &Node) -> bool {
        match node {
            Node::Pane(id) => self.is(*id),
            Node::Split { parts, .. } => parts.iter().any(|part| self.any(&part.node)),
        }
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// Cells that the shown panes of a node need along an axis.
pub fn need(node: &Node, along: Axis, shown: &Shown) -> u16 {
    match node {
        Node::Pane(id) if !shown.is(*id) => 0,
        Node::Pane(_) => match along {
            Axis::Across => LEAST.0,
            Axis::Down => LEAST.1,
        },
        Node::Split { axis, parts } => {
            let needs = parts.iter().map(|part| need(&part.node, along, shown));
            if *axis == along {
                needs.fold(0, u16::saturating_add)
            } else {
                needs.max().unwrap_or(0)
            }
        }
    }
}

/// The panes that make a node as long as it is.
fn critical(node: &Node, along: Axis, shown: &Shown, found: &mut Vec<PaneId>) {
    match node {
        Node::Pane(id) => {
            if shown.is(*id) {
                found.push(*id);
            }
        }
        Node::Split { axis, parts } => {
            let longest = need(node, along, shown);
            for part in parts {
                if *axis == along || need(&part.node, along, shown) == longest {
                    critical(&part.node, along, shown, found);
                }
            }
        }
    }
}

/// Where the shown panes are: they fill the area, without a gap and without covering each other.
pub fn rooms(tree: &Node, area: Rect, shown: &Shown) -> Vec<(PaneId, Rect)> {
    match tree {
        Node::Pane(id) if shown.is(*id) => vec![(*id, area)],
        Node::Pane(_) => Vec::new(),
        Node::Split { axis, parts: all } => parts(*axis, all, area, shown)
            .into_iter()
            .flat_map(|(index, area)| rooms(&all[index].node, area, shown))
            .collect(),
    }
}

/// The parts of a split of which something is shown, by index, each with its area.
pub fn parts(axis: Axis, parts: &[Part], area: Rect, shown: &Shown) -> Vec<(usize, Rect)> {
    let seen: Vec<usize> = (0..parts.len())
        .filter(|&index| shown.any(&parts[index].node))
        .collect();
    let shares: Vec<u32> = seen.iter().map(|&index| parts[index].share).collect();
    let needs: Vec<u16> = seen
        .iter()
        .map(|&index| need(&parts[index].node, axis, shown))
        .collect();
    let length = match axis {
        Axis::Across => area.width,
        Axis::Down => area.height,
    };
    let mut start = 0;
    let mut places = Vec::new();
    for (index, cells) in seen.into_iter().zip(lengths(length, &shares, &needs)) {
        let place = match axis {
            Axis::Across => Rect {
                x: area.x + start,
                width: cells,
                ..area
            },
            Axis::Down => Rect {
                y: area.y + start,
                height: cells,
                ..area
            },
        };
        start += cells;
        places.push((index, place));
    }
    places
}

/// Shares a length by shares, each part at least what it needs where that is possible; the parts add up to the length.
fn lengths(length: u16, shares: &[u32], needs: &[u16]) -> Vec<u16> {
    let needed: u32 = needs.iter().map(|&need| u32::from(need)).sum();
    let mut given: Vec<Option<u16>> = vec![None; shares.len()];
    if needed <= u32::from(length) {
        // Who would get too little gets what it needs, and the rest is shared anew.
        loop {
            let (rest, total) = left(length, shares, &given);
            let short = (0..shares.len()).find(|&index| {
                given[index].is_none()
                    && rest * u64::from(shares[index]) < u64::from(needs[index]) * total
            });
            match short {
                Some(index) => given[index] = Some(needs[index]),
                None => break,
            }
        }
    }
    let (rest, total) = left(length, shares, &given);
    let mut sum = 0;
    let mut before = 0;
    let mut lengths = Vec::new();
    for (index, given) in given.iter().enumerate() {
        lengths.push(given.unwrap_or_else(|| {
            sum += u64::from(shares[index]);
            // Rounded where each ends, so that nothing is lost.
            let end = (sum * rest + total / 2) / total.max(1);
            let cells = end - before;
            before = end;
            u16::try_from(cells).unwrap_or(u16::MAX)
        }));
    }
    lengths
}

/// The length that is not given yet, and the shares it is shared by.
fn left(length: u16, shares: &[u32], given: &[Option<u16>]) -> (u64, u64) {
    let taken: u64 = given.iter().flatten().map(|&cells| u64::from(cells)).sum();
    let total = shares
        .iter()
        .zip(given)
        .filter(|(_, given)| given.is_none())
        .map(|(&share, _)| u64::from(share))
        .sum();
    (u64::from(length).saturating_sub(taken), total)
}
