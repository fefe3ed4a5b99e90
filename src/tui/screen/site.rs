//! What the drawing of one pane is given.

use crate::tui::app::ask::AskFocus;
use crate::tui::app::card::CardFocus;
use crate::tui::app::pane::Pane;
use crate::tui::app::view::View;
use crate::tui::app::{App, Focus};
use crate::tui::screen::look::Look;

/// A pane with the session it shows.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    pub app: &'a App,
    pub pane: &'a Pane,
    pub view: &'a View,
    /// What has the keys in it; `None`: it is only looked at.
    pub focus: Option<&'a Focus>,
    /// More than one pane is to be seen.
    pub several: bool,
    pub look: &'a Look,
}

impl<'a> Site<'a> {
    pub fn of(app: &'a App, pane: &'a Pane, several: bool, look: &'a Look) -> Option<Self> {
        let view = app.views.iter().find(|view| view.id == pane.session)?;
        Some(Self {
            app,
            pane,
            view,
            focus: (pane.id == app.panes.focus()).then_some(&app.focus),
            several,
            look,
        })
    }

    pub fn types(&self) -> bool {
        matches!(self.focus, Some(Focus::Composer))
    }

    /// The ask of this session that has the keys.
    pub fn ask(&self) -> Option<&'a AskFocus> {
        match self.focus {
            Some(Focus::Ask(ask)) if ask.session == self.view.id => Some(ask),
            _ => None,
        }
    }

    /// The card of a failure, when it has the keys.
    pub fn card(&self) -> Option<&'a CardFocus> {
        match self.focus {
            Some(Focus::Card(card)) => Some(card),
            _ => None,
        }
    }
}
