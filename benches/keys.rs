//! From a key to its letter on the screen, while nothing else happens and while text streams.

use std::thread;
use std::time::Duration;

use crate::limit::{Limit, Trouble, samples};
use crate::markdown::tokens;
use crate::model::{Model, Says};
use crate::pane::Pane;
use crate::report::{Finding, Of, Samples, millis};
use crate::support::{Dice, Home};

const KEYS: usize = 500;
/// Letters that make no word, so that the row of the composer is known by them.
const LETTERS: &str = "qzjxkvwbqzjxkvwbqzjxkvwbqzjxkvwb";
/// Between keys, in milliseconds: other than the time between two frames, so that keys meet every moment of one.
const PAUSE: (u64, u64) = (15, 50);
/// More than the keys need; the stream is cut off when they are done.
const TOKENS: usize = 8_000;

pub fn measure(limit: Limit) -> Result<Vec<Finding>, Trouble> {
    let home = Home::new();
    let model = Model::plays(vec![Says::tokens(
        tokens(TOKENS),
        Duration::from_millis(10),
    )]);
    home.config(&model.config());
    let pane = Pane::ready(&home, &[], limit)?;
    pane.settle(Duration::from_millis(500), limit);
    let rest = pressed(&pane, LETTERS.len(), limit)?;
    let bytes = pane.bytes();
    pane.watch("Section 1");
    pane.press("go\r");
    pane.sight(0, limit)?;
    let streaming = pressed(&pane, LETTERS.len(), limit)?;
    let streamed = pane.bytes() - bytes;
    let going = model
        .exchanges()
        .iter()
        .any(|exchange| exchange.ended.is_none());
    let told = |what: &str, times: Vec<Duration>| {
        Finding::new(
            what,
            "ms",
            Samples::new(times.into_iter().map(millis).collect()),
        )
        .target(Of::Median, 2.0)
        .target(Of::P99, 5.0)
    };
    let note = if going {
        format!("{streamed} bytes came meanwhile, and the stream went on to the last key")
    } else {
        "the stream ended before the last key: some were pressed at rest".to_owned()
    };
    Ok(vec![
        told("key to screen at rest", rest),
        told("key to screen at 100 tokens a second", streaming).note(note),
    ])
}

/// Presses so many letters time and again; how long each took to the screen.
pub fn pressed(pane: &Pane, letters: usize, limit: Limit) -> Result<Vec<Duration>, Trouble> {
    let mut dice = Dice::new(11);
    samples(limit, KEYS, |number| {
        let place = number % letters;
        if place == 0 {
            pane.press("\x15");
            pane.until("an empty composer", limit, |screen| !screen.contains("> q"))?;
        }
        thread::sleep(Duration::from_millis(
            PAUSE.0 + dice.below(PAUSE.1 - PAUSE.0),
        ));
        pane.watch_foot(&format!("> {}", &LETTERS[..=place]));
        let pressed = pane.press(&LETTERS[place..=place]);
        Ok(pane.sight(0, limit)?.shown - pressed)
    })
}
