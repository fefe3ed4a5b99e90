//! The composer as rows of cells.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::agent::visible::escaped;
use crate::tui::app::chip::{Chip, place};
use crate::tui::app::composer::Composer;
use crate::tui::app::lines::{Row, row_of};
use crate::tui::widget::cells;

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
        let column = cells::of(&self.shown(start..self.text.cursor()));
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
        Some(chip) => cells::of(&escaped(chip.label().as_ref())),
        None => cells::of(&seen(grapheme)),
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

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::tui::terminal::width;

    #[test]
    fn rows_and_cursor_follow_the_width_that_the_terminal_gives() {
        let cases: [(&str, usize, &[&str], usize, usize); 4] = [
            ("αβγ", 20, &["αβγ"], 0, 6),
            ("αβγ", 4, &["αβ", "γ"], 1, 2),
            ("a→b", 20, &["a→b"], 0, 4),
            ("汉字", 20, &["汉字"], 0, 4),
        ];
        for (text, width, lines, row, column) in cases {
            let mut composer = Composer::default();
            composer.set(text);
            let drawn = width::in_wide(|| composer.drawn(width));
            assert_eq!(drawn.lines, lines, "{text}");
            assert_eq!((drawn.row, drawn.column), (row, column), "{text}");
        }
    }
}
