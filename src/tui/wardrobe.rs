//! Which theme is worn: what the person chose, what the terminal has behind its text, what is tried on in the list of themes, and
//! whether the file of it has changed since. Files are read on threads of their own, so that none holds the screen up; the
//! first theme alone is read before there is a screen.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::SystemTime;

use crate::config::theme::ThemeChoice;
use crate::tui::Desk;
use crate::tui::app::message::Msg;
use crate::tui::app::overlay::themes::Offered;
use crate::tui::effect::Effects;
use crate::tui::queue::Wake;
use crate::tui::terminal::colour::Depth;
use crate::tui::terminal::eye::Ground;
use crate::tui::theme::Theme;
use crate::tui::theme::folder::{Listed, Themes};

#[derive(Debug)]
pub(crate) struct Wardrobe {
    pub themes: Themes,
    pub choice: ThemeChoice,
    pub ground: Ground,
    depth: Depth,
    /// What is looked at before it is chosen.
    trying: Option<String>,
    /// A choice is on its way: what was tried on stays on until it is known what came of it.
    choosing: bool,
    worn: Option<Worn>,
    /// The name of the one that was sent for last.
    sent_for: Option<String>,
}

/// What is worn now.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Worn {
    name: String,
    /// Of its file, where it has one.
    changed: Option<SystemTime>,
}

/// A theme that is to be worn, and what it needs to be read.
#[derive(Debug)]
pub(crate) struct Wanted {
    themes: Themes,
    name: String,
    ground: Ground,
    depth: Depth,
    worn: Option<Worn>,
}

/// A theme as it can be worn.
#[derive(Debug, PartialEq)]
pub(crate) struct Fitted {
    worn: Worn,
    theme: Theme,
    /// Why it is another than was wished for.
    fault: Option<String>,
}

/// What came of a theme that was chosen.
#[derive(Debug)]
pub(crate) struct Chosen {
    choice: ThemeChoice,
    /// As it is worn until the end, kept or not; `None` where it cannot be read.
    fitted: Option<Fitted>,
    kept: Result<(), String>,
}

/// What a thread comes back with.
#[derive(Debug)]
pub(crate) enum Fetched {
    Fitted(Fitted),
    /// All there are.
    Listed(Vec<Listed>),
    Chosen(Chosen),
    /// What was chosen cannot be worn, and why; all stays as it is.
    Refused(ThemeChoice, String),
}

impl Wanted {
    /// Reads it; `None`: it is worn already, and its file is as it was.
    pub fn fit(self) -> Option<Fitted> {
        let worn = Worn {
            changed: self.themes.changed(&self.name),
            name: self.name,
        };
        if self.worn.as_ref() == Some(&worn) {
            return None;
        }
        let (theme, fault) = match self.themes.read(&worn.name) {
            Ok(theme) => (theme, None),
            Err(why) => {
                let usual = ThemeChoice::Usual;
                let usual = usual.name(self.ground, self.depth);
                let theme = Theme::shipped(usual).unwrap_or_else(Theme::ansi);
                (theme, Some(format!("{why}; {usual} is shown in its place")))
            }
        };
        let theme = theme.fitted(self.depth);
        Some(Fitted { worn, theme, fault })
    }
}

impl Wardrobe {
    pub fn new(themes: Themes, choice: ThemeChoice, ground: Ground, depth: Depth) -> Self {
        Self {
            themes,
            choice,
            ground,
            depth,
            trying: None,
            choosing: false,
            worn: None,
            sent_for: None,
        }
    }

    /// The name of the theme that is to be worn.
    pub fn name(&self) -> &str {
        match &self.trying {
            Some(name) => name,
            None => self.choice.name(self.ground, self.depth),
        }
    }

    /// The theme that is to be worn, where it is not worn yet; with why it is another than was wished for. Reads it at once.
    pub fn change(&mut self) -> Option<(Theme, Option<String>)> {
        let fitted = self.send_again().fit()?;
        self.put_on(fitted)
    }

    /// What is to be read, where another is to be worn than was sent for last.
    pub fn send(&mut self) -> Option<Wanted> {
        (self.sent_for.as_deref() != Some(self.name())).then(|| self.send_again())
    }

    /// The same, whether it was sent for or not: its file may have changed.
    pub fn send_again(&mut self) -> Wanted {
        let name = self.name().to_owned();
        self.sent_for = Some(name.clone());
        self.wanted(name, self.worn.clone())
    }

    fn wanted(&self, name: String, worn: Option<Worn>) -> Wanted {
        Wanted {
            themes: self.themes.clone(),
            name,
            ground: self.ground,
            depth: self.depth,
            worn,
        }
    }

    /// Wears it; `None`: it is worn, or meanwhile another is to be, which was sent for too.
    pub fn put_on(&mut self, fitted: Fitted) -> Option<(Theme, Option<String>)> {
        if fitted.worn.name != self.name() || self.worn.as_ref() == Some(&fitted.worn) {
            return None;
        }
        self.worn = Some(fitted.worn);
        Some((fitted.theme, fitted.fault))
    }

    /// Looks at another before it is chosen; `None`: back to the one that was.
    pub fn try_on(&mut self, name: Option<&str>) {
        if self.trying.as_deref() != name && !(self.choosing && name.is_none()) {
            self.trying = name.map(str::to_owned);
        }
    }

    /// What there is to choose from.
    pub fn offered(&self, listed: Vec<Listed>) -> Offered {
        Offered {
            listed,
            choice: self.choice.clone(),
            worn: self.name().to_owned(),
            ground: self.ground,
            depth: self.depth,
        }
    }

