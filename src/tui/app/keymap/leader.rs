//! The leader, and what keys of other programs do after it.

use crossterm::event::KeyEvent;

use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::chord::{chord, ctrl};

/// Further keys after the leader, for fingers that know tmux.
pub const ALSO: &[(char, Action)] = &[('%', Action::SplitRight), ('"', Action::SplitBelow)];

/// With tmux's own leader these go before what the table says.
pub const TMUX: &[(char, Action)] = &[
    ('o', Action::NextPane),
    ('n', Action::TabAfter),
    ('p', Action::TabBefore),
    ('c', Action::NewSession),
    ('[', Action::Read),
    (',', Action::Rename),
];

/// Which key is the leader. Ctrl+X always is one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Leader {
    #[default]
    CtrlX,
    /// As in tmux, whose keys then follow it; Ctrl+B twice is the key itself.
    CtrlB,
}

impl Leader {
    pub fn label(self) -> &'static str {
        match self {
            Self::CtrlX => "^X",
            Self::CtrlB => "^B",
        }
    }

    pub fn is(self, event: KeyEvent) -> bool {
        self == Self::CtrlB && chord(event) == ctrl('b')
    }
}
