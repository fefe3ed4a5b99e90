//! Past prompts with the whole of the one that is marked, and drafts that were put by.

use crate::agent::visible::{clean, one_line};
use crate::tui::app::App;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::overlay::prompts::Prompts;
use crate::tui::app::overlay::stash::Stash;
use crate::tui::screen::hints::Hint::Does;
use crate::tui::screen::hints::Named;
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::overlay::{Page, list, listed};
use crate::tui::screen::rows::{Row, wrapped};
use crate::tui::widget::text::{self, age};

/// Rows of a list that are made: more than any screen shows, and far fewer than there are prompts.
const AROUND: usize = 100;
/// Rows of the text that is marked, where there is room.
const PREVIEW: usize = 6;
/// Below this height the list has all the room.
const ROOM: u16 = 18;
/// Characters of a prompt that can matter to its row.
const BEGINNING: usize = 300;

pub fn page(overlay: &Prompts, named: Named, (room, height): (usize, u16), look: &Look) -> Page {
    let at = overlay.pick.at;
    let from = at.saturating_sub(AROUND);
    let rows: Vec<Row> = (from..overlay.count().min(at + AROUND))
        .filter_map(|index| {
            let prompt = beginning(overlay.shown(index)?);
            Some(listed(index == at, look).put(one_line(prompt), Role::Text))
        })
        .collect();
    let empty = match &overlay.failed {
        Some(why) => why.as_str(),
        None if !overlay.was_read() => "reading the log",
        None if overlay.all() == 0 => "No prompt was sent yet.",
        None => "No prompt has these letters.",
    };
    let right = match overlay.all() {
        0 => String::new(),
        all => format!(
            "{} of {}",
            text::count(overlay.count() as u64),
            text::count(all as u64)
        ),
    };
    let page = list(
        "past prompts",
        &overlay.pick,
        rows,
        (empty, room),
        named.keys(&[
            Does(Action::Choose, "take"),
            Does(Action::PromptsAdd, "add to the text"),
            Does(Action::SearchPrompts, "further back"),
            Does(Action::Close, "close"),
        ]),
    );
    Page {
        right,
        at: at - from,
        foot: overlay
            .shown(at)
            .map_or_else(Vec::new, |prompt| preview(prompt, room, height)),
        ..page
    }
}

pub fn stash(app: &App, overlay: &Stash, (room, height): (usize, u16), look: &Look) -> Page {
    let named = Named {
        keymap: app.keymap(),
        place: Place::Stash,
    };
    let shown = overlay.shown();
    let rows: Vec<Row> = shown
        .iter()
        .enumerate()
        .map(|(index, row)| {
            listed(index == overlay.pick.at, look)
                .put(one_line(beginning(&row.told)), Role::Text)
                .end(age(app.now.wall.since(row.stashed.at)), Role::Muted)
        })
        .collect();
    let key = app.keymap().way_from(Place::Composer, Action::Stash);
    let none = format!("Nothing was put by; {key} does so with a text.");
    let empty = match (&overlay.failed, &overlay.rows) {
        (Some(why), _) => why.as_str(),
        (None, None) => "reading the log",
        (None, Some(rows)) if rows.is_empty() => &none,
        (None, Some(_)) => "No draft has these words.",
    };
    let mut page = list(
        "drafts put by",
        &overlay.pick,
        rows,
        (empty, room),
        named.keys(&[
            Does(Action::Choose, "take it back"),
            Does(Action::StashCopy, "a copy"),
            Does(Action::StashDrop, "drop"),
            Does(Action::Close, "close"),
        ]),
    );
    if let Some(row) = shown.get(overlay.pick.at) {
        page.foot = preview(&row.told, room, height);
        if overlay.dropping {
            page.keys = named.keys(&[
                Does(Action::StashDrop, "again drops it for good"),
                Does(Action::Close, "close"),
            ]);
        }
    } else {
        page.keys = named.keys(&[Does(Action::Close, "close")]);
    }
    page
}

fn beginning(text: &str) -> &str {
    &text[..text.floor_char_boundary(BEGINNING)]
}

/// What is marked, where one row does not hold it.
fn preview(text: &str, room: usize, height: u16) -> Vec<Row> {
    let start = &text[..text.floor_char_boundary(BEGINNING * PREVIEW)];
    let start = clean(start);
    if height < ROOM || !start.trim().contains('\n') && start.chars().count() + 4 < room {
        return Vec::new();
    }
    let lines = start.trim().lines();
    let mut rows: Vec<Row> = lines
        .flat_map(|line| wrapped(line, room, 2, Role::Muted))
        .take(PREVIEW + 1)
        .collect();
    if rows.len() > PREVIEW {
        rows.truncate(PREVIEW - 1);
        rows.push(Row::of("  …", Role::Muted));
    }
    rows.insert(0, Row::new());
    rows
}
