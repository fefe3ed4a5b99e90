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
/// Bytes that are thrown away at once.
const DRAINED: usize = 16 << 10;

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
    tokio::spawn(async move {
        let mut buffer = vec![0; DRAINED];
        let mut look = Instant::now();
        while let Ok(count) = read(Some(&pipe), &mut buffer, look).await
            && count > 0
        {
            if count < DRAINED {
                look = Instant::now() + LOOK_EVERY;
            }
        }
    });
}
