//! Ctrl+R over many prompts: from the key to the newest of them, and from a letter that finds to the screen.

use std::time::Duration;

use crate::board::{SESSIONS, told, typed};
use crate::limit::{Limit, Trouble, samples};
use crate::made;
use crate::model::config;
use crate::pane::Pane;
use crate::report::{Finding, Of};
use crate::support::Home;

const OPENINGS: usize = 11;

pub fn measure(limit: Limit) -> Result<Vec<Finding>, Trouble> {
    let home = Home::new();
    home.config(&config("127.0.0.1:9"));
    // Each has one prompt, and no two have the same.
    made::sessions(&home, SESSIONS);
    let pane = Pane::ready(&home, &[], limit)?;
    pane.settle(Duration::from_millis(500), limit);
    let newest = format!("Task {}", SESSIONS - 1);
    // The page of a new session names one prompt of before; two in a row stand in the list alone.
    let second = format!("Task {}", SESSIONS - 2);
    let opened = samples(limit, OPENINGS, |_| {
        pane.watch(&second);
        let pressed = pane.press("\x12");
        let listed = pane.sight(0, limit)?.shown - pressed;
        pane.until("the newest", limit, |screen| screen.contains(&newest))?;
        pane.press("\x1b");
        pane.until("no list", limit, |screen| !screen.contains(&second))?;
        Ok(listed)
    })?;
    pane.press("\x12");
    pane.until("the list", limit, |screen| screen.contains(&second))?;
    let letters = typed(&pane, "> ", limit)?;
    pane.press("\x1b");
    pane.until("no list", limit, |screen| !screen.contains(&second))?;
    pane.quit(limit)?;
    Ok(vec![
        told("10,000 prompts: listed", opened),
        told("a letter that finds among 10,000 prompts", letters).target(Of::P99, 8.0),
    ])
}
