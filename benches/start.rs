//! From the start of the program to its first frame, in two homes, one after the other in turn so that both meet the same
//! machine.

use std::time::{Duration, Instant};

use crate::limit::{Limit, Trouble, samples};
use crate::made;
use crate::model::config;
use crate::pane::{Pane, READY, Sight};
use crate::program;
use crate::report::{Finding, Of, Samples, millis, number};
use crate::support::Home;

const STARTS: usize = 31;
const SESSIONS: u32 = 10_000;
/// Nobody listens there: the first frame needs no network, and would be late if it did.
const NOWHERE: &str = "127.0.0.1:9";

/// One start.
struct Start {
    forked: Instant,
    executed: Instant,
    prompt: Sight,
    /// The line that tells of earlier sessions, drawn once the log was read.
    sessions: Sight,
}

pub fn measure(limit: Limit) -> Result<Vec<Finding>, Trouble> {
    let (plain, full) = (Home::new(), Home::new());
    for home in [&plain, &full] {
        home.config(&config(NOWHERE));
        // The log is made before.
        program::run(home, &["sessions"], limit, |_| {})?;
    }
    let before = Instant::now();
    made::sessions(&full, SESSIONS);
    let made = before.elapsed();
    // The first of each is not counted: it reads the files into memory.
    start(&plain, "none yet", limit)?;
    start(&full, "here before", limit)?;
    let pairs = samples(limit, STARTS, |_| {
        Ok((
            start(&plain, "none yet", limit)?,
            start(&full, "here before", limit)?,
        ))
    })?;
    let (plain, full): (Vec<Start>, Vec<Start>) = pairs.into_iter().unzip();
    let mut findings = told(&plain, "a home that exists", 15.0);
    findings.extend(told(&full, "10,000 sessions in the home", 30.0));
    if let Some(last) = findings.last_mut() {
        last.add(format!(
            "the sessions were made in {} s, through the library's log",
            number(made.as_secs_f64())
        ));
    }
    Ok(findings)
}

fn start(home: &Home, sessions: &str, limit: Limit) -> Result<Start, Trouble> {
    let pane = Pane::start(home, &[], &[READY, sessions]);
    pane.sight(0, limit)?;
    let sessions = pane.sight(1, limit)?;
    // Looked at again: where the frame of the prompt ended is known by now.
    let prompt = pane.sight(0, limit)?;
    let (forked, executed) = (pane.forked(), pane.executed());
    pane.settle(Duration::from_millis(50), limit);
    pane.quit(limit)?;
    Ok(Start {
        forked,
        executed,
        prompt,
        sessions,
    })
}

fn told(starts: &[Start], home: &str, most: f64) -> Vec<Finding> {
    let all = |time: fn(&Start) -> Duration| Samples::of(starts.iter().map(time));
    let framed = all(|start| start.prompt.framed.unwrap_or(start.prompt.arrived) - start.executed);
    let before = all(|start| start.executed - start.forked);
    let bytes = starts
        .iter()
        .map(|start| start.prompt.bytes)
        .max()
        .unwrap_or(0);
    vec![
        Finding::new(format!("{home}: prompt shown"), "ms", all(|start| start.prompt.shown - start.executed))
            .target(Of::Median, most)
            .note(format!(
                "without the emulator, the last byte of the frame: median {} ms, max {} ms; {bytes} bytes",
                number(framed.median()),
                number(framed.max())
            ))
            .note(format!(
                "counted from its execution; the fork and what leads to it took {} ms before (median)",
                number(before.median())
            )),
        Finding::new(
            format!("{home}: earlier sessions told"),
            "ms",
            Samples::new(starts.iter().map(|start| millis(start.sessions.shown - start.executed)).collect()),
        ),
    ]
}
