//! A file that gets its name when it is whole. What a kill leaves of one is taken away by the next of that name.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::engine::backup::Existing;

/// A file that is written under another name beside its own, and is gone unless it is put there.
pub(crate) struct Half {
    made: NamedTempFile,
    whole: PathBuf,
}

impl Half {
    pub(crate) fn beside(whole: &Path) -> io::Result<Self> {
        let folder = folder(whole);
        Self::forget(folder, &before(whole));
        Ok(Self {
            made: spare(whole)?,
            whole: whole.to_owned(),
        })
    }

    /// What a kill has left of one is taken away; nobody holds it.
    fn forget(folder: &Path, before: &str) {
        let Ok(entries) = fs::read_dir(folder) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let is_half = name.starts_with(before) && name.ends_with(AFTER);
            if is_half
                && entry.file_type().is_ok_and(|kind| kind.is_file())
                && let Ok(file) = File::open(entry.path())
                && file.try_lock().is_ok()
            {
                // As long as it is held: whoever has just made it and waits for it sees that it is gone.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    pub(crate) fn file(&mut self) -> &File {
        self.made.as_file()
    }

    pub(crate) fn put(self, existing: Existing) -> io::Result<()> {
        let put = match existing {
            Existing::Replaced => self.made.persist(&self.whole),
            Existing::Stays => self.made.persist_noclobber(&self.whole),
        };
        put.map_err(|error| error.error)?;
        if let Some(folder) = self.whole.parent() {
            // The name is on the disk too, where folders can be told so.
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(())
    }
}

/// What the name of such a file ends with.
const AFTER: &str = ".creel-half";

fn before(whole: &Path) -> String {
    let name = whole.file_name().unwrap_or_default();
    format!(".{}.", name.to_string_lossy())
}

fn folder(whole: &Path) -> &Path {
    let folder = whole.parent();
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// Another file beside one that is to be written, of the owner alone; what a kill leaves of it goes as the half does.
pub(crate) fn spare(whole: &Path) -> io::Result<NamedTempFile> {
    named(whole, is_named)
}

/// How often one is made before it is taken as it is: some disks never tell a file and its name as one.
const TRIES: u32 = 10;

fn named(whole: &Path, is_named: impl Fn(&NamedTempFile) -> bool) -> io::Result<NamedTempFile> {
    for _ in 1..TRIES {
        let made = held(whole)?;
        if is_named(&made) {
            return Ok(made);
        }
        // Another took it for one of a kill before it was held.
    }
    // If it is gone all the same, that is said when it is to get its name.
    held(whole)
}

fn held(whole: &Path) -> io::Result<NamedTempFile> {
    let made = make(whole)?;
    // Some disks know no locks: then it is only not known from one that a kill has left.
    if let Err(error) = made.as_file().lock() {
        tracing::debug!("{}: {error}", made.path().display());
    }
    Ok(made)
}

fn make(whole: &Path) -> io::Result<NamedTempFile> {
    // Its mode is 0600.
    Builder::new()
        .prefix(&before(whole))
        .suffix(AFTER)
        .tempfile_in(folder(whole))
}

fn is_named(made: &NamedTempFile) -> bool {
    match (made.as_file().metadata(), fs::symlink_metadata(made.path())) {
        (Ok(ours), Ok(named)) => (ours.dev(), ours.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::cell::Cell;
    use std::thread;

    use super::*;

    #[test]
    fn a_disk_that_never_knows_a_file_by_its_name_is_written_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let whole = folder.path().join("all.tar.gz");
        let asked = Cell::new(0);
        let made = named(&whole, |_| {
            asked.set(asked.get() + 1);
            assert!(asked.get() < 100);
            false
        });
        assert!(made.unwrap().path().exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn one_that_is_being_made_is_not_taken_for_one_of_a_kill() {
        let folder = tempfile::tempdir().unwrap();
        let whole = folder.path().join("all.tar.gz");
        let left = make(&whole).unwrap().into_temp_path().keep().unwrap();
        // Many at once, each of which takes away what nobody holds.
        let makers: Vec<_> = (0..8)
            .map(|_| {
                let whole = whole.clone();
                thread::spawn(move || {
                    (0..40).all(|_| Half::beside(&whole).is_ok_and(|half| is_named(&half.made)))
                })
            })
            .collect();
        for maker in makers {
            assert!(maker.join().unwrap());
        }
        assert!(!left.exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
