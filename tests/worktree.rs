//! A session in a worktree of its own, from its name to its end, in a true terminal and from the command line.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::pty::Terminal;
use crate::support::{CREEL, Home};

const SCRIPT: &str = "> go\n< call bash {\"command\":\"echo new > b.txt && git add b.txt && git commit -qm 'Add b'\"}\n\n< text: It is done.\n";

fn git(folder: &Path, args: &[&str]) -> String {
    let done = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(args)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{args:?}: {said}");
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

/// A home whose folder is a repository, with a script, a list of copies and a set-up command.
fn home() -> Home {
    let home = Home::new();
    home.plays(SCRIPT);
    let file = home.path().join("config.toml");
    let config = fs::read_to_string(&file).unwrap();
    home.config(&format!(
        "{config}[worktree]\ncopy = [\".env\"]\nsetup = \"cp .env ready\"\n"
    ));
    let work = home.work();
    git(&work, &["init", "-q", "-b", "main"]);
    git(&work, &["config", "user.name", "Ada"]);
    git(&work, &["config", "user.email", "ada@example.com"]);
    home.file("a.txt", "one\n");
    git(&work, &["add", "-A"]);
    git(&work, &["commit", "-q", "-m", "first"]);
    home.file(".env", "secret\n");
    home
}

fn allow(terminal: &Terminal, command: &str) {
    terminal.wait_until("the ask", |screen| {
        screen.contains("wants to run") && screen.contains(command)
    });
    terminal.press("\x1ba");
    terminal.wait_until("the ask to be ready", |screen| {
        let mut lines = screen.lines();
        lines.any(|line| {
            line.contains("ready") && !line.contains("after") && line.contains("it stays")
        })
    });
    terminal.press("y");
}

#[test]
fn a_worktree_is_made_worked_in_merged_and_taken_away() {
    let home = home();
    let beside = home.beside("work.wt");
    let mut terminal = Terminal::start(&home, CREEL, &[], (30, 100));
    terminal.wait_for("Enter send");
    terminal.press("\x18N");
    terminal.wait_for("> work-1");
    terminal.wait_for("asks first");
    terminal.press("\r");
    allow(&terminal, "cp .env ready");
    terminal.wait_until("the set-up to end", |screen| {
        !screen.contains("wants to run")
    });
    assert!(beside.join("work-1/.env").exists());
    terminal.press("go\r");
    allow(&terminal, "git commit -qm 'Add b'");
    terminal.wait_for("It is done.");
    assert!(!home.work().join("b.txt").exists());

    terminal.press("\x18f");
    terminal.wait_for("+1 commit, 2 files changed, 1 not committed");
    terminal.wait_for("work-1 → main");
    terminal.press("c");
    terminal.wait_for("> Add ready");
    terminal.press("\r");
    terminal.wait_for("committed 1 file");
    terminal.press("M");
    terminal.wait_for("applies without a conflict, main moves forward");
    terminal.wait_for("Add b");
    terminal.press("y");
    terminal.wait_for("merged 2 commits into main");
    terminal.wait_for("Nothing would be lost.");
    assert_eq!(
        fs::read_to_string(home.work().join("b.txt")).unwrap(),
        "new\n"
    );
    terminal.press("y");
    terminal.wait_for("are gone");
    assert!(!beside.exists());
    assert_eq!(
        git(&home.work(), &["branch", "--format=%(refname:short)"]),
        "main"
    );
    terminal.wait_for("Enter send");
    terminal.press("\x03\x03");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn what_a_session_leaves_behind_is_told_with_the_way_to_remove_it() {
    let home = home();
    let mut terminal = Terminal::start(&home, CREEL, &["--worktree", "lone"], (24, 80));
    terminal.wait_for("wants to run");
    terminal.press("\x1b\x1b");
    terminal.wait_until("the set-up to be stopped", |screen| {
        !screen.contains("wants to run")
    });
    terminal.press("\x03\x03");
    assert_eq!(terminal.end(), 0);
    let folder = home.beside("work.wt").join("lone");
    assert!(folder.exists());
    let id = home.run(&["sessions", "--json"]).json()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let doctor = home.run(&["doctor"]);
    assert!(
        doctor.out.contains("1 made here, each with its session"),
        "{doctor:?}"
    );
    let purged = home.run(&["purge", &id]);
    assert!(
        purged.err.contains("with the branch lone stays"),
        "{purged:?}"
    );
    let checks = home.run(&["doctor", "--json"]).json();
    let lone = checks
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["name"] == "worktrees")
        .unwrap();
    assert!(
        lone["text"]
            .as_str()
            .unwrap()
            .contains("no session works in it"),
        "{lone}"
    );
    // The copy is not known to git, which keeps it until it is told to lose it.
    fs::remove_file(folder.join(".env")).unwrap();
    let removed = Command::new("sh")
        .args(["-c", lone["remedy"].as_str().unwrap()])
        .status()
        .unwrap();
    assert!(removed.success());
    let checks = home.run(&["doctor", "--json"]).json();
    assert!(
        checks
            .as_array()
            .unwrap()
            .iter()
            .all(|check| check["name"] != "worktrees")
    );
}
