//! What decides which programs run later, looked at before a command and after it: the walls of the kernel cannot take it out of a
//! folder that is written, and namespaces can make read-only what is there and nothing that is not. So a change is told where
//! it cannot be forbidden. What is put there by a process that outlives its command is not seen.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// More of a folder is not looked at: a command does not wait for what somebody filled one with.
const MOST: usize = 256;
/// Hooks lie right in their folder, and what is Creel's in a project not much deeper.
const DEPTH: u32 = 3;

/// A file as it is: which one, when it was written last, its size and its mode.
type Stamp = (u64, i64, i64, u64, u32);

/// Guarded places as they were.
#[derive(Debug)]
pub(crate) struct Guard {
    places: Vec<(PathBuf, BTreeMap<PathBuf, Stamp>)>,
}

impl Guard {
    pub(crate) fn look(places: &[PathBuf]) -> Self {
        let places = places.iter().map(|place| (place.clone(), seen(place)));
        Self {
            places: places.collect(),
        }
    }

    /// The places that are not as they were: made, changed or taken away.
    pub(crate) fn changed(&self) -> Vec<PathBuf> {
        let changed = self
            .places
            .iter()
            .filter(|(place, was)| seen(place) != *was);
        changed.map(|(place, _)| place.clone()).collect()
    }
}

fn seen(place: &Path) -> BTreeMap<PathBuf, Stamp> {
    let mut found = BTreeMap::new();
    look(place, DEPTH, &mut found);
    found
}

fn look(path: &Path, depth: u32, found: &mut BTreeMap<PathBuf, Stamp>) {
    if found.len() >= MOST {
        return;
    }
    let Ok(data) = fs::symlink_metadata(path) else {
        return;
    };
    let stamp = if data.is_dir() {
        // What was made in it and is gone again has changed nothing.
        (data.ino(), 0, 0, 0, data.mode())
    } else {
        let (time, nanos) = (data.ctime(), data.ctime_nsec());
        (data.ino(), time, nanos, data.size(), data.mode())
    };
    found.insert(path.to_owned(), stamp);
    if data.is_dir() && depth > 0 {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        for entry in entries.take(MOST) {
            look(&entry.path(), depth - 1, found);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
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
                    std::os::unix::fs::symlink("moved", root.join("hooks")).unwrap();
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
            let guard = Guard::look(&["hooks", "config", "absent"].map(|place| root.join(place)));
            act(root);
            let expected: Vec<PathBuf> = expected.iter().map(|path| root.join(path)).collect();
            assert_eq!(guard.changed(), expected, "{name}");
        }
    }
}