    /// Takes a theme for always, if it can be worn.
    pub fn chosen(&mut self, choice: &ThemeChoice, can_be_worn: bool) {
        self.choosing = false;
        if can_be_worn {
            self.choice = choice.clone();
        }
    }
}

/// Whether a choice can be worn, be it dark or light; in one line why not.
fn readable(themes: &Themes, choice: &ThemeChoice, depth: Depth) -> Result<(), String> {
    let mut grounds = [Ground::Dark, Ground::Light].into_iter();
    grounds.try_for_each(|ground| themes.read(choice.name(ground, depth)).map(drop))
}

/// On a thread of its own also where the engine's are not there yet. It ends with what it was sent for.
fn fetch(queue: &Sender<Wake>, fetch: impl FnOnce() -> Option<Fetched> + Send + 'static) {
    let queue = queue.clone();
    std::thread::spawn(move || {
        if let Some(fetched) = fetch() {
            let _ = queue.send(Wake::Themes(Box::new(fetched)));
        }
    });
}

impl Desk {
    /// Sends for the theme that is to be worn, if it is another.
    pub(crate) fn wear(&mut self, effects: &Effects) {
        if let Some(wanted) = self.wardrobe.send() {
            fetch(&effects.queue, || wanted.fit().map(Fetched::Fitted));
        }
    }

    /// Looks whether the file of the theme that is worn has changed.
    pub(crate) fn look_at_theme(&mut self, effects: &Effects) {
        let wanted = self.wardrobe.send_again();
        fetch(&effects.queue, || wanted.fit().map(Fetched::Fitted));
    }

    /// Takes what a thread came back with; gives what is to be told of it.
    pub(crate) fn fetched(&mut self, fetched: Fetched) -> Option<Msg> {
        match fetched {
            Fetched::Fitted(fitted) => {
                self.put_on(fitted);
                None
            }
            Fetched::Listed(listed) => Some(Msg::Themes(self.wardrobe.offered(listed))),
            Fetched::Chosen(Chosen {
                choice,
                fitted,
                kept,
            }) => {
                self.wardrobe.chosen(&choice, fitted.is_some());
                if let Some(fitted) = fitted {
                    self.put_on(fitted);
                }
                Some(Msg::ThemeKept(choice, kept))
            }
            Fetched::Refused(choice, why) => {
                self.wardrobe.chosen(&choice, false);
                Some(Msg::ThemeRefused(why))
            }
        }
    }

    /// Wears a theme. All that is on the screen is drawn anew then.
    fn put_on(&mut self, fitted: Fitted) {
        if let Some((theme, fault)) = self.wardrobe.put_on(fitted) {
            self.look.theme = theme;
            self.kept.forget();
            self.app.notices.extend(fault);
        }
    }

    /// Has it told what there is to choose from.
    pub(crate) fn list_themes(&mut self, effects: &Effects) {
        let themes = self.wardrobe.themes.clone();
        fetch(&effects.queue, move || Some(Fetched::Listed(themes.list())));
    }

    /// Keeps a theme that was chosen, if it can be worn.
    pub(crate) fn take_theme(&mut self, choice: ThemeChoice, effects: &Effects) {
        let wardrobe = &mut self.wardrobe;
        wardrobe.choosing = true;
        let name = choice.name(wardrobe.ground, wardrobe.depth).to_owned();
        let wanted = wardrobe.wanted(name, None);
        let keep = Arc::clone(&effects.options.config.keep_theme);
        let queue = effects.queue.clone();
        fetch(&effects.queue, move || {
            if let Err(why) = readable(&wanted.themes, &choice, wanted.depth) {
                return Some(Fetched::Refused(choice, why));
            }
            let (told, fitted) = (choice.clone(), wanted.fit());
            let tell = move |kept| {
                let chosen = Fetched::Chosen(Chosen {
                    choice: told,
                    fitted,
                    kept,
                });
                let _ = queue.send(Wake::Themes(Box::new(chosen)));
            };
            keep(&choice, Box::new(tell));
            None
        });
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
        let one = ThemeChoice::One("x".to_owned());
        let themes = Themes::default();
        assert!(readable(&themes, &one, Depth::True).is_err());
        wardrobe.chosen(&one, false);
        assert_eq!(wardrobe.name(), "nowhere");
        assert_eq!(readable(&themes, &pair(), Depth::True), Ok(()));
        wardrobe.chosen(&pair(), true);
        assert_eq!(wardrobe.name(), "kanagawa");
    }

    #[test]
    fn what_was_tried_on_stays_on_until_the_choice_is_known() {
        let mut wardrobe = wardrobe(pair());
        wardrobe.change().unwrap();
        wardrobe.try_on(Some("dracula"));
        let dracula = wardrobe.send().unwrap().fit().unwrap();
        assert!(wardrobe.send().is_none(), "sent for once");
        assert!(wardrobe.put_on(dracula).is_some());
        wardrobe.choosing = true;
        wardrobe.try_on(None);
        assert!(wardrobe.send().is_none());
        wardrobe.chosen(&ThemeChoice::One("dracula".to_owned()), true);
        wardrobe.try_on(None);
        assert!(wardrobe.send().is_none());
        assert_eq!(wardrobe.name(), "dracula");
        // One that came after another was asked for is not worn.
        wardrobe.try_on(Some("dawn"));
        let dawn = wardrobe.send().unwrap().fit().unwrap();
        wardrobe.try_on(Some("dusk"));
        assert!(wardrobe.put_on(dawn).is_none());
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
