//! Row S-24: spellings of paths that would lead out of the session's folder, through every tool that takes a path. In the mode
//! that allows most, none of them is allowed, or what is allowed stays inside. A second name of the same file (a hard link)
//! cannot be told from the first, and is no case.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::agent::permission::{Asked, Verdict, decide};
use crate::protocol::rule::Mode;
use crate::tool::deed::Deed;
use crate::tool::shared::trial::Trial;
use crate::tool::{Scene, Toolbox};

/// In every file outside, and in the name of one in each folder there.
pub const CANARY: &str = "canary-from-outside";

/// How a spelling gets to the folder above the session's. `UP` is that folder, absolute; `ROOT` the session's own.
const WAYS: [&str; 26] = [
    "..",
    "./..",
    ".//..",
    "a/../..",
    "a/./.././..",
    "a/b/../../..",
    "none/../..",
    "../project/..",
    "ROOT/..",
    "ROOT/./..",
    "ROOT//a/../..",
    "UP",
    "/UP",
    "//UP/.",
    "/..UP",
    "/proc/self/rootUP",
    "/proc/thread-self/rootUP",
    "/proc/self/../self/rootUP",
    "~/../../../../../../../..UP",
    "link-up",
    "./link-up/.",
    "link-up/project/link-up",
    "chain",
    "absolute-link",
    "a/back",
    "root-linkUP",
];

/// What it names there.
const NAMES: [&str; 13] = [
    "secret",
    "./secret",
    "secret/",
    "secret/.",
    "deep/secret",
    "deep//secret",
    "deep/../secret",
    "deep/link-back/secret",
    "projectile/secret",
    "s?cret",
    "*",
    "**/*",
    "",
];

/// Spellings that are one of a kind. None of them names a file inside.
const ODD: [&str; 44] = [
    "SECRET",
    "../SECRET",
    "../secret.",
    "../secret ",
    " ../secret",
    "\t../secret",
    ".. /secret",
    ". ./secret",
    ".../secret",
    "..\\secret",
    "..%2fsecret",
    "%2e%2e/secret",
    "..%c0%afsecret",
    "\u{ff0e}\u{ff0e}/secret",
    "..\u{2215}secret",
    "..\u{ff0f}secret",
    "\u{202e}../secret",
    "\u{feff}../secret",
    "..\u{200b}/secret",
    "..\0/secret",
    "../secret\0",
    "..;/secret",
    "../secret?",
    "../secret#a",
    "../secret::$DATA",
    "file:///UP/secret",
    "file:UP/secret",
    "ROOTile/secret",
    "ROOT.git/secret",
    "~root/secret",
    "~+/../secret",
    "~-/secret",
    "$PWD/../secret",
    "${PWD}/../secret",
    "`pwd`/../secret",
    "output:../secret",
    "output: /etc/passwd",
    "output:0x1",
    "{..,.}/secret",
    "{UP,a}/secret",
    "[.][.]/secret",
    "file-link",
    "dangling",
    "loop/secret",
];

struct World {
    trial: Trial,
    up: PathBuf,
    /// Held open, since the system has a name for what is open.
    held: Vec<File>,
}

impl World {
    fn new() -> Self {
        let trial = Trial::default();
        let up = trial.root.parent().unwrap().to_owned();
        for folder in ["", "deep", "projectile", "project.git"] {
            let folder = up.join(folder);
            fs::create_dir_all(&folder).unwrap();
            for name in ["secret", CANARY] {
                fs::write(folder.join(name), format!("{CANARY}\n")).unwrap();
            }
        }
        symlink("..", up.join("deep/link-back")).unwrap();
        trial.file("a/b/c", "inside\n");
        for (link, target) in [
            ("link-up", "..".into()),
            ("chain", "chain-2".into()),
            ("chain-2", "a/chain-3".into()),
            ("a/chain-3", "../..".into()),
            ("absolute-link", up.clone()),
            ("a/back", PathBuf::from("../../deep/..")),
            ("root-link", "/proc/self/root".into()),
            ("file-link", "../secret".into()),
            ("dangling", "../made-through-a-link".into()),
            ("loop", "loop".into()),
            ("inside-link", "a/b".into()),
        ] {
            symlink(target, trial.root.join(link)).unwrap();
        }
        let held = vec![
            File::open(up.join("secret")).unwrap(),
            File::open(&up).unwrap(),
        ];
        Self { trial, up, held }
    }

