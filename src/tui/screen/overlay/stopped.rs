//! Which of the sessions that were stopped shall go on.

use crate::agent::visible::one_line;
use crate::tui::app::App;
use crate::tui::app::keymap::Action;
use crate::tui::app::overlay::stopped::{Row as Choice, Stopped};
use crate::tui::screen::hints::Hint::{Does, Said};
use crate::tui::screen::hints::Named;
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::overlay::{Page, list, listed};
use crate::tui::screen::rows::Row;

pub fn page(app: &App, overlay: &Stopped, named: Named, room: usize, look: &Look) -> Page {
    let rows: Vec<Row> = overlay
        .shown()
        .into_iter()
        .enumerate()
        .map(|(index, choice)| {
            let row = listed(index == overlay.pick.at, look);
            match choice {
                Choice::None => row.put("leave them stopped", Role::Text),
                Choice::All => row.put(format!("all {} go on", overlay.sessions.len()), Role::Text),
                Choice::One(id, title) => {
                    let mut views = app.views.iter().enumerate();
                    let open = views.find(|(_, view)| view.id == id);
                    let runs = open.is_some_and(|(_, view)| view.running());
                    let number = open.map_or_else(String::new, |(at, _)| format!("{} ", at + 1));
                    let row = row.put(format!("{number}{}", one_line(title)), Role::Strong);
                    // A command takes a moment to end.
                    row.put(if runs { "  stops" } else { "" }, Role::Muted)
                }
            }
        })
        .collect();
    let keys = named.keys(&[
        Does(Action::Choose, "goes on"),
        Said("type", "to find"),
        Does(Action::Close, "leave them stopped"),
    ]);
    let empty = ("No session that was stopped has these words.", room);
    list("stopped: which go on?", &overlay.pick, rows, empty, keys)
}
