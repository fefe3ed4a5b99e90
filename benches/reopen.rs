//! A long session, opened again: from the start of the program to its last screen.

use std::time::Duration;

use crate::limit::{Limit, Trouble, samples};
use crate::machine::{Cpu, Memory};
use crate::made::{self, LAST};
use crate::model::config;
use crate::pane::{Pane, READY};
use crate::report::{Finding, Of, Samples, millis, number};
use crate::support::Home;

const ITEMS: u32 = 2_000;
const OPENINGS: usize = 21;

pub fn measure(limit: Limit) -> Result<Vec<Finding>, Trouble> {
    let home = Home::new();
    home.config(&config("127.0.0.1:9"));
    made::session(&home, ITEMS);
    let open = || {
        let pane = Pane::start(&home, &["--continue"], &[LAST, READY]);
        let (last, ready) = (pane.sight(0, limit)?, pane.sight(1, limit)?);
        let shown = last.shown.max(ready.shown) - pane.executed();
        let first = ready.shown - pane.executed();
        pane.settle(Duration::from_millis(100), limit);
        let (cpu, memory) = (Cpu::of(pane.process())?, Memory::of(pane.process())?);
        pane.quit(limit)?;
        Ok((
            shown,
            first,
            cpu.since(&Cpu::default()).time,
            memory.resident,
        ))
    };
    open()?;
    let opened = samples(limit, OPENINGS, |_| open())?;
    let first = Samples::of(opened.iter().map(|opened| opened.1));
    let cpu = Samples::of(opened.iter().map(|opened| opened.2));
    let memory = opened.iter().map(|opened| opened.3).max().unwrap_or(0);
    Ok(vec![
        Finding::new(
            "2,000 items: last screen shown",
            "ms",
            Samples::new(opened.iter().map(|opened| millis(opened.0)).collect()),
        )
        .target(Of::Median, 50.0)
        .note(format!(
            "the prompt was there after {} ms; {} ms of CPU (medians); {} MB resident at most",
            number(first.median()),
            number(cpu.median()),
            number(memory as f64 / 1_048_576.0)
        )),
    ])
}
