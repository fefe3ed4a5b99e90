//! The way back: commit what is open, merge the branch into the one it came from, take worktree and branch away. What would
//! lose something, or is not clean, is refused with the reason; a merge is tried before, without touching the target.

use std::path::Path;

use crate::agent::visible;
use crate::project::git::run::Git;
use crate::project::git::{branch, checkouts, commit, look, on_branch, some_of, way};
use crate::protocol::worktree::{Loss, Preview, Worktree};

/// Commits that are listed.
const LISTED: &str = "--max-count=200";

/// The state a merge was tried in.
#[derive(Debug)]
struct Tried {
    preview: Preview,
    target: String,
    head: String,
    /// Of the merged tree, where there is one.
    tree: Option<String>,
}

/// What a merge would be.
pub async fn preview(git: &Git, worktree: &Worktree, copied: &[String]) -> Result<Preview, String> {
    Ok(tried(git, worktree, copied).await?.preview)
}

async fn tried(git: &Git, worktree: &Worktree, copied: &[String]) -> Result<Tried, String> {
    let Some(into) = worktree.from.clone() else {
        return Err("this worktree came from no branch, so there is none to merge it into: merge it by hand".to_owned());
    };
    let name = format!("refs/heads/{into}");
    let target = commit(git, &name)
        .await
        .ok_or_else(|| format!("the branch {into} it came from is no more: merge it by hand"))?;
    let head = commit(git, "HEAD")
        .await
        .ok_or("the worktree has no commit any more")?;
    let range = format!("{target}..{head}");
    let log = git
        .look(&[
            "log",
            "--format=%h %s",
            LISTED,
            "--no-color",
            "--end-of-options",
            range.as_str(),
        ])
        .await?;
    let commits: Vec<String> = String::from_utf8_lossy(&log.bytes)
        .lines()
        .map(visible::one_line)
        .collect();
    let changed = git
        .look(&[
            "diff",
            "--no-ext-diff",
            "--no-textconv",
            "--name-only",
            "-z",
            "--no-renames",
            "--end-of-options",
            &format!("{target}...{head}"),
        ])
        .await?;
    let forward = git
        .look(&[
            "merge-base",
            "--is-ancestor",
            target.as_str(),
            head.as_str(),
        ])
        .await
        .is_ok();
    let all = checkouts(git).await?;
    let checkout = on_branch(&all, &into).map(Path::to_owned);
    let mut preview = Preview {
        into: into.clone(),
        checkout,
        files: u32::try_from(changed.parts().count()).unwrap_or(u32::MAX),
        forward,
        uncommitted: look::open(git, copied).await?,
        conflicts: Vec::new(),
        obstacle: None,
        commits,
    };
    let mut tree = None;
    if preview.commits.is_empty() {
        preview.obstacle = Some(if preview.uncommitted.is_empty() {
            format!("there is nothing to merge: {into} has all of it")
        } else {
            "there is nothing to merge yet: nothing is committed here".to_owned()
        });
    } else if branch(git).await.as_ref() != Some(&worktree.branch) {
        preview.obstacle = Some(format!(
            "the worktree no longer stands on its branch {}: check that out there first",
            worktree.branch
        ));
    } else if forward {
        tree = Some(
            git.line(&["rev-parse", &format!("{head}^{{tree}}")])
                .await?,
        );
    } else {
        let args = [
            "merge-tree",
            "--write-tree",
            "--name-only",
            "--no-messages",
            "-z",
            target.as_str(),
            head.as_str(),
        ];
        match git.change(&args, b"").await {
            Ok(answer) => tree = answer.parts().next().map(|tree| tree.trim().to_owned()),
            Err(refused) if refused.code == Some(1) => {
                preview.conflicts = refused.answer.parts().skip(1).collect();
            }
            Err(refused) if refused.code == Some(129) => {
                return Err("a merge is tried with git 2.38 or newer, and this one is older: merge it by hand".to_owned());
            }
            Err(refused) => return Err(refused.why),
        }
    }
    if preview.obstacle.is_none()
        && let Some(path) = &preview.checkout
    {
        let there = git.at(path).await?;
        // Where it does not merge by itself, nothing new comes.
        let tree = tree.as_deref().unwrap_or(&target);
        preview.obstacle = way::obstacle(&there, &into, &target, tree).await?;
    }
    Ok(Tried {
        preview,
        target,
        head,
        tree,
    })
}

