//! An answer's stream read at the pace of whoever hears it: where somebody watches words trickle in, once a frame of the
//! screen; everywhere else as they come.

use std::time::Duration;

use futures_util::{FutureExt, StreamExt, stream::BoxStream};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until};

use crate::provider::Chunk;

/// Between two looks: as long as a frame of streamed text on the screen. A look costs some hundred microseconds, whether it
/// finds one token or four.
const REST: Duration = Duration::from_millis(33);

/// An answer younger than this is read as it comes, so that a quick step is not held up.
const QUICK: Duration = Duration::from_millis(250);

/// More bytes of text than this in one look are no trickle.
const TRICKLE: usize = 1024;

/// More bytes of text than this are given on at once: a word to stop is heard between two looks.
const MOST: usize = 64 * 1024;

/// After a rest, how often the connection may have nothing before it is taken to have nothing.
const IDLE: u32 = 2;

pub(crate) struct Paced {
    stream: BoxStream<'static, Chunk>,
    watched: bool,
    /// When the first chunk came that says something.
    began: Option<Instant>,
    /// Not looked at before.
    rests_until: Option<Instant>,
    /// Taken from the stream and not yet given on.
    gathered: Vec<Chunk>,
}

impl Paced {
    pub(crate) fn new(stream: BoxStream<'static, Chunk>, watched: bool) -> Self {
        Self {
            stream: stream.fuse().boxed(),
            watched,
            began: None,
            rests_until: None,
            gathered: Vec::new(),
        }
    }

    /// All chunks that have come, waiting for the first; neighbouring texts are one. It may be dropped while it waits: what it
    /// has gathered by then is given next time. Empty when the stream has ended.
    pub(crate) async fn next(&mut self) -> Vec<Chunk> {
        if self.gathered.is_empty() {
            if let Some(until) = self.rests_until {
                sleep_until(until).await;
            }
            match self.stream.next().await {
                Some(first) => self.gathered.push(first),
                None => return Vec::new(),
            }
        }
        // What came during a rest is handed over a piece at a time, each when the connection's own task has run.
        let rested = self.rests_until.is_some();
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
                    yield_now().await;
                }
                Some(None) | None => break,
            }
        }
        let now = Instant::now();
        let says = |chunk: &Chunk| !matches!(chunk, Chunk::Began { .. });
        if self.gathered.iter().any(says) {
            self.began.get_or_insert(now);
        }
        let age = self.began.map_or(Duration::ZERO, |began| now - began);
        let rests = self.watched && rests(age, text_bytes(&self.gathered));
        self.rests_until = rests.then(|| now + REST);
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

    use super::*;

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
        let mut paced = Paced::new(handed_over(words(50)), true);
        assert_eq!(paced.next().await, [text("0 ")]);
        // A rest that is over.
        paced.rests_until = Some(Instant::now());
        let mut expected = Vec::new();
        for word in words(50).split_off(1) {
            gather(&mut expected, word);
        }
        assert_eq!(paced.next().await, expected);
    }

    #[tokio::test]
    async fn what_was_gathered_is_kept_by_whoever_stops_waiting() {
        let mut paced = Paced::new(handed_over(words(3)), true);
        paced.rests_until = Some(Instant::now());
        let mut seen = 0;
        // Dropped at every place where it can wait.
        while text_bytes(&paced.gathered) < "0 1 2 ".len() && seen < 100 {
            seen += 1;
            let mut waits = Box::pin(paced.next());
            let _ = futures_util::poll!(&mut waits);
            drop(waits);
            yield_now().await;
        }
        assert_eq!(paced.next().await, [text("0 1 2 ")]);
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
