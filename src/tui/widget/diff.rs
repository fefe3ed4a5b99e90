//! A unified difference as rows: numbers of both sides, the words that changed, and colours of the language if wanted.

use std::ops::Range;

use similar::DiffOp;

use crate::agent::visible::clean;
use crate::tool::shared::difference::difference;
use crate::tui::widget::cells;
use crate::tui::widget::highlight::{self, Language, State};
use crate::tui::widget::paint::{Form, Ink};
use crate::tui::widget::sheet::Sheet;
use crate::tui::widget::text;
use crate::tui::widget::wrap;

/// Lines of a patch that are read; the rest is named by one row.
const MOST: usize = 5_000;
/// Bytes of a line that are shown.
const LONGEST: usize = 4 * 1024;
/// Lines longer than this, and runs of more lines, are not compared word by word.
const WORDS_IN: usize = 400;
const PAIRS: usize = 64;
/// Where fewer of the words are the same, marking the others would mark nearly all.
const ALIKE: f32 = 0.4;
const TAB: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Context,
    Added,
    Removed,
    /// The heading of a part: where it stands, and in what.
    Hunk,
    /// Something about the patch, such as a missing line end.
    Note,
}

/// One line of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    pub side: Side,
    /// Its number before and after, counted from 1.
    pub old: Option<u32>,
    pub new: Option<u32>,
    /// Clean, with tabs expanded, without its sign.
    pub text: String,
    /// The words that changed, as ranges of the text in order.
    pub words: Vec<Range<usize>>,
    /// Where its text begins in the clean patch, and how its tabs stood there.
    pub at: usize,
    pub stops: text::Stops,
}

/// A difference as read from a patch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    pub lines: Vec<DiffLine>,
}

impl Diff {
    /// Reads a unified patch. Headings of files are left out; what is no patch gives no lines. Long patches are cut.
    pub fn parse(patch: &str) -> Self {
        let mut diff = Self::default();
        let (mut old, mut new) = (0_u32, 0_u32);
        // Lines that are still to come in this part; beyond them a minus begins a heading, not a removed line.
        let (mut old_left, mut new_left) = (0_u32, 0_u32);
        let mut read = patch.split('\n').peekable();
        let mut next = 0;
        while let Some(line) = read.next() {
            let line = line.strip_suffix('\r').unwrap_or(line);
            let at = next;
            next += clean(line).len() + 1;
            if diff.lines.len() >= MOST {
                let left = read.count() + 1;
                diff.push(Side::Note, None, None, &format!("{left} more lines"), at);
                break;
            }
            if let Some(hunk) = Hunk::parse(line) {
                (old, old_left) = hunk.old;
                (new, new_left) = hunk.new;
                diff.push(Side::Hunk, None, None, line, at);
                continue;
            }
            if let Some(note) = line.strip_prefix("\\ ") {
                diff.push(Side::Note, None, None, note, at + 2);
                continue;
            }
            if old_left == 0 && new_left == 0 {
                continue;
            }
            let (sign, text) = match line.chars().next() {
                Some(sign @ ('+' | '-' | ' ')) => (sign, &line[1..]),
                // Editors drop the blank of an empty context line.
                None if read.peek().is_some() => (' ', ""),
                _ => continue,
            };
            let at = at + usize::from(!line.is_empty());
            match sign {
                '+' => {
                    diff.push(Side::Added, None, Some(new), text, at);
                    new = new.saturating_add(1);
                    new_left = new_left.saturating_sub(1);
                }
                '-' => {
                    diff.push(Side::Removed, Some(old), None, text, at);
                    old = old.saturating_add(1);
                    old_left = old_left.saturating_sub(1);
                }
                _ => {
                    diff.push(Side::Context, Some(old), Some(new), text, at);
                    old = old.saturating_add(1);
                    new = new.saturating_add(1);
                    old_left = old_left.saturating_sub(1);
                    new_left = new_left.saturating_sub(1);
                }
            }
        }
        diff.mark_words();
        diff
    }

