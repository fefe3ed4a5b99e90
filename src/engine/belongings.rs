//! What belongs to a home and is not made again by itself: the files that a backup takes beside the log, by the names they have in
//! it, and where each goes in a home. Not among them: the search index, locks, what passes, log files, and what is remembered of
//! this machine.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use crate::archive::is_sound;
use crate::config::paths::Paths;

/// What a log is called in a backup.
pub(crate) const LOG: &str = "data/creel.db";

/// Where a restore puts what was there before, with a number behind it.
pub(crate) const ASIDE: &str = "before-restore";

/// Where a restore keeps what it has unpacked until all of it is there.
pub(crate) const RESTORING: &str = "restoring";

/// Files and folders of the config's folder, and those of one folder with this ending alone.
const CONFIG: [(&str, Option<&str>); 9] = [
    ("config.toml", None),
    ("keys", None),
    ("themes", None),
    ("skills", None),
    ("MEMORY.md", None),
    ("USER.md", None),
    ("SOUL.md", None),
    ("memory", Some("md")),
    // Notes of one project each.
    ("projects", None),
];

/// How the name of a key begins in a backup that the config names and that lies elsewhere in its folder.
pub(crate) const KEY: &str = "key/";

/// The largest file that is one.
pub(crate) const LONGEST_KEY: u64 = 64 << 10;

/// What lies beside the config where one folder is the whole home, or where one is the config's, the data's and the state's: no
/// file of a key.
const OTHERS: [&str; 10] = [
    "data", "state", "cache", "index", "import", "locks", "crashes", "layouts", "sandbox",
    WORKTREES,
];

/// Beginnings of such names.
const BEGINNINGS: [&str; 4] = ["creel", "index.", RESTORING, ASIDE];

/// The worktrees that were made, in the data folder; tabs and panes by folder, in the state folder.
const WORKTREES: &str = "worktrees.json";
const LAYOUTS: &str = "layouts";

/// Folders within folders that are looked into.
const DEPTH: usize = 16;

/// A file of a home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Belonging {
    /// In a backup.
    pub name: String,
    pub path: PathBuf,
}

/// What there is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Belongings {
    /// By their names.
    pub files: Vec<Belonging>,
    /// What is there and cannot be taken, each with why.
    pub left: Vec<String>,
    /// How many of these cannot be read: something may be lost.
    pub unread: u64,
}

/// The folder of the config file.
pub(crate) fn config_folder(paths: &Paths) -> &Path {
    paths.config_file.parent().unwrap_or(&paths.config_file)
}

impl Belongings {
    /// Of a home. A link is what it leads to.
    pub(crate) fn of(paths: &Paths) -> Self {
        let mut found = Self::default();
        for (name, ending) in CONFIG {
            let path = config_folder(paths).join(name);
            found.take(&format!("config/{name}"), &path, ending);
        }
        let path = paths.data.join(WORKTREES);
        found.take(&format!("data/{WORKTREES}"), &path, None);
        found.take(&format!("state/{LAYOUTS}"), &paths.layouts, Some("json"));
        let Self { files, left, .. } = &mut found;
        files.retain(|file| {
            // A file where a folder belongs, or the other way round.
            let goes_back = place(paths, &file.name).is_some();
            if !goes_back {
                left.push(format!("{}: its place", file.path.display()));
            }
            goes_back
        });
        files.sort_by(|one, other| one.name.cmp(&other.name));
        found
    }

    /// Adds a file that the config names, where it lies in the config's folder, however it is spelled; tells whether it does.
    pub(crate) fn add_named(&mut self, paths: &Paths, path: &Path) -> bool {
        let folder = config_folder(paths);
        let below = |folder: &Path, path: &Path| path.strip_prefix(folder).map(Path::to_owned).ok();
        let led = folder.canonicalize().ok().zip(path.canonicalize().ok());
        let led = led.and_then(|(folder, path)| below(&folder, &path));
        let ways = [below(folder, path), led];
        ways.iter()
            .flatten()
            .any(|rest| self.add_below(paths, rest))
    }

    fn add_below(&mut self, paths: &Paths, rest: &Path) -> bool {
        let path = config_folder(paths).join(rest);
        if self.files.iter().any(|file| file.path == path) {
            return true;
        }
        let Some(name) = rest.to_str().map(|rest| format!("{KEY}{rest}")) else {
            return false;
        };
        let fits = |about: fs::Metadata| about.is_file() && about.len() <= LONGEST_KEY;
        if place(paths, &name).is_none() || !fs::metadata(&path).is_ok_and(fits) {
            return false;
        }
        self.files.push(Belonging { name, path });
        true
    }

    /// What is there and cannot be read.
    pub(crate) fn unreadable(&mut self, path: &Path, error: &io::Error) {
        self.left
            .push(format!("{}: not readable: {error}", path.display()));
        self.unread += 1;
    }

