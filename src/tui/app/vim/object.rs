//! Text objects: words, quotes, brackets, paragraphs.

use crate::tui::app::lines::Class;
use crate::tui::app::text::Text;
use crate::tui::app::vim::motion::{
    closing, is_empty_line, kind_of, line_before, next_line, opening,
};
use crate::tui::app::vim::operate::Span;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Object {
    /// With what belongs to it: `a` and not `i`.
    pub around: bool,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Word { big: bool },
    Quoted(char),
    Within(char, char),
    Paragraph,
}

impl Object {
    pub fn named(around: bool, c: char) -> Option<Self> {
        let kind = match c {
            'w' | 'W' => Kind::Word { big: c == 'W' },
            '"' | '\'' | '`' => Kind::Quoted(c),
            '(' | ')' | 'b' => Kind::Within('(', ')'),
            '[' | ']' => Kind::Within('[', ']'),
            '{' | '}' | 'B' => Kind::Within('{', '}'),
            '<' | '>' => Kind::Within('<', '>'),
            'p' => Kind::Paragraph,
            _ => return None,
        };
        Some(Self { around, kind })
    }

    /// What it is at an offset; `None` where there is none.
    pub fn span(self, text: &Text, at: usize, count: usize) -> Option<Span> {
        match self.kind {
            Kind::Word { big } => word(text, at, big, self.around, count),
            Kind::Quoted(quote) => quoted(text, at, quote, self.around),
            Kind::Within(open, close) => within(text, at, open, close, self.around, count),
            Kind::Paragraph => paragraph(text, at, self.around, count),
        }
    }
}

fn word(text: &Text, at: usize, big: bool, around: bool, count: usize) -> Option<Span> {
    let line = text.line_from(at)..text.line_to(at);
    if line.is_empty() {
        return None;
    }
    let at = if at == line.end { text.before(at) } else { at };
    let run = |from: usize| {
        let here = kind_of(text, from, big);
        let mut to = from;
        while to < line.end && kind_of(text, to, big) == here {
            to = text.after(to);
        }
        to
    };
    let here = kind_of(text, at, big);
    let mut start = at;
    while start > line.start && kind_of(text, text.before(start), big) == here {
        start = text.before(start);
    }
    let mut end = start;
    let mut blank_after = false;
    for _ in 0..count {
        if end == line.end {
            break;
        }
        blank_after = false;
        let leads = kind_of(text, end, big) == Class::Blank;
        end = run(end);
        if around && end < line.end {
            // Blanks belong to the word before them, or lead the one behind.
            if leads || kind_of(text, end, big) == Class::Blank {
                end = run(end);
                blank_after = true;
            }
        }
    }
    if around && !blank_after && here != Class::Blank {
        while start > line.start && kind_of(text, text.before(start), big) == Class::Blank {
            start = text.before(start);
        }
    }
    Some(Span::characters(start..end))
}

/// The quotes around the cursor in its line, else the next ones behind it.
fn quoted(text: &Text, at: usize, quote: char, around: bool) -> Option<Span> {
    let (start, stop) = (text.line_from(at), text.line_to(at));
    let line = &text.as_str()[start..stop];
    let mut marks = Vec::new();
    let mut escaped = false;
    for (offset, c) in line.char_indices() {
        if c == quote && !escaped {
            marks.push(start + offset);
        }
        escaped = c == '\\' && !escaped;
    }
    let pair = marks
        .chunks_exact(2)
        .find(|pair| at <= pair[1])
        .map(|pair| (pair[0], pair[1]))?;
    let (open, close) = pair;
    if !around {
        return Some(Span::characters(open + 1..close));
    }
    let content = text.as_str();
    let blanks = |text: &str| text.len() - text.trim_start_matches([' ', '\t']).len();
    let after = blanks(&content[close + 1..stop]);
    if after > 0 {
        return Some(Span::characters(open..close + 1 + after));
    }
    let lead = &content[start..open];
    let before = lead.len() - lead.trim_end_matches([' ', '\t']).len();
    Some(Span::characters(open - before..close + 1))
}

fn within(
    text: &Text,
    at: usize,
    open: char,
    close: char,
    around: bool,
    count: usize,
) -> Option<Span> {
    let content = text.as_str();
    let mut start = at;
    // On a bracket itself it is meant.
    let mut from = if content[at..].starts_with(open) {
        at
    } else {
        opening(content, start, open, close)?
    };
    for _ in 1..count {
        start = from;
        from = opening(content, start, open, close)?;
    }
    let to = closing(content, from + open.len_utf8(), open, close)?;
    if around {
        return Some(Span::characters(from..to + close.len_utf8()));
    }
    let mut inner = from + open.len_utf8()..to;
    // Brackets on lines of their own keep them.
    if content[inner.clone()].starts_with('\n') {
        inner.start += 1;
        let last = &content[inner.clone()];
        if let Some(end) = last.rfind('\n')
            && last[end..].trim().is_empty()
        {
            return Some(Span::lines(inner.start..inner.start + end));
        }
    }
    Some(Span::characters(inner))
}

fn paragraph(text: &Text, at: usize, around: bool, count: usize) -> Option<Span> {
    let empty = is_empty_line(text, at);
    let mut start = text.line_from(at);
    while let Some(before) = line_before(text, start) {
        if is_empty_line(text, before) != empty {
            break;
        }
        start = before;
    }
    let mut end = text.line_to(at);
    let run = |end: usize| {
        let mut end = end;
        let kind = is_empty_line(text, end);
        while let Some(next) = next_line(text, end) {
            if is_empty_line(text, next) != kind {
                break;
            }
            end = text.line_to(next);
        }
        end
    };
    end = run(end);
    let more = if around { 2 * count - 1 } else { count - 1 };
    let mut taken = 0;
    for _ in 0..more {
        let Some(next) = next_line(text, end) else {
            break;
        };
        end = run(text.line_to(next));
        taken += 1;
    }
    // Fewer than were asked for are none.
    if count > 1 && taken + 1 < more {
        return None;
    }
    // The last paragraph takes the empty lines before it.
    if around && taken == 0 && !empty {
        while let Some(before) = line_before(text, start) {
            if !is_empty_line(text, before) {
                break;
            }
            start = before;
        }
    }
    Some(Span::lines(start..end))
}
