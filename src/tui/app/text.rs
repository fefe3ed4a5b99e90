//! A text that is being edited: where the cursor goes, what is cut, what can be undone. It knows nothing of keys or screens.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::tui::app::lines::{Class, Row, cell_width, class, is_chip, row_of, rows};

/// Undo steps kept; typing runs count as one.
const UNDO_LIMIT: usize = 200;

/// Text, cursor and history of changes. The cursor is a byte offset on a boundary of characters as seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    content: String,
    cursor: usize,
    /// The column Up and Down keep to, in cells.
    column: Option<usize>,
    killed: String,
    undo: Vec<(String, usize)>,
    redo: Vec<(String, usize)>,
    /// The last change was a typed character, so the next one joins its undo step.
    typing: bool,
    /// The last change was a cut, so the next one adds to what was cut.
    cutting: bool,
}

impl Text {
    pub fn new(text: &str) -> Self {
        Self {
            content: text.to_owned(),
            cursor: text.len(),
            ..Self::default()
        }
    }

    pub fn as_str(&self) -> &str {
        &self.content
    }

    pub fn cursor(&self) -> usize {
        self.cursor
    }

    pub fn is_empty(&self) -> bool {
        self.content.is_empty()
    }

    /// Puts another text in place of this one, as one step that can be undone; the cursor goes to its end.
    pub fn replace(&mut self, text: &str) {
        self.remember();
        text.clone_into(&mut self.content);
        self.cursor = text.len();
        self.rest();
    }

    pub fn type_char(&mut self, c: char) {
        if is_chip(c) {
            return;
        }
        if !self.typing || c.is_whitespace() {
            self.remember();
        }
        self.content.insert(self.cursor, c);
        self.cursor += c.len_utf8();
        self.snap();
        self.rest();
        self.typing = true;
    }

    pub fn insert(&mut self, text: &str) {
        self.remember();
        self.content.insert_str(self.cursor, text);
        self.cursor += text.len();
        self.snap();
        self.rest();
    }

    /// Puts a text in place of a part; the cursor stays where it is in the rest, and goes behind what it stood in.
    pub fn replace_range(&mut self, range: Range<usize>, text: &str) {
        self.remember();
        self.content.replace_range(range.clone(), text);
        if self.cursor >= range.end {
            self.cursor = self.cursor - range.len() + text.len();
        } else if self.cursor > range.start {
            self.cursor = range.start + text.len();
        }
        self.snap();
        self.rest();
    }

    pub fn left(&mut self) {
        self.cursor = self.before();
        self.rest();
    }

    pub fn right(&mut self) {
        self.cursor = self.after();
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
        self.cursor = self.start_of_line();
        self.rest();
    }

