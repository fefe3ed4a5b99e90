//! What operators and the other changing commands do.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::tui::app::lines::{Class, class};
use crate::tui::app::text::Text;
use crate::tui::app::vim::edit::{join, replace, toggled};
use crate::tui::app::vim::motion::{Kind, Motion, first_word, kind_of, next_line, reach};
use crate::tui::app::vim::parse::{Command, Operator, Place, Side, Target, What};
use crate::tui::app::vim::{Shape, Vim};

/// A part of the text, of characters or of whole lines (then without the last line feed).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub range: Range<usize>,
    pub lines: bool,
}

impl Span {
    pub fn characters(range: Range<usize>) -> Self {
        let lines = false;
        Self { range, lines }
    }

    pub fn lines(range: Range<usize>) -> Self {
        let lines = true;
        Self { range, lines }
    }
}

/// What came of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Nothing,
    Copied,
    Changed,
    Inserting,
}

/// What is selected from an anchor to the cursor.
pub fn visual(text: &Text, anchor: usize, shape: Shape) -> Span {
    let at = text.cursor();
    // What changed the text under it may have left it within a character.
    let anchor = text.as_str().floor_char_boundary(anchor);
    let (low, high) = (anchor.min(at), anchor.max(at));
    match shape {
        Shape::Characters => Span::characters(low..text.after(high)),
        Shape::Lines => Span::lines(text.line_from(low)..text.line_to(high)),
    }
}

/// How many characters or lines a span reaches over.
pub fn size(text: &Text, shape: Shape, span: &Span) -> usize {
    let part = &text.as_str()[span.range.clone()];
    match shape {
        Shape::Characters => part.graphemes(true).count(),
        Shape::Lines => part.matches('\n').count() + 1,
    }
}

/// As much from the cursor on.
pub fn over(text: &Text, shape: Shape, many: usize) -> Span {
    let at = text.cursor();
    match shape {
        Shape::Characters => {
            let end = (0..many).fold(at, |end, _| text.after(end));
            Span::characters(at..end)
        }
        Shape::Lines => {
            let last = (1..many).fold(at, |line, _| next_line(text, line).unwrap_or(line));
            Span::lines(text.line_from(at)..text.line_to(last))
        }
    }
}

