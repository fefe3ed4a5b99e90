//! Tabs and panes between two runs: one small file for each folder Creel is started in, for the owner alone. It is no part of
//! the log, and a file that cannot be used costs the order of the panes and nothing else. Of several workstations in one
//! folder the first has the file; the others begin without it and keep nothing.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use creel::agent::digest;
use creel::config::paths::{Paths, ensure};
use creel::config::write::write_whole;
use creel::tui::app::arrangement::Arrangement;

/// A larger file was not written by Creel.
const LONGEST: u64 = 1 << 20;

/// A workstation that was killed just as it started a program leaves a copy of its lock with it for some milliseconds.
const LAST_COPY: Duration = Duration::from_millis(10);
/// How often that is waited for: not long, since the first frame waits with it.
const LAST_COPIES: u32 = 20;

/// Tabs and panes of a folder, held by this process; letting go of them is dropping it.
pub struct Layout {
    file: PathBuf,
    /// `None`: no lock could be made here, and the last one to write wins.
    lock: Option<(File, PathBuf)>,
}

/// Why there is none: the process that has it, as far as known.
#[derive(Debug, PartialEq, Eq)]
pub struct Taken(Option<u32>);

impl Taken {
    /// As a notice for the person.
    pub fn said(&self) -> String {
        let who = match self.0 {
            Some(process) => format!("another Creel ({process})"),
            None => "another Creel".to_owned(),
        };
        format!("{who} keeps the tabs; these are not kept")
    }
}

/// Takes hold of the file of a folder.
pub fn hold(paths: &Paths, folder: &Path) -> Result<Layout, Taken> {
    let name = &digest::hex(folder.as_os_str().as_encoded_bytes())[..16];
    let lock = paths.locks.join(format!("layout-{name}.lock"));
    Ok(Layout {
        file: paths.layouts.join(format!("{name}.json")),
        // Where nothing can be locked, nothing is likely to be written either.
        lock: ensure(&paths.locks)
            .ok()
            .map_or(Ok(None), |()| locked(&lock))?
            .map(|file| (file, lock)),
    })
}

fn locked(path: &Path) -> Result<Option<File>, Taken> {
    let mut waited = 0;
    loop {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let Ok(mut file) = options.mode(0o600).open(path) else {
            return Ok(None);
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = process(&mut file);
                if holder.is_some_and(is_gone) && waited < LAST_COPIES {
                    waited += 1;
                    thread::sleep(LAST_COPY);
                    continue;
                }
                return Err(Taken(holder));
            }
            Err(TryLockError::Error(_)) => return Ok(None),
        }
        // A holder that let go removes the file: a lock on a file that no longer has the name holds nothing.
        let same = match (file.metadata(), fs::metadata(path)) {
            (Ok(ours), Ok(named)) => (ours.dev(), ours.ino()) == (named.dev(), named.ino()),
            _ => false,
        };
        if same {
            // Who holds it is only said; that it is held is the lock.
            let _ = file
                .set_len(0)
                .and_then(|()| write!(file, "{}", std::process::id()));
            return Ok(Some(file));
        }
    }
}

fn process(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn is_gone(process: u32) -> bool {
    let process = i32::try_from(process).ok().and_then(Pid::from_raw);
    process.is_some_and(|process| test_kill_process(process) == Err(Errno::SRCH))
}

impl Drop for Layout {
    fn drop(&mut self) {
        // Removed while still locked, so that nobody can take a lock on the old file.
        if let Some((_, path)) = &self.lock {
            let _ = fs::remove_file(path);
        }
    }
}

impl Layout {
    /// What was kept; the error is a notice for the person.
    pub fn read(&self) -> Result<Option<Arrangement>, String> {
        read(&self.file)
    }

    /// Keeps it, or takes away what was kept.
    pub fn keep(&self, arrangement: Option<&Arrangement>) -> Result<(), String> {
        keep(&self.file, arrangement)
    }
}

/// There is no such file, and can be none.
fn is_nowhere(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn read(file: &Path) -> Result<Option<Arrangement>, String> {
    let broken = |why: &str| {
        format!(
            "tabs and panes of the last time are not restored: {why} ({})",
            file.display()
        )
    };
    let mut text = String::new();
    match File::open(file).and_then(|open| open.take(LONGEST).read_to_string(&mut text)) {
        Ok(_) => Arrangement::parse(&text)
            .map(Some)
            .map_err(|why| broken(&why)),
        // A home that is a file is told by who opens the log in it.
        Err(error) if is_nowhere(&error) => Ok(None),
        Err(error) if error.kind() == ErrorKind::InvalidData => Err(broken("it is damaged")),
        Err(error) => Err(broken(&error.to_string())),
    }
}

fn keep(file: &Path, arrangement: Option<&Arrangement>) -> Result<(), String> {
    let Some(arrangement) = arrangement else {
        return match fs::remove_file(file) {
            Err(error) if !is_nowhere(&error) => {
                Err(format!("cannot remove {}: {error}", file.display()))
            }
            _ => Ok(()),
        };
    };
    if let Some(folder) = file.parent() {
        ensure(folder)?;
    }
    write_whole(file, &arrangement.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_that_is_a_file_has_no_layouts() {
        let home = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(read(&home.path().join("layouts/a.json")), Ok(None));
        assert_eq!(keep(&home.path().join("layouts/a.json"), None), Ok(()));
    }
}
