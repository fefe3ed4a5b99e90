//! Keys that all lists have, of pages that are only read, and of the first page.

use crossterm::event::KeyCode;

use crate::tui::app::keymap::chord::{ctrl, key, plain};
use crate::tui::app::keymap::place::Place::{FirstPage, List, Page};
use crate::tui::app::keymap::{Action, Binding, bind};

#[rustfmt::skip]
pub const ROWS: &[Binding] = &[
    // As in a shell; Ctrl+P also moves in what it has opened.
    bind(List, Action::ScrollDown, "list-down", "row below", &[key(KeyCode::Down), ctrl('n')], None),
    bind(List, Action::ScrollUp, "list-up", "row above", &[key(KeyCode::Up), ctrl('p')], None),
    bind(List, Action::PageDown, "list-page-down", "ten rows down", &[key(KeyCode::PageDown)], None),
    bind(List, Action::PageUp, "list-page-up", "ten rows up", &[key(KeyCode::PageUp)], None),
    bind(List, Action::Top, "list-first", "the first, while nothing is typed", &[key(KeyCode::Home)], None),
    bind(List, Action::Bottom, "list-last", "the last, while nothing is typed", &[key(KeyCode::End)], None),
    bind(List, Action::Choose, "list-choose", "take what is marked, or what is typed", &[key(KeyCode::Enter)], None),
    bind(List, Action::Close, "list-close", "close at once; within a page of a page: back", &[key(KeyCode::Esc)], None),
    bind(List, Action::Help, "list-help", "help", &[key(KeyCode::F(1))], None),

    bind(Page, Action::ScrollDown, "page-row-down", "row down", &[plain('j'), key(KeyCode::Down)], None),
    bind(Page, Action::ScrollUp, "page-row-up", "row up", &[plain('k'), key(KeyCode::Up)], None),
    bind(Page, Action::PageDown, "page-forward-here", "a page down", &[key(KeyCode::PageDown), plain(' ')], None),
    bind(Page, Action::PageUp, "page-back-here", "a page up", &[key(KeyCode::PageUp)], None),
    bind(Page, Action::PutAway, "page-put-away", "put the notices away", &[plain('d')], None),
    bind(Page, Action::Help, "page-help", "help", &[plain('?'), key(KeyCode::F(1))], None),
    bind(Page, Action::Close, "page-close", "close", &[key(KeyCode::Esc), key(KeyCode::Enter), plain('q')], None),

    bind(FirstPage, Action::ScrollDown, "first-down", "way below", &[key(KeyCode::Down), plain('j')], None),
    bind(FirstPage, Action::ScrollUp, "first-up", "way above", &[key(KeyCode::Up), plain('k')], None),
    bind(FirstPage, Action::Choose, "first-choose", "take the way that is marked", &[key(KeyCode::Enter)], None),
    bind(FirstPage, Action::Sessions, "first-sessions", "which folder: all sessions", &[plain('w')], None),
    bind(FirstPage, Action::Help, "first-help", "help", &[plain('?'), key(KeyCode::F(1))], None),
    bind(FirstPage, Action::Quit, "first-quit", "quit", &[plain('q')], None),
    bind(FirstPage, Action::Close, "first-leave", "look around without a model; further on: back", &[key(KeyCode::Esc)], None),
];
