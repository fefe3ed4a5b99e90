//! A merge into a checkout with changes that are not committed.

use std::fs;

use pretty_assertions::assert_eq;

use crate::project::git::merge;
use crate::project::git::trial::{Repo, write};

#[tokio::test]
async fn only_what_the_merge_changes_is_in_its_way_and_all_else_stays_as_it_is() {
    for forward in [true, false] {
        let repo = Repo::new();
        let (git, worktree) = repo.made("flaky-3").await;
        write(&worktree.path.join("a.txt"), "theirs\n");
        merge::commit_all(&git, &[], "theirs").await.unwrap();
        if !forward {
            repo.write("other", "1\n");
            repo.commit("apart");
        }
        let before = repo.git(&["rev-parse", "HEAD"]);
        // What it changes is not committed here: nothing is done, and the way out is named.
        repo.write("a.txt", "mine\n");
        let why = merge::merge(&git, &worktree, &[]).await.unwrap_err();
        assert!(
            why.ends_with("commit or stash it there, then merge again: a.txt"),
            "{why}"
        );
        assert_eq!(repo.git(&["rev-parse", "HEAD"]), before);
        let read = |name: &str| fs::read_to_string(repo.root.join(name)).unwrap();
        assert_eq!(read("a.txt"), "mine\n");
        repo.git(&["checkout", "-q", "--", "a.txt"]);
        // What it does not change is no business of it, staged or not.
        repo.write("src/b.txt", "mine\n");
        repo.write("staged", "mine\n");
        repo.git(&["add", "staged"]);
        let preview = merge::preview(&git, &worktree, &[]).await.unwrap();
        assert_eq!((preview.obstacle, preview.forward), (None, forward));
        merge::merge(&git, &worktree, &[]).await.unwrap();
        assert_ne!(repo.git(&["rev-parse", "HEAD"]), before);
        let all = ["a.txt", "src/b.txt", "staged"].map(read);
        assert_eq!(all, ["theirs\n", "mine\n", "mine\n"]);
        let status = repo.git(&["status", "--porcelain"]);
        assert_eq!(status, "M src/b.txt\nA  staged", "{forward}");
    }
}

#[tokio::test]
async fn a_merge_that_is_not_finished_there_comes_first() {
    let repo = Repo::new();
    let (git, worktree) = repo.made("flaky-3").await;
    write(&worktree.path.join("a.txt"), "theirs\n");
    merge::commit_all(&git, &[], "theirs").await.unwrap();
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("side", "1\n");
    repo.commit("side");
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["merge", "-q", "--no-commit", "--no-ff", "side"]);
    let why = merge::merge(&git, &worktree, &[]).await.unwrap_err();
    assert!(why.contains("another merge is not finished"), "{why}");
    repo.git(&["merge", "--abort"]);
    merge::merge(&git, &worktree, &[]).await.unwrap();
}