    /// Leaves out what is the same on both sides. The heading of a part stays where another one follows or goes before it: the
    /// places of the changes are told apart by it.
    pub fn lean(&mut self) {
        let parts = self.lines.iter().filter(|line| line.side == Side::Hunk);
        let several = parts.count() > 1;
        self.lines.retain(|line| match line.side {
            Side::Context => false,
            Side::Hunk => several,
            Side::Added | Side::Removed | Side::Note => true,
        });
    }

    fn push(&mut self, side: Side, old: Option<u32>, new: Option<u32>, text: &str, at: usize) {
        let shown = &text[..text.floor_char_boundary(LONGEST.min(text.len()))];
        let shown = clean(shown);
        self.lines.push(DiffLine {
            side,
            old,
            new,
            text: text::expand(&shown, TAB).into_owned(),
            words: Vec::new(),
            at,
            stops: text::Stops::of(&shown, TAB),
        });
    }

    /// Compares each run of removed lines with the run of added lines after it, first with first.
    fn mark_words(&mut self) {
        let mut at = 0;
        while at < self.lines.len() {
            let removed = self.run(at, Side::Removed);
            let added = self.run(removed.end, Side::Added);
            if removed.is_empty() || added.is_empty() {
                at = added.end.max(at + 1);
                continue;
            }
            at = added.end;
            if removed.len().max(added.len()) > PAIRS {
                continue;
            }
            for (old, new) in removed.zip(added) {
                let (before, after) = self.lines.split_at_mut(new);
                mark_pair(&mut before[old], &mut after[0]);
            }
        }
    }

    fn run(&self, start: usize, side: Side) -> Range<usize> {
        let length = self.lines[start..]
            .iter()
            .take_while(|line| line.side == side)
            .count();
        start..start + length
    }

    /// The rows: number, sign, text. With a language the text has its colours, over the ground of its side. At most `limit`
    /// rows.
    pub fn rows(&self, language: Language, form: Form, limit: usize) -> Sheet {
        let mut sheet = Sheet::default();
        let last = self
            .lines
            .iter()
            .filter_map(|line| line.old.max(line.new))
            .max();
        let digits = last.map_or(0, |last| last.to_string().len().max(3));
        // Narrow panes keep the sign and give up the number.
        let numbered = form.cells() >= digits + 24;
        // Each side has its own course through the language.
        let (mut before, mut after) = (State::default(), State::default());
        let mut tokens = Vec::new();
        for line in &self.lines {
            if sheet.height() >= limit {
                break;
            }
            let (ink, changed, sign) = match line.side {
                Side::Context => (Ink::Context, Ink::Context, "  "),
                Side::Added => (Ink::Added, Ink::AddedWord, "+ "),
                Side::Removed => (Ink::Removed, Ink::RemovedWord, "- "),
                Side::Hunk | Side::Note => (Ink::Hunk, Ink::Hunk, ""),
            };
            let heading = matches!(line.side, Side::Hunk | Side::Note);
            let number = match line.side {
                Side::Removed => line.old,
                _ => line.new,
            };
            let first = sheet.flat().len();
            if numbered && !heading {
                let number = number.map_or_else(String::new, |number| number.to_string());
                sheet
                    .flat()
                    .put(&format!("{number:>digits$} "), Ink::LineNumber);
            }
            sheet.flat().put(sign, ink);
            let lead = first..sheet.flat().len();
            let rest = {
                let start = lead.end;
                let width = cells::of(&sheet.flat().text()[lead.clone()]);
                sheet.flat().put(&" ".repeat(width), Ink::LineNumber);
                start..sheet.flat().len()
            };
            let start = sheet.flat().len();
            let mut at = 0;
            for word in &line.words {
                sheet.flat().put(&line.text[at..word.start], ink);
                sheet.flat().put(&line.text[word.clone()], changed);
                at = word.end;
            }
            sheet.flat().put(&line.text[at..], ink);
            let coloured = language != Language::Plain && !heading;
            if coloured {
                let end = sheet.flat().len();
                let state = if line.side == Side::Removed {
                    before
                } else {
                    after
                };
                sheet.begin_code(&(start..end), language, state);
                tokens.clear();
                let next = highlight::lex(language, state, &line.text, &mut tokens);
                match line.side {
                    Side::Removed => before = next,
                    Side::Added => after = next,
                    _ => (before, after) = (next, next),
                }
            } else if line.side == Side::Hunk {
                (before, after) = (State::default(), State::default());
            }
            let room = form.cells().saturating_sub(lead.len()).max(1);
            let mut lead = &lead;
            for row in wrap::chop(&line.text, room).take(limit - sheet.height()) {
                let body = start + row.start..start + row.end;
                if coloured {
                    sheet.push_code(lead, &body);
                } else {
                    sheet.push(lead, &body);
                }
                sheet.place(&line.span(&row));
                lead = &rest;
            }
        }
        sheet
    }
}

