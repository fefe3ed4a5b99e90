//! Themes: a style for each role, from TOML.
//!
//! `ansi` uses the terminal's own sixteen colours on its own ground and is right everywhere; the others bring their
//! ground with them, and are fitted to a terminal that has fewer colours than they name.

pub mod choice;
pub mod fit;
pub mod folder;
pub mod grounds;
pub mod parse;
pub mod role;
pub mod scheme;
pub mod shipped;
#[cfg(test)]
mod tests;

use ratatui::style::Style;

use crate::tui::terminal::colour::tones_of;
use crate::tui::terminal::eye::Ground;
use crate::tui::theme::parse::Draft;
use crate::tui::theme::role::Role;

/// A style for each role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    styles: [Style; Role::ALL.len()],
}

impl Theme {
    /// No colours and no attributes: what a draft begins from.
    pub(crate) const BLANK: Self = Self {
        styles: [Style::new(); Role::ALL.len()],
    };

    /// The theme with the terminal's own colours.
    pub fn ansi() -> Self {
        // A shipped file that cannot be read is found by a test; the blank theme is legible.
        Self::shipped("ansi").unwrap_or(Self::BLANK)
    }

    /// The shipped theme of this name.
    pub fn shipped(name: &str) -> Option<Self> {
        shipped::draft(name).as_ref().map(Draft::theme)
    }

    /// The style for this role.
    pub const fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// Whether the ground it brings is dark or light; `None` where it leaves the terminal's own.
    pub fn ground(&self) -> Option<Ground> {
        let ground = self.style(Role::Text).bg?;
        tones_of(ground).map(Ground::of)
    }

    pub(crate) fn set(&mut self, role: Role, style: Style) {
        self.styles[role as usize] = style;
    }
}

impl Default for Theme {
    /// The terminal's own.
    fn default() -> Self {
        Self::ansi()
    }
}
