//! Worktrees by `git`: made, looked at, merged back, taken away. Every answer is data or one line that says what is in the way.

pub mod copy;
pub mod look;
pub mod make;
pub mod merge;
pub mod name;
pub mod run;
#[cfg(test)]
mod trial;
mod way;

use std::path::{Path, PathBuf};

use crate::project::git::run::Git;

/// A checkout of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    pub path: PathBuf,
    /// `None`: detached, or bare.
    pub branch: Option<String>,
    /// The commit it stands at, in full, also where its folder is gone.
    pub head: Option<String>,
}

/// The checkouts of a repository, the main one first.
pub async fn checkouts(git: &Git) -> Result<Vec<Checkout>, String> {
    let listed = match git.look(&["worktree", "list", "--porcelain", "-z"]).await {
        Ok(answer) => answer.bytes,
        // Before git 2.36 there was no `-z`.
        Err(refused) if refused.code == Some(129) => {
            let answer = git.look(&["worktree", "list", "--porcelain"]).await?;
            let mut bytes = answer.bytes;
            for byte in &mut bytes {
                if *byte == b'\n' {
                    *byte = 0;
                }
            }
            bytes
        }
        Err(refused) => return Err(refused.why),
    };
    let mut found: Vec<Checkout> = Vec::new();
    for line in listed.split(|byte| *byte == 0) {
        let line = String::from_utf8_lossy(line);
        if let Some(path) = line.strip_prefix("worktree ") {
            let path = PathBuf::from(path);
            found.push(Checkout {
                path,
                branch: None,
                head: None,
            });
        } else if let Some(head) = line.strip_prefix("HEAD ")
            && let Some(last) = found.last_mut()
        {
            last.head = Some(head.to_owned());
        } else if let Some(branch) = line.strip_prefix("branch refs/heads/")
            && let Some(last) = found.last_mut()
        {
            last.branch = Some(branch.to_owned());
        }
    }
    Ok(found)
}

/// The checkout that stands on a branch.
pub fn on_branch<'c>(checkouts: &'c [Checkout], branch: &str) -> Option<&'c Path> {
    let fits = |checkout: &&Checkout| checkout.branch.as_deref() == Some(branch);
    checkouts
        .iter()
        .find(fits)
        .map(|found| found.path.as_path())
}

/// The branch that is checked out; `None` where the head is detached.
pub async fn branch(git: &Git) -> Option<String> {
    let args = ["symbolic-ref", "--quiet", "--short", "HEAD"];
    let name = git.line(&args).await.ok()?;
    (!name.is_empty()).then_some(name)
}

/// A commit in full, by any name of it; `None` where there is none.
pub async fn commit(git: &Git, name: &str) -> Option<String> {
    let name = format!("{name}^{{commit}}");
    let args = [
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        name.as_str(),
    ];
    let hash = git.line(&args).await.ok()?;
    (!hash.is_empty()).then_some(hash)
}

pub async fn has_branch(git: &Git, branch: &str) -> bool {
    let name = format!("refs/heads/{branch}");
    git.look(&["show-ref", "--verify", "--quiet", name.as_str()])
        .await
        .is_ok()
}

/// Files that are changed or new and not committed, without those that git ignores. What lies in a submodule is not looked at.
pub async fn uncommitted(git: &Git) -> Result<Vec<String>, String> {
    let args = [
        "status",
        "--porcelain",
        "-z",
        "--no-renames",
        "--untracked-files=all",
        "--ignore-submodules=dirty",
    ];
    let answer = git.look(&args).await?;
    let files = answer
        .parts()
        .filter_map(|line| line.get(3..).map(str::to_owned));
    Ok(files.collect())
}

/// `n` files, in words that name the first of them.
pub fn some_of(files: &[String]) -> String {
    let shown: Vec<String> = files
        .iter()
        .take(3)
        .map(|file| crate::agent::visible::escaped(file))
        .collect();
    let more = match files.len().saturating_sub(3) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", shown.join(", "))
}