impl DiffLine {
    /// The part of the clean patch that a part of the text is.
    pub fn span(&self, part: &Range<usize>) -> Range<usize> {
        self.at + self.stops.before(part.start)..self.at + self.stops.before(part.end)
    }
}

struct Hunk {
    /// First line and number of lines.
    old: (u32, u32),
    new: (u32, u32),
}

impl Hunk {
    /// `@@ -38,7 +38,12 @@ impl Policy`.
    fn parse(line: &str) -> Option<Self> {
        let (ranges, _) = line.strip_prefix("@@ -")?.split_once(" @@")?;
        let (old, new) = ranges.split_once(" +")?;
        let range = |text: &str| {
            let (first, count) = text.split_once(',').unwrap_or((text, "1"));
            Some((first.parse().ok()?, count.parse().ok()?))
        };
        Some(Self {
            old: range(old)?,
            new: range(new)?,
        })
    }
}

/// Marks the words in which two lines differ.
fn mark_pair(old: &mut DiffLine, new: &mut DiffLine) {
    if old.text.len().max(new.text.len()) > WORDS_IN {
        return;
    }
    let (before, after) = (words(&old.text), words(&new.text));
    let ops = difference(&before, &after);
    let solid = |words: &[&str]| -> usize {
        words
            .iter()
            .filter(|word| !word.trim().is_empty())
            .map(|word| word.len())
            .sum()
    };
    let same: usize = ops
        .iter()
        .filter(|op| matches!(op, DiffOp::Equal { .. }))
        .map(|op| solid(&before[op.old_range()]))
        .sum();
    let most = solid(&before).max(solid(&after));
    if most == 0 || (same as f32) < ALIKE * most as f32 {
        return;
    }
    for op in ops {
        if !matches!(op, DiffOp::Equal { .. }) {
            mark(&mut old.words, &before, op.old_range());
            mark(&mut new.words, &after, op.new_range());
        }
    }
}

fn mark(marks: &mut Vec<Range<usize>>, words: &[&str], changed: Range<usize>) {
    let start: usize = words[..changed.start].iter().map(|word| word.len()).sum();
    let length: usize = words[changed].iter().map(|word| word.len()).sum();
    if length == 0 {
        return;
    }
    match marks.last_mut() {
        Some(last) if last.end == start => last.end += length,
        _ => marks.push(start..start + length),
    }
}

