//! How the engine tells: every listener hears every signal in order, and one that rests between two frames can be woken for
//! what should not wait for the next.

use std::sync::Arc;

use tokio::sync::futures::OwnedNotified;
use tokio::sync::{Notify, broadcast};

use crate::protocol::event::Signal;

/// Signals a listener may be behind before it has to reread the log: many frames of many streams. Room for all of them is
/// made at once (about 100 bytes each), and eight times as many were a quarter of the pages a one-shot run touches.
const MOST_BEHIND: usize = 1024;

/// The speaking end. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Signals {
    sender: broadcast::Sender<Signal>,
    news: Arc<Notify>,
}

/// What a listener hears, from the moment it began to listen.
#[derive(Debug)]
pub struct Feed {
    receiver: broadcast::Receiver<Signal>,
    news: Arc<Notify>,
}

impl Signals {
    pub(crate) fn new() -> Self {
        let (sender, _) = broadcast::channel(MOST_BEHIND);
        Self {
            sender,
            news: Arc::default(),
        }
    }

    pub(crate) fn tell(&self, signal: Signal) {
        let passing = matches!(signal, Signal::Delta { .. });
        // Nobody listening is no fault: the facts are in the log.
        let _ = self.sender.send(signal);
        if !passing {
            self.news.notify_waiters();
        }
    }

    pub(crate) fn listen(&self) -> Feed {
        Feed {
            receiver: self.sender.subscribe(),
            news: Arc::clone(&self.news),
        }
    }
}

impl Feed {
    /// The next signal; `None` when the engine has ended. A listener that was too slow hears [`Signal::Lagged`] and rereads the log.
    pub async fn next(&mut self) -> Option<Signal> {
        match self.receiver.recv().await {
            Ok(signal) => Some(signal),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Signal::Lagged),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }

    /// Ends when something is told from now on that does not merely pass by. Streamed text does not wake who waits for it.
    pub fn news(&self) -> OwnedNotified {
        Arc::clone(&self.news).notified_owned()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::protocol::event::Delta;
    use crate::protocol::id::{CommandId, SessionId};
    use uuid::Uuid;

    #[test]
    fn only_what_does_not_pass_is_news() {
        let session = SessionId(Uuid::from_u128(1));
        let signals = Signals::new();
        let mut feed = signals.listen();
        let mut news = Box::pin(feed.news());
        let text = Signal::Delta {
            session,
            delta: Delta::Discarded,
        };
        signals.tell(text.clone());
        assert_eq!(news.as_mut().now_or_never(), None);
        let refused = Signal::Refused {
            command: CommandId(1),
            session,
            why: "no".to_owned(),
        };
        signals.tell(refused.clone());
        assert_eq!(news.as_mut().now_or_never(), Some(()));
        assert_eq!(feed.next().now_or_never(), Some(Some(text)));
        assert_eq!(feed.next().now_or_never(), Some(Some(refused)));
        // What was told before is not news.
        assert_eq!(Box::pin(feed.news()).now_or_never(), None);
        drop(signals);
        assert_eq!(feed.next().now_or_never(), Some(None));
    }
}
