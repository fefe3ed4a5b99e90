//! The keys that a foot names, as they are now.

use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::live::Keymap;
use crate::tui::app::keymap::place::Place;

/// A key with what it does.
#[derive(Debug, Clone, Copy)]
pub enum Hint<'a> {
    /// As the keymap has it; left out where nothing does it now.
    Does(Action, &'a str),
    /// Several that belong together.
    All(&'a [Action], &'a str),
    /// The same, with something before them that is no row of the table.
    After(&'a str, &'a [Action], &'a str),
    /// A key that is no row of the table.
    Said(&'a str, &'a str),
}

/// The keys of a place.
#[derive(Debug, Clone, Copy)]
pub struct Named<'k> {
    pub keymap: &'k Keymap,
    pub place: Place,
}

impl Named<'_> {
    /// Keys and what they do, as a foot draws them.
    pub fn keys(self, hints: &[Hint]) -> Vec<(String, String)> {
        let pairs = hints.iter().filter_map(|hint| match *hint {
            Hint::Does(action, what) => Some((self.all(&[action])?, what.to_owned())),
            Hint::All(actions, what) => Some((self.all(actions)?, what.to_owned())),
            Hint::After(before, actions, what) => {
                Some((format!("{before}{}", self.all(actions)?), what.to_owned()))
            }
            Hint::Said(key, what) => Some((key.to_owned(), what.to_owned())),
        });
        pairs.collect()
    }

    /// The key of one action, else nothing.
    pub fn key(self, action: Action) -> String {
        self.all(&[action]).unwrap_or_default()
    }

    /// The keys that these actions have; `None`: there is none. Arrows stand as signs, and beside one another.
    fn all(self, actions: &[Action]) -> Option<String> {
        let mut out = String::new();
        let mut arrow_before = false;
        for key in actions
            .iter()
            .filter_map(|action| self.keymap.key(self.place, *action))
        {
            let key = if key == "Delete" { "Del" } else { &key };
            let arrow = match key {
                "Up" => Some("↑"),
                "Down" => Some("↓"),
                "Left" => Some("←"),
                "Right" => Some("→"),
                _ => None,
            };
            let beside = arrow_before && arrow.is_some();
            if !(out.is_empty() || beside) {
                out.push(' ');
            }
            out.push_str(arrow.unwrap_or(key));
            arrow_before = arrow.is_some();
        }
        (!out.is_empty()).then_some(out)
    }
}
