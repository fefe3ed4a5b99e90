//! A key as what lies over the screen hears it: what it does there by the live keys, and itself, where it may be text.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::chord::{chord, key, narrow, narrowed};
use crate::tui::app::keymap::live::Keymap;
use crate::tui::app::keymap::place::Place;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Press {
    pub event: KeyEvent,
    pub action: Option<Action>,
}

impl Press {
    /// What it is by the keys as they are shipped.
    #[cfg(test)]
    pub fn shipped(place: Place, event: impl Into<KeyEvent>) -> Self {
        Keymap::default().press(place, event.into())
    }

    /// A letter, digit or sign without anything held beside it: text where something is typed.
    pub fn letter(&self) -> Option<char> {
        let plain = self
            .event
            .modifiers
            .difference(KeyModifiers::SHIFT)
            .is_empty();
        match self.event.code {
            KeyCode::Char(c) if plain => Some(narrow(c)),
            _ => None,
        }
    }

    /// The row that a digit stands for, counted from 0.
    pub fn row(&self) -> Option<usize> {
        let number = self.letter()?.to_digit(10)?.checked_sub(1)?;
        usize::try_from(number).ok()
    }
}

impl Keymap {
    /// What a key does in a place that lies over the screen. Full-width letters count as their narrow ones.
    pub fn press(&self, place: Place, event: KeyEvent) -> Press {
        let foreign = KeyModifiers::SUPER | KeyModifiers::HYPER | KeyModifiers::META;
        if event.modifiers.intersects(foreign) {
            return Press {
                event,
                action: None,
            };
        }
        let chord = narrowed(chord(event));
        let action = self.at(place, chord).or_else(|| {
            // Held beside a key with a name nothing is meant by it; where something is decided it has to be that key.
            let named = !matches!(chord.code, KeyCode::Char(_));
            let free =
                named && (chord.code == KeyCode::Esc || !matches!(place, Place::Ask | Place::Card));
            free.then(|| self.at(place, key(chord.code))).flatten()
        });
        Press { event, action }
    }
}
