//! What decides which programs run later, looked at before a command and after it: the walls of the kernel cannot take it out of a
//! folder that is written, and namespaces can make read-only what is there and nothing that is not. So a change is told where
//! it cannot be forbidden. What is put there by a process that outlives its command is not seen.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// More of a folder is not looked at: a command does not wait for what somebody filled one with.
const MOST: usize = 256;
/// Hooks lie right in their folder, and what is Creel's in a project not much deeper.
const DEPTH: u32 = 3;
/// More of a file than any path is long is not read.
const LONGEST: u64 = 4 << 10;

/// A file as it is: which one, when it was written last, its size and its mode.
type Stamp = (u64, i64, i64, u64, u32);

/// What was seen of a place.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    stamps: BTreeMap<PathBuf, Stamp>,
    /// Folders that may come and go, and must not be others while they are there.
    known: BTreeMap<PathBuf, Stamp>,
    /// There is more than is looked at, so nothing is known of it.
    more: bool,
}

impl Seen {
    /// Whether anything is another by now.
    fn is_as(&self, was: &Self) -> bool {
        let kept = |(path, stamp)| was.known.get(path).is_none_or(|before| before == stamp);
        self.stamps == was.stamps && self.known.iter().all(kept)
    }
}

/// Guarded places as they were.
#[derive(Debug)]
pub(crate) struct Guard {
    places: Vec<(PathBuf, Kind, Seen)>,
}

/// How a place is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// With all that is in it.
    Whole,
    /// Whether it is the same folder or the same file: what is in it is changed by anyone who commits.
    Itself,
    /// A folder of worktrees: where each says that it has its config and its hooks.
    Worktrees,
}

/// What is another than it was.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Differs {
    /// Made, changed or taken away.
    pub changed: Vec<PathBuf>,
    /// Of which it is not known, since too much lies there.
    pub unseen: Vec<PathBuf>,
}

impl Guard {
    /// `watched` are folders of git's, which it writes in itself: see [`crate::sandbox::plan::Plan`].
    pub(crate) fn look(guarded: &[PathBuf], watched: &[PathBuf]) -> Self {
        let of = |place: &PathBuf, kind| (place.clone(), kind, seen(place, kind));
        let guarded = guarded.iter().map(|place| of(place, Kind::Whole));
        let watched = watched.iter().map(|place| {
            let worktrees = place.ends_with("worktrees");
            of(
                place,
                if worktrees {
                    Kind::Worktrees
                } else {
                    Kind::Itself
                },
            )
        });
        // A folder before what is in it: where it is another, so is all of that.
        let (mut places, guarded): (Vec<_>, Vec<_>) = (watched.collect(), guarded.collect());
        places.extend(guarded);
        Self { places }
    }

    /// The places that are not as they were, and those of which nobody can tell.
    pub(crate) fn changed(&self) -> Differs {
        let mut differs = Differs::default();
        for (place, kind, was) in &self.places {
            let is = seen(place, *kind);
            // Of a repository that is new all that matters is a place of its own.
            let made = *kind == Kind::Itself && was.stamps.is_empty() && place.is_dir();
            let within = differs.changed.iter().any(|outer| place.starts_with(outer));
            if was.more || is.more {
                differs.unseen.push(place.clone());
            } else if !is.is_as(was) && !within && !made {
                differs.changed.push(place.clone());
            }
        }
        differs
    }
}

fn seen(place: &Path, kind: Kind) -> Seen {
    let mut seen = Seen::default();
    match kind {
        Kind::Whole => look(place, DEPTH, &mut seen),
        Kind::Itself => look(place, 0, &mut seen),
        Kind::Worktrees => {
            come_and_go(place, &mut seen);
            let (entries, more) = entries(place);
            seen.more |= more;
            for entry in entries {
                come_and_go(&entry, &mut seen);
                let common = entry.join("commondir");
                if !is_as_git_writes_it(&common) {
                    look(&common, 0, &mut seen);
                }
                look(&entry.join("config.worktree"), 0, &mut seen);
            }
        }
    }
    seen
}

/// A folder that git makes and takes away by itself. A link in its place is none.
fn come_and_go(path: &Path, found: &mut Seen) {
    match fs::symlink_metadata(path) {
        Ok(data) if data.is_dir() => {
            found.known.insert(path.to_owned(), stamp(&data));
        }
        _ => look(path, 0, found),
    }
}

