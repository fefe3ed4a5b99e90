//! The body of a request, and whether all of it has left: what a server has read only a part of is no call that anyone bills.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::stream;
use reqwest::Body;

/// So much is handed on at a time. The client holds some of them back, 64 kB in all without TLS, so of a body that is shorter nobody
/// can tell.
const PIECE: usize = 4096;

/// A body on its way, which may be sent more than once: what has left whole stays so.
#[derive(Debug, Default)]
pub(crate) struct Sending {
    taken: Arc<AtomicBool>,
}

impl Sending {
    /// The body in pieces. Its length must be told in a header, since a stream has none.
    pub(crate) fn body(&self, bytes: &[u8]) -> Body {
        let mut pieces: Vec<Vec<u8>> = bytes.chunks(PIECE).map(<[u8]>::to_vec).collect();
        pieces.reverse();
        let taken = Arc::clone(&self.taken);
        if pieces.is_empty() {
            taken.store(true, Ordering::SeqCst);
        }
        Body::wrap_stream(stream::poll_fn(move |_| {
            let piece = pieces.pop();
            if pieces.is_empty() {
                taken.store(true, Ordering::SeqCst);
            }
            std::task::Poll::Ready(piece.map(Ok::<_, io::Error>))
        }))
    }

    /// The request has no body: with the connection all of it has left.
    pub(crate) fn nothing(&self) {
        self.taken.store(true, Ordering::SeqCst);
    }

    /// Whether the last piece of it was taken, in this try or one before.
    pub(crate) fn is_whole(&self) -> bool {
        self.taken.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
