//! A command that another Creel began, until it ends: it has the rest of its time, can be stopped, and what it puts out is told
//! as that of any other.

use std::time::Duration;

use serde_json::Value;

use crate::agent::open::TAKEN_OVER;
use crate::protocol::call::Outcome;
use crate::sandbox::adopted::Adopted;
use crate::tool::bash;
use crate::tool::shared::process::{self, Job};
use crate::tool::{Ended, Scene};

/// Where it sends what it puts out elsewhere.
const UNREAD: &str = "\n(What it put out could not be read: it no longer goes to Creel itself.)";

/// `input` is that of its call, `ran` how long it ran by now.
pub async fn command(input: Value, adopted: Adopted, ran: Duration, scene: Scene) -> Ended {
    let (_, timeout) = match bash::arguments(&input) {
        Ok(arguments) => arguments,
        Err(text) => return Outcome::failed(text).into(),
    };
    let timeout = bash::time(timeout, &scene);
    let is_read = adopted.output.is_some();
    let job = Job {
        adopted: Some(adopted),
        timeout: timeout.saturating_sub(ran),
        ..bash::job(timeout, &scene)
    };
    match process::run(job).await {
        Ok(finished) => {
            let mut ended = bash::ended(finished, timeout.as_secs(), scene.number, None);
            if !is_read {
                ended.outcome.text.push_str(UNREAD);
            }
            ended.outcome.text.push_str(TAKEN_OVER);
            ended
        }
        Err(text) => Outcome::failed(text).into(),
    }
}
