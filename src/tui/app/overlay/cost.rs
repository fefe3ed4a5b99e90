//! What was spent, by model: today and in this session.

use crossterm::event::{KeyCode, KeyEvent};

use crate::protocol::query::SpendRow;
use crate::tui::app::overlay::Reply;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cost {
    /// The last days, newest first; `None` until they were read.
    pub days: Option<Vec<SpendRow>>,
    pub models: Option<Vec<SpendRow>>,
    pub failed: Option<String>,
    pub scroll: usize,
}

impl Cost {
    pub fn key(&mut self, event: KeyEvent) -> Reply {
        match event.code {
            KeyCode::Down | KeyCode::Char('j') => self.scroll = (self.scroll + 1).min(500),
            KeyCode::Up | KeyCode::Char('k') => self.scroll = self.scroll.saturating_sub(1),
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q') => return Reply::Close,
            _ => {}
        }
        Reply::Stay
    }
}
