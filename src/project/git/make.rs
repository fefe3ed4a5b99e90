//! A new branch with a worktree of its own, beside the repository: planned, then made whole or not at all.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use crate::config::worktree::WorktreeConfig;
use crate::project::git::run::Git;
use crate::project::git::{branch, checkouts, commit, copy, has_branch, look, name, on_branch};
use crate::project::{self, Project};
use crate::protocol::worktree::{Plan, Worktree};

/// A worktree that was made.
#[derive(Debug)]
pub struct Made {
    pub worktree: Worktree,
    /// The folder in it that answers to the one it was made from.
    pub cwd: PathBuf,
    pub copied: copy::Copied,
}

/// The repository a folder lies in.
pub fn repository(cwd: &Path) -> Result<Project, String> {
    let project = project::find(cwd);
    let is_there = project.branch.is_some() || project.top.join(".git").exists();
    if is_there {
        return Ok(project);
    }
    let cwd = crate::agent::visible::escaped(&cwd.to_string_lossy());
    Err(format!(
        "{cwd} is in no git repository, and a worktree is one of a repository: `git init` makes one"
    ))
}

/// The folder that worktrees of a repository lie in: `~/src/flaky.wt` beside `~/src/flaky`.
pub fn folder(root: &Path) -> Result<PathBuf, String> {
    let beside = root.parent().zip(root.file_name());
    let (parent, own) = beside.ok_or("there is no folder beside this repository")?;
    let mut name = own.to_owned();
    name.push(".wt");
    Ok(parent.join(name))
}

/// What a worktree of the checkout would be, under a free name made from a text.
pub async fn plan(
    git: &Git,
    project: &Project,
    text: &str,
    wishes: &WorktreeConfig,
) -> Result<Plan, String> {
    let base = base(git).await?;
    let folder = folder(&project.root)?;
    let args = ["for-each-ref", "--format=%(refname:short)", "refs/heads"];
    let answer = git.look(&args).await?;
    let branches = String::from_utf8_lossy(&answer.bytes).into_owned();
    let taken = |wish: &str| {
        let below = format!("{wish}/");
        let branch = branches.lines().any(|branch| {
            branch == wish || branch.starts_with(&below) || wish.starts_with(&format!("{branch}/"))
        });
        branch || folder.join(name::folder(wish)).symlink_metadata().is_ok()
    };
    let own = project
        .root
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let changed = look::open(git, &wishes.copy).await?;
    Ok(Plan {
        name: name::free(&name::slug(text), &own, taken),
        from: branch(git).await,
        at: base.chars().take(7).collect(),
        uncommitted: u32::try_from(changed.len()).unwrap_or(u32::MAX),
        copy: wishes.copy.clone(),
        setup: wishes.setup.clone(),
        submodules: git.top().join(".gitmodules").symlink_metadata().is_ok(),
        folder,
    })
}

/// Where a worktree of this name comes to lie, and where from. Its folder is there then, empty and claimed: of two who want
/// one name only one goes on, and whoever has it back is to [`undo`] it.
pub async fn prepare(git: &Git, project: &Project, wish: &str) -> Result<Worktree, String> {
    if let Some(why) = name::fault(wish) {
        return Err(why);
    }
    let base = base(git).await?;
    if has_branch(git, wish).await {
        let all = checkouts(git).await?;
        return Err(match on_branch(&all, wish) {
            Some(path) => format!(
                "the branch {wish} is checked out in {}: try another name",
                crate::agent::visible::escaped(&path.to_string_lossy())
            ),
            None => format!(
                "there is a branch {wish} already: try another name, or take it away with `git branch -d {wish}`"
            ),
        });
    }
    let path = folder(&project.root)?.join(name::folder(wish));
    let from = branch(git).await;
    claim(&path)?;
    Ok(Worktree {
        path,
        repository: project.root.clone(),
        branch: wish.to_owned(),
        base,
        from,
    })
}

