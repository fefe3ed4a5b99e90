//! Themes: a style for each role, from TOML. Where the files lie is not known here.
//!
//! `ansi` uses the terminal's own sixteen colours on its own ground and is right everywhere; the others bring their
//! ground with them and want a terminal of true colour or 256.

pub mod parse;
pub mod role;

use ratatui::style::Style;

use crate::tui::theme::parse::ThemeError;
use crate::tui::theme::role::Role;

/// The shipped themes, in the order they are offered; the first is the usual one.
const SHIPPED: &[(&str, &str)] = &[
    ("ansi", include_str!("../../../themes/ansi.toml")),
    ("dusk", include_str!("../../../themes/dusk.toml")),
    ("dawn", include_str!("../../../themes/dawn.toml")),
];

/// A style for each role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    styles: [Style; Role::ALL.len()],
}

impl Theme {
    /// No colours and no attributes: what a shipped file begins from.
    const BLANK: Self = Self {
        styles: [Style::new(); Role::ALL.len()],
    };

    /// The theme with the terminal's own colours.
    pub fn ansi() -> Self {
        // A shipped file that cannot be read is found by a test; the blank theme is legible.
        Self::shipped("ansi").unwrap_or(Self::BLANK)
    }

    /// The names of the shipped themes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SHIPPED.iter().map(|&(name, _)| name)
    }

    /// The shipped theme of this name.
    pub fn shipped(name: &str) -> Option<Self> {
        let &(_, text) = SHIPPED.iter().find(|(shipped, _)| *shipped == name)?;
        Self::parse(text, &Self::BLANK).ok()
    }

    /// Reads a theme. Roles it does not name are as in the shipped theme it `inherits`, else as in `base`.
    pub fn parse(text: &str, base: &Self) -> Result<Self, ThemeError> {
        parse::parse(text, base)
    }

    /// The style for this role.
    pub const fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// The theme for a terminal without colours: what colour said is said by bold, reverse, underline and dim, as `ansi`
    /// has them beside its colours.
    #[must_use]
    pub fn without_colours(&self) -> Self {
        let plain = Self::ansi();
        let mut theme = self.clone();
        for &role in Role::ALL {
            let attributes = self.style(role).add_modifier | plain.style(role).add_modifier;
            theme.styles[role as usize] = Style::new().add_modifier(attributes);
        }
        theme
    }

    fn set(&mut self, role: Role, style: Style) {
        self.styles[role as usize] = style;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use pretty_assertions::assert_eq;
    use ratatui::style::{Color, Modifier};

    use super::*;

    /// Roles that are lines and grounds, not text: they are to be seen, not read.
    const LINES: [Role; 4] = [
        Role::Border,
        Role::BorderFocus,
        Role::TableBorder,
        Role::MeterRest,
    ];

    #[test]
    fn every_shipped_theme_says_every_role() {
        for &(name, text) in SHIPPED {
            let strange = Style::new().fg(Color::Indexed(99));
            let base = Theme {
                styles: [strange; Role::ALL.len()],
            };
            let theme = Theme::parse(text, &base).unwrap_or_else(|error| panic!("{name}: {error}"));
            let silent: Vec<_> = Role::ALL
                .iter()
                .filter(|&&role| theme.style(role) == strange)
                .collect();
            assert_eq!(silent, Vec::<&Role>::new(), "{name}");
        }
    }

    #[test]
    fn text_is_legible_on_its_ground() {
        for name in ["dusk", "dawn"] {
            let theme = Theme::shipped(name).unwrap();
            let ground = theme.style(Role::Text).bg.unwrap();
            let mut grounds = vec![ground, theme.style(Role::Overlay).bg.unwrap()];
            for &role in Role::ALL {
                let style = theme.style(role);
                let own = style.bg.map(|bg| vec![bg]);
                if role.name().starts_with("code.") {
                    // Code stands in differences too.
                    grounds.truncate(2);
                    for changed in [Role::DiffAdd, Role::DiffRemove] {
                        grounds.push(theme.style(changed).bg.unwrap());
                    }
                } else {
                    grounds.truncate(2);
                }
                let least = if LINES.contains(&role) { 1.7 } else { 4.5 };
                for &ground in own.as_ref().unwrap_or(&grounds) {
                    let found = contrast(style.fg.unwrap(), ground);
                    assert!(found >= least, "{name}: {} has {found:.2}", role.name());
                }
            }
        }
    }

    #[test]
    fn the_terminals_own_theme_assumes_no_ground() {
        let theme = Theme::ansi();
        for &role in Role::ALL {
            let style = theme.style(role);
            let grounds = [Color::Black, Color::White, Color::Gray, Color::DarkGray];
            let fg = style.fg.unwrap_or(Color::Reset);
            assert!(!grounds.contains(&fg), "{role:?}");
            assert!(
                matches!(fg, Color::Reset) || !matches!(fg, Color::Rgb(..) | Color::Indexed(_))
            );
            assert_eq!(style.bg.unwrap_or(Color::Reset), Color::Reset, "{role:?}");
        }
    }

    #[test]
    fn without_colours_the_weight_remains() {
        for name in Theme::names() {
            let theme = Theme::shipped(name).unwrap().without_colours();
            for &role in Role::ALL {
                let style = theme.style(role);
                assert_eq!((style.fg, style.bg), (None, None), "{name} {role:?}");
            }
            let telling = [
                (Role::Selection, Modifier::REVERSED),
                (Role::Muted, Modifier::DIM),
                (Role::Danger, Modifier::BOLD),
                (Role::DiffAddWord, Modifier::UNDERLINED),
                (Role::BorderFocus, Modifier::BOLD),
            ];
            for (role, attribute) in telling {
                let style = theme.style(role);
                assert!(style.add_modifier.contains(attribute), "{name} {role:?}");
            }
        }
    }

    /// The ratio of luminance, as the guidelines for accessible content define it.
    fn contrast(one: Color, other: Color) -> f64 {
        let luminance = |color| {
            let Color::Rgb(red, green, blue) = color else {
                panic!("{color:?} has no tones")
            };
            let [red, green, blue] = [red, green, blue].map(|tone| {
                let share = f64::from(tone) / 255.0;
                if share <= 0.03928 {
                    share / 12.92
                } else {
                    ((share + 0.055) / 1.055).powf(2.4)
                }
            });
            0.2126 * red + 0.7152 * green + 0.0722 * blue
        };
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }
}
