//! Writes the index: what the log holds and the index does not goes into it, what was purged out of it, and one that is of no
//! use is made anew beside the old one and takes its place by its name.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use crate::memory::document;
use crate::memory::index::{Index, IndexError, Mark, Position, Writer};
use crate::protocol::id::Seq;
use crate::store::fault::StoreError;
use crate::store::memory::End;
use crate::store::read::Reader;

/// Facts that are read at once, and bytes of them: outputs of tools can be large.
const PAGE: (u32, u64) = (8_000, 16 << 20);

/// Items after which what was indexed is put on the disk, so that a kill costs only what came since.
const COMMIT: u64 = 50_000;

/// The priority of what gives way to all others (setpriority(2)).
const LAST: i32 = 19;

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
    /// So many wait for the lock.
    wanted: AtomicUsize,
}

/// Says that nobody is at it any more, however the work ended.
struct Busy<T> {
    own: T,
    of: fn(&T) -> &Indexer,
}

impl<T> Drop for Busy<T> {
    fn drop(&mut self) {
        (self.of)(&self.own).busy.store(false, Ordering::Relaxed);
    }
}

/// Why the index was not written.
enum Fault {
    /// It is damaged, and is to be made anew.
    Damaged(String),
    /// The log or the disk does not do what it should.
    Other(String),
}

impl From<IndexError> for Fault {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::Unusable(_) => Self::Damaged(error.to_string()),
            IndexError::Held | IndexError::Disk { .. } => Self::Other(error.to_string()),
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Other(error.to_string())
    }
}

impl Fault {
    fn said(self) -> String {
        match self {
            Self::Damaged(why) | Self::Other(why) => why,
        }
    }
}

