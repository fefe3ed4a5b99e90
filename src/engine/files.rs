//! The files of a folder, told as they are found.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::tool::shared::listing::{Hidden, walk};

/// Paths told at once: enough that telling costs little, few enough that the first come at once.
const BATCH: usize = 1_000;

/// Where the files that are found go; `false`: no more are wanted.
pub type Take = Box<dyn FnMut(Listed) -> bool + Send>;

/// Which files, and who takes them.
pub struct Wanted {
    pub folder: PathBuf,
    /// Names that begin with a dot are met too. Ignore files are honoured in any case.
    pub hidden: bool,
    pub take: Take,
    /// Somebody still waits for them. Looked at for each entry: a tree may have many folders and no file.
    pub wanted: Arc<AtomicBool>,
}

impl fmt::Debug for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wanted")
            .field("folder", &self.folder)
            .field("hidden", &self.hidden)
            .finish_non_exhaustive()
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    /// Paths of files relative to the folder, in the order of the walk. Names that could not be written into a prompt
    /// are left out: no UTF-8, or with control characters.
    Paths(Vec<String>),
    /// That was all.
    End,
}

/// Walks the folder until nobody takes what is found.
pub(crate) fn list(wanted: Wanted) {
    let Wanted {
        folder,
        hidden,
        mut take,
        wanted,
    } = wanted;
    let hidden = if hidden { Hidden::Shown } else { Hidden::Left };
    let mut batch = Vec::new();
    // As it is typed it may be reached through a link; from here on none is followed.
    let folder = folder.canonicalize().unwrap_or(folder);
    // What cannot be read is passed over.
    for entry in walk(&folder, hidden, None).flatten() {
        if !wanted.load(Ordering::Relaxed) {
            return;
        }
        if entry.is_folder() {
            continue;
        }
        if let Some(path) = entry.relative().to_str().filter(|path| is_plain(path)) {
            batch.push(path.to_owned());
        }
        if batch.len() == BATCH && !take(Listed::Paths(std::mem::take(&mut batch))) {
            return;
        }
    }
    if batch.is_empty() || take(Listed::Paths(batch)) {
        take(Listed::End);
    }
}

fn is_plain(path: &str) -> bool {
    !path.is_empty() && !path.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;
    use std::sync::mpsc;

    use pretty_assertions::assert_eq;

    use super::*;

    fn listed(folder: PathBuf, hidden: bool, most: usize) -> (Vec<String>, bool) {
        let (sender, found) = mpsc::channel();
        let mut left = most;
        list(Wanted {
            folder,
            hidden,
            take: Box::new(move |listed| {
                left = left.saturating_sub(1);
                sender.send(listed).unwrap();
                left > 0
            }),
            wanted: Arc::new(AtomicBool::new(true)),
        });
        let (mut paths, mut ended) = (Vec::new(), false);
        for listed in found {
            match listed {
                Listed::Paths(more) => paths.extend(more),
                Listed::End => ended = true,
            }
        }
        (paths, ended)
    }

    #[test]
    fn ignored_files_are_left_out_and_hidden_ones_met_when_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            (".gitignore", "built\n"),
            (".env", ""),
            ("built/a.o", ""),
            ("src/a.rs", ""),
            ("src/你好.rs", ""),
            (".git/HEAD", ""),
        ] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let plain = ["src/a.rs", "src/你好.rs"].map(String::from).to_vec();
        let all = [".env", ".gitignore", "src/a.rs", "src/你好.rs"].map(String::from);
        assert_eq!(listed(folder.path().into(), false, 9), (plain, true));
        assert_eq!(listed(folder.path().into(), true, 9), (all.to_vec(), true));
        assert_eq!(listed(folder.path().join("no"), true, 9), (vec![], true));
    }

    #[test]
    fn many_come_in_parts_and_the_walk_ends_when_nobody_takes_them() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..=BATCH {
            fs::write(folder.path().join(format!("{number:04}")), "").unwrap();
        }
        let (paths, ended) = listed(folder.path().into(), false, 9);
        assert_eq!((paths.len(), ended), (BATCH + 1, true));
        let (paths, ended) = listed(folder.path().into(), false, 1);
        assert_eq!((paths.len(), ended), (BATCH, false));
    }

    #[test]
    fn nothing_is_told_to_who_wants_it_no_more() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "").unwrap();
        let (sender, found) = mpsc::channel();
        list(Wanted {
            folder: folder.path().into(),
            hidden: false,
            take: Box::new(move |listed| sender.send(listed).is_ok()),
            wanted: Arc::new(AtomicBool::new(false)),
        });
        assert_eq!(found.iter().count(), 0);
    }
}
