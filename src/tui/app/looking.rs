//! Keys that only look at an ask: nothing is answered by them, so they work before it is ready.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::tui::app::ask::{AskFocus, Sight};
use crate::tui::app::keymap::chord::narrow;

/// Rows of the longest body there is; the screen holds the number at its end.
const END: usize = 1_000_000;

impl AskFocus {
    /// Scrolls its body; `false`: the key is none of these. The arrows choose as soon as the end was seen.
    pub fn looks(&mut self, event: KeyEvent, now: Duration) -> bool {
        let plain = event.modifiers.difference(KeyModifiers::SHIFT).is_empty();
        let unread = self.arming.seen < Sight::Whole;
        let page = self.page.max(1);
        let scroll = match event.code {
            KeyCode::PageDown => self.scroll.saturating_add(page),
            KeyCode::PageUp => self.scroll.saturating_sub(page),
            KeyCode::End if plain => END,
            KeyCode::Home if plain => 0,
            KeyCode::Down if plain && unread => self.scroll.saturating_add(1),
            KeyCode::Up if plain && unread => self.scroll.saturating_sub(1),
            KeyCode::Char(c) if plain => match narrow(c) {
                'j' => self.scroll.saturating_add(1),
                'k' => self.scroll.saturating_sub(1),
                'G' => END,
                'g' => 0,
                _ => return false,
            },
            _ => return false,
        };
        self.scroll = scroll;
        if !matches!(event.code, KeyCode::PageDown | KeyCode::PageUp) {
            // Who writes prose has such a letter in it, and the next one is no answer.
            self.arming.rest(now);
        }
        true
    }
}
