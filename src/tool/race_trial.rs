//! Row S-25: while file tools run, another thread puts a link to the outside in a folder's place and the folder back, as fast as
//! it can. Nothing is read, listed, written or made behind the link.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use pretty_assertions::assert_eq;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde_json::{Value, json};

use crate::project::instructions;
use crate::tool::path_trial::{CANARY, content, told};
use crate::tool::shared::trial::Trial;

/// Rounds of calls: `CREEL_SOAK`, else what fits the suite.
fn rounds() -> u64 {
    let soak = std::env::var("CREEL_SOAK").ok();
    soak.and_then(|rounds| rounds.parse().ok()).unwrap_or(80)
}

/// A folder `swapped` inside and a link to the outside that change places.
fn world() -> Trial {
    let trial = Trial::default();
    let outside = trial.root.parent().unwrap().join("outside");
    fs::create_dir(&outside).unwrap();
    for name in ["file", "AGENTS.md", CANARY] {
        fs::write(outside.join(name), format!("{CANARY}\n")).unwrap();
    }
    trial.file("swapped/file", "inside\n");
    trial.file("AGENTS.md", "inside\n");
    symlink("../outside", trial.root.join("link")).unwrap();
    symlink("../outside/AGENTS.md", trial.root.join("AGENTS-link")).unwrap();
    trial
}

/// What changes places.
const PAIRS: [(&str, &str); 2] = [("swapped", "link"), ("AGENTS.md", "AGENTS-link")];

fn swap(root: &Path) -> rustix::io::Result<()> {
    for (one, other) in PAIRS {
        let (one, other) = (root.join(one), root.join(other));
        renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?;
    }
    Ok(())
}

fn calls(round: u64) -> Vec<(&'static str, Value)> {
    let write = |path: String| ("write", json!({"path": path, "content": "inside\n"}));
    vec![
        ("read", json!({"path": "swapped/file"})),
        ("grep", json!({"pattern": "canary|inside", "path": "."})),
        (
            "grep",
            json!({"pattern": "canary|inside", "path": "swapped"}),
        ),
        ("glob", json!({"pattern": "**/*"})),
        ("glob", json!({"pattern": "swapped/*"})),
        write("swapped/file".to_owned()),
        write(format!("swapped/made-{round}")),
        write(format!("swapped/folder-{round}/deep/made")),
        (
            "edit",
            json!({"path": "swapped/file", "old_string": "inside", "new_string": "inside too"}),
        ),
    ]
}

/// Row S-25.
#[test]
fn no_link_that_appears_meanwhile_leads_out() {
    let trial = world();
    let up = trial.root.parent().unwrap().to_owned();
    if swap(&trial.root).is_err() || swap(&trial.root).is_err() {
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED swapped links: this file system exchanges no names"
        );
        return;
    }
    let before = content(&up, &trial.root);
    let (over, swaps) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut done: BTreeMap<&str, u64> = BTreeMap::new();
    let mut leaks = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                swap(&trial.root).unwrap();
                swaps.fetch_add(1, Ordering::Relaxed);
            }
        });
        for round in 0..rounds() {
            for (tool, input) in calls(round) {
                let Some(told) = told(&trial, tool, &input) else {
                    continue;
                };
                *done.entry(tool).or_default() += u64::from(told.starts_with("Done"));
                if told.contains(CANARY) {
                    leaks.push(format!("{tool} {input}: {told}"));
                }
            }
            let said = instructions::read(&trial.root, &trial.root);
            leaks.extend(
                said.map(|said| said.text)
                    .filter(|text| text.contains(CANARY)),
            );
        }
        over.store(true, Ordering::Relaxed);
    });
    assert_eq!(leaks, Vec::<String>::new());
    assert_eq!(content(&up, &trial.root), before);
    // Else nothing was tried.
    let tools: Vec<&str> = done.keys().copied().collect();
    assert_eq!(tools, ["edit", "glob", "grep", "read", "write"], "{done:?}");
    assert!(done.values().all(|count| *count > 0), "{done:?}");
    assert!(swaps.into_inner() > rounds(), "hardly anything was swapped");
}
