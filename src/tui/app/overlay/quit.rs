//! Quitting while something runs: asked once.

use crate::tui::app::choosing::moved;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::overlay::{Reply, Wish};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quit {
    /// Titles of the sessions whose turns would be stopped.
    pub running: Vec<String>,
    /// Starts on the no, so that Enter alone changes nothing.
    pub highlight: Option<usize>,
}

impl Quit {
    pub fn key(&mut self, press: Press) -> Reply {
        yes_or_no(&mut self.highlight, press, Wish::Quit)
    }
}

/// The row of the no.
pub const NO: Option<usize> = Some(1);

/// A key of a question with two answers: `yes` is done, or all stays as it is. Another letter is the beginning of something
/// that is written: it goes where it would have gone, and a yes further on in it answers nothing.
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
        None if press.action.is_none() && press.letter().is_some() => Reply::Beneath,
        None => Reply::Stay,
    }
}
