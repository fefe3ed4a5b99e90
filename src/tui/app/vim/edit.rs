//! Changes that are no operators: putting back, replacing, joining lines, exchanging case.

use unicode_segmentation::UnicodeSegmentation;

use crate::tui::app::chip::LONGEST_TEXT;
use crate::tui::app::text::Text;
use crate::tui::app::vim::Vim;
use crate::tui::app::vim::motion::first_word;
use crate::tui::app::vim::operate::{Done, Span};
use crate::tui::app::vim::parse::Side;

impl Vim {
    /// Puts back what was cut or copied last, in place of what is selected where something is.
    pub(crate) fn put(
        &mut self,
        text: &mut Text,
        side: Side,
        count: usize,
        selected: Option<Span>,
    ) -> Done {
        let kept = text.kept().to_owned();
        if kept.is_empty() {
            return Done::Nothing;
        }
        let lines = self.lines && kept.ends_with('\n');
        // Never more than a text may have that is edited in place.
        let body = kept.repeat(count.min((LONGEST_TEXT / kept.len()).max(1)));
        if let Some(span) = selected {
            let range = span.range.clone();
            let replaced = text.as_str()[range.clone()].to_owned();
            let characters = !lines && !span.lines;
            let body = match (lines, span.lines) {
                (true, true) => body.trim_end_matches('\n').to_owned(),
                (true, false) => format!("\n{body}"),
                (false, _) => body,
            };
            text.go(range.start);
            text.replace_range(range.clone(), &body);
            text.go(if characters && !body.contains('\n') {
                text.before(range.start + body.len()).max(range.start)
            } else {
                range.start
            });
            self.keep(text, replaced, span.lines);
            return Done::Changed;
        }
        let at = text.cursor();
        if lines {
            let body = body.trim_end_matches('\n');
            match side {
                Side::After => {
                    let end = text.line_to(at);
                    text.go(end);
                    text.insert(&format!("\n{body}"));
                    text.go(first_word(text, end + 1));
                }
                Side::Before => {
                    let start = text.line_from(at);
                    text.go(start);
                    text.insert(&format!("{body}\n"));
                    text.go(first_word(text, start));
                }
            }
            return Done::Changed;
        }
        let to = match side {
            Side::After if at < text.line_to(at) => text.after(at),
            _ => at,
        };
        text.go(to);
        text.insert(&body);
        text.go(if body.contains('\n') {
            to
        } else {
            text.before(text.cursor())
        });
        Done::Changed
    }
}

/// Replaces characters, each by this one.
pub fn replace(text: &mut Text, c: char, count: usize, selected: Option<Span>) -> Done {
    let at = text.cursor();
    let range = if let Some(span) = selected {
        span.range
    } else {
        let stop = text.line_to(at);
        let mut end = at;
        for _ in 0..count {
            if end >= stop {
                return Done::Nothing;
            }
            end = text.after(end);
        }
        at..end
    };
    let start = range.start;
    let replaced: String = text.as_str()[range.clone()]
        .graphemes(true)
        .map(|seen| if seen == "\n" { '\n' } else { c })
        .collect();
    let single = replaced.chars().count() == count;
    let last = start + replaced.len() - c.len_utf8().min(replaced.len());
    text.replace_range(range, &replaced);
    text.go(if single { last } else { start });
    Done::Changed
}

/// Takes the next line up behind this one, with one blank between.
pub fn join(text: &mut Text) -> bool {
    let end = text.line_to(text.cursor());
    if end >= text.as_str().len() {
        return false;
    }
    let rest = &text.as_str()[end + 1..];
    let lead = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let next = &rest[lead..];
    let line = &text.as_str()[text.line_from(end)..end];
    let none = line.is_empty()
        || line.ends_with([' ', '\t'])
        || next.is_empty()
        || next.starts_with([')', '\n']);
    let blank = if none { "" } else { " " };
    text.replace_range(end..end + 1 + lead, blank);
    text.go(end);
    true
}

pub fn toggled(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_uppercase() {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
    }
    out
}
