//! Keys of the composer: those of emacs and of a shell.

use crossterm::event::{KeyCode, KeyModifiers};

use crate::tui::app::keymap::chord::{alt, ctrl, key, with};
use crate::tui::app::keymap::place::Place::Composer;
use crate::tui::app::keymap::{Action, Binding, bind};

const CTRL_SHIFT: KeyModifiers = KeyModifiers::CONTROL.union(KeyModifiers::SHIFT);

#[rustfmt::skip]
pub const ROWS: &[Binding] = &[
    bind(Composer, Action::Send, "send", "send; while a turn runs: steer it", &[key(KeyCode::Enter)], None),
    bind(Composer, Action::Queue, "queue", "queue as the next turn", &[with(KeyCode::Enter, KeyModifiers::ALT)], None),
    bind(Composer, Action::ToCards, "to-cards", "with text: queue; empty: to what waits", &[key(KeyCode::Tab)], None),
    bind(Composer, Action::TakeBack, "take-back", "take the newest queued text back", &[with(KeyCode::Up, KeyModifiers::ALT)], None),
    bind(Composer, Action::NewLine, "new-line", "new line", &[ctrl('j'), with(KeyCode::Enter, KeyModifiers::SHIFT)], None),
    bind(Composer, Action::SearchPrompts, "search-prompts", "search all past prompts", &[ctrl('r')], None),
    bind(Composer, Action::PastePicture, "paste-picture", "a picture from the clipboard", &[ctrl('v')], None),
    bind(Composer, Action::OpenChip, "open-chip", "open the paste at the cursor, else outputs", &[ctrl('o')], None),
    bind(Composer, Action::Leave, "leave", "to the transcript; twice while a turn runs: stop it", &[key(KeyCode::Esc)], None),
    bind(Composer, Action::Up, "up", "line up; at the top: prompt before", &[key(KeyCode::Up)], None),
    bind(Composer, Action::Down, "down", "line down; at the foot: prompt after", &[key(KeyCode::Down), ctrl('n')], None),
    bind(Composer, Action::Left, "left", "left", &[key(KeyCode::Left), ctrl('b')], None),
    bind(Composer, Action::Right, "right", "right", &[key(KeyCode::Right), ctrl('f')], None),
    bind(Composer, Action::WordLeft, "word-left", "word left", &[alt('b'), with(KeyCode::Left, KeyModifiers::CONTROL), with(KeyCode::Left, KeyModifiers::ALT)], None),
    bind(Composer, Action::WordRight, "word-right", "word right", &[alt('f'), with(KeyCode::Right, KeyModifiers::CONTROL), with(KeyCode::Right, KeyModifiers::ALT)], None),
    bind(Composer, Action::LineStart, "line-start", "start of the line", &[ctrl('a'), key(KeyCode::Home)], None),
    bind(Composer, Action::LineEnd, "line-end", "end of the line", &[ctrl('e'), key(KeyCode::End)], None),
    bind(Composer, Action::TextStart, "text-start", "start of the text", &[alt('<'), with(KeyCode::Home, KeyModifiers::CONTROL)], None),
    bind(Composer, Action::TextEnd, "text-end", "end of the text", &[alt('>'), with(KeyCode::End, KeyModifiers::CONTROL)], None),
    bind(Composer, Action::Backspace, "backspace", "delete before", &[key(KeyCode::Backspace), ctrl('h')], None),
    bind(Composer, Action::Delete, "delete", "delete after", &[key(KeyCode::Delete), ctrl('d')], None),
    bind(Composer, Action::KillLine, "kill-line", "cut to the end of the line", &[ctrl('k')], None),
    bind(Composer, Action::KillToStart, "kill-to-start", "cut to the start of the line", &[ctrl('u')], None),
    bind(Composer, Action::KillWord, "kill-word", "cut the word before, or what is selected", &[ctrl('w'), with(KeyCode::Backspace, KeyModifiers::ALT), with(KeyCode::Backspace, KeyModifiers::CONTROL)], None),
    bind(Composer, Action::KillWordAfter, "kill-word-after", "cut the word after", &[alt('d'), with(KeyCode::Delete, KeyModifiers::CONTROL)], None),
    bind(Composer, Action::Yank, "yank", "put back what was cut", &[ctrl('y')], None),
    bind(Composer, Action::Undo, "undo", "undo", &[ctrl('_'), ctrl('/'), ctrl('7')], None),
    bind(Composer, Action::Redo, "redo", "redo", &[alt('_'), alt('/')], None),
    bind(Composer, Action::YankOlder, "yank-older", "then: what was cut before that", &[alt('y')], None),
    bind(Composer, Action::Transpose, "transpose", "exchange two characters", &[ctrl('t')], None),
    bind(Composer, Action::TransposeWords, "transpose-words", "exchange two words", &[alt('t')], None),
    bind(Composer, Action::Upper, "upper", "word in capitals", &[alt('u')], None),
    // Alt+l goes to the pane on the right, in the composer too.
    bind(Composer, Action::Lower, "lower", "word in small letters", &[alt('L')], None),
    bind(Composer, Action::Capital, "capital", "word with a capital", &[alt('c')], None),
    bind(Composer, Action::Copy, "copy", "keep what is selected as if cut", &[alt('w')], None),
    bind(Composer, Action::SelectLeft, "select-left", "select to the left", &[with(KeyCode::Left, KeyModifiers::SHIFT)], None),
    bind(Composer, Action::SelectRight, "select-right", "select to the right", &[with(KeyCode::Right, KeyModifiers::SHIFT)], None),
    bind(Composer, Action::SelectUp, "select-up", "select a line up", &[with(KeyCode::Up, KeyModifiers::SHIFT)], None),
    bind(Composer, Action::SelectDown, "select-down", "select a line down", &[with(KeyCode::Down, KeyModifiers::SHIFT)], None),
    bind(Composer, Action::SelectWordLeft, "select-word-left", "select a word to the left", &[with(KeyCode::Left, CTRL_SHIFT)], None),
    bind(Composer, Action::SelectWordRight, "select-word-right", "select a word to the right", &[with(KeyCode::Right, CTRL_SHIFT)], None),
    bind(Composer, Action::SelectLineStart, "select-line-start", "select to the start of the line", &[with(KeyCode::Home, KeyModifiers::SHIFT)], None),
    bind(Composer, Action::SelectLineEnd, "select-line-end", "select to the end of the line", &[with(KeyCode::End, KeyModifiers::SHIFT)], None),
];