/// Whether others wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// Somebody does.
    Hurries,
    /// Nobody does: a page of it.
    Yields,
    /// Nobody does, and all others go first.
    Yielded,
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
            wanted: AtomicUsize::new(0),
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

    /// Somebody writes it now, here or in another process.
    pub(crate) fn is_written(&self) -> bool {
        let waits = self.busy.load(Ordering::Relaxed) || self.wanted.load(Ordering::Relaxed) > 0;
        waits || matches!(lock(&self.folder, false), Ok(None))
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
        // Dropped as well where no thread can be had.
        let busy = Busy { own, of };
        let begun = thread::Builder::new()
            .name("index".to_owned())
            .spawn(move || {
                let indexer = (busy.of)(&busy.own);
                let result = match lock(&indexer.folder, false) {
                    Ok(Some(_lock)) => indexer.write(&reader, (false, Pace::Yields)),
                    // Another process is at it.
                    Ok(None) => Ok(()),
                    Err(why) => Err(why),
                };
                if let Err(why) = result {
                    tracing::warn!("the index was not brought up: {why}");
                }
            });
        if let Err(error) = begun {
            tracing::warn!("the index was not brought up: {error}");
        }
    }

    /// Brings the index up; waits for others who write it.
    pub(crate) fn bring_up(&self, reader: &Reader, anew: bool) -> Result<(), String> {
        self.wanted.fetch_add(1, Ordering::Relaxed);
        let held = lock(&self.folder, true);
        self.wanted.fetch_sub(1, Ordering::Relaxed);
        let _lock = held?;
        self.write(reader, (anew, Pace::Hurries))
    }

    /// Whoever calls it holds the lock.
    fn write(&self, reader: &Reader, (anew, pace): (bool, Pace)) -> Result<(), String> {
        // What a kill has left of making it anew holds words too.
        for leftover in ["new", "old"] {
            remove(&beside(&self.folder, leftover))?;
        }
        let end = reader.end().map_err(|error| error.to_string())?;
        let way = if anew || self.broken.load(Ordering::Relaxed) {
            Way::Anew
        } else {
            self.way(end, reader)?
        };
        match way {
            Way::On(_, from) if from.seq == end.seq && from.purged == end.purged => {}
            Way::On(index, from) => match self.fill(&index, reader, (from, pace)) {
                Ok(()) => {}
                Err(Fault::Damaged(why)) => {
                    tracing::warn!("the index is made anew: {why}");
                    drop(index);
                    self.rebuild(reader, pace)?;
                }
                Err(fault) => return Err(fault.said()),
            },
            Way::Anew => self.rebuild(reader, pace)?,
        }
        self.broken.store(false, Ordering::Relaxed);
        Ok(())
    }

    fn way(&self, end: End, reader: &Reader) -> Result<Way, String> {
        let index = match Index::open(&self.folder, true) {
            Ok(index) => index,
            Err(IndexError::Unusable(why)) => {
                tracing::warn!("the index is made anew: {why}");
                return Ok(Way::Anew);
            }
            Err(error) => return Err(error.to_string()),
        };
        Ok(match index.position() {
            Some(position) if is_of(position, end, reader)? => Way::On(Box::new(index), position),
            _ => {
                tracing::warn!("the index is made anew: it is of another log");
                Way::Anew
            }
        })
    }

    fn fill(
        &self,
        index: &Index,
        reader: &Reader,
        (from, pace): (Position, Pace),
    ) -> Result<(), Fault> {
        let reached = self.fill_some(index, reader, (from, pace))?;
        if pace == Pace::Yields && reached.seq < reader.end()?.seq && !self.is_let_go() {
            // The threads of the writer begin with it, and are then as patient as this one.
            give_way(LAST);
            self.fill_some(index, reader, (reached, Pace::Yielded))?;
        }
        Ok(())
    }

    /// Answers how far it came.
    fn fill_some(
        &self,
        index: &Index,
        reader: &Reader,
        (from, pace): (Position, Pace),
    ) -> Result<Position, Fault> {
        let mut writer = match index.writer() {
            Ok(writer) => writer,
            // Of a version that has another lock.
            Err(IndexError::Held) => return Ok(from),
            Err(error) => return Err(error.into()),
        };
        let reached = self.take_in(&mut writer, reader, (from, pace))?;
        writer.finish()?;
        Ok(reached)
    }

    /// Nobody wants it to go on, or somebody wants to do it who does not wait for others.
    fn is_let_go(&self) -> bool {
        self.closed.load(Ordering::Relaxed) || self.wanted.load(Ordering::Relaxed) > 0
    }

    fn rebuild(&self, reader: &Reader, pace: Pace) -> Result<(), String> {
        let (new, old) = (beside(&self.folder, "new"), beside(&self.folder, "old"));
        let index = Index::open(&new, true).map_err(|error| error.to_string())?;
        self.fill(&index, reader, (Position::default(), pace))
            .map_err(Fault::said)?;
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

    /// Everything after a position, page by page, each session's items side by side; of what nobody waits for one page, and the rest
    /// as long as nobody else wants to. Answers how far it came.
    fn take_in(
        &self,
        writer: &mut Writer,
        reader: &Reader,
        (from, pace): (Position, Pace),
    ) -> Result<Position, Fault> {
        let mut end = reader.end()?;
        let mut position = from;
        let purged = end.purged != from.purged;
        if purged {
            writer.hold_merges();
            for session in reader.purged_sessions()? {
                writer.forget(session);
            }
        }
        let mut since = 0;
        while position.seq < end.seq && !self.closed.load(Ordering::Relaxed) {
            let (found, upto) = reader.found_after(position.seq, PAGE)?;
            let mut documents: Vec<_> = found
                .iter()
                .filter_map(|(session, event)| document::of(event, *session))
                .collect();
            documents.sort_by_key(|document| (document.session, document.seq));
            for document in &documents {
                writer.add(document)?;
            }
            since += documents.len() as u64;
            position.seq = upto;
            match pace {
                Pace::Hurries => {}
                // Of an import the newest comes first: that is found at once.
                Pace::Yields => break,
                Pace::Yielded => {
                    let now = reader.end()?;
                    // Who has purged waits until no word of that is left.
                    if self.is_let_go() || now.purged != end.purged {
                        break;
                    }
                    end.seq = now.seq;
                }
            }
            if since > COMMIT {
                position.mark = mark(reader, upto)?;
                writer.commit(position)?;
                since = 0;
            }
        }
        position.mark = mark(reader, position.seq)?;
        writer.commit(position)?;
        if purged {
            writer.compact()?;
            // Said when it is so: a kill before leaves it to be done again.
            position.purged = end.purged;
            writer.commit(position)?;
        }
        Ok(position)
    }
}

/// This thread, and those that it begins, go behind others: whoever types waits for none of them, and what is imported does not wait
/// for the index.
pub(crate) fn give_way(priority: i32) {
    // Elsewhere it would hold for all threads of the process.
    #[cfg(not(target_os = "linux"))]
    let _ = priority;
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, priority) {
        tracing::debug!("work goes on at the usual priority: {error}");
    }
}

/// What the log is known again by, up to a fact.
fn mark(reader: &Reader, upto: Seq) -> Result<Option<Mark>, StoreError> {
    let last = reader.last_until(upto)?;
    Ok(last.map(|(seq, session, at)| Mark { seq, session, at }))
}

/// Whether an index that has come so far was made from this log. One that was put back from a copy is behind it, or went on since
/// with other facts under the same numbers.
pub(crate) fn is_of(position: Position, end: End, reader: &Reader) -> Result<bool, String> {
    if position.seq > end.seq || position.purged > end.purged {
        return Ok(false);
    }
    let Some(mark) = position.mark else {
        return Ok(true);
    };
    reader
        .knows((mark.seq, mark.session, mark.at))
        .map_err(|error| error.to_string())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn what_gives_way_is_its_own_thread_and_those_it_begins() {
        let priority = || rustix::process::getpriority_process(None);
        let before = priority();
        let within = thread::spawn(move || {
            give_way(LAST);
            let begun = thread::spawn(priority).join();
            (priority(), begun.expect("no panic"))
        });
        let lowest = Ok(LAST);
        assert_eq!(within.join().expect("no panic"), (lowest, lowest));
        assert_eq!(priority(), before);
    }
}
