//! A text as rows of cells, and the kinds of characters that words and rows are made of.

use unicode_segmentation::UnicodeSegmentation;

use crate::tui::widget::cells;

/// A row of the text as drawn: bytes of the text, without its line feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    pub start: usize,
    pub end: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Blank,
    Mark,
    Wide,
    Word,
}

/// The kind of a character as seen.
pub fn class(grapheme: &str) -> Class {
    let Some(c) = grapheme.chars().next() else {
        return Class::Blank;
    };
    if c.is_whitespace() {
        Class::Blank
    } else if matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
    {
        Class::Wide
    } else if c.is_alphanumeric() || c == '_' || is_chip(c) {
        Class::Word
    } else {
        Class::Mark
    }
}

/// Whether a character stands for something that is not text, such as a large paste. These come from the last private plane,
/// which no font or program uses, and are never taken from a key.
pub fn is_chip(c: char) -> bool {
    ('\u{100000}'..='\u{10fffd}').contains(&c)
}

/// The text in rows of at most `width` cells, broken at blanks where there are any; never empty.
pub fn rows(text: &str, width: usize, cells: impl Fn(&str) -> usize) -> Vec<Row> {
    let width = width.max(2);
    let mut rows = Vec::new();
    let mut line_start = 0;
    for line in text.split('\n') {
        let mut start = line_start;
        let mut used = 0;
        let mut last_blank = None;
        for (offset, grapheme) in line.grapheme_indices(true) {
            let at = line_start + offset;
            let cell = cells(grapheme);
            if used + cell > width && at > start {
                let end = last_blank.filter(|&blank| blank > start).unwrap_or(at);
                rows.push(Row { start, end });
                start = end;
                used = text[start..at].graphemes(true).map(&cells).sum();
                last_blank = None;
            }
            used += cell;
            if grapheme == " " || class(grapheme) == Class::Wide {
                last_blank = Some(at + grapheme.len());
            }
        }
        rows.push(Row {
            start,
            end: line_start + line.len(),
        });
        line_start += line.len() + 1;
    }
    rows
}

/// The row a byte offset is drawn in.
pub fn row_of(rows: &[Row], at: usize) -> usize {
    rows.iter()
        .rposition(|row| row.start <= at)
        .unwrap_or_default()
}

/// Cells of one character as seen.
pub fn cell_width(grapheme: &str) -> usize {
    if grapheme == "\t" {
        4
    } else {
        cells::of(grapheme)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_break_at_blanks_and_never_split_a_wide_character() {
        let cases: &[(&str, usize, &[&str])] = &[
            ("", 5, &[""]),
            ("one two three", 8, &["one two ", "three"]),
            ("abcdefghij", 4, &["abcd", "efgh", "ij"]),
            ("你好世界", 5, &["你好", "世界"]),
            ("a\n\nb", 5, &["a", "", "b"]),
            ("ab\n", 5, &["ab", ""]),
        ];
        for (input, width, expected) in cases {
            let rows: Vec<&str> = rows(input, *width, cell_width)
                .iter()
                .map(|row| &input[row.start..row.end])
                .collect();
            assert_eq!(rows, *expected, "{input:?} at {width}");
        }
    }
}
