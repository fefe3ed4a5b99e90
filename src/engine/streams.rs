//! The thread on which answers that somebody watches are read. While each of them rests until the next beat it sleeps through
//! whatever arrives: on the runtime of all else every token that comes in wakes a thread, for nothing, and those wakes cost
//! more than reading, decoding and telling the answer together.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

/// Timers are rounded up to a millisecond: woken this much after a beat, the thread finds those of the beat due.
const LATE: Duration = Duration::from_millis(1);

pub(crate) struct Streams {
    runtime: Handle,
    thread: Thread,
    rests: Arc<Rests>,
    /// Dropped, the thread ends.
    ends: Option<oneshot::Sender<()>>,
}

/// What is being read there; dropped, it is no more.
pub(crate) struct Reading {
    task: AbortHandle,
    thread: Thread,
}

/// One stream's share in the thread's sleep: it sleeps when all of them rest.
pub(crate) struct Awake(Arc<Rests>);

struct Rests {
    began: Instant,
    awake: AtomicUsize,
    /// The last moment one of them rests until, in nanoseconds since it began.
    until: AtomicU64,
}

impl Streams {
    pub(crate) fn start() -> io::Result<Self> {
        let rests = Arc::new(Rests {
            began: Instant::now(),
            awake: AtomicUsize::new(0),
            until: AtomicU64::new(0),
        });
        let sleeper = Arc::clone(&rests);
        let runtime = Builder::new_current_thread()
            .enable_all()
            .on_thread_park(move || sleeper.sleep())
            .build()?;
        let handle = runtime.handle().clone();
        let (ends, ended) = oneshot::channel::<()>();
        let thread = thread::Builder::new()
            .name("streams".to_owned())
            .spawn(move || {
                // Either way all doors to it are gone.
                let _ = runtime.block_on(ended);
            })?;
        Ok(Self {
            runtime: handle,
            thread: thread.thread().clone(),
            rests,
            ends: Some(ends),
        })
    }

    /// Runs a task that reads a stream there.
    pub(crate) fn read<F>(&self, task: impl FnOnce(Awake) -> F) -> Reading
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.rests.awake.fetch_add(1, Ordering::AcqRel);
        let awake = Awake(Arc::clone(&self.rests));
        let task = self.runtime.spawn(task(awake)).abort_handle();
        self.thread.unpark();
        Reading {
            task,
            thread: self.thread.clone(),
        }
    }
}

impl Drop for Streams {
    fn drop(&mut self) {
        drop(self.ends.take());
        self.thread.unpark();
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.task.abort();
        self.thread.unpark();
    }
}

impl Awake {
    /// Needs nothing that arrives until then.
    pub(crate) async fn rest(&self, until: Instant) {
        struct Resting<'a>(&'a Rests);
        impl Drop for Resting<'_> {
            fn drop(&mut self) {
                self.0.awake.fetch_add(1, Ordering::AcqRel);
            }
        }
        let since = until.saturating_duration_since(self.0.began).as_nanos();
        let since = u64::try_from(since).unwrap_or(u64::MAX);
        self.0.until.fetch_max(since, Ordering::AcqRel);
        self.0.awake.fetch_sub(1, Ordering::AcqRel);
        let resting = Resting(&self.0);
        sleep_until(until).await;
        drop(resting);
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        self.0.awake.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Rests {
    /// Before the thread would wait for what arrives: sleeps while nobody needs it.
    fn sleep(&self) {
        if self.awake.load(Ordering::Acquire) > 0 {
            return;
        }
        let until = Duration::from_nanos(self.until.load(Ordering::Acquire)) + LATE;
        let left = until.saturating_sub(self.began.elapsed());
        if !left.is_zero() {
            thread::park_timeout(left);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tokio::sync::mpsc;

    use super::*;

    /// Longer than any test takes: who waits for it to end waits in vain.
    const LONG: Duration = Duration::from_hours(1);

    #[tokio::test]
    async fn a_stream_that_is_wanted_wakes_the_thread_from_the_rest_of_another() {
        let streams = Streams::start().unwrap();
        let (told, mut hears) = mpsc::channel(8);
        let says = told.clone();
        let first = streams.read(async move |awake| {
            says.send("rests").await.unwrap();
            awake.rest(Instant::now() + LONG).await;
        });
        assert_eq!(hears.recv().await, Some("rests"));
        let says = told.clone();
        let second = streams.read(async move |_awake| says.send("reads").await.unwrap());
        assert_eq!(hears.recv().await, Some("reads"));
        drop((first, second));
    }

    #[tokio::test]
    async fn what_is_dropped_is_dropped_there_at_once_also_in_its_rest() {
        let streams = Streams::start().unwrap();
        let (told, mut hears) = mpsc::channel::<()>(1);
        let reading = streams.read(async move |awake| {
            told.send(()).await.unwrap();
            awake.rest(Instant::now() + LONG).await;
            drop(told);
        });
        assert_eq!(hears.recv().await, Some(()));
        drop(reading);
        assert_eq!(hears.recv().await, None);
        assert_eq!(streams.rests.awake.load(Ordering::Acquire), 0);
    }

    #[tokio::test]
    async fn a_rest_ends_by_itself() {
        let streams = Streams::start().unwrap();
        let (told, mut hears) = mpsc::channel(1);
        let reading = streams.read(async move |awake| {
            let until = Instant::now() + Duration::from_millis(5);
            awake.rest(until).await;
            told.send(Instant::now() >= until).await.unwrap();
        });
        assert_eq!(hears.recv().await, Some(true));
        drop(reading);
    }
}
