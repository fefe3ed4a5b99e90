//! Eight panes, each with a session that streams: what that takes of the machine, whether a key is as quick then, and what the
//! same desk costs to open again.

use std::thread;
use std::time::Duration;

use crate::keys;
use crate::limit::{Limit, Trouble, samples};
use crate::machine::{Cpu, Memory};
use crate::markdown::tokens;
use crate::model::{Model, Says};
use crate::pane::{Pane, READY};
use crate::report::{Finding, Of, Samples, millis, number};
use crate::support::Home;

const PANES: usize = 8;
const PER_SECOND: usize = 100;
/// Longer than the row looks; the streams are cut off when it is done.
const TOKENS: usize = 6_000;
const SECONDS: usize = 10;
const STARTS: usize = 15;
/// Of the letters pressed, as many as stand in one row of the narrowest pane.
const LETTERS: usize = 16;
/// For a key that opens or moves a pane to be drawn.
const DRAWN: Duration = Duration::from_millis(150);

/// Panes beside each other, and above each other.
struct Grid {
    columns: usize,
    rows: usize,
    /// Bytes a token, at most.
    bytes: f64,
}

const GRIDS: [Grid; 2] = [
    Grid {
        columns: 4,
        rows: 2,
        bytes: 110.0,
    },
    Grid {
        columns: 2,
        rows: 4,
        bytes: 60.0,
    },
];

pub fn measure(limit: Limit) -> Result<Vec<Finding>, Trouble> {
    let mut findings = Vec::new();
    for grid in &GRIDS {
        findings.extend(stream(grid, limit)?);
    }
    Ok(findings)
}

fn stream(grid: &Grid, limit: Limit) -> Result<Vec<Finding>, Trouble> {
    let home = Home::new();
    let model = Model::plays(vec![Says::tokens(
        tokens(TOKENS),
        Duration::from_secs(1) / PER_SECOND as u32,
    )]);
    home.config(&model.config());
    let pane = Pane::ready(&home, &[], limit)?;
    pane.settle(Duration::from_millis(500), limit);
    let one = Memory::of(pane.process())?;
    open(&pane, grid);
    pane.settle(DRAWN, limit);
    let eight = Memory::of(pane.process())?;
    for number in 1..=PANES {
        pane.watch("go now");
        pane.press(&format!("\x1b{number}"));
        thread::sleep(DRAWN);
        pane.press("go now");
        pane.sight(0, limit)?;
        pane.press("\r");
    }
    // All of them are past the beginning, which is shown at once.
    thread::sleep(Duration::from_secs(2));
    let (mut looks, bytes) = (vec![Cpu::of(pane.process())?], pane.bytes());
    let (frames, began) = (pane.frames(), std::time::Instant::now());
    for second in 1..=SECONDS {
        let due = Duration::from_secs(1) * second as u32;
        thread::sleep(due.saturating_sub(began.elapsed()));
        looks.push(Cpu::of(pane.process())?);
    }
    let took = began.elapsed().as_secs_f64();
    let written = (pane.bytes() - bytes) as f64;
    let frames = (pane.frames() - frames) as f64 / took;
    let shown = took * (PER_SECOND * PANES) as f64;
    let pressed = keys::pressed(&pane, LETTERS, limit)?;
    let going = model
        .exchanges()
        .iter()
        .filter(|exchange| exchange.ended.is_none())
        .count();
    // Every turn is stopped, since a program that is left while something runs asks first, and none goes on.
    pane.press("\x15\x18!");
    pane.settle(Duration::from_secs(1), limit);
    pane.press("\x1b");
    pane.settle(Duration::from_secs(1), limit);
    pane.quit(limit)?;
    let name = format!("{} by {}", grid.columns, grid.rows);
    let percent: Vec<f64> = looks
        .windows(2)
        .map(|pair| pair[1].since(&pair[0]).time.as_secs_f64() * 100.0)
        .collect();
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let (one, eight) = (megabytes(one.resident), megabytes(eight.resident));
    let further = (eight - one) / (PANES - 1) as f64;
    let starts = again(&home, limit)?;
    Ok(vec![
        Finding::new(
            format!("{name}: CPU, of a core"),
            "%",
            Samples::new(percent),
        )
        .target(Of::Mean, 7.0)
        .note(format!(
            "eight answers of {PER_SECOND} tokens a second each; {going} went on to the last key"
        )),
        Finding::new(format!("{name}: frames a second"), "", Samples::one(frames))
            .target(Of::Max, 30.0),
        Finding::new(
            format!("{name}: written to the terminal, by token"),
            "bytes",
            Samples::one(written / shown),
        )
        .target(Of::Max, grid.bytes),
        Finding::new(
            format!("{name}: key to screen meanwhile"),
            "ms",
            Samples::new(pressed.into_iter().map(millis).collect()),
        )
        .target(Of::Median, 2.0)
        .target(Of::P99, 5.0),
        Finding::new(
            format!("{name}: resident for each further pane"),
            "MB",
            Samples::one(further),
        )
        .target(Of::Max, 1.0)
        .note(format!(
            "{} MB with one pane, {} MB with eight",
            number(one),
            number(eight)
        )),
        Finding::new(
            format!("{name}: first frame with eight panes as they were"),
            "ms",
            Samples::new(starts),
        )
        .target(Of::Median, 20.0),
    ])
}

/// Splits the first pane into the grid; panes are numbered in the order they are opened.
fn open(pane: &Pane, grid: &Grid) {
    let press = |keys: &str| {
        pane.press(keys);
        thread::sleep(DRAWN);
    };
    for _ in 1..grid.columns {
        press("\x18v");
        press("\x18=");
    }
    for column in 1..=grid.columns {
        press(&format!("\x1b{column}"));
        for _ in 1..grid.rows {
            press("\x18s");
        }
    }
    press("\x18=");
}

/// Starts with the panes of the last time, in milliseconds from its execution.
fn again(home: &Home, limit: Limit) -> Result<Vec<f64>, Trouble> {
    samples(limit, STARTS, |_| {
        let pane = Pane::start(home, &[], &[READY]);
        let prompt = pane.sight(0, limit)?;
        let took = millis(prompt.shown - pane.executed());
        pane.settle(Duration::from_millis(50), limit);
        pane.quit(limit)?;
        Ok(took)
    })
}
