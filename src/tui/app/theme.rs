//! The theme as the state knows it: what the list of themes wishes for, and what came of it. What is worn is not known here.

use crate::config::theme::ThemeChoice;
use crate::tui::app::App;
use crate::tui::app::message::Cmd;
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::themes::{Offered, Themes};
use crate::tui::app::saying::Matter;

impl App {
    /// The list of themes, with the one that is marked worn while one looks.
    pub fn show_themes(&mut self) -> Vec<Cmd> {
        self.show(Overlay::Themes(Themes::default()));
        vec![Cmd::ListThemes]
    }

    pub fn themes_found(&mut self, offered: Offered) {
        if let Some(Overlay::Themes(overlay)) = &mut self.overlay {
            overlay.found(offered);
        }
    }

    /// The theme that is looked at before it is chosen.
    pub fn tried_theme(&self) -> Option<&str> {
        match &self.overlay {
            Some(Overlay::Themes(overlay)) => overlay.tried(),
            _ => None,
        }
    }

    /// What came of a choice that is worn: kept in the config, or shown for this run alone.
    pub fn theme_kept(&mut self, choice: &ThemeChoice, kept: Result<(), String>) {
        self.notice_of(Matter::Theme, kept.as_ref().err().cloned());
        if kept.is_ok() {
            self.setup.wishes.theme = choice.clone();
        }
        match (kept, choice) {
            (Ok(()), ThemeChoice::Usual) => self.say("the theme follows the terminal again"),
            (Ok(()), ThemeChoice::One(name)) => self.say(format!("theme {name} is in the config")),
            (Ok(()), ThemeChoice::Pair { light, dark }) => {
                self.say(format!(
                    "theme {dark} on a dark terminal, {light} on a light one"
                ));
            }
            (Err(_), _) => {}
        }
    }
}
