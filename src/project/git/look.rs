//! What has become of a worktree: commits and files since it left the branch it came from.

use std::collections::BTreeSet;
use std::path::Path;

use crate::agent::visible;
use crate::project::file;
use crate::project::git::run::Git;
use crate::project::git::{branch, commit, copy, uncommitted};
use crate::protocol::worktree::{Became, FileChange, Files, Standing, Worktree};

/// Files that are listed.
const LISTED: usize = 2_000;
/// Bytes of one file's patch, and of a new file that is shown as one.
const PATCH: usize = 1 << 20;
/// A file with a NUL byte among its first bytes is no text; git looks at as many.
const TEXT: usize = 8_000;

/// The commit that a worktree is compared with: where its branch left the other one, as far as that is known.
pub async fn base(git: &Git, worktree: &Worktree) -> String {
    if let Some(from) = &worktree.from {
        let from = format!("refs/heads/{from}");
        let args = ["merge-base", "--end-of-options", "HEAD", from.as_str()];
        if let Ok(base) = git.line(&args).await
            && !base.is_empty()
        {
            return base;
        }
    }
    worktree.base.clone()
}

/// Commits of the head that another commit does not have.
pub async fn ahead(git: &Git, base: &str) -> Result<u32, String> {
    let range = format!("{base}..HEAD");
    let count = git
        .line(&["rev-list", "--count", "--end-of-options", range.as_str()])
        .await?;
    Ok(count.parse().unwrap_or(0))
}

/// Files that are not committed, without those that Creel copied here.
pub async fn open(git: &Git, copied: &[String]) -> Result<Vec<String>, String> {
    let mut files = uncommitted(git).await?;
    if let Ok(copied) = copy::matcher(copied)
        && !copied.is_empty()
    {
        let tracked = tracked(git, &files).await?;
        files.retain(|file| tracked.contains(file) || !copied.is_match(file));
    }
    Ok(files)
}

async fn tracked(git: &Git, files: &[String]) -> Result<BTreeSet<String>, String> {
    let mut known = BTreeSet::new();
    // An argument list has an end.
    for some in files.chunks(200) {
        let mut args = vec!["ls-files", "-z", "--"];
        args.extend(some.iter().map(String::as_str));
        known.extend(git.look(&args).await?.parts());
    }
    Ok(known)
}

pub async fn standing(
    git: &Git,
    worktree: &Worktree,
    copied: &[String],
) -> Result<Standing, String> {
    Ok(files(git, worktree, copied).await?.standing)
}

/// The files of a worktree that differ, those not committed among them.
pub async fn files(git: &Git, worktree: &Worktree, copied: &[String]) -> Result<Files, String> {
    let base = base(git, worktree).await;
    let open = open(git, copied).await?;
    let is_open: BTreeSet<&String> = open.iter().collect();
    let diff = |form| {
        [
            "diff",
            "--no-ext-diff",
            "--no-textconv",
            "--no-renames",
            "--ignore-submodules=dirty",
            form,
            "-z",
            "--end-of-options",
            base.as_str(),
            "--",
        ]
    };
    let names = git.look(&diff("--name-status")).await?;
    let counts = git.look(&diff("--numstat")).await?;
    let counts: Vec<String> = counts.parts().collect();
    let lines = |path: &str| {
        counts.iter().find_map(|line| {
            let mut parts = line.splitn(3, '\t');
            let (added, removed) = (parts.next()?, parts.next()?);
            (parts.next()? == path).then_some(added.parse().ok().zip(removed.parse().ok()))?
        })
    };
    let mut files: Vec<FileChange> = Vec::new();
    let mut parts = names.parts();
    while let (Some(status), Some(path)) = (parts.next(), parts.next()) {
        files.push(FileChange {
            became: match status.as_str() {
                "A" => Became::New,
                "D" => Became::Removed,
                _ => Became::Changed,
            },
            lines: lines(&path),
            uncommitted: is_open.contains(&path),
            path,
        });
    }
    let known: BTreeSet<String> = files.iter().map(|file| file.path.clone()).collect();
    // A difference knows nothing of files that were never added. One put back to what the base has is in neither list.
    for path in open.iter().filter(|path| !known.contains(*path)) {
        let lines = match content(&git.top().join(path)) {
            Content::None => continue,
            Content::Bytes => None,
            Content::Text(text) => Some((text.lines().count() as u64, 0)),
        };
        files.push(FileChange {
            path: path.clone(),
            became: Became::New,
            lines,
            uncommitted: true,
        });
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let standing = Standing {
        branch: branch(git).await.unwrap_or_else(|| "no branch".to_owned()),
        commits: ahead(git, &base).await?,
        files: u32::try_from(files.len()).unwrap_or(u32::MAX),
        uncommitted: u32::try_from(open.len()).unwrap_or(u32::MAX),
    };
    let more = files.len().saturating_sub(LISTED);
    files.truncate(LISTED);
    Ok(Files {
        worktree: worktree.clone(),
        standing,
        files,
        more: u32::try_from(more).unwrap_or(u32::MAX),
    })
}

/// What stands in a file that git does not know.
enum Content {
    Text(String),
    Bytes,
    /// There is no regular file of this name.
    None,
}

fn content(path: &Path) -> Content {
    if !path.symlink_metadata().is_ok_and(|meta| meta.is_file()) {
        return Content::None;
    }
    match file::read(path, PATCH as u64) {
        None => Content::None,
        Some(read) if read.head.iter().take(TEXT).any(|byte| *byte == 0) => Content::Bytes,
        Some(read) => Content::Text(String::from_utf8_lossy(&read.head).into_owned()),
    }
}

/// The patch of one file against the base.
pub async fn patch(git: &Git, worktree: &Worktree, path: &str) -> Result<String, String> {
    let base = base(git, worktree).await;
    let args = [
        "diff",
        "--no-ext-diff",
        "--no-textconv",
        "--no-renames",
        "--no-color",
        "--ignore-submodules=dirty",
        "--end-of-options",
        base.as_str(),
        "--",
        path,
    ];
    let answer = git.look(&args).await?;
    if !answer.bytes.is_empty() {
        let end = answer.bytes.len().min(PATCH);
        return Ok(String::from_utf8_lossy(&answer.bytes[..end]).into_owned());
    }
    if commit(git, "HEAD").await.is_none() {
        return Err("the worktree has no commit any more".to_owned());
    }
    Ok(match content(&git.top().join(path)) {
        Content::None => String::new(),
        Content::Bytes => format!("Binary file {} is new\n", visible::escaped(path)),
        Content::Text(text) => {
            let count = text.lines().count();
            let mut shown = format!("@@ -0,0 +1,{count} @@\n");
            for line in text.lines() {
                shown.push('+');
                shown.push_str(line);
                shown.push('\n');
            }
            shown
        }
    })
}
