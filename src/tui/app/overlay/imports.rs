//! The programs on this machine whose sessions can be taken in, and how far that is.

use std::path::PathBuf;

use crate::protocol::import::{Program, Source};
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::overlay::{Reply, Wish};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Imports {
    /// `None` until they were looked for.
    pub sources: Option<Vec<Source>>,
    /// The marked one.
    pub at: usize,
    pub failed: Option<String>,
}

impl Imports {
    pub fn shown(&self) -> &[Source] {
        self.sources.as_deref().unwrap_or_default()
    }

    pub fn marked(&self) -> Option<&Source> {
        self.shown().get(self.at)
    }

    /// They were looked for: the mark stays where it was.
    pub fn found(&mut self, sources: Vec<Source>) {
        let marked = self.marked().map(|source| source.path.clone());
        let at = sources
            .iter()
            .position(|source| Some(&source.path) == marked.as_ref());
        self.at = at.unwrap_or_default();
        self.failed = None;
        self.sources = Some(sources);
    }

    pub fn key(&mut self, press: Press) -> Reply {
        let last = self.shown().len().saturating_sub(1);
        match press.action {
            Some(Action::Close) => return Reply::Close,
            Some(Action::Memory) => return Reply::Do(Wish::Search),
            Some(Action::ImportsStop) => return Reply::Do(Wish::StopImport),
            Some(Action::Choose) => {
                return self.marked().map_or(Reply::Stay, |source| {
                    let (program, path): (Program, PathBuf) = (source.program, source.path.clone());
                    Reply::Do(Wish::TakeIn(program, path))
                });
            }
            Some(Action::ScrollDown) => self.at = (self.at + 1).min(last),
            Some(Action::ScrollUp) => self.at = self.at.saturating_sub(1),
            _ => {}
        }
        Reply::Stay
    }
}
