//! Row S-19: lines made at random are given to a real bash, whose `PATH` holds nothing but programs that write down how they were
//! called. Nothing runs that our reading of the line has not found, word by word.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use creel::agent::command_line::{Part, split};

use crate::support::{Dice, rounds, skipped};

const BASH: &str = "/bin/bash";

/// What lines are made of. No word that has the shell itself run another text: what such a one does is another module's.
const PIECES: [&str; 58] = [
    "a", "b", "c", "a ", "b ", "c ", "a x ", "b -y ", " ", " ", "\t", "\n", ";", "; ", " && ",
    " || ", " | ", " & ", "'", "'", "\"", "\"", "\\", "$(", ")", "`", "$x", "${x}", "${x:-a}",
    "$((1+1))", "#", " # ", "*", "?", "[", "]", "~", "{", "}", "{a,b}", " >f ", " <f ", " 2>&1 ",
    ">", "<<", "=", "x=1 ", "!", "! ", "$'", "\\\n", "é", "\u{a0}", "if ", "then ", "fi", "%", "^",
];

/// The programs, and the folder in which each writes how it was called.
fn stubs(folder: &Path) {
    let text = "#!/bin/sh\nprintf '%s\\000' \"${0##*/}\" \"$@\" > \"$SAID/$$\"\n";
    fs::create_dir(folder.join("bin")).unwrap();
    for name in ["a", "b", "c"] {
        let path = folder.join("bin").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// The words of each command that bash ran.
fn run(folder: &Path, line: &str) -> Vec<Vec<String>> {
    // What an earlier one left running writes into its own.
    let round = tempfile::tempdir_in(folder).unwrap();
    let (said, work) = (round.path().join("said"), round.path().join("work"));
    for place in [&said, &work] {
        fs::create_dir(place).unwrap();
    }
    // What it begins in the background ends before it does.
    let ended = Command::new(BASH)
        .args(["--norc", "--noprofile", "-c", &format!("{line}\nwait")])
        .current_dir(&work)
        .env_clear()
        .env("PATH", folder.join("bin"))
        .env("SAID", &said)
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    ended.unwrap();
    let entries = fs::read_dir(&said).unwrap().flatten();
    entries
        .map(|entry| {
            let bytes = fs::read(entry.path()).unwrap();
            let words = bytes
                .strip_suffix(&[0])
                .unwrap_or(&bytes)
                .split(|byte| *byte == 0);
            words
                .map(|word| String::from_utf8_lossy(word).into_owned())
                .collect()
        })
        .collect()
}

/// Whether these are the words of the command, up to the first that only bash can tell: an expansion, a wildcard, a home.
fn is_it(part: &Part, ran: &[String]) -> bool {
    let told = |(index, word): (usize, &String)| {
        let open = part.open.contains(&index) || part.wild.contains(&index);
        !open && !word.starts_with('~')
    };
    let told = part
        .words
        .iter()
        .enumerate()
        .take_while(|word| told(*word))
        .count();
    let all = told == part.words.len();
    if all {
        part.words == ran
    } else {
        ran.get(..told) == part.words.get(..told)
    }
}

#[test]
fn bash_runs_nothing_that_was_not_found_in_the_line() {
    if !Path::new(BASH).exists() {
        return skipped("bash itself", "there is no /bin/bash");
    }
    let folder = tempfile::tempdir().unwrap();
    stubs(folder.path());
    let mut told: BTreeMap<bool, u64> = BTreeMap::new();
    let mut commands = 0;
    let count = rounds(4_000);
    for seed in 0..count {
        let mut dice = Dice::new(seed);
        let pieces = 2 + dice.below(9);
        let line: String = (0..pieces)
            .map(|_| PIECES[dice.below(PIECES.len() as u64) as usize])
            .collect();
        let parts = split(&line);
        *told.entry(parts.is_ok()).or_default() += 1;
        let Ok(parts) = parts else { continue };
        // Nothing of it could run.
        if parts.iter().all(|part| part.words.is_empty()) {
            continue;
        }
        for ran in run(folder.path(), &line) {
            commands += 1;
            assert!(
                parts.iter().any(|part| is_it(part, &ran)),
                "seed {seed}: {line:?} ran {ran:?}, found was {parts:#?}"
            );
        }
    }
    assert!(
        commands > count / 40,
        "hardly anything ran: {commands}, {told:?}"
    );
}
