//! The level is what was measured, whatever is missing and whoever lies.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use creel::protocol::sandbox::Level;
use creel::sandbox::canary;
use creel::sandbox::plan::Walls;
use tempfile::TempDir;

use crate::sandbox::levels;
use crate::support::{CREEL, Home, skipped};

/// Finds its helper as the program that makes namespaces does, and makes none.
pub const RUNS: &str = "#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done\nshift\nshift\n";

/// A program of that text.
pub fn program(folder: &TempDir, name: &str, text: &str) -> std::path::PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn who_only_says_that_it_isolates_is_caught() {
    let kernel = canary::measure(Path::new(CREEL), None).level;
    let folder = TempDir::new().unwrap();
    for (name, text) in [
        ("lies", format!("{RUNS}exec {CREEL} \"$@\"\n")),
        ("does nothing", "#!/bin/sh\nexit 0\n".to_owned()),
        (
            "fails",
            "#!/bin/sh\necho no namespaces >&2\nexit 1\n".to_owned(),
        ),
        ("is none", "not a program".to_owned()),
    ] {
        let stub = program(&folder, "bwrap", &text);
        let measured = canary::measure(Path::new(CREEL), Some(stub));
        assert_eq!(measured.level, kernel, "{name}: {}", measured.lacks);
        assert!(matches!(measured.walls, Walls::Kernel), "{name}");
        assert!(
            measured.lacks.contains("bwrap is there and"),
            "{name}: {}",
            measured.lacks
        );
    }
}

#[test]
fn without_the_helper_there_is_no_level() {
    for program in ["/nowhere/creel", "/bin/true", "/bin/false"] {
        let measured = canary::measure(Path::new(program), None);
        assert_eq!(
            (measured.level, measured.walls),
            (Level::None, Walls::None),
            "{program}"
        );
        assert!(!measured.lacks.is_empty());
    }
}

/// Creel as its own command, where a kernel has no Landlock (its calls answer that there are none), or no user namespaces.
#[test]
fn a_kernel_that_lacks_something_is_told_as_it_is() {
    if !crate::sandbox::has("strace") {
        return skipped("a kernel without Landlock", "there is no strace");
    }
    let home = Home::new();
    let mut command = std::process::Command::new("strace");
    command
        .args(["-f", "-q", "-o", "/dev/null"])
        .args(["-e", "inject=landlock_create_ruleset:error=ENOSYS"])
        .args([CREEL, "doctor", "--json"])
        .env_clear()
        .envs(home.environment())
        .current_dir(home.work())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let output = command.output().unwrap();
    if output.stdout.is_empty() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return skipped(
            "a kernel without Landlock",
            said.lines().next().unwrap_or("strace fails"),
        );
    }
    let checks: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut checks = checks.as_array().unwrap().iter();
    let check = checks.find(|check| check["name"] == "sandbox").unwrap();
    let text = check["text"].as_str().unwrap();
    assert!(
        text.starts_with("level partial: files are NOT protected")
            && text.contains("write files outside the folder"),
        "{text}"
    );
    assert_eq!(check["state"], "warn");
}

const ACTS: &str =
    "> *\n< call bash {\"command\": \"echo x > ../outside; cat ../script.md\"}\n\n< text: done\n";

#[test]
fn a_run_without_a_sandbox_must_be_wished_for() {
    if levels("a run").is_empty() {
        return;
    }
    let home = Home::scripted(ACTS);
    let held = home.run(&["run", "--mode", "auto", "--output", "stream-json", "go"]);
    assert_eq!(held.code, 0, "{held:?}");
    assert!(!home.beside("outside").exists(), "{held:?}");
    assert!(held.out.contains("(sandbox: writes only"), "{held:?}");
    let free = home.run(&[
        "run",
        "--mode",
        "auto",
        "--no-sandbox",
        "--output",
        "json",
        "go",
    ]);
    assert_eq!(free.code, 0, "{free:?}");
    assert!(home.beside("outside").exists(), "{free:?}");
}

/// Forty variables that must not be seen, by any way a command has to look at its surroundings.
#[test]
fn a_command_sees_no_key_of_its_creel() {
    let home = Home::scripted(
        "> *\n< call bash {\"command\": \"env; tr '\\\\0' '\\\\n' < /proc/self/environ; cat /proc/$PPID/environ /proc/[0-9]*/environ 2>/dev/null; ls /proc/self/fd | tr '\\\\n' ,; echo end\"}\n\n< text: done\n",
    );
    let names = ["API_KEY", "TOKEN", "SECRET", "PASSWORD", "AUTH"];
    let canaries = (0..40).map(|n| {
        let name = format!("{}_{n}", names[n % names.len()]);
        (name, format!("canary-{n}-value"))
    });
    let mut command = home.creel(&["run", "--mode", "auto", "--output", "stream-json", "go"]);
    command.envs(canaries).env("SSH_AUTH_SOCK", "canary-socket");
    command.env("LD_PRELOAD_CANARY", "canary-preload");
    let said = crate::support::said(command);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(!said.out.contains("canary"), "{said:?}");
    assert!(said.out.contains("0,1,2,3,end"), "{said:?}");
}

/// What git keeps of a worktree lies in the main repository.
#[test]
fn a_commit_is_made_in_a_worktree() {
    if !crate::sandbox::has("git") {
        return skipped("a worktree", "there is no git");
    }
    let home = Home::scripted(
        "> *\n< call bash {\"command\": \"echo x > new && git add new && git -c user.name=a -c user.email=a@b commit -qm two && git log --oneline | wc -l\"}\n\n< text: done\n",
    );
    let main = home.beside("main");
    let tree = home.beside("tree");
    let made = format!(
        "git init -q {main} && cd {main} && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m one && git worktree add -q {tree}",
        main = main.display(),
        tree = tree.display()
    );
    let status = std::process::Command::new("sh")
        .args(["-c", &made])
        .status();
    assert!(status.unwrap().success());
    let tree = tree.display().to_string();
    let said = home.run(&[
        "run",
        "--mode",
        "auto",
        "--cwd",
        &tree,
        "--output",
        "stream-json",
        "go",
    ]);
    let told = said.lines();
    let outcome = told.iter().find(|line| line["type"] == "outcome").unwrap();
    assert_eq!(outcome["text"], "2", "{said:?}");
}

/// A hook that was not there before cannot be kept out by the kernel's walls; whoever reads the result is told of it.
#[test]
fn what_would_run_later_is_told_of() {
    if levels("what is told").is_empty() {
        return;
    }
    let home = Home::scripted(
        "> *\n< call bash {\"command\": \"mkdir -p .git/hooks .creel; echo x > .git/hooks/pre-commit; echo done\"}\n\n< text: done\n",
    );
    let said = home.run(&["run", "--mode", "auto", "--output", "stream-json", "go"]);
    let told = said.lines();
    let outcome = told.iter().find(|line| line["type"] == "outcome").unwrap();
    assert_eq!(
        outcome["text"],
        "done\n(sandbox: changed while it ran, and may decide what runs later outside of it: .git/hooks, .creel)",
        "{said:?}"
    );
}
