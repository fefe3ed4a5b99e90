//! What was spent, by model: today and in this session.

use crate::protocol::query::SpendRow;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::overlay::Reply;

/// More rows than there are; the screen shows the last ones at the latest.
const MOST: usize = 500;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cost {
    /// The last days, newest first; `None` until they were read.
    pub days: Option<Vec<SpendRow>>,
    pub models: Option<Vec<SpendRow>>,
    pub failed: Option<String>,
    pub scroll: usize,
    /// Rows that a page key moves.
    pub page: usize,
}

impl Cost {
    pub fn key(&mut self, press: Press) -> Reply {
        match press.action {
            Some(Action::ScrollDown) => self.scroll = (self.scroll + 1).min(MOST),
            Some(Action::ScrollUp) => self.scroll = self.scroll.saturating_sub(1),
            Some(Action::PageDown) => self.scroll = (self.scroll + self.page).min(MOST),
            Some(Action::PageUp) => self.scroll = self.scroll.saturating_sub(self.page),
            Some(Action::Close) => return Reply::Close,
            _ => {}
        }
        Reply::Stay
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent};

    use super::*;
    use crate::tui::app::keymap::place::Place;

    #[test]
    fn full_width_keys_count_as_their_narrow_ones() {
        let key = |c| Press::shipped(Place::Page, KeyEvent::from(KeyCode::Char(c)));
        let mut overlay = Cost::default();
        assert_eq!(overlay.key(key('ｊ')), Reply::Stay);
        assert_eq!(overlay.scroll, 1);
        overlay.key(key('ｋ'));
        assert_eq!(overlay.scroll, 0);
        assert_eq!(overlay.key(key('ｑ')), Reply::Close);
    }
}
