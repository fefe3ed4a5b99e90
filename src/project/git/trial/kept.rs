//! What would be lost on the way back, and is not.

use std::fs;

use pretty_assertions::assert_eq;

use crate::project::git::merge;
use crate::project::git::trial::{Repo, write};

#[tokio::test]
async fn a_branch_with_another_name_is_left_when_its_worktree_is_removed() {
    let repo = Repo::new();
    let (git, worktree) = repo.made("old").await;
    write(&worktree.path.join("a.txt"), "1\n");
    merge::commit_all(&git, &[], "figure").await.unwrap();
    repo.at(&worktree.path, &["branch", "-m", "old", "new"]);
    let loss = merge::loss(&git, &worktree, &[]).await.unwrap();
    assert_eq!(loss.what, [""; 0], "the new name keeps its commit");
    repo.at(&worktree.path, &["checkout", "-q", "--detach"]);
    repo.git(&["branch", "-D", "new"]);
    let why = merge::remove(&git, &worktree, &[], false)
        .await
        .unwrap_err();
    assert_eq!(why, "this would be lost: 1 commit that no other branch has");
    repo.at(&worktree.path, &["checkout", "-q", "-b", "new"]);
    merge::remove(&git, &worktree, &[], false).await.unwrap();
    assert!(!worktree.path.exists());
    let branches = repo.git(&["branch", "--format=%(refname:short)"]);
    assert_eq!(branches, "main\nnew");
}

#[tokio::test]
async fn commits_are_not_lost_though_the_folder_is_gone() {
    let repo = Repo::new();
    for (name, detached) in [("stands", false), ("detached", true)] {
        let (git, worktree) = repo.made(name).await;
        write(&worktree.path.join("a.txt"), name);
        merge::commit_all(&git, &[], "figure").await.unwrap();
        if detached {
            repo.at(&worktree.path, &["checkout", "-q", "--detach"]);
            repo.git(&["branch", "-D", name]);
        }
        fs::remove_dir_all(&worktree.path).unwrap();
        let git = repo.open(&repo.root).await;
        let expected = "1 commit that no other branch has";
        let loss = merge::loss(&git, &worktree, &[]).await.unwrap();
        assert_eq!(loss.what, [expected], "{name}");
        let why = merge::remove(&git, &worktree, &[], false)
            .await
            .unwrap_err();
        assert_eq!(why, format!("this would be lost: {expected}"), "{name}");
        merge::remove(&git, &worktree, &[], true).await.unwrap();
        assert_eq!(repo.git(&["branch", "--list", name]), "");
        assert!(!repo.root.join(".git/worktrees").exists(), "{name}");
    }
}

#[tokio::test]
async fn a_merge_writes_over_nothing_that_is_in_no_commit() {
    // What the branch brings, and what lies in its place unseen by git.
    let cases = [
        ("notes.log", "notes.log"),
        ("build/notes.log", "build"),
        ("build", "build/notes.log"),
    ];
    for (brought, ignored) in cases {
        for apart in [false, true] {
            let repo = Repo::new();
            repo.write(".gitignore", "*.log\nbuild\n");
            repo.commit("ignore");
            let (git, worktree) = repo.made("flaky-3").await;
            write(&worktree.path.join(brought), "theirs\n");
            repo.at(&worktree.path, &["add", "-f", brought]);
            repo.at(&worktree.path, &["commit", "-qm", "brought"]);
            if apart {
                repo.write("src/b.txt", "other\n");
                repo.commit("apart");
            }
            repo.write(ignored, "mine\n");
            assert_eq!(repo.git(&["status", "--porcelain"]), "");
            let before = repo.git(&["rev-parse", "main"]);
            let preview = merge::preview(&git, &worktree, &[]).await.unwrap();
            let why = preview.obstacle.unwrap();
            assert!(
                why.contains("in no commit") && why.contains(brought),
                "{why}"
            );
            assert_eq!(merge::merge(&git, &worktree, &[]).await.unwrap_err(), why);
            let kept = fs::read_to_string(repo.root.join(ignored)).unwrap();
            assert_eq!(kept, "mine\n", "{brought} {ignored}");
            assert_eq!(repo.git(&["rev-parse", "main"]), before);
            // Moved away, it merges.
            fs::remove_file(repo.root.join(ignored)).unwrap();
            merge::merge(&git, &worktree, &[]).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_folder_that_becomes_a_file_and_a_file_that_becomes_a_folder_are_merged() {
    let repo = Repo::new();
    let (git, worktree) = repo.made("flaky-3").await;
    // One as a person takes it away, one by git.
    fs::remove_file(worktree.path.join("a.txt")).unwrap();
    repo.at(&worktree.path, &["rm", "-rq", "src"]);
    let taken = merge::commit_all(&git, &[], "taken").await.unwrap();
    assert_eq!(taken.1, 2);
    write(&worktree.path.join("a.txt/deep"), "new\n");
    write(&worktree.path.join("src"), "new\n");
    merge::commit_all(&git, &[], "turned").await.unwrap();
    merge::merge(&git, &worktree, &[]).await.unwrap();
    let read = |path: &str| fs::read_to_string(repo.root.join(path)).unwrap();
    assert_eq!(
        (read("a.txt/deep"), read("src")),
        ("new\n".to_owned(), "new\n".to_owned())
    );
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}
