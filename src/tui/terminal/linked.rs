//! Which cells belong to a link, beside the cells themselves: a row without links costs nothing, and a cell is as small as it
//! was.

use std::ops::Range;
use std::sync::Arc;

use crate::tui::terminal::link::Link;

/// Columns of one row that belong to a link.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stretch {
    columns: Range<u16>,
    link: Arc<Link>,
}

/// The links of a screen, row by row. Two that tell the same of every cell are equal: the stretches of a row rise, none is
/// empty, and no two of one link touch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    rows: Vec<Vec<Stretch>>,
}

impl Links {
    pub fn new(height: u16) -> Self {
        Self {
            rows: vec![Vec::new(); usize::from(height)],
        }
    }

    /// The link that a cell belongs to.
    pub fn at(&self, x: u16, y: u16) -> Option<&Arc<Link>> {
        let row = self.row(y);
        let index = row.partition_point(|stretch| stretch.columns.end <= x);
        row.get(index)
            .filter(|stretch| stretch.columns.start <= x)
            .map(|stretch| &stretch.link)
    }

    pub fn has(&self, y: u16) -> bool {
        !self.row(y).is_empty()
    }

    /// The column after the last of a row that belongs to a link; 0 where none does.
    pub fn end(&self, y: u16) -> u16 {
        self.row(y).last().map_or(0, |stretch| stretch.columns.end)
    }

    /// Whether a row has the same links as a row of others.
    pub fn same(&self, other: &Self, y: u16) -> bool {
        self.row(y) == other.row(y)
    }

    fn row(&self, y: u16) -> &[Stretch] {
        self.rows.get(usize::from(y)).map_or(&[], Vec::as_slice)
    }

    /// The cells belong to this link from now on.
    pub fn link(&mut self, y: u16, columns: Range<u16>, link: &Arc<Link>) {
        if columns.is_empty() || usize::from(y) >= self.rows.len() {
            return;
        }
        self.unlink(y, &columns);
        let row = &mut self.rows[usize::from(y)];
        let mut at = row.partition_point(|stretch| stretch.columns.end <= columns.start);
        let mut joined = Stretch {
            columns,
            link: Arc::clone(link),
        };
        if let Some(after) = row.get(at)
            && after.columns.start == joined.columns.end
            && after.link == *link
        {
            joined.columns.end = row.remove(at).columns.end;
        }
        if let Some(before) = at.checked_sub(1).and_then(|index| row.get(index))
            && before.columns.end == joined.columns.start
            && before.link == *link
        {
            at -= 1;
            joined.columns.start = row.remove(at).columns.start;
        }
        row.insert(at, joined);
    }

    /// The cells belong to no link any more.
    pub fn unlink(&mut self, y: u16, columns: &Range<u16>) {
        let Some(row) = self.rows.get_mut(usize::from(y)) else {
            return;
        };
        let overlaps = |stretch: &Stretch| {
            stretch.columns.start < columns.end && columns.start < stretch.columns.end
        };
        if columns.is_empty() || !row.iter().any(overlaps) {
            return;
        }
        for stretch in std::mem::take(row) {
            let Range { start, end } = stretch.columns;
            for part in [start..end.min(columns.start), start.max(columns.end)..end] {
                if !part.is_empty() {
                    row.push(Stretch {
                        columns: part,
                        link: Arc::clone(&stretch.link),
                    });
                }
            }
        }
    }

    pub fn clear(&mut self) {
        for row in &mut self.rows {
            row.clear();
        }
    }

    /// Takes over a row of others.
    pub fn copy(&mut self, other: &Self, y: u16) {
        if let (Some(row), Some(from)) = (
            self.rows.get_mut(usize::from(y)),
            other.rows.get(usize::from(y)),
        ) {
            row.clone_from(from);
        }
    }

    /// Moves the rows up by `lines`, or down when negative; rows without links follow.
    pub fn scroll(&mut self, rows: Range<u16>, lines: i16) {
        let rows = usize::from(rows.start)..usize::from(rows.end);
        let by = usize::from(lines.unsigned_abs());
        if let Some(part) = self.rows.get_mut(rows)
            && by <= part.len()
        {
            let blank = if lines > 0 {
                part.rotate_left(by);
                part.len() - by..part.len()
            } else {
                part.rotate_right(by);
                0..by
            };
            part[blank].fill(Vec::new());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::{prop_assert_eq, proptest};

    use super::*;

    const WIDTH: u16 = 12;

    proptest! {
        /// Each cell belongs to what was said of it last, and what tells the same of every cell is equal.
        #[test]
        fn cells_belong_to_what_was_said_last(acts in vec((0_usize..4, 0..WIDTH, 0..=WIDTH), 0..20)) {
            let known = ["http://a", "http://b", "http://c"].map(|text| Link::new(text).unwrap_or_else(|| unreachable!("{text}")));
            let mut links = Links::new(2);
            let mut cells: Vec<Option<Arc<Link>>> = vec![None; usize::from(WIDTH)];
            for (which, start, end) in acts {
                let link = known.get(which);
                match link {
                    Some(link) => links.link(1, start..end, link),
                    None => links.unlink(1, &(start..end)),
                }
                for x in start..end {
                    cells[usize::from(x)] = link.cloned();
                }
            }
            let mut anew = Links::new(2);
            for (x, cell) in (0..).zip(&cells) {
                prop_assert_eq!(links.at(x, 1), cell.as_ref(), "column {}", x);
                prop_assert_eq!(links.at(x, 0), None);
                if let Some(link) = cell {
                    anew.link(1, x..x + 1, link);
                }
            }
            prop_assert_eq!(&links, &anew);
            let end = cells.iter().rposition(Option::is_some).map_or(0, |last| last as u16 + 1);
            prop_assert_eq!((links.has(1), links.end(1)), (end > 0, end));
            links.scroll(0..2, 1);
            prop_assert_eq!((links.end(0), links.end(1)), (end, 0));
            links.scroll(0..2, -1);
            prop_assert_eq!(links, anew);
        }
    }
}