    fn take(&mut self, name: &str, path: &Path, ending: Option<&str>) {
        let mut above = HashSet::new();
        self.walk(name, path, ending, &mut above);
    }

    /// `above`: the folders it lies in, by their numbers, so that a link back up ends.
    fn walk(
        &mut self,
        name: &str,
        path: &Path,
        ending: Option<&str>,
        above: &mut HashSet<(u64, u64)>,
    ) {
        let about = match fs::metadata(path) {
            Ok(about) => about,
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return self.unreadable(path, &error);
            }
            Err(error) if fs::symlink_metadata(path).is_ok() => {
                self.left.push(format!("{}: {error}", path.display()));
                return;
            }
            Err(_) => return,
        };
        if !is_sound(name) {
            self.left.push(format!("{}: its name", path.display()));
        } else if about.is_file() {
            let (name, path) = (name.to_owned(), path.to_owned());
            self.files.push(Belonging { name, path });
        } else if about.is_dir() {
            let number = (about.dev(), about.ino());
            if above.len() == DEPTH || !above.insert(number) {
                self.left.push(format!("{}: too deep", path.display()));
                return;
            }
            match fs::read_dir(path) {
                Ok(entries) => {
                    for entry in entries {
                        let entry = match entry {
                            Ok(entry) => entry,
                            Err(error) => {
                                self.unreadable(path, &error);
                                break;
                            }
                        };
                        let (path, own) = (entry.path(), entry.file_name());
                        if ending.is_some_and(|ending| !has_ending(&path, ending)) {
                            continue;
                        }
                        match own.to_str() {
                            Some(own) => self.walk(&format!("{name}/{own}"), &path, None, above),
                            None => self.left.push(format!("{}: its name", path.display())),
                        }
                    }
                }
                Err(error) => self.unreadable(path, &error),
            }
            above.remove(&number);
        } else {
            self.left.push(format!("{}: no plain file", path.display()));
        }
    }
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|its| its == ending)
}

/// Whether a path has names in it alone, none of which leads back.
fn is_plain(path: &Path) -> bool {
    path.components()
        .all(|part| matches!(part, Component::Normal(_)))
}

/// Where a file of a backup goes; `None` for what belongs to no home.
pub(crate) fn place(paths: &Paths, name: &str) -> Option<PathBuf> {
    if !is_sound(name) {
        return None;
    }
    let (area, rest) = name.split_once('/')?;
    let (first, below) = match rest.split_once('/') {
        Some((first, below)) => (first, Some(below)),
        None => (rest, None),
    };
    match area {
        _ if !is_plain(Path::new(rest)) => None,
        "config" => is_taken(first, below).then(|| config_folder(paths).join(rest)),
        "key" => is_free(first).then(|| config_folder(paths).join(rest)),
        "data" if name == LOG => Some(paths.db.clone()),
        "data" if rest == WORKTREES => Some(paths.data.join(rest)),
        "state" if first == LAYOUTS => {
            let file = below.filter(|file| !file.contains('/'))?;
            has_ending(Path::new(file), "json").then(|| paths.layouts.join(file))
        }
        _ => None,
    }
}

/// Whether a backup takes what has this name in the config's folder, with so much below it.
fn is_taken(first: &str, below: Option<&str>) -> bool {
    let known = CONFIG.iter().find(|(name, _)| *name == first);
    known.is_some_and(|(name, ending)| {
        let is_file = Path::new(name).extension().is_some();
        let next = below.and_then(|below| below.split('/').next());
        is_file == below.is_none()
            && ending
                .is_none_or(|ending| next.is_some_and(|next| has_ending(Path::new(next), ending)))
    })
}

/// Whether nothing else of a home has this name in any of its folders, also where upper and lower case are one.
fn is_free(first: &str) -> bool {
    let first = first.to_lowercase();
    let known = CONFIG.iter().map(|(name, _)| *name);
    !known.chain(OTHERS).any(|name| name.to_lowercase() == first)
        && !BEGINNINGS.iter().any(|begin| first.starts_with(begin))
}

/// What of the folders of a home is moved away as a whole when another home takes its place, each with its folder.
pub(crate) fn tops(paths: &Paths) -> Vec<(PathBuf, PathBuf)> {
    let config = config_folder(paths);
    let mut tops: Vec<_> = CONFIG
        .iter()
        .map(|(name, _)| (config.to_owned(), config.join(name)))
        .collect();
    tops.push((paths.data.clone(), paths.data.join(WORKTREES)));
    tops.push((paths.state.clone(), paths.layouts.clone()));
    tops.retain(|(_, path)| fs::symlink_metadata(path).is_ok());
    tops
}

