//! The handle on the log that writes.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::sync::{mpsc, oneshot};

use crate::agent::digest;
use crate::protocol::id::{ModelRef, SessionId};
use crate::protocol::time::Time;
use crate::store::append::Entry;
use crate::store::fault::{OpenError, StoreError};
use crate::store::imports::Read;
use crate::store::open::{self, Ready};
use crate::store::read::Reader;
use crate::store::rules::{Deed, Keep};
use crate::store::writer::{Drafts, Job, Writer};
use crate::store::{Appended, Batch, Purged};

/// Jobs that may wait; whoever appends more waits too.
const WAITING: usize = 256;

/// Cheap to clone. When the last one is dropped everything that waits is written and the file closed; that drop blocks for
/// as long as it takes, some milliseconds.
#[derive(Clone)]
pub struct Log(Arc<Shared>);

/// A log, and what a person should be told about the opening.
#[derive(Debug)]
pub struct Opened {
    pub log: Log,
    /// One sentence each: what was damaged, saved, lost, or why nothing can be written.
    pub notices: Vec<String>,
    /// Every append is refused: the file is of a newer version, or may not be written.
    pub read_only: bool,
}

/// A batch in the form it is kept in. To make it of megabytes takes a while, which an import does where nobody waits.
pub struct Formed(Box<Entry>);

impl Formed {
    /// The error is that of a batch that cannot be kept.
    pub fn new(batch: Batch) -> Result<Self, StoreError> {
        Entry::new(batch).map(Box::new).map(Self)
    }
}

impl fmt::Debug for Formed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Formed").finish_non_exhaustive()
    }
}

struct Shared {
    path: PathBuf,
    drafts: Arc<Drafts>,
    way: Way,
}

enum Way {
    Open {
        /// `None` only while dropping.
        jobs: Option<mpsc::Sender<Job>>,
        thread: Option<JoinHandle<()>>,
    },
    Refused(StoreError),
}

impl Log {
    /// Opens the database file, with its folder made if missing. Costs well under a millisecond on a file that was closed
    /// in order; a new one is made, an older one migrated (leaving `NAME.before-vN`), a damaged one copied aside as
    /// `NAME.damaged-N` and what can be read of it saved into a new one. Blocks; no runtime is needed.
    pub fn open(path: &Path) -> Result<Opened, OpenError> {
        let Ready {
            conn,
            lock,
            notices,
            read_only,
        } = open::open(path)?;
        let drafts = Arc::new(Drafts::default());
        let way = match (conn, lock, read_only) {
            (Some(conn), Some(lock), None) => {
                let (jobs, waiting) = mpsc::channel(WAITING);
                let writer = Writer {
                    conn,
                    path: path.to_owned(),
                    drafts: Arc::clone(&drafts),
                    lock,
                    broken: None,
                };
                let thread = thread::Builder::new()
                    .name("log".to_owned())
                    .spawn(move || writer.run(waiting))
                    .map_err(|error| OpenError::from_io(path, &error))?;
                Way::Open {
                    jobs: Some(jobs),
                    thread: Some(thread),
                }
            }
            (_, _, why) => Way::Refused(StoreError::ReadOnly(why.unwrap_or_default())),
        };
        let read_only = matches!(way, Way::Refused(_));
        Ok(Opened {
            log: Self(Arc::new(Shared {
                path: path.to_owned(),
                drafts,
                way,
            })),
            notices,
            read_only,
        })
    }

    /// Keeps a batch. When this returns `Ok` it is on the disk; on an error nothing of it is. Waits while the disk is
    /// behind. A future dropped half-way leaves open whether the batch was kept.
    pub async fn append(&self, batch: Batch) -> Result<Appended, StoreError> {
        self.hand_over(Formed::new(batch)?).await?.await
    }

    /// The same of a batch that was brought into its form before. Those that are handed over one after another are kept in that
    /// order; the answer is what becomes of it.
    pub async fn hand_over(
        &self,
        formed: Formed,
    ) -> Result<impl Future<Output = Result<Appended, StoreError>> + Send + use<>, StoreError> {
        let jobs = self.jobs()?;
        let Formed(entry) = formed;
        if let Some(name) = entry.cleared_draft() {
            self.0.drafts.forget(&name);
        }
        let (reply, answer) = oneshot::channel();
        jobs.send(Job::Append(entry, reply))
            .await
            .map_err(|_| StoreError::Closed)?;
        Ok(async { answer.await.map_err(|_| StoreError::Closed)? })
    }

