//! Which theme is worn: what the person chose, what the terminal has behind its text, what is tried on in the list of themes, and
//! whether the file of it has changed since. Reads the one file of the theme that is worn.

use std::time::SystemTime;

use crate::config::theme::ThemeChoice;
use crate::tui::Desk;
use crate::tui::app::message::Msg;
use crate::tui::app::overlay::themes::Offered;
use crate::tui::app::setup::Now;
use crate::tui::terminal::colour::Depth;
use crate::tui::terminal::eye::Ground;
use crate::tui::theme::Theme;
use crate::tui::theme::folder::Themes;

#[derive(Debug)]
pub(crate) struct Wardrobe {
    pub themes: Themes,
    pub choice: ThemeChoice,
    pub ground: Ground,
    depth: Depth,
    /// What is looked at before it is chosen.
    trying: Option<String>,
    worn: Option<Worn>,
}

/// What is worn now.
#[derive(Debug, PartialEq, Eq)]
struct Worn {
    name: String,
    /// Of its file, where it has one.
    changed: Option<SystemTime>,
}

impl Wardrobe {
    pub fn new(themes: Themes, choice: ThemeChoice, ground: Ground, depth: Depth) -> Self {
        Self {
            themes,
            choice,
            ground,
            depth,
            trying: None,
            worn: None,
        }
    }

    /// The name of the theme that is to be worn.
    pub fn name(&self) -> &str {
        match &self.trying {
            Some(name) => name,
            None => self.choice.name(self.ground, self.depth),
        }
    }

    /// The theme that is to be worn, where it is not worn yet; with why it is another than was wished for.
    pub fn change(&mut self) -> Option<(Theme, Option<String>)> {
        let name = self.name().to_owned();
        let wanted = Worn {
            changed: self.themes.changed(&name),
            name,
        };
        if self.worn.as_ref() == Some(&wanted) {
            return None;
        }
        let read = self.themes.read(&wanted.name);
        self.worn = Some(wanted);
        let (theme, fault) = match read {
            Ok(theme) => (theme, None),
            Err(why) => {
                let usual = ThemeChoice::Usual;
                let usual = usual.name(self.ground, self.depth);
                let theme = Theme::shipped(usual).unwrap_or_else(Theme::ansi);
                (theme, Some(format!("{why}; {usual} is shown in its place")))
            }
        };
        Some((theme.fitted(self.depth), fault))
    }

    /// Looks at another before it is chosen; `None`: back to the one that was. Says whether another is to be worn now.
    pub fn try_on(&mut self, name: Option<&str>) -> bool {
        if self.trying.as_deref() != name {
            self.trying = name.map(str::to_owned);
        }
        let worn = self.worn.as_ref();
        worn.is_none_or(|worn| worn.name != self.name())
    }

    /// What there is to choose from.
    pub fn offered(&self) -> Offered {
        Offered {
            listed: self.themes.list(),
            choice: self.choice.clone(),
            worn: self.name().to_owned(),
            ground: self.ground,
            depth: self.depth,
        }
    }

    /// Takes a theme for always; in one line why not.
    pub fn choose(&mut self, choice: ThemeChoice) -> Result<(), String> {
        let grounds = [Ground::Dark, Ground::Light];
        for ground in grounds {
            self.themes.read(choice.name(ground, self.depth))?;
        }
        self.choice = choice;
        Ok(())
    }
}

impl Desk {
    /// Wears the theme that is to be worn, if it is another. All that is on the screen is drawn anew then.
    pub(crate) fn wear(&mut self) {
        if let Some((theme, fault)) = self.wardrobe.change() {
            self.look.theme = theme;
            self.kept.forget();
            self.app.notices.extend(fault);
        }
    }

    /// Tells what there is to choose from.
    pub(crate) fn list_themes(&mut self, now: Now) {
        let offered = self.wardrobe.offered();
        self.app.update(Msg::Themes(offered), now);
    }

    /// Takes a theme that was chosen, and keeps it.
    pub(crate) fn take_theme(&mut self, choice: ThemeChoice, now: Now) {
        let taken = self.wardrobe.choose(choice.clone());
        let kept = taken.and_then(|()| (self.keep_theme)(&choice));
        self.app.update(Msg::ThemeKept(choice, kept), now);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::tui::theme::role::Role;

    fn wardrobe(choice: ThemeChoice) -> Wardrobe {
        Wardrobe::new(Themes::default(), choice, Ground::Dark, Depth::True)
    }

    fn pair() -> ThemeChoice {
        ThemeChoice::Pair {
            light: "gruvbox-light".to_owned(),
            dark: "kanagawa".to_owned(),
        }
    }

    #[test]
    fn light_and_dark_follow_the_terminal() {
        let mut wardrobe = wardrobe(pair());
        let dark = wardrobe.change().unwrap().0;
        assert_eq!(dark, Theme::shipped("kanagawa").unwrap());
        assert_eq!(wardrobe.change(), None);
        wardrobe.ground = Ground::Light;
        let light = wardrobe.change().unwrap().0;
        assert_eq!(light, Theme::shipped("gruvbox-light").unwrap());
    }

    #[test]
    fn one_theme_stays_whatever_is_behind() {
        let mut wardrobe = wardrobe(ThemeChoice::One("dracula".to_owned()));
        assert!(wardrobe.change().is_some());
        wardrobe.ground = Ground::Light;
        assert_eq!(wardrobe.change(), None);
    }

    #[test]
    fn what_is_tried_on_is_put_back() {
        let mut wardrobe = wardrobe(pair());
        let before = wardrobe.change().unwrap().0;
        wardrobe.try_on(Some("dracula"));
        assert_eq!(
            wardrobe.change().unwrap().0,
            Theme::shipped("dracula").unwrap()
        );
        wardrobe.try_on(None);
        assert_eq!(wardrobe.change().unwrap().0, before);
    }

    #[test]
    fn a_theme_that_cannot_be_read_is_said_and_another_shown() {
        let mut wardrobe = wardrobe(ThemeChoice::One("nowhere".to_owned()));
        let (theme, fault) = wardrobe.change().unwrap();
        assert_eq!(theme, Theme::shipped("dusk").unwrap());
        assert_eq!(
            fault.unwrap(),
            "there is no theme `nowhere` shipped: `creel theme list` names them; dusk is shown in its place"
        );
        // Said once, not at every frame.
        assert_eq!(wardrobe.change(), None);
        assert!(wardrobe.choose(ThemeChoice::One("x".to_owned())).is_err());
        assert_eq!(wardrobe.name(), "nowhere");
        wardrobe.choose(pair()).unwrap();
        assert_eq!(wardrobe.name(), "kanagawa");
    }

    #[test]
    fn a_file_that_changed_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.toml");
        std::fs::write(&file, "inherits = \"dusk\"").unwrap();
        let themes = Themes::new(Some(folder.path().to_owned()));
        let one = ThemeChoice::One("mine".to_owned());
        let mut wardrobe = Wardrobe::new(themes, one, Ground::Dark, Depth::True);
        assert!(wardrobe.change().is_some());
        assert_eq!(wardrobe.change(), None);
        std::fs::write(&file, "inherits = \"dawn\"").unwrap();
        let later = SystemTime::now() + std::time::Duration::from_secs(5);
        let open = std::fs::File::options().write(true).open(&file).unwrap();
        open.set_modified(later).unwrap();
        let theme = wardrobe.change().unwrap().0;
        let dawn = Theme::shipped("dawn").unwrap();
        assert_eq!(theme.style(Role::Text), dawn.style(Role::Text));
    }
}
