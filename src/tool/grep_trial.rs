//! The search, tried.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::protocol::call::Detail;
use crate::tool::shared::trial::Trial;
use serde_json::json;
use std::os::unix::fs::symlink;
use std::sync::Arc;

fn folder() -> Trial {
    let trial = Trial::default();
    trial.file(".gitignore", "target\n");
    trial.file("src/b.rs", "fn tide() {}\r\nlet Tide = 1;\r\n");
    trial.file(
        "src/a.rs",
        "one\ntwo\nfn tide(\nfour\nfive\nsix\nseven tide",
    );
    trial.file("notes.md", "tide \u{e9}\n");
    trial.file(".github/ci.yml", "tide: 1\n");
    trial.file(".git/config", "tide\n");
    trial.file("target/x.rs", "tide\n");
    trial.file("bin", b"tide\n\0tide\n");
    std::fs::write(trial.root.parent().unwrap().join("outside"), "tide").unwrap();
    symlink("../outside", trial.root.join("link")).unwrap();
    trial
}

#[test]
fn lines_that_match_are_told_by_file() {
    let trial = folder();
    trial
        .outputs
        .lock()
        .unwrap()
        .insert(3, b"one\n\x1b[31mti\x1b[0mde\n".to_vec());
    let cases = [
        (
            json!({"pattern": "tide"}),
            ".github/ci.yml\n1:tide: 1\nnotes.md\n1:tide \u{e9}\nsrc/a.rs\n3:fn tide(\n7:seven tide\nsrc/b.rs\n1:fn tide() {}",
        ),
        (
            json!({"pattern": "TIDE", "ignore_case": true, "glob": "b.rs"}),
            "src/b.rs\n1:fn tide() {}\n2:let Tide = 1;",
        ),
        (
            json!({"pattern": "tide$", "path": "src"}),
            "src/a.rs\n7:seven tide",
        ),
        (
            json!({"pattern": "tide", "path": "src/a.rs", "context": 1}),
            "src/a.rs\n2-two\n3:fn tide(\n4-four\n--\n6-six\n7:seven tide",
        ),
        (
            json!({"pattern": "tide", "glob": "**/*.md"}),
            "notes.md\n1:tide \u{e9}",
        ),
        (
            json!({"pattern": "tide\\b", "glob": "!*.{rs,md}"}),
            ".github/ci.yml\n1:tide: 1",
        ),
        (
            json!({"pattern": "tide", "path": "target"}),
            "target/x.rs\n1:tide",
        ),
        (json!({"pattern": "tide", "path": "output:3"}), "2:tide"),
        (
            json!({"pattern": "tide("}),
            "src/a.rs\n3:fn tide(\nsrc/b.rs\n1:fn tide() {}\n[no regex, sought as plain text: unclosed group]",
        ),
        (json!({"pattern": "ebb"}), "no matches"),
    ];
    for (input, expected) in cases {
        assert_eq!(
            trial.told("grep", input.clone()),
            format!("Done: {expected}"),
            "{input}"
        );
    }
    let cases = [
        (json!({"pattern": ""}), "`pattern` is empty"),
        (
            json!({"pattern": "a\nb"}),
            "a match lies within one line: the literal \"\\n\" is not allowed in a regex",
        ),
        (
            json!({"pattern": "x", "path": "none"}),
            "there is no file or folder none",
        ),
        (
            json!({"pattern": "x", "path": "output:4"}),
            "there is no output:4 in this session",
        ),
        (
            json!({"pattern": "x", "glob": "{"}),
            "`{` is no glob: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)",
        ),
        (
            json!({"pattern": "x", "path": "/dev/zero"}),
            "/dev/zero is a device, not a regular file",
        ),
    ];
    for (input, expected) in cases {
        assert_eq!(
            trial.told("grep", input.clone()),
            format!("Failed: {expected}"),
            "{input}"
        );
    }
}

#[test]
fn what_a_rule_hides_is_neither_searched_nor_named() {
    let mut trial = folder();
    symlink("src", trial.root.join("way")).unwrap();
    let (secret, way) = (trial.root.join("src/a.rs"), trial.root.join("way/b.rs"));
    trial.scene.hidden = Arc::new(move |path| path == secret || path == way);
    let cases = [
        (
            "grep",
            json!({"pattern": "tide", "path": "src"}),
            "src/b.rs\n1:fn tide() {}\n[1 files left out by a rule]",
        ),
        (
            "grep",
            json!({"pattern": "seven"}),
            "no matches\n[1 files left out by a rule]",
        ),
        (
            "grep",
            json!({"pattern": "tide", "path": "way"}),
            "no matches\n[2 files left out by a rule]",
        ),
        ("glob", json!({"pattern": "src/*"}), "src/b.rs"),
        ("glob", json!({"pattern": "way/*"}), "no files match"),
    ];
    for (tool, input, expected) in cases {
        assert_eq!(
            trial.told(tool, input.clone()),
            format!("Done: {expected}"),
            "{input}"
        );
    }
}

#[test]
fn many_matches_show_a_little_of_every_file() {
    let trial = Trial::default();
    for number in 0..20 {
        trial.file(
            &format!("file-{number:02}"),
            "a line that has the match in it\n".repeat(100),
        );
    }
    let ended = trial.run("grep", json!({"pattern": "match"}));
    let text = &ended.outcome.text;
    assert!(text.len() <= 8000 && text.len() > 5000, "{}", text.len());
    assert!(
        text.starts_with("file-00\n1:a line that has the match in it\n2:"),
        "{text}"
    );
    assert!(text.contains("\n… 92 more lines\nfile-01\n"), "{text}");
    assert!(
        text.ends_with(
            "… 2000 matches in 20 files, shown in part; more: output:7 (read or grep it)"
        )
    );
    assert_eq!(ended.outcome.detail, Detail::Hits { count: 2000 });
    assert_eq!(
        String::from_utf8(ended.whole.unwrap())
            .unwrap()
            .lines()
            .count(),
        2020
    );
}

#[test]
fn too_many_files_are_counted() {
    let trial = Trial::default();
    for number in 0..400 {
        trial.file(&format!("a-rather-long-name-{number:04}"), "match\n");
    }
    let ended = trial.run("grep", json!({"pattern": "match"}));
    assert!(ended.outcome.text.len() <= 8000);
    assert!(
        ended.outcome.text.ends_with("… 400 matches in 400 files, 158 of them not shown, shown in part; more: output:7 (read or grep it)"),
        "{}",
        &ended.outcome.text[7700..]
    );
    assert!(ended.whole.is_some());
}

#[test]
fn a_line_without_end_does_not_fill_the_answer() {
    let trial = Trial::default();
    trial.file(
        "min.js",
        format!("{}needle{}", "x".repeat(900_000), "y".repeat(900_000)),
    );
    let told = trial.told("grep", json!({"pattern": "needle"}));
    assert_eq!(
        told,
        format!(
            "Done: min.js\n1:…{}needle{}…",
            "x".repeat(60),
            "y".repeat(174)
        )
    );
}
