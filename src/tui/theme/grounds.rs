//! What each role stands on, so that what is measured, fitted and imported is legible wherever it is drawn.

use ratatui::style::Color;

use crate::tui::terminal::eye::LEGIBLE;
use crate::tui::theme::Theme;
use crate::tui::theme::role::Role;

/// What a line or a mark needs to be seen, where text must be read.
const SEEN: f64 = 1.7;

/// The grounds of changed lines: code stands on them too.
pub const CHANGES: [Role; 4] = [
    Role::DiffAdd,
    Role::DiffRemove,
    Role::DiffAddWord,
    Role::DiffRemoveWord,
];

/// Roles that are lines and bars, not text.
const LINES: [Role; 4] = [
    Role::Border,
    Role::BorderFocus,
    Role::TableBorder,
    Role::MeterRest,
];

/// The contrast a role needs with what it stands on.
pub fn needed(role: Role) -> f64 {
    if LINES.contains(&role) { SEEN } else { LEGIBLE }
}

/// The colours that may be behind text of a role: its own, else those of the screen, of what lies over it, and for code those of
/// changed lines.
pub fn behind(theme: &Theme, role: Role) -> Vec<Color> {
    let bg = |role: Role| theme.style(role).bg;
    if let Some(own) = bg(role) {
        return vec![own];
    }
    let code = role.name().starts_with("code.");
    let changes = CHANGES.into_iter().filter(|_| code);
    let roles = [Role::Text, Role::Overlay].into_iter().chain(changes);
    roles.filter_map(bg).collect()
}
