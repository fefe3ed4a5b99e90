//! What a command puts out, as it is read from its pipe: while it runs, and after its end from those it left behind.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::Errno;
use tokio::net::unix::pipe;
use tokio::time::Instant;

/// Output that comes in small pieces is read so often at most: each look wakes a thread, and costs more than what it reads.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(5);
/// A look that brings so much is followed by the next at once, so that a pipe (64 KiB) is never long full.
pub(crate) const MUCH: usize = 16 << 10;
/// Bytes that are thrown away at once: all that a pipe holds.
const DRAINED: usize = 64 << 10;

/// What the pipe holds from `look` on, waiting until there is something. Only then is it watched: while it is not, what
/// arrives wakes nobody.
pub(crate) async fn read(
    pipe: Option<&OwnedFd>,
    buffer: &mut [u8],
    look: Instant,
) -> io::Result<usize> {
    let Some(pipe) = pipe else { return Ok(0) };
    if look > Instant::now() {
        tokio::time::sleep_until(look).await;
    }
    loop {
        match rustix::io::read(pipe, &mut *buffer) {
            Ok(count) => return Ok(count),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                let watched = pipe.try_clone().and_then(pipe::Receiver::from_owned_fd);
                match watched {
                    Ok(watched) => watched.readable().await?,
                    // There is no descriptor left to watch it by: it is looked at from time to time.
                    Err(_) => tokio::time::sleep(LOOK_EVERY).await,
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Throws away what those put out who hold the pipe of a command that has ended, and whom no signal to its group reaches: else
/// they would wait for ever once it is full. Ends with the last of them, or with the runtime.
pub(crate) fn drain(pipe: OwnedFd) {
    tokio::spawn(throw_away(pipe, LOOK_EVERY));
}

/// However much comes, `every` passes between two looks: one that writes without end gets rid of a pipeful in each, and costs
/// nobody else a core.
async fn throw_away(pipe: OwnedFd, every: Duration) {
    let mut buffer = vec![0; DRAINED];
    let mut look = Instant::now();
    while let Ok(count) = read(Some(&pipe), &mut buffer, look).await
        && count > 0
    {
        look = Instant::now() + every;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use futures_util::FutureExt;
    use rustix::fs::{OFlags, fcntl_setfl};
    use rustix::pipe::pipe;

    use super::*;

    #[tokio::test]
    async fn however_much_is_thrown_away_there_is_a_wait_between_two_looks() {
        let (reads, writes) = pipe().unwrap();
        for end in [&reads, &writes] {
            fcntl_setfl(end, OFlags::NONBLOCK).unwrap();
        }
        while rustix::io::write(&writes, &[0; 4 << 10]).is_ok() {}
        let copy = reads.try_clone().unwrap();
        let mut thrown = Box::pin(throw_away(reads, Duration::from_hours(1)));
        assert!(thrown.as_mut().now_or_never().is_none());
        // All of it went with the first look, and the next one waits although there is more again.
        assert_eq!(rustix::io::write(&writes, &[0; 4 << 10]), Ok(4 << 10));
        drop(writes);
        assert!(thrown.as_mut().now_or_never().is_none());
        let mut left = vec![0; DRAINED];
        assert_eq!(rustix::io::read(&copy, &mut left), Ok(4 << 10));
    }
}
