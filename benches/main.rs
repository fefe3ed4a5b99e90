//! The figures Creel is held to, measured on the true program: the release binary in a terminal of its own, against a model
//! that is played on this machine. `cargo bench` measures all rows, `cargo bench -- keys idle` those that are named, and
//! `cargo bench -- --list` says which there are.
//!
//! A machine that is slow or busy makes a figure `over` and never a failure; only a row that breaks does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a row that cannot be set up breaks, and says where"
)]
#![allow(clippy::print_stdout, reason = "the table is what a bench is for")]

mod board;
mod halt;
mod history;
mod huge;
mod idle;
mod keys;
mod limit;
mod machine;
mod made;
mod markdown;
mod meanwhile;
mod million;
mod model;
mod once;
mod pane;
mod panes;
mod program;
mod recall;
mod reopen;
mod report;
mod retrieval;
mod sandbox;
mod start;
mod steps;
mod stream;
#[allow(dead_code, reason = "the tests use the rest of it")]
#[path = "../tests/support/mod.rs"]
mod support;
mod talks;

use std::process::ExitCode;
use std::time::Duration;

use crate::limit::{Limit, Trouble};
use crate::report::Finding;

/// What is measured together.
struct Row {
    name: &'static str,
    /// For a person who chooses.
    what: &'static str,
    /// What it may take. It ends then with what it has, and with `over` where it has nothing.
    most: Duration,
    measure: fn(Limit) -> Result<Vec<Finding>, Trouble>,
}

const fn row(
    name: &'static str,
    what: &'static str,
    seconds: u64,
    measure: fn(Limit) -> Result<Vec<Finding>, Trouble>,
) -> Row {
    Row {
        name,
        what,
        most: Duration::from_secs(seconds),
        measure,
    }
}

/// In the order they are measured.
const ROWS: &[Row] = &[
    row(
        "start",
        "from starting it to its first frame",
        120,
        start::measure,
    ),
    row(
        "keys",
        "from a key to the screen, at rest and while text streams",
        180,
        keys::measure,
    ),
    row(
        "board",
        "the board over 10,000 sessions: opened, filtered",
        120,
        board::measure,
    ),
    row(
        "history",
        "Ctrl+R over 10,000 prompts: opened, searched",
        120,
        history::measure,
    ),
    row(
        "idle",
        "what it takes while nobody does anything",
        90,
        idle::measure,
    ),
    row(
        "once",
        "what `creel run` adds to the time of the model",
        60,
        once::measure,
    ),
    row(
        "steps",
        "what a step of a task with tools costs",
        90,
        steps::measure,
    ),
    row(
        "sandbox",
        "what the sandbox adds to a command",
        60,
        sandbox::measure,
    ),
    row(
        "halt",
        "from an interrupt to the end of a run",
        60,
        halt::measure,
    ),
    row("burst", "20,000 tokens at once", 120, stream::burst),
    row("rate", "100 tokens a second", 120, stream::rate),
    row(
        "panes",
        "eight panes that stream at once",
        180,
        panes::measure,
    ),
    row(
        "reopen",
        "a session of 2,000 items, opened again",
        60,
        reopen::measure,
    ),
    row(
        "recall",
        "how well memory finds what was said",
        180,
        recall::measure,
    ),
    row(
        "retrieval",
        "how well memory finds: Chinese, code, other words",
        120,
        retrieval::measure,
    ),
    row(
        "million",
        "a memory of one million items: indexed, asked",
        600,
        million::measure,
    ),
    row(
        "meanwhile",
        "a memory that grows: taken in, searched meanwhile, said and found",
        300,
        meanwhile::measure,
    ),
    row(
        "huge",
        "a session of 100,000 items: opened, scrolled, closed",
        300,
        huge::measure,
    ),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        // The form in which runners of tests and benches tell each other what there is.
        for row in ROWS {
            println!("{}: benchmark", row.name);
        }
        return ExitCode::SUCCESS;
    }
    // Cargo adds `--bench`; other flags are of the harness that is not here.
    let names: Vec<&String> = arguments
        .iter()
        .filter(|name| !name.starts_with('-'))
        .collect();
    if let Some(unknown) = names
        .iter()
        .find(|name| ROWS.iter().all(|row| row.name != **name))
    {
        println!("there is no row `{unknown}`; there are:");
        for row in ROWS {
            println!("  {:<9} {}", row.name, row.what);
        }
        return ExitCode::from(2);
    }
    if cfg!(debug_assertions) {
        println!("SKIPPED the figures: this build is for debugging; use `cargo bench`");
        return ExitCode::SUCCESS;
    }
    report::head();
    let mut broken = false;
    for row in ROWS
        .iter()
        .filter(|row| names.is_empty() || names.contains(&&row.name.to_owned()))
    {
        report::row(row.name, row.what);
        let (limit, measure) = (Limit::of(row.most), row.measure);
        // On a thread of its own, so that one row that breaks leaves the others.
        match std::thread::spawn(move || measure(limit)).join() {
            Ok(Ok(findings)) => findings.iter().for_each(report::finding),
            Ok(Err(Trouble::Missing(what))) => println!("  SKIPPED: {what}"),
            Ok(Err(Trouble::Late(what))) => println!("  over: {what}"),
            Err(_) => {
                broken = true;
                println!("  broken: what happened stands above");
            }
        }
    }
    if broken {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
