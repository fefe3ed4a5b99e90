//! The caret of a transcript that has the keys: where the moves that were wished for lead.

use std::ops::Range;

use crate::tui::app::Focus;
use crate::tui::app::caret::{Caret, Edge, Move};
use crate::tui::app::transcript::LIVE;
use crate::tui::app::view::Anchor;
use crate::tui::screen::body::Spot;
use crate::tui::screen::marks::aligned;
use crate::tui::screen::site::Site;
use crate::tui::screen::transcript::{Place, Walk};

/// Rows that stay in sight around a place that was jumped to.
const AROUND: i64 = 2;

/// Where caret and window came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eyes {
    pub top: Place,
    pub caret: Option<Caret>,
    /// The caret's row.
    pub row: Option<Place>,
    pub at_end: bool,
}

/// Carries out what was wished; nothing where the keys are elsewhere.
pub fn look(walk: &mut Walk, site: &Site, rows: usize) -> Option<Eyes> {
    if site.focus != Some(&Focus::Transcript) || rows == 0 {
        return None;
    }
    let eyes = &site.pane.eyes;
    let mut top = walk.top(rows);
    let Some(end) = walk.last_row() else {
        return Some(Eyes {
            top,
            caret: None,
            row: None,
            at_end: true,
        });
    };
    let mut row = match &eyes.caret {
        Some(caret) if !eyes.at_end || !eyes.moves.is_empty() || eyes.selection.is_some() => {
            walk.row_of(caret).unwrap_or(end)
        }
        _ => end,
    };
    // A place in the text is kept where it is known, else the column is.
    let mut at = eyes.caret.as_ref().map(|caret| caret.at);
    let column = eyes
        .caret
        .as_ref()
        .and_then(|caret| walk.column(row, caret.at));
    let moved = eyes.moves.last().copied();
    let follows = walk.scroll.anchor == Anchor::Foot && walk.scroll.by == 0;
    for step in &eyes.moves {
        let from = row;
        match *step {
            Move::Rows(by) => row = walk.rows_on(row, by),
            Move::Pages(by) => {
                top = walk.shifted(top, by, rows);
                row = walk.shifted_row(row, by);
            }
            Move::Screen(edge, lines) => {
                let line = match edge {
                    Edge::Top => lines.min(rows - 1),
                    Edge::Middle => rows / 2,
                    Edge::Bottom => rows.saturating_sub(1 + lines),
                };
                let place = walk.moved(top, line as i64);
                row = walk.near(place, top, rows);
            }
            Move::Put(edge) => {
                let above = match edge {
                    Edge::Top => 0,
                    Edge::Middle => rows / 2,
                    Edge::Bottom => rows - 1,
                };
                let to = walk.moved(row, -(above as i64));
                top = to.min(walk.foot(rows));
            }
            Move::Show => {}
            Move::Point { x, y } => {
                let line = usize::try_from(y.max(0)).unwrap_or(0).min(rows - 1);
                if y < 0 {
                    top = walk.shifted(top, -1, rows);
                } else if y >= rows as i32 {
                    top = walk.shifted(top, 1, rows);
                }
                let place = walk.moved(top, line as i64);
                row = walk.near(place, top, rows);
                at = walk.at_column(row, x);
            }
        }
        if row != from && !matches!(step, Move::Point { .. }) {
            at = column.and_then(|column| walk.at_column(row, column));
        }
    }
    match moved {
        // Into sight, with some rows around it after a jump.
        Some(Move::Rows(_)) => top = walk.around(top, row, rows, 0),
        Some(Move::Show) => top = walk.around(top, row, rows, AROUND),
        // More has come below: what is selected, or read further up, stays in sight.
        None if follows && (eyes.selection.is_some() || (walk.read && !eyes.at_end)) => {
            top = walk.around(top, row, rows, 0);
        }
        // What was scrolled takes the caret with it.
        None if !(eyes.at_end && top == walk.foot(rows)) => {
            let seen = walk.within(row, top, rows);
            if seen != row {
                row = seen;
                at = None;
            }
        }
        _ => {}
    }
    if !matches!(moved, Some(Move::Show | Move::Put(_)) | None) {
        row = walk.within(row, top, rows);
    }
    let caret = walk.caret(row, at);
    Some(Eyes {
        top,
        caret,
        at_end: row == end && top == walk.foot(rows) && !walk.view.transcript.cut,
        row: Some(row),
    })
}