    pub fn line_end(&mut self) {
        self.cursor = self.end_of_line();
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

    /// One drawn row up; `false` when there is none.
    pub fn up(&mut self, width: usize) -> bool {
        self.vertical(width, -1)
    }

    pub fn down(&mut self, width: usize) -> bool {
        self.vertical(width, 1)
    }

    pub fn backspace(&mut self) {
        let from = self.before();
        if from < self.cursor {
            self.remember();
            self.remove(from, self.cursor);
            self.rest();
        }
    }

    pub fn delete(&mut self) {
        let to = self.after();
        if to > self.cursor {
            self.remember();
            self.remove(self.cursor, to);
            self.rest();
        }
    }

    pub fn kill_line(&mut self) {
        let mut to = self.end_of_line();
        if to == self.cursor {
            to = self.after();
        }
        self.kill(self.cursor, to);
    }

    pub fn kill_to_start(&mut self) {
        self.kill(self.start_of_line(), self.cursor);
    }

    pub fn kill_word(&mut self) {
        self.kill(self.word_start(), self.cursor);
    }

    pub fn kill_word_after(&mut self) {
        self.kill(self.cursor, self.word_end());
    }

    pub fn yank(&mut self) {
        let killed = self.killed.clone();
        self.insert(&killed);
    }

    pub fn undo(&mut self) {
        if let Some((text, cursor)) = self.undo.pop() {
            self.redo
                .push((std::mem::replace(&mut self.content, text), self.cursor));
            self.cursor = cursor;
            self.rest();
        }
    }

    pub fn redo(&mut self) {
        if let Some((text, cursor)) = self.redo.pop() {
            self.undo
                .push((std::mem::replace(&mut self.content, text), self.cursor));
            self.cursor = cursor;
            self.rest();
        }
    }

    /// The text in rows of at most `width` cells.
    pub fn rows(&self, width: usize, cells: impl Fn(&str) -> usize) -> Vec<Row> {
        rows(&self.content, width, cells)
    }

    fn vertical(&mut self, width: usize, step: isize) -> bool {
        let rows = self.rows(width, cell_width);
        let here = row_of(&rows, self.cursor);
        let Some(row) = here
            .checked_add_signed(step)
            .and_then(|index| rows.get(index))
        else {
            return false;
        };
        let column = self
            .column
            .unwrap_or_else(|| self.content[rows[here].start..self.cursor].width());
        let mut cursor = row.start;
        let mut used = 0;
        for grapheme in self.content[row.start..row.end].graphemes(true) {
            let cell = cell_width(grapheme);
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

    fn before(&self) -> usize {
        self.content[..self.cursor]
            .grapheme_indices(true)
            .next_back()
            .map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.content[self.cursor..]
            .graphemes(true)
            .next()
            .map_or(self.cursor, |grapheme| self.cursor + grapheme.len())
    }

    fn start_of_line(&self) -> usize {
        self.content[..self.cursor]
            .rfind('\n')
            .map_or(0, |at| at + 1)
    }

    fn end_of_line(&self) -> usize {
        self.content[self.cursor..]
            .find('\n')
            .map_or(self.content.len(), |at| self.cursor + at)
    }

    fn word_start(&self) -> usize {
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

    fn word_end(&self) -> usize {
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

    fn kill(&mut self, from: usize, to: usize) {
        if from >= to {
            return;
        }
        let adding = self.cutting;
        self.remember();
        let cut = self.content[from..to].to_owned();
        self.killed = match (adding, from < self.cursor) {
            (false, _) => cut,
            (true, true) => format!("{cut}{}", self.killed),
            (true, false) => format!("{}{cut}", self.killed),
        };
        self.remove(from, to);
        self.rest();
        self.cutting = true;
    }

    fn remove(&mut self, from: usize, to: usize) {
        self.content.replace_range(from..to, "");
        self.cursor = from;
        self.snap();
    }

    /// An insertion or removal may join its neighbours into one character as seen: the cursor goes behind it.
    fn snap(&mut self) {
        let mut at = 0;
        for grapheme in self.content.graphemes(true) {
            if at >= self.cursor {
                break;
            }
            at += grapheme.len();
        }
        self.cursor = at;
    }

    fn remember(&mut self) {
        if self.undo.len() == UNDO_LIMIT {
            self.undo.remove(0);
        }
        self.undo.push((self.content.clone(), self.cursor));
        self.redo.clear();
    }

    fn rest(&mut self) {
        self.column = None;
        self.typing = false;
        self.cutting = false;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// A text with `|` at its cursor.
    fn text(marked: &str) -> Text {
        let at = marked.find('|').unwrap();
        let mut text = Text::new(&marked.replace('|', ""));
        text.cursor = at;
        text
    }

    fn marked(text: &Text) -> String {
        let mut out = text.content.clone();
        out.insert(text.cursor, '|');
        out
    }

    type Edit = fn(&mut Text);

    #[test]
    fn edits() {
        let cases: &[(&str, Edit, &str)] = &[
            ("ab|c", |t| t.type_char('X'), "abX|c"),
            ("a👩\u{200d}💻|", Text::backspace, "a|"),
            ("e\u{301}|x", Text::backspace, "|x"),
            ("|", Text::backspace, "|"),
            ("你好|", Text::backspace, "你|"),
            ("a|bc", Text::delete, "a|c"),
            ("one two|", Text::kill_word, "one |"),
            ("one two  |", Text::kill_word, "one |"),
            ("one |two three", Text::kill_word_after, "one | three"),
            ("src/http/re|try", Text::word_left, "src/http/|retry"),
            ("|src/http", Text::word_right, "src|/http"),
            ("你好，世界|", Text::word_left, "你好，|世界"),
            ("|你好，世界", Text::word_right, "你好|，世界"),
            ("重试retry|", Text::word_left, "重试|retry"),
            ("ab\ncd|ef\ngh", Text::line_start, "ab\n|cdef\ngh"),
            ("ab\ncd|ef\ngh", Text::line_end, "ab\ncdef|\ngh"),
            ("ab\ncd|ef\ngh", Text::kill_line, "ab\ncd|\ngh"),
            ("ab\ncd|\ngh", Text::kill_line, "ab\ncd|gh"),
            ("ab cd|ef", Text::kill_to_start, "|ef"),
            ("a|b", Text::start, "|ab"),
            ("a|b", Text::end, "ab|"),
        ];
        for (before, edit, after) in cases {
            let mut text = text(before);
            edit(&mut text);
            assert_eq!(marked(&text), *after, "{before:?}");
        }
    }

    #[test]
    fn cuts_in_a_row_come_back_together() {
        let mut text = text("one two three|");
        text.kill_word();
        text.kill_word();
        assert_eq!(marked(&text), "one |");
        text.yank();
        assert_eq!(marked(&text), "one two three|");
    }

    #[test]
    fn undo_goes_back_by_words_and_redo_forward() {
        let mut text = Text::default();
        for c in "one two".chars() {
            text.type_char(c);
        }
        text.undo();
        assert_eq!(marked(&text), "one|");
        text.undo();
        assert_eq!(marked(&text), "|");
        text.redo();
        text.redo();
        assert_eq!(marked(&text), "one two|");
    }

    #[test]
    fn up_and_down_keep_their_column() {
        let mut text = text("a long line\nab\nanother line|");
        assert!(text.up(40));
        assert_eq!(marked(&text), "a long line\nab|\nanother line");
        assert!(text.up(40));
        assert_eq!(marked(&text), "a long line|\nab\nanother line");
        assert!(!text.up(40));
        assert!(text.down(40));
        assert!(text.down(40));
        assert_eq!(marked(&text), "a long line\nab\nanother line|");
        assert!(!text.down(40));
    }

    #[test]
    fn up_through_rows_broken_at_the_width_always_moves() {
        let mut text = Text::new("abcdefghijkl");
        assert!(text.up(4));
        assert_eq!(marked(&text), "abcdefgh|ijkl".replace("gh|i", "g|hi"));
        assert!(text.up(4));
        assert!(!text.up(4));
    }
}
