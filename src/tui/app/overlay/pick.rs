//! Choosing a row of a list by typing a part of it or by the arrows: what all lists have in common. Typing finds and Ctrl+U
//! clears it, also where a letter would be handier as a key; Esc closes at once, whatever is typed.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::agent::words::Words;
use crate::tui::app::ask::edit_line;
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
    pub fn key(&mut self, event: KeyEvent, count: usize) -> Picked {
        // As in a shell; Ctrl+P also moves in what it has opened.
        let code = match event.code {
            KeyCode::Char('n') if event.modifiers == KeyModifiers::CONTROL => KeyCode::Down,
            KeyCode::Char('p') if event.modifiers == KeyModifiers::CONTROL => KeyCode::Up,
            code => code,
        };
        match code {
            KeyCode::Esc => return Picked::Closed,
            KeyCode::Enter => {
                return if count == 0 {
                    Picked::Moved
                } else {
                    Picked::Chosen
                };
            }
            KeyCode::Down => self.at = (self.at + 1).min(count.saturating_sub(1)),
            KeyCode::Up => self.at = self.at.saturating_sub(1),
            KeyCode::PageDown => self.at = (self.at + 10).min(count.saturating_sub(1)),
            KeyCode::PageUp => self.at = self.at.saturating_sub(10),
            _ => {
                let before = self.filter.as_str().to_owned();
                edit_line(&mut self.filter, event);
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
