//! A difference in two columns: what was at the left, what is at the right, lines that belong together on one row.

use std::ops::Range;

use crate::tui::widget::cells;
use crate::tui::widget::diff::{Diff, DiffLine, Side};
use crate::tui::widget::highlight::{self, Language, State};
use crate::tui::widget::paint::{Form, Ink};
use crate::tui::widget::sheet::Sheet;
use crate::tui::widget::sheet::flat::Flat;
use crate::tui::widget::wrap;

/// From so many cells on two columns are read more easily than one: what a pane of 140 columns leaves for a change.
pub const WIDE: usize = 134;

/// The rows in two columns; at most `limit`. The right one has the colours of the language.
pub fn rows(diff: &Diff, language: Language, form: Form, limit: usize) -> Sheet {
    let last = diff.lines.iter().filter_map(|line| line.old.max(line.new));
    let digits = last.max().map_or(0, |last| last.to_string().len().max(3));
    let half = form.cells().saturating_sub(1) / 2;
    let mut writer = Writer {
        sheet: Sheet::default(),
        language,
        glyph: form.glyphs.pick("│", "|"),
        digits,
        room: half.saturating_sub(digits + 3).max(1),
        state: State::default(),
        tokens: Vec::new(),
    };
    let lines = &diff.lines;
    let mut at = 0;
    while at < lines.len() && writer.sheet.height() < limit {
        let line = &lines[at];
        match line.side {
            Side::Hunk | Side::Note => {
                writer.heading(line, form.cells(), limit);
                at += 1;
            }
            Side::Context => {
                writer.pair(Some(line), Some(line), limit);
                at += 1;
            }
            Side::Removed | Side::Added => {
                let run = |from: usize, side| {
                    let rest = lines[from..].iter();
                    from + rest.take_while(|line| line.side == side).count()
                };
                let middle = run(at, Side::Removed);
                let end = run(middle, Side::Added);
                let (old, new) = (&lines[at..middle], &lines[middle..end]);
                for index in 0..old.len().max(new.len()) {
                    writer.pair(old.get(index), new.get(index), limit);
                }
                at = end;
            }
        }
    }
    writer.sheet
}

struct Writer {
    sheet: Sheet,
    language: Language,
    glyph: &'static str,
    digits: usize,
    /// Cells for the text of one column.
    room: usize,
    /// Where the lexer stands in what is at the right.
    state: State,
    tokens: Vec<(Range<u32>, Ink)>,
}

impl Writer {
    fn heading(&mut self, line: &DiffLine, room: usize, limit: usize) {
        self.state = State::default();
        let start = self.sheet.flat().len();
        self.sheet.flat().put(&line.text, Ink::Hunk);
        let left = limit.saturating_sub(self.sheet.height());
        for row in wrap::chop(&line.text, room.max(1)).take(left) {
            let body = start + row.start..start + row.end;
            self.sheet.push(&(0..0), &body);
            self.sheet.place(&line.span(&row));
        }
    }

    fn pair(&mut self, old: Option<&DiffLine>, new: Option<&DiffLine>, limit: usize) {
        let cut = |line: Option<&DiffLine>| -> Vec<Range<usize>> {
            line.map_or_else(Vec::new, |line| wrap::chop(&line.text, self.room).collect())
        };
        let (left, right) = (cut(old), cut(new));
        let text = self.right_text(new);
        let rest = limit.saturating_sub(self.sheet.height());
        for index in 0..left.len().max(right.len()).min(rest) {
            let lead = self.sheet.flat().len();
            self.column(old, left.get(index), index == 0, true);
            self.sheet.flat().put(self.glyph, Ink::Border);
            self.column(new, right.get(index), index == 0, false);
            let end = self.sheet.flat().len();
            let body = match right.get(index) {
                Some(part) => text + part.start..text + part.end,
                None => end..end,
            };
            if new.is_some() && self.language != Language::Plain {
                self.sheet.push_code(&(lead..end), &body);
            } else {
                self.sheet.push(&(lead..end), &body);
            }
            if index == 0 {
                self.place(old, new);
            }
        }
    }

    /// Puts the text of the right column and gives where it begins.
    fn right_text(&mut self, new: Option<&DiffLine>) -> usize {
        let start = self.sheet.flat().len();
        let Some(line) = new else {
            return start;
        };
        let (ink, changed) = inks(line.side);
        put(self.sheet.flat(), line, &(0..line.text.len()), ink, changed);
        if self.language != Language::Plain {
            let end = self.sheet.flat().len();
            self.sheet
                .begin_code(&(start..end), self.language, self.state);
            self.tokens.clear();
            self.state = highlight::lex(self.language, self.state, &line.text, &mut self.tokens);
        }
        start
    }

