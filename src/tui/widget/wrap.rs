//! Where the lines of a text end at a given width: by words, or by cells alone. Only positions are given; the text is
//! neither copied nor changed, and nothing after the last row asked for is looked at.
//!
//! Tabs are the caller's to expand (see `text::expand`); here a tab is a blank.

use std::ops::Range;

use crate::tui::widget::cells;

/// Rows of `text` broken at blanks and between wide characters, the first `first` cells wide, the others `rest`: a hanging
/// indent is the difference. Blanks at a break belong to no row. A line feed ends a row; a text that ends with one has an
/// empty row after it. A word longer than a row is broken; only a character that alone is wider than its row is
/// in one all the same.
pub fn words(text: &str, first: usize, rest: usize) -> Rows<'_> {
    Rows::new(text, first, rest, true)
}

/// Rows of `text` filled to the last cell, with every blank kept: for code and output.
pub fn chop(text: &str, width: usize) -> Rows<'_> {
    Rows::new(text, width, width, false)
}

/// The rows of a text as ranges of its bytes, found one by one.
#[derive(Debug, Clone)]
pub struct Rows<'a> {
    text: &'a str,
    /// Where the next row starts; none after the last.
    at: Option<usize>,
    limit: usize,
    rest: usize,
    words: bool,
}

impl<'a> Rows<'a> {
    fn new(text: &'a str, first: usize, rest: usize, words: bool) -> Self {
        Self {
            text,
            at: Some(0),
            limit: first.max(1),
            rest: rest.max(1),
            words,
        }
    }

    fn chopped(&mut self, start: usize) -> Range<usize> {
        let mut width = 0;
        for (offset, symbol, cells) in cells::symbols(&self.text[start..]) {
            let at = start + offset;
            if is_line_end(symbol) {
                self.at = Some(at + symbol.len());
                return start..at;
            }
            if width > 0 && width + cells > self.limit {
                self.at = Some(at);
                return start..at;
            }
            width += cells;
        }
        self.at = None;
        start..self.text.len()
    }

    fn broken(&mut self, mut start: usize) -> Range<usize> {
        let mut width = 0;
        // The last place where the row may end: the end of what stays, and the start of what goes on.
        let mut place: Option<(usize, usize)> = None;
        // Where the blanks under way began, when something stands before them.
        let mut blanks: Option<usize> = None;
        let mut previous: Option<&str> = None;
        for (offset, symbol, cells) in cells::symbols(&self.text[start..]).map({
            let base = start;
            move |(offset, symbol, cells)| (base + offset, symbol, cells)
        }) {
            if is_line_end(symbol) {
                self.at = Some(offset + symbol.len());
                return self.cut(start, offset, width, blanks, previous);
            }
            if is_blank(symbol) {
                if previous.is_some() && blanks.is_none() {
                    blanks = Some(offset);
                }
                width += 1;
                continue;
            }
            if previous.is_none() && width >= self.limit {
                // Nothing but an indent, and no room after it.
                start = offset;
                width = 0;
            }
            if let Some(end) = blanks.take() {
                place = Some((end, offset));
            } else if previous.is_some_and(|before| may_part(before, symbol, cells)) {
                place = Some((offset, offset));
            }
            if width > 0 && width + cells > self.limit {
                let (end, next) = place.unwrap_or((offset, offset));
                self.at = Some(next);
                return start..end;
            }
            width += cells;
            previous = Some(symbol);
        }
        self.at = None;
        self.cut(start, self.text.len(), width, blanks, previous)
    }

    /// The last row of a line: without the blanks at its end when they do not fit.
    fn cut(
        &self,
        start: usize,
        end: usize,
        width: usize,
        blanks: Option<usize>,
        previous: Option<&str>,
    ) -> Range<usize> {
        if width <= self.limit {
            start..end
        } else if previous.is_none() {
            start..start
        } else {
            start..blanks.unwrap_or(end)
        }
    }
}

impl Iterator for Rows<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.at?;
        let row = if self.words {
            self.broken(start)
        } else {
            self.chopped(start)
        };
        self.limit = self.rest;
        Some(row)
    }
}

fn is_line_end(symbol: &str) -> bool {
    matches!(symbol, "\n" | "\r\n")
}

fn is_blank(symbol: &str) -> bool {
    matches!(symbol, " " | "\t" | "\u{3000}")
}

/// Whether a row may end between two characters that no blank parts: beside a wide one, unless that would leave closing
/// punctuation at a row's start or opening punctuation at a row's end.
fn may_part(before: &str, after: &str, cells: usize) -> bool {
    if cells == 0 || (before.len() == 1 && after.len() == 1) {
        return false;
    }
    (cells::is_full(after, cells) || cells::is_full(before, cells::of_symbol(before)))
        && !after.starts_with(CLOSING)
        && !before.starts_with(OPENING)
}

const CLOSING: &[char] = &[
    '、', '。', '，', '．', '・', '：', '；', '？', '！', '）', '」', '』', '】', '〉', '》', '〕',
    '］', '｝', '”', '’', '…', 'ー', '々', '％', '～', '〜', '‥', 'ぁ', 'ぃ', 'ぅ', 'ぇ', 'ぉ',
    'っ', 'ゃ', 'ゅ', 'ょ', 'ァ', 'ィ', 'ゥ', 'ェ', 'ォ', 'ッ', 'ャ', 'ュ', 'ョ', '.', ',', ':',
    ';', '?', '!', ')', ']', '}', '%', '"', '\'', '`',
];