impl Vim {
    /// Carries out what changes the text. `selected`: of VISUAL, and of its repetition.
    pub(crate) fn operate(
        &mut self,
        text: &mut Text,
        command: &Command,
        selected: Option<Span>,
    ) -> Done {
        let count = command.count.unwrap_or(1);
        match &command.what {
            What::Operate(operator, target) => {
                let at = text.cursor();
                let span = match (target, selected) {
                    (Target::Selected, span) => span,
                    (Target::SelectedLines, span) => span.map(|span| {
                        let range = span.range;
                        let end = text.before(range.end).max(range.start);
                        Span::lines(text.line_from(range.start)..text.line_to(end))
                    }),
                    (Target::Object(object), _) => object.span(text, text.cursor(), count),
                    // From the last line there are no further ones to take.
                    (Target::Lines, _) => (count == 1 || next_line(text, at).is_some())
                        .then(|| over(text, Shape::Lines, count)),
                    (Target::Motion(motion), _) => self.passed(text, *motion, command, *operator),
                };
                match span {
                    Some(span) => {
                        let done = self.apply(text, *operator, &span);
                        // Whole lines change their case around the cursor.
                        let cases = matches!(
                            operator,
                            Operator::Upper | Operator::Lower | Operator::Toggle
                        );
                        let moved = matches!(target, Target::Motion(_));
                        let selected = matches!(target, Target::Selected | Target::SelectedLines);
                        if *operator == Operator::Copy && selected {
                            text.go(span.range.start);
                        }
                        if cases && moved && span.lines && text.line_from(at) == span.range.start {
                            text.go(at);
                        }
                        done
                    }
                    // Nothing to change is still a place to type at.
                    None if *operator == Operator::Change
                        && matches!(target, Target::Motion(Motion::Right | Motion::LineEnd)) =>
                    {
                        Done::Inserting
                    }
                    None => Done::Nothing,
                }
            }
            What::Insert(place) => {
                let at = text.cursor();
                text.go(match place {
                    Place::After if at < text.line_to(at) => text.after(at),
                    Place::Here | Place::After => at,
                    Place::LineStart => {
                        let line = text.line_from(at)..text.line_to(at);
                        let blank = text.as_str()[line.clone()].trim().is_empty();
                        if blank {
                            line.end
                        } else {
                            first_word(text, at)
                        }
                    }
                    Place::LineEnd => text.line_to(at),
                });
                Done::Inserting
            }
            What::Open(side) => {
                let at = text.cursor();
                match side {
                    Side::After => {
                        text.go(text.line_to(at));
                        text.insert("\n");
                    }
                    Side::Before => {
                        let start = text.line_from(at);
                        text.go(start);
                        text.insert("\n");
                        text.go(start);
                    }
                }
                Done::Inserting
            }
            What::Put(side) => self.put(text, *side, count, selected),
            What::Replace(c) => replace(text, *c, count, selected),
            What::Toggle => {
                let at = text.cursor();
                let end = (0..count).fold(at, |end, _| {
                    if end < text.line_to(at) {
                        text.after(end)
                    } else {
                        end
                    }
                });
                if end == at {
                    return Done::Nothing;
                }
                let toggled = toggled(&text.as_str()[at..end]);
                let after = at + toggled.len();
                text.replace_range(at..end, &toggled);
                text.go(after);
                Done::Changed
            }
            What::Join => {
                let times = match &selected {
                    Some(span) => {
                        text.go(span.range.start);
                        let part = &text.as_str()[span.range.clone()];
                        part.trim_end_matches('\n').matches('\n').count().max(1)
                    }
                    None => count.max(2) - 1,
                };
                let joined = (0..times).filter(|_| join(text)).count();
                if joined == 0 {
                    Done::Nothing
                } else {
                    Done::Changed
                }
            }
            What::Move(_)
            | What::Undo
            | What::Repeat
            | What::Visual(_)
            | What::OtherEnd
            | What::Select(_) => Done::Nothing,
        }
    }

    /// What an operator takes of the way of a motion.
    fn passed(
        &mut self,
        text: &Text,
        motion: Motion,
        command: &Command,
        operator: Operator,
    ) -> Option<Span> {
        let from = text.cursor();
        let len = text.as_str().len();
        let empty = text.line_from(from) == text.line_to(from);
        // `cw` on a word leaves the blanks behind it.
        let on_word = from < len && class(seen_at(text, from)) != Class::Blank;
        if let (Operator::Change, Motion::Word { big }, true) = (operator, motion, on_word) {
            let to = self.word_end(text, from, big, command.count.unwrap_or(1));
            return Some(Span::characters(from..to));
        }
        if motion == Motion::LineEnd && empty {
            return None;
        }
        let kind = match (motion, self.find) {
            (Motion::Again, Some(find)) if !find.back => Kind::Inclusive,
            (Motion::AgainBack, Some(find)) if find.back => Kind::Inclusive,
            _ => motion.kind(),
        };
        if let (Operator::Change, Motion::Word { .. }, true) = (operator, motion, empty) {
            return Some(Span::characters(from..from));
        }
        let to = reach(text, from, &motion, command.count, &mut self.find);
        // The last character is the end of its word, and is taken by it.
        let at_end = matches!(motion, Motion::End { .. }) && from < len;
        let to = to.or(at_end.then_some(from))?;
        let (low, high) = (from.min(to), from.max(to));
        Some(match kind {
            Kind::Lines => Span::lines(text.line_from(low)..text.line_to(high)),
            Kind::Inclusive => Span::characters(low..text.after(high)),
            Kind::Exclusive => exclusive(text, low, high, motion),
        })
    }

