//! The ways of the first page: to a model, and to what was done with other agents.

use crate::tui::app::App;
use crate::tui::app::first_run::FirstRun;
use crate::tui::app::local::Local;
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::rows::{Row, wrapped};

/// The way whose words are what the servers answer.
const LOCAL: &str = "Use a local server";

/// The way to what was done with other programs.
const OTHERS: &str = "Search my other agents";

/// Cells of the name of a way, and of its mark and number.
const NAMES: usize = 20;
const BEFORE: usize = 6;

/// Their rows; `room` is the width, whether there is place beside the names, and whether there is some between the ways.
pub fn ways(
    app: &App,
    page: &FirstRun,
    at: usize,
    (width, wide, roomy): (usize, bool, bool),
    look: &Look,
) -> Vec<Row> {
    let mut all = Vec::new();
    let found = found(app);
    let mut ways: Vec<(&str, [&str; 2])> = vec![
        (
            "Take the tour",
            [
                "offline, free. A script plays the model;",
                "files, commands, approvals and log are real",
            ],
        ),
        if page.found.is_some() {
            (
                "Use that key",
                [
                    "its vendor's models are listed, and you choose",
                    "checked with a call that costs nothing",
                ],
            )
        } else {
            (
                "Give a key",
                [
                    "of any vendor: paste it, or name its place",
                    "checked with a call that costs nothing",
                ],
            )
        },
        (LOCAL, ["", ""]),
    ];
    let mut names = NAMES;
    if page.others {
        names = OTHERS.len() + 2;
        ways.push((
            OTHERS,
            [&found, "read and never changed; stays on this machine"],
        ));
    }
    for (index, (name, said)) in ways.iter().enumerate() {
        let mark = if index == at {
            look.mark(Mark::Here)
        } else {
            " "
        };
        let row = Row::of(format!(" {mark} "), Role::Accent)
            .put(format!("{}  ", index + 1), Role::Key)
            .put(format!("{name:<names$}"), Role::Strong);
        if wide && *name == LOCAL {
            all.extend(beside(row, &servers(app), width, Role::Muted));
        } else if wide {
            all.push(row.put(said[0], Role::Muted));
            let before = " ".repeat(names + BEFORE);
            all.push(Row::of(before, Role::Muted).put(said[1], Role::Muted));
        } else {
            all.push(row);
        }
        if roomy && index + 1 < ways.len() {
            all.push(Row::new());
        }
    }
    all
}

/// Whose sessions could be searched.
fn found(app: &App) -> String {
    let names: Vec<&str> = app.setup.programs.iter().map(|of| of.title()).collect();
    format!("found: {}; needs no model", names.join(", "))
}

/// What is known of the servers on this machine.
fn servers(app: &App) -> String {
    let ports = app.usual_ports();
    match &app.local {
        Local::Answered(servers) if servers.is_empty() => {
            format!("asked {ports}: none answers; type another address, or Enter to ask again")
        }
        Local::Answered(servers) => {
            let found: Vec<String> = servers
                .iter()
                .map(|server| {
                    let count = server.models.len();
                    let models = if count == 1 { "model" } else { "models" };
                    format!("{} {}, {count} {models}", server.at.port, server.at.name)
                })
                .collect();
            format!("answers: {}; Enter lists them", found.join("; "))
        }
        Local::Asking => format!("asking {ports}"),
        Local::Unasked => "one that runs here, or any other by its address".to_owned(),
    }
}

/// A text right of the name of a way, in as many rows as it takes.
pub fn beside(name: Row, said: &str, width: usize, role: Role) -> Vec<Row> {
    let place = name.width();
    let mut rows = wrapped(said, width.saturating_sub(1), place, role);
    if let Some(first) = rows.first_mut() {
        let text = wrapped(said, width.saturating_sub(1 + place), 0, role);
        let text = text.into_iter().next().unwrap_or_default();
        *first = text
            .left
            .into_iter()
            .fold(name, |row, (text, role)| row.put(text, role));
    }
    rows
}
