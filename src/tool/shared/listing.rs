//! Walking a folder as ripgrep does: ignore files honoured, links not followed, version control's own folders left out, always
//! in the same order.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use ignore::{Walk, WalkBuilder};

use crate::project::file;

/// Folders that are another program's own.
const OWN_FOLDERS: &[&str] = &[".git", ".hg", ".svn", ".jj"];
/// Files that say what is left out of a walk, each read whole by it.
const IGNORE_FILES: &[&str] = &[".ignore", ".gitignore"];
/// Bytes of such a file; the largest that people write have a tenth of it.
const IGNORE_MOST: u64 = 1 << 20;
/// Bytes of a file in which git names a folder.
const GIT_FILE_MOST: u64 = 4096;

/// Whether names that begin with a dot are met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hidden {
    Shown,
    Left,
}

/// Everything under `root`, folders before what is in them, sorted by name within each. `depth` is the deepest level met.
///
/// A folder below it whose ignore file is none that could be read to its end is passed over whole; where the root or a folder
/// above it has such a file, no ignore file is honoured.
pub fn walk(root: &Path, hidden: Hidden, depth: Option<usize>) -> Walk {
    let sound = root.ancestors().all(|folder| is_sound(folder, folder));
    let top = root.to_owned();
    WalkBuilder::new(root)
        .hidden(hidden == Hidden::Left)
        .ignore(sound)
        .git_ignore(sound)
        .git_exclude(sound)
        .parents(sound)
        .require_git(false)
        .max_depth(depth)
        .filter_entry(move |entry| {
            let is_own = || OWN_FOLDERS.iter().any(|name| entry.file_name() == *name);
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            entry.depth() == 0
                || !is_own() && (!sound || !is_folder || is_sound(entry.path(), &top))
        })
        .sort_by_file_name(Ord::cmp)
        .build()
}

/// Whether what the walk reads of a folder to know what to leave out can be read to its end, and lies below `top`. A repository
/// may hold a link to a device that never ends, which would be read until no memory is left, or to a pipe, which would be waited
/// for for ever. Git follows no such link at all.
fn is_sound(folder: &Path, top: &Path) -> bool {
    let Ok(own) = fs::metadata(folder) else {
        return true;
    };
    let ends = |path: &Path, most: u64| match fs::metadata(path) {
        // Of another file system are those that the kernel makes up, whose size says nothing.
        Ok(file) => file.is_file() && file.len() <= most && file.dev() == own.dev(),
        // Nor could the walk open it.
        Err(_) => true,
    };
    let git = folder.join(".git");
    IGNORE_FILES
        .iter()
        .map(|name| folder.join(name))
        .all(|file| ends(&file, IGNORE_MOST) && stays(&file, top))
        && match fs::symlink_metadata(&git) {
            Ok(meta) if meta.is_file() => match common_folder(&git, &ends) {
                Ok(common) => {
                    common.is_none_or(|common| ends(&common.join("info/exclude"), IGNORE_MOST))
                }
                Err(Endless) => false,
            },
            Ok(_) => ends(&git.join("info/exclude"), IGNORE_MOST),
            Err(_) => true,
        }
}

/// Whether a file is no link, or one that leads to a place below `top`.
fn stays(file: &Path, top: &Path) -> bool {
    let is_link = fs::symlink_metadata(file).is_ok_and(|meta| meta.file_type().is_symlink());
    let below = || {
        Some(
            file.canonicalize()
                .ok()?
                .starts_with(top.canonicalize().ok()?),
        )
    };
    !is_link || below().unwrap_or(true)
}

/// A file of git's own that is none.
struct Endless;

/// The folder of the repository that a `.git` file names, as the walk will look for it; `None` where it will find none.
fn common_folder(
    git: &Path,
    ends: &dyn Fn(&Path, u64) -> bool,
) -> Result<Option<PathBuf>, Endless> {
    let first_line = |path: &Path| {
        if !ends(path, GIT_FILE_MOST) {
            return Err(Endless);
        }
        let text = file::read(path, GIT_FILE_MOST).map(|file| file.head);
        let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
        Ok(text.lines().next().map(str::to_owned))
    };
    let named = first_line(git)?.unwrap_or_default();
    let Some(folder) = named.strip_prefix("gitdir: ").map(Path::new) else {
        return Ok(None);
    };
    let common = first_line(&folder.join("commondir"))?;
    Ok(common.map(|common| {
        if common.starts_with('.') {
            folder.join(common)
        } else {
            PathBuf::from(common)
        }
    }))
}

/// A glob over relative paths: `*` stays within one folder, `**` does not.
pub fn glob(pattern: &str) -> Result<GlobMatcher, String> {
    GlobBuilder::new(pattern)
        .literal_separator(true)
        .empty_alternates(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| format!("`{pattern}` is no glob: {}", error.kind()))
}

/// Which files of a folder are meant: `*.rs` by name, `src/**/*.rs` by path, `!*.md` all but those.
#[derive(Debug)]
pub struct FileGlob {
    matcher: GlobMatcher,
    of_name: bool,
    not: bool,
}