/// Homes that a restore has moved aside, and what one that was killed has left.
pub(crate) fn of_before(paths: &Paths) -> Vec<PathBuf> {
    let mut roots = vec![config_folder(paths), &paths.data, &paths.state];
    roots.sort();
    roots.dedup();
    let entries = roots.into_iter().filter_map(|root| fs::read_dir(root).ok());
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            name == RESTORING || name.to_string_lossy().starts_with(ASIDE)
        })
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}

/// Whether its owner may run it.
pub(crate) fn runs(about: &fs::Metadata) -> bool {
    about.permissions().mode() & 0o100 != 0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::symlink;

    use pretty_assertions::assert_eq;

    use super::*;

    fn home(folder: &Path) -> Paths {
        let env = |name: &str| (name == "CREEL_HOME").then(|| folder.as_os_str().to_owned());
        Paths::from_environment(&env).unwrap()
    }

    fn file(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }

    #[test]
    fn what_is_taken_goes_back_to_where_it_was() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("home");
        let paths = home(&folder);
        for name in [
            "config.toml",
            "keys/a",
            "themes/t.toml",
            "skills/s/SKILL.md",
            "skills/s/deep/run",
            "MEMORY.md",
            "memory/2026.md",
            "memory/not-this.txt",
            "own/key",
            "unknown.md",
            "data/creel.db",
            "data/worktrees.json",
            "data/index/segment",
            "state/layouts/a.json",
            "state/layouts/b.part",
            "state/creel.log",
            "state/locks/a.lock",
        ] {
            file(&folder.join(name));
        }
        file(&scratch.path().join("elsewhere/SKILL.md"));
        symlink(
            scratch.path().join("elsewhere"),
            folder.join("skills/linked"),
        )
        .unwrap();
        symlink(folder.join("skills"), folder.join("skills/s/up")).unwrap();
        symlink("/nowhere/at/all", folder.join("themes/gone.toml")).unwrap();
        let mut found = Belongings::of(&paths);
        assert!(found.add_named(&paths, &folder.join("own/key")));
        assert!(found.add_named(&paths, &folder.join("keys/a")));
        // However it is spelled.
        for spelled in [
            "own/../keys/a",
            "skills/s/../../own/key",
            "skills/s/up/s/deep/run",
        ] {
            assert!(found.add_named(&paths, &folder.join(spelled)), "{spelled}");
        }
        let names: Vec<_> = found.files.iter().map(|file| &file.name).collect();
        let once: HashSet<_> = names.iter().collect();
        assert_eq!(once.len(), names.len(), "{names:?}");
        file(&folder.join("data/key"));
        for outside in ["/etc/passwd", "data/key", "../key", "own/../key"] {
            assert!(!found.add_named(&paths, &folder.join(outside)), "{outside}");
        }
        let names: Vec<_> = found.files.iter().map(|file| file.name.as_str()).collect();
        let expected = [
            "config/MEMORY.md",
            "config/config.toml",
            "config/keys/a",
            "config/memory/2026.md",
            "config/skills/linked/SKILL.md",
            "config/skills/s/SKILL.md",
            "config/skills/s/deep/run",
            "config/themes/t.toml",
            "data/worktrees.json",
            "state/layouts/a.json",
            "key/own/key",
        ];
        assert_eq!(names, expected);
        assert_eq!((found.left.len(), found.unread), (2, 0), "{:?}", found.left);
        for file in &found.files {
            assert_eq!(place(&paths, &file.name).as_ref(), Some(&file.path));
        }
    }

    #[test]
    fn what_belongs_to_no_home_goes_nowhere() {
        let paths = home(Path::new("/h"));
        let cases = [
            "config/data/creel.db",
            "config/state/locks/a.lock",
            "config/cache/a",
            "config/restoring/a",
            "config/before-restore-1/a",
            "config/../a",
            "config",
            "data/creel.db-wal",
            "data/index/meta",
            "data/creel.db.lock",
            "state/creel.log",
            "state/layouts/a/b",
            "state/layouts/a.part",
            "other/a",
            // Known names alone, as they are written.
            "config/unknown.md",
            "config/.bashrc",
            "config/creel.db",
            "config/Data/creel.db",
            "config/CONFIG.TOML",
            "config/Skills/s/SKILL.md",
            "config/config.toml/a",
            "config/skills",
            "config/memory/not-this.txt",
            "key",
            "key/data/creel.db",
            "key/DATA/creel.db",
            "key/Creel.db",
            "key/creel.db-wal",
            "key/Config.toml",
            "key/keys/a",
            "key/locks/a",
            "key/Restoring/a",
            "key/before-restore-1/a",
            "key/../a",
            "/config/a",
        ];
        for name in cases {
            assert_eq!(place(&paths, name), None, "{name}");
        }
        assert_eq!(place(&paths, LOG), Some("/h/data/creel.db".into()));
    }
}
