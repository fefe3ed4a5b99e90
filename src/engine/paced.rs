//! An answer's stream read at the pace of whoever hears it: where somebody watches words trickle in, once a frame of the
//! screen; everywhere else as they come.

use std::time::Duration;

use futures_util::{FutureExt, StreamExt, stream::BoxStream};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::engine::frame;
use crate::engine::streams::{Reading, Streams};
use crate::provider::Chunk;

/// An answer younger than this is read as it comes, so that a quick step is not held up.
const QUICK: Duration = Duration::from_millis(250);

/// More bytes of text than this in one look are no trickle.
const TRICKLE: usize = 1024;

/// More bytes of text than this are given on at once: a word to stop is heard between two looks.
const MOST: usize = 64 * 1024;

/// After a rest, how often the connection may have nothing before it is taken to have nothing.
const IDLE: u32 = 2;

/// Lists of chunks that were read and not yet taken; more are left with the server.
const AHEAD: usize = 8;

/// An answer's stream, however it is read.
pub(crate) enum Paced {
    /// As it comes, by whoever waits for it.
    Direct(Looks),
    /// On the thread of streams, once a beat.
    Watched {
        looked: mpsc::Receiver<Vec<Chunk>>,
        _reading: Reading,
    },
}

impl Paced {
    /// Read as it comes, or, where somebody watches, on that thread.
    pub(crate) fn new(stream: BoxStream<'static, Chunk>, watched: Option<&Streams>) -> Self {
        let mut looks = Looks::new(stream);
        let Some(streams) = watched else {
            return Self::Direct(looks);
        };
        let (looks_at, looked) = mpsc::channel(AHEAD);
        let reading = streams.read(async move |awake| {
            loop {
                let chunks = looks.next().await;
                // Nobody waits for it, or it has ended.
                if chunks.is_empty() || looks_at.send(chunks).await.is_err() {
                    return;
                }
                if looks.rests {
                    awake.rest(frame::next(Instant::now())).await;
                }
            }
        });
        Self::Watched {
            looked,
            _reading: reading,
        }
    }

    /// All chunks that have come, waiting for the first; neighbouring texts are one. It may be dropped while it waits: what it
    /// has gathered by then is given next time. Empty when the stream has ended.
    pub(crate) async fn next(&mut self) -> Vec<Chunk> {
        match self {
            Self::Direct(looks) => {
                looks.rests = false;
                looks.next().await
            }
            Self::Watched { looked, .. } => looked.recv().await.unwrap_or_default(),
        }
    }
}

/// A stream looked at time and again.
pub(crate) struct Looks {
    stream: BoxStream<'static, Chunk>,
    /// When the first chunk came that says something.
    began: Option<Instant>,
    /// The last look brought so little that the next can wait for a beat.
    rests: bool,
    /// Taken from the stream and not yet given on.
    gathered: Vec<Chunk>,
}

impl Looks {
    fn new(stream: BoxStream<'static, Chunk>) -> Self {
        Self {
            stream: stream.fuse().boxed(),
            began: None,
            rests: false,
            gathered: Vec::new(),
        }
    }

    async fn next(&mut self) -> Vec<Chunk> {
        if self.gathered.is_empty() {
            match self.stream.next().await {
                Some(first) => self.gathered.push(first),
                None => return Vec::new(),
            }
        }
        // What came during a rest is handed over a piece at a time, each when the connection's own task has run.
        let rested = self.rests;
        let mut idle = 0;
        loop {
            match self.stream.next().now_or_never() {
                Some(Some(chunk)) => {
                    gather(&mut self.gathered, chunk);
                    idle = 0;
                    if text_bytes(&self.gathered) > MOST {
                        break;
                    }
                }
                None if rested && idle < IDLE && text_bytes(&self.gathered) < TRICKLE => {
                    idle += 1;
                    frame::pass().await;
                }
                Some(None) | None => break,
            }
        }
        let now = Instant::now();
        let says =
            |chunk: &Chunk| !matches!(chunk, Chunk::Sent | Chunk::Began { .. } | Chunk::Counted(_));
        if self.gathered.iter().any(says) {
            self.began.get_or_insert(now);
        }
        let age = self.began.map_or(Duration::ZERO, |began| now - began);
        self.rests = rests(age, text_bytes(&self.gathered));
        std::mem::take(&mut self.gathered)
    }
}

/// Whether to rest after a look that brought so much text. Arguments are not rested on: a tool waits for them.
fn rests(age: Duration, text: usize) -> bool {
    age > QUICK && (1..TRICKLE).contains(&text)
}

