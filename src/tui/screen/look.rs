//! How things look: roles from the theme, and the set of characters for marks and frames.

use ratatui::style::{Modifier, Style};

use crate::tui::widget::paint::{Glyphs, Ink, Paint};

/// The part a piece of chrome plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    Text,
    Muted,
    Strong,
    Accent,
    /// A key that can be pressed.
    Key,
    Border,
    Focus,
    Good,
    Warn,
    Bad,
    Marked,
    /// The person's own words.
    Person,
    Added,
    Removed,
}

#[derive(Debug)]
pub struct Look {
    pub glyphs: Glyphs,
}

impl Look {
    pub fn style(&self, role: Role) -> Style {
        match role {
            Role::Marked => Style::new().add_modifier(Modifier::REVERSED),
            Role::Strong => Style::new().add_modifier(Modifier::BOLD),
            _ => Style::new(),
        }
    }

    pub fn mark(&self, mark: Mark) -> &'static str {
        let (unicode, ascii) = match mark {
            Mark::Working => ("●", "*"),
            Mark::Ask => ("⚑", "!"),
            Mark::Done => ("✓", "+"),
            Mark::Failed => ("✗", "x"),
            Mark::Budget => ("$", "$"),
            Mark::Open => ("▾", "v"),
            Mark::Folded => ("▸", ">"),
            Mark::Here => ("▌", ">"),
            Mark::Dot => ("·", "-"),
            Mark::More => ("…", "~"),
        };
        self.glyphs.pick(unicode, ascii)
    }
}

impl Paint for Look {
    fn style(&self, _ink: Ink) -> Style {
        Style::new()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Working,
    Ask,
    Done,
    Failed,
    Budget,
    Open,
    Folded,
    Here,
    Dot,
    More,
}
