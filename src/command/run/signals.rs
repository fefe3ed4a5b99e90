//! The signals that end a run.

use std::io;
use std::task::{Context, Poll};

use futures_util::stream::{self, Stream};
use tokio::signal::unix::{Signal as Caught, SignalKind, signal};

use crate::command::exit;

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
