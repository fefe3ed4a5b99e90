//! Files that git does not bring into a new worktree, copied as the person listed them. Only regular files of the checkout
//! itself: no link is followed, on neither side, and nothing that is there is written over.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Folders and files that are looked at for all patterns together.
const LOOKED_AT: usize = 200_000;
/// Files that are copied.
const COPIED: u32 = 5_000;
/// Bytes of them together: what is larger is for the set-up command.
const BYTES: u64 = 1 << 30;

/// What came of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Copied {
    pub files: u32,
    /// One line each: what was left out, and why.
    pub notes: Vec<String>,
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

/// Copies what the patterns name from one checkout into another. Blocks for as long as it takes.
pub fn copy(from: &Path, to: &Path, patterns: &[String]) -> Result<Copied, String> {
    let mut copied = Copied::default();
    if patterns.is_empty() {
        return Ok(copied);
    }
    let wanted = matcher(patterns)?;
    let mut waiting = vec![PathBuf::new()];
    let mut looked_at = 0;
    let mut bytes: u64 = 0;
    while let Some(folder) = waiting.pop() {
        let Ok(entries) = fs::read_dir(from.join(&folder)) else {
            continue;
        };
        for entry in entries.flatten() {
            looked_at += 1;
            if looked_at > LOOKED_AT {
                copied.notes.push(format!(
                    "after {LOOKED_AT} files no more were looked at for copies"
                ));
                return Ok(copied);
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
                copied
                    .notes
                    .push(format!("{shown} is no regular file and was not copied"));
                continue;
            }
            match one(from, to, &path, BYTES - bytes) {
                Ok(Some(length)) => {
                    bytes += length;
                    copied.files += 1;
                }
                // Git has brought it.
                Ok(None) => {}
                Err(why) if why.kind() == io::ErrorKind::StorageFull => {
                    return Err(format!("there is no room left on the disk for {shown}"));
                }
                Err(why) => copied.notes.push(format!("{shown} was not copied: {why}")),
            }
            if copied.files >= COPIED {
                copied
                    .notes
                    .push(format!("after {COPIED} files no more were copied"));
                return Ok(copied);
            }
        }
    }
    Ok(copied)
}

/// A repository of its own, as a submodule is, or another worktree.
fn is_checkout(folder: &Path) -> bool {
    folder.join(".git").symlink_metadata().is_ok()
}

/// Copies one file; `None` where there is one of the name.
fn one(from: &Path, to: &Path, path: &Path, most: u64) -> io::Result<Option<u64>> {
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
    let length = io::copy(&mut source, &mut file)?;
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
        let mut copied = copy(&from, &to, &list).unwrap();
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
