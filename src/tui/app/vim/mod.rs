//! Keys of vi in a text: INSERT, NORMAL and VISUAL as a machine over a [`Text`]. It knows nothing of screens; what leads out
//! of the text (a row up or down as drawn, the key line's own keys) is given back to who holds it.

pub mod edit;
pub mod motion;
pub mod object;
pub mod operate;
pub mod parse;

use std::ops::Range;

use crate::tui::app::chip::LONGEST_TEXT;
use crate::tui::app::lines::is_chip;
use crate::tui::app::text::Text;
use crate::tui::app::vim::motion::{Find, Motion, reach};
use crate::tui::app::vim::operate::{Span, visual};
use crate::tui::app::vim::parse::{Command, Parsed, Side, What, number, parse};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Insert,
    Normal,
    Visual(Shape),
}

/// What a selection is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Characters,
    Lines,
}

impl Mode {
    /// As the status line names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Normal => "NORMAL",
            Self::Visual(Shape::Characters) => "VISUAL",
            Self::Visual(Shape::Lines) => "V-LINE",
        }
    }
}

/// A key as it concerns this machine; others go by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Press {
    Char(char),
    Esc,
    Redo,
}

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Taken,
    /// It means here what it means without this machine.
    Passed,
    /// The cursor shall go so many drawn rows down, up being negative.
    Vertical(isize),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vim {
    mode: Mode,
    /// What of a command was typed so far.
    pending: String,
    /// Where a selection began.
    anchor: usize,
    /// What was cut or copied last were whole lines.
    lines: bool,
    find: Option<Find>,
    /// What `.` does again.
    change: Option<Change>,
    /// The insertion under way, where a command began it.
    insertion: Option<Insertion>,
}

/// A change with what was typed after it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    command: Command,
    /// Of a selection: how many characters or lines it reached over.
    over: Option<(Shape, usize)>,
    typed: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Insertion {
    from: usize,
    /// Bytes behind it.
    behind: usize,
}

impl Vim {
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// What of a command was typed so far, to be shown.
    pub fn pending(&self) -> &str {
        &self.pending
    }

    /// Typing again, as after a text was put there: what was cut and what `.` does stay.
    pub fn insert(&mut self, text: &mut Text) {
        self.pending.clear();
        self.insertion = None;
        self.mode = Mode::Insert;
        text.end_group();
    }

    /// What a selection takes in.
    pub fn selection(&self, text: &Text) -> Option<Range<usize>> {
        let Mode::Visual(shape) = self.mode else {
            return None;
        };
        Some(visual(text, self.anchor, shape).range)
    }

    pub fn key(&mut self, text: &mut Text, press: Press) -> Outcome {
        let outcome = match (self.mode, press) {
            (Mode::Insert, Press::Esc) => {
                self.end_insertion(text);
                text.go(if text.line_from(text.cursor()) < text.cursor() {
                    text.before(text.cursor())
                } else {
                    text.cursor()
                });
                Outcome::Taken
            }
            (Mode::Insert, _) => return Outcome::Passed,
            (_, Press::Esc) if !self.pending.is_empty() => {
                self.pending.clear();
                Outcome::Taken
            }
            (Mode::Visual(_), Press::Esc) => {
                self.mode = Mode::Normal;
                Outcome::Taken
            }
            (Mode::Normal, Press::Esc) => Outcome::Passed,
            (_, Press::Redo) => {
                for _ in 0..number(&self.pending).0.unwrap_or(1) {
                    let Some(at) = text.redo() else { break };
                    text.go(at);
                }
                self.pending.clear();
                Outcome::Taken
            }
            // The sign of a chip is never taken from a key.
            (_, Press::Char(c)) if is_chip(c) => Outcome::Taken,
            (_, Press::Char(c)) => {
                self.pending.push(c);
                match parse(&self.pending, self.shape()) {
                    Parsed::More => Outcome::Taken,
                    Parsed::Unknown => {
                        self.pending.clear();
                        Outcome::Taken
                    }
                    Parsed::Whole(command) => {
                        self.pending.clear();
                        self.run(text, &command)
                    }
                }
            }
        };
        self.settle(text);
        outcome
    }

    /// The text became another one: what was selected is no more.
    pub fn leave_visual(&mut self) {
        if matches!(self.mode, Mode::Visual(_)) {
            self.mode = Mode::Normal;
        }
    }

    /// What `.` would type again has such a character.
    pub fn types(&self, is: fn(char) -> bool) -> bool {
        let change = self.change.as_ref();
        change.is_some_and(|change| change.typed.contains(is))
    }

    /// In NORMAL the cursor stands on a character, not behind the last one.
    pub fn settle(&self, text: &mut Text) {
        let at = text.cursor();
        if self.mode == Mode::Normal && at == text.line_to(at) && at > text.line_from(at) {
            text.go(text.before(at));
        }
    }

