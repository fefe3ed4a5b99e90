//! Keys that only look at an ask: nothing is answered by them, so they work before it is ready.

use std::time::Duration;

use crate::tui::app::arming::Sight;
use crate::tui::app::ask::AskFocus;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::press::Press;

/// Rows of the longest body there is; the screen holds the number at its end.
const END: usize = 1_000_000;

impl AskFocus {
    /// Scrolls its body; `false`: the key is none of these. What marks a choice does so as soon as the end was seen.
    pub fn looks(&mut self, press: Press, now: Duration) -> bool {
        let unread = self.arming.seen < Sight::Whole;
        let page = self.page.max(1);
        let Some(action) = press.action else {
            return false;
        };
        self.scroll = match action {
            Action::PageDown => self.scroll.saturating_add(page),
            Action::PageUp => self.scroll.saturating_sub(page),
            Action::ScrollDown => self.scroll.saturating_add(1),
            Action::ScrollUp => self.scroll.saturating_sub(1),
            Action::MarkAfter if unread => self.scroll.saturating_add(1),
            Action::MarkBefore if unread => self.scroll.saturating_sub(1),
            Action::Bottom => END,
            Action::Top => 0,
            _ => return false,
        };
        let pages = matches!(action, Action::PageDown | Action::PageUp);
        if !pages || press.letter().is_some() {
            // Who writes prose has such a letter in it, and the next one is no answer.
            self.arming.rest(now);
        }
        true
    }
}
