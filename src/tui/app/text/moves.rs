//! Moving in a text, and selecting by moving.

use unicode_segmentation::UnicodeSegmentation;

use crate::tui::app::lines::{Class, class, row_of};
use crate::tui::app::text::Text;

impl Text {
    /// Moves and selects what was passed over.
    pub fn extend(&mut self, motion: impl FnOnce(&mut Self)) {
        let anchor = self.anchor.unwrap_or(self.cursor);
        motion(self);
        self.anchor = Some(anchor);
    }

    /// Nothing is selected any more; whether something was.
    pub fn unselect(&mut self) -> bool {
        let selected = self.selection().is_some();
        self.anchor = None;
        selected
    }

    pub fn left(&mut self) {
        self.cursor = self.before(self.cursor);
        self.rest();
    }

    pub fn right(&mut self) {
        self.cursor = self.after(self.cursor);
        self.rest();
    }

    pub fn word_left(&mut self) {
        self.cursor = self.word_start();
        self.rest();
    }

    pub fn word_right(&mut self) {
        self.cursor = self.word_end();
        self.rest();
    }

    pub fn line_start(&mut self) {
        self.cursor = self.line_from(self.cursor);
        self.rest();
    }

    pub fn line_end(&mut self) {
        self.cursor = self.line_to(self.cursor);
        self.rest();
    }

    pub fn start(&mut self) {
        self.cursor = 0;
        self.rest();
    }

    pub fn end(&mut self) {
        self.cursor = self.content.len();
        self.rest();
    }

    /// One drawn row up, each character being so many cells wide; `false` when there is none.
    pub fn up(&mut self, width: usize, cells: impl Fn(&str) -> usize) -> bool {
        self.rows_on(width, -1, cells)
    }

    pub fn down(&mut self, width: usize, cells: impl Fn(&str) -> usize) -> bool {
        self.rows_on(width, 1, cells)
    }

    /// So many drawn rows down, or up where it is negative, as far as there are any; `false` where there is none.
    pub fn rows_on(&mut self, width: usize, step: isize, cells: impl Fn(&str) -> usize) -> bool {
        let rows = self.rows(width, &cells);
        let here = row_of(&rows, self.cursor);
        let there = here
            .saturating_add_signed(step)
            .min(rows.len().saturating_sub(1));
        let Some(row) = rows.get(there).filter(|_| there != here) else {
            return false;
        };
        let column = self.column.unwrap_or_else(|| {
            self.content[rows[here].start..self.cursor]
                .graphemes(true)
                .map(&cells)
                .sum()
        });
        let mut cursor = row.start;
        let mut used = 0;
        for grapheme in self.content[row.start..row.end].graphemes(true) {
            let cell = cells(grapheme);
            // The end of a row broken at its width is the start of the next one.
            let last = cursor + grapheme.len() == row.end
                && row.end < self.content.len()
                && !self.content[row.end..].starts_with('\n');
            if used + cell > column || last {
                break;
            }
            used += cell;
            cursor += grapheme.len();
        }
        self.cursor = cursor;
        self.rest();
        self.column = Some(column);
        true
    }

    pub(crate) fn word_start(&self) -> usize {
        let mut run = None;
        let mut to = self.cursor;
        for (at, grapheme) in self.content[..self.cursor].grapheme_indices(true).rev() {
            match (run, class(grapheme)) {
                (None, Class::Blank | Class::Mark) => {}
                (None, here) => run = Some(here),
                (Some(kind), here) if kind == here => {}
                _ => return to,
            }
            to = at;
        }
        to
    }

    pub(crate) fn word_end(&self) -> usize {
        let mut run = None;
        for (at, grapheme) in self.content[self.cursor..].grapheme_indices(true) {
            match (run, class(grapheme)) {
                (None, Class::Blank | Class::Mark) => {}
                (None, here) => run = Some(here),
                (Some(kind), here) if kind == here => {}
                _ => return self.cursor + at,
            }
        }
        self.content.len()
    }
}
