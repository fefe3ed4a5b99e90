//! A task of twelve steps and an answer: the project it works in, what the model says, and how the commits it cost are counted.

#![expect(clippy::format_collect, reason = "text of a trial, made once")]

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::support::server::Turn;
use crate::support::{Home, said};

/// A small project under git; false where there is no git.
pub fn project(home: &Home) -> bool {
    let paragraph = "Paragraph: the project has modules, a generator and a big log.\n\n";
    home.file(
        "README.md",
        &format!("# Bench project\n\n{}", paragraph.repeat(34)),
    );
    for module in 0..30 {
        let functions: String = (0..12)
            .map(|n| {
                format!(
                    "def f_{module}_{n}(x):\n    # TODO tune {n}\n    return x * {n} + {module}\n\n"
                )
            })
            .collect();
        home.file(&format!("src/mod_{module:02}.py"), &functions);
    }
    let handlers: String = (0..40)
        .map(|n| format!("def handler_{n}(req):\n    return GREETING + str(req) + '{n}'\n\n"))
        .collect();
    home.file("src/app.py", &format!("GREETING = \"hello\"\n\n{handlers}"));
    let util: String = (0..80)
        .map(|n| format!("def util_{n}(a, b):\n    return (a + b) * {n}\n\n"))
        .collect();
    home.file("src/util.py", &util);
    let line = "step value=%s status=ok note=generated line for the bench\\n";
    home.file(
        "gen.sh",
        &format!("i=0\nwhile [ $i -lt 1000 ]; do printf \"$i {line}\" $i; i=$((i + 1)); done\n"),
    );
    let log: String = (0..3000)
        .map(|n| {
            format!(
                "2026-01-01T00:{:02}:{:02}Z worker={} job={} ok\n",
                n / 60,
                n % 60,
                n % 7,
                n * 31_337 % 99_991 + 100_000_000
            )
        })
        .collect();
    home.file("big.log", &log);
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command
            .args([
                "-c",
                "user.name=b",
                "-c",
                "user.email=b@localhost",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(arguments)
            .env_clear()
            .envs(home.environment())
            .current_dir(home.work())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        command
    };
    if git(&["--version"]).output().is_err() {
        return false;
    }
    for arguments in [
        &["init", "-q"][..],
        &["add", "-A"],
        &["commit", "-qm", "init"],
    ] {
        let done = said(git(arguments));
        assert_eq!(done.code, 0, "{done:?}");
    }
    true
}

/// What the model says, one call a step.
pub fn steps() -> Vec<Turn> {
    let notes: String = (0..30)
        .map(|n| format!("- finding {n}: the generator and the log agree on item {n}\n"))
        .collect();
    let calls = [
        ("glob", json!({"pattern": "*"})),
        ("read", json!({"path": "README.md"})),
        ("read", json!({"path": "src/app.py"})),
        ("grep", json!({"pattern": "TODO tune 3", "path": "src"})),
        (
            "edit",
            json!({"path": "src/app.py", "old_string": "GREETING = \"hello\"", "new_string": "GREETING = \"good day\""}),
        ),
        ("bash", json!({"command": "sh gen.sh"})),
        ("read", json!({"path": "big.log"})),
        ("bash", json!({"command": "git status --short"})),
        (
            "write",
            json!({"path": "NOTES.md", "content": format!("# Notes\n\n{notes}")}),
        ),
        ("bash", json!({"command": "wc -l src/*.py"})),
        ("read", json!({"path": "src/util.py"})),
        ("bash", json!({"command": "git diff --stat"})),
    ];
    let mut steps: Vec<Turn> = calls
        .into_iter()
        .enumerate()
        .map(|(n, (tool, input))| {
            let text = format!(
                "Step {}: next I will use {tool} to make progress on the task.",
                n + 1
            );
            Turn::call(&text, tool, &input)
        })
        .collect();
    steps.push(Turn::text("All twelve steps are done."));
    steps
}

/// The commits in a database's file of writes: each ends with a frame that names the size of the database.
pub fn commits(db: &Path) -> usize {
    let wal = fs::read(format!("{}-wal", db.display())).unwrap_or_default();
    let Some((header, frames)) = wal.split_at_checked(32) else {
        return 0;
    };
    let word = |bytes: &[u8], at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    let page = word(header, 8) as usize;
    frames
        .chunks_exact(24 + page)
        .take_while(|frame| frame[8..16] == header[16..24])
        .filter(|frame| word(frame, 4) != 0)
        .count()
}
