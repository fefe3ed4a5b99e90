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
    /// Tokens its server had in a cache, as far as that is known: what an estimate of its cost goes by.
    pub(crate) cached: u64,
    pub(crate) began: Time,
    pub(crate) text: String,
    pub(crate) thinking: String,
    /// Milliseconds to the first word, thought or call, once it was told.
    pub(crate) first: Option<u64>,
    pub(crate) limits: Limits,
    /// Its request has not left yet: nothing can be charged for it.
    pub(crate) unsent: bool,
    /// What its server has counted so far.
    pub(crate) counts: Option<Box<Reply>>,
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
            cached: 0,
            began,
            text: String::new(),
            thinking: String::new(),
            first: None,
            limits: Limits::default(),
            unsent: false,
            counts: None,
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

    /// Keeps what a chunk shows of the endpoint: the limits of its head, when its first word came, and what it counts.
    pub(crate) fn saw(&mut self, chunk: &Chunk, now: Time) {
        self.unsent = false;
        match chunk {
            Chunk::Counted(counts) => self.counts = Some(counts.clone()),
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

    /// What has come: what was said, and what was counted.
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
        let counts = self.counts.as_deref().cloned();
        Reply {
            parts,
            ..counts.unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use futures_util::{StreamExt, stream};

    use super::*;
    use crate::engine::clock::Clocks;
    use crate::protocol::usage::Usage;

    #[tokio::test]
    async fn what_broke_off_keeps_what_its_server_had_counted() {
        let model: ModelRef = "p/m".parse().unwrap();
        let usage = Usage {
            input: 5,
            cache_read: 900,
            output: 1,
            ..Usage::default()
        };
        let counts = Reply {
            usage: Some(usage),
            tier: Some("priority".to_owned()),
            ..Reply::default()
        };
        let sent = Sent::nothing(&model);
        let size = sent.size(None, None);
        let began = (Time(0), Looked::new(Clocks::default()));
        let stream = Paced::new(stream::empty().boxed(), None);
        let mut call = ModelCall::new(stream, model, Tariff::Local, (sent, size), began);
        call.unsent = true;
        call.saw(&Chunk::Counted(Box::new(counts.clone())), Time(1));
        assert!(!call.unsent);
        call.text.push_str("so far");
        let spoken = call.spoken();
        assert_eq!(spoken.text(), "so far");
        assert_eq!(
            Reply {
                parts: Vec::new(),
                ..spoken
            },
            counts
        );
    }
}
