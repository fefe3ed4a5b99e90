//! Files that git does not bring into a new worktree, copied as the person listed them. Only regular files of the checkout
//! itself: no link is followed, on neither side, and nothing that is there is written over.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Folders and files that are looked at for all patterns together.
const LOOKED_AT: usize = 200_000;
/// Files that are copied.
const COPIED: u32 = 5_000;
/// Bytes of them together: what is larger is for the set-up command.
const BYTES: u64 = 1 << 30;
/// Bytes of one file between two looks whether to stop: a moment on any disk.
const PIECE: u64 = 16 << 20;

/// Files that are named with why they were left out.
const NAMED: usize = 10;

/// What came of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Copied {
    pub files: u32,
    /// One line each: what was left out, and why; a number for those beyond the first.
    pub notes: Vec<String>,
}

/// What is left out on the way.
#[derive(Debug, Default)]
struct Left {
    named: Vec<String>,
    more: u32,
}

impl Left {
    fn out(&mut self, note: String) {
        if self.named.len() < NAMED {
            self.named.push(note);
        } else {
            self.more += 1;
        }
    }

    /// As notes, with why it ended early, where it did.
    fn told(self, end: Option<String>) -> Vec<String> {
        let mut notes = self.named;
        match self.more {
            0 => {}
            1 => notes.push("1 more file was not copied".to_owned()),
            more => notes.push(format!("{more} more files were not copied")),
        }
        notes.extend(end);
        notes
    }
}

/// The patterns as one matcher of paths relative to the checkout; `*` does not cross a slash.
pub fn matcher(patterns: &[String]) -> Result<GlobSet, String> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(glob(pattern)?);
    }
    set.build().map_err(|error| error.to_string())
}

fn glob(pattern: &str) -> Result<globset::Glob, String> {
    let path = Path::new(pattern);
    let inside = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if pattern.is_empty() || !inside {
        return Err(
            "names files below the repository, without `..` and without a slash before".to_owned(),
        );
    }
    GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .map_err(|error| error.kind().to_string())
}

/// Copies what the patterns name from one checkout into another. Blocks for as long as it takes, or until `stop` is set, which
/// is a fault.
pub fn copy(
    from: &Path,
    to: &Path,
    patterns: &[String],
    stop: &AtomicBool,
) -> Result<Copied, String> {
    if patterns.is_empty() {
        return Ok(Copied::default());
    }
    let (mut files, mut left, mut end) = (0, Left::default(), None);
    let wanted = matcher(patterns)?;
    let mut waiting = vec![PathBuf::new()];
    let mut looked_at = 0;
    let mut bytes: u64 = 0;
    'all: while let Some(folder) = waiting.pop() {
        let Ok(entries) = fs::read_dir(from.join(&folder)) else {
            continue;
        };
        for entry in entries.flatten() {
            if stop.load(Ordering::Relaxed) {
                return Err("stopped".to_owned());
            }
            looked_at += 1;
            if looked_at > LOOKED_AT {
                end = Some(format!(
                    "after {LOOKED_AT} files no more were looked at for copies"
                ));
                break 'all;
            }
            let path = folder.join(entry.file_name());
            // Of the entry itself: a link is no folder and no file.
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if kind.is_dir() {
                if entry.file_name() != ".git" && !is_checkout(&from.join(&path)) {
                    waiting.push(path);
                }
                continue;
            }
            if !wanted.is_match(&path) {
                continue;
            }
            let shown = crate::agent::visible::escaped(&path.to_string_lossy());
            if !kind.is_file() {
                left.out(format!("{shown} is no regular file and was not copied"));
                continue;
            }
            match one(from, to, &path, BYTES - bytes, stop) {
                Ok(Some(length)) => {
                    bytes += length;
                    files += 1;
                }
                // Git has brought it.
                Ok(None) => {}
                Err(why) if why.kind() == io::ErrorKind::StorageFull => {
                    return Err(format!("there is no room left on the disk for {shown}"));
                }
                Err(why) => left.out(format!("{shown} was not copied: {why}")),
            }
            if files >= COPIED {
                end = Some(format!("after {COPIED} files no more were copied"));
                break 'all;
            }
        }
    }
    Ok(Copied {
        files,
        notes: left.told(end),
    })
}

/// A repository of its own, as a submodule is, or another worktree.
fn is_checkout(folder: &Path) -> bool {
    folder.join(".git").symlink_metadata().is_ok()
}

/// Copies one file; `None` where there is one of the name.
fn one(
    from: &Path,
    to: &Path,
    path: &Path,
    most: u64,
    stop: &AtomicBool,
) -> io::Result<Option<u64>> {
    let nofollow = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let mut source = OpenOptions::new()
        .read(true)
        .custom_flags(nofollow.bits().cast_signed())
        .open(from.join(path))?;
    let meta = source.metadata()?;
    if !meta.is_file() {
        return Err(io::Error::other("it is no regular file any more"));
    }
    if meta.len() > most {
        return Err(io::Error::other(
            "more than 1 GiB in all is too much to copy",
        ));
    }
    let target = to.join(path);
    if target.symlink_metadata().is_ok() {
        return Ok(None);
    }
    if let Some(folder) = path.parent() {
        folders(to, folder)?;
    }
    let mut file: File = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&target)?;
    let mut length = 0;
    loop {
        let piece = io::copy(&mut (&mut source).take(PIECE), &mut file)?;
        length += piece;
        // What is half copied goes with the whole worktree.
        if piece == 0 || stop.load(Ordering::Relaxed) {
            break;
        }
    }
    file.set_permissions(fs::Permissions::from_mode(meta.mode() & 0o777))?;
    Ok(Some(length))
}

