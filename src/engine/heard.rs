//! What comes of the short call of a check: heard to its end, or for as long as it may take.

use std::time::Duration;

use futures_util::StreamExt;

use crate::agent::prompt::Prompt;
use crate::engine::bill::may_be_charged;
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::id::ModelRef;
use crate::protocol::reply::Reply;
use crate::protocol::route::Vitals;
use crate::provider::{Chunk, Provider};

/// What came of the call.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) reply: Reply,
    pub(crate) failure: Option<Failure>,
    pub(crate) pieces: u32,
    /// The request has left, and the model may charge for it.
    sent: bool,
    began: bool,
    /// `None` where nobody waited for its end.
    pub(crate) vitals: Option<Vitals>,
}

impl Heard {
    pub(crate) fn is_free(&self) -> bool {
        let refused = |failure: &Failure| !may_be_charged(failure, &self.reply);
        !self.began && self.failure.as_ref().is_some_and(refused)
    }
}

/// Waits for the answer, as long as it may take in all and as long as nothing may come of it.
pub(crate) async fn hear(
    provider: &dyn Provider,
    prompt: Prompt,
    (time, silence): (Duration, Duration),
    gone: &mut (impl Future<Output = ()> + Unpin),
) -> Heard {
    let model = prompt.model.clone();
    let mut stream = provider.stream(prompt, None);
    let mut heard = Heard::default();
    let mut vitals = Vitals::default();
    let read = async {
        loop {
            let next = tokio::time::timeout(silence, stream.next()).await;
            let Ok(next) = next else {
                return Err(Late::Silent);
            };
            let Some(chunk) = next else { break };
            match chunk {
                Chunk::Sent => heard.sent = true,
                Chunk::Began { limits } => {
                    (heard.sent, heard.began) = (true, true);
                    vitals.limits = limits;
                }
                Chunk::Counted(counts) => heard.reply = *counts,
                Chunk::Text(_) | Chunk::Thinking(_) | Chunk::CallGrows { .. } => heard.pieces += 1,
                Chunk::Done(reply) => {
                    heard.reply = reply;
                    return Ok(None);
                }
                Chunk::Failed { failure, partial } => {
                    heard.reply = partial;
                    return Ok(Some(failure));
                }
            }
        }
        let text = "the provider's stream ended without an end";
        Ok(Some(Failure::new(FailureKind::Internal, text)))
    };
    let (ended, waited) = tokio::select! {
        ended = tokio::time::timeout(time, read) => (ended.unwrap_or(Err(Late::Long)), true),
        () = gone => {
            let text = format!("the check of {model} was broken off");
            (Ok(Some(Failure::new(FailureKind::Network, text))), false)
        }
    };
    let failure = match ended {
        Ok(failure) => failure,
        Err(late) => {
            heard.began |= heard.sent || heard.pieces > 0;
            let time = match late {
                Late::Silent => silence,
                Late::Long => time,
            };
            Some(too_late(&model, (late, time), heard.pieces))
        }
    };
    if failure.is_some() && (!waited || heard.reply.parts.is_empty() && heard.pieces > 0) {
        // Where it has the prompt it may charge for it.
        heard.began |= heard.sent || heard.pieces > 0;
    }
    heard.failure = failure;
    heard.vitals = waited.then_some(vitals);
    heard
}

/// What of an answer took too long.
#[derive(Debug, Clone, Copy)]
enum Late {
    /// The next word of it.
    Silent,
    /// All of it.
    Long,
}

fn too_late(model: &ModelRef, (late, time): (Late, Duration), pieces: u32) -> Failure {
    let what = match late {
        _ if pieces == 0 => "did not answer",
        Late::Silent => "began to answer and said no more",
        Late::Long => "did not end its answer",
    };
    let text = format!("{model} {what} within {} s: ask again", time.as_secs());
    Failure::new(FailureKind::Network, text)
}

#[cfg(test)]
mod tests {
    use futures_util::stream::{self, BoxStream};

    use super::*;
    use crate::agent::check::ask;
    use crate::provider::Written;

    /// Says so many chunks and then nothing more.
    #[derive(Debug)]
    struct Pausing(Vec<Chunk>);

    impl Provider for Pausing {
        fn stream(&self, _: Prompt, _: Option<Written>) -> BoxStream<'static, Chunk> {
            stream::iter(self.0.clone())
                .chain(stream::pending())
                .boxed()
        }
    }

    #[tokio::test]
    async fn who_says_nothing_more_may_charge_for_what_was_asked() {
        let model: ModelRef = "p/m".parse().expect("a model");
        let (brief, long) = (Duration::from_millis(5), Duration::from_mins(1));
        let failed = |sent| {
            let failure = Failure::new(FailureKind::Network, "lost");
            vec![Chunk::Failed {
                failure: Failure { sent, ..failure },
                partial: Reply::default(),
            }]
        };
        let word = vec![Chunk::Text("one".to_owned())];
        let sent = || vec![Chunk::Sent];
        let cases = [
            // No way to it came about.
            (vec![], (long, brief), true, "did not answer within 0 s"),
            (sent(), (long, brief), false, "did not answer within 0 s"),
            (sent(), (brief, long), false, "did not answer within 0 s"),
            (word, (long, brief), false, "said no more within 0 s"),
            (failed(true), (long, long), false, "lost"),
            (failed(false), (long, long), true, "lost"),
        ];
        for (chunks, times, free, text) in cases {
            let mut gone = std::future::pending();
            let heard = hear(&Pausing(chunks), ask(&model, None), times, &mut gone).await;
            let said = heard
                .failure
                .as_ref()
                .map_or("", |failure| &failure.message);
            assert!(said.contains(text), "{said}");
            assert_eq!(heard.is_free(), free, "{said}");
        }
    }
}