/// Who makes a worktree with git has changed nothing. What is no file is not opened: it may never end, or wait for a writer.
fn is_as_git_writes_it(common: &Path) -> bool {
    let is_file = |data: &fs::Metadata| data.is_file() && data.len() <= LONGEST;
    if !fs::symlink_metadata(common).is_ok_and(|data| is_file(&data)) {
        return false;
    }
    // Another may lie there by now.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let opened = File::options().read(true).custom_flags(flags).open(common);
    let mut text = Vec::new();
    opened.is_ok_and(|file| {
        file.metadata().is_ok_and(|data| is_file(&data))
            && file.take(LONGEST).read_to_end(&mut text).is_ok()
            && text.trim_ascii() == b"../.."
    })
}

/// What lies in a folder, and whether there is more than is looked at.
fn entries(folder: &Path) -> (Vec<PathBuf>, bool) {
    let mut all = fs::read_dir(folder).into_iter().flatten().flatten();
    let found: Vec<PathBuf> = all.by_ref().take(MOST).map(|entry| entry.path()).collect();
    let more = all.next().is_some();
    (found, more)
}

fn stamp(data: &fs::Metadata) -> Stamp {
    if data.is_dir() {
        // What was made in it and is gone again has changed nothing.
        return (data.ino(), 0, 0, 0, data.mode());
    }
    let (time, nanos) = (data.ctime(), data.ctime_nsec());
    (data.ino(), time, nanos, data.size(), data.mode())
}

