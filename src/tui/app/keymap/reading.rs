//! Keys of the transcript: those of a pager.

use crossterm::event::KeyCode;

use crate::tui::app::keymap::Place::Transcript;
use crate::tui::app::keymap::chord::{ctrl, key, plain};
use crate::tui::app::keymap::{Action, Binding, bind};

#[rustfmt::skip]
pub const ROWS: &[Binding] = &[
    bind(Transcript, Action::ScrollDown, "scroll-down", "line down", &[plain('j'), key(KeyCode::Down)], None),
    bind(Transcript, Action::ScrollUp, "scroll-up", "line up", &[plain('k'), key(KeyCode::Up)], None),
    bind(Transcript, Action::HalfDown, "half-down", "half a page down", &[ctrl('d')], None),
    bind(Transcript, Action::HalfUp, "half-up", "half a page up", &[ctrl('u')], None),
    bind(Transcript, Action::Top, "top", "to the top (g g)", &[plain('g'), key(KeyCode::Home)], None),
    bind(Transcript, Action::Bottom, "bottom", "to the newest", &[plain('G'), key(KeyCode::End)], None),
    bind(Transcript, Action::Insert, "insert", "back to typing", &[plain('i'), plain('a'), key(KeyCode::Enter)], None),
    bind(Transcript, Action::Leader, "leader-here", "keys for everywhere", &[plain(' ')], None),
    bind(Transcript, Action::Help, "help-here", "help", &[plain('?')], None),
    bind(Transcript, Action::ToCards, "to-cards-here", "to what waits", &[key(KeyCode::Tab)], None),
    bind(Transcript, Action::Leave, "leave-here", "twice while a turn runs: stop it", &[key(KeyCode::Esc)], None),
];
