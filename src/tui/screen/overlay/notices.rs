//! Every notice in full.

use crate::agent::visible::clean;
use crate::tui::app::App;
use crate::tui::screen::look::Role;
use crate::tui::screen::overlay::Page;
use crate::tui::screen::rows::{Row, keys, wrapped};

pub fn page(app: &App, room: usize) -> Page {
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
        keys: keys(&[
            ("j k PgDn", "scroll"),
            ("d", "put them away"),
            ("Esc", "close"),
        ]),
        rows,
    }
}
