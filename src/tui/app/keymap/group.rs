//! Rows that are read as one where all keys are listed: nine tabs, four directions.

use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::live::{Keymap, Live};
use crate::tui::app::keymap::place::Place;

/// What rows have in common, and the actions, the first of which stands for all.
const GROUPS: &[(&str, &[Action])] = &[
    (
        "session",
        &[
            Action::Tab(1),
            Action::Tab(2),
            Action::Tab(3),
            Action::Tab(4),
            Action::Tab(5),
            Action::Tab(6),
            Action::Tab(7),
            Action::Tab(8),
            Action::Tab(9),
        ],
    ),
    (
        "panes",
        &[
            Action::FocusLeft,
            Action::FocusDown,
            Action::FocusUp,
            Action::FocusRight,
        ],
    ),
    (
        "resize",
        &[
            Action::WiderLeft,
            Action::HigherDown,
            Action::HigherUp,
            Action::WiderRight,
        ],
    ),
    ("swap", &[Action::SwapNext, Action::SwapBefore]),
];
/// More keys than these are named by the first and the last.
const NAMED: usize = 4;

/// What a list of all keys says of a row; `None`: another row says it.
pub fn said(keymap: &Keymap, live: &Live) -> Option<String> {
    let alone = || Some(live.row.help.to_owned());
    if live.place != Place::Anywhere {
        return alone();
    }
    let mut groups = GROUPS.iter();
    let Some((words, actions)) = groups.find(|(_, all)| all.contains(&live.row.action)) else {
        return alone();
    };
    let keys: Vec<(Action, char)> = actions
        .iter()
        .filter_map(|action| {
            let live = keymap.row(*action)?;
            Some((*action, keymap.led(keymap.leader, live)?))
        })
        .collect();
    let (Some(first), Some(last)) = (keys.first(), keys.last()) else {
        return alone();
    };
    if keys.iter().all(|(action, _)| *action != live.row.action) {
        return alone();
    }
    if first.0 != live.row.action {
        return None;
    }
    Some(if keys.len() == 1 {
        live.row.help.to_owned()
    } else if keys.len() > NAMED {
        format!("{words}: {} … {}", first.1, last.1)
    } else {
        let keys: Vec<String> = keys.iter().map(|(_, key)| key.to_string()).collect();
        format!("{words}: {}", keys.join(" "))
    })
}
