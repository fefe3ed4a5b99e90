//! The machine slept while a model was answering: the connection is gone, and nobody says so. It is looked for only while
//! a stream is open, with what happens anyway and once a second; without a stream nothing is looked at.

use std::time::Duration;

use tokio::time::Instant;

use crate::engine::clock::{self, Clocks};
use crate::engine::session::Task;
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::id::ModelRef;

/// How often the clocks are looked at while an open stream brings nothing. Timers stand still in a sleep as well, so this
/// is how long after waking it is noticed at the latest.
const LOOK: Duration = Duration::from_secs(1);

/// When the clocks were looked at last for a stream that is open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Looked {
    clocks: Clocks,
    next: Instant,
}

impl Looked {
    pub(crate) fn new(clocks: Clocks) -> Self {
        Self {
            clocks,
            next: Instant::now() + LOOK,
        }
    }

    /// How long the machine slept since the last look.
    fn again(&mut self, clocks: Clocks) -> Option<Duration> {
        let slept = clocks.slept_since(self.clocks);
        *self = Self::new(clocks);
        slept
    }
}

impl Task {
    /// When the clocks are to be looked at again, though nothing happens; `None`: no stream is open.
    pub(crate) fn looks_for_sleep(&self) -> Option<Instant> {
        let open = [&self.call, &self.aside];
        let next = open.into_iter().flatten().map(|call| call.looked.next);
        next.min()
    }

    /// Drops the streams that were open while the machine slept. The model is asked again at once where it had said nothing
    /// that would be lost; else the person decides, since the answer would be paid for twice.
    pub(crate) async fn notice_sleep(&mut self) {
        if self.call.is_none() && self.aside.is_none() {
            return;
        }
        let clocks = self.house.clock.clocks();
        let aside = self.aside.as_mut();
        if aside.and_then(|call| call.looked.again(clocks)).is_some() {
            self.end_title().await;
        }
        let Some(call) = &mut self.call else { return };
        let Some(slept) = call.looked.again(clocks) else {
            return;
        };
        let words = if call.text.is_empty() {
            Words::None
        } else if self.house.unattended {
            Words::Unread
        } else {
            Words::Read
        };
        let failure = broke(&call.model, slept, words);
        // Where it got the prompt it may charge for it.
        let (partial, taken) = (call.spoken(), !call.unsent);
        self.fails(failure, partial, taken).await;
    }
}

/// What an answer had said when the machine fell asleep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Words {
    None,
    /// There is nobody who could decide.
    Unread,
    Read,
}

/// What is told of the answer: asked again at once, but where words of it were read. To read them again costs again.
fn broke(model: &ModelRef, slept: Duration, words: Words) -> Failure {
    let slept = clock::slept(slept);
    let message = format!("this machine slept for {slept} while {model} was answering: ask again");
    Failure {
        retry_after: Some(0),
        should_retry: (words == Words::Read).then_some(false),
        ..Failure::new(FailureKind::Network, message)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::agent::retry;

    #[test]
    fn only_words_that_somebody_read_wait_for_a_decision() {
        let model = "anthropic/sonnet".parse().unwrap();
        let cases = [
            (Words::None, Some(Duration::ZERO)),
            (Words::Unread, Some(Duration::ZERO)),
            (Words::Read, None),
        ];
        for (words, expected) in cases {
            let failure = broke(&model, Duration::from_mins(47), words);
            let next = retry::next(&failure, 1, retry::ATTEMPTS_WITH_WORDS, 0);
            assert_eq!(next, expected, "{words:?}");
        }
    }
}