const OPENING: &[char] = &[
    '（', '「', '『', '【', '〈', '《', '〔', '［', '｛', '“', '‘', '(', '[', '{', '`', '$', '￥',
    '＄', '#', '@',
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::terminal::width;
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    fn rows(text: &str, first: usize, rest: usize) -> Vec<&str> {
        words(text, first, rest).map(|row| &text[row]).collect()
    }

    #[test]
    fn rows_follow_the_width_that_the_terminal_gives() {
        // Greek and Cyrillic letters in two columns each: words stay whole all the same.
        let cases: [(&str, usize, &[&str]); 5] = [
            ("αβγ δε", 7, &["αβγ", "δε"]),
            ("αβγ δε", 11, &["αβγ δε"]),
            ("жуки", 4, &["жу", "ки"]),
            ("a→b c", 4, &["a→b", "c"]),
            ("汉αβ", 4, &["汉", "αβ"]),
        ];
        for (text, width, expected) in cases {
            width::in_wide(|| assert_eq!(rows(text, width, width), expected, "{text:?}"));
        }
        let chopped: Vec<_> = width::in_wide(|| chop("αβγδ", 5).collect());
        assert_eq!(chopped, [0..4, 4..8]);
    }

    #[test]
    fn rows_end_where_a_reader_expects() {
        let cases: [(&str, usize, usize, &[&str]); 23] = [
            ("", 5, 5, &[""]),
            ("one two", 7, 7, &["one two"]),
            ("one two", 6, 6, &["one", "two"]),
            ("one  two ", 5, 5, &["one", "two "]),
            ("one two three", 3, 7, &["one", "two", "three"]),
            ("a one two", 3, 9, &["a", "one two"]),
            ("abcdefgh", 3, 3, &["abc", "def", "gh"]),
            ("a abcdefgh", 4, 4, &["a", "abcd", "efgh"]),
            ("a\n\nb\n", 4, 4, &["a", "", "b", ""]),
            ("  in dented", 6, 6, &["  in", "dented"]),
            ("          far", 4, 4, &["far"]),
            ("      ", 4, 4, &[""]),
            ("ab    ", 4, 4, &["ab"]),
            ("汉字汉字", 5, 5, &["汉字", "汉字"]),
            ("汉字。汉", 4, 4, &["汉", "字。", "汉"]),
            ("重试「汉字」", 6, 6, &["重试", "「汉", "字」"]),
            ("use 重试 retry now", 9, 9, &["use 重试", "retry now"]),
            ("重试retry重试", 6, 6, &["重试", "retry", "重试"]),
            ("汉", 1, 1, &["汉"]),
            (JOINED, 2, 2, &[JOINED]),
            ("汉字", 1, 1, &["汉", "字"]),
            ("abc", 0, 0, &["a", "b", "c"]),
            (
                "e\u{301}e\u{301}e\u{301}",
                2,
                2,
                &["e\u{301}e\u{301}", "e\u{301}"],
            ),
        ];
        for (text, first, rest, expected) in cases {
            assert_eq!(
                rows(text, first, rest),
                expected,
                "{text:?} at {first}, {rest}"
            );
        }
    }

    #[test]
    fn chopping_keeps_every_blank() {
        let text = "  ab  cd\n汉字x";
        let rows: Vec<&str> = chop(text, 3).map(|row| &text[row]).collect();
        assert_eq!(rows, ["  a", "b  ", "cd", "汉", "字x"]);
    }

    #[test]
    fn a_line_without_end_costs_only_what_is_asked_for() {
        let text = "x".repeat(1 << 20);
        assert_eq!(words(&text, 80, 80).take(3).last(), Some(160..240));
        assert_eq!(chop(&text, 80).take(3).last(), Some(160..240));
    }

    /// One character of four cells, as it is counted.
    const JOINED: &str = "👩\u{301}\u{200d}👩";

    fn prose() -> impl Strategy<Value = String> {
        proptest::string::string_regex(
            "([a-z]{1,12}|[ ]{1,4}|[一-龠。、「」]{1,6}|[👩🇩\u{301}\u{200d}é]|\n|[!-/]){0,40}",
        )
        .unwrap_or_else(|_| unreachable!())
    }

    proptest! {
        #[test]
        fn no_row_is_too_wide_and_no_character_is_lost(text in prose(), first in 2usize..24, rest in 2usize..24) {
            for by_words in [true, false] {
                let ranges: Vec<Range<usize>> = if by_words {
                    words(&text, first, rest).collect()
                } else {
                    chop(&text, first).collect()
                };
                let mut end = 0;
                for (index, range) in ranges.iter().enumerate() {
                    let limit = if index == 0 || !by_words { first } else { rest };
                    prop_assert!(range.start >= end);
                    let lost = &text[end..range.start];
                    prop_assert!(lost.chars().all(|c| c == ' ' || c == '\n'), "lost {lost:?}");
                    let row = &text[range.clone()];
                    prop_assert!(cells::of(row) <= limit || cells::symbols(row).count() == 1);
                    end = range.end;
                }
                prop_assert!(text[end..].chars().all(|c| c == ' ' || c == '\n'));
            }
        }
    }
}
