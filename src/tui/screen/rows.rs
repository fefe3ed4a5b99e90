//! Rows of short texts with their roles: what cards, lines and pages are made of before they meet the canvas.

use ratatui::layout::Rect;

use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::{cells, text, wrap};

/// One row: texts from the left, texts at the right end. The right is kept; what does not fit is cut from the left part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    pub left: Vec<(String, Role)>,
    pub right: Vec<(String, Role)>,
    /// The whole row is marked: the highlight of a list.
    pub marked: bool,
}

impl Row {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn of(text: impl Into<String>, role: Role) -> Self {
        Self::new().put(text, role)
    }

    #[must_use]
    pub fn put(mut self, text: impl Into<String>, role: Role) -> Self {
        self.left.push((text.into(), role));
        self
    }

    #[must_use]
    pub fn end(mut self, text: impl Into<String>, role: Role) -> Self {
        self.right.push((text.into(), role));
        self
    }

    #[must_use]
    pub fn mark(mut self, marked: bool) -> Self {
        self.marked = marked;
        self
    }

    pub fn width(&self) -> usize {
        self.left
            .iter()
            .chain(&self.right)
            .map(|(text, _)| cells::of(text))
            .sum()
    }

    /// As a row that more follows which is not seen: no word is broken for the mark of that.
    #[must_use]
    pub fn leading_on(&self, room: usize, look: &Look) -> Self {
        let mark = look.mark(Mark::More);
        let mut row = self.clone();
        let over = (row.width() + 1 + cells::of(mark)).saturating_sub(room);
        if let Some((text, _)) = row.left.last_mut().filter(|_| over > 0) {
            let (fits, _) = cells::prefix(text, cells::of(text).saturating_sub(over));
            // The blank may stand just behind what fits.
            let end = text[..text.ceil_char_boundary(fits + 1)].rfind(' ');
            text.truncate(end.unwrap_or(fits));
        }
        row.put(format!(" {mark}"), Role::Muted)
    }

    /// Draws into one row of the canvas, between two columns.
    pub fn draw(&self, canvas: &mut Canvas, x: u16, y: u16, end: u16, look: &Look) {
        if self.marked {
            canvas.fill(x, y, end, " ", look.style(Role::Marked));
        }
        let style = |role: Role| {
            if self.marked {
                look.style(role).patch(look.style(Role::Marked))
            } else {
                look.style(role)
            }
        };
        let room = usize::from(end.saturating_sub(x));
        let right: usize = self.right.iter().map(|(text, _)| cells::of(text)).sum();
        let right = if right > room { 0 } else { right };
        let gap = usize::from(right > 0);
        let left_end = end.saturating_sub(u16::try_from(right + gap).unwrap_or(u16::MAX));
        let mut at = x;
        for (part, role) in &self.left {
            let part = &look.plain(part, *role);
            let fitted = text::fit(part, usize::from(left_end.saturating_sub(at)), look.glyphs);
            at = canvas.write(at, y, left_end, &fitted, style(*role));
        }
        if right > 0 {
            let mut at = end - u16::try_from(right).unwrap_or(0);
            for (part, role) in &self.right {
                let part = look.plain(part, *role);
                at = canvas.write(at, y, end, &part, style(*role));
            }
        }
    }
}

/// Draws rows one below the other, as many as there is room for, from `skip` on.
pub fn draw(rows: &[Row], canvas: &mut Canvas, area: Rect, skip: usize, look: &Look) {
    for (row, y) in rows.iter().skip(skip).zip(area.top()..area.bottom()) {
        row.draw(canvas, area.left(), y, area.right(), look);
    }
}

/// A text broken at words into rows, each behind `indent` blanks.
pub fn wrapped(text: &str, width: usize, indent: usize, role: Role) -> Vec<Row> {
    let room = width.saturating_sub(indent).max(1);
    wrap::words(text, room, room)
        .map(|range| Row::of(format!("{:indent$}{}", "", &text[range]), role))
        .collect()
}

/// A text in rows filled to the last cell, nothing left out: for what is decided on.
pub fn chopped(text: &str, width: usize, indent: usize, role: Role) -> Vec<Row> {
    let room = width.saturating_sub(indent).max(1);
    wrap::chop(text, room)
        .map(|range| Row::of(format!("{:indent$}{}", "", &text[range]), role))
        .collect()
}

/// Before a row that goes on with the line above it, in a column that no text comes to: what is one line is not taken for two.
pub const GOES_ON: &str = "↳ ";

/// A text that is decided on, in rows filled to the last cell, nothing left out, and told apart from a text of more lines.
pub fn exact(text: &str, width: usize, indent: usize, role: Role) -> Vec<Row> {
    let whole = wrap::chop(text, width.saturating_sub(indent).max(1)).nth(1);
    let indent = match whole {
        None => indent,
        Some(_) => indent.max(cells::of(GOES_ON)),
    };
    let room = width.saturating_sub(indent).max(1);
    wrap::chop(text, room)
        .map(|range| {
            let goes_on = range.start > 0 && !text[..range.start].ends_with('\n');
            let lead = if goes_on { GOES_ON } else { "" };
            Row::of(format!("{lead:>indent$}"), Role::Muted).put(&text[range], role)
        })
        .collect()
}

/// Keys with what they do, side by side as far as there is room; the last ones go first. Each is `(key, what)`.
pub fn key_line(keys: &[(String, String)], width: usize) -> Row {
    let mut row = Row::new();
    let mut used = 0;
    for (key, what) in keys {
        let gap = if used == 0 { 0 } else { 3 };
        let cells = cells::of(key) + 1 + cells::of(what) + gap;
        if used + cells > width {
            break;
        }
        row = row
            .put(" ".repeat(gap), Role::Muted)
            .put(key.clone(), Role::Key)
            .put(format!(" {what}"), Role::Muted);
        used += cells;
    }
    row
}

/// The pairs of a key line, written as texts.
pub fn keys(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(key, what)| ((*key).to_owned(), (*what).to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrap_is_told_apart_from_a_line_end() {
        let cases: &[(&str, usize, usize, &[&str])] = &[
            ("short", 8, 0, &["short"]),
            ("short", 8, 2, &["  short"]),
            ("abcdefgh", 8, 0, &["abcdefgh"]),
            ("abcdefghi", 8, 0, &["  abcdef", "↳ ghi"]),
            ("abcdef\nghi", 8, 0, &["  abcdef", "  ghi"]),
            ("abcdef\n↳ i", 8, 2, &["  abcdef", "  ↳ i"]),
            (
                "a     \n     b",
                6,
                2,
                &["  a   ", "↳   ", "      ", "↳  b"],
            ),
            (
                "abcd\n\nefghij",
                9,
                5,
                &["     abcd", "     ", "     efgh", "   ↳ ij"],
            ),
            ("abc\n", 8, 2, &["  abc", "  "]),
        ];
        for (text, width, indent, expected) in cases {
            let rows = exact(text, *width, *indent, Role::Text);
            let texts = |row: &Row| row.left.iter().map(|(text, _)| &**text).collect::<String>();
            let seen: Vec<String> = rows.iter().map(texts).collect();
            assert_eq!(seen, *expected, "{text:?} {width} {indent}");
        }
    }
}
