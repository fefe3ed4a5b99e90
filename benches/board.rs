//! The board over a home with many sessions: from its key to its first frames, and from a letter that filters it to the screen.

use std::thread;
use std::time::Duration;

use crate::limit::{Limit, Trouble, samples};
use crate::made;
use crate::model::config;
use crate::pane::Pane;
use crate::report::{Finding, Of, Samples, millis};
use crate::support::{Dice, Home};

pub const SESSIONS: u32 = 10_000;
const OPENINGS: usize = 31;
const KEYS: usize = 300;
/// Words that one session of all has when they are typed whole.
pub const WORDS: &str = "task 9876:";
/// Between keys, in milliseconds: other than the time between two frames, so that keys meet every moment of one.
const PAUSE: (u64, u64) = (15, 50);

pub fn measure(limit: Limit) -> Result<Vec<Finding>, Trouble> {
    let home = Home::new();
    home.config(&config("127.0.0.1:9"));
    made::sessions(&home, SESSIONS);
    let pane = Pane::ready(&home, &[], limit)?;
    pane.settle(Duration::from_millis(500), limit);
    let newest = format!("Task {}", SESSIONS - 1);
    let openings = samples(limit, OPENINGS, |_| {
        pane.watch_all(&[" Board ", &newest]);
        let pressed = pane.press("\x18w");
        let (first, listed) = (pane.sight(0, limit)?, pane.sight(1, limit)?);
        pane.settle(Duration::from_millis(100), limit);
        pane.press("\x1b");
        pane.until("no board", limit, |screen| !screen.contains(" Board "))?;
        Ok((first.shown - pressed, listed.shown - pressed))
    })?;
    pane.press("\x18w");
    pane.until("the board", limit, |screen| screen.contains(&newest))?;
    pane.press("/");
    let letters = typed(&pane, "/ ", limit)?;
    pane.watch("Board   1 found");
    pane.until("all sessions", limit, |screen| {
        !screen.contains(&format!("/ {WORDS}"))
    })?;
    pane.press(WORDS);
    pane.sight(0, limit)?;
    pane.press("\x1b\x1b");
    pane.until("no board", limit, |screen| !screen.contains(" Board "))?;
    pane.quit(limit)?;
    let (first, listed): (Vec<_>, Vec<_>) = openings.into_iter().unzip();
    Ok(vec![
        told("10,000 sessions: first frame of the board", first).target(Of::Median, 20.0),
        told("10,000 sessions: the board lists them", listed).target(Of::Median, 20.0),
        told("a letter that filters the board", letters).target(Of::P99, 8.0),
    ])
}

pub fn told(what: &str, times: Vec<Duration>) -> Finding {
    Finding::new(
        what,
        "ms",
        Samples::new(times.into_iter().map(millis).collect()),
    )
}

/// Types words behind a sign time and again; how long each letter took to the screen. They are taken away at the end.
pub fn typed(pane: &Pane, sign: &str, limit: Limit) -> Result<Vec<Duration>, Trouble> {
    let mut dice = Dice::new(11);
    let times = samples(limit, KEYS, |number| {
        let place = number % WORDS.len();
        if place == 0 {
            clear(pane, sign, limit)?;
        }
        thread::sleep(Duration::from_millis(
            PAUSE.0 + dice.below(PAUSE.1 - PAUSE.0),
        ));
        let text = format!("{sign}{}", &WORDS[..=place]);
        // A blank at the end is no text that could be seen.
        if text.ends_with(' ') {
            pane.press(" ");
            return Ok(Duration::ZERO);
        }
        pane.watch(&text);
        let pressed = pane.press(&WORDS[place..=place]);
        Ok(pane.sight(0, limit)?.shown - pressed)
    })?;
    clear(pane, sign, limit)?;
    Ok(times.into_iter().filter(|time| !time.is_zero()).collect())
}

fn clear(pane: &Pane, sign: &str, limit: Limit) -> Result<(), Trouble> {
    pane.press("\x15");
    let first = format!("{sign}{}", &WORDS[..1]);
    pane.until("no words", limit, |screen| !screen.contains(&first))
}
