//! Worktrees that were begun and not finished.

use std::fs;

use pretty_assertions::assert_eq;

use crate::project::git::make;
use crate::project::git::trial::{Repo, write};

#[tokio::test]
async fn what_was_ended_while_it_was_made_is_taken_away() {
    let repo = Repo::new();
    let git = repo.open(&repo.root).await;
    let project = make::repository(&repo.root).unwrap();
    for (name, known) in [("locked", true), ("half", false)] {
        let worktree = make::prepare(&git, &project, name).await.unwrap();
        let path = worktree.path.to_str().unwrap();
        // As git leaves it when it is killed.
        repo.git(&["worktree", "add", "-q", "--lock", "-b", name, path]);
        if !known {
            fs::remove_file(worktree.path.join(".git")).unwrap();
        }
        assert!(make::undo(&git, &worktree).await, "{name}");
        assert!(!worktree.path.parent().unwrap().exists(), "{name}");
        assert!(!repo.root.join(".git/worktrees").exists(), "{name}");
        assert_eq!(repo.git(&["branch", "--list", name]), "");
    }
}

#[tokio::test]
async fn of_two_who_want_one_name_only_one_has_something_to_undo() {
    let repo = Repo::new();
    let git = repo.open(&repo.root).await;
    let project = make::repository(&repo.root).unwrap();
    let worktree = make::prepare(&git, &project, "fix").await.unwrap();
    // Neither knows of the other's branch yet.
    let why = make::prepare(&git, &project, "fix").await.unwrap_err();
    assert!(why.contains("there is a folder"), "{why}");
    make::make(&git, &worktree).await.unwrap();
    assert!(worktree.path.join("a.txt").exists());

    // Nothing but a folder was there.
    let other = make::prepare(&git, &project, "other").await.unwrap();
    assert!(other.path.is_dir());
    assert!(make::undo(&git, &other).await);
    assert!(!other.path.exists() && worktree.path.exists());
    // In the place of the folder for all of them stands a file.
    make::undo(&git, &worktree).await;
    write(worktree.path.parent().unwrap(), "");
    let why = make::prepare(&git, &project, "fix").await.unwrap_err();
    assert!(why.contains("is no folder: move it away"), "{why}");
}
