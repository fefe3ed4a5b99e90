//! The palette.

use crate::tui::app::keymap::Action;
use crate::tui::app::overlay::palette::{Goes, Palette, Scope};
use crate::tui::screen::hints::Hint::{Does, Said};
use crate::tui::screen::hints::Named;
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::overlay::{Page, listed};
use crate::tui::screen::rows::{Row, wrapped};
use crate::tui::widget::cells;
use crate::tui::widget::text::{pad, phrase};

/// With less room only what a row does is said.
const WIDE: usize = 60;
/// Cells of what a row does, where something stands beside it.
const TITLE: usize = 38;

pub fn page(overlay: &Palette, named: Named, room: usize, look: &Look) -> Page {
    let scope = overlay.scope();
    let mut rows: Vec<Row> = overlay
        .shown()
        .enumerate()
        .map(|(index, entry)| {
            let row = listed(index == overlay.pick.at, look);
            let kind = match entry.goes {
                Goes::Session(_) => "session  ",
                _ => "",
            };
            let row = if room < WIDE {
                let left = room.saturating_sub(cells::of(&entry.key) + 3);
                row.put(phrase(&entry.title, left, look.glyphs), Role::Text)
            } else {
                row.put(pad(&entry.title, TITLE, look.glyphs), Role::Text)
                    .put(format!("  {kind}{}", entry.beside), Role::Muted)
            };
            row.end(entry.key.as_str(), Role::Key)
        })
        .collect();
    if rows.is_empty() {
        let said = match (&overlay.failed, overlay.waits.contains(&scope), scope) {
            (Some(why), ..) => why.as_str(),
            (None, true, _) => "reading the log",
            (None, false, Scope::All | Scope::Files) => "Nothing has these letters in this order.",
            (None, false, Scope::Sessions) => "No session has these letters in this order.",
            (None, false, Scope::Settings) => "No setting has these letters in this order.",
            (None, false, Scope::Commands) => "No command has these letters in this order.",
        };
        rows = wrapped(said, room, 2, Role::Muted);
    }
    let title = match scope {
        Scope::All | Scope::Files => "palette",
        Scope::Sessions => "palette: sessions",
        Scope::Settings => "palette: settings",
        Scope::Commands => "palette: commands",
    };
    let enter = match scope {
        Scope::All | Scope::Files => "do it",
        Scope::Sessions => "open",
        Scope::Settings => "open in the editor",
        Scope::Commands => "run",
    };
    let narrower = [
        Said("s:", "sessions"),
        Said("@", "files"),
        Said(",", "settings"),
        Said("/", "commands"),
    ];
    let mut pairs = vec![Does(Action::Choose, enter)];
    if scope == Scope::Commands {
        pairs.push(Does(Action::PaletteComplete, "complete"));
    }
    pairs.push(Does(Action::Close, "close"));
    if scope == Scope::All {
        pairs.extend(narrower);
    }
    Page {
        title: title.to_owned(),
        // How many of them is worth a word only where they were narrowed down.
        right: if overlay.pick.filter.is_empty() {
            String::new()
        } else {
            overlay.shown().count().to_string()
        },
        filter: Some(overlay.pick.filter.clone()),
        at: overlay.pick.at,
        foot: Vec::new(),
        keys: named.keys(&pairs),
        rows,
    }
}
