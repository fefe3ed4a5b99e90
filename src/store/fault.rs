//! What can go wrong with the log, one variant per reaction, in words that name the thing and the way out.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// An append, a purge or a reading that could not be done. Nothing of it is on disk, and nothing was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Later appends are tried again: the session can pause and go on when there is space.
    #[error("no space left for {}: free some and go on", .0.display())]
    Full(PathBuf),
    /// The disk failed. Whether what was written last is safe cannot be known by asking again, so nothing more is written
    /// until Creel is started anew.
    #[error("the disk failed under {} ({why}): nothing more is written; check the disk, then start Creel again", .path.display())]
    Suspect { path: PathBuf, why: String },
    /// The next start saves what can be read.
    #[error("{} is damaged ({why}): start Creel again, it then saves what can be read", .path.display())]
    Damaged { path: PathBuf, why: String },
    #[error("another process holds {} for too long: end it or wait, then try again", .0.display())]
    Busy(PathBuf),
    /// Opened read-only; the notice of the opening says why.
    #[error("{0}")]
    ReadOnly(String),
    /// The batch itself cannot be kept; others can.
    #[error("this cannot be kept in the log: {0}")]
    Unfit(String),
    #[error("the log is closed")]
    Closed,
    #[error("the log at {} failed: {why}", .path.display())]
    Failed { path: PathBuf, why: String },
}

/// The log could not be opened at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error("{} is a file, not a folder: move it away, or set CREEL_HOME to another folder", .0.display())]
    NotAFolder(PathBuf),
    #[error("no permission for {}: `chmod u+rwx` it as its owner, or set CREEL_HOME to a folder of yours", .0.display())]
    Denied(PathBuf),
    #[error("no space left for {}: free some, then start again", .0.display())]
    Full(PathBuf),
    /// The file needs work that only a lone process may do.
    #[error("{} {why} while another Creel has it open: close that one, then start again", .path.display())]
    InUse { path: PathBuf, why: String },
    #[error("{}: {why}", .path.display())]
    Failed { path: PathBuf, why: String },
}

impl OpenError {
    pub(crate) fn from_io(path: &Path, error: &io::Error) -> Self {
        let in_the_way = path.ancestors().find(|part| part.is_file());
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                Self::NotAFolder(in_the_way.map_or(path, Path::to_owned))
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::Denied(path)
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full(path),
            _ => Self::Failed {
                path,
                why: error.to_string(),
            },
        }
    }

    pub(crate) fn from_sql(path: &Path, error: &rusqlite::Error) -> Self {
        match sort(path, error) {
            StoreError::Full(path) => Self::Full(path),
            StoreError::Busy(path) => Self::InUse {
                path,
                why: "is held".to_owned(),
            },
            other => Self::Failed {
                path: path.to_owned(),
                why: other.to_string(),
            },
        }
    }
}

/// `SQLite`'s words as a reaction.
pub(crate) fn sort(path: &Path, error: &rusqlite::Error) -> StoreError {
    /// The shared-memory file could not be made larger: `SQLite` reports a full disk so.
    const SHM_SIZE: i32 = 0x0a | (19 << 8);
    const WRITE: i32 = 0x0a | (3 << 8);
    let owned = path.to_owned();
    let rusqlite::Error::SqliteFailure(code, _) = error else {
        return StoreError::Failed {
            path: owned,
            why: error.to_string(),
        };
    };
    match code.code {
        ErrorCode::DiskFull => StoreError::Full(owned),
        ErrorCode::SystemIoFailure if code.extended_code == SHM_SIZE => StoreError::Full(owned),
        ErrorCode::SystemIoFailure if code.extended_code == WRITE && is_full(path) => {
            StoreError::Full(owned)
        }
        ErrorCode::SystemIoFailure => StoreError::Suspect {
            path: owned,
            why: error.to_string(),
        },
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Damaged {
            path: owned,
            why: error.to_string(),
        },
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy(owned),
        ErrorCode::ReadOnly => StoreError::ReadOnly(format!(
            "{} cannot be written: `chmod u+w` it and its folder",
            path.display()
        )),
        ErrorCode::TooBig => {
            StoreError::Unfit("one entry is larger than a gigabyte, the most SQLite holds".into())
        }
        _ => StoreError::Failed {
            path: owned,
            why: error.to_string(),
        },
    }
}

/// `SQLite` calls a used-up quota and a limit on file size plain write failures; a small file tells them from a failing disk.
fn is_full(path: &Path) -> bool {
    let probe = beside(path, ".probe");
    let tried = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&probe)
        .and_then(|mut file| file.write_all(&vec![1; 64 * 1024]));
    let _ = fs::remove_file(&probe);
    matches!(
        tried.map_err(|error| error.kind()),
        Err(io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge)
    )
}

/// The file with this ending more in its name: `creel.db` and `-wal` give `creel.db-wal`.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
