//! The worktrees that were made in this home, in a small file beside the log: it outlives the sessions, so that what they left
//! behind can be told.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::config::paths;
use crate::protocol::worktree::Worktree;

/// Thousands of worktrees; more than this is another file by mistake.
const MOST: u64 = 4 << 20;

#[derive(Debug)]
pub(crate) struct List {
    folder: PathBuf,
}

impl List {
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.join("worktrees.json")
    }

    pub(crate) fn read(&self) -> Result<Vec<Worktree>, String> {
        let file = self.file();
        let mut text = String::new();
        match File::open(&file) {
            Ok(opened) => opened.take(MOST).read_to_string(&mut text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => Err(error),
        }
        .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        serde_json::from_str(&text)
            .map_err(|error| format!("{} is damaged: {error}: move it away", file.display()))
    }

    pub(crate) fn note(&self, worktree: &Worktree) -> Result<(), String> {
        self.change(|list| list.push(worktree.clone()), &worktree.path)
    }

    pub(crate) fn forget(&self, worktree: &Worktree) -> Result<(), String> {
        self.change(|_| {}, &worktree.path)
    }

    /// Takes out what has this folder, then changes the rest. Processes take turns.
    fn change(&self, change: impl FnOnce(&mut Vec<Worktree>), path: &Path) -> Result<(), String> {
        paths::ensure(&self.folder)?;
        let file = self.file();
        let failed = |error: std::io::Error| format!("cannot write {}: {error}", file.display());
        let turn = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.folder.join("worktrees.lock"))
            .map_err(failed)?;
        turn.lock().map_err(failed)?;
        let mut list = self.read()?;
        list.retain(|known| known.path != path);
        change(&mut list);
        let text = serde_json::to_vec_pretty(&list).map_err(|error| error.to_string())?;
        let mut draft = tempfile::NamedTempFile::new_in(&self.folder).map_err(failed)?;
        draft.write_all(&text).map_err(failed)?;
        draft.as_file().sync_all().map_err(failed)?;
        if list.is_empty() {
            return match fs::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
                _ => Ok(()),
            };
        }
        draft.persist(&file).map_err(|error| failed(error.error))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_was_made_is_known_until_it_is_gone() {
        let home = tempfile::tempdir().unwrap();
        let list = List::new(&home.path().join("data"));
        let worktree = |name: &str| Worktree {
            path: format!("/src/x.wt/{name}").into(),
            repository: "/src/x".into(),
            branch: name.to_owned(),
            base: "0".repeat(40),
            from: None,
        };
        assert_eq!(list.read().unwrap(), []);
        list.note(&worktree("a")).unwrap();
        list.note(&worktree("b")).unwrap();
        list.note(&worktree("a")).unwrap();
        assert_eq!(list.read().unwrap(), [worktree("b"), worktree("a")]);
        list.forget(&worktree("b")).unwrap();
        assert_eq!(list.read().unwrap(), [worktree("a")]);
        list.forget(&worktree("a")).unwrap();
        assert!(!list.file().exists());
        fs::write(list.file(), "{").unwrap();
        assert!(list.read().unwrap_err().contains("is damaged"));
        assert!(list.note(&worktree("a")).is_err());
    }
}