/// Merges. Gives the branch and the number of commits; the reason where it is not clean, and then nothing has changed.
pub async fn merge(
    git: &Git,
    worktree: &Worktree,
    copied: &[String],
) -> Result<(String, u32), String> {
    let Tried {
        preview,
        target,
        head,
        tree,
    } = tried(git, worktree, copied).await?;
    if let Some(why) = preview.obstacle {
        return Err(why);
    }
    let Some(tree) = tree.filter(|_| preview.conflicts.is_empty()) else {
        return Err(format!(
            "it does not merge by itself: {}",
            some_of(&preview.conflicts)
        ));
    };
    let into = preview.into;
    let merged = if preview.forward {
        head
    } else {
        let message = format!("Merge branch '{}'\n", worktree.branch);
        let args = [
            "commit-tree",
            tree.as_str(),
            "-p",
            target.as_str(),
            "-p",
            head.as_str(),
            "-F",
            "-",
        ];
        git.change(&args, message.as_bytes()).await?.line()
    };
    let name = format!("refs/heads/{into}");
    let update = [
        "update-ref",
        "-m",
        "merged by creel",
        name.as_str(),
        merged.as_str(),
        target.as_str(),
    ];
    match &preview.checkout {
        None => {
            git.change(&update, b"").await?;
        }
        Some(path) => {
            let there = git.at(path).await?;
            // The index may be older than the files: what only looks changed is no change.
            let _ = there
                .change(&["update-index", "-q", "--refresh"], b"")
                .await;
            let read = ["read-tree", "-m", "-u", target.as_str(), merged.as_str()];
            there.change(&read, b"").await?;
            if let Err(refused) = there.change(&update, b"").await {
                let back = ["read-tree", "-m", "-u", merged.as_str(), target.as_str()];
                there.change(&back, b"").await?;
                return Err(format!(
                    "{into} moved meanwhile, so nothing was merged: {}",
                    refused.why
                ));
            }
        }
    }
    Ok((
        into,
        u32::try_from(preview.commits.len()).unwrap_or(u32::MAX),
    ))
}

/// Commits what is open, new files too; what was copied here by Creel stays out. Gives the commit and the number of files.
pub async fn commit_all(
    git: &Git,
    copied: &[String],
    message: &str,
) -> Result<(String, u32), String> {
    if message.trim().is_empty() {
        return Err("a commit needs a message".to_owned());
    }
    let files = look::open(git, copied).await?;
    if files.is_empty() {
        return Err("there is nothing to commit here".to_owned());
    }
    let paths: Vec<&str> = files.iter().map(String::as_str).collect();
    let tracked = look::tracked(git, &paths).await?;
    // What `git rm` took out of folder and index is part of the commit already, and a path that git no longer finds.
    let there =
        |path: &&str| tracked.contains(*path) || git.top().join(path).symlink_metadata().is_ok();
    let list: Vec<&str> = paths.into_iter().filter(there).collect();
    if !list.is_empty() {
        git.change(
            &["add", "-A", "--pathspec-from-file=-", "--pathspec-file-nul"],
            list.join("\0").as_bytes(),
        )
        .await?;
    }
    git.change(
        &[
            "commit",
            "--quiet",
            "--no-verify",
            "--cleanup=whitespace",
            "-F",
            "-",
        ],
        message.as_bytes(),
    )
    .await?;
    let hash = git.line(&["rev-parse", "--short", "HEAD"]).await?;
    Ok((hash, u32::try_from(files.len()).unwrap_or(u32::MAX)))
}

