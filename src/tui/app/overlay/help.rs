//! All keys of this place and of everywhere, and the commands of the composer.

use crossterm::event::{KeyCode, KeyEvent};

use crate::tui::app::keymap::Place;
use crate::tui::app::overlay::Reply;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Help {
    /// The place it was opened from: its keys come first.
    pub place: Place,
    pub scroll: usize,
}

impl Help {
    pub fn key(&mut self, event: KeyEvent) -> Reply {
        match event.code {
            KeyCode::Down | KeyCode::Char('j') => self.scroll += 1,
            KeyCode::Up | KeyCode::Char('k') => self.scroll = self.scroll.saturating_sub(1),
            KeyCode::PageDown | KeyCode::Char(' ') => self.scroll += 10,
            KeyCode::PageUp => self.scroll = self.scroll.saturating_sub(10),
            KeyCode::Home => self.scroll = 0,
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | '?') => return Reply::Close,
            _ => {}
        }
        // The screen shows the foot at the latest; the number itself stays small.
        self.scroll = self.scroll.min(500);
        Reply::Stay
    }
}
