//! Keys of the transcript: those of vim and of a pager.

use crossterm::event::KeyCode;

use crate::tui::app::keymap::chord::{ctrl, key, plain};
use crate::tui::app::keymap::place::Place::Transcript;
use crate::tui::app::keymap::{Action, Binding, bind};

/// What takes two keys, one after the other.
const PAIRS: &[(char, char, Action)] = &[
    ('g', 'g', Action::Top),
    (']', 't', Action::NextTurn),
    ('[', 't', Action::TurnBefore),
    (']', 'h', Action::NextHunk),
    ('[', 'h', Action::HunkBefore),
    (']', '!', Action::NextFailure),
    ('[', '!', Action::FailureBefore),
    ('g', 'x', Action::OpenLink),
    ('z', 'z', Action::PutMiddle),
    ('z', 't', Action::PutTop),
    ('z', 'b', Action::PutBottom),
    ('z', 'a', Action::Fold),
    ('z', 'M', Action::FoldAll),
    ('z', 'R', Action::UnfoldAll),
];

/// The two keys of an action as they are shipped.
pub fn pairs_of(action: Action) -> impl Iterator<Item = (char, char)> {
    let pairs = PAIRS.iter().filter(move |(.., other)| *other == action);
    pairs.map(|(first, second, _)| (*first, *second))
}

#[rustfmt::skip]
pub const ROWS: &[Binding] = &[
    bind(Transcript, Action::ScrollDown, "scroll-down", "row down; a number before it: so many", &[plain('j'), key(KeyCode::Down)], None),
    bind(Transcript, Action::ScrollUp, "scroll-up", "row up", &[plain('k'), key(KeyCode::Up)], None),
    bind(Transcript, Action::HalfDown, "half-down", "half a page down", &[ctrl('d')], None),
    bind(Transcript, Action::HalfUp, "half-up", "half a page up", &[ctrl('u')], None),
    bind(Transcript, Action::PageForward, "page-forward", "a page down", &[ctrl('f')], None),
    bind(Transcript, Action::PageBack, "page-back", "a page up", &[ctrl('b')], None),
    bind(Transcript, Action::Top, "top", "to the start; a number before it: to that turn", &[key(KeyCode::Home)], None),
    bind(Transcript, Action::Bottom, "bottom", "to the newest; a number before it: to that turn", &[plain('G'), key(KeyCode::End)], None),
    bind(Transcript, Action::ScreenTop, "screen-top", "to the first row on the screen", &[plain('H')], None),
    bind(Transcript, Action::ScreenMiddle, "screen-middle", "to the middle row", &[plain('M')], None),
    bind(Transcript, Action::ScreenBottom, "screen-bottom", "to the last row", &[plain('L')], None),
    bind(Transcript, Action::PutMiddle, "put-middle", "this row to the middle", &[], None),
    bind(Transcript, Action::PutTop, "put-top", "this row to the top", &[], None),
    bind(Transcript, Action::PutBottom, "put-bottom", "this row to the foot", &[], None),
    bind(Transcript, Action::NextTurn, "next-turn", "next turn", &[], None),
    bind(Transcript, Action::TurnBefore, "turn-before", "turn before", &[], None),
    bind(Transcript, Action::NextHunk, "next-hunk", "next change in a file", &[], None),
    bind(Transcript, Action::HunkBefore, "hunk-before", "change before", &[], None),
    bind(Transcript, Action::NextFailure, "next-failure", "next failure", &[], None),
    bind(Transcript, Action::FailureBefore, "failure-before", "failure before", &[], None),
    bind(Transcript, Action::NextBlock, "next-block", "next block", &[plain('}')], None),
    bind(Transcript, Action::BlockBefore, "block-before", "block before", &[plain('{')], None),
    bind(Transcript, Action::CharLeft, "char-left", "character left", &[plain('h'), key(KeyCode::Left)], None),
    bind(Transcript, Action::CharRight, "char-right", "character right", &[plain('l'), key(KeyCode::Right)], None),
    bind(Transcript, Action::NextWord, "next-word", "next word", &[plain('w')], None),
    bind(Transcript, Action::WordBefore, "word-before", "word before", &[plain('b')], None),
    bind(Transcript, Action::TextLineStart, "text-line-start", "start of the line", &[plain('0'), plain('^')], None),
    bind(Transcript, Action::TextLineEnd, "text-line-end", "end of the line", &[plain('$')], None),
    bind(Transcript, Action::Find, "find", "search this session; small letters find large ones too", &[plain('/')], None),
    bind(Transcript, Action::NextHit, "next-hit", "next hit", &[plain('n')], None),
    bind(Transcript, Action::HitBefore, "hit-before", "hit before", &[plain('N')], None),
    bind(Transcript, Action::Fold, "fold", "unfold or fold what is here", &[plain('o')], None),
    bind(Transcript, Action::UnfoldAll, "unfold-all", "unfold all", &[], None),
    bind(Transcript, Action::FoldAll, "fold-all", "fold all", &[], None),
    bind(Transcript, Action::Select, "select", "select characters (V then: lines; y copies)", &[plain('v')], None),
    bind(Transcript, Action::SelectLines, "select-lines", "select lines", &[plain('x')], None),
    bind(Transcript, Action::CopyBlock, "copy-block", "copy the selection, else the block as written: code, command, patch, message", &[plain('y')], None),
    bind(Transcript, Action::CopyTurn, "copy-turn", "copy the turn as markdown", &[plain('Y')], None),
    bind(Transcript, Action::CopyPlace, "copy-place", "copy path:line", &[plain('p')], None),
    bind(Transcript, Action::Repeat, "repeat", "the last jump, hit or fold once more; a number before it: so often", &[plain('.')], None),
    bind(Transcript, Action::OpenPlace, "open-place", "open path:line in your editor; while selecting: to the end of the word", &[plain('e')], None),
    bind(Transcript, Action::OpenLink, "open-link", "open the link here in your browser, else copy it", &[], None),
    bind(Transcript, Action::Pager, "pager", "the whole transcript in your pager", &[plain('V')], None),
    bind(Transcript, Action::Insert, "insert", "back to typing", &[plain('i'), plain('a'), key(KeyCode::Enter)], None),
    bind(Transcript, Action::Leader, "leader-here", "the leader: then one more key", &[plain(' ')], None),
    bind(Transcript, Action::Help, "help-here", "help", &[plain('?')], None),
    bind(Transcript, Action::ToCards, "to-cards-here", "to what waits", &[key(KeyCode::Tab)], None),
    bind(Transcript, Action::Leave, "leave-here", "end what is selected or searched; twice while a turn runs: stop it", &[key(KeyCode::Esc)], None),
];
