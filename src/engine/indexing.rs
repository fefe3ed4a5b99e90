//! Writes the index: what the log holds and the index does not goes into it, what was purged out of it, and one that is of no
//! use is made anew beside the old one and takes its place by its name.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::memory::document;
use crate::memory::index::{Index, IndexError, Position, Writer};
use crate::store::memory::End;
use crate::store::read::Reader;

/// Facts that are read at once.
const PAGE: u32 = 8_000;

/// Items after which what was indexed is put on the disk, so that a kill costs only what came since.
const COMMIT: u64 = 50_000;

/// The one that writes the index of a home, of all threads and processes one at a time.
#[derive(Debug)]
pub(crate) struct Indexer {
    /// `data/index`.
    folder: PathBuf,
    /// A thread is at it.
    busy: AtomicBool,
    /// Nothing more shall be begun.
    closed: AtomicBool,
    /// What is there cannot be read.
    broken: AtomicBool,
}

/// What to do with the index that is there.
enum Way {
    /// Goes on where it ends.
    On(Box<Index>, Position),
    Anew,
}

impl Indexer {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            busy: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            broken: AtomicBool::new(false),
        }
    }

    /// The index as it is; `None` where there is none that can be used.
    pub(crate) fn open(&self) -> Option<Index> {
        if self.broken.load(Ordering::Relaxed) {
            return None;
        }
        match Index::open(&self.folder, false) {
            Ok(index) => Some(index),
            Err(error) => {
                tracing::debug!("{error}");
                None
            }
        }
    }

    /// There is something of an index, if only what a kill has left of one.
    pub(crate) fn is_there(&self) -> bool {
        let leftovers = ["new", "old"].map(|ending| beside(&self.folder, ending));
        self.folder.exists() || leftovers.iter().any(|folder| folder.exists())
    }

    /// What is there cannot be read: it is made anew with the next writing.
    pub(crate) fn distrust(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }

    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// Brings the index up on a thread of its own, unless one is at it. `own` keeps it alive and `of` finds it there.
    pub(crate) fn in_background<T: Send + Sync + 'static>(
        own: T,
        of: fn(&T) -> &Self,
        reader: Reader,
    ) {
        let indexer = of(&own);
        if indexer.closed.load(Ordering::Relaxed) || indexer.busy.swap(true, Ordering::Relaxed) {
            return;
        }
        let begun = thread::Builder::new()
            .name("index".to_owned())
            .spawn(move || {
                let indexer = of(&own);
                let result = match lock(&indexer.folder, false) {
                    Ok(Some(_lock)) => indexer.write(&reader, false),
                    // Another process is at it.
                    Ok(None) => Ok(()),
                    Err(why) => Err(why),
                };
                if let Err(why) = result {
                    tracing::warn!("the index was not brought up: {why}");
                }
                indexer.busy.store(false, Ordering::Relaxed);
            });
        if let Err(error) = begun {
            tracing::warn!("the index was not brought up: {error}");
        }
    }

    /// Brings the index up; waits for others who write it.
    pub(crate) fn bring_up(&self, reader: &Reader, anew: bool) -> Result<(), String> {
        let _lock = lock(&self.folder, true)?;
        self.write(reader, anew)
    }

    /// Whoever calls it holds the lock.
    fn write(&self, reader: &Reader, anew: bool) -> Result<(), String> {
        // What a kill has left of making it anew holds words too.
        for leftover in ["new", "old"] {
            remove(&beside(&self.folder, leftover))?;
        }
        let end = reader.end().map_err(|error| error.to_string())?;
        let way = if anew || self.broken.load(Ordering::Relaxed) {
            Way::Anew
        } else {
            self.way(end)?
        };
        match way {
            Way::On(_, from) if from.seq == end.seq && from.purged == end.purged => {}
            Way::On(index, from) => self.fill(&index, reader, from)?,
            Way::Anew => self.rebuild(reader)?,
        }
        self.broken.store(false, Ordering::Relaxed);
        Ok(())
    }

    fn way(&self, end: End) -> Result<Way, String> {
        let index = match Index::open(&self.folder, true) {
            Ok(index) => index,
            Err(IndexError::Unusable(why)) => {
                tracing::warn!("the index is made anew: {why}");
                return Ok(Way::Anew);
            }
            Err(error) => return Err(error.to_string()),
        };
        Ok(match index.position() {
            // A log that was put back from a copy is behind its index.
            Some(position) if position.seq <= end.seq && position.purged <= end.purged => {
                Way::On(Box::new(index), position)
            }
            _ => Way::Anew,
        })
    }

    fn fill(&self, index: &Index, reader: &Reader, from: Position) -> Result<(), String> {
        let mut writer = match index.writer() {
            Ok(writer) => writer,
            // Of a version that has another lock.
            Err(IndexError::Held) => return Ok(()),
            Err(error) => return Err(error.to_string()),
        };
        self.take_in(&mut writer, reader, from)?;
        writer.finish().map_err(|error| error.to_string())
    }

    fn rebuild(&self, reader: &Reader) -> Result<(), String> {
        let (new, old) = (beside(&self.folder, "new"), beside(&self.folder, "old"));
        let index = Index::open(&new, true).map_err(|error| error.to_string())?;
        self.fill(&index, reader, Position::default())?;
        drop(index);
        if self.closed.load(Ordering::Relaxed) {
            return remove(&new);
        }
        if self.folder.exists() {
            fs::rename(&self.folder, &old).map_err(|error| told(&self.folder, &error))?;
        }
        fs::rename(&new, &self.folder).map_err(|error| told(&new, &error))?;
        remove(&old)
    }

    /// Everything after a position, page by page, each session's items side by side.
    fn take_in(&self, writer: &mut Writer, reader: &Reader, from: Position) -> Result<(), String> {
        let fault = |error: IndexError| error.to_string();
        let end = reader.end().map_err(|error| error.to_string())?;
        let mut position = Position {
            seq: from.seq,
            purged: from.purged,
        };
        let purged = end.purged != from.purged;
        if purged {
            writer.hold_merges();
            for session in reader
                .purged_sessions()
                .map_err(|error| error.to_string())?
            {
                writer.forget(session);
            }
        }
        let mut since = 0;
        while position.seq < end.seq && !self.closed.load(Ordering::Relaxed) {
            let (found, upto) = reader
                .found_after(position.seq, PAGE)
                .map_err(|error| error.to_string())?;
            let mut documents: Vec<_> = found
                .iter()
                .filter_map(|(session, event)| document::of(event, *session))
                .collect();
            documents.sort_by_key(|document| (document.session, document.seq));
            for document in &documents {
                writer.add(document).map_err(fault)?;
            }
            since += documents.len() as u64;
            position.seq = upto;
            if since > COMMIT {
                writer.commit(position).map_err(fault)?;
                since = 0;
            }
        }
        writer.commit(position).map_err(fault)?;
        if purged {
            writer.compact().map_err(fault)?;
            // Said when it is so: a kill before leaves it to be done again.
            position.purged = end.purged;
            writer.commit(position).map_err(fault)?;
        }
        Ok(())
    }
}

/// One process at a time writes; `None` while another does and is not waited for. The lock lies beside the folder, which may
/// be replaced.
pub(crate) fn lock(folder: &Path, wait: bool) -> Result<Option<File>, String> {
    let path = beside(folder, "lock");
    if let Some(above) = path.parent() {
        fs::create_dir_all(above).map_err(|error| told(above, &error))?;
    }
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(|error| told(&path, &error))?;
    if wait {
        file.lock().map_err(|error| told(&path, &error))?;
        return Ok(Some(file));
    }
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => Err(told(&path, &error)),
    }
}

fn beside(folder: &Path, ending: &str) -> PathBuf {
    folder.with_extension(ending)
}

fn remove(folder: &Path) -> Result<(), String> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(told(folder, &error)),
        _ => Ok(()),
    }
}

fn told(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}
