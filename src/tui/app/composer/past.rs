//! Up and Down through the prompts of the past, and back to what was being written.

use crate::tui::app::composer::Composer;

/// Where Up has gone; without a place the text is the person's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// Among the prompts, newest first.
    at: Option<usize>,
    /// What was being written when Up first went there, as a draft keeps it.
    mine: String,
}

impl Past {
    /// What stands there is written on from here.
    pub fn leave(&mut self) {
        *self = Self::default();
    }
}

impl Composer {
    pub(crate) fn older(&mut self, past: &[String]) {
        let next = self.past.at.map_or(0, |index| index + 1);
        let Some(text) = past.get(next) else {
            return;
        };
        let mine = if self.past.at.is_none() {
            self.kept()
        } else {
            std::mem::take(&mut self.past.mine)
        };
        self.set(text);
        let at = Some(next);
        self.past = Past { at, mine };
    }

    pub(crate) fn newer(&mut self, past: &[String]) {
        let Some(index) = self.past.at else {
            return;
        };
        let mine = std::mem::take(&mut self.past.mine);
        let Some(newer) = index.checked_sub(1) else {
            self.restore(&mine);
            return;
        };
        self.set(past.get(newer).map_or("", String::as_str));
        let at = Some(newer);
        self.past = Past { at, mine };
    }
}
