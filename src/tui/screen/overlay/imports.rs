//! The programs whose sessions can be taken in: how much there is of each, and how far it is.

use crate::agent::figure;
use crate::protocol::import::{Progress, Source};
use crate::tui::app::App;
use crate::tui::app::keymap::Action;
use crate::tui::app::overlay::imports::Imports;
use crate::tui::screen::ask_body::NARROW;
use crate::tui::screen::hints::Hint::{All, Does};
use crate::tui::screen::hints::Named;
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::overlay::{Page, listed};
use crate::tui::screen::rows::{Row, wrapped};

/// Cells of the longest name, and two beside it.
const NAMES: usize = 13;

pub fn page(app: &App, overlay: &Imports, named: Named, room: usize, look: &Look) -> Page {
    let mut rows = Vec::new();
    let mut at = 0;
    for (index, source) in overlay.shown().iter().enumerate() {
        let running = running(app, source);
        if index == overlay.at {
            at = rows.len() + 1;
        }
        let name = source.program.title();
        let (state, role) = state(source, running);
        rows.push(
            listed(index == overlay.at, look)
                .put(format!("{name:<NAMES$}"), Role::Strong)
                .put(held(source), Role::Text)
                .end(
                    match running {
                        Some(progress) => progress.reached.percent(),
                        None => state.clone(),
                    },
                    role,
                ),
        );
        let below = match running {
            Some(_) => state,
            None => app.setup.path(&source.path),
        };
        let role = if running.is_some() {
            Role::Accent
        } else {
            Role::Muted
        };
        rows.push(Row::of(format!("  {:<NAMES$}{below}", ""), role));
    }
    if rows.is_empty() {
        let empty = match (&overlay.failed, &overlay.sources) {
            (Some(why), _) => why.as_str(),
            (None, None) => "looking for sessions of other programs",
            (None, Some(_)) => {
                "No sessions of Claude Code, Codex, OpenClaw, pi, nanobot or hermes were found in their usual folders. `creel import` takes any folder."
            }
        };
        rows = wrapped(empty, room, 2, Role::Muted);
    }
    let mut foot = Vec::new();
    if !overlay.shown().is_empty() {
        let copied = "A copy of what was said is kept here, without the keys and tokens in it, and found by the search.";
        let later =
            "What they write later: Enter again, or `watch = true` under [import] in the config.";
        let mut said = vec!["Read, never changed.".to_owned()];
        if room >= NARROW {
            said = vec![format!("Read, never changed. {copied}")];
            let unwatched = |source: &Source| source.sessions > 0 && !source.watched;
            said.extend(
                overlay
                    .shown()
                    .iter()
                    .any(unwatched)
                    .then(|| later.to_owned()),
            );
        }
        for text in said {
            foot.extend(wrapped(&text, room, 0, Role::Muted));
        }
    }
    let does = match overlay.marked() {
        Some(source) if source.sessions > 0 => "take in what is new",
        _ => "take in",
    };
    let mut keys = Vec::new();
    if app.importing.is_some() {
        keys.push(Does(Action::ImportsStop, "stop"));
    } else if overlay.marked().is_some() {
        keys.push(Does(Action::Choose, does));
    }
    if overlay.shown().len() > 1 {
        keys.push(All(&[Action::ScrollUp, Action::ScrollDown], "choose"));
    }
    keys.push(Does(
        Action::Close,
        if app.importing.is_some() {
            "close; it goes on"
        } else {
            "close"
        },
    ));
    keys.push(Does(Action::Memory, "search"));
    Page {
        title: "imports".to_owned(),
        right: String::new(),
        filter: None,
        at,
        foot,
        keys: named.keys(&keys),
        rows,
    }
}

/// How far the import of it is, while one runs.
fn running<'a>(app: &'a App, source: &Source) -> Option<&'a Progress> {
    let running = app.importing.as_ref();
    running.filter(|progress| progress.path == source.path)
}

fn held(source: &Source) -> String {
    let one = if source.program.keeps_databases() {
        "database"
    } else {
        "session"
    };
    let count = match source.files {
        1 => format!("1 {one}"),
        files => format!("{files} {one}s"),
    };
    format!("{count}, {}", figure::bytes(source.bytes))
}

fn state(source: &Source, running: Option<&Progress>) -> (String, Role) {
    if let Some(progress) = running {
        let reached = &progress.reached;
        let mut text = format!(
            "{} of {} files, {} of {}",
            reached.files,
            reached.of_files,
            figure::bytes(reached.bytes),
            figure::bytes(reached.of_bytes)
        );
        if let Some(rate) = progress.rate() {
            text.push_str(", ");
            text.push_str(&figure::bytes(rate));
            text.push_str("/s");
        }
        return (text, Role::Accent);
    }
    let watched = if source.watched { ", watched" } else { "" };
    let (text, role) = match source.taken_files {
        _ if source.sessions == 0 => ("not taken in".to_owned(), Role::Muted),
        taken if taken >= source.files => ("all taken in".to_owned(), Role::Good),
        taken => {
            let left = source.files - taken;
            (format!("{left} new or changed"), Role::Warn)
        }
    };
    (format!("{text}{watched}"), role)
}