    fn shape(&self) -> Option<Shape> {
        match self.mode {
            Mode::Visual(shape) => Some(shape),
            Mode::Insert | Mode::Normal => None,
        }
    }

    fn run(&mut self, text: &mut Text, command: &Command) -> Outcome {
        let count = command.count.unwrap_or(1);
        match &command.what {
            What::Move(Motion::Down) => return Outcome::Vertical(count as isize),
            What::Move(Motion::Up) => return Outcome::Vertical(-(count as isize)),
            What::Move(motion) => {
                if let Some(to) = reach(text, text.cursor(), motion, command.count, &mut self.find)
                {
                    text.go(to);
                }
            }
            What::Undo => (0..count).for_each(|_| text.undo()),
            What::Repeat => self.repeat(text, command.count),
            What::Visual(shape) => {
                self.mode = if self.mode == Mode::Visual(*shape) {
                    Mode::Normal
                } else {
                    if self.shape().is_none() {
                        self.anchor = text.cursor();
                    }
                    Mode::Visual(*shape)
                };
            }
            What::OtherEnd => {
                let at = text.cursor();
                text.go(self.anchor);
                self.anchor = at;
            }
            What::Select(object) => {
                if let Some(span) = object.span(text, text.cursor(), count) {
                    self.anchor = span.range.start;
                    if span.lines {
                        self.mode = Mode::Visual(Shape::Lines);
                    }
                    text.go(if span.lines {
                        text.line_from(span.range.end)
                    } else {
                        text.before(span.range.end).max(span.range.start)
                    });
                }
            }
            _ => self.change(text, command, None),
        }
        Outcome::Taken
    }

    /// Does what changes the text, as one step to undo, and notes it for `.`.
    fn change(&mut self, text: &mut Text, command: &Command, over: Option<(Shape, usize)>) {
        let selected = match (self.shape(), over) {
            (Some(shape), _) => Some((shape, visual(text, self.anchor, shape))),
            (None, Some((shape, many))) => Some((shape, operate::over(text, shape, many))),
            (None, None) => None,
        };
        let reached = selected
            .as_ref()
            .map(|(shape, span)| (*shape, operate::size(text, *shape, span)));
        let selected: Option<Span> = selected.map(|(_, span)| span);
        if self.shape().is_some() {
            self.mode = Mode::Normal;
        }
        text.begin_group();
        let done = self.operate(text, command, selected);
        match done {
            operate::Done::Nothing | operate::Done::Copied => text.end_group(),
            operate::Done::Changed => {
                text.end_group();
                self.note(command, reached);
            }
            operate::Done::Inserting => {
                self.mode = Mode::Insert;
                self.insertion = Some(Insertion {
                    from: text.cursor(),
                    behind: text.as_str().len() - text.cursor(),
                });
                self.note(command, reached);
            }
        }
    }

    fn note(&mut self, command: &Command, over: Option<(Shape, usize)>) {
        self.change = Some(Change {
            command: command.clone(),
            over,
            typed: String::new(),
        });
    }

    /// INSERT is over: what was typed belongs to the command that began it, and is put in as often as that says.
    fn end_insertion(&mut self, text: &mut Text) {
        self.mode = Mode::Normal;
        if let Some(Insertion { from, behind }) = self.insertion.take()
            && let Some(to) = text.as_str().len().checked_sub(behind)
            && let Some(typed) = text.as_str().get(from..to).map(str::to_owned)
            && let Some(change) = &mut self.change
        {
            let again = change.command.times_typed();
            change.typed.clone_from(&typed);
            let side = change.command.opens();
            insert_again(text, &typed, again, side);
        }
        text.end_group();
    }

    fn repeat(&mut self, text: &mut Text, count: Option<usize>) {
        let Some(mut change) = self.change.clone() else {
            return;
        };
        if count.is_some() {
            change.command.count = count;
        }
        self.change(text, &change.command, change.over);
        if self.mode == Mode::Insert {
            // One step with what the command did before it.
            text.insert(&change.typed);
            insert_again(
                text,
                &change.typed,
                change.command.times_typed(),
                change.command.opens(),
            );
            self.insertion = None;
            self.mode = Mode::Normal;
            text.end_group();
            if text.line_from(text.cursor()) < text.cursor() {
                text.go(text.before(text.cursor()));
            }
            if let Some(noted) = &mut self.change {
                noted.typed = change.typed;
            }
        }
    }
}

/// `3ihe` and `2oline`: what was typed once, once more for each further time.
fn insert_again(text: &mut Text, typed: &str, times: usize, opens: Option<Side>) {
    // Never more than a text may have that is edited in place.
    let most = (LONGEST_TEXT / typed.len().max(1)).max(1);
    for _ in 1..times.min(most) {
        if opens.is_some() {
            text.insert("\n");
        }
        text.insert(typed);
    }
}

#[cfg(test)]
mod cases;
#[cfg(test)]
mod tests;
