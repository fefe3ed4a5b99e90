//! The mark of a database closed in order: the nanoseconds of the file's time of change. Whatever changes the file afterwards
//! changes that time too, so an unmarked file is looked through before it is used and a marked one costs a `stat` or three.
//! A mark and not a file beside it, because the two could be copied or lost apart.
//!
//! A short log of writes is left beside the file (see [`crate::store::writer`]). The two are then one: both are given the
//! same time of change, with another mark, so that a file put back without its own log of writes is found out.
//!
//! A copy has another time of change and no mark, so it does not tell that its log of writes was left behind. For that the
//! lock file beside it, which is there anyway and is copied with a folder, holds the number of the last fact at closing.
//!
//! That damage was met is a file beside it, since it must outlive every later write.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_OMIT, utimensat};

use crate::store::fault::beside;
use crate::store::place::has_bytes;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seal {
    /// Closed in order and unchanged since.
    Closed,
    /// Closed in order with a log of writes beside it, and that is not there any more.
    Bereft,
    /// Someone met damage in it: to be looked through however large it is.
    Unsound,
    None,
}

/// Numbers no clock is likely to stand at: of a file that is whole alone, and of one with its log of writes.
const CLOSED: i64 = 271_828_183;
const PAIRED: i64 = 314_159_265;

pub(crate) fn read(path: &Path) -> io::Result<Seal> {
    let changed = times(path)?;
    let writes = writes(path);
    let writes = has_bytes(&writes).then(|| times(&writes).ok()).flatten();
    Ok(if unsound(path).exists() {
        Seal::Unsound
    } else {
        match (changed.1, writes) {
            (CLOSED, None) => Seal::Closed,
            (PAIRED, None) => Seal::Bereft,
            (PAIRED, Some(writes)) if writes == changed => Seal::Closed,
            // Closed with another file than this one.
            (_, Some((_, PAIRED))) => Seal::Unsound,
            _ => Seal::None,
        }
    })
}

/// Marks by name. The files are not opened: closing one would take `SQLite`'s own locks away from this process.
pub(crate) fn close(path: &Path) -> io::Result<()> {
    let (seconds, _) = times(path)?;
    let writes = writes(path);
    if has_bytes(&writes) {
        mark(&writes, seconds, PAIRED)?;
        mark(path, seconds, PAIRED)
    } else {
        mark(path, seconds, CLOSED)
    }
}

fn mark(path: &Path, seconds: i64, nanoseconds: i64) -> io::Result<()> {
    let times = Timestamps {
        last_access: Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_OMIT,
        },
        last_modification: Timespec {
            tv_sec: seconds,
            tv_nsec: nanoseconds,
        },
    };
    Ok(utimensat(CWD, path, &times, AtFlags::empty())?)
}

/// When the file was changed: seconds and nanoseconds.
fn times(path: &Path) -> io::Result<(i64, i64)> {
    let metadata = path.metadata()?;
    Ok((metadata.mtime(), metadata.mtime_nsec()))
}

pub(crate) fn writes(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

/// Remembers the number of the last fact. A closing that comes to nothing leaves a smaller one, which says no wrong.
pub(crate) fn note_last(path: &Path, last: i64) -> io::Result<()> {
    fs::write(beside(path, ".lock"), format!("{last}\n"))
}

/// The number of the last fact when the file was closed.
pub(crate) fn noted_last(path: &Path) -> Option<i64> {
    let noted = fs::read_to_string(beside(path, ".lock")).ok()?;
    noted.trim().parse().ok()
}

/// Remembers that a purge could not cut the log of writes: whoever closes the file next leaves none.
pub(crate) fn owe(path: &Path) -> io::Result<()> {
    note(&uncut(path))
}

pub(crate) fn owes(path: &Path) -> bool {
    uncut(path).exists()
}

/// The log of writes is gone.
pub(crate) fn paid(path: &Path) {
    let _ = fs::remove_file(uncut(path));
}

/// Remembers that damage was met.
pub(crate) fn suspect(path: &Path) -> io::Result<()> {
    note(&unsound(path))
}

/// An empty file of the owner alone.
fn note(path: &Path) -> io::Result<()> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map(|_| ())
}

/// The file was looked through, or replaced.
pub(crate) fn forget(path: &Path) {
    let _ = fs::remove_file(unsound(path));
}

fn unsound(path: &Path) -> PathBuf {
    beside(path, ".unsound")
}

fn uncut(path: &Path) -> PathBuf {
    beside(path, ".uncut")
}
