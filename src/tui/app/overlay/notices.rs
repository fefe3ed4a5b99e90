//! All notices in full, where the pane had no room for them.

use crossterm::event::{KeyCode, KeyEvent};

use crate::tui::app::keymap::chord::narrow;
use crate::tui::app::overlay::{Reply, Wish};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notices {
    pub scroll: usize,
}

impl Notices {
    pub fn key(&mut self, event: KeyEvent) -> Reply {
        let code = match event.code {
            KeyCode::Char(c) => KeyCode::Char(narrow(c)),
            code => code,
        };
        match code {
            KeyCode::Down | KeyCode::Char('j') => self.scroll += 1,
            KeyCode::Up | KeyCode::Char('k') => self.scroll = self.scroll.saturating_sub(1),
            KeyCode::PageDown | KeyCode::Char(' ') => self.scroll += 10,
            KeyCode::PageUp => self.scroll = self.scroll.saturating_sub(10),
            KeyCode::Char('d') => return Reply::Do(Wish::PutAway),
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q') => return Reply::Close,
            _ => {}
        }
        // The screen shows the last rows at the latest; the number itself stays small.
        self.scroll = self.scroll.min(10_000);
        Reply::Stay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_keys_count_as_their_narrow_ones() {
        let key = |c| KeyEvent::from(KeyCode::Char(c));
        let mut overlay = Notices::default();
        assert_eq!(overlay.key(key('ｊ')), Reply::Stay);
        assert_eq!(overlay.scroll, 1);
        overlay.key(key('ｋ'));
        assert_eq!(overlay.scroll, 0);
        assert_eq!(overlay.key(key('ｑ')), Reply::Close);
    }
}
