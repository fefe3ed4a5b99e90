//! Choosing a row of a list by typing a part of it or by the arrows: what all lists have in common. Typing finds and Ctrl+U
//! clears it, also where a letter would be handier as a key; Esc closes at once, whatever is typed.

use crate::agent::words::Words;
use crate::tui::app::ask::edit_line;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::text::Text;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pick {
    pub filter: Text,
    /// Among the rows that the filter leaves.
    pub at: usize,
}

/// What a key came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picked {
    Moved,
    Chosen,
    Closed,
}

impl Pick {
    /// `count` is the number of rows the filter leaves now.
    pub fn key(&mut self, press: Press, count: usize) -> Picked {
        let last = count.saturating_sub(1);
        let empty = self.filter.is_empty();
        match press.action {
            Some(Action::Close) => return Picked::Closed,
            Some(Action::Choose) => {
                return if count == 0 {
                    Picked::Moved
                } else {
                    Picked::Chosen
                };
            }
            Some(Action::ScrollDown) => self.at = (self.at + 1).min(last),
            Some(Action::ScrollUp) => self.at = self.at.saturating_sub(1),
            Some(Action::PageDown) => self.at = (self.at + 10).min(last),
            Some(Action::PageUp) => self.at = self.at.saturating_sub(10),
            Some(Action::Top) if empty => self.at = 0,
            Some(Action::Bottom) if empty => self.at = last,
            _ => {
                let before = self.filter.as_str().to_owned();
                edit_line(&mut self.filter, press.event);
                if before != self.filter.as_str() {
                    self.at = 0;
                }
            }
        }
        Picked::Moved
    }

    pub fn insert(&mut self, text: &str) {
        self.filter.insert(text);
        self.at = 0;
    }

    /// Whether a row with these words stays: every word of the filter is somewhere in it, whatever the case.
    pub fn fits(&self, row: &str) -> bool {
        Words::new(self.filter.as_str()).are_in(&[row])
    }
}
