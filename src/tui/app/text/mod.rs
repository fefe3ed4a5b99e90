//! A text that is being edited: where the cursor goes, what is cut, what can be undone. It knows nothing of keys or screens.
//! Every change is one splice, so that a step back costs what was changed and not the whole text.

pub mod edit;
pub mod moves;

use std::ops::Range;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

use crate::tui::app::lines::{Row, is_chip, rows};

/// Undo steps kept; typing runs count as one.
const UNDO_LIMIT: usize = 500;
/// Cuts kept, as many as emacs keeps.
const RING: usize = 60;

/// Text, cursor and history of changes. The cursor is a byte offset on a boundary of characters as seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    content: String,
    cursor: usize,
    /// Where a selection began; it reaches to the cursor.
    anchor: Option<usize>,
    /// The column Up and Down keep to, in cells.
    column: Option<usize>,
    /// What was cut, the newest last.
    killed: Vec<String>,
    /// What was just put back from the ring: where it stands, and its place counted from the newest.
    yanked: Option<(Range<usize>, usize)>,
    undo: Vec<Step>,
    redo: Vec<Step>,
    last: Last,
    /// Changes join one step until the group ends; `Some(true)` once it has one.
    group: Option<bool>,
}

/// What the last change was: one of the same kind joins its step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Last {
    #[default]
    Other,
    Typing,
    Erasing,
    Cutting,
}

/// What one undo takes back.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    splices: Vec<Splice>,
    before: usize,
    after: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Splice {
    at: usize,
    removed: String,
    inserted: String,
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

    /// What is selected; never an empty range.
    pub fn selection(&self) -> Option<Range<usize>> {
        let anchor = self.anchor?;
        let range = anchor.min(self.cursor)..anchor.max(self.cursor);
        (!range.is_empty()).then_some(range)
    }

    /// Another text to begin with; what was cut stays at hand.
    pub fn renew(&mut self) {
        *self = Self {
            killed: std::mem::take(&mut self.killed),
            ..Self::default()
        };
    }

    /// Puts another text in place of this one, as one step that can be undone; the cursor goes to its end.
    pub fn replace(&mut self, text: &str) {
        self.splice(0..self.content.len(), text);
        self.cursor = text.len();
        self.rest();
    }

    pub fn type_char(&mut self, c: char) {
        if is_chip(c) {
            return;
        }
        self.take_selection();
        let joins = self.last == Last::Typing && !c.is_whitespace();
        self.splice_as(self.cursor..self.cursor, c.encode_utf8(&mut [0; 4]), joins);
        self.rest();
        self.last = Last::Typing;
    }

    pub fn insert(&mut self, text: &str) {
        self.take_selection();
        self.splice(self.cursor..self.cursor, text);
        self.rest();
    }

    /// Puts a text in place of a part; the cursor stays where it is in the rest, and goes behind what it stood in.
    pub fn replace_range(&mut self, range: Range<usize>, text: &str) {
        let cursor = self.cursor;
        self.splice(range.clone(), text);
        if cursor >= range.end {
            self.cursor = cursor - range.len() + text.len();
        } else if cursor <= range.start {
            self.cursor = cursor;
        }
        self.snap();
        self.rest();
    }

    /// Moves the cursor to an offset, or to the next boundary after it.
    pub fn go(&mut self, at: usize) {
        self.cursor = self.content.floor_char_boundary(at);
        self.snap();
        self.rest();
    }

    /// Changes from here on are one step, until [`Self::end_group`].
    pub fn begin_group(&mut self) {
        self.group.get_or_insert(false);
    }

    pub fn end_group(&mut self) {
        self.group = None;
        self.last = Last::Other;
    }

    pub fn undo(&mut self) {
        self.end_group();
        if let Some(step) = self.undo.pop() {
            for splice in step.splices.iter().rev() {
                let range = splice.at..splice.at + splice.inserted.len();
                self.content.replace_range(range, &splice.removed);
            }
            self.cursor = step.before;
            self.redo.push(step);
            self.rest();
        }
    }

    /// Where what was done again begins; `None`: there was nothing.
    pub fn redo(&mut self) -> Option<usize> {
        self.end_group();
        let step = self.redo.pop()?;
        for splice in &step.splices {
            let range = splice.at..splice.at + splice.removed.len();
            self.content.replace_range(range, &splice.inserted);
        }
        self.cursor = step.after;
        let at = step.splices.first().map(|splice| splice.at);
        self.undo.push(step);
        self.rest();
        at
    }

    /// The text in rows of at most `width` cells.
    pub fn rows(&self, width: usize, cells: impl Fn(&str) -> usize) -> Vec<Row> {
        rows(&self.content, width, cells)
    }

    /// The boundary before an offset.
    pub fn before(&self, at: usize) -> usize {
        self.content[..at]
            .grapheme_indices(true)
            .next_back()
            .map_or(0, |(at, _)| at)
    }

    /// The boundary after an offset.
    pub fn after(&self, at: usize) -> usize {
        self.content[at..]
            .graphemes(true)
            .next()
            .map_or(at, |grapheme| at + grapheme.len())
    }

    /// Where the line of an offset begins.
    pub fn line_from(&self, at: usize) -> usize {
        self.content[..at].rfind('\n').map_or(0, |at| at + 1)
    }

    /// Where it ends, before its line feed.
    pub fn line_to(&self, at: usize) -> usize {
        self.content[at..]
            .find('\n')
            .map_or(self.content.len(), |end| at + end)
    }

    /// Removes what is selected; whether something was.
    fn take_selection(&mut self) -> bool {
        let Some(range) = self.selection() else {
            return false;
        };
        self.splice(range, "");
        self.rest();
        true
    }

    fn splice(&mut self, range: Range<usize>, text: &str) {
        self.splice_as(range, text, false);
    }

    /// The one way the text changes. The cursor goes behind what was put in. `joins`: one step with the change before.
    fn splice_as(&mut self, range: Range<usize>, text: &str, joins: bool) {
        if range.is_empty() && text.is_empty() {
            return;
        }
        let splice = Splice {
            at: range.start,
            removed: self.content[range.clone()].to_owned(),
            inserted: text.to_owned(),
        };
        let before = self.cursor;
        self.content.replace_range(range.clone(), text);
        self.cursor = range.start + text.len();
        self.snap();
        self.redo.clear();
        let joins = joins || self.group == Some(true);
        if let Some(step) = self.undo.last_mut().filter(|_| joins) {
            step.splices.push(splice);
            step.after = self.cursor;
        } else {
            if self.undo.len() == UNDO_LIMIT {
                self.undo.remove(0);
            }
            self.undo.push(Step {
                splices: vec![splice],
                before,
                after: self.cursor,
            });
        }
        if let Some(begun) = &mut self.group {
            *begun = true;
        }
    }

    /// An insertion or removal may join its neighbours into one character as seen: the cursor goes behind it.
    fn snap(&mut self) {
        let mut cursor = GraphemeCursor::new(self.cursor, self.content.len(), true);
        // The whole text is one chunk, so the answer is always known.
        if cursor.is_boundary(&self.content, 0) == Ok(false)
            && let Ok(Some(next)) = cursor.next_boundary(&self.content, 0)
        {
            self.cursor = next;
        }
    }

    fn rest(&mut self) {
        self.anchor = None;
        self.column = None;
        self.yanked = None;
        self.last = Last::Other;
    }
}

#[cfg(test)]
mod tests;
