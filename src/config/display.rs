//! Settings of `[ui]` about the terminal itself: the pointer, widths, motion.

use toml::Value;

use crate::config::document::{Document, Section, cut};

/// What the pointer does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mouse {
    /// `true`: it clicks, selects, drags edges and scrolls.
    #[default]
    On,
    /// `"wheel"`: it only scrolls.
    Wheel,
    /// `false`: the terminal keeps it.
    Off,
}

impl Mouse {
    /// As the file says it.
    pub fn value(self) -> Value {
        match self {
            Self::On => Value::Boolean(true),
            Self::Wheel => Value::from("wheel"),
            Self::Off => Value::Boolean(false),
        }
    }
}

pub fn read_mouse(document: &mut Document<'_>, section: &Section<'_>) -> Option<Mouse> {
    if document.is_word(section, "mouse", "wheel") {
        return Some(Mouse::Wheel);
    }
    if let Some((text, span)) = document.word(section, "mouse") {
        let text = format!(
            "`ui.mouse` is `{}`: expected true, false or \"wheel\"",
            cut(&text)
        );
        document.fault(&span, &text);
        return None;
    }
    let mouse = document.flag(section, "mouse")?;
    Some(if mouse { Mouse::On } else { Mouse::Off })
}

/// Where they take two, marks and frames are drawn in ASCII.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ambiguous {
    /// `"auto"`: the terminal is asked.
    #[default]
    Auto,
    /// `1`.
    Narrow,
    /// `2`.
    Wide,
}

impl Ambiguous {
    /// As the file says it.
    pub fn value(self) -> Value {
        match self {
            Self::Auto => Value::from("auto"),
            Self::Narrow => Value::Integer(1),
            Self::Wide => Value::Integer(2),
        }
    }
}

pub fn read_ambiguous(document: &mut Document<'_>, section: &Section<'_>) -> Option<Ambiguous> {
    if document.is_word(section, "ambiguous", "auto") {
        return Some(Ambiguous::Auto);
    }
    if let Some((text, span)) = document.word(section, "ambiguous") {
        let text = format!(
            "`ui.ambiguous` is `{}`: expected 1, 2 or \"auto\"",
            cut(&text)
        );
        document.fault(&span, &text);
        return None;
    }
    match document.number(section, "ambiguous", 1, 2)? {
        1 => Some(Ambiguous::Narrow),
        _ => Some(Ambiguous::Wide),
    }
}

/// How often the screen may change by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Motion {
    /// Text is shown as it comes, and seconds are counted.
    #[default]
    Full,
    /// Twice a second at most, and no seconds are counted.
    Reduced,
}

impl Motion {
    pub const ALL: [Self; 2] = [Self::Full, Self::Reduced];

    /// As the file says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Reduced => "reduced",
        }
    }
}

pub fn read_motion(document: &mut Document<'_>, section: &Section<'_>) -> Option<Motion> {
    document.parsed(section, "motion", |text| {
        Motion::ALL
            .into_iter()
            .find(|motion| motion.name() == text)
            .ok_or_else(|| format!("is `{}`: expected full or reduced", cut(text)))
    })
}
