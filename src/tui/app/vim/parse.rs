//! What was typed in NORMAL or VISUAL as a command: whole, the beginning of one, or nothing that is known.

use crate::tui::app::vim::Shape;
use crate::tui::app::vim::motion::{Find, Motion};
use crate::tui::app::vim::object::Object;

/// No count is larger: nobody means it.
const MOST: usize = 9_999;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub count: Option<usize>,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    Move(Motion),
    Operate(Operator, Target),
    Insert(Place),
    Open(Side),
    Put(Side),
    Replace(char),
    /// The case of so many characters.
    Toggle,
    Join,
    Undo,
    Repeat,
    Visual(Shape),
    /// The other end of a selection.
    OtherEnd,
    Select(Object),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Delete,
    Change,
    Copy,
    Upper,
    Lower,
    Toggle,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Motion(Motion),
    Object(Object),
    Lines,
    /// What is selected.
    Selected,
    /// What is selected, filled up to whole lines.
    SelectedLines,
}

/// Where typing begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Here,
    After,
    LineStart,
    LineEnd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Before,
    After,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    Whole(Command),
    More,
    Unknown,
}

impl Command {
    /// How often what is typed after it shall stand there.
    pub fn times_typed(&self) -> usize {
        match self.what {
            What::Insert(_) | What::Open(_) => self.count.unwrap_or(1),
            _ => 1,
        }
    }

    /// It opens a line of its own.
    pub fn opens(&self) -> Option<Side> {
        match self.what {
            What::Open(side) => Some(side),
            _ => None,
        }
    }
}

/// `selected`: in VISUAL, where operators take the selection at once.
pub fn parse(typed: &str, selected: Option<Shape>) -> Parsed {
    let (count, rest) = number(typed);
    let mut chars = rest.chars();
    let Some(first) = chars.next() else {
        return Parsed::More;
    };
    let after = chars.as_str();
    let whole = |what| Parsed::Whole(Command { count, what });
    if selected.is_some() {
        if let Some(parsed) = in_visual(first, after, &whole) {
            return parsed;
        }
    } else {
        if let Some(what) = simple(first) {
            return whole(what);
        }
        match operator(rest) {
            Named::Found(operator, after) => return operated(operator, count, after),
            Named::More => return Parsed::More,
            Named::None => {}
        }
        if first == 'r' {
            return match after.chars().next() {
                Some(c) => whole(What::Replace(c)),
                None => Parsed::More,
            };
        }
    }
    match first {
        'v' => whole(What::Visual(Shape::Characters)),
        'V' => whole(What::Visual(Shape::Lines)),
        _ => match motion(rest) {
            Named::Found(motion, _) => whole(What::Move(motion)),
            Named::More => Parsed::More,
            Named::None => Parsed::Unknown,
        },
    }
}

fn in_visual(first: char, after: &str, whole: &impl Fn(What) -> Parsed) -> Option<Parsed> {
    let operate = |operator, target| Some(whole(What::Operate(operator, target)));
    match first {
        'd' | 'x' => operate(Operator::Delete, Target::Selected),
        'D' | 'X' => operate(Operator::Delete, Target::SelectedLines),
        'c' | 's' => operate(Operator::Change, Target::Selected),
        'C' | 'S' | 'R' => operate(Operator::Change, Target::SelectedLines),
        'y' => operate(Operator::Copy, Target::Selected),
        'Y' => operate(Operator::Copy, Target::SelectedLines),
        'u' => operate(Operator::Lower, Target::Selected),
        'U' => operate(Operator::Upper, Target::Selected),
        '~' => operate(Operator::Toggle, Target::Selected),
        'J' => Some(whole(What::Join)),
        'p' | 'P' => Some(whole(What::Put(Side::After))),
        'o' | 'O' => Some(whole(What::OtherEnd)),
        'r' => Some(match after.chars().next() {
            Some(c) => whole(What::Replace(c)),
            None => Parsed::More,
        }),
        'i' | 'a' => Some(match after.chars().next() {
            None => Parsed::More,
            Some(c) => match Object::named(first == 'a', c) {
                Some(object) => whole(What::Select(object)),
                None => Parsed::Unknown,
            },
        }),
        _ => None,
    }
}

