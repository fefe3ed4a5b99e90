//! Worktrees of real repositories, friendly and hostile.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod dirty;
mod hostile;
mod kept;
mod undone;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;

use pretty_assertions::assert_eq;

use crate::config::worktree::WorktreeConfig;
use crate::project::git::make;
use crate::project::git::run::Git;
use crate::project::git::{look, merge, uncommitted};
use crate::protocol::worktree::{Became, FileChange, Plan, Standing, Worktree};

/// A repository in a folder of its own, with the config of nobody.
pub struct Repo {
    _folder: tempfile::TempDir,
    pub root: PathBuf,
}

impl Repo {
    /// With one commit on `main`.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("flaky");
        fs::create_dir(&root).unwrap();
        let repo = Self {
            _folder: folder,
            root,
        };
        repo.git(&["init", "-q", "-b", "main"]);
        repo.write("a.txt", "one\ntwo\nthree\n");
        repo.write("src/b.txt", "b\n");
        repo.commit("first");
        repo
    }

    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        let path = std::env::var_os("PATH").unwrap();
        let pairs = [
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_AUTHOR_NAME", "Ada"),
            ("GIT_AUTHOR_EMAIL", "ada@example.com"),
            ("GIT_COMMITTER_NAME", "Ada"),
            ("GIT_COMMITTER_EMAIL", "ada@example.com"),
        ];
        let pairs = pairs
            .iter()
            .map(|(name, value)| (name.into(), value.into()));
        pairs
            .chain([
                ("PATH".into(), path),
                ("HOME".into(), self.root.clone().into()),
            ])
            .collect()
    }

    pub fn at(&self, folder: &Path, args: &[&str]) -> String {
        let done = Command::new("git")
            .arg("-C")
            .arg(folder)
            .args(args)
            .env_clear()
            .envs(self.environment())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{args:?}: {said}");
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    pub fn git(&self, args: &[&str]) -> String {
        self.at(&self.root, args)
    }

    pub fn write(&self, path: &str, text: &str) {
        write(&self.root.join(path), text);
    }

    pub fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
    }

    async fn open(&self, top: &Path) -> Git {
        Git::open(top, self.environment()).await.unwrap()
    }

    async fn made(&self, name: &str) -> (Git, Worktree) {
        let git = self.open(&self.root).await;
        let project = make::repository(&self.root).unwrap();
        let worktree = make::prepare(&git, &project, name).await.unwrap();
        make::make(&git, &worktree).await.unwrap();
        (git.at(&worktree.path).await.unwrap(), worktree)
    }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[tokio::test]
async fn a_worktree_is_planned_made_filled_and_undone() {
    let repo = Repo::new();
    repo.write(".env", "secret");
    repo.write("a.txt", "changed\n");
    let git = repo.open(&repo.root).await;
    let project = make::repository(&repo.root.join("src")).unwrap();
    let wishes = WorktreeConfig {
        copy: vec![".env".to_owned()],
        setup: Some("make".to_owned()),
    };
    let base = repo.git(&["rev-parse", "HEAD"]);
    let folder = repo.root.parent().unwrap().join("flaky.wt");
    let plan = make::plan(&git, &project, "", &wishes).await.unwrap();
    assert_eq!(
        plan,
        Plan {
            name: "flaky-1".to_owned(),
            folder: folder.clone(),
            from: Some("main".to_owned()),
            at: base[..7].to_owned(),
            uncommitted: 1,
            copy: wishes.copy.clone(),
            setup: wishes.setup.clone(),
            submodules: false,
        }
    );
    let worktree = make::prepare(&git, &project, "fix/flaky").await.unwrap();
    make::make(&git, &worktree).await.unwrap();
    let made = make::fill(
        &git,
        worktree.clone(),
        &repo.root.join("src"),
        &wishes.copy,
        &AtomicBool::new(false),
    )
    .unwrap();
    assert_eq!(made.cwd, folder.join("fix-flaky/src"));
    assert_eq!(made.copied.files, 1);
    assert_eq!(
        fs::read_to_string(folder.join("fix-flaky/.env")).unwrap(),
        "secret"
    );
    assert_eq!(
        fs::read_to_string(folder.join("fix-flaky/a.txt")).unwrap(),
        "one\ntwo\nthree\n",
        "what is not committed stays where it is"
    );
    assert_eq!(
        crate::project::find(&made.cwd).root,
        repo.root,
        "its sessions are those of the repository"
    );
    let plan = make::plan(&git, &project, "Fix: flaky!", &wishes)
        .await
        .unwrap();
    assert_eq!(plan.name, "fix-flaky-2", "the folder is taken");
    for (name, expected) in [
        ("fix/flaky", "is checked out in"),
        ("main", "is checked out in"),
        ("fix-flaky", "there is a folder"),
        ("--force", "try another"),
        ("a b", "try another"),
    ] {
        let why = make::prepare(&git, &project, name).await.unwrap_err();
        assert!(why.contains(expected), "{name}: {why}");
    }
    repo.git(&["branch", "lone"]);
    let why = make::prepare(&git, &project, "lone").await.unwrap_err();
    assert!(why.contains("git branch -d lone"), "{why}");
    assert!(make::undo(&git, &worktree).await);
    assert!(!folder.exists());
    assert_eq!(repo.git(&["branch", "--list", "fix/flaky"]), "");
}

