//! The repositories below a folder that is none itself, such as the person's home: what was worked in last comes first.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::project::repository;

/// How deep they are sought: `~/src/github.com/name` and no deeper, since a home can hold anything.
const DEEPEST: usize = 3;
/// Folders that are looked into, whatever there is.
const FOLDERS: usize = 2_000;
/// Where programs keep what is theirs.
const PASSED: &[&str] = &["Library", "node_modules", "target", "vendor"];

/// At most so many repositories below a folder. What is hidden is not looked into, nor is a link followed.
pub fn repositories(folder: &Path, most: usize) -> Vec<PathBuf> {
    let mut found: Vec<(SystemTime, PathBuf)> = Vec::new();
    let mut waiting = VecDeque::from([(folder.to_owned(), 0)]);
    let mut looked = 0;
    while let Some((at, depth)) = waiting.pop_front() {
        if looked == FOLDERS {
            break;
        }
        looked += 1;
        // What cannot be read counts as not there.
        let Ok(entries) = std::fs::read_dir(&at) else {
            continue;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if !is_folder || name.starts_with('.') || PASSED.contains(&&*name) {
                continue;
            }
            let path = entry.path();
            if repository(&path).is_some() {
                found.push((worked_in(&path), path));
            } else if depth + 1 < DEEPEST {
                waiting.push_back((path, depth + 1));
            }
        }
    }
    found.sort_by(|one, other| other.cmp(one));
    found.truncate(most);
    found.into_iter().map(|(_, path)| path).collect()
}

/// When git last wrote there.
fn worked_in(top: &Path) -> SystemTime {
    let written = |name: &str| {
        let file = std::fs::metadata(top.join(".git").join(name));
        file.and_then(|metadata| metadata.modified()).ok()
    };
    written("index")
        .max(written("HEAD"))
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;
    use std::time::Duration;

    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn repositories_are_found_the_one_worked_in_last_first() {
        let home = tempfile::tempdir().unwrap();
        let made = |path: &str, age: u64| {
            let git = home.path().join(path).join(".git");
            fs::create_dir_all(&git).unwrap();
            fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 - age);
            let head = fs::File::options().write(true).open(git.join("HEAD"));
            head.unwrap().set_modified(at).unwrap();
        };
        made("old", 900);
        made("src/api", 10);
        made("src/api/inner", 1);
        made("src/github.com/web", 20);
        made("src/github.com/far/away", 0);
        made(".cargo/registry", 0);
        made("node_modules/x", 0);
        // An empty one is none.
        fs::create_dir_all(home.path().join("empty/.git")).unwrap();
        let found = |most| -> Vec<String> {
            let found = repositories(home.path(), most).into_iter();
            let below = found.map(|path| path.strip_prefix(home.path()).unwrap().to_owned());
            below.map(|path| path.display().to_string()).collect()
        };
        assert_eq!(found(9), ["src/api", "src/github.com/web", "old"]);
        assert_eq!(found(1), ["src/api"]);
    }
}
