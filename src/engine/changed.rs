//! Which files changed while a turn runs, for the guard that asks whether it comes forward: commands change files without a
//! word. Looked at only after a command whose output was nothing new.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::io::Read;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::Stat;

use crate::protocol::time::Time;
use crate::tool::shared::listing::{Entry, Hidden, walk};

/// Entries that are looked at; some hundred milliseconds where all of them are met.
const MOST: usize = 50_000;

/// Larger files are told by their size and time, not by what is in them.
const LARGE: u64 = 1 << 20;

/// Of what is read in one look.
const MOST_BYTES: u64 = 32 << 20;

/// A kernel's clock for files runs in ticks, and may be this far behind.
const TICK: Duration = Duration::from_millis(20);

/// The files and folders below the roots that changed since, each as a hash of its name and what is in it. What ignore files
/// name is left out: a build that writes the same again is no progress.
pub(crate) async fn since(roots: Vec<PathBuf>, time: Time) -> Vec<u64> {
    let looked = tokio::task::spawn_blocking(move || {
        let millis = u64::try_from(time.0).unwrap_or(0);
        let time = UNIX_EPOCH
            .checked_add(Duration::from_millis(millis))
            .and_then(|time| time.checked_sub(TICK))
            .unwrap_or(UNIX_EPOCH);
        let mut left = MOST_BYTES;
        roots
            .iter()
            .flat_map(|root| walk(root, Hidden::Shown, None))
            .take(MOST)
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let about = entry.about().ok()?;
                let changed = modified(&about).is_some_and(|changed| changed >= time);
                changed.then(|| hash(&entry, &about, &mut left))
            })
            .collect()
    });
    looked.await.unwrap_or_default()
}

/// `None` for what has a time before 1970.
fn modified(about: &Stat) -> Option<SystemTime> {
    let seconds = u64::try_from(about.st_mtime).ok()?;
    let nanos = u32::try_from(about.st_mtime_nsec).ok()?;
    UNIX_EPOCH.checked_add(Duration::new(seconds, nanos))
}

fn hash(entry: &Entry, about: &Stat, left: &mut u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    entry.path().hash(&mut hasher);
    let size = u64::try_from(about.st_size).unwrap_or(u64::MAX);
    if entry.is_folder() {
        // What went away shows only here.
        entry.names().unwrap_or_default().hash(&mut hasher);
    } else if entry.is_file() && size <= LARGE.min(*left) {
        *left -= size;
        let mut bytes = Vec::new();
        // It may be longer by now, or no file any more.
        let read = entry.open().is_ok_and(|file| {
            let read = file.take(size).read_to_end(&mut bytes);
            read.is_ok()
        });
        read.then_some(bytes).hash(&mut hasher);
    } else {
        (size, modified(about)).hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::fs;

    use super::*;

    #[tokio::test]
    async fn what_changed_is_told_by_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        let write = |name: &str, text: &str| fs::write(root.join(name), text).unwrap();
        let look = || async { HashSet::from_iter(since(vec![root.clone()], Time(0)).await) };
        fs::create_dir(root.join(".git")).unwrap();
        write(".gitignore", "built\n");
        write("a", "one");
        let first: HashSet<u64> = look().await;
        // The folder itself, the ignore file, the file.
        assert_eq!(first.len(), 3);
        write("a", "two");
        assert_eq!(look().await.difference(&first).count(), 1);
        write("a", "one");
        assert_eq!(look().await, first);
        write(".git/index", "x");
        assert_eq!(look().await, first, "version control's own is none");
        fs::remove_file(root.join("a")).unwrap();
        let gone = look().await;
        assert_eq!(gone.difference(&first).count(), 1, "its folder");
        fs::create_dir(root.join("b")).unwrap();
        write("b/built", "x");
        let ignored = look().await;
        assert_eq!(ignored.difference(&gone).count(), 2, "two folders");
        let later = Time(i64::MAX / 2);
        assert_eq!(since(vec![root.clone()], later).await, Vec::<u64>::new());
        assert_eq!(
            since(vec![root.join("none")], Time(0)).await,
            Vec::<u64>::new()
        );
    }
}
