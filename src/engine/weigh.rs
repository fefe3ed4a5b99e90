//! How much the targets of a command that deletes hold, for the person who is asked. A look from outside: no link is followed, and
//! where there is much it ends early and says so.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::agent::deletes::{Held, Target};

/// Entries that are looked at in all.
const MOST: u64 = 50_000;

/// Nobody waits longer for an ask.
const LONGEST: Duration = Duration::from_millis(200);

/// What each target in a folder holds. Blocks no thread that others wait for.
pub(crate) async fn held(targets: Vec<Target>, cwd: PathBuf) -> Vec<Held> {
    if targets.is_empty() {
        return Vec::new();
    }
    let looked = tokio::task::spawn_blocking(move || {
        let until = Instant::now() + LONGEST;
        let mut left = MOST;
        let each = targets.into_iter();
        each.map(|target| look(target, &cwd, &mut left, until))
            .collect()
    });
    // A disk that does not answer keeps nobody from the ask.
    let looked = tokio::time::timeout(2 * LONGEST, looked).await;
    looked.ok().and_then(Result::ok).unwrap_or_default()
}

fn look(target: Target, cwd: &Path, left: &mut u64, until: Instant) -> Held {
    let Target { name, folders } = target;
    let mut held = Held {
        files: 0,
        bytes: 0,
        whole: true,
        is_file: false,
        target: name,
    };
    let mut waiting = vec![cwd.join(&held.target)];
    let before = *left;
    while let Some(path) = waiting.pop() {
        if *left == 0 || Instant::now() >= until {
            held.whole = false;
            break;
        }
        *left -= 1;
        let found = match fs::symlink_metadata(&path) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(_) => {
                held.whole = false;
                continue;
            }
        };
        // What deletes files alone leaves a folder as it is.
        if found.is_dir() && !folders {
            continue;
        }
        if !found.is_dir() {
            // Of a folder it is not the first.
            held.is_file |= *left + 1 == before;
            held.files += 1;
            held.bytes = held.bytes.saturating_add(found.len());
            continue;
        }
        match fs::read_dir(&path) {
            Ok(entries) => {
                let room = usize::try_from(*left).unwrap_or(usize::MAX);
                let mut entries = entries.flatten().map(|entry| entry.path());
                waiting.extend(entries.by_ref().take(room.saturating_sub(waiting.len())));
                held.whole &= entries.next().is_none();
            }
            Err(_) => held.whole = false,
        }
    }
    held
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn files_are_counted_and_no_link_is_followed() {
        let scratch = tempfile::tempdir().expect("a folder");
        let file = |name: &str, bytes: usize| {
            let path = scratch.path().join(name);
            fs::create_dir_all(path.parent().expect("above")).expect("made");
            fs::write(path, vec![b'x'; bytes]).expect("written");
        };
        file("target/a", 10);
        file("target/deep/er/b", 32);
        file("elsewhere/c", 1_000);
        symlink("../elsewhere", scratch.path().join("target/link")).expect("a link");
        let named = |name: &str| Target {
            name: name.to_owned(),
            folders: true,
        };
        let until = Instant::now() + Duration::from_mins(1);
        let looked = |target: &str, left: u64| {
            let held = look(named(target), scratch.path(), &mut { left }, until);
            (held.files, held.whole, held.is_file)
        };
        for (target, left, expected) in [
            ("target", 100, (3, true, false)),
            ("target/a", 100, (1, true, true)),
            ("target/link", 100, (1, true, true)),
            ("nowhere", 100, (0, true, false)),
            ("target", 1, (0, false, false)),
            ("target", 0, (0, false, false)),
        ] {
            assert_eq!(looked(target, left), expected, "{target} {left}");
        }
        let whole = look(named("target/deep"), scratch.path(), &mut 100, until);
        assert_eq!(whole.bytes, 32);
        let files_alone = Target {
            folders: false,
            ..named("target/deep")
        };
        assert_eq!(look(files_alone, scratch.path(), &mut 100, until).files, 0);
    }
}
