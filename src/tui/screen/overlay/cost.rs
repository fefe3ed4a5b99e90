//! What was spent.

use crate::agent::figure;
use crate::agent::visible::one_line;
use crate::protocol::query::SpendRow;
use crate::tui::app::App;
use crate::tui::app::keymap::Action;
use crate::tui::app::overlay::cost::Cost;
use crate::tui::screen::hints::Hint::{All, Does};
use crate::tui::screen::hints::Named;
use crate::tui::screen::look::Role;
use crate::tui::screen::overlay::Page;
use crate::tui::screen::rows::Row;
use crate::tui::screen::{money, top};

pub fn page(app: &App, overlay: &Cost, named: Named, room: usize) -> Page {
    let mut rows = vec![Row::of(top::today(app), Role::Text), Row::new()];
    if let Some(why) = &overlay.failed {
        rows.push(Row::of(one_line(why), Role::Warn));
    }
    for (name, table) in [("by model", &overlay.models), ("by day", &overlay.days)] {
        rows.push(Row::of(name, Role::Strong));
        match table {
            None => rows.push(Row::of("  reading the log", Role::Muted)),
            Some(table) if table.is_empty() => {
                rows.push(Row::of("  $0.00 in 0 calls", Role::Muted));
            }
            Some(table) => rows.extend(table.iter().map(|row| spend(row, room))),
        }
        rows.push(Row::new());
    }
    Page {
        title: "cost".to_owned(),
        right: String::new(),
        filter: None,
        at: 0,
        foot: Vec::new(),
        keys: named.keys(&[
            All(&[Action::ScrollDown, Action::ScrollUp], "scroll"),
            Does(Action::Close, "close"),
        ]),
        rows,
    }
}

fn spend(row: &SpendRow, room: usize) -> Row {
    let cost = money::sum(&row.spending());
    let cost = match row.about {
        Some(about) => format!("{cost} ≈ {about}"),
        None => cost,
    };
    let mut line = Row::of(format!("  {}", one_line(&row.key)), Role::Text);
    if room >= 70 {
        line = line.end(
            format!(
                "{} in, {} cached, {} out   ",
                figure::tokens(row.usage.prompt() - row.usage.cache_read),
                figure::tokens(row.usage.cache_read),
                figure::tokens(row.usage.output)
            ),
            Role::Muted,
        );
    }
    line.end(format!("{} calls  ", row.calls), Role::Muted)
        .end(format!("{cost:>9}"), Role::Text)
}
