//! The leader, and what the key after it does.

use crossterm::event::KeyEvent;

use crate::tui::app::keymap::chord::{chord, ctrl};
use crate::tui::app::keymap::{Action, Binding, table};

/// Further keys after the leader, for fingers that know tmux.
const ALSO: &[(char, Action)] = &[('%', Action::SplitRight), ('"', Action::SplitBelow)];

/// With tmux's own leader these go before what the table says.
const TMUX: &[(char, Action)] = &[
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

    /// What a key does after it.
    pub fn then(self, c: char) -> Option<Action> {
        let tmux: &[_] = if self == Self::CtrlB { TMUX } else { &[] };
        let listed = |list: &[(char, Action)]| {
            let row = list.iter().find(|(key, _)| *key == c);
            row.map(|(_, action)| *action)
        };
        listed(tmux)
            .or_else(|| {
                let row = table().find(|row| row.leader == Some(c));
                row.map(|row| row.action)
            })
            .or_else(|| listed(ALSO))
    }

    /// The key that leads to an action after it: the first of those that do.
    pub fn key_of(self, row: &Binding) -> Option<char> {
        let tmux = TMUX.iter().filter(|_| self == Self::CtrlB);
        let own = tmux.filter(|(_, action)| *action == row.action);
        let own = own.map(|(key, _)| *key).next();
        own.or_else(|| row.leader.filter(|key| self.then(*key) == Some(row.action)))
    }
}
