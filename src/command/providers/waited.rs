//! What is said while a provider that was asked has not answered.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::command::{Face, Trouble};

/// After this a person wonders.
const FIRST: Duration = Duration::from_secs(1);

/// And then again each time this has passed.
const EVERY: Duration = Duration::from_secs(5);

/// Waits for an answer, and says beside the results who was asked what, since when, where it does not come at once.
pub(crate) async fn waited<T>(
    asked: &str,
    answer: impl Future<Output = T>,
    face: &mut Face<'_>,
) -> Result<T, Trouble> {
    let mut answer = std::pin::pin!(answer);
    let began = Instant::now();
    let mut next = began + FIRST;
    loop {
        tokio::select! {
            biased;
            answer = &mut answer => return Ok(answer),
            () = sleep_until(next) => {
                let seconds = began.elapsed().as_secs();
                face.note(&format!("{asked} {seconds} s ago and has not answered yet: Ctrl+C breaks off"))?;
                next += EVERY;
            }
        }
    }
}
