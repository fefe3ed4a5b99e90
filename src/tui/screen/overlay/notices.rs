//! Every notice in full.

use crate::agent::visible::clean;
use crate::tui::app::App;
use crate::tui::app::keymap::Action;
use crate::tui::screen::hints::Hint::{All, Does};
use crate::tui::screen::hints::Named;
use crate::tui::screen::look::Role;
use crate::tui::screen::overlay::Page;
use crate::tui::screen::rows::{Row, wrapped};

pub fn page(app: &App, named: Named, room: usize) -> Page {
    let mut rows: Vec<Row> = Vec::new();
    for notice in &app.notices {
        if !rows.is_empty() {
            rows.push(Row::new());
        }
        rows.extend(wrapped(&clean(notice), room, 0, Role::Text));
    }
    Page {
        title: "notices".to_owned(),
        right: String::new(),
        filter: None,
        at: 0,
        foot: Vec::new(),
        keys: named.keys(&[
            All(
                &[Action::ScrollDown, Action::ScrollUp, Action::PageDown],
                "scroll",
            ),
            Does(Action::PutAway, "put them away"),
            Does(Action::Close, "close"),
        ]),
        rows,
    }
}
