//! All notices in full, where the pane had no room for them.

use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::overlay::{Reply, Wish};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notices {
    pub scroll: usize,
    /// Rows that a page key moves.
    pub page: usize,
}

impl Notices {
    pub fn key(&mut self, press: Press) -> Reply {
        match press.action {
            Some(Action::ScrollDown) => self.scroll += 1,
            Some(Action::ScrollUp) => self.scroll = self.scroll.saturating_sub(1),
            Some(Action::PageDown) => self.scroll += self.page,
            Some(Action::PageUp) => self.scroll = self.scroll.saturating_sub(self.page),
            Some(Action::PutAway) => return Reply::Do(Wish::PutAway),
            Some(Action::Close) => return Reply::Close,
            _ => {}
        }
        // The screen shows the last rows at the latest; the number itself stays small.
        self.scroll = self.scroll.min(10_000);
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
        let mut overlay = Notices::default();
        assert_eq!(overlay.key(key('ｊ')), Reply::Stay);
        assert_eq!(overlay.scroll, 1);
        overlay.key(key('ｋ'));
        assert_eq!(overlay.scroll, 0);
        assert_eq!(overlay.key(key('ｑ')), Reply::Close);
    }
}
