//! Where motions lead.

use crate::tui::app::lines::{Class, class};
use crate::tui::app::text::Text;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    Left,
    Right,
    Up,
    Down,
    Word { big: bool },
    Back { big: bool },
    End { big: bool },
    EndBack,
    LineStart,
    FirstWord,
    LineEnd,
    First,
    Last,
    Find(Find),
    Again,
    AgainBack,
    Match,
    ParagraphBefore,
    ParagraphAfter,
}

/// A character that is sought in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Find {
    pub c: char,
    pub back: bool,
    /// To the character before it, as seen from the cursor.
    pub before: bool,
}

/// How an operator takes what a motion passes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Exclusive,
    Inclusive,
    Lines,
}

impl Motion {
    pub fn kind(self) -> Kind {
        match self {
            Self::Up | Self::Down | Self::First | Self::Last => Kind::Lines,
            Self::End { .. } | Self::EndBack | Self::LineEnd | Self::Match => Kind::Inclusive,
            Self::Find(find) if !find.back => Kind::Inclusive,
            _ => Kind::Exclusive,
        }
    }
}

/// Where a motion leads from an offset; `None`: nowhere. `;` and `,` look at what was last sought.
pub fn reach(
    text: &Text,
    from: usize,
    motion: &Motion,
    count: Option<usize>,
    sought: &mut Option<Find>,
) -> Option<usize> {
    let times = count.unwrap_or(1);
    match *motion {
        Motion::Left => {
            let start = text.line_from(from);
            let to = repeated(times, from, |at| (at > start).then(|| text.before(at)));
            (to < from).then_some(to)
        }
        Motion::Right => {
            let end = text.line_to(from);
            let to = repeated(times, from, |at| (at < end).then(|| text.after(at)));
            (to > from).then_some(to)
        }
        Motion::Down => {
            let to = repeated(times, from, |at| next_line(text, at));
            (to > from).then_some(to)
        }
        Motion::Up => {
            let to = repeated(times, from, |at| line_before(text, at));
            (to < text.line_from(from)).then_some(to)
        }
        Motion::Word { big } => {
            let to = repeated(times, from, |at| word(text, at, big));
            (to > from).then_some(to)
        }
        Motion::Back { big } => {
            let to = repeated(times, from, |at| back(text, at, big));
            (to < from).then_some(to)
        }
        Motion::End { big } => {
            let to = repeated(times, from, |at| end(text, at, big));
            (to > from).then_some(to)
        }
        Motion::EndBack => {
            let to = repeated(times, from, |at| end_back(text, at));
            (to < from).then_some(to)
        }
        Motion::LineStart => Some(text.line_from(from)),
        Motion::FirstWord => Some(first_word(text, from)),
        Motion::LineEnd => {
            let line = repeated(times - 1, from, |at| next_line(text, at));
            let (start, end) = (text.line_from(line), text.line_to(line));
            Some(if start < end { text.before(end) } else { end })
        }
        Motion::First => Some(nth_line(text, times)),
        Motion::Last => Some(match count {
            Some(number) => nth_line(text, number),
            None => first_word(text, text.as_str().len()),
        }),
        Motion::Find(find) => {
            *sought = Some(find);
            seek(text, from, find, times, false)
        }
        Motion::Again => seek(text, from, (*sought)?, times, true),
        Motion::AgainBack => {
            let find = (*sought)?;
            let back = !find.back;
            seek(text, from, Find { back, ..find }, times, true)
        }
        Motion::Match => partner(text, from),
        Motion::ParagraphBefore => {
            let to = repeated(times, from, |at| paragraph_before(text, at));
            (to < from).then_some(to)
        }
        Motion::ParagraphAfter => {
            let to = repeated(times, from, |at| paragraph_after(text, at));
            (to > from).then_some(to)
        }
    }
}

