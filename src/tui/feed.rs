//! Signals of the engine on their way to the thread that draws: streamed text once a beat, so that a fast answer wakes that
//! thread 25 times a second and not once a token.

use std::sync::mpsc::Sender;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::{Instant, sleep_until};

use crate::engine::feed::Feed;
use crate::engine::frame::{self, FRAME};
use crate::protocol::event::{Delta, Signal};
use crate::tui::app::message::Msg;
use crate::tui::{Started, Wake};

/// A beat is felt some milliseconds early or late; text that comes with one is shown with it.
const EARLY: Duration = Duration::from_millis(7);

/// How often the other tasks go on before the text of a beat is taken to be all there: each stream has a task of its own.
const PASSES: u32 = 2;

/// Listens from now on, until the engine or the workstation has ended.
pub(crate) fn forward(started: &Started, queue: Sender<Wake>) {
    let mut feed = started.door.listen();
    started.runtime.spawn(async move {
        let mut told = Instant::now();
        while let Some(first) = feed.next().await {
            let news = feed.news();
            let mut batch = Vec::new();
            let mut waits = add(&mut batch, first);
            waits &= gather(&mut feed, &mut batch).await;
            if waits && Instant::now() + EARLY < told + FRAME {
                // Slept through, not listened through: text that comes meanwhile waits in the feed and wakes nobody. What is
                // more than text, such as the end of an answer, does not wait for the beat.
                tokio::select! {
                    () = sleep_until(frame::next(told + FRAME / 2)) => {}
                    () = news => {}
                }
                gather(&mut feed, &mut batch).await;
            }
            told = Instant::now();
            if queue.send(Wake::Msg(Msg::Signals(batch))).is_err() {
                return;
            }
        }
    });
}

/// Takes what is there, and what tasks that can go on tell right now; `true` when all of it can wait for the next beat.
async fn gather(feed: &mut Feed, batch: &mut Vec<Signal>) -> bool {
    let mut waits = true;
    let mut passes = 0;
    loop {
        match feed.next().now_or_never() {
            Some(Some(signal)) => waits &= add(batch, signal),
            None if waits && passes < PASSES => {
                passes += 1;
                frame::pass().await;
            }
            Some(None) | None => return waits,
        }
    }
}

/// Adds a signal, text to the text before it; `true` when it can wait for the next frame.
fn add(batch: &mut Vec<Signal>, signal: Signal) -> bool {
    let Signal::Delta { session, delta } = signal else {
        batch.push(signal);
        return false;
    };
    if let Some(Signal::Delta {
        session: last_session,
        delta: last,
    }) = batch.last_mut()
        && *last_session == session
    {
        match (last, &delta) {
            (Delta::Text { text: all }, Delta::Text { text })
            | (Delta::Thinking { text: all }, Delta::Thinking { text }) => {
                all.push_str(text);
                return true;
            }
            (Delta::CallGrows { name: all, bytes }, Delta::CallGrows { name, bytes: more })
                if all == name =>
            {
                *bytes = *more;
                return true;
            }
            _ => {}
        }
    }
    batch.push(Signal::Delta { session, delta });
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::id::SessionId;
    use uuid::Uuid;

    #[test]
    fn text_in_a_row_is_one_signal() {
        let text = |n: u128, text: &str| Signal::Delta {
            session: SessionId(Uuid::from_u128(n)),
            delta: Delta::Text {
                text: text.to_owned(),
            },
        };
        let mut batch = Vec::new();
        for signal in [text(1, "a"), text(1, "b"), text(2, "c"), text(1, "d")] {
            assert!(add(&mut batch, signal));
        }
        assert!(!add(&mut batch, Signal::Lagged));
        assert_eq!(
            batch,
            [text(1, "ab"), text(2, "c"), text(1, "d"), Signal::Lagged]
        );
    }
}