impl Walk<'_> {
    /// What a row shows of its entry's text.
    pub fn spot(&mut self, place: Place) -> Option<Spot<'_>> {
        let line = place.line.checked_sub(self.gap(place.index))?;
        self.rows(place.index)?.spot(line)
    }

    /// The part of its entry's text that a row shows.
    pub fn span(&mut self, place: Place) -> Option<Range<usize>> {
        let line = place.line.checked_sub(self.gap(place.index))?;
        self.rows(place.index)?.span(line)
    }

    /// A row the caret can be on: one that shows text.
    fn is_row(&mut self, place: Place) -> bool {
        self.span(place).is_some()
    }

    /// The row after one, or before it; not beyond the ends.
    pub fn next(&mut self, place: Place, down: bool) -> Option<Place> {
        if down {
            let line = place.line + 1;
            if line < self.height(place.index) {
                return Some(Place { line, ..place });
            }
            let index = place.index + 1;
            (index < self.readable()).then_some(Place { index, line: 0 })
        } else if let Some(line) = place.line.checked_sub(1) {
            Some(Place { line, ..place })
        } else {
            let index = place.index.checked_sub(1)?;
            let line = self.height(index).checked_sub(1)?;
            Some(Place { index, line })
        }
    }

    /// The nearest row with text from a place on in a direction, the place itself first.
    fn seek(&mut self, place: Place, down: bool) -> Option<Place> {
        let mut at = place;
        loop {
            if self.is_row(at) {
                return Some(at);
            }
            at = self.next(at, down)?;
        }
    }

    fn last_row(&mut self) -> Option<Place> {
        let index = self.readable().checked_sub(1)?;
        let line = self.height(index).saturating_sub(1);
        self.seek(Place { index, line }, false)
    }

    /// The row with a place in the text of an entry.
    pub fn row_of(&mut self, caret: &Caret) -> Option<Place> {
        let entries = self.view.transcript.entries();
        let index = entries.partition_point(|entry| entry.seq < caret.seq);
        let found = self.seq(index) == caret.seq;
        let gap = self.gap(index);
        let row = self.rows(index).filter(|_| found).and_then(|rows| {
            let same = |line: &usize| rows.span(*line).as_ref() == Some(&caret.row);
            let shows = caret.row.start == caret.at || caret.row.contains(&caret.at);
            let known = caret.line.filter(|line| shows && same(line));
            known.or_else(|| row_with(rows.spans(), caret.at))
        });
        let row = row.map(|line| Place {
            index,
            line: gap + line,
        });
        row.or_else(|| self.seek(Place { index, line: 0 }, true))
            .or_else(|| self.seek(Place { index, line: 0 }, false))
    }

    /// So many rows with text further.
    fn rows_on(&mut self, row: Place, by: i64) -> Place {
        let mut at = row;
        for _ in 0..by.unsigned_abs() {
            let next = self.next(at, by > 0);
            match next.and_then(|next| self.seek(next, by > 0)) {
                Some(next) => at = next,
                None => break,
            }
        }
        at
    }

    /// The window by so many rows, not beyond the ends.
    fn shifted(&mut self, top: Place, by: i64, rows: usize) -> Place {
        self.moved(top, by).min(self.foot(rows))
    }

    fn shifted_row(&mut self, row: Place, by: i64) -> Place {
        let to = self.moved(row, by);
        self.seek(to, by > 0)
            .or_else(|| self.seek(to, by <= 0))
            .unwrap_or(row)
    }

    /// The row of text nearest to a place of the window.
    fn near(&mut self, place: Place, top: Place, rows: usize) -> Place {
        let end = self.moved(top, rows as i64);
        self.seek(place, true)
            .filter(|row| *row < end)
            .or_else(|| self.seek(place, false))
            .or_else(|| self.seek(place, true))
            .unwrap_or(place)
    }

    /// The row, or the nearest one in the window.
    fn within(&mut self, row: Place, top: Place, rows: usize) -> Place {
        if row < top {
            return self.near(top, top, rows);
        }
        let last = self.moved(top, rows as i64 - 1);
        if row > last {
            return self.near(last, top, rows);
        }
        row
    }

    /// A window near this one that has the row in it.
    fn around(&mut self, top: Place, row: Place, rows: usize, around: i64) -> Place {
        let around = around.min(rows as i64 / 2);
        let highest = self.moved(row, -around);
        let lowest = self.moved(row, around + 1 - rows as i64);
        let far = self.moved(top, -(rows as i64)) > row || self.moved(top, 2 * rows as i64) < row;
        let to = if far {
            self.moved(row, -(rows as i64) / 2)
        } else if top > highest {
            highest
        } else if top < lowest {
            lowest
        } else {
            top
        };
        to.min(self.foot(rows))
    }

    /// The caret on a row, at this place of the text where the row shows it.
    fn caret(&mut self, row: Place, at: Option<usize>) -> Option<Caret> {
        let seq = self.seq(row.index);
        let gap = self.gap(row.index);
        let line = row.line.checked_sub(gap)?;
        let rows = self.rows(row.index)?;
        let span = rows.span(line)?;
        let first = rows.spans().next().is_none_or(|(first, _)| first >= line);
        let next = (line + 1..rows.height()).find_map(|line| rows.span(line));
        let end = match &next {
            None => usize::MAX,
            Some(next) if next.start > span.start => next.start,
            // Beside each other, lines that were taken out may stand below those that came in their place.
            Some(_) => span.end + 1,
        };
        let at = at.filter(|at| *at >= span.start && *at < end);
        Some(Caret {
            seq,
            at: at.unwrap_or(span.start),
            row: span,
            line: Some(line),
            first,
            // Behind the last row of what streams comes more.
            last: next.is_none() && seq != LIVE,
        })
    }

    /// The column a place of the text is shown in.
    fn column(&mut self, row: Place, at: usize) -> Option<u16> {
        let text = self.text(row.index)?;
        let spot = self.spot(row)?;
        let cells = aligned(&spot, &text);
        let cell = cells.iter().rev().find(|cell| cell.source <= at);
        Some(cell.or(cells.first()).map_or(spot.x, |cell| cell.x))
    }

    /// The place of the text that is shown in a column.
    fn at_column(&mut self, row: Place, x: u16) -> Option<usize> {
        let text = self.text(row.index)?;
        let spot = self.spot(row)?;
        let cells = aligned(&spot, &text);
        let cell = cells.iter().rev().find(|cell| cell.x <= x);
        Some(
            cell.or(cells.first())
                .map_or(spot.span.start, |cell| cell.source),
        )
    }
}