/// Goes on as often as wished for, or as it can.
fn repeated(times: usize, from: usize, step: impl Fn(usize) -> Option<usize>) -> usize {
    let mut at = from;
    for _ in 0..times {
        match step(at) {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}

/// The character at an offset, as seen.
pub fn seen(text: &Text, at: usize) -> &str {
    &text.as_str()[at..text.after(at)]
}

pub fn kind_of(text: &Text, at: usize, big: bool) -> Class {
    match class(seen(text, at)) {
        Class::Blank => Class::Blank,
        _ if big => Class::Word,
        class => class,
    }
}

/// The start of the next line.
pub fn next_line(text: &Text, at: usize) -> Option<usize> {
    let end = text.line_to(at);
    (end < text.as_str().len()).then_some(end + 1)
}

/// The start of the line before.
pub fn line_before(text: &Text, at: usize) -> Option<usize> {
    let start = text.line_from(at);
    let end = start.checked_sub(1)?;
    Some(text.line_from(end))
}

/// The first character of the line that is no blank; in a line of blanks the last.
pub fn first_word(text: &Text, at: usize) -> usize {
    let (start, end) = (text.line_from(at), text.line_to(at));
    let line = &text.as_str()[start..end];
    match line.find(|c: char| !c.is_whitespace()) {
        Some(offset) => start + offset,
        None if line.is_empty() => start,
        None => text.before(end),
    }
}

fn nth_line(text: &Text, number: usize) -> usize {
    let start = repeated(number.saturating_sub(1), 0, |at| next_line(text, at));
    first_word(text, start)
}

pub fn is_empty_line(text: &Text, at: usize) -> bool {
    text.line_from(at) == text.line_to(at)
}

fn word(text: &Text, from: usize, big: bool) -> Option<usize> {
    let len = text.as_str().len();
    if from == len {
        return None;
    }
    let mut at = from;
    let here = kind_of(text, at, big);
    if here != Class::Blank {
        while at < len && kind_of(text, at, big) == here {
            at = text.after(at);
        }
    }
    while at < len && kind_of(text, at, big) == Class::Blank {
        // An empty line counts as a word.
        if at != from && is_empty_line(text, at) {
            return Some(at);
        }
        at = text.after(at);
    }
    Some(at)
}

fn back(text: &Text, from: usize, big: bool) -> Option<usize> {
    if from == 0 {
        return None;
    }
    let mut at = text.before(from);
    while at > 0 && kind_of(text, at, big) == Class::Blank {
        if is_empty_line(text, at) {
            return Some(at);
        }
        at = text.before(at);
    }
    let here = kind_of(text, at, big);
    while at > 0 && kind_of(text, text.before(at), big) == here {
        at = text.before(at);
    }
    Some(at)
}

fn end(text: &Text, from: usize, big: bool) -> Option<usize> {
    let len = text.as_str().len();
    let mut at = text.after(from);
    while at < len && kind_of(text, at, big) == Class::Blank {
        at = text.after(at);
    }
    if at >= len {
        let last = text.before(len);
        return (last > from).then_some(last);
    }
    let here = kind_of(text, at, big);
    loop {
        let next = text.after(at);
        if next >= len || kind_of(text, next, big) != here {
            return Some(at);
        }
        at = next;
    }
}

fn end_back(text: &Text, from: usize) -> Option<usize> {
    if from == 0 {
        return None;
    }
    let mut at = from;
    if at < text.as_str().len() {
        let here = kind_of(text, at, false);
        while here != Class::Blank && at > 0 && kind_of(text, at, false) == here {
            at = text.before(at);
        }
    } else {
        at = text.before(at);
    }
    while at > 0 && kind_of(text, at, false) == Class::Blank && !is_empty_line(text, at) {
        at = text.before(at);
    }
    Some(at)
}

fn seek(text: &Text, from: usize, find: Find, times: usize, again: bool) -> Option<usize> {
    let (start, stop) = (text.line_from(from), text.line_to(from));
    let is = |at: usize| seen(text, at).starts_with(find.c);
    let mut at = from;
    for time in 0..times {
        // What stands right beside was found before.
        let beside = find.before && again && time == 0;
        if find.back {
            let mut first = true;
            loop {
                if at <= start {
                    return None;
                }
                at = text.before(at);
                if is(at) && !(beside && first) {
                    break;
                }
                first = false;
            }
        } else {
            let mut first = true;
            loop {
                at = text.after(at);
                if at >= stop {
                    return None;
                }
                if is(at) && !(beside && first) {
                    break;
                }
                first = false;
            }
        }
    }
    Some(match (find.before, find.back) {
        (false, _) => at,
        (true, false) => text.before(at),
        (true, true) => text.after(at),
    })
}

const PAIRS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('{', '}')];

/// The partner of the first bracket at or after the cursor in its line.
fn partner(text: &Text, from: usize) -> Option<usize> {
    let content = text.as_str();
    let line = &content[from..text.line_to(from)];
    let (offset, c) = line
        .char_indices()
        .find(|(_, c)| PAIRS.iter().any(|(open, close)| c == open || c == close))?;
    let at = from + offset;
    let (open, close) = PAIRS
        .into_iter()
        .find(|(open, close)| c == *open || c == *close)?;
    if c == open {
        closing(content, at + c.len_utf8(), open, close)
    } else {
        opening(content, at, open, close)
    }
}

/// The closing bracket of what is open at an offset.
pub fn closing(content: &str, from: usize, open: char, close: char) -> Option<usize> {
    let mut depth = 0_usize;
    for (offset, c) in content[from..].char_indices() {
        if c == close {
            if depth == 0 {
                return Some(from + offset);
            }
            depth -= 1;
        } else if c == open {
            depth += 1;
        }
    }
    None
}

/// The opening bracket of what is open before an offset.
pub fn opening(content: &str, to: usize, open: char, close: char) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in content[..to].char_indices().rev() {
        if c == open {
            if depth == 0 {
                return Some(at);
            }
            depth -= 1;
        } else if c == close {
            depth += 1;
        }
    }
    None
}

fn paragraph_after(text: &Text, from: usize) -> Option<usize> {
    let len = text.as_str().len();
    let mut at = text.line_from(from);
    let mut inside = false;
    loop {
        if is_empty_line(text, at) {
            if inside {
                return Some(at);
            }
        } else {
            inside = true;
        }
        match next_line(text, at) {
            Some(next) => at = next,
            None => return (from < len).then_some(len),
        }
    }
}

fn paragraph_before(text: &Text, from: usize) -> Option<usize> {
    let mut at = text.line_from(from);
    let mut inside = !is_empty_line(text, at);
    loop {
        match line_before(text, at) {
            Some(before) => at = before,
            None => return (from > 0).then_some(0),
        }
        if is_empty_line(text, at) {
            if inside {
                return Some(at);
            }
        } else {
            inside = true;
        }
    }
}