    /// Keeps bytes that no fact names yet. Whoever names them in a fact gives them to that batch once more; until then a purge
    /// may take them, unless a draft has their hash in it.
    pub async fn keep(&self, bytes: Vec<u8>) -> Result<(), StoreError> {
        let jobs = self.jobs()?;
        let (reply, answer) = oneshot::channel();
        jobs.send(Job::Keep(digest::hex(&bytes), bytes, reply))
            .await
            .map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Keeps a draft soon; never waits and never fails. Of several under one name that wait only the newest is written.
    /// Names: [`crate::store::append::step_draft`], [`crate::store::append::composer_draft`], [`crate::store::append::stash_draft`],
    /// [`crate::store::append::window_draft`].
    pub fn put_draft(&self, name: impl Into<String>, at: Time, body: impl Into<String>) {
        self.draft(name.into(), Some((at, body.into())));
    }

    pub fn clear_draft(&self, name: impl Into<String>) {
        self.draft(name.into(), None);
    }

    /// Deletes sessions for good, see [`Purged`]. Sessions that are not there are passed over; whether one still runs is
    /// for the caller to know.
    pub async fn purge(&self, sessions: Vec<SessionId>) -> Result<Purged, StoreError> {
        let jobs = self.jobs()?;
        let (reply, answer) = oneshot::channel();
        jobs.send(Job::Purge(sessions, reply))
            .await
            .map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Takes away outputs of sessions of which there is no fact, which an import that was killed has left; tells how many. Only for
    /// whoever knows that no import is under way.
    pub async fn sweep(&self) -> Result<u64, StoreError> {
        let jobs = self.jobs()?;
        let (reply, answer) = oneshot::channel();
        jobs.send(Job::Sweep(reply))
            .await
            .map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Takes back that a model may be called though no price is known for it; tells whether it might.
    pub async fn ask_price(&self, model: ModelRef) -> Result<bool, StoreError> {
        let jobs = self.jobs()?;
        let (reply, answer) = oneshot::channel();
        jobs.send(Job::AskPrice(model, reply))
            .await
            .map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Keeps which files of a program were taken in whole by a reader.
    pub async fn note_read(
        &self,
        source: String,
        reader: u32,
        files: Vec<Read>,
    ) -> Result<(), StoreError> {
        let jobs = self.jobs()?;
        let (reply, answer) = oneshot::channel();
        jobs.send(Job::Read((source, reader), files, reply))
            .await
            .map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Keeps a rule that no session asks for; tells its number.
    pub async fn keep_rule(&self, rule: Keep) -> Result<u32, StoreError> {
        let numbers = self.rules(Deed::Keep(rule)).await?;
        Ok(numbers.first().copied().unwrap_or_default())
    }

    /// Takes rules away; tells which of them were there.
    pub async fn remove_rules(&self, numbers: Vec<u32>, at: Time) -> Result<Vec<u32>, StoreError> {
        self.rules(Deed::Remove { numbers, at }).await
    }

    async fn rules(&self, deed: Deed) -> Result<Vec<u32>, StoreError> {
        let jobs = self.jobs()?;
        let (reply, answer) = oneshot::channel();
        jobs.send(Job::Rules(deed, reply))
            .await
            .map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    pub fn reader(&self) -> Reader {
        Reader::new(&self.0.path)
    }

    fn draft(&self, name: String, draft: Option<(Time, String)>) {
        let Ok(jobs) = self.jobs() else { return };
        self.0.drafts.put(name, draft);
        // When the channel is full the writer is at work, and looks for drafts before it rests.
        let _ = jobs.try_send(Job::Drafts);
    }

    fn jobs(&self) -> Result<&mpsc::Sender<Job>, StoreError> {
        match &self.0.way {
            Way::Open {
                jobs: Some(jobs), ..
            } => Ok(jobs),
            Way::Open { jobs: None, .. } => Err(StoreError::Closed),
            Way::Refused(why) => Err(why.clone()),
        }
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Log").field(&self.0.path).finish()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Way::Open { jobs, thread } = &mut self.way {
            jobs.take();
            // The last handle can fall within a derivation, on the writer itself, which cannot wait for its own end.
            if let Some(thread) = thread.take()
                && thread.thread().id() != thread::current().id()
            {
                let _ = thread.join();
            }
        }
    }
}