/// Makes the folder of a worktree, which nobody else may have made: git takes one that is empty.
fn claim(path: &Path) -> Result<(), String> {
    let shown = |path: &Path| crate::agent::visible::escaped(&path.to_string_lossy());
    let folder = path.parent().unwrap_or(path);
    match folder.symlink_metadata() {
        Ok(meta) if meta.is_dir() => {}
        Ok(_) => return Err(format!("{} is no folder: move it away", shown(folder))),
        Err(_) => match DirBuilder::new().mode(0o755).create(folder) {
            // Another one was made meanwhile.
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(format!("cannot make {}: {error}", shown(folder)));
            }
            _ => {}
        },
    }
    fs::create_dir(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            format!(
                "there is a folder {} already: try another name",
                shown(path)
            )
        }
        _ => format!("cannot make {}: {error}", shown(path)),
    })
}

/// Makes what was prepared. Whoever stops waiting, or meets a fault, has [`undo`] to take away what there is of it.
pub async fn make(git: &Git, worktree: &Worktree) -> Result<(), String> {
    let path = worktree.path.as_os_str();
    let args = [
        "worktree".as_ref(),
        "add".as_ref(),
        "--quiet".as_ref(),
        "--no-checkout".as_ref(),
        "--no-track".as_ref(),
        "-b".as_ref(),
        worktree.branch.as_ref(),
        "--".as_ref(),
        path,
        worktree.base.as_ref(),
    ];
    git.change(&args, b"").await?;
    // Only there does git see what the config says of worktrees or of this branch alone, so the checkout is a step of its own.
    let there = git.at(&worktree.path).await?;
    let checkout = ["reset", "--hard", "--quiet", "--no-recurse-submodules"];
    there.change(&checkout, b"").await?;
    Ok(())
}

/// The files that git did not bring; blocks. The folder of the session lies in it as the other one lies in its checkout.
/// Ends soon, with a fault, once `stop` is set.
pub fn fill(
    git: &Git,
    worktree: Worktree,
    cwd: &Path,
    patterns: &[String],
    stop: &AtomicBool,
) -> Result<Made, String> {
    let copied = copy::copy(git.top(), &worktree.path, patterns, stop)?;
    let below = cwd.strip_prefix(git.top()).unwrap_or(Path::new(""));
    let there = worktree.path.join(below);
    let cwd = there
        .canonicalize()
        .ok()
        .filter(|cwd| cwd.starts_with(&worktree.path));
    Ok(Made {
        cwd: cwd
            .filter(|cwd| cwd.is_dir())
            .unwrap_or_else(|| worktree.path.clone()),
        worktree,
        copied,
    })
}

/// Takes away what was made of it, of whoever prepared it: nobody has worked there. Gives whether the folder is gone.
pub async fn undo(git: &Git, worktree: &Worktree) -> bool {
    let path = worktree.path.as_os_str();
    // Each may be there or not; what cannot be taken away is listed by `creel doctor`. One that was ended while it was being
    // made is locked, which takes the word twice.
    let _ = git
        .change(
            &[
                "worktree".as_ref(),
                "remove".as_ref(),
                "--force".as_ref(),
                "--force".as_ref(),
                "--".as_ref(),
                path,
            ],
            b"",
        )
        .await;
    // Git had not got so far that it knows the folder again.
    let left = worktree.path.clone();
    let _ = tokio::task::spawn_blocking(move || fs::remove_dir_all(left)).await;
    let unlock = ["worktree".as_ref(), "unlock".as_ref(), "--".as_ref(), path];
    let _ = git.change(&unlock, b"").await;
    let _ = git.change(&["worktree", "prune"], b"").await;
    if commit(git, &format!("refs/heads/{}", worktree.branch))
        .await
        .as_ref()
        == Some(&worktree.base)
    {
        let _ = git
            .change(&["branch", "-D", "--", worktree.branch.as_str()], b"")
            .await;
    }
    if let Some(folder) = worktree.path.parent() {
        // Only if it is empty.
        let _ = fs::remove_dir(folder);
    }
    worktree.path.symlink_metadata().is_err()
}

async fn base(git: &Git) -> Result<String, String> {
    // Says what is wrong with the repository, where something is.
    git.line(&["rev-parse", "--git-dir"]).await?;
    commit(git, "HEAD").await.ok_or_else(|| {
        "the repository has no commit yet, and a worktree begins at one: commit something first"
            .to_owned()
    })
}
