//! Quitting while something runs: asked once.

use crossterm::event::{KeyCode, KeyEvent};

use crate::tui::app::ask::moved;
use crate::tui::app::keymap::chord::narrow;
use crate::tui::app::overlay::{Reply, Wish};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quit {
    /// Titles of the sessions whose turns would be stopped.
    pub running: Vec<String>,
    /// Starts on none, so that Enter alone does nothing.
    pub highlight: Option<usize>,
}

impl Quit {
    pub fn key(&mut self, event: KeyEvent) -> Reply {
        yes_or_no(&mut self.highlight, event, Wish::Quit)
    }
}

/// A key of a question with two answers: `yes` is done, or all stays as it is.
pub fn yes_or_no(highlight: &mut Option<usize>, event: KeyEvent, yes: Wish) -> Reply {
    match event.code {
        KeyCode::Esc => Reply::Close,
        KeyCode::Up | KeyCode::Down | KeyCode::Left | KeyCode::Right => {
            *highlight = moved(*highlight, 2, event.code);
            Reply::Stay
        }
        KeyCode::Enter => match highlight {
            Some(0) => Reply::Do(yes),
            Some(_) => Reply::Close,
            None => Reply::Stay,
        },
        KeyCode::Char(c) => match narrow(c) {
            'y' | '1' => Reply::Do(yes),
            'n' | '2' => Reply::Close,
            _ => Reply::Stay,
        },
        _ => Reply::Stay,
    }
}
