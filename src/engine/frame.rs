//! The beat streamed text goes by. Every stream that trickles is looked at on the same beats, and who shows the text hears of
//! it right after, so that eight streams wake the program as often as one.

use std::future::poll_fn;
use std::sync::OnceLock;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

/// Between two beats. A look and the frame after it cost some hundred microseconds each, whether they bring one token or ten;
/// 20 of them in a second are read as a flow.
pub const FRAME: Duration = Duration::from_millis(50);

/// The first beat after a moment.
pub fn next(now: Instant) -> Instant {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    let since = now.saturating_duration_since(*FIRST.get_or_init(|| now));
    let past = since.as_nanos() % FRAME.as_nanos();
    let left = FRAME.as_nanos() - past;
    now + Duration::from_nanos(u64::try_from(left).unwrap_or_default())
}

/// Lets the other tasks that can go on do so. Unlike the runtime's own yielding it does not ask the system for what has come
/// meanwhile, which costs more than all the rest of a look.
pub async fn pass() {
    let mut passed = false;
    poll_fn(|context| {
        if passed {
            return Poll::Ready(());
        }
        passed = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn beats_are_the_same_for_all_who_ask() {
        let now = Instant::now();
        let beat = next(now);
        assert!(beat > now && beat <= now + FRAME);
        assert_eq!(next(beat - Duration::from_millis(1)), beat);
        assert_eq!(next(beat), beat + FRAME);
        assert_eq!(next(beat + FRAME / 2), beat + FRAME);
    }

    #[tokio::test]
    async fn who_passes_is_passed_by_those_who_can_go_on() {
        let ran = Arc::new(AtomicU32::new(0));
        let other = Arc::clone(&ran);
        tokio::spawn(async move { other.fetch_add(1, Ordering::Relaxed) });
        pass().await;
        assert_eq!(ran.load(Ordering::Relaxed), 1);
    }
}
