//! The body of a request, and whether all of it has left: what a server has read only a part of is no call that anyone bills.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use futures_util::stream::{self, Stream};
use reqwest::Body;
use tokio::sync::Notify;

/// So much is handed on at a time. The client holds some of them back, 64 kB in all without TLS, so of a body that is shorter nobody
/// can tell.
const PIECE: usize = 4096;

/// A request on its way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sending(Arc<Course>);

#[derive(Debug, Default)]
struct Course {
    whole: AtomicBool,
    told: Notify,
}

impl Course {
    fn is_whole(&self) -> bool {
        self.whole.load(Ordering::SeqCst)
    }

    fn ends(&self) {
        self.whole.store(true, Ordering::SeqCst);
        self.told.notify_waiters();
    }
}

impl Sending {
    /// The body in pieces. Its length must be told in a header, since a stream has none.
    pub(crate) fn body(&self, bytes: &[u8]) -> Body {
        Body::wrap_stream(self.pieces(bytes))
    }

    fn pieces(&self, bytes: &[u8]) -> impl Stream<Item = io::Result<Vec<u8>>> + Send + use<> {
        let mut pieces: Vec<Vec<u8>> = bytes.chunks(PIECE).map(<[u8]>::to_vec).collect();
        pieces.reverse();
        let course = Arc::clone(&self.0);
        if pieces.is_empty() {
            course.ends();
        }
        stream::poll_fn(move |_| {
            let piece = pieces.pop();
            if pieces.is_empty() {
                course.ends();
            }
            Poll::Ready(piece.map(Ok))
        })
    }

    /// The request has no body: with the connection all of it has left.
    pub(crate) fn nothing(&self) {
        self.0.ends();
    }

    /// Whether the last piece of it was taken.
    pub(crate) fn is_whole(&self) -> bool {
        self.0.is_whole()
    }

    /// Waits until it is.
    pub(crate) async fn whole(&self) {
        // Told from when it was made on, so nothing that is told between the two lines is missed.
        let told = self.0.told.notified();
        if !self.is_whole() {
            told.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, StreamExt};

    use super::*;

    #[tokio::test]
    async fn whoever_waits_for_it_hears_when_it_has_left_whole() {
        let sending = Sending::default();
        let mut body = sending.pieces(&[b'x'; PIECE + 1]);
        let mut whole = std::pin::pin!(sending.whole());
        assert!(whole.as_mut().now_or_never().is_none());
        assert!(body.next().await.is_some());
        assert!(whole.as_mut().now_or_never().is_none());
        assert!(body.next().await.is_some());
        whole.await;
        sending.whole().await;
    }

    #[test]
    fn what_has_left_whole_stays_so() {
        for first in [&b""[..], b"x"] {
            let sending = Sending::default();
            sending.body(first);
            sending.nothing();
            sending.body(b"x");
            assert!(sending.is_whole());
        }
        let sending = Sending::default();
        sending.body(b"x");
        assert!(!sending.is_whole());
    }
}
