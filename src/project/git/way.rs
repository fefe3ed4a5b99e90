//! What lies in the way of a merge, in the checkout that its target stands in.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::agent::visible;
use crate::project::git::run::Git;
use crate::project::git::{commit, some_of};

/// Why the files of a checkout cannot be brought from a commit to a tree without losing something there; `None`: they can.
/// `into` is the branch that stands there.
pub async fn obstacle(
    there: &Git,
    into: &str,
    target: &str,
    tree: &str,
) -> Result<Option<String>, String> {
    let place = visible::escaped(&there.top().to_string_lossy());
    let mut changed = changed(there).await?;
    if !changed.is_empty() {
        for begun in ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD"] {
            if commit(there, begun).await.is_some() {
                return Ok(Some(format!(
                    "in {place}, where {into} is checked out, another merge is not finished: commit or abort it there, \
                     then merge again"
                )));
            }
        }
        let brought = brought(there, target, tree).await?;
        changed.retain(|path| is_in_the_way(path, &brought));
    }
    if !changed.is_empty() {
        return Ok(Some(format!(
            "the merge changes what is not committed in {place}, where {into} is checked out: commit or stash it there, \
             then merge again: {}",
            some_of(&changed)
        )));
    }
    let unknown = unknown(there, target, tree).await?;
    if !unknown.is_empty() {
        return Ok(Some(format!(
            "{into} is checked out in {place}, and the merge would write over files there that are in no commit: {}",
            some_of(&unknown)
        )));
    }
    Ok(None)
}

/// Files of the target that are changed. New ones are not in the way, unless the merge brings one of their name.
async fn changed(git: &Git) -> Result<Vec<String>, String> {
    let args = [
        "status",
        "--porcelain",
        "-z",
        "--no-renames",
        "--untracked-files=no",
        "--ignore-submodules=dirty",
    ];
    let answer = git.look(&args).await?;
    if answer.cut {
        return Err(
            "more files are changed there than are looked through: commit or stash them, then merge again"
                .to_owned(),
        );
    }
    Ok(answer
        .parts()
        .filter_map(|line| line.get(3..).map(str::to_owned))
        .collect())
}

/// All files a merge changes, whichever way.
async fn brought(git: &Git, target: &str, tree: &str) -> Result<HashSet<String>, String> {
    let args = [
        "diff",
        "--no-ext-diff",
        "--no-textconv",
        "--no-renames",
        "--name-only",
        "-z",
        "--end-of-options",
        target,
        tree,
        "--",
    ];
    let answer = git.look(&args).await?;
    if answer.cut {
        return Err(
            "the merge changes more files than are looked through: merge it by hand".to_owned(),
        );
    }
    Ok(answer.parts().collect())
}

/// The merge changes this file, or has a folder where it is, or it where a folder of it is.
fn is_in_the_way(path: &str, brought: &HashSet<String>) -> bool {
    let is_inside = |inner: &str, outer: &str| {
        inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.starts_with('/'))
    };
    brought.contains(path)
        || brought
            .iter()
            .any(|other| is_inside(other, path) || is_inside(path, other))
}

/// New files of the tree whose place is taken by something git does not know. It refuses to write over those it would list as
/// new, yet those that it ignores it writes over in silence.
async fn unknown(git: &Git, target: &str, tree: &str) -> Result<Vec<String>, String> {
    let args = [
        "diff",
        "--no-ext-diff",
        "--no-textconv",
        "--no-renames",
        "--name-status",
        "--diff-filter=AD",
        "-z",
        "--end-of-options",
        target,
        tree,
        "--",
    ];
    let answer = git.look(&args).await?;
    if answer.cut {
        return Err(
            "the merge brings more files than are looked through: merge it by hand".to_owned(),
        );
    }
    // As bytes: a name that is no text is one on the disk too.
    let mut parts = answer
        .bytes
        .split(|byte| *byte == 0)
        .map(|part| PathBuf::from(OsStr::from_bytes(part)));
    let (mut added, mut removed) = (Vec::new(), HashSet::new());
    while let (Some(status), Some(path)) = (parts.next(), parts.next()) {
        if status.as_os_str() == "A" {
            added.push(path);
        } else {
            removed.insert(path);
        }
    }
    let top = git.top().to_owned();
    let look = move || {
        added.retain(|path| is_taken(&top, path, &removed));
        added
    };
    let taken = tokio::task::spawn_blocking(look)
        .await
        .map_err(|error| error.to_string())?;
    Ok(taken
        .iter()
        .map(|path| path.to_string_lossy().into_owned())
        .collect())
}

/// Something lies where a new file goes, or where one of its folders goes. What the merge itself takes away is not in the way.
fn is_taken(top: &Path, path: &Path, removed: &HashSet<PathBuf>) -> bool {
    let mut folder = PathBuf::new();
    for part in path.parent().into_iter().flat_map(Path::components) {
        folder.push(part);
        match top.join(&folder).symlink_metadata() {
            Ok(meta) if meta.is_dir() => {}
            Ok(_) => return !removed.contains(&folder),
            Err(_) => return false,
        }
    }
    match top.join(path).symlink_metadata() {
        Ok(meta) if meta.is_dir() => holds(top, path, removed),
        Ok(_) => true,
        Err(_) => false,
    }
}

/// A folder has something in it that stays. Looks no further than the first such thing.
fn holds(top: &Path, folder: &Path, removed: &HashSet<PathBuf>) -> bool {
    let Ok(entries) = fs::read_dir(top.join(folder)) else {
        // Nobody knows, so it is not written over.
        return true;
    };
    entries.flatten().any(|entry| {
        let path = folder.join(entry.file_name());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            holds(top, &path, removed)
        } else {
            !removed.contains(&path)
        }
    })
}