/// What would be lost with the worktree and its branch. Where its folder is gone, git in the repository tells it.
pub async fn loss(git: &Git, worktree: &Worktree, copied: &[String]) -> Result<Loss, String> {
    let mut what = Vec::new();
    let stands = git.top() == worktree.path;
    if stands {
        let open = look::open(git, copied).await?;
        if !open.is_empty() {
            what.push(format!("not committed: {}", some_of(&open)));
        }
    }
    what.extend(lost_commits(git, worktree).await?);
    if stands {
        what.extend(inside(git).await?);
    }
    Ok(Loss { what })
}

/// Commits that nothing would name any more.
async fn lost_commits(git: &Git, worktree: &Worktree) -> Result<Option<String>, String> {
    // The branch may be gone, or have another name by now, and something else may be checked out there.
    let head = if git.top() == worktree.path {
        Some("HEAD".to_owned())
    } else {
        let all = checkouts(git).await?;
        let own = all.into_iter().find(|known| known.path == worktree.path);
        own.and_then(|own| own.head)
    };
    let branch = format!("refs/heads/{}", worktree.branch);
    let mut tips = Vec::new();
    for name in head.into_iter().chain([branch]) {
        tips.extend(commit(git, &name).await);
    }
    if tips.is_empty() {
        return Ok(None);
    }
    let exclude = format!("--exclude={}", worktree.branch);
    let mut args = vec!["rev-list", "--count"];
    args.extend(tips.iter().map(String::as_str));
    args.extend([
        "--not",
        exclude.as_str(),
        "--branches",
        "--remotes",
        "--tags",
    ]);
    let count = git.line(&args).await?;
    Ok(match count.parse().unwrap_or(0_u32) {
        0 => None,
        1 => Some("1 commit that no other branch has".to_owned()),
        count => Some(format!("{count} commits that no other branch has")),
    })
}

/// Submodules that were checked out there: what git removes with them is not looked at.
async fn inside(git: &Git) -> Result<Option<String>, String> {
    let modules = git.look(&["ls-files", "--stage", "-z"]).await?;
    let inside = modules.parts().filter_map(|line| {
        let path = line.strip_prefix("160000 ")?.split_once('\t')?.1.to_owned();
        git.top()
            .join(&path)
            .join(".git")
            .symlink_metadata()
            .is_ok()
            .then_some(path)
    });
    let inside: Vec<String> = inside.collect();
    Ok(
        (!inside.is_empty())
            .then(|| format!("whatever is in its submodules: {}", some_of(&inside))),
    )
}

/// Takes worktree and branch away; what would be lost is refused unless `lose` says it may be. Where the folder is gone, git is
/// that of the repository.
pub async fn remove(
    git: &Git,
    worktree: &Worktree,
    copied: &[String],
    lose: bool,
) -> Result<(), String> {
    if !lose {
        let what = loss(git, worktree, copied).await?.what;
        if !what.is_empty() {
            return Err(format!("this would be lost: {}", what.join("; ")));
        }
    }
    let main = git.at(&worktree.repository).await?;
    if worktree.path.symlink_metadata().is_ok() {
        let args = [
            "worktree".as_ref(),
            "remove".as_ref(),
            "--force".as_ref(),
            "--".as_ref(),
            worktree.path.as_os_str(),
        ];
        main.change(&args, b"").await?;
    } else {
        main.change(&["worktree", "prune"], b"").await?;
    }
    let name = format!("refs/heads/{}", worktree.branch);
    if commit(&main, &name).await.is_some() {
        main.change(
            &["branch", "-D", "--quiet", "--", worktree.branch.as_str()],
            b"",
        )
        .await?;
    }
    if let Some(folder) = worktree.path.parent() {
        // Only if it is empty.
        let _ = std::fs::remove_dir(folder);
    }
    Ok(())
}
