//! Temporary folders that are one process's own for as long as it lives. A lock of the system says so: it ends with the process
//! however that ends, is seen from other containers too, and needs no number that may soon be another's. What was left by
//! processes that were killed is found by that and taken away.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::process::geteuid;
use tempfile::TempDir;

/// What their names begin with; copies that an import reads (`import::sqlite`) are such folders too.
pub(crate) const PREFIX: &str = "creel-own-";
/// So often another may be sweeping the moment one is made.
const TRIES: u32 = 8;

/// Gone when it is dropped.
#[derive(Debug)]
pub struct Folder {
    folder: TempDir,
    /// Let go of behind it, as fields are in their order.
    _lock: File,
}

impl Folder {
    pub fn make(at: &Path) -> io::Result<Self> {
        for _ in 0..TRIES {
            let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(at)?;
            let Ok(lock) = File::open(folder.path()) else {
                continue;
            };
            // Where the system has no locks nobody sweeps either.
            if matches!(lock.try_lock(), Err(TryLockError::WouldBlock)) {
                continue;
            }
            let is_there = fs::metadata(folder.path()).is_ok_and(|there| is_same(&lock, &there));
            if is_there {
                return Ok(Self {
                    folder,
                    _lock: lock,
                });
            }
        }
        Err(io::Error::other("it is taken away at once"))
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Takes away what processes that are gone left there. What cannot be is left as it is: the next one tries again.
pub fn sweep(at: &Path) {
    let Ok(entries) = fs::read_dir(at) else {
        return;
    };
    for entry in entries.flatten() {
        let named = entry.file_name();
        if named.to_str().is_some_and(|name| name.starts_with(PREFIX)) {
            let _ = take_away(&entry.path());
        }
    }
}

fn take_away(path: &Path) -> io::Result<()> {
    let flags = (OFlags::NOFOLLOW | OFlags::DIRECTORY | OFlags::NONBLOCK).bits();
    let lock = File::options()
        .read(true)
        .custom_flags(flags.cast_signed())
        .open(path)?;
    if lock.metadata()?.uid() != geteuid().as_raw() || lock.try_lock().is_err() {
        return Ok(());
    }
    fs::remove_dir_all(path)
}

fn is_same(file: &File, there: &fs::Metadata) -> bool {
    let own = file.metadata();
    own.is_ok_and(|own| (own.dev(), own.ino()) == (there.dev(), there.ino()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_nobody_holds_is_swept_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let at = place.path();
        let lives = Folder::make(at).unwrap();
        fs::write(lives.path().join("x"), "").unwrap();
        // As one is left by a process that was killed: nobody holds its lock.
        let left = at.join(format!("{PREFIX}left"));
        fs::create_dir_all(left.join("sub")).unwrap();
        fs::write(left.join("sub/x"), "").unwrap();
        fs::create_dir(at.join("creel-others")).unwrap();
        let target = at.join("target");
        fs::create_dir(&target).unwrap();
        std::os::unix::fs::symlink(&target, at.join(format!("{PREFIX}link"))).unwrap();
        sweep(at);
        assert!(lives.path().join("x").exists() && !left.exists());
        assert!(at.join("creel-others").exists() && target.exists());
        let path = lives.path().to_owned();
        drop(lives);
        assert!(!path.exists());
        sweep(&at.join("nowhere"));
    }
}
