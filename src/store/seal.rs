//! The mark of a database closed in order: the nanoseconds of the file's time of change. Whatever changes the file afterwards
//! changes that time too, so an unmarked file is looked through before it is used and a marked one costs one `stat`.
//! A mark and not a file beside it, because the two could be copied or lost apart.
//!
//! That damage was met is a file beside it, since it must outlive every later write.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_OMIT, utimensat};

use crate::store::fault::beside;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seal {
    /// Closed in order and unchanged since.
    Closed,
    /// Someone met damage in it: to be looked through however large it is.
    Unsound,
    None,
}

/// A number no clock is likely to stand at.
const CLOSED: i64 = 271_828_183;

pub(crate) fn read(path: &Path) -> io::Result<Seal> {
    let nanos = path.metadata()?.mtime_nsec();
    Ok(if unsound(path).exists() {
        Seal::Unsound
    } else if nanos == CLOSED {
        Seal::Closed
    } else {
        Seal::None
    })
}

/// Marks by name. The file is not opened: closing it would take `SQLite`'s own locks away from this process.
pub(crate) fn close(path: &Path) -> io::Result<()> {
    let times = Timestamps {
        last_access: Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_OMIT,
        },
        last_modification: Timespec {
            tv_sec: path.metadata()?.mtime(),
            tv_nsec: CLOSED,
        },
    };
    Ok(utimensat(CWD, path, &times, AtFlags::empty())?)
}

/// Remembers that damage was met.
pub(crate) fn suspect(path: &Path) -> io::Result<()> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(unsound(path))
        .map(|_| ())
}

/// The file was looked through, or replaced.
pub(crate) fn forget(path: &Path) {
    let _ = fs::remove_file(unsound(path));
}

fn unsound(path: &Path) -> std::path::PathBuf {
    beside(path, ".unsound")
}
