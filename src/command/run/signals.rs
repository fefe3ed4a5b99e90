//! The signals that end a run.

use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::stream::{self, Stream};
use tokio::signal::unix::{Signal as Caught, SignalKind, signal};
use tokio::time::Instant;

use crate::command::exit;

/// Nobody presses a key twice on purpose in less than this.
const ECHO: Duration = Duration::from_secs(1);

/// Whether a signal is the one before it once more: `timeout` signals the program and then its group.
pub(crate) fn is_echo(first: Instant, now: Instant) -> bool {
    now.saturating_duration_since(first) < ECHO
}

/// The exit codes of the signals that end a run, as they come. A terminal that is closed ends it like a termination.
pub(crate) fn caught() -> io::Result<impl Stream<Item = u8> + Unpin> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(stream::poll_fn(move |context| {
        let came =
            |caught: &mut Caught, context: &mut Context<'_>| caught.poll_recv(context).is_ready();
        if came(&mut interrupt, context) {
            return Poll::Ready(Some(exit::INTERRUPTED));
        }
        if came(&mut terminate, context) || came(&mut hang_up, context) {
            return Poll::Ready(Some(exit::TERMINATED));
        }
        Poll::Pending
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_that_comes_twice_at_once_is_one() {
        let first = Instant::now();
        let cases = [(0, true), (999, true), (1000, false), (4000, false)];
        for (millis, expected) in cases {
            let now = first + Duration::from_millis(millis);
            assert_eq!(is_echo(first, now), expected, "{millis}");
        }
    }
}
