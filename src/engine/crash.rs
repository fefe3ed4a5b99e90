//! What is kept of a fault of Creel's own: one small file a crash, the owner's alone, without secrets. It is never sent.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, TryLockError};

use jiff::Timestamp;

use crate::agent::redact::Redactor;
use crate::agent::visible::clean;
use crate::engine::clock::Clock;
use crate::memory::guard::is_guarded;
use crate::protocol::time::Time;

/// So many are kept; the oldest go.
const KEPT: usize = 5;

/// No more than this of one is written.
const LONGEST: usize = 64 * 1024;

/// From now on a panic leaves a file in this folder, after whoever was told of panics until now: the terminal is given back
/// first.
pub fn watch(folder: PathBuf, clock: Clock, redactor: Arc<Mutex<Redactor>>) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        // The search library met damaged files: the index is made anew, and nothing crashed.
        if is_guarded() {
            return;
        }
        before(info);
        let thread = std::thread::current();
        let text = format!(
            "thread {}: {info}\n\n{}",
            thread.name().unwrap_or("without a name"),
            std::backtrace::Backtrace::force_capture()
        );
        // Who panicked may hold it: then what has the form of a secret is replaced all the same.
        let redactor = match redactor.try_lock() {
            Ok(held) => held.clone(),
            Err(TryLockError::Poisoned(held)) => held.into_inner().clone(),
            Err(TryLockError::WouldBlock) => Redactor::default(),
        };
        // The person is told of the fault itself, and the log file has its first line.
        let _ = keep(&folder, clock.now(), &text, &redactor);
    }));
}

/// Writes what is known of a crash, and takes away the oldest beyond five.
fn keep(folder: &Path, now: Time, text: &str, redactor: &Redactor) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let time = Timestamp::from_millisecond(now.0).unwrap_or_default();
    let mut text = redactor.redact_all(&clean(text));
    text.truncate(text.floor_char_boundary(LONGEST));
    // Names sort by time: no colons, which some file systems do not take.
    let name = format!(
        "{}-{}.txt",
        time.strftime("%Y%m%dT%H%M%S"),
        std::process::id()
    );
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(folder.join(name))?;
    let version = env!("CARGO_PKG_VERSION");
    file.write_all(format!("creel {version}, {time:.0}\n{text}\n").as_bytes())?;
    let files = all(folder);
    for old in files.iter().rev().skip(KEPT) {
        fs::remove_file(old)?;
    }
    Ok(())
}

/// The files of crashes, oldest first.
fn all(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    files
}

/// The newest, with its text; `None` where Creel never crashed.
pub fn newest(folder: &Path) -> Option<(PathBuf, String)> {
    let path = all(folder).pop()?;
    let text = fs::read(&path).ok()?;
    Some((path, String::from_utf8_lossy(&text).into_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_crash_leaves_a_clean_file_and_only_the_newest_stay() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("state/crashes");
        assert_eq!(newest(&folder), None);
        let mut redactor = Redactor::default();
        redactor.add("namelesskey");
        let text = "at src/x.rs:1:2:\u{1b}[2J\nPASSWORD=hunter22 namelesskey";
        for second in 0..7 {
            keep(&folder, Time(second * 1000), text, &redactor).unwrap();
        }
        let (path, text) = newest(&folder).unwrap();
        let expected = format!(
            "creel {}, 1970-01-01T00:00:06Z\nat src/x.rs:1:2:\nPASSWORD=‹redacted:password› ‹redacted:key›\n",
            env!("CARGO_PKG_VERSION")
        );
        assert_eq!((text, all(&folder).len()), (expected, KEPT));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&folder)), (0o600, 0o700));
    }
}