#[tokio::test]
async fn what_is_no_repository_is_said_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let why = make::repository(folder.path()).unwrap_err();
    assert!(why.contains("is in no git repository"), "{why}");
    let repo = Repo::new();
    let empty = repo.root.parent().unwrap().join("empty");
    fs::create_dir(&empty).unwrap();
    repo.at(&empty, &["init", "-q", "-b", "main"]);
    let git = repo.open(&empty).await;
    let project = make::repository(&empty).unwrap();
    let why = make::prepare(&git, &project, "x").await.unwrap_err();
    assert!(why.contains("no commit yet"), "{why}");
    // No git at all.
    let environment = vec![("PATH".into(), OsString::from("/nowhere"))];
    let why = Git::open(&repo.root, environment).await.unwrap_err();
    assert_eq!(
        why,
        "git is not installed, or not in PATH: install it first"
    );
}

#[tokio::test]
async fn its_files_are_those_since_it_left_its_branch() {
    let repo = Repo::new();
    let (git, worktree) = repo.made("flaky-3").await;
    let there = |path: &str| worktree.path.join(path);
    write(&there("a.txt"), "one\n2\nthree\n");
    repo.at(&worktree.path, &["commit", "-qam", "two is a figure"]);
    fs::remove_file(there("src/b.txt")).unwrap();
    write(&there("new file\tx.txt"), "n\n");
    write(&there("image"), "\0\0");
    write(&there(".env"), "copied");
    // The other branch goes on: that is no change of this one.
    repo.write("c.txt", "c\n");
    repo.commit("meanwhile");
    let copied = [".env".to_owned()];
    let files = look::files(&git, &worktree, &copied).await.unwrap();
    let change = |path: &str, became, lines, uncommitted| FileChange {
        path: path.to_owned(),
        became,
        lines,
        uncommitted,
    };
    assert_eq!(
        files.files,
        [
            change("a.txt", Became::Changed, Some((1, 1)), false),
            change("image", Became::New, None, true),
            change("new file\tx.txt", Became::New, Some((1, 0)), true),
            change("src/b.txt", Became::Removed, Some((0, 1)), true),
        ]
    );
    let standing = Standing {
        branch: "flaky-3".to_owned(),
        commits: 1,
        files: 4,
        uncommitted: 3,
    };
    assert_eq!(files.standing, standing);
    let alone = look::standing(&git, &worktree, &copied).await.unwrap();
    assert_eq!(alone, standing);
    let patch = look::patch(&git, &worktree, "a.txt").await.unwrap();
    assert!(
        patch.contains("@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"),
        "{patch}"
    );
    assert_eq!(
        look::patch(&git, &worktree, "new file\tx.txt")
            .await
            .unwrap(),
        "@@ -0,0 +1,1 @@\n+n\n"
    );
    assert_eq!(
        look::patch(&git, &worktree, "image").await.unwrap(),
        "Binary file image is new\n"
    );
}

