//! The one thread that writes. It takes everything that waits, from however many sessions, and commits it as one
//! transaction: a commit waits for the disk, and eight panes then wait once and not eight times.
//!
//! On closing, a short log of writes stays beside the file. To bring it into the file and begin a new one costs five waits
//! for the disk, more than all else a short run waits for; what is in it is as safe there, and is read at the next opening.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, params};
use tokio::sync::{mpsc, oneshot};

use crate::protocol::id::{ModelRef, SessionId};
use crate::protocol::time::Time;
use crate::store::append::{Entry, Trouble};
use crate::store::fault::{StoreError, sort};
use crate::store::rules::{self, Deed};
use crate::store::{Appended, Purged, blob, imports, ledger, purge, schema, seal};

/// Batches merged into one transaction at most: bounds how long the first of them waits.
const MERGED: usize = 64;

/// Bytes of a log of writes that may be left on closing. The next opening reads it whole: about a millisecond for this much.
const SHORT: u64 = 1 << 20;

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

pub(crate) enum Job {
    Append(Box<Entry>, Reply<Appended>),
    Purge(Vec<SessionId>, Reply<Purged>),
    /// Bytes under their hash, of no session yet.
    Keep(String, Vec<u8>, Reply<()>),
    /// Outputs of sessions of which there is no fact.
    Sweep(Reply<u64>),
    /// A model whose price is asked about again.
    AskPrice(ModelRef, Reply<bool>),
    /// Files of a program that were taken in whole.
    Read((String, u32), Vec<imports::Read>, Reply<()>),
    /// Rules kept or taken away beside facts.
    Rules(Deed, Reply<Vec<u32>>),
    /// Something waits in [`Drafts`].
    Drafts,
}

/// Drafts not yet written, only the newest of each name; `None` is one to be deleted.
#[derive(Debug, Default)]
pub(crate) struct Drafts(Mutex<BTreeMap<String, Option<(Time, String)>>>);

impl Drafts {
    pub(crate) fn put(&self, name: String, draft: Option<(Time, String)>) {
        self.lock().insert(name, draft);
    }

    pub(crate) fn forget(&self, name: &str) {
        self.lock().remove(name);
    }

    fn take(&self) -> BTreeMap<String, Option<(Time, String)>> {
        std::mem::take(&mut *self.lock())
    }

    /// Puts back what could not be written, unless there is newer by now.
    fn put_back(&self, drafts: BTreeMap<String, Option<(Time, String)>>) {
        let mut waiting = self.lock();
        for (name, draft) in drafts {
            waiting.entry(name).or_insert(draft);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Option<(Time, String)>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) struct Writer {
    pub conn: Connection,
    pub path: PathBuf,
    pub drafts: Arc<Drafts>,
    /// Held shared as long as this process may write, so that no other replaces or migrates the file.
    pub lock: File,
    /// Set once the disk or the file failed; every later append gets it as its answer.
    pub broken: Option<StoreError>,
}

impl Writer {
    /// Ends when the last sender is gone, with everything that waited written.
    pub(crate) fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(first) = jobs.blocking_recv() {
            let mut waiting = vec![first];
            while waiting.len() < MERGED
                && let Ok(job) = jobs.try_recv()
            {
                waiting.push(job);
            }
            self.work(waiting);
        }
        self.commit(Vec::new());
        let Self {
            conn,
            path,
            lock,
            broken,
            ..
        } = self;
        let writes = seal::writes(&path)
            .metadata()
            .map_or(0, |writes| writes.len());
        if writes == 0 || writes > SHORT || seal::owes(&path) {
            let bring_in = conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false);
            if let Err(error) = bring_in {
                tracing::debug!("{}: its log of writes stays: {error}", path.display());
            }
        }
        let last = schema::last_number(&conn).ok().filter(|_| broken.is_none());
        drop(conn);
        if let Some(Err(error)) = last.map(|last| seal::note_last(&path, last)) {
            tracing::debug!("{}: its last number is not noted: {error}", path.display());
        }
        if !seal::writes(&path).exists() {
            seal::paid(&path);
        }
        let sealed = match broken {
            None => seal::close(&path),
            Some(StoreError::Damaged { .. }) => seal::suspect(&path),
            Some(_) => Ok(()),
        };
        if let Err(error) = sealed {
            tracing::debug!("{}: not marked as closed: {error}", path.display());
        }
        drop(lock);
    }

    fn work(&mut self, waiting: Vec<Job>) {
        let mut group = Vec::with_capacity(waiting.len());
        for job in waiting {
            match job {
                Job::Append(entry, reply) => group.push((entry, reply)),
                Job::Drafts => {}
                Job::Keep(hash, bytes, reply) => {
                    let kept = match &self.broken {
                        Some(broken) => Err(broken.clone()),
                        None => {
                            blob::put(&self.conn, &hash, &bytes).map_err(|error| self.note(&error))
                        }
                    };
                    let _ = reply.send(kept);
                }
                Job::Sweep(reply) => {
                    self.commit(std::mem::take(&mut group));
                    let swept = match &self.broken {
                        Some(broken) => Err(broken.clone()),
                        None => blob::sweep(&self.conn).map_err(|error| self.note(&error)),
                    };
                    let _ = reply.send(swept);
                }
                Job::AskPrice(model, reply) => {
                    self.commit(std::mem::take(&mut group));
                    let asked = match &self.broken {
                        Some(broken) => Err(broken.clone()),
                        None => {
                            ledger::ask_price(&self.conn, &model).map_err(|error| self.note(&error))
                        }
                    };
                    let _ = reply.send(asked);
                }
                Job::Read((source, reader), files, reply) => {
                    self.commit(std::mem::take(&mut group));
                    let kept = match &self.broken {
                        Some(broken) => Err(broken.clone()),
                        None => imports::note_read(&self.conn, (&source, reader), &files)
                            .map_err(|error| self.note(&error)),
                    };
                    let _ = reply.send(kept);
                }
                Job::Rules(deed, reply) => {
                    self.commit(std::mem::take(&mut group));
                    let done = match &self.broken {
                        Some(broken) => Err(broken.clone()),
                        None => rules::run(&self.conn, &deed).map_err(|error| self.note(&error)),
                    };
                    let _ = reply.send(done);
                }
                Job::Purge(sessions, reply) => {
                    self.commit(std::mem::take(&mut group));
                    let purged = match &self.broken {
                        Some(broken) => Err(broken.clone()),
                        None => purge::run(&mut self.conn, &self.path, &sessions)
                            .map_err(|error| self.note(&error)),
                    };
                    let _ = reply.send(purged);
                }
            }
        }
        self.commit(group);
    }