    fn spellings(&self) -> Vec<String> {
        let crossed = WAYS
            .iter()
            .flat_map(|way| NAMES.iter().map(move |name| format!("{way}/{name}")));
        let mut all: Vec<String> = crossed.chain(ODD.map(str::to_owned)).collect();
        for (file, name) in self.held.iter().zip(["", "/secret"]) {
            let number = file.as_raw_fd();
            for place in ["/proc/self/fd", "/dev/fd", "/proc/thread-self/fd"] {
                all.push(format!("{place}/{number}{name}"));
                let link = format!("held-{}", all.len());
                symlink(format!("{place}/{number}"), self.trial.root.join(&link)).unwrap();
                all.push(format!("{link}{name}"));
            }
        }
        for many in [10, 1_000, 20_000] {
            all.push(format!("{}../secret", "./".repeat(many)));
            all.push(format!("{}../secret", "a/../".repeat(many)));
            all.push(format!("{}UP/secret", "../".repeat(many)));
            all.push(format!("{}/../../secret", "x".repeat(many)));
        }
        let (up, root) = (self.up.to_str().unwrap(), self.trial.root.to_str().unwrap());
        all.into_iter()
            .map(|spelling| spelling.replace("UP", up).replace("ROOT", root))
            .collect()
    }
}

/// Each tool with a spelling as its path, and as the part of a pattern that is one.
fn calls(spelling: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("read", json!({"path": spelling})),
        ("grep", json!({"pattern": "canary", "path": spelling})),
        (
            "grep",
            json!({"pattern": "canary", "glob": spelling, "path": "."}),
        ),
        ("glob", json!({"pattern": spelling})),
        ("glob", json!({"pattern": "**/*", "path": spelling})),
        ("write", json!({"path": spelling, "content": "overwritten"})),
        (
            "edit",
            json!({"path": spelling, "old_string": CANARY, "new_string": "changed"}),
        ),
    ]
}

/// What the model reads of a call that mode `auto` allows; `None` where it is asked about, or is no call.
pub fn told(trial: &Trial, tool: &str, input: &Value) -> Option<String> {
    let place = &trial.scene.place;
    let found = Toolbox::shipped().get(tool).unwrap();
    let reach = found.reach(input, place).ok()?;
    let verdict = decide(&Asked {
        tool,
        reach: &reach,
        mode: Mode::Auto,
        rules: &[],
        cwd: &place.cwd,
        roots: &place.roots,
        home: None,
        cage: crate::agent::permission::Cage::GIVEN_UP,
        untrusted: None,
    });
    if verdict != Verdict::Allow {
        return None;
    }
    let scene = Scene {
        reached: Some(reach.into()),
        ..trial.scene.clone()
    };
    let deed = Arc::new(Deed::of(&*found, input, &scene));
    let outcome = trial.wait(found.run(deed, scene)).outcome;
    Some(format!("{:?}: {}", outcome.kind, outcome.text))
}

/// Every file below a folder but those of `left`, with what is in it.
pub fn content(folder: &Path, left: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path == left || path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            found.insert(path.clone(), Vec::new());
            found.extend(content(&path, left));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

/// Row S-24.
#[test]
fn no_spelling_of_a_path_leads_out() {
    let world = World::new();
    let before = content(&world.up, &world.trial.root);
    let spellings = world.spellings();
    assert!(spellings.len() >= 300, "{}", spellings.len());
    let mut leaks = Vec::new();
    for spelling in &spellings {
        for (tool, input) in calls(spelling) {
            let told = told(&world.trial, tool, &input);
            // A pattern that matches nothing may be told back.
            if told.is_some_and(|told| told.contains(CANARY)) {
                let start: String = input.to_string().chars().take(200).collect();
                leaks.push(format!("{tool} {start}"));
            }
        }
    }
    assert_eq!(leaks, Vec::<String>::new());
    assert_eq!(content(&world.up, &world.trial.root), before);
}

/// The other side of row S-24: however it is spelled, what lies inside is not asked about.
#[test]
fn every_spelling_of_a_path_inside_is_taken() {
    let world = World::new();
    let root = world.trial.root.to_str().unwrap().to_owned();
    for spelling in [
        "a/b/c",
        "./a/b/c",
        "a//b/./c",
        "a/b/../b/c",
        "../project/a/b/c",
        "none/../a/b/c",
        "inside-link/c",
        "./inside-link/./c",
        "ROOT/a/b/c",
        "ROOT/../project/a/b/c",
        "/..ROOT/a/b/c",
    ] {
        let spelling = spelling.replace("ROOT", &root);
        let told = told(&world.trial, "read", &json!({"path": spelling}));
        assert_eq!(told.as_deref(), Some("Done: inside\n"), "{spelling}");
    }
}
