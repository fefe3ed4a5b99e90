//! All keys and commands, from the tables they are looked up in.

use crate::tui::app::command;
use crate::tui::app::keymap::live::Keymap;
use crate::tui::app::keymap::{Place, group};
use crate::tui::app::overlay::help::{First, Help};
use crate::tui::screen::look::Role;
use crate::tui::screen::overlay::Page;
use crate::tui::screen::rows::{Row, keys, wrapped};
use crate::tui::widget::cells;

/// Cells of the column of keys, where there is room for two.
const KEYS: usize = 26;
/// With less room the words stand below their keys.
const TWO_COLUMNS: usize = 60;

/// Its name, and keys with what they do.
type Section = (String, Vec<(String, String)>);

pub fn page(keymap: &Keymap, overlay: &Help, room: usize) -> Page {
    let pick = &overlay.pick;
    let mut rows = Vec::new();
    for (name, entries) in sections(keymap, overlay.first) {
        // A section whose name has the words is shown whole.
        let whole = overlay.fits(&name);
        let fits = |(label, what): &&(String, String)| {
            whole || overlay.fits(&format!("{name} {label} {what}"))
        };
        for (index, (label, what)) in entries.iter().filter(fits).enumerate() {
            if index == 0 {
                if !rows.is_empty() {
                    rows.push(Row::new());
                }
                rows.push(Row::of(name.clone(), Role::Strong));
            }
            entry(&mut rows, label, what, room);
        }
    }
    if rows.is_empty() {
        rows.push(Row::of("  No key or command has these words.", Role::Muted));
    }
    Page {
        title: "help".to_owned(),
        right: String::new(),
        filter: Some(pick.filter.clone()),
        at: 0,
        foot: Vec::new(),
        keys: keys(&[("type", "to find"), ("Esc", "close"), ("↑↓ PgDn", "scroll")]),
        rows,
    }
}

/// What is listed, in parts: each has a name, and keys with what they do.
fn sections(keymap: &Keymap, first: First) -> Vec<Section> {
    let order: &[Place] = match first {
        First::Place(Place::Board) => &[Place::Board, Place::Anywhere],
        First::Place(Place::Transcript) => &[Place::Transcript, Place::Composer, Place::Anywhere],
        First::Place(Place::Composer | Place::Anywhere) | First::Cards => {
            &[Place::Composer, Place::Transcript, Place::Anywhere]
        }
    };
    let mut all = Vec::new();
    if first == First::Cards {
        all.push(cards());
    }
    for &place in order {
        let name = match place {
            Place::Composer => "Typing (INSERT)".to_owned(),
            Place::Transcript => "In the transcript (NORMAL)".to_owned(),
            Place::Board => "On the board; 1 to 9 go to that session".to_owned(),
            Place::Anywhere => format!("Everywhere; {} is the leader", keymap.leader.label()),
        };
        let rows = keymap.rows.iter().filter(|live| live.place == place);
        let keys = rows.filter_map(|live| {
            let labels = keymap.labels(live);
            // What has no key is in the palette.
            let said = group::said(keymap, live).filter(|_| !labels.is_empty())?;
            Some((labels.join(", "), said))
        });
        all.push((name, keys.collect()));
    }
    all.push((
        "In a list or a page over the screen".to_owned(),
        keys(&[
            (
                "Enter, !, f",
                "a model of the list, once a row was gone to with the arrows: after this turn, at once, in a fork that begins with this conversation",
            ),
            (
                "letters",
                "find; a letter is a key only where the foot says so",
            ),
            ("Ctrl+U", "clears what was typed"),
            (
                "Esc",
                "closes at once; within a page of a page it goes back",
            ),
        ]),
    ));
    if first != First::Cards {
        all.push(cards());
    }
    let mut commands: Vec<(String, String)> = command::TABLE
        .iter()
        .map(|slash| {
            (
                format!("/{} {}", slash.name, slash.takes),
                slash.help.to_owned(),
            )
        })
        .collect();
    commands.extend(keys(&[
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
    ]));
    all.push(("Commands in the composer".to_owned(), commands));
    all
}

fn cards() -> Section {
    let keys = keys(&[
        ("y, s", "yes: once, for this session"),
        ("n, N", "no; no, and say why"),
        ("e, d", "edit the command first; everything about it"),
        ("y, Enter", "a HIGH one takes both"),
        (
            "PgDn, j, G",
            "the rest of a long one, down to its end; before that was seen only a no works",
        ),
        ("Esc", "back; it stays waiting"),
        ("Enter, m", "what failed: ask again; another model"),
        ("k, r", "a refused key: give another; read it again"),
    ]);
    let name = "An ask or a card, once it has the focus and 400 ms were quiet";
    (name.to_owned(), keys)
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
