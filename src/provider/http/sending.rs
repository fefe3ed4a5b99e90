//! The body of a request, and whether all of it has left: what a server has read only a part of is no call that anyone bills.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::stream;
use reqwest::Body;

/// So much is handed on at a time. The client holds some of them back, 64 kB in all without TLS, so of a body that is shorter nobody
/// can tell.
const PIECE: usize = 4096;

/// A body on its way.
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
        taken.store(pieces.is_empty(), Ordering::SeqCst);
        Body::wrap_stream(stream::poll_fn(move |_| {
            let piece = pieces.pop();
            if pieces.is_empty() {
                taken.store(true, Ordering::SeqCst);
            }
            std::task::Poll::Ready(piece.map(Ok::<_, io::Error>))
        }))
    }

    /// Whether the last piece of it was taken. Where no body was sent it is whole at once.
    pub(crate) fn is_whole(&self) -> bool {
        self.taken.load(Ordering::SeqCst)
    }
}
