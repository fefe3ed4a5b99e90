//! Choosing a theme: the one that is marked is worn while one looks; Enter keeps it, Esc goes back to the one before.

use crate::config::theme::ThemeChoice;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::overlay::pick::{Pick, Picked};
use crate::tui::app::overlay::{Reply, Wish};
use crate::tui::terminal::colour::Depth;
use crate::tui::terminal::eye::Ground;
use crate::tui::theme::folder::Listed;

/// The words of the row that leaves it to the terminal.
pub const BY_TERMINAL: &str = "by the terminal";

/// What there is to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    pub listed: Vec<Listed>,
    /// What is chosen now.
    pub choice: ThemeChoice,
    /// The name of the theme that is worn.
    pub worn: String,
    /// What the terminal has behind its text, as far as it is known, and how many colours.
    pub ground: Ground,
    pub depth: Depth,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Themes {
    /// `None` until they were listed.
    pub offered: Option<Offered>,
    pub pick: Pick,
    /// Why a choice was not taken.
    pub failed: Option<String>,
}

/// One row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row<'t> {
    /// One theme for dark terminals and one for light ones.
    ByTerminal,
    Theme(&'t Listed),
}

impl Themes {
    /// The rows the filter leaves.
    pub fn shown(&self) -> Vec<Row<'_>> {
        let Some(offered) = &self.offered else {
            return Vec::new();
        };
        let first = Some(Row::ByTerminal).filter(|_| self.pick.fits(BY_TERMINAL));
        let listed = offered.listed.iter();
        let listed =
            listed.filter(|listed| self.pick.fits(&format!("{} {}", listed.name, kind(listed))));
        first.into_iter().chain(listed.map(Row::Theme)).collect()
    }

    /// The themes have come; the one that is worn is marked.
    pub fn found(&mut self, offered: Offered) {
        let by_terminal = !matches!(offered.choice, ThemeChoice::One(_));
        let worn = offered
            .listed
            .iter()
            .position(|listed| listed.name == offered.worn);
        self.pick.at = worn.filter(|_| !by_terminal).map_or(0, |at| at + 1);
        self.offered = Some(offered);
    }

    /// The theme that is marked, to be worn while one looks.
    pub fn tried(&self) -> Option<&str> {
        let offered = self.offered.as_ref()?;
        match self.shown().get(self.pick.at)? {
            Row::ByTerminal => Some(self.by_terminal().name(offered.ground, offered.depth)),
            Row::Theme(listed) => listed.ground.is_ok().then_some(&listed.name),
        }
    }

    /// What the first row stands for: the pair that was chosen, else the usual one.
    pub fn by_terminal(&self) -> &ThemeChoice {
        match &self.offered {
            Some(Offered {
                choice: choice @ ThemeChoice::Pair { .. },
                ..
            }) => choice,
            _ => &ThemeChoice::Usual,
        }
    }

    pub fn key(&mut self, press: Press) -> Reply {
        self.failed = None;
        let count = self.shown().len();
        if press.action == Some(Action::ThemesHalf) {
            return self.choose_half();
        }
        match self.pick.key(press, count) {
            Picked::Closed => Reply::Close,
            Picked::Moved => Reply::Stay,
            Picked::Chosen => self.choose(),
        }
    }

    fn choose(&mut self) -> Reply {
        let choice = match self.shown().get(self.pick.at) {
            None => return Reply::Stay,
            Some(Row::ByTerminal) => self.by_terminal().clone(),
            Some(Row::Theme(listed)) => match &listed.ground {
                Ok(_) => ThemeChoice::One(listed.name.clone()),
                Err(why) => {
                    self.failed = Some(why.clone());
                    return Reply::Stay;
                }
            },
        };
        Reply::Do(Wish::Theme(choice))
    }

    /// The theme for terminals of its own kind alone.
    fn choose_half(&mut self) -> Reply {
        let choice = match (self.shown().get(self.pick.at), &self.offered) {
            (Some(Row::Theme(listed)), Some(offered)) => match listed.ground {
                Ok(Some(ground)) => Ok(offered.choice.with(ground, &listed.name)),
                Ok(None) => Err(format!(
                    "{} is for dark and for light terminals: Enter takes it",
                    listed.name
                )),
                Err(ref why) => Err(why.clone()),
            },
            _ => return Reply::Stay,
        };
        match choice {
            Ok(choice) => Reply::Do(Wish::Theme(choice)),
            Err(why) => {
                self.failed = Some(why);
                Reply::Stay
            }
        }
    }
}

