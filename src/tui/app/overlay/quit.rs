//! Quitting while something runs: asked once.

use crate::tui::app::choosing::moved;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::overlay::{Reply, Wish};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quit {
    /// Titles of the sessions whose turns would be stopped.
    pub running: Vec<String>,
    /// Starts on none, so that Enter alone does nothing.
    pub highlight: Option<usize>,
}

impl Quit {
    pub fn key(&mut self, press: Press) -> Reply {
        yes_or_no(&mut self.highlight, press, Wish::Quit)
    }
}

/// A key of a question with two answers: `yes` is done, or all stays as it is.
pub fn yes_or_no(highlight: &mut Option<usize>, press: Press, yes: Wish) -> Reply {
    let answer = match (press.action, press.row()) {
        (Some(Action::QuestionYes), _) | (_, Some(0)) => Some(0),
        (Some(Action::QuestionNo | Action::Close), _) | (_, Some(1)) => Some(1),
        (Some(Action::Choose), _) => *highlight,
        (Some(action @ (Action::MarkAfter | Action::MarkBefore)), _) => {
            *highlight = moved(*highlight, 2, action);
            None
        }
        _ => None,
    };
    match answer {
        Some(0) => Reply::Do(yes),
        Some(_) => Reply::Close,
        None => Reply::Stay,
    }
}
