//! Signals of the engine on their way to the thread that draws: streamed text at most once a frame, so that
//! a fast answer wakes that thread thirty times a second and not once a token.

use std::sync::mpsc::Sender;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::{Instant, sleep_until};

use crate::protocol::event::{Delta, Signal};
use crate::tui::app::Msg;
use crate::tui::{Started, Wake};

/// The time between two frames of streamed text.
const FRAME: Duration = Duration::from_millis(33);

/// Listens from now on, until the engine or the workstation has ended.
pub(crate) fn forward(started: &Started, queue: Sender<Wake>) {
    let mut feed = started.door.listen();
    started.runtime.spawn(async move {
        let mut told = Instant::now();
        while let Some(first) = feed.next().await {
            let news = feed.news();
            let mut batch = Vec::new();
            let mut waits = add(&mut batch, first);
            while let Some(Some(signal)) = feed.next().now_or_never() {
                waits &= add(&mut batch, signal);
            }
            if waits {
                // Slept through, not listened through: text that comes meanwhile waits in the feed and wakes nobody. What is
                // more than text, such as the end of an answer, does not wait for the frame.
                tokio::select! {
                    () = sleep_until(told + FRAME) => {}
                    () = news => {}
                }
                while let Some(Some(signal)) = feed.next().now_or_never() {
                    add(&mut batch, signal);
                }
            }
            told = Instant::now();
            if queue.send(Wake::Msg(Msg::Signals(batch))).is_err() {
                return;
            }
        }
    });
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
