//! All keys and commands, from the tables they are looked up in.

use crate::tui::app::command;
use crate::tui::app::keymap::{Chord, Place, TABLE};
use crate::tui::screen::look::Role;
use crate::tui::screen::overlay::Page;
use crate::tui::screen::rows::{Row, keys};

pub fn page(place: Place, scroll: usize) -> Page {
    let mut rows = Vec::new();
    let section = |rows: &mut Vec<Row>, name: &str| {
        if !rows.is_empty() {
            rows.push(Row::new());
        }
        rows.push(Row::of(name.to_owned(), Role::Strong));
    };
    let order = match place {
        Place::Transcript => [Place::Transcript, Place::Composer, Place::Anywhere],
        _ => [Place::Composer, Place::Transcript, Place::Anywhere],
    };
    for place in order {
        section(
            &mut rows,
            match place {
                Place::Composer => "Typing (INSERT)",
                Place::Transcript => "In the transcript (NORMAL)",
                Place::Anywhere => "Everywhere; ^X is the leader",
            },
        );
        for row in TABLE
            .iter()
            .filter(|row| row.place == place && !row.help.is_empty())
        {
            let mut labels: Vec<String> = row.keys.iter().map(Chord::label).collect();
            labels.extend(row.leader.map(|key| format!("^X {key}")));
            rows.push(
                Row::of(format!("  {:<26} ", labels.join(", ")), Role::Key)
                    .put(row.help, Role::Text),
            );
        }
    }
    section(
        &mut rows,
        "An ask, once it has the focus and 400 ms were quiet",
    );
    for (keys, what) in [
        ("y, s", "yes: once, for this session"),
        ("n, N", "no; no, and say why"),
        ("e, d", "edit the command first; everything about it"),
        ("y, Enter", "a HIGH one takes both"),
        ("Esc", "back; it stays waiting"),
    ] {
        rows.push(Row::of(format!("  {keys:<26} "), Role::Key).put(what, Role::Text));
    }
    section(&mut rows, "Commands in the composer");
    for slash in command::TABLE {
        rows.push(
            Row::of(
                format!("  {:<26} ", format!("/{} {}", slash.name, slash.takes)),
                Role::Key,
            )
            .put(slash.help, Role::Text),
        );
    }
    rows.push(Row::of(format!("  {:<26} ", "! COMMAND"), Role::Key).put(
        "runs as you, unasked; the model does not see it",
        Role::Text,
    ));
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
