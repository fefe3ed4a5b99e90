//! Which theme a choice comes to: one for always, or by what the terminal has behind its text.

use crate::config::theme::ThemeChoice;
use crate::tui::terminal::colour::Depth;
use crate::tui::terminal::eye::Ground;
use crate::tui::theme::shipped;

impl ThemeChoice {
    /// The name of the theme for such a terminal. Where nothing was chosen, a terminal of few colours keeps its own.
    pub fn name(&self, ground: Ground, depth: Depth) -> &str {
        match (self, ground) {
            (Self::One(name), _)
            | (Self::Pair { light: name, .. }, Ground::Light)
            | (Self::Pair { dark: name, .. }, Ground::Dark) => name,
            (Self::Usual, _) if depth < Depth::True => "ansi",
            (Self::Usual, ground) => shipped::usual(ground),
        }
    }

    /// The choice with this theme for terminals of such a ground; for the others as before.
    #[must_use]
    pub fn with(&self, ground: Ground, name: &str) -> Self {
        let other = match ground {
            Ground::Dark => Ground::Light,
            Ground::Light => Ground::Dark,
        };
        let (name, other) = (name.to_owned(), self.name(other, Depth::True).to_owned());
        match ground {
            Ground::Dark => Self::Pair {
                light: other,
                dark: name,
            },
            Ground::Light => Self::Pair {
                light: name,
                dark: other,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn pair(light: &str, dark: &str) -> ThemeChoice {
        ThemeChoice::Pair {
            light: light.to_owned(),
            dark: dark.to_owned(),
        }
    }

    #[test]
    fn the_terminal_decides_where_the_person_left_it_to_it() {
        let one = ThemeChoice::One("kanagawa".to_owned());
        let cases = [
            (&ThemeChoice::Usual, Ground::Dark, Depth::True, "dusk"),
            (&ThemeChoice::Usual, Ground::Light, Depth::True, "dawn"),
            (&ThemeChoice::Usual, Ground::Light, Depth::Indexed, "ansi"),
            (&one, Ground::Light, Depth::Sixteen, "kanagawa"),
            (&pair("a", "b"), Ground::Light, Depth::Indexed, "a"),
            (&pair("a", "b"), Ground::Dark, Depth::True, "b"),
        ];
        for (choice, ground, depth, expected) in cases {
            assert_eq!(
                choice.name(ground, depth),
                expected,
                "{choice:?} {ground:?}"
            );
        }
    }

    #[test]
    fn half_of_a_pair_is_changed() {
        let cases = [
            (ThemeChoice::Usual, pair("dawn", "x")),
            (ThemeChoice::One("y".to_owned()), pair("y", "x")),
            (pair("a", "b"), pair("a", "x")),
        ];
        for (before, expected) in cases {
            assert_eq!(before.with(Ground::Dark, "x"), expected);
        }
        assert_eq!(
            ThemeChoice::Usual.with(Ground::Light, "x"),
            pair("x", "dusk")
        );
    }
}