    /// Behind the last character of so many words from here.
    fn word_end(&mut self, text: &Text, from: usize, big: bool, count: usize) -> usize {
        let mut to = from;
        let here = kind_of(text, from, big);
        let len = text.as_str().len();
        while to < len && kind_of(text, to, big) == here {
            to = text.after(to);
        }
        if count > 1 {
            let last = text.before(to);
            let more = reach(
                text,
                last,
                &Motion::End { big },
                Some(count - 1),
                &mut self.find,
            );
            to = more.map_or(to, |end| text.after(end));
        }
        to
    }

    fn apply(&mut self, text: &mut Text, operator: Operator, span: &Span) -> Done {
        let range = span.range.clone();
        let part = text.as_str()[range.clone()].to_owned();
        match operator {
            Operator::Copy => {
                self.keep(text, part, span.lines);
                if !span.lines {
                    text.go(range.start);
                } else if text.line_from(text.cursor()) > range.start {
                    // Upwards: the same column there.
                    let column = text.cursor() - text.line_from(text.cursor());
                    text.go((range.start + column).min(text.line_to(range.start)));
                }
                Done::Copied
            }
            Operator::Delete if span.lines => {
                self.keep(text, part, true);
                remove_lines(text, range);
                Done::Changed
            }
            Operator::Delete => {
                if range.is_empty() {
                    return Done::Nothing;
                }
                self.keep(text, part, false);
                // Undoing leads to where the change begins.
                text.go(range.start);
                text.replace_range(range, "");
                Done::Changed
            }
            Operator::Change => {
                self.keep(text, part, span.lines);
                text.go(range.start);
                text.replace_range(range, "");
                Done::Inserting
            }
            Operator::Upper | Operator::Lower | Operator::Toggle => {
                let changed = match operator {
                    Operator::Upper => part.to_uppercase(),
                    Operator::Lower => part.to_lowercase(),
                    _ => toggled(&part),
                };
                text.go(range.start);
                text.replace_range(range.clone(), &changed);
                text.go(range.start);
                Done::Changed
            }
        }
    }

    pub(crate) fn keep(&mut self, text: &mut Text, mut part: String, lines: bool) {
        if part.is_empty() && !lines {
            return;
        }
        if lines {
            part.push('\n');
        }
        self.lines = lines;
        text.keep(part);
    }
}

fn seen_at(text: &Text, at: usize) -> &str {
    &text.as_str()[at..text.after(at)]
}

/// The rules of vi for a motion that stops before its end: one that ends at the start of a line ends with the line before.
fn exclusive(text: &Text, low: usize, high: usize, motion: Motion) -> Span {
    let words = matches!(motion, Motion::Word { .. });
    let ends_line = high > low && text.line_from(high) == high && text.line_from(low) != high;
    if words {
        // The last word of a line does not take the line feed along.
        let mut end = high;
        let passed = &text.as_str()[low..high];
        let trimmed = passed.trim_end();
        if let Some(feed) = passed[trimmed.len()..].find('\n')
            && !trimmed.is_empty()
        {
            end = low + trimmed.len() + feed;
        } else if trimmed.is_empty() && passed.contains('\n') {
            end = text.line_to(low);
            if end == low {
                end = high;
            }
        }
        return Span::characters(low..end);
    }
    if ends_line {
        let end = high - 1;
        let lead = &text.as_str()[text.line_from(low)..low];
        if lead.trim().is_empty() {
            return Span::lines(text.line_from(low)..end);
        }
        return Span::characters(low..end.max(low));
    }
    Span::characters(low..high)
}

/// Takes whole lines out; the cursor goes to the line that follows, else to the one before.
fn remove_lines(text: &mut Text, range: Range<usize>) {
    let len = text.as_str().len();
    let (from, to) = if range.end < len {
        (range.start, range.end + 1)
    } else {
        (range.start.saturating_sub(1), range.end)
    };
    text.go(range.start);
    text.replace_range(from..to, "");
    let at = if range.end < len {
        from
    } else {
        text.line_from(from)
    };
    text.go(first_word(text, at.min(text.as_str().len())));
}