    /// Writes the batches and the drafts that wait in one transaction; each batch stands or falls alone, and none is
    /// answered before the commit.
    fn commit(&mut self, group: Vec<(Box<Entry>, Reply<Appended>)>) {
        if let Some(broken) = &self.broken {
            for (_, reply) in group {
                let _ = reply.send(Err(broken.clone()));
            }
            return;
        }
        let drafts = self.drafts.take();
        if group.is_empty() && drafts.is_empty() {
            return;
        }
        // A draft alone need not wait for the disk: it is no fact, and the next commit of facts carries it along.
        let only_drafts = group.is_empty();
        if let Err(error) = self.begin(only_drafts) {
            let why = self.note(&error);
            for (_, reply) in group {
                let _ = reply.send(Err(why.clone()));
            }
            self.drafts.put_back(drafts);
            return;
        }
        let mut done = Vec::with_capacity(group.len());
        // After some failures SQLite takes the whole transaction back by itself.
        let mut void: Option<StoreError> = None;
        for (entry, reply) in group {
            let result = match &void {
                Some(why) => Err(why.clone()),
                None => self.within_savepoint(|conn| entry.write(conn)),
            };
            if let Err(why) = &result
                && self.conn.is_autocommit()
            {
                void.get_or_insert_with(|| why.clone());
            }
            done.push((result, reply));
        }
        if void.is_none()
            && let Err(why) = self.within_savepoint(|conn| Ok(write_drafts(conn, &drafts)?))
            && self.conn.is_autocommit()
        {
            void = Some(why);
        }
        let committed = match void {
            Some(why) => Err(why),
            None => self.execute("COMMIT").map_err(|error| self.note(&error)),
        };
        if committed.is_err() {
            self.drafts.put_back(drafts);
            if !self.conn.is_autocommit() {
                let _ = self.conn.execute_batch("ROLLBACK");
            }
        }
        if only_drafts {
            let _ = self.conn.execute_batch("PRAGMA synchronous = FULL");
        }
        for (result, reply) in done {
            let answer = result.and_then(|appended| committed.clone().map(|()| appended));
            let _ = reply.send(answer);
        }
    }

    fn begin(&mut self, only_drafts: bool) -> rusqlite::Result<()> {
        if only_drafts {
            self.conn.execute_batch("PRAGMA synchronous = NORMAL")?;
        }
        let begun = self.execute("BEGIN IMMEDIATE");
        if only_drafts && begun.is_err() {
            self.conn.execute_batch("PRAGMA synchronous = FULL")?;
        }
        begun
    }

    /// Runs what is run at every commit.
    fn execute(&self, sql: &str) -> rusqlite::Result<()> {
        self.conn.prepare_cached(sql)?.execute([]).map(drop)
    }

    fn within_savepoint<T>(
        &mut self,
        write: impl FnOnce(&Connection) -> Result<T, Trouble>,
    ) -> Result<T, StoreError> {
        let run = |sql: &str| self.execute(sql).map_err(Trouble::from);
        let result = run("SAVEPOINT batch")
            .and_then(|()| write(&self.conn))
            .and_then(|value| run("RELEASE batch").map(|()| value));
        result.map_err(|trouble| {
            if !self.conn.is_autocommit() {
                let undone = self.conn.execute_batch("ROLLBACK TO batch; RELEASE batch");
                // Without its savepoint the batch cannot be taken out alone.
                if undone.is_err() {
                    let _ = self.conn.execute_batch("ROLLBACK");
                }
            }
            match trouble {
                Trouble::Sql(error) => self.note(&error),
                Trouble::Unfit(why) => StoreError::Unfit(why),
            }
        })
    }

    /// The error as an answer; remembers those after which nothing more may be written.
    fn note(&mut self, error: &rusqlite::Error) -> StoreError {
        let fault = sort(&self.path, error);
        if matches!(
            fault,
            StoreError::Suspect { .. } | StoreError::Damaged { .. }
        ) {
            self.broken = Some(fault.clone());
        }
        fault
    }
}

fn write_drafts(
    conn: &Connection,
    drafts: &BTreeMap<String, Option<(Time, String)>>,
) -> rusqlite::Result<()> {
    for (name, draft) in drafts {
        match draft {
            Some((at, body)) => conn
                .prepare_cached(
                    "INSERT INTO draft(name, at, body) VALUES (?1, ?2, ?3)
                     ON CONFLICT(name) DO UPDATE SET at = ?2, body = ?3",
                )?
                .execute(params![name, at.0, body])?,
            None => conn
                .prepare_cached("DELETE FROM draft WHERE name = ?")?
                .execute([name])?,
        };
    }
    Ok(())
}
