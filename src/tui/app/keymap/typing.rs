//! Keys of lines that are typed beside the composer, and of what is offered while one types.

use crossterm::event::KeyCode;

use crate::tui::app::keymap::chord::{ctrl, key, plain};
use crate::tui::app::keymap::place::Place::{BoardDelete, BoardLine, Offers, Search};
use crate::tui::app::keymap::{Action, Binding, bind};

#[rustfmt::skip]
pub const ROWS: &[Binding] = &[
    bind(BoardLine, Action::Choose, "board-line-enter", "send the reply, give the title, to what was found", &[key(KeyCode::Enter)], None),
    bind(BoardLine, Action::MarkAfter, "board-line-after", "while one finds: session below", &[key(KeyCode::Down)], None),
    bind(BoardLine, Action::MarkBefore, "board-line-before", "while one finds: session above", &[key(KeyCode::Up)], None),
    bind(BoardLine, Action::PageDown, "board-line-page-down", "while one finds: a page down", &[key(KeyCode::PageDown)], None),
    bind(BoardLine, Action::PageUp, "board-line-page-up", "while one finds: a page up", &[key(KeyCode::PageUp)], None),
    bind(BoardLine, Action::Close, "board-line-leave", "back to the list; a reply that was begun is kept", &[key(KeyCode::Esc)], None),

    bind(BoardDelete, Action::QuestionYes, "board-delete-yes", "delete it: Enter makes it so", &[plain('y')], None),
    bind(BoardDelete, Action::QuestionNo, "board-delete-no", "keep it", &[plain('n')], None),
    bind(BoardDelete, Action::Choose, "board-delete-choose", "the second key of the yes", &[key(KeyCode::Enter)], None),
    bind(BoardDelete, Action::Close, "board-delete-leave", "keep it", &[key(KeyCode::Esc)], None),

    bind(Offers, Action::Choose, "offers-choose", "run the command, mention the file or session", &[key(KeyCode::Enter)], None),
    bind(Offers, Action::OffersComplete, "offers-complete", "write what is marked", &[key(KeyCode::Tab)], None),
    bind(Offers, Action::MarkAfter, "offers-after", "row below", &[key(KeyCode::Down), ctrl('n')], None),
    bind(Offers, Action::MarkBefore, "offers-before", "row above", &[key(KeyCode::Up), ctrl('p')], None),
    bind(Offers, Action::Close, "offers-close", "close the list; the text stays", &[key(KeyCode::Esc)], None),

    bind(Search, Action::Choose, "search-enter", "search the whole session", &[key(KeyCode::Enter)], None),
    bind(Search, Action::Close, "search-leave", "end it, back to where one was", &[key(KeyCode::Esc), ctrl('g')], None),
];