fn look(path: &Path, depth: u32, found: &mut Seen) {
    let Ok(data) = fs::symlink_metadata(path) else {
        return;
    };
    if found.stamps.len() >= MOST {
        found.more = true;
        return;
    }
    found.stamps.insert(path.to_owned(), stamp(&data));
    if data.is_dir() && depth > 0 {
        let (entries, more) = entries(path);
        found.more |= more;
        for entry in entries {
            look(&entry, depth - 1, found);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;

    #[test]
    fn what_came_changed_or_went_is_told_by_its_place() {
        type Act = fn(&Path);
        let cases: [(&str, Act, &[&str]); 8] = [
            ("nothing", |_| {}, &[]),
            (
                "elsewhere",
                |root| fs::write(root.join("x"), "").unwrap(),
                &[],
            ),
            (
                "come and gone",
                |root| {
                    fs::write(root.join("hooks/x"), "").unwrap();
                    fs::remove_file(root.join("hooks/x")).unwrap();
                },
                &[],
            ),
            (
                "made",
                |root| {
                    fs::create_dir(root.join("absent")).unwrap();
                    fs::write(root.join("hooks/new"), "").unwrap();
                },
                &["hooks", "absent"],
            ),
            (
                "written over",
                |root| fs::write(root.join("hooks/old"), "other").unwrap(),
                &["hooks"],
            ),
            (
                "gone",
                |root| fs::remove_file(root.join("config")).unwrap(),
                &["config"],
            ),
            (
                "a link in its place",
                |root| {
                    fs::rename(root.join("hooks"), root.join("moved")).unwrap();
                    symlink("moved", root.join("hooks")).unwrap();
                },
                &["hooks"],
            ),
            (
                "below",
                |root| fs::write(root.join("hooks/deep/x"), "").unwrap(),
                &["hooks"],
            ),
        ];
        for (name, act, expected) in cases {
            let folder = tempfile::tempdir().unwrap();
            let root = folder.path();
            fs::create_dir_all(root.join("hooks/deep")).unwrap();
            fs::write(root.join("hooks/old"), "").unwrap();
            fs::write(root.join("config"), "").unwrap();
            let guard = Guard::look(
                &["hooks", "config", "absent"].map(|place| root.join(place)),
                &[],
            );
            act(root);
            let expected: Vec<PathBuf> = expected.iter().map(|path| root.join(path)).collect();
            assert_eq!(guard.changed().changed, expected, "{name}");
            assert!(guard.changed().unseen.is_empty(), "{name}");
        }
    }

    #[test]
    fn a_place_with_too_much_in_it_is_told_as_not_seen() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for (place, files) in [("few", MOST - 1), ("many", MOST), ("spread", 0)] {
            fs::create_dir_all(root.join(place)).unwrap();
            for number in 0..files {
                fs::write(root.join(place).join(number.to_string()), "").unwrap();
            }
        }
        // As many, in two folders.
        for number in 0..MOST {
            let within = root.join("spread").join((number % 2).to_string());
            fs::create_dir_all(&within).unwrap();
            fs::write(within.join(number.to_string()), "").unwrap();
        }
        let places = ["few", "many", "spread"].map(|place| root.join(place));
        let guard = Guard::look(&places, &[]);
        let unseen = |places: &[&str]| Differs {
            changed: Vec::new(),
            unseen: places.iter().map(|place| root.join(place)).collect(),
        };
        assert_eq!(guard.changed(), unseen(&["many", "spread"]));
        // What fills a place while it runs is not seen either.
        fs::write(root.join("few/one"), "").unwrap();
        assert_eq!(guard.changed(), unseen(&["few", "many", "spread"]));
    }

    /// A pipe in the place of what is there.
    fn pipe(path: &Path) {
        fs::remove_file(path).unwrap();
        let made = Command::new("mkfifo").arg(path).status();
        assert!(made.unwrap().success());
    }

    #[test]
    fn a_repository_that_is_led_elsewhere_is_told() {
        type Act = fn(&Path);
        let cases: [(&str, Act, &[&str]); 16] = [
            (
                "a new repository below",
                |root| fs::create_dir(root.join("sub")).unwrap(),
                &[],
            ),
            (
                "a commit",
                |root| fs::write(root.join(".git/index"), "new").unwrap(),
                &[],
            ),
            (
                "a worktree as git makes one",
                |root| {
                    fs::create_dir(root.join(".git/worktrees/b")).unwrap();
                    fs::write(root.join(".git/worktrees/b/commondir"), "../..\n").unwrap();
                },
                &[],
            ),
            (
                "a file in its place",
                |root| {
                    fs::rename(root.join(".git"), root.join("moved")).unwrap();
                    fs::write(root.join(".git"), "gitdir: moved\n").unwrap();
                },
                &[".git"],
            ),
            (
                "another folder in its place",
                |root| {
                    fs::rename(root.join(".git"), root.join("moved")).unwrap();
                    fs::create_dir(root.join(".git")).unwrap();
                },
                &[".git"],
            ),
            (
                "a worktree led elsewhere",
                |root| fs::write(root.join(".git/worktrees/a/commondir"), "/evil\n").unwrap(),
                &[".git/worktrees"],
            ),
            (
                "a new one led elsewhere",
                |root| {
                    fs::create_dir(root.join(".git/worktrees/b")).unwrap();
                    fs::write(root.join(".git/worktrees/b/commondir"), "/evil\n").unwrap();
                },
                &[".git/worktrees"],
            ),
            (
                "a config of a worktree",
                |root| fs::write(root.join(".git/worktrees/a/config.worktree"), "x").unwrap(),
                &[".git/worktrees"],
            ),
            (
                "one that is gone",
                |root| fs::remove_dir_all(root.join(".git/worktrees/a")).unwrap(),
                &[],
            ),
            (
                "all that are gone",
                |root| fs::remove_dir_all(root.join(".git/worktrees")).unwrap(),
                &[],
            ),
            (
                "one behind a link",
                |root| {
                    fs::create_dir(root.join("evil")).unwrap();
                    fs::rename(root.join(".git/worktrees/a"), root.join("evil/a")).unwrap();
                    symlink("../../evil/a", root.join(".git/worktrees/a")).unwrap();
                },
                &[".git/worktrees"],
            ),
            (
                "a new one behind a link",
                |root| {
                    fs::create_dir(root.join("evil")).unwrap();
                    fs::write(root.join("evil/commondir"), "../..\n").unwrap();
                    symlink("../../evil", root.join(".git/worktrees/b")).unwrap();
                },
                &[".git/worktrees"],
            ),
            (
                "all behind a link",
                |root| {
                    fs::rename(root.join(".git/worktrees"), root.join("evil")).unwrap();
                    symlink("../evil", root.join(".git/worktrees")).unwrap();
                },
                &[".git/worktrees"],
            ),
            (
                "another in its place",
                |root| {
                    let place = root.join(".git/worktrees/a");
                    fs::rename(&place, root.join("moved")).unwrap();
                    fs::create_dir(&place).unwrap();
                    fs::write(place.join("commondir"), "../..\n").unwrap();
                },
                &[".git/worktrees"],
            ),
            (
                "a pipe that nobody writes",
                |root| pipe(&root.join(".git/worktrees/a/commondir")),
                &[".git/worktrees"],
            ),
            (
                "what never ends",
                |root| {
                    fs::create_dir(root.join(".git/worktrees/b")).unwrap();
                    symlink("/dev/zero", root.join(".git/worktrees/b/commondir")).unwrap();
                },
                &[".git/worktrees"],
            ),
        ];
        for (name, act, expected) in cases {
            let folder = tempfile::tempdir().unwrap();
            let root = folder.path();
            fs::create_dir_all(root.join(".git/worktrees/a")).unwrap();
            fs::write(root.join(".git/worktrees/a/commondir"), "../..\n").unwrap();
            fs::write(root.join(".git/config"), "").unwrap();
            let guarded = [root.join(".git/config")];
            let watched = [root.join(".git"), root.join(".git/worktrees")];
            let guard = Guard::look(&guarded, &watched);
            act(root);
            let expected: Vec<PathBuf> = expected.iter().map(|path| root.join(path)).collect();
            assert_eq!(guard.changed().changed, expected, "{name}");
        }
    }
}