#[tokio::test]
async fn it_is_committed_merged_and_taken_away_and_nothing_is_lost_on_the_way() {
    let repo = Repo::new();
    let (git, worktree) = repo.made("flaky-3").await;
    let copied = [".env".to_owned()];
    let there = |path: &str| worktree.path.join(path);
    write(&there("a.txt"), "one\n2\nthree\n");
    write(&there(".env"), "copied, and no business of the repository");
    let preview = merge::preview(&git, &worktree, &copied).await.unwrap();
    assert_eq!(preview.uncommitted, ["a.txt"]);
    assert!(preview.obstacle.unwrap().contains("nothing is committed"));
    let loss = merge::loss(&git, &worktree, &copied).await.unwrap();
    assert_eq!(loss.what, ["not committed: a.txt"]);
    let (_, count) = merge::commit_all(&git, &copied, "figure\n").await.unwrap();
    assert_eq!(
        (count, uncommitted(&git).await.unwrap()),
        (1, vec![".env".to_owned()])
    );
    let why = merge::remove(&git, &worktree, &copied, false)
        .await
        .unwrap_err();
    assert_eq!(why, "this would be lost: 1 commit that no other branch has");

    // Two branches that went on apart.
    repo.write("src/b.txt", "other\n");
    repo.commit("apart");
    let preview = merge::preview(&git, &worktree, &copied).await.unwrap();
    assert_eq!(
        (preview.forward, preview.files, preview.commits.len()),
        (false, 1, 1)
    );
    assert_eq!(
        (preview.obstacle, preview.conflicts),
        (None, Vec::<String>::new())
    );
    repo.write("untracked", "stays");
    let merged = merge::merge(&git, &worktree, &copied).await.unwrap();
    assert_eq!(merged, ("main".to_owned(), 1));
    assert_eq!(
        repo.git(&["log", "-1", "--format=%s"]),
        "Merge branch 'flaky-3'"
    );
    assert_eq!(
        fs::read_to_string(repo.root.join("a.txt")).unwrap(),
        "one\n2\nthree\n"
    );
    assert_eq!(repo.git(&["status", "--porcelain"]), "?? untracked");
    let why = merge::merge(&git, &worktree, &copied).await.unwrap_err();
    assert!(why.contains("nothing to merge"), "{why}");

    assert_eq!(
        merge::loss(&git, &worktree, &copied).await.unwrap().what,
        [""; 0]
    );
    merge::remove(&git, &worktree, &copied, false)
        .await
        .unwrap();
    assert!(!worktree.path.exists());
    assert_eq!(repo.git(&["branch", "--format=%(refname:short)"]), "main");
}

#[tokio::test]
async fn a_conflict_changes_nothing_and_words_are_needed_to_lose_something() {
    let repo = Repo::new();
    let (git, worktree) = repo.made("flaky-3").await;
    write(&worktree.path.join("a.txt"), "theirs\n");
    merge::commit_all(&git, &[], "theirs").await.unwrap();
    repo.write("a.txt", "ours\n");
    repo.commit("ours");
    let before = repo.git(&["rev-parse", "HEAD"]);
    let preview = merge::preview(&git, &worktree, &[]).await.unwrap();
    assert_eq!(preview.conflicts, ["a.txt"]);
    let why = merge::merge(&git, &worktree, &[]).await.unwrap_err();
    assert_eq!(why, "it does not merge by itself: a.txt");
    assert_eq!(repo.git(&["rev-parse", "HEAD"]), before);
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    assert!(merge::remove(&git, &worktree, &[], false).await.is_err());
    merge::remove(&git, &worktree, &[], true).await.unwrap();
    assert!(!worktree.path.exists());
}

#[tokio::test]
async fn a_branch_that_is_checked_out_nowhere_is_moved_and_a_file_in_the_way_is_kept() {
    let repo = Repo::new();
    let (git, worktree) = repo.made("flaky-3").await;
    write(&worktree.path.join("way"), "theirs\n");
    merge::commit_all(&git, &[], "way").await.unwrap();
    // Not known to git, so no change of the target; the merge would write over it.
    repo.write("way", "mine\n");
    let why = merge::merge(&git, &worktree, &[]).await.unwrap_err();
    assert!(why.contains("way"), "{why}");
    assert_eq!(fs::read_to_string(repo.root.join("way")).unwrap(), "mine\n");
    repo.git(&["checkout", "-q", "-b", "elsewhere"]);
    merge::merge(&git, &worktree, &[]).await.unwrap();
    assert_eq!(
        repo.git(&["rev-parse", "main"]),
        repo.git(&["rev-parse", "flaky-3"])
    );
    assert_eq!(fs::read_to_string(repo.root.join("way")).unwrap(), "mine\n");
}

#[tokio::test]
async fn of_many_files_the_first_are_listed_and_all_are_counted() {
    let repo = Repo::new();
    let (git, worktree) = repo.made("flaky-3").await;
    for index in 0..2_003 {
        write(&worktree.path.join(format!("new/{index:04}")), "1\n2\n");
    }
    write(&worktree.path.join("z.txt"), "last");
    let files = look::files(&git, &worktree, &[]).await.unwrap();
    assert_eq!((files.files.len(), files.more), (2_000, 4));
    let last = &files.files[1_999];
    assert_eq!((last.path.as_str(), last.lines), ("new/1999", Some((2, 0))));
    assert_eq!(files.standing.files, 2_004);
}