/// Commands of one key.
fn simple(c: char) -> Option<What> {
    let operate = |operator, motion| Some(What::Operate(operator, Target::Motion(motion)));
    match c {
        'i' => Some(What::Insert(Place::Here)),
        'a' => Some(What::Insert(Place::After)),
        'I' => Some(What::Insert(Place::LineStart)),
        'A' => Some(What::Insert(Place::LineEnd)),
        'o' => Some(What::Open(Side::After)),
        'O' => Some(What::Open(Side::Before)),
        'p' => Some(What::Put(Side::After)),
        'P' => Some(What::Put(Side::Before)),
        'x' => operate(Operator::Delete, Motion::Right),
        'X' => operate(Operator::Delete, Motion::Left),
        's' => operate(Operator::Change, Motion::Right),
        'S' => Some(What::Operate(Operator::Change, Target::Lines)),
        'D' => operate(Operator::Delete, Motion::LineEnd),
        'C' => operate(Operator::Change, Motion::LineEnd),
        'Y' => Some(What::Operate(Operator::Copy, Target::Lines)),
        '~' => Some(What::Toggle),
        'J' => Some(What::Join),
        'u' => Some(What::Undo),
        '.' => Some(What::Repeat),
        _ => None,
    }
}

/// What a text begins with.
enum Named<'a, T> {
    Found(T, &'a str),
    /// The beginning of one.
    More,
    None,
}

fn operator(typed: &str) -> Named<'_, Operator> {
    const ALL: [(&str, Operator); 6] = [
        ("d", Operator::Delete),
        ("c", Operator::Change),
        ("y", Operator::Copy),
        ("gU", Operator::Upper),
        ("gu", Operator::Lower),
        ("g~", Operator::Toggle),
    ];
    for (name, operator) in ALL {
        if let Some(after) = typed.strip_prefix(name) {
            return Named::Found(operator, after);
        }
    }
    if typed == "g" {
        return Named::More;
    }
    Named::None
}

/// What follows an operator: its own letter again for whole lines, a text object, or a motion, each with a count.
fn operated(operator: Operator, count: Option<usize>, typed: &str) -> Parsed {
    let (times, rest) = number(typed);
    let count = match (count, times) {
        (None, None) => None,
        (one, other) => Some((one.unwrap_or(1) * other.unwrap_or(1)).min(MOST)),
    };
    let whole = |target| {
        Parsed::Whole(Command {
            count,
            what: What::Operate(operator, target),
        })
    };
    let mut chars = rest.chars();
    let Some(first) = chars.next() else {
        return Parsed::More;
    };
    let again = match operator {
        Operator::Delete => 'd',
        Operator::Change => 'c',
        Operator::Copy => 'y',
        Operator::Upper => 'U',
        Operator::Lower => 'u',
        Operator::Toggle => '~',
    };
    if first == again {
        return whole(Target::Lines);
    }
    if matches!(first, 'i' | 'a') {
        return match chars.next() {
            None => Parsed::More,
            Some(c) => match Object::named(first == 'a', c) {
                Some(object) => whole(Target::Object(object)),
                None => Parsed::Unknown,
            },
        };
    }
    match motion(rest) {
        Named::Found(motion, _) => whole(Target::Motion(motion)),
        Named::More => Parsed::More,
        Named::None => Parsed::Unknown,
    }
}

fn motion(typed: &str) -> Named<'_, Motion> {
    let mut chars = typed.chars();
    let Some(first) = chars.next() else {
        return Named::More;
    };
    let after = chars.as_str();
    let found = match first {
        'h' => Motion::Left,
        'l' => Motion::Right,
        'j' => Motion::Down,
        'k' => Motion::Up,
        'w' | 'W' => Motion::Word { big: first == 'W' },
        'b' | 'B' => Motion::Back { big: first == 'B' },
        'e' | 'E' => Motion::End { big: first == 'E' },
        '0' => Motion::LineStart,
        '^' | '_' => Motion::FirstWord,
        '$' => Motion::LineEnd,
        'G' => Motion::Last,
        '%' => Motion::Match,
        '{' => Motion::ParagraphBefore,
        '}' => Motion::ParagraphAfter,
        ';' => Motion::Again,
        ',' => Motion::AgainBack,
        'g' => {
            return match after.chars().next() {
                None => Named::More,
                Some('g') => Named::Found(Motion::First, ""),
                Some('e') => Named::Found(Motion::EndBack, ""),
                Some(_) => Named::None,
            };
        }
        'f' | 'F' | 't' | 'T' => {
            let Some(c) = after.chars().next() else {
                return Named::More;
            };
            Motion::Find(Find {
                c,
                back: matches!(first, 'F' | 'T'),
                before: matches!(first, 't' | 'T'),
            })
        }
        _ => return Named::None,
    };
    Named::Found(found, after)
}

/// The count a command begins with, and what follows it.
pub(crate) fn number(typed: &str) -> (Option<usize>, &str) {
    if typed.starts_with('0') {
        return (None, typed);
    }
    let end = typed
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(typed.len());
    if end == 0 {
        return (None, typed);
    }
    // Too many digits for a number are more than the most, too.
    let count = typed[..end].parse().unwrap_or(MOST).min(MOST);
    (Some(count), &typed[end..])
}
