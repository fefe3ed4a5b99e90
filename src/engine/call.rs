//! A call to a model under way: where it went, at which price, and what it has said so far.

use tokio::time::Instant;

use crate::agent::cost::Tariff;
use crate::agent::size::{Sent, Size};
use crate::agent::turn::input::Supply;
use crate::engine::paced::Paced;
use crate::engine::picture::Sees;
use crate::engine::sleep::Looked;
use crate::protocol::event::Fact;
use crate::protocol::id::ModelRef;
use crate::protocol::reply::{Part, Reply};
use crate::protocol::route::Limits;
use crate::protocol::time::Time;
use crate::provider::Chunk;

/// A call under way.
pub(crate) struct ModelCall {
    stream: Paced,
    pub(crate) model: ModelRef,
    pub(crate) tariff: Tariff,
    pub(crate) sent: Sent,
    pub(crate) size: Size,
    pub(crate) began: Time,
    pub(crate) text: String,
    pub(crate) thinking: String,
    /// Milliseconds to the first word, thought or call, once it was told.
    pub(crate) first: Option<u64>,
    pub(crate) limits: Limits,
    pub(crate) supply: Supply,
    /// It was sent with pictures, and this was known of its eyes.
    pub(crate) tried_pictures: Option<Sees>,
    /// That another endpoint answers than before: told once it has begun to.
    pub(crate) notice: Option<Box<Fact>>,
    /// Until then its first word, thought or call must have come: another endpoint is ready.
    pub(crate) patience: Option<Instant>,
    pub(crate) drafted: Instant,
    pub(crate) looked: Looked,
}

impl ModelCall {
    pub(crate) fn new(
        stream: Paced,
        model: ModelRef,
        tariff: Tariff,
        (sent, size): (Sent, Size),
        (began, looked): (Time, Looked),
    ) -> Self {
        Self {
            stream,
            model,
            tariff,
            sent,
            size,
            began,
            text: String::new(),
            thinking: String::new(),
            first: None,
            limits: Limits::default(),
            supply: Supply::One,
            tried_pictures: None,
            notice: None,
            patience: None,
            drafted: Instant::now(),
            looked,
        }
    }

    /// All chunks that have come, waiting for the first. It may be dropped while it waits.
    pub(crate) async fn next(&mut self) -> Vec<Chunk> {
        self.stream.next().await
    }

    /// Keeps what a chunk shows of the endpoint: the limits of its head, and when its first word came.
    pub(crate) fn saw(&mut self, chunk: &Chunk, now: Time) {
        match chunk {
            // A head is no answer yet: a server may send it at once, and then nothing.
            Chunk::Began { limits } => self.limits = *limits,
            Chunk::Text(_) | Chunk::Thinking(_) | Chunk::CallGrows { .. }
                if self.first.is_none() =>
            {
                self.first = u64::try_from(now.since(self.began).as_millis()).ok();
                self.patience = None;
            }
            _ => {}
        }
    }

    pub(crate) fn spoken(&self) -> Reply {
        let mut parts = Vec::new();
        if !self.thinking.is_empty() {
            parts.push(Part::Thought {
                text: self.thinking.clone(),
                opaque: None,
            });
        }
        if !self.text.is_empty() {
            parts.push(Part::Text {
                text: self.text.clone(),
                opaque: None,
            });
        }
        Reply {
            parts,
            ..Reply::default()
        }
    }
}
