//! What stands around the first page: notices above its frame, and what is true of this machine below.

use std::path::PathBuf;

use ratatui::layout::Rect;

use crate::agent::visible::one_line;
use crate::tui::app::App;
use crate::tui::app::first_run::{FirstRun, Page};
use crate::tui::screen::first_ways::beside;
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::rows::{self, Row, wrapped};
use crate::tui::widget::canvas::Canvas;

/// What must be read of the log and this machine, before any way is chosen; gives its rows. All of it stands in the pane that
/// comes after the page.
pub fn noticed(app: &App, page: &FirstRun, canvas: &mut Canvas, area: Rect, look: &Look) -> u16 {
    let width = usize::from(area.width).saturating_sub(6);
    let said = app.notices.iter();
    let mut all: Vec<Row> = said
        .flat_map(|notice| wrapped(&one_line(notice), width, 3, Role::Warn))
        .collect();
    let most = usize::from(area.height / 5).max(3);
    if all.len() > most {
        all.truncate(most - 1);
        let rest = match page.page {
            Page::Ways { .. } => "Esc shows the rest",
            _ => "the rest is said after this page",
        };
        let row = Row::of(format!("   {} {rest}", look.mark(Mark::More)), Role::Muted);
        all.push(row);
    }
    rows::draw(&all, canvas, area, 0, look);
    all.len() as u16
}

/// Below the frame: what a person may want to know before a key is given.
pub fn facts(app: &App, width: usize, roomy: bool) -> Vec<Row> {
    let mut all = Vec::new();
    let said = "A Claude Pro or Max sign-in works only in its maker's own program; Creel needs an API key. \
                What it costs is shown before it is spent.";
    all.extend(wrapped(said, width.saturating_sub(6), 3, Role::Muted));
    if roomy {
        all.push(Row::new());
    }
    let limit = match app.setup.day_limit {
        Some(limit) => {
            let limit = limit.to_string();
            let limit = limit.strip_suffix(".00").unwrap_or(&limit);
            format!("; {limit} a day, then it asks")
        }
        None => String::new(),
    };
    for (name, value) in [
        ("sandbox", app.held_fact()),
        ("terminal", app.setup.terminal.clone()),
        ("home", app.setup.data_place.clone()),
        ("config", format!("{}{limit}", app.setup.config_place)),
    ] {
        if !value.is_empty() {
            let name = Row::of(format!("   {name:<9} "), Role::Muted);
            all.extend(beside(name, &value, width.saturating_sub(3), Role::Text));
        }
    }
    all
}

/// The folders that can be worked in: those of the last sessions, repositories, and an empty one.
pub fn offered(app: &App, folders: &[PathBuf], at: usize, look: &Look) -> Vec<Row> {
    let known = |folder: &PathBuf| {
        let mut cards = app.recent.iter().flatten();
        cards.any(|card| card.cwd == *folder)
    };
    let named = folders.iter().map(|folder| {
        let said = if known(folder) {
            ""
        } else {
            "   a git repository"
        };
        (app.setup.path(folder), said)
    });
    let scratch = (
        "a scratch folder".to_owned(),
        "   new and empty, in the temporary folder",
    );
    // More of them may still be found: each keeps its number, and so does the last.
    let number = |index: usize| (index + 1) % (folders.len() + 1);
    let rows = named.chain([scratch]).enumerate();
    rows.map(|(index, (name, said))| {
        let mark = if index == at {
            look.mark(Mark::Here)
        } else {
            " "
        };
        Row::of(format!(" {mark} "), Role::Accent)
            .put(format!("{}  ", number(index)), Role::Key)
            .put(name, Role::Strong)
            .put(said, Role::Muted)
    })
    .collect()
}