    /// A column of one row: number and sign, and at the left the text, filled up.
    fn column(
        &mut self,
        line: Option<&DiffLine>,
        part: Option<&Range<usize>>,
        first: bool,
        left: bool,
    ) {
        let digits = self.digits;
        let flat = self.sheet.flat();
        let (ink, changed) = line.map_or((Ink::Context, Ink::Context), |line| inks(line.side));
        let number = line
            .filter(|_| first && part.is_some())
            .and_then(|line| if left { line.old } else { line.new });
        let number = number.map_or_else(String::new, |number| number.to_string());
        flat.put(&format!("{number:>digits$} "), Ink::LineNumber);
        let sign = match line.map(|line| line.side).filter(|_| first) {
            Some(Side::Added) => "+ ",
            Some(Side::Removed) => "- ",
            _ => "  ",
        };
        flat.put(sign, if part.is_some() { ink } else { Ink::Context });
        if !left {
            return;
        }
        let mut used = 0;
        if let Some((line, part)) = line.zip(part) {
            put(flat, line, part, ink, changed);
            used = cells::of(&line.text[part.clone()]);
        }
        let ink = if part.is_some() { ink } else { Ink::Context };
        flat.put(&" ".repeat(self.room.saturating_sub(used)), ink);
    }

    /// A row stands for the line at its right, which is the one that can be copied of it; where there is none, for the other.
    fn place(&mut self, old: Option<&DiffLine>, new: Option<&DiffLine>) {
        let whole = |line: &DiffLine| line.span(&(0..line.text.len()));
        let span = match (old.map(whole), new.map(whole)) {
            (_, Some(new)) => new,
            (Some(old), None) => old,
            (None, None) => return,
        };
        self.sheet.place(&span);
    }
}

fn inks(side: Side) -> (Ink, Ink) {
    match side {
        Side::Added => (Ink::Added, Ink::AddedWord),
        Side::Removed => (Ink::Removed, Ink::RemovedWord),
        Side::Context => (Ink::Context, Ink::Context),
        Side::Hunk | Side::Note => (Ink::Hunk, Ink::Hunk),
    }
}

/// Part of a line with the words that changed.
fn put(flat: &mut Flat, line: &DiffLine, part: &Range<usize>, ink: Ink, changed: Ink) {
    let mut at = part.start;
    for word in &line.words {
        let (start, end) = (word.start.clamp(at, part.end), word.end.clamp(at, part.end));
        flat.put(&line.text[at..start], ink);
        flat.put(&line.text[start..end], changed);
        at = end;
    }
    flat.put(&line.text[at..part.end], ink);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::widget::paint::Glyphs;
    use pretty_assertions::assert_eq;

    const PATCH: &str =
        "@@ -9,4 +9,4 @@ f\n a\n-let b = 1;\n-gone\n+let b = 22222222222222222;\n c\n+new\n";

    fn plain(width: u16) -> Vec<String> {
        let diff = Diff::parse(PATCH);
        let sheet = rows(&diff, Language::Rust, Form::new(width, Glyphs::Unicode), 99);
        (0..sheet.height())
            .map(|row| sheet.plain(row).trim_end().to_owned())
            .collect()
    }

    #[test]
    fn lines_that_belong_together_stand_side_by_side() {
        assert_eq!(
            plain(49),
            [
                "@@ -9,4 +9,4 @@ f",
                "  9   a                 │  9   a",
                " 10 - let b = 1;        │ 10 + let b = 2222222222",
                "                        │      2222222;",
                " 11 - gone              │",
                " 12   c                 │ 11   c",
                "                        │ 12 + new",
            ]
        );
    }

    #[test]
    fn rows_stand_for_the_lines_of_the_patch() {
        let sheet = rows(
            &Diff::parse(PATCH),
            Language::Plain,
            Form::new(140, Glyphs::Unicode),
            99,
        );
        let lines: Vec<&str> = (0..sheet.height())
            .filter_map(|row| PATCH.get(sheet.span(row)?))
            .collect();
        assert_eq!(
            lines,
            [
                "@@ -9,4 +9,4 @@ f",
                "a",
                "let b = 22222222222222222;",
                "gone",
                "c",
                "new"
            ]
        );
    }

    #[test]
    fn no_more_rows_than_are_wanted() {
        let diff = Diff::parse(PATCH);
        for limit in 0..8 {
            let sheet = rows(&diff, Language::Rust, Form::new(30, Glyphs::Ascii), limit);
            assert!(sheet.height() <= limit);
        }
    }
}