/// Makes the folders of a path below `top`, none of which may be a link: the branch could have one in their place.
fn folders(top: &Path, path: &Path) -> io::Result<()> {
    let mut at = top.to_owned();
    for part in path.components() {
        at.push(part);
        match at.symlink_metadata() {
            Ok(meta) if meta.is_dir() => {}
            Ok(_) => {
                return Err(io::Error::other(
                    "there is no folder for it in the worktree",
                ));
            }
            Err(_) => DirBuilder::new().mode(0o755).create(&at)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::symlink;

    use pretty_assertions::assert_eq;

    use super::*;

    fn file(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn patterns(list: &[&str]) -> Vec<String> {
        list.iter().map(|pattern| (*pattern).to_owned()).collect()
    }

    #[test]
    fn what_is_listed_is_copied_and_no_link_is_followed() {
        let root = tempfile::tempdir().unwrap();
        let (from, to) = (root.path().join("from"), root.path().join("to"));
        let outside = root.path().join("outside");
        for (path, text) in [
            ("from/.env", "mine"),
            ("from/.env.local", "x"),
            ("from/deep/down/.env", "y"),
            ("from/conf/a.toml", "z"),
            ("from/conf/b.json", "no"),
            ("from/linked/real.toml", "w"),
            ("from/.git/.env", "no"),
            ("from/sub/.git", "gitdir: x"),
            ("from/sub/.env", "no"),
            ("from/kept.env", "ours"),
            ("to/kept.env", "theirs"),
            ("outside/.env", "secret"),
            ("outside/evil/x", ""),
        ] {
            file(root.path(), path, text);
        }
        fs::set_permissions(from.join(".env"), fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&outside, from.join("away")).unwrap();
        symlink(outside.join(".env"), from.join("conf/link.toml")).unwrap();
        // The branch has a link where the checkout has a folder.
        symlink(outside.join("evil"), to.join("linked")).unwrap();
        let list = patterns(&[
            "**/.env",
            ".env.*",
            "conf/*.toml",
            "linked/*",
            "*.env",
            "away/*",
        ]);
        let mut copied = copy(&from, &to, &list, &AtomicBool::new(false)).unwrap();
        copied.notes.sort();
        assert_eq!(
            copied,
            Copied {
                files: 4,
                notes: vec![
                    "conf/link.toml is no regular file and was not copied".to_owned(),
                    "linked/real.toml was not copied: there is no folder for it in the worktree"
                        .to_owned(),
                ],
            }
        );
        let read = |path: &str| fs::read_to_string(to.join(path)).ok();
        assert_eq!(read(".env").as_deref(), Some("mine"));
        assert_eq!(read("deep/down/.env").as_deref(), Some("y"));
        assert_eq!(read("kept.env").as_deref(), Some("theirs"));
        assert_eq!((read("sub/.env"), read("conf/b.json")), (None, None));
        assert!(fs::read_dir(outside.join("evil")).unwrap().count() == 1);
        let mode = fs::metadata(to.join(".env")).unwrap().mode() & 0o777;
        assert_eq!(mode, 0o640);
        fs::remove_file(to.join(".env")).unwrap();
        copy(&from, &to, &list, &AtomicBool::new(true)).unwrap_err();
        assert_eq!(read(".env"), None, "nothing is copied once it is stopped");
    }

    #[test]
    fn of_many_that_are_left_out_the_first_are_named_and_the_rest_counted() {
        let root = tempfile::tempdir().unwrap();
        let (from, to) = (root.path().join("from"), root.path().join("to"));
        fs::create_dir_all(&from).unwrap();
        for index in 0..NAMED + 20 {
            symlink("nowhere", from.join(format!("{index}.env"))).unwrap();
        }
        let copied = copy(&from, &to, &patterns(&["*.env"]), &AtomicBool::new(false)).unwrap();
        assert_eq!((copied.files, copied.notes.len()), (0, NAMED + 1));
        assert_eq!(copied.notes[NAMED], "20 more files were not copied");
    }

    #[test]
    fn a_pattern_stays_inside() {
        for bad in [
            "",
            "/etc/passwd",
            "../x",
            "a/../../b",
            "~/../x/..",
            "a[",
            "./..",
        ] {
            assert!(glob(bad).is_err(), "{bad:?}");
        }
        for good in [".env", "a/**/*.toml", "{a,b}"] {
            assert!(glob(good).is_ok(), "{good}");
        }
    }
}
