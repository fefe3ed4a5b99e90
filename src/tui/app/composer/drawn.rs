//! The composer as rows of cells.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::agent::visible::escaped;
use crate::tui::app::chip::{Chip, place};
use crate::tui::app::composer::Composer;
use crate::tui::app::lines::{Row, row_of};

/// The composer as rows of text, safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    pub lines: Vec<String>,
    /// Of each row the bytes that are selected.
    pub selected: Vec<Range<usize>>,
    /// Where the cursor is, in rows and cells.
    pub row: usize,
    pub column: usize,
}

impl Composer {
    /// The rows as drawn, each with what is drawn, and the cursor's row and column.
    pub fn drawn(&self, width: usize) -> Drawn {
        let rows = self.text.rows(width, cells_of(&self.chips));
        let row = row_of(&rows, self.text.cursor());
        let start = rows[row].start;
        let column = self.shown(start..self.text.cursor()).width();
        let selection = self.selection().unwrap_or(0..0);
        let selected = |row: &Row| {
            let (from, to) = (selection.start.max(row.start), selection.end.min(row.end));
            if from >= to {
                return 0..0;
            }
            let before = self.shown(row.start..from).len();
            before..before + self.shown(from..to).len()
        };
        Drawn {
            lines: rows
                .iter()
                .map(|row| self.shown(row.start..row.end))
                .collect(),
            selected: rows.iter().map(selected).collect(),
            row,
            column,
        }
    }

    /// What is selected, by the keys of either preset.
    pub fn selection(&self) -> Option<Range<usize>> {
        self.vim
            .selection(&self.text)
            .or_else(|| self.text.selection())
    }

    fn shown(&self, range: Range<usize>) -> String {
        let text = &self.text.as_str()[range];
        let mut out = String::with_capacity(text.len());
        for grapheme in text.graphemes(true) {
            match chip_of(&self.chips, grapheme) {
                Some(chip) => out.push_str(&escaped(chip.label().as_ref())),
                None => out.push_str(&seen(grapheme)),
            }
        }
        out
    }
}

/// How wide a character is with its chip.
pub fn cells_of(chips: &[Chip]) -> impl Fn(&str) -> usize {
    move |grapheme| match chip_of(chips, grapheme) {
        Some(chip) => escaped(chip.label().as_ref()).width(),
        None => seen(grapheme).width(),
    }
}

fn chip_of<'c>(chips: &'c [Chip], grapheme: &str) -> Option<&'c Chip> {
    chips.get(place(grapheme.chars().next()?)?)
}

/// What cannot be seen is written out, as the screen does.
fn seen(grapheme: &str) -> std::borrow::Cow<'_, str> {
    match grapheme {
        "\t" => "    ".into(),
        one if one.len() == 1 && !one.as_bytes()[0].is_ascii_control() => one.into(),
        other => escaped(other).into(),
    }
}