/// Adds a chunk, text to the text before it.
fn gather(chunks: &mut Vec<Chunk>, chunk: Chunk) {
    match (chunks.last_mut(), chunk) {
        (Some(Chunk::Text(text)), Chunk::Text(more))
        | (Some(Chunk::Thinking(text)), Chunk::Thinking(more)) => text.push_str(&more),
        (
            Some(Chunk::CallGrows { name, bytes }),
            Chunk::CallGrows {
                name: next,
                bytes: more,
            },
        ) if *name == next => *bytes = more,
        // The newest count holds; before the text, so that the text after it is still the neighbour of the text before.
        (_, Chunk::Counted(counts)) => {
            chunks.retain(|chunk| !matches!(chunk, Chunk::Counted(_)));
            chunks.insert(0, Chunk::Counted(counts));
        }
        (_, chunk) => chunks.push(chunk),
    }
}

fn text_bytes(chunks: &[Chunk]) -> usize {
    let text = |chunk: &Chunk| match chunk {
        Chunk::Text(text) | Chunk::Thinking(text) => text.len(),
        _ => 0,
    };
    chunks.iter().map(text).sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::sync::Arc;

    use futures_util::stream;
    use tokio::sync::{Notify, mpsc};
    use tokio::task::yield_now;

    use super::*;
    use crate::protocol::reply::Reply;
    use crate::protocol::usage::Usage;

    fn text(text: &str) -> Chunk {
        Chunk::Text(text.to_owned())
    }

    /// A stream that hands over one chunk each time another task has run, as a connection does.
    fn handed_over(chunks: Vec<Chunk>) -> BoxStream<'static, Chunk> {
        let (handed, hand) = mpsc::channel(1);
        let wanted = Arc::new(Notify::new());
        let asked = Arc::clone(&wanted);
        tokio::spawn(async move {
            for chunk in chunks {
                asked.notified().await;
                if handed.send(chunk).await.is_err() {
                    return;
                }
            }
            // The connection stays open.
            std::future::pending::<()>().await;
        });
        stream::unfold((hand, wanted), async |(mut hand, wanted)| {
            wanted.notify_one();
            hand.recv().await.map(|chunk| (chunk, (hand, wanted)))
        })
        .boxed()
    }

    fn words(count: usize) -> Vec<Chunk> {
        (0..count)
            .map(|number| text(&format!("{number} ")))
            .collect()
    }

    #[tokio::test]
    async fn after_a_rest_nothing_that_came_is_left_for_the_next() {
        let mut looks = Looks::new(handed_over(words(50)));
        assert_eq!(looks.next().await, [text("0 ")]);
        // After a rest.
        looks.rests = true;
        let mut expected = Vec::new();
        for word in words(50).split_off(1) {
            gather(&mut expected, word);
        }
        assert_eq!(looks.next().await, expected);
    }

    #[tokio::test]
    async fn what_was_gathered_is_kept_by_whoever_stops_waiting() {
        let mut looks = Looks::new(handed_over(words(3)));
        looks.rests = true;
        let mut seen = 0;
        // Dropped at every place where it can wait.
        while text_bytes(&looks.gathered) < "0 1 2 ".len() && seen < 100 {
            seen += 1;
            let mut waits = Box::pin(looks.next());
            let _ = futures_util::poll!(&mut waits);
            drop(waits);
            yield_now().await;
        }
        assert_eq!(looks.next().await, [text("0 1 2 ")]);
    }

    #[tokio::test]
    async fn watched_or_not_an_answer_is_the_same() {
        let said: String = (0..200).map(|number| number.to_string() + " ").collect();
        let streams = Streams::start().unwrap();
        for watched in [None, Some(&streams)] {
            let mut paced = Paced::new(handed_over(words(200)), watched);
            let mut heard = String::new();
            while heard.len() < said.len() {
                for chunk in paced.next().await {
                    let Chunk::Text(text) = chunk else {
                        unreachable!("nothing else was said");
                    };
                    heard.push_str(&text);
                }
            }
            assert_eq!(heard, said);
            let mut ended = Paced::new(stream::iter(words(2)).boxed(), watched);
            assert_eq!(ended.next().await, [text("0 1 ")]);
            assert_eq!(ended.next().await, []);
        }
    }

    #[test]
    fn counts_between_texts_do_not_part_them() {
        let counted = |output| {
            let usage = Some(Usage {
                output,
                ..Usage::default()
            });
            Chunk::Counted(Box::new(Reply {
                usage,
                ..Reply::default()
            }))
        };
        let mut gathered = Vec::new();
        for chunk in [text("a "), counted(1), text("b "), counted(2), text("c")] {
            gather(&mut gathered, chunk);
        }
        assert_eq!(gathered, [counted(2), text("a b c")]);
    }

    #[test]
    fn only_text_that_trickles_for_a_while_is_rested_on() {
        let (young, old) = (Duration::from_millis(200), Duration::from_millis(300));
        let cases = [
            (young, 5, false),
            (old, 5, true),
            (old, 0, false),
            (old, TRICKLE, false),
        ];
        for (age, text, expected) in cases {
            assert_eq!(rests(age, text), expected, "{age:?} {text}");
        }
    }
}
