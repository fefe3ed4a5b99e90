//! Files that are no sessions, or not any more: whatever stands in them is a problem with its line and ends.

use std::fs;
use std::path::Path;

use creel::import::Problem;
use creel::import::read::read;
use creel::protocol::import::Program;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::import::{home, listing};
use crate::support::rounds;

/// A name under which the program looks into a file alone.
fn name(program: Program) -> &'static str {
    match program {
        Program::Hermes => "state.db",
        _ => "session.jsonl",
    }
}

fn tried(program: Program, path: &Path, bytes: &[u8]) -> Vec<Problem> {
    fs::write(path, bytes).unwrap();
    let problems = read(program, path).map(|(_, problems)| problems);
    let problems = problems.unwrap_or_default();
    for problem in &problems {
        assert!(problem.path == path && problem.text.chars().count() < 300);
    }
    problems
}

#[test]
fn what_cannot_be_read_is_one_problem_each() {
    let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    let lines: Vec<(String, bool)> = vec![
        ("null".to_owned(), true),
        ("7".to_owned(), true),
        ("\"text\"".to_owned(), true),
        ("[]".to_owned(), true),
        ("{}".to_owned(), true),
        ("{\"type\":".to_owned(), true),
        (
            "{\"type\":7,\"role\":7,\"_type\":7,\"timestamp\":7}".to_owned(),
            true,
        ),
        ("\0\0\0\0".to_owned(), true),
        (deep.clone(), true),
        (
            format!("{{\"type\":\"user\",\"type\":\"user\",\"role\":{deep}}}"),
            true,
        ),
        ("   ".to_owned(), false),
    ];
    for program in Program::ALL
        .into_iter()
        .filter(|program| *program != Program::Hermes)
    {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name(program));
        for (line, problem) in &lines {
            let text = format!("\n{line}\n\n{line}");
            let found = tried(program, &path, text.as_bytes());
            let numbers: Vec<_> = found.iter().map(|problem| problem.line).collect();
            let expected: &[u64] = if *problem { &[2, 4] } else { &[] };
            assert_eq!(numbers, expected, "{} {line:.80}", program.name());
        }
        let found = tried(program, &path, b"\xff\xfe\n\xc3(\n");
        assert_eq!(found.len(), 2);
    }
}

#[test]
fn deep_content_is_read_without_falling_through() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for (program, line) in [
        (
            Program::Claude,
            format!(
                r#"{{"type":"user","uuid":"a","timestamp":"2026-01-01T00:00:00Z","message":{{"content":{deep}}}}}"#
            ),
        ),
        (
            Program::Claude,
            format!(
                r#"{{"type":"assistant","uuid":"a","timestamp":"2026-01-01T00:00:00Z","message":{{"content":[{{"type":"tool_use","id":"c","name":"n","input":{deep}}}]}}}}"#
            ),
        ),
        (
            Program::Codex,
            format!(
                r#"{{"type":"response_item","timestamp":"2026-01-01T00:00:00Z","payload":{{"type":"message","role":"user","content":{deep}}}}}"#
            ),
        ),
        (
            Program::Pi,
            format!(
                r#"{{"type":"message","id":"a","timestamp":"2026-01-01T00:00:00Z","message":{{"role":"user","content":{deep}}}}}"#
            ),
        ),
        (
            Program::Nanobot,
            format!(r#"{{"role":"user","content":{deep}}}"#),
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        tried(
            program,
            &folder.path().join("session.jsonl"),
            line.as_bytes(),
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: rounds(8) as u32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_to_their_end(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let folder = tempfile::tempdir().unwrap();
        for program in Program::ALL {
            for name in ["session.jsonl", "session.jsonl.zst", "openclaw-agent.sqlite", "state.db"] {
                let lines = bytes.split(|byte| *byte == b'\n').count() as u64;
                let found = tried(program, &folder.path().join(name), &bytes);
                prop_assert!(found.iter().all(|problem| problem.line <= lines.max(1)));
            }
        }
    }
}

/// What is done to a file: bytes cut out, turned, put in, doubled.
#[derive(Debug, Clone)]
enum Damage {
    Cut(Index, usize),
    Turn(Index, u8),
    Put(Index, Vec<u8>),
    Double(Index, usize),
}

impl Damage {
    fn to(&self, bytes: &mut Vec<u8>) {
        let len = bytes.len() + 1;
        let within = |at: &Index, size: usize| {
            let from = at.index(len);
            from..(from + size).min(len - 1)
        };
        match self {
            Self::Cut(at, size) => drop(bytes.drain(within(at, *size))),
            Self::Turn(at, mask) => {
                if let Some(byte) = bytes.get_mut(at.index(len)) {
                    *byte ^= mask;
                }
            }
            Self::Put(at, more) => drop(bytes.splice(within(at, 0), more.iter().copied())),
            Self::Double(at, size) => bytes.extend_from_within(within(at, *size)),
        }
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    let parts = prop::sample::select(vec![
        &b"null"[..],
        b"\"",
        b"{",
        b"}",
        b"[",
        b"]",
        b"\n",
        b"\\",
        b"\0",
        b"-1",
        b"1e999",
        b"99999999999999999999",
    ]);
    prop_oneof![
        (any::<Index>(), 0..600usize).prop_map(|(at, size)| Damage::Cut(at, size)),
        (any::<Index>(), 1..=255u8).prop_map(|(at, mask)| Damage::Turn(at, mask)),
        (any::<Index>(), parts).prop_map(|(at, part)| Damage::Put(at, part.to_vec())),
        (any::<Index>(), 0..2000usize).prop_map(|(at, size)| Damage::Double(at, size)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: rounds(8) as u32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_homes_are_read_to_their_end(damages in prop::collection::vec(damage(), 1..8), file in any::<Index>()) {
        for program in Program::ALL {
            let home = home(program);
            let files = listing(home.path());
            let (path, _) = file.get(&files);
            let mut bytes = fs::read(path).unwrap();
            for damage in &damages {
                damage.to(&mut bytes);
            }
            fs::write(path, bytes).unwrap();
            let once = read(program, home.path()).unwrap();
            let twice = read(program, home.path()).unwrap();
            prop_assert!(once == twice, "the same is read twice");
        }
    }
}
