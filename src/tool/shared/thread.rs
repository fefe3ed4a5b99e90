//! Work that blocks on files, on a thread of its own, so that a stop is answered at once whatever the disk does.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::protocol::call::Outcome;
use crate::tool::Ended;

/// What a write that was begun may still take after a stop, within the tenth of a second a stop may take in all.
const LAST_WORD: Duration = Duration::from_millis(80);

/// Work that only reads: given up when the turn is stopped.
pub async fn reading(
    stop: CancellationToken,
    work: impl FnOnce() -> Ended + Send + 'static,
) -> Ended {
    tokio::select! {
        biased;
        () = stop.cancelled() => Outcome::cancelled("stopped").into(),
        ended = tokio::task::spawn_blocking(work) => ended.unwrap_or_else(|_| broken()),
    }
}

/// Work that changes a file: not begun after a stop, and once begun its true end is awaited as long as a stop allows.
pub async fn writing(
    stop: CancellationToken,
    work: impl FnOnce() -> Ended + Send + 'static,
) -> Ended {
    if stop.is_cancelled() {
        return Outcome::cancelled("stopped; nothing was changed").into();
    }
    let mut work = tokio::task::spawn_blocking(work);
    tokio::select! {
        biased;
        ended = &mut work => return ended.unwrap_or_else(|_| broken()),
        () = stop.cancelled() => {}
    }
    match tokio::time::timeout(LAST_WORD, work).await {
        Ok(ended) => ended.unwrap_or_else(|_| broken()),
        Err(_) => Outcome::cancelled(
            "stopped while the file was being written: it may hold the old or the new content",
        )
        .into(),
    }
}

fn broken() -> Ended {
    Outcome::failed("the tool broke off by a fault of Creel").into()
}