impl FileGlob {
    pub fn of(pattern: &str) -> Result<Self, String> {
        let (not, bare) = match pattern.strip_prefix('!') {
            Some(bare) => (true, bare),
            None => (false, pattern),
        };
        let bare = bare.trim_start_matches("./").trim_start_matches('/');
        Ok(Self {
            matcher: glob(bare)?,
            of_name: !bare.contains('/'),
            not,
        })
    }

    pub fn takes(&self, relative: &Path) -> bool {
        let matches = if self.of_name {
            relative
                .file_name()
                .is_some_and(|name| self.matcher.is_match(name))
        } else {
            self.matcher.is_match(relative)
        };
        matches != self.not
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::fs::OpenOptions;
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;

    fn met(root: &Path) -> Vec<String> {
        walk(root, Hidden::Left, None)
            .flatten()
            .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
            .map(|entry| {
                entry
                    .path()
                    .strip_prefix(root)
                    .unwrap()
                    .display()
                    .to_string()
            })
            .collect()
    }

    /// Puts something in the place of an ignore file.
    type Odd = fn(&Path);

    /// An ignore file that never ends, or that nobody writes to, holds no walk up: it would be read until no memory is left.
    #[test]
    fn an_ignore_file_without_an_end_is_not_read() {
        let odd: [(&str, Odd); 5] = [
            ("a device", |path| symlink("/dev/zero", path).unwrap()),
            ("a pipe", |path| {
                assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
            }),
            ("a log of the kernel", |path| {
                symlink("/proc/kmsg", path).unwrap();
            }),
            ("a file of a terabyte", |path| {
                let file = OpenOptions::new().create_new(true).write(true).open(path);
                file.unwrap().set_len(1 << 40).unwrap();
            }),
            ("a folder", |path| fs::create_dir(path).unwrap()),
        ];
        let places = [
            // (the file, what is met of `a`, `ignored`, `deep/b`)
            (".gitignore", &["a", "deep/b", "ignored"][..]),
            (".ignore", &["a", "deep/b", "ignored"]),
            (".git/info/exclude", &["a", "deep/b", "ignored"]),
            ("deep/.gitignore", &["a"]),
            ("deep/.ignore", &["a"]),
            ("deep/.git/info/exclude", &["a"]),
            ("elsewhere/commondir", &["a", "deep/b", "ignored"]),
            ("../.gitignore", &["a", "deep/b", "ignored"]),
        ];
        for (what, make) in odd {
            for (place, expected) in places {
                let outer = tempfile::tempdir().unwrap();
                let root = outer.path().join("root");
                fs::create_dir_all(root.join("deep")).unwrap();
                for file in ["a", "deep/b", "ignored"] {
                    fs::write(root.join(file), "").unwrap();
                }
                if place == "elsewhere/commondir" {
                    let named = format!("gitdir: {}\n", outer.path().join("elsewhere").display());
                    fs::write(root.join(".git"), named).unwrap();
                }
                let file = match place {
                    "elsewhere/commondir" => outer.path().join(place),
                    _ => root.join(place),
                };
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                if place != ".gitignore" {
                    fs::write(root.join(".gitignore"), "ignored\n").unwrap();
                }
                make(&file);
                assert_eq!(met(&root), expected, "{what} as {place}");
            }
        }
    }

    #[test]
    fn an_ignore_file_that_leads_out_is_not_read() {
        for (link, target, expected) in [
            (".gitignore", "../rules", &["a", "deep/b", "ignored"][..]),
            ("deep/.ignore", "../../rules", &["a", "ignored"]),
        ] {
            let outer = tempfile::tempdir().unwrap();
            let root = outer.path().join("root");
            fs::create_dir_all(root.join("deep")).unwrap();
            fs::write(outer.path().join("rules"), "ignored\n").unwrap();
            for file in ["a", "deep/b", "ignored"] {
                fs::write(root.join(file), "").unwrap();
            }
            symlink(target, root.join(link)).unwrap();
            assert_eq!(met(&root), expected, "{link}");
        }
    }

    /// What people have: links to ignore files elsewhere in the tree, and worktrees.
    #[test]
    fn usual_ignore_files_are_honoured() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("root");
        let common = outer.path().join("main/.git");
        for (file, text) in [
            (root.join("a"), ""),
            (root.join("built"), ""),
            (root.join("mine"), ""),
            (root.join("deep/built"), ""),
            (root.join("deep/c"), ""),
            (root.join("rules"), "built\n"),
            (common.join("info/exclude"), "mine\n"),
            (common.join("worktrees/w/commondir"), "../..\n"),
        ] {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let named = format!("gitdir: {}\n", common.join("worktrees/w").display());
        fs::write(root.join(".git"), named).unwrap();
        symlink("rules", root.join(".gitignore")).unwrap();
        assert_eq!(met(&root), ["a", "deep/c", "rules"]);
    }
}
