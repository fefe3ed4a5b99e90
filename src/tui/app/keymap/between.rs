//! What a multiplexer makes of keys before they come here, and how it is left.

use crossterm::event::{KeyCode, KeyModifiers};

use crate::tui::app::keymap::chord::Chord;
use crate::tui::terminal::notice::Between;

/// What zellij does by itself with its shipped keys: panes and tabs with Alt, its modes with Ctrl.
const ZELLIJ_ALT: &[char] = &['h', 'j', 'k', 'l', 'n', 'o', 'f', 'p', 'i'];
const ZELLIJ_CTRL: &[char] = &['g', 'p', 't', 'n', 'h', 's', 'o', 'q', 'b'];

/// Whether it keeps a key for itself, as it is shipped. Such a key still works where it comes through; it is named last.
pub fn keeps(between: Between, chord: Chord) -> bool {
    let KeyCode::Char(c) = chord.code else {
        return false;
    };
    match (between, chord.modifiers) {
        (Between::Zellij, KeyModifiers::ALT) => ZELLIJ_ALT.contains(&c),
        (Between::Zellij, KeyModifiers::CONTROL) => ZELLIJ_CTRL.contains(&c),
        _ => false,
    }
}

/// How the screen is left while Creel goes on: only a multiplexer can. Short enough for a slim screen up to the `;`.
pub fn leaving(between: Between) -> &'static str {
    match between {
        Between::Tmux => "tmux: its prefix, then d; Creel goes on there",
        Between::Screen => "screen: Ctrl+A, then d; Creel goes on there",
        Between::Zellij => "zellij: Ctrl+O, then d; Creel goes on there",
        Between::Nothing => "start Creel in tmux to detach; here it ends with its terminal",
    }
}
