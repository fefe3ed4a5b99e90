//! Repositories that name programs and folders of their own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use pretty_assertions::assert_eq;

use crate::project::git::run::Git;
use crate::project::git::trial::{Repo, write};
use crate::project::git::{look, make, merge, uncommitted};

fn program(path: &Path, text: &str) {
    write(path, text);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A program that leaves a file beside the repository when it is run, and that file.
fn trap(repo: &Repo) -> (String, PathBuf) {
    let beside = repo.root.parent().unwrap();
    let (evil, proof) = (beside.join("evil.sh"), beside.join("proof"));
    program(
        &evil,
        &format!("#!/bin/sh\necho \"$0 $*\" >> {}\ncat\n", proof.display()),
    );
    (evil.to_str().unwrap().to_owned(), proof)
}

/// Everything in a repository that could name a program; each leaves a file if it is run.
#[tokio::test]
async fn nothing_a_repository_names_is_run() {
    let repo = Repo::new();
    let (git, worktree) = repo.made("honest").await;
    write(&worktree.path.join("a.txt"), "one\n2\nthree\n");
    write(&worktree.path.join("x.evil"), "x\n");
    merge::commit_all(&git, &[], "honest").await.unwrap();
    repo.write("a.txt", "one\ntwo\nthree\nfour\n");
    repo.write("x.evil", "y\n");
    repo.write(
        ".gitattributes",
        "*.txt filter=evil diff=evil\n*.evil merge=evil filter=evil\n",
    );
    repo.commit("attributes");
    let (evil, proof) = trap(&repo);
    let evil = evil.as_str();
    for key in [
        "core.fsmonitor",
        "core.sshCommand",
        "core.pager",
        "core.editor",
        "core.askPass",
        "core.gitProxy",
        "core.alternateRefsCommand",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "merge.evil.driver",
        "gpg.program",
        "credential.helper",
        "sequence.editor",
    ] {
        repo.git(&["config", key, evil]);
    }
    for key in [
        "commit.gpgSign",
        "filter.evil.required",
        "log.showSignature",
    ] {
        repo.git(&["config", key, "true"]);
    }
    let hooks = repo.root.join("hooks");
    for hook in [
        "post-checkout",
        "pre-commit",
        "commit-msg",
        "prepare-commit-msg",
        "post-commit",
        "reference-transaction",
        "post-merge",
        "post-index-change",
    ] {
        program(&hooks.join(hook), &fs::read_to_string(evil).unwrap());
        program(
            &repo.root.join(".git/hooks").join(hook),
            &fs::read_to_string(evil).unwrap(),
        );
    }
    repo.git(&["config", "core.hooksPath", hooks.to_str().unwrap()]);
    // All of that was of no use to git itself so far.
    let _ = fs::remove_file(&proof);

    let git = repo.open(&worktree.path).await;
    write(&worktree.path.join("a.txt"), "one\n2\n3\n");
    look::files(&git, &worktree, &[]).await.unwrap();
    look::patch(&git, &worktree, "a.txt").await.unwrap();
    merge::commit_all(&git, &[], "more").await.unwrap();
    let preview = merge::preview(&git, &worktree, &[]).await.unwrap();
    assert!(
        preview.conflicts.contains(&"x.evil".to_owned()),
        "{preview:?}"
    );
    merge::loss(&git, &worktree, &[]).await.unwrap();
    let (other, second) = repo.made("second").await;
    write(&second.path.join("y.txt"), "y\n");
    merge::commit_all(&other, &[], "y").await.unwrap();
    repo.git(&[
        "-c",
        "core.fsmonitor=false",
        "-c",
        "core.hooksPath=/dev/null",
        "stash",
        "list",
    ]);
    let _ = fs::remove_file(&proof);
    let merged = merge::merge(&other, &second, &[]).await;
    assert!(
        merged.is_ok() || merged.as_ref().unwrap_err().contains("not committed"),
        "{merged:?}"
    );
    merge::remove(&git, &worktree, &[], true).await.unwrap();
    let ran = fs::read_to_string(&proof).unwrap_or_default();
    assert_eq!(ran, "");
    // The trap is a real one.
    let _ = Command::new("git")
        .arg("-C")
        .arg(&repo.root)
        .args(["status"])
        .env_clear()
        .envs(repo.environment())
        .output();
    assert!(proof.exists());
}

#[tokio::test]
async fn another_work_tree_in_its_config_is_not_believed() {
    let repo = Repo::new();
    let elsewhere = repo.root.parent().unwrap().join("elsewhere");
    write(&elsewhere.join("private"), "x");
    repo.git(&["config", "core.worktree", elsewhere.to_str().unwrap()]);
    let git = repo.open(&repo.root).await;
    assert_eq!(uncommitted(&git).await.unwrap(), [""; 0]);
}

/// Git in the main checkout does not see such a config.
#[tokio::test]
async fn a_config_that_holds_in_some_checkouts_alone_is_seen_there() {
    for condition in [
        "gitdir:**/worktrees/**",
        "onbranch:flaky-*",
        "onbranch:main",
    ] {
        let repo = Repo::new();
        repo.write(".gitattributes", "*.txt filter=evil diff=evil merge=evil\n");
        repo.commit("attributes");
        let (evil, proof) = trap(&repo);
        let config = repo.root.parent().unwrap().join("evil.config");
        let settings = [
            ("filter", "smudge"),
            ("filter", "clean"),
            ("diff", "textconv"),
            ("merge", "driver"),
        ];
        let settings =
            settings.map(|(section, key)| format!("[{section} \"evil\"]\n\t{key} = {evil}\n"));
        write(&config, &settings.concat());
        let key = format!("includeIf.{condition}.path");
        repo.git(&["config", &key, config.to_str().unwrap()]);

        let (git, worktree) = repo.made("flaky-3").await;
        let there = worktree.path.join("a.txt");
        assert_eq!(fs::read_to_string(&there).unwrap(), "one\ntwo\nthree\n");
        write(&there, "one\n2\nthree\n");
        look::files(&git, &worktree, &[]).await.unwrap();
        look::standing(&git, &worktree, &[]).await.unwrap();
        look::patch(&git, &worktree, "a.txt").await.unwrap();
        merge::commit_all(&git, &[], "figure").await.unwrap();
        merge::merge(&git, &worktree, &[]).await.unwrap();
        write(&there, "one\n2\n3\n");
        merge::loss(&git, &worktree, &[]).await.unwrap();
        merge::remove(&git, &worktree, &[], true).await.unwrap();
        let git = repo.open(&repo.root).await;
        let project = make::repository(&repo.root).unwrap();
        let other = make::prepare(&git, &project, "flaky-4").await.unwrap();
        make::make(&git, &other).await.unwrap();
        assert!(make::undo(&git, &other).await);
        let ran = fs::read_to_string(&proof).unwrap_or_default();
        assert_eq!(ran, "", "{condition}");

        // The trap is a real one.
        let other = other.path.to_str().unwrap();
        repo.git(&["worktree", "add", "-q", "-b", "flaky-5", other]);
        fs::remove_file(repo.root.join("a.txt")).unwrap();
        repo.git(&["checkout", "-q", "a.txt"]);
        assert!(proof.exists(), "{condition}");
    }
}

#[tokio::test]
async fn a_config_that_is_too_long_to_be_looked_through_is_refused() {
    let repo = Repo::new();
    let path = repo.root.join(".git/config");
    let mut config = fs::read_to_string(&path).unwrap();
    config.push_str("[x]\n");
    let line = format!("\ty = {}\n", "z".repeat(900));
    config.push_str(&line.repeat(10_000));
    config.push_str("[filter \"evil\"]\n\tclean = evil\n");
    fs::write(&path, config).unwrap();
    let why = Git::open(&repo.root, repo.environment()).await.unwrap_err();
    assert!(why.contains("too long"), "{why}");
}

#[tokio::test]
async fn git_that_says_much_on_the_side_does_its_work_to_the_end() {
    let repo = Repo::new();
    // Each line is warned of: more than is kept of it, and more than a pipe holds.
    repo.write(".gitattributes", &"*.txt !!no\n".repeat(5_000));
    let git = repo.open(&repo.root).await;
    let line = git.line(&["check-attr", "text", "a.txt"]).await.unwrap();
    assert_eq!(line, "a.txt: text: unspecified");
}
