//! Moves within a text, character by character as seen.

use crate::tui::app::logical::line_at;
use crate::tui::widget::cells;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    Left,
    Right,
    Word,
    WordBefore,
    WordEnd,
    LineStart,
    LineEnd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Blank,
    Word,
    /// Punctuation.
    Sign,
    /// A wide character: words of them are not told apart.
    Wide,
}

fn kind(symbol: &str) -> Kind {
    let first = symbol.chars().next().unwrap_or(' ');
    if first.is_whitespace() {
        Kind::Blank
    } else if first.is_alphanumeric() && cells::is_full(symbol, cells::of_symbol(symbol)) {
        Kind::Wide
    } else if first.is_alphanumeric() || first == '_' {
        Kind::Word
    } else {
        Kind::Sign
    }
}

/// Where a move leads from a place of the text.
pub fn moved(text: &str, at: usize, step: Motion) -> usize {
    let at = text.floor_char_boundary(at.min(text.len()));
    let line = line_at(text, at);
    match step {
        Motion::Left => before(&text[line.start..at]).map_or(at, |(start, _)| line.start + start),
        Motion::Right => {
            let mut symbols = cells::symbols(&text[at..line.end]);
            symbols.next();
            symbols.next().map_or(at, |(start, ..)| at + start)
        }
        Motion::LineStart => line.start,
        Motion::LineEnd => {
            before(&text[line.clone()]).map_or(line.start, |(start, _)| line.start + start)
        }
        Motion::Word => word(text, at),
        Motion::WordBefore => word_before(text, at),
        Motion::WordEnd => word_end(text, at),
    }
}

/// The word at a place; a sign alone is one.
pub fn word_at(text: &str, at: usize) -> std::ops::Range<usize> {
    let at = text.floor_char_boundary(at.min(text.len()));
    let line = line_at(text, at);
    let own = text[at..]
        .chars()
        .next()
        .map_or(Kind::Blank, |c| kind(c.encode_utf8(&mut [0; 4])));
    let same = |symbol: &str| own != Kind::Sign && kind(symbol) == own;
    let mut start = at;
    while let Some((begin, symbol)) = before(&text[line.start..start])
        && same(symbol)
    {
        start = line.start + begin;
    }
    let mut end = at;
    for (begin, symbol, _) in cells::symbols(&text[at..line.end]) {
        if begin > 0 && !same(symbol) {
            break;
        }
        end = at + begin + symbol.len();
    }
    start..end
}

/// The last character of a text, and where it begins.
fn before(text: &str) -> Option<(usize, &str)> {
    // A character as seen is seldom longer than this; a longer one is left byte by byte, and none is skipped.
    let from = text.ceil_char_boundary(text.len().saturating_sub(128));
    let last = cells::symbols(&text[from..]).last()?;
    Some((from + last.0, last.1))
}

fn word(text: &str, at: usize) -> usize {
    let mut symbols = cells::symbols(&text[at..]).peekable();
    let Some((_, first, _)) = symbols.next() else {
        return at;
    };
    let own = kind(first);
    let mut last = at;
    let mut passed = own == Kind::Blank;
    for (start, symbol, _) in symbols {
        let now = kind(symbol);
        passed |= now != own;
        if passed && now != Kind::Blank {
            return at + start;
        }
        last = at + start;
    }
    last
}

fn word_end(text: &str, at: usize) -> usize {
    let mut symbols = cells::symbols(&text[at..]);
    // From where one stands, be it an end already.
    symbols.next();
    let mut last: Option<(usize, Kind)> = None;
    for (start, symbol, _) in symbols {
        let now = kind(symbol);
        match last {
            None if now == Kind::Blank => {}
            Some((_, own)) if now != own => break,
            _ => last = Some((at + start, now)),
        }
    }
    last.map_or(at, |(start, _)| start)
}

fn word_before(text: &str, at: usize) -> usize {
    let mut start: Option<(usize, Kind)> = None;
    let mut end = at;
    while let Some((begin, symbol)) = before(&text[..end]) {
        let now = kind(symbol);
        match start {
            None if now == Kind::Blank => {}
            Some((_, own)) if now != own => break,
            _ => start = Some((begin, now)),
        }
        end = begin;
    }
    start.map_or(0, |(start, _)| start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_lead_where_fingers_expect() {
        let text = "one two.x\n汉字 e\u{301}nd\n";
        let all: &[(Motion, usize, usize)] = &[
            (Motion::Right, 0, 1),
            (Motion::Right, 8, 8),
            (Motion::Left, 0, 0),
            (Motion::Left, 10, 10),
            (Motion::Left, 13, 10),
            (Motion::Right, 17, 20),
            (Motion::LineStart, 5, 0),
            (Motion::LineEnd, 5, 8),
            (Motion::LineEnd, 10, 21),
            (Motion::Word, 0, 4),
            (Motion::Word, 4, 7),
            (Motion::Word, 8, 10),
            (Motion::Word, 10, 17),
            (Motion::WordEnd, 0, 2),
            (Motion::WordEnd, 2, 6),
            (Motion::WordEnd, 6, 7),
            (Motion::WordEnd, 8, 13),
            (Motion::WordEnd, 13, 21),
            (Motion::WordEnd, 21, 21),
            (Motion::WordBefore, 10, 8),
            (Motion::WordBefore, 6, 4),
            (Motion::WordBefore, 0, 0),
        ];
        for (step, at, expected) in all {
            assert_eq!(moved(text, *at, *step), *expected, "{step:?} {at}");
        }
        assert_eq!(moved("", 5, Motion::Word), 0);
    }

    #[test]
    fn the_word_under_the_pointer() {
        let text = "let my_name = 汉字;\nx";
        for (at, expected) in [
            (5, "my_name"),
            (11, " "),
            (12, "="),
            (14, "汉字"),
            (20, ";"),
        ] {
            assert_eq!(&text[word_at(text, at)], expected, "{at}");
        }
        // Within a character it is that one; beyond the end there is none.
        assert_eq!(&text[word_at(text, 15)], "汉字");
        assert_eq!(word_at(text, 99), 23..23);
    }
}
