//! The one door between faces and the engine, made of data: commands go in, signals come out, queries are answered.

use tokio::sync::{broadcast, mpsc, oneshot};

use crate::protocol::event::Signal;
use crate::protocol::op::Command;
use crate::protocol::query::{Found, Query};

/// A face's hold on the engine. Cheap to clone; the engine ends when the last one is gone and every turn has ended.
#[derive(Debug, Clone)]
pub struct Door {
    pub(crate) commands: mpsc::UnboundedSender<Command>,
    pub(crate) queries: mpsc::UnboundedSender<(Query, oneshot::Sender<Found>)>,
    pub(crate) signals: broadcast::Sender<Signal>,
}

/// What a listener hears, from the moment it began to listen.
#[derive(Debug)]
pub struct Feed(broadcast::Receiver<Signal>);

impl Door {
    /// Sends a command; what became of it is heard as a signal.
    pub fn send(&self, command: Command) {
        // The engine outlives its doors; if it is gone the process is ending and nobody is left to tell.
        let _ = self.commands.send(command);
    }

    pub async fn ask(&self, query: Query) -> Found {
        let (reply, answer) = oneshot::channel();
        let _ = self.queries.send((query, reply));
        answer
            .await
            .unwrap_or_else(|_| Found::Failed("the engine has ended".to_owned()))
    }

    pub fn listen(&self) -> Feed {
        Feed(self.signals.subscribe())
    }
}

impl Feed {
    /// The next signal; `None` when the engine has ended. A listener that was too slow hears [`Signal::Lagged`] and rereads the log.
    pub async fn next(&mut self) -> Option<Signal> {
        match self.0.recv().await {
            Ok(signal) => Some(signal),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Signal::Lagged),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}