/// Of rows that show these parts of a text, the one for a place: the first with it, else the last that begins before it, else
/// the first of all. In two columns of changes the parts do not rise from row to row.
fn row_with(spans: impl Iterator<Item = (usize, Range<usize>)>, at: usize) -> Option<usize> {
    let mut best = None;
    for (line, span) in spans {
        if span.contains(&at) || span.start == at {
            return Some(line);
        }
        if span.start < at {
            best = Some(line);
        } else {
            best.get_or_insert(line);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_of_a_place_is_the_first_that_shows_it() {
        // As in two columns: two lines in the place of three, the last of which stands alone.
        let spans = [0..9, 30..34, 35..39, 20..24, 40..40, 41..45];
        let row = |at| {
            row_with(
                spans
                    .iter()
                    .cloned()
                    .enumerate()
                    .map(|(row, span)| (row + 1, span)),
                at,
            )
        };
        for (at, expected) in [
            (0, 1),
            (8, 1),
            (9, 1),
            (12, 1),
            (20, 4),
            (23, 4),
            (30, 2),
            (36, 3),
            (40, 5),
            (44, 6),
            (99, 6),
        ] {
            assert_eq!(row(at), Some(expected), "{at}");
        }
        assert_eq!(row_with([(2, 5..6)].into_iter(), 1), Some(2));
        assert_eq!(row_with(std::iter::empty(), 1), None);
    }
}
