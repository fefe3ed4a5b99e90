//! Everything the person ever asked, over all sessions: found by its words, put back into the composer.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::tui::app::overlay::pick::{Pick, Picked};
use crate::tui::app::overlay::{Reply, Wish};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prompts {
    /// Newest first; `None` until they were read.
    pub prompts: Option<Vec<String>>,
    pub pick: Pick,
    pub failed: Option<String>,
}

impl Prompts {
    pub fn shown(&self) -> Vec<&String> {
        self.prompts
            .iter()
            .flatten()
            .filter(|prompt| self.pick.fits(prompt))
            .collect()
    }

    pub fn key(&mut self, event: KeyEvent) -> Reply {
        let chosen = self.shown().get(self.pick.at).map(|&text| text.clone());
        let count = self.shown().len();
        // Ctrl+R again goes one further back, as in a shell.
        let event = if event.code == KeyCode::Char('r') && event.modifiers == KeyModifiers::CONTROL
        {
            KeyEvent::new(KeyCode::Down, KeyModifiers::NONE)
        } else {
            event
        };
        match (self.pick.key(event, count), chosen) {
            (Picked::Closed, _) => Reply::Close,
            (Picked::Chosen, Some(text)) => Reply::Do(Wish::Compose(text)),
            _ => Reply::Stay,
        }
    }
}