/// What a theme is for, in a word or two.
pub fn kind(listed: &Listed) -> &'static str {
    match listed.ground {
        Ok(Some(ground)) => ground.name(),
        Ok(None) => "the terminal's own colours",
        Err(_) => "cannot be read",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use crossterm::event::{KeyCode, KeyEvent};
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::tui::app::keymap::place::Place;
    use crate::tui::theme::folder;

    fn overlay(choice: ThemeChoice, worn: &str) -> Themes {
        let mut listed = folder::Themes::default().list();
        listed.push(Listed {
            name: "broken".to_owned(),
            own: true,
            ground: Err("broken.toml:1:1: unknown key".to_owned()),
        });
        let mut overlay = Themes::default();
        overlay.found(Offered {
            listed,
            choice,
            worn: worn.to_owned(),
            ground: Ground::Light,
            depth: Depth::True,
        });
        overlay
    }

    fn press(overlay: &mut Themes, keys: &[KeyCode]) -> Reply {
        let mut reply = Reply::Stay;
        for &code in keys {
            reply = overlay.key(Press::shipped(Place::Themes, KeyEvent::from(code)));
        }
        reply
    }

    fn typed(text: &str) -> Vec<KeyCode> {
        text.chars().map(KeyCode::Char).collect()
    }

    #[test]
    fn the_marked_one_is_worn_and_enter_keeps_it() {
        let one = |name: &str| ThemeChoice::One(name.to_owned());
        let mut overlay = overlay(one("dusk"), "dusk");
        assert_eq!(overlay.tried(), Some("dusk"));
        press(&mut overlay, &[KeyCode::Down]);
        assert_eq!(overlay.tried(), Some("dawn"));
        press(&mut overlay, &typed("gruv dark"));
        assert_eq!(overlay.tried(), Some("gruvbox-dark"));
        let kept = press(&mut overlay, &[KeyCode::Enter]);
        assert_eq!(kept, Reply::Do(Wish::Theme(one("gruvbox-dark"))));
        // Esc closes, whatever was typed.
        assert_eq!(press(&mut overlay, &[KeyCode::Esc]), Reply::Close);
    }

    #[test]
    fn the_first_row_leaves_it_to_the_terminal() {
        let mut overlay = overlay(ThemeChoice::Usual, "dawn");
        assert_eq!(overlay.tried(), Some("dawn"));
        let kept = press(&mut overlay, &[KeyCode::Enter]);
        assert_eq!(kept, Reply::Do(Wish::Theme(ThemeChoice::Usual)));
    }

    #[test]
    fn tab_keeps_it_for_terminals_of_its_kind() {
        let mut overlay = overlay(ThemeChoice::Usual, "dawn");
        press(&mut overlay, &typed("kanagawa"));
        let expected = ThemeChoice::Pair {
            light: "dawn".to_owned(),
            dark: "kanagawa".to_owned(),
        };
        assert_eq!(
            press(&mut overlay, &[KeyCode::Tab]),
            Reply::Do(Wish::Theme(expected))
        );
    }

    #[test]
    fn what_cannot_be_read_is_not_taken() {
        let mut overlay = overlay(ThemeChoice::Usual, "dawn");
        press(&mut overlay, &typed("broken"));
        assert_eq!(overlay.tried(), None);
        for key in [KeyCode::Enter, KeyCode::Tab] {
            assert_eq!(press(&mut overlay, &[key]), Reply::Stay);
            assert_eq!(
                overlay.failed.as_deref(),
                Some("broken.toml:1:1: unknown key")
            );
        }
        press(&mut overlay, &typed("x"));
        assert_eq!(press(&mut overlay, &[KeyCode::Enter]), Reply::Stay);
    }
}
