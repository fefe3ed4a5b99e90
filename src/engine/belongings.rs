//! What belongs to a home and is not made again by itself: the files that a backup takes beside the log, by the names they have in
//! it, and where each goes in a home. Not among them: the search index, locks, what passes, log files, and what is remembered of
//! this machine.

use std::collections::HashSet;
use std::fs;
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

/// Beside the config, where one folder is the whole home.
const OTHERS: [&str; 3] = ["data", "state", "cache"];

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
        found.files.sort_by(|one, other| one.name.cmp(&other.name));
        found
    }

    /// Adds a file that the config names, where it lies in the config's folder; tells whether it does.
    pub(crate) fn add_named(&mut self, paths: &Paths, path: &Path) -> bool {
        let Ok(rest) = path.strip_prefix(config_folder(paths)) else {
            return false;
        };
        let name = format!("config/{}", rest.display());
        if place(paths, &name).is_none_or(|place| place != path) {
            return false;
        }
        if !self.files.iter().any(|file| file.name == name) && path.is_file() {
            let path = path.to_owned();
            self.files.push(Belonging { name, path });
        }
        true
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
                    for entry in entries.flatten() {
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
                Err(error) => self.left.push(format!("{}: {error}", path.display())),
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

/// Where a file of a backup goes; `None` for what belongs to no home.
pub(crate) fn place(paths: &Paths, name: &str) -> Option<PathBuf> {
    if !is_sound(name) {
        return None;
    }
    let (area, rest) = name.split_once('/')?;
    let plain = Path::new(rest)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let first = rest.split('/').next().unwrap_or_default();
    match area {
        _ if !plain => None,
        "config" if OTHERS.contains(&first) || first == RESTORING || first.starts_with(ASIDE) => {
            None
        }
        "config" => Some(config_folder(paths).join(rest)),
        "data" if name == LOG => Some(paths.db.clone()),
        "data" if rest == WORKTREES => Some(paths.data.join(rest)),
        "state" => match rest.split_once('/') {
            Some((LAYOUTS, file)) if !file.contains('/') => Some(paths.layouts.join(file)),
            _ => None,
        },
        _ => None,
    }
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
            "config/own/key",
        ];
        assert_eq!(names, expected);
        assert_eq!(found.left.len(), 2, "{:?}", found.left);
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
            "other/a",
            "/config/a",
        ];
        for name in cases {
            assert_eq!(place(&paths, name), None, "{name}");
        }
        assert_eq!(place(&paths, LOG), Some("/h/data/creel.db".into()));
    }
}
