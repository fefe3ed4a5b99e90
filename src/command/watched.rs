//! Work that may take long, on a thread of its own: how far it is stands in one line on a terminal, and Ctrl-C ends it in order.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;

use crate::agent::figure::bytes;
use crate::command::run::signals;
use crate::command::{Face, Trouble};

/// What ends before is not told of.
const SOON: Duration = Duration::from_millis(700);
const BEAT: Duration = Duration::from_millis(200);

/// What the work says of itself: what it is doing, and bytes of how many. It goes on with a yes.
pub type Step<'a> = &'a mut dyn FnMut(&'static str, u64, u64) -> bool;

#[derive(Default)]
struct Far {
    ends: AtomicBool,
    done: AtomicU64,
    all: AtomicU64,
    doing: Mutex<&'static str>,
}

/// What the work came to, and the exit code of the signal that was to end it, if one came.
pub async fn watched<T: Send + 'static>(
    face: &mut Face<'_>,
    work: impl FnOnce(Step<'_>) -> T + Send + 'static,
) -> Result<(T, Option<u8>), Trouble> {
    let mut signals = signals::caught()?;
    let far = Arc::new(Far::default());
    let told = Arc::clone(&far);
    let mut running = tokio::task::spawn_blocking(move || {
        work(&mut |doing, done, all| {
            told.done.store(done, Ordering::Relaxed);
            told.all.store(all, Ordering::Relaxed);
            *told.doing.lock().unwrap_or_else(PoisonError::into_inner) = doing;
            !told.ends.load(Ordering::Relaxed)
        })
    });
    let first = tokio::time::Instant::now() + SOON;
    let mut beats = tokio::time::interval_at(first, BEAT);
    let (mut code, mut drawn) = (None, false);
    let result = loop {
        tokio::select! {
            done = &mut running => break done,
            Some(signal) = signals.next() => {
                code = code.or(Some(signal));
                far.ends.store(true, Ordering::Relaxed);
            }
            _ = beats.tick(), if face.err_is_terminal => {
                let (done, all) = (far.done.load(Ordering::Relaxed), far.all.load(Ordering::Relaxed));
                let doing = *far.doing.lock().unwrap_or_else(PoisonError::into_inner);
                write!(face.err, "\r\x1b[Kcreel: {doing}, {} of {}", bytes(done), bytes(all))?;
                face.err.flush()?;
                drawn = true;
            }
        }
    };
    if drawn {
        write!(face.err, "\r\x1b[K")?;
        face.err.flush()?;
    }
    match result {
        Ok(result) => Ok((result, code)),
        Err(error) => Err(Trouble::failed(format!(
            "this is a fault of Creel: {error}"
        ))),
    }
}
