//! A session of 100,000 items and half a gigabyte of outputs: opened, scrolled, closed.

use std::thread;
use std::time::Duration;

use crate::limit::{Limit, Trouble, samples};
use crate::machine::{Cpu, Memory};
use crate::made::{self, LAST};
use crate::model::config;
use crate::pane::{Pane, READY};
use crate::report::{Finding, Of, Samples, millis, number};
use crate::support::Home;

const ITEMS: u32 = 100_000;
/// Of each of its 30,000 outputs: 500 MB in all.
const OUTPUT: usize = 16_700;
const OPENINGS: usize = 11;
const PAGES: u32 = 300;
const MEGABYTE: f64 = 1_048_576.0;

pub fn measure(limit: Limit) -> Result<Vec<Finding>, Trouble> {
    let home = Home::new();
    home.config(&config("127.0.0.1:9"));
    made::long_session(&home, ITEMS, OUTPUT);
    let open = || {
        let pane = Pane::start(&home, &["--continue"], &[LAST, READY]);
        let (last, ready) = (pane.sight(0, limit)?, pane.sight(1, limit)?);
        let shown = last.shown.max(ready.shown) - pane.executed();
        pane.settle(Duration::from_millis(300), limit);
        Ok((pane, shown))
    };
    let (pane, _) = open()?;
    pane.quit(limit)?;
    let opened = samples(limit, OPENINGS, |_| {
        let (pane, shown) = open()?;
        let memory = Memory::of(pane.process())?;
        pane.quit(limit)?;
        Ok((shown, memory.resident))
    })?;
    let (pane, _) = open()?;
    let before = Cpu::of(pane.process())?;
    for _ in 0..PAGES {
        pane.press("\x1b[5~");
        thread::sleep(Duration::from_millis(20));
    }
    pane.settle(Duration::from_millis(300), limit);
    let used = Cpu::of(pane.process())?.since(&before).time;
    let scrolled = Memory::of(pane.process())?.resident;
    // The session is closed; another one, which is new, takes its place.
    pane.press("\x18X");
    pane.settle(Duration::from_secs(1), limit);
    let closed = Memory::of(pane.process())?.resident;
    pane.quit(limit)?;
    let most = opened.iter().map(|opened| opened.1).max().unwrap_or(0);
    let size = |bytes: u64| number(bytes as f64 / MEGABYTE);
    Ok(vec![
        Finding::new(
            "100,000 items: last screen shown",
            "ms",
            Samples::new(opened.iter().map(|opened| millis(opened.0)).collect()),
        )
        .target(Of::Median, 50.0),
        Finding::new(
            "a page of it, scrolled back: CPU with reading",
            "ms",
            Samples::one(millis(used) / f64::from(PAGES)),
        )
        .target(Of::Median, 8.0)
        .note(format!("{PAGES} pages")),
        Finding::new(
            "resident, opened and scrolled",
            "MB",
            Samples::one(most.max(scrolled) as f64 / MEGABYTE),
        )
        .target(Of::Max, 60.0)
        .note(format!(
            "{} MB opened, {} MB after {PAGES} pages, {} MB when it is closed",
            size(most),
            size(scrolled),
            size(closed)
        )),
    ])
}
