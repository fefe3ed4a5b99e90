//! All keys and commands, from the tables they are looked up in.

use crate::tui::app::command;
use crate::tui::app::keymap::live::Keymap;
use crate::tui::app::keymap::{Place, group};
use crate::tui::screen::look::Role;
use crate::tui::screen::overlay::Page;
use crate::tui::screen::rows::{Row, keys, wrapped};
use crate::tui::widget::cells;

/// Cells of the column of keys, where there is room for two.
const KEYS: usize = 26;
/// With less room the words stand below their keys.
const TWO_COLUMNS: usize = 60;

pub fn page(keymap: &Keymap, place: Place, scroll: usize, room: usize) -> Page {
    let mut rows = Vec::new();
    let section = |rows: &mut Vec<Row>, name: &str| {
        if !rows.is_empty() {
            rows.push(Row::new());
        }
        rows.push(Row::of(name.to_owned(), Role::Strong));
    };
    let order: &[Place] = match place {
        Place::Board => &[Place::Board, Place::Anywhere],
        Place::Transcript => &[Place::Transcript, Place::Composer, Place::Anywhere],
        Place::Composer | Place::Anywhere => &[Place::Composer, Place::Transcript, Place::Anywhere],
    };
    for &place in order {
        let everywhere = format!("Everywhere; {} is the leader", keymap.leader.label());
        section(
            &mut rows,
            match place {
                Place::Composer => "Typing (INSERT)",
                Place::Transcript => "In the transcript (NORMAL)",
                Place::Board => "On the board; 1 to 9 go to that session",
                Place::Anywhere => &everywhere,
            },
        );
        for live in keymap.rows.iter().filter(|live| live.place == place) {
            let labels = keymap.labels(live);
            // What has no key is in the palette.
            if let Some(said) = group::said(keymap, live).filter(|_| !labels.is_empty()) {
                entry(&mut rows, &labels.join(", "), &said, room);
            }
        }
    }
    section(
        &mut rows,
        "An ask or a card, once it has the focus and 400 ms were quiet",
    );
    for (label, what) in [
        ("y, s", "yes: once, for this session"),
        ("n, N", "no; no, and say why"),
        ("e, d", "edit the command first; everything about it"),
        ("y, Enter", "a HIGH one takes both"),
        ("Esc", "back; it stays waiting"),
        ("Enter, m", "what failed: ask again; another model"),
        ("k, r", "a refused key: give another; read it again"),
    ] {
        entry(&mut rows, label, what, room);
    }
    section(&mut rows, "Commands in the composer");
    for slash in command::TABLE {
        let name = format!("/{} {}", slash.name, slash.takes);
        entry(&mut rows, &name, slash.help, room);
    }
    for (label, what) in [
        (
            "! COMMAND",
            "runs as you, unasked; the model does not see it",
        ),
        (
            "!! COMMAND",
            "the same, and what it says comes into the composer, for the model",
        ),
        ("@FILE", "a file of the folder; @.NAME also hidden ones"),
        ("@s:TITLE", "a session"),
    ] {
        entry(&mut rows, label, what, room);
    }
    let from = scroll.min(rows.len().saturating_sub(5));
    Page {
        title: "help".to_owned(),
        right: String::new(),
        filter: None,
        at: 0,
        foot: Vec::new(),
        keys: keys(&[("j k PgDn", "scroll"), ("Esc", "close")]),
        rows: rows.split_off(from),
    }
}

/// Keys and what they do: side by side where there is room, never cut.
fn entry(rows: &mut Vec<Row>, label: &str, what: &str, room: usize) {
    if room < TWO_COLUMNS {
        rows.push(Row::of(format!("  {label}"), Role::Key));
        rows.extend(wrapped(what, room, 4, Role::Text));
        return;
    }
    let column = KEYS.max(cells::of(label)) + 3;
    for (index, said) in wrapped(what, room.saturating_sub(column), 0, Role::Text)
        .into_iter()
        .enumerate()
    {
        let label = if index == 0 { label } else { "" };
        let width = column - 3;
        let mut row = Row::of(format!("  {label:<width$} "), Role::Key);
        row.left.extend(said.left);
        rows.push(row);
    }
}