/// Words, runs of blanks, and single signs.
fn words(text: &str) -> Vec<&str> {
    #[derive(PartialEq, Clone, Copy)]
    enum Kind {
        Word,
        Blank,
        Sign,
    }
    let kind = |c: char| {
        if c.is_alphanumeric() || c == '_' {
            Kind::Word
        } else if c.is_whitespace() {
            Kind::Blank
        } else {
            Kind::Sign
        }
    };
    let mut words = Vec::new();
    let mut start = 0;
    let mut before: Option<Kind> = None;
    for (at, c) in text.char_indices() {
        let now = kind(c);
        // A combining mark belongs to the sign before it.
        let joins = before == Some(now) && now != Kind::Sign
            || cells::of_symbol(c.encode_utf8(&mut [0; 4])) == 0;
        if before.is_some() && !joins {
            words.push(&text[start..at]);
            start = at;
        }
        before = Some(now);
    }
    if start < text.len() {
        words.push(&text[start..]);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::widget::paint::Glyphs;
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    const PATCH: &str = "\
--- a/src/http/retry.rs
+++ b/src/http/retry.rs
@@ -40,4 +40,5 @@ impl Policy
 let n = self.attempt;
-    let d = base * 2u32.pow(n);
+    let d = base * 3u32.pow(n);
+    let d = d.min(self.cap);

-- old comment
\\ No newline at end of file
";

    fn rows(sheet: &Sheet) -> Vec<String> {
        (0..sheet.height()).map(|row| sheet.plain(row)).collect()
    }

    #[test]
    fn a_patch_is_read_with_the_numbers_of_both_sides() {
        let diff = Diff::parse(PATCH);
        let seen: Vec<(Side, Option<u32>, Option<u32>, &str)> = diff
            .lines
            .iter()
            .map(|line| (line.side, line.old, line.new, line.text.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                (Side::Hunk, None, None, "@@ -40,4 +40,5 @@ impl Policy"),
                (Side::Context, Some(40), Some(40), "let n = self.attempt;"),
                (
                    Side::Removed,
                    Some(41),
                    None,
                    "    let d = base * 2u32.pow(n);"
                ),
                (
                    Side::Added,
                    None,
                    Some(41),
                    "    let d = base * 3u32.pow(n);"
                ),
                (Side::Added, None, Some(42), "    let d = d.min(self.cap);"),
                (Side::Context, Some(42), Some(43), ""),
                (Side::Removed, Some(43), None, "- old comment"),
                (Side::Note, None, None, "No newline at end of file"),
            ]
        );
        assert_eq!(diff.lines[2].words, vec![19..23]);
        assert_eq!(&diff.lines[3].text[diff.lines[3].words[0].clone()], "3u32");
    }

    #[test]
    fn rows_have_number_sign_and_text() {
        let diff = Diff::parse(PATCH);
        let sheet = diff.rows(Language::Rust, Form::new(30, Glyphs::Unicode), 99);
        assert_eq!(
            rows(&sheet)[..5],
            [
                "@@ -40,4 +40,5 @@ impl Policy",
                " 40   let n = self.attempt;",
                " 41 -     let d = base * 2u32.",
                "      pow(n);",
                " 41 +     let d = base * 3u32.",
            ]
        );
        let narrow = diff.rows(Language::Plain, Form::new(12, Glyphs::Unicode), 4);
        assert_eq!(
            rows(&narrow),
            ["@@ -40,4 +40", ",5 @@ impl P", "olicy", "  let n = se"]
        );
    }

    #[test]
    fn lines_that_share_little_are_not_marked() {
        let diff = Diff::parse("@@ -1 +1 @@\n-alpha beta gamma\n+one two three alpha\n");
        assert!(diff.lines.iter().all(|line| line.words.is_empty()));
    }

    #[test]
    fn what_is_no_patch_is_nothing_and_what_is_too_long_is_cut() {
        assert_eq!(Diff::parse("just text\n- list\n"), Diff::default());
        assert_eq!(Diff::parse(""), Diff::default());
        let long = format!("@@ -1,0 +1,90000 @@\n{}", "+line\n".repeat(90_000));
        let diff = Diff::parse(&long);
        assert_eq!(diff.lines.len(), MOST + 1);
        assert_eq!(diff.lines[MOST].text, "85002 more lines");
        let wide = format!("@@ -1 +1 @@\n+{}\n", "x".repeat(1 << 20));
        assert_eq!(Diff::parse(&wide).lines[1].text.len(), LONGEST);
    }

    proptest! {
        #[test]
        fn no_patch_makes_it_stumble(
            lines in prop::collection::vec("([-+ ]\\PC{0,20}|@@ -[0-9]{1,11},[0-9]{1,3} \\+[0-9]{1,3} @@\\PC{0,3}|\\\\ \\PC{0,3}|)", 0..20),
            width in 0u16..50
        ) {
            let patch = format!("@@ -1,9 +1,9 @@\n{}", lines.join("\n"));
            let diff = Diff::parse(&patch);
            for language in [Language::Plain, Language::Rust] {
                let sheet = diff.rows(language, Form::new(width, Glyphs::Unicode), 50);
                prop_assert!(sheet.height() <= 50);
                for row in 0..sheet.height() {
                    prop_assert!(cells::of(&sheet.plain(row)) <= usize::from(width.max(8)));
                }
            }
        }
    }
}
