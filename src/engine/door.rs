//! The one door between faces and the engine, made of data: commands go in, signals come out, queries are answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tokio::sync::{mpsc, oneshot};

use crate::engine::clock::Clock;
use crate::engine::feed::{Feed, Signals};
use crate::engine::files::Wanted;
use crate::protocol::id::SessionId;
use crate::protocol::op::{Command, Manage, Managed};
use crate::protocol::query::{Found, Query, Stashed};

/// A face's hold on the engine. Cheap to clone; the engine ends when the last one is gone and every turn has ended.
#[derive(Debug, Clone)]
pub struct Door {
    knocks: mpsc::UnboundedSender<Knock>,
    signals: Signals,
    clock: Clock,
    last_key: Arc<AtomicI64>,
}

/// What comes through the door.
#[derive(Debug)]
pub(crate) enum Knock {
    Command(Command),
    Ask(Query, oneshot::Sender<Found>),
    Manage(Manage, oneshot::Sender<Managed>),
    Draft(Option<SessionId>, String),
    Stash(Stashed),
    Files(Wanted),
    StopImport,
}

impl Door {
    pub(crate) fn new(
        knocks: mpsc::UnboundedSender<Knock>,
        signals: Signals,
        clock: Clock,
        last_key: Arc<AtomicI64>,
    ) -> Self {
        Self {
            knocks,
            signals,
            clock,
            last_key,
        }
    }

    /// Sends a command; what became of it is heard as a signal.
    pub fn send(&self, command: Command) {
        // The engine outlives its doors; if it is gone the process is ending and nobody is left to tell.
        let _ = self.knocks.send(Knock::Command(command));
    }

    pub async fn ask(&self, query: Query) -> Found {
        let (reply, answer) = oneshot::channel();
        let _ = self.knocks.send(Knock::Ask(query, reply));
        answer
            .await
            .unwrap_or_else(|_| Found::Failed("the engine has ended".to_owned()))
    }

    pub async fn manage(&self, manage: Manage) -> Managed {
        let (reply, answer) = oneshot::channel();
        let _ = self.knocks.send(Knock::Manage(manage, reply));
        answer.await.unwrap_or_else(|_| Managed::Failed {
            why: "the engine has ended".to_owned(),
        })
    }

    /// Keeps what is typed and not sent, so that it survives a crash; an empty text takes it away.
    pub fn draft(&self, session: Option<SessionId>, text: String) {
        let _ = self.knocks.send(Knock::Draft(session, text));
    }

    /// Keeps a text that was put by, or takes it away.
    pub fn stash(&self, stashed: Stashed) {
        let _ = self.knocks.send(Knock::Stash(stashed));
    }

    /// Lists the files of a folder as they are found, on a thread of its own: see [`Wanted`].
    pub fn files(&self, wanted: Wanted) {
        let _ = self.knocks.send(Knock::Files(wanted));
    }

    /// The import under way here ends when what it has at hand is in the log; whoever began it is told how far it came.
    pub fn stop_import(&self) {
        let _ = self.knocks.send(Knock::StopImport);
    }

    /// Hears everything from now on. Whoever wants a session whole listens first and then asks for its fold and history: an
    /// event that comes both ways has the same number, and one that comes in between is not missed.
    pub fn listen(&self) -> Feed {
        self.signals.listen()
    }

    /// An id for a session to be opened.
    pub fn new_session(&self) -> SessionId {
        self.clock.session_id()
    }

    /// The person is there: a key was pressed.
    pub fn here(&self) {
        self.last_key.store(self.clock.now().0, Ordering::Relaxed);
    }
}
