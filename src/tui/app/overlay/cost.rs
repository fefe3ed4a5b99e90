//! What was spent, by model: today and in this session.

use crossterm::event::{KeyCode, KeyEvent};

use crate::protocol::query::SpendRow;
use crate::tui::app::keymap::chord::narrow;
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
        let code = match event.code {
            KeyCode::Char(c) => KeyCode::Char(narrow(c)),
            code => code,
        };
        match code {
            KeyCode::Down | KeyCode::Char('j') => self.scroll = (self.scroll + 1).min(500),
            KeyCode::Up | KeyCode::Char('k') => self.scroll = self.scroll.saturating_sub(1),
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q') => return Reply::Close,
            _ => {}
        }
        Reply::Stay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_keys_count_as_their_narrow_ones() {
        let key = |c| KeyEvent::from(KeyCode::Char(c));
        let mut overlay = Cost::default();
        assert_eq!(overlay.key(key('ｊ')), Reply::Stay);
        assert_eq!(overlay.scroll, 1);
        overlay.key(key('ｋ'));
        assert_eq!(overlay.scroll, 0);
        assert_eq!(overlay.key(key('ｑ')), Reply::Close);
    }
}
