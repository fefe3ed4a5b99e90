//! Keys of the board.

use crossterm::event::KeyCode;

use crate::tui::app::keymap::chord::{key, plain};
use crate::tui::app::keymap::place::Place::Board;
use crate::tui::app::keymap::{Action, Binding, bind};

#[rustfmt::skip]
pub const ROWS: &[Binding] = &[
    bind(Board, Action::BoardOpen, "board-open", "open the marked session", &[key(KeyCode::Enter)], None),
    bind(Board, Action::BoardDecide, "board-decide", "go to what waits in it", &[plain('a')], None),
    bind(Board, Action::BoardReply, "board-reply", "write to it from here", &[key(KeyCode::Tab)], None),
    bind(Board, Action::BoardTurns, "board-turns", "its turns, to open it at one", &[plain('t'), key(KeyCode::Right)], None),
    bind(Board, Action::NewSession, "board-new", "new session here", &[plain('n')], None),
    bind(Board, Action::NewWorktree, "board-worktree", "new session in a worktree", &[plain('N')], None),
    bind(Board, Action::BoardFiles, "board-files", "files it changed", &[plain('f')], None),
    bind(Board, Action::BoardMerge, "board-merge", "merge its worktree (shows it first)", &[plain('M')], None),
    bind(Board, Action::BoardRename, "board-rename", "another title", &[plain('R')], None),
    bind(Board, Action::BoardPin, "board-pin", "pin it, and back: first in its group", &[plain('p')], None),
    bind(Board, Action::BoardStop, "board-stop", "stop its turn", &[plain('x')], None),
    bind(Board, Action::BoardArchive, "board-archive", "archive it, and back", &[plain('A')], None),
    bind(Board, Action::BoardDelete, "board-delete", "delete it for good (asks)", &[plain('D')], None),
    bind(Board, Action::BoardUndo, "board-undo", "undo: archive, pin, title, closed tab", &[plain('u')], None),
    bind(Board, Action::BoardFind, "board-find", "find by title, words, folder, model, state", &[plain('/')], None),
    bind(Board, Action::BoardScope, "board-scope", "this project, or all", &[plain('s')], None),
    bind(Board, Action::ScrollDown, "board-down", "session below", &[plain('j'), key(KeyCode::Down)], None),
    bind(Board, Action::ScrollUp, "board-up", "session above", &[plain('k'), key(KeyCode::Up)], None),
    bind(Board, Action::Top, "board-top", "the first", &[plain('g'), key(KeyCode::Home)], None),
    bind(Board, Action::Bottom, "board-bottom", "the last", &[plain('G'), key(KeyCode::End)], None),
    bind(Board, Action::BoardKeys, "board-keys", "the rest of the keys, at the foot", &[plain(' ')], None),
    bind(Board, Action::Help, "board-help", "help", &[plain('?')], None),
    bind(Board, Action::BoardLeave, "board-leave", "back", &[key(KeyCode::Esc)], None),
];
