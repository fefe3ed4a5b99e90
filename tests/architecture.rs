//! The floor plan as a test: who may import whom, which outside library belongs to which room, and the form of a file.
//! It reads text, so a macro that builds paths is not seen; a group within a group counts as its outer room.

#![allow(
    clippy::expect_used,
    reason = "a test that cannot read the house has failed"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// Lowest floor first; rooms on one floor do not know each other. A longer name wins.
const FLOORS: &[&[&str]] = &[
    &["protocol"],
    &["agent"],
    // Files are reached in one way by all rooms above.
    &["config", "disk"],
    &[
        "picture", "provider", "sandbox", "store", "skill", "project", "memory", "import",
        "archive",
    ],
    // Files of the home, read with the care that a project's are.
    &["note"],
    &["tool"],
    &["engine"],
    &["tui::terminal"],
    // The command line lists themes and makes them too.
    &["tui::theme"],
    &["command"],
    &["tui::widget"],
    &["tui::app"],
    &["tui::screen"],
    &["tui"],
    // Of the program alone: its wiring beside main.
    &["entry"],
    &["given", "layouts", "tour", "wishes"],
    &["workstation"],
    &["pick"],
];

/// Outside names, and the only rooms that may speak them.
const FENCES: &[(&str, &[&str])] = &[
    // Two programs keep their sessions in SQLite files, which are only read.
    ("rusqlite", &["store", "import"]),
    ("flate2", &["archive", "store"]),
    ("ruzstd", &["import"]),
    ("tantivy", &["memory"]),
    ("frostem", &["memory"]),
    ("icu_normalizer", &["memory"]),
    ("image", &["picture"]),
    ("reqwest", &["provider"]),
    ("rustls", &["provider"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui"]),
    ("signal_hook", &["tui"]),
    ("clap", &["command"]),
    ("clap_complete", &["command"]),
    ("clap_mangen", &["command"]),
    ("grep_searcher", &["tool"]),
    ("grep_regex", &["tool"]),
    ("ignore", &["tool"]),
    ("globset", &["agent", "project", "tool"]),
    ("serde_saphyr", &["skill", "tui::theme"]),
    ("landlock", &["sandbox"]),
    ("seccompiler", &["sandbox"]),
];

/// What can fail or wait is not on the two floors that only decide.
const NOT_BELOW_FLOOR_2: &[&str] = &[
    "tokio",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
];

/// The wall clock comes in as data below the engine; timers there are the runtime's, which a test can turn by hand.
const NOT_BELOW_FLOOR_5: &[&str] = &["SystemTime::now", "std::time::Instant"];

const WALL: usize = 500;

/// Flat data may be longer. Each with its reason.
const LONGER: &[&str] = &[
    // Words and signs of the languages that are coloured.
    "tui/widget/highlight/table.rs",
    // What keys of vi make of a text, a row for each.
    "tui/app/vim/cases.rs",
];

#[test]
fn the_house_keeps_its_plan() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&source, &mut files);
    assert!(
        files.len() > 20,
        "only {} files found in {}",
        files.len(),
        source.display()
    );
    let mut faults = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a source file is UTF-8");
        let path = file
            .strip_prefix(&source)
            .expect("below src")
            .to_string_lossy()
            .into_owned();
        faults.extend(check(&path, &text));
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The file with the one declaration of a function of the system that no library gives a safe face.
const UNSAFE: &str = "tui/memory.rs";

/// All that is wrong with one file, one line each. `path` is relative to `src`.
fn check(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let lines = text.lines().count();
    if lines > WALL && !LONGER.contains(&path) {
        faults.push(format!(
            "{path}: {lines} lines, the wall is {WALL}: look for the seam"
        ));
    }
    if !text.starts_with("//!") {
        faults.push(format!(
            "{path}: the first line must say with //! what the file owns"
        ));
    }
    let code = code_without_tests(path, text);
    for (form, reason) in [
        ("super::", "write crate:: instead of super::"),
        ("::*", "import names, not everything (::*)"),
        ("pub use ", "no pub use: it hides who imports whom"),
    ] {
        if !spoken(&code, form).is_empty() {
            faults.push(format!("{path}: {reason}"));
        }
    }
    let unsafe_code = spoken(&code, "unsafe ").len();
    if unsafe_code > 2 * usize::from(path == UNSAFE) {
        faults.push(format!(
            "{path}: no unsafe code; the two places for it are in {UNSAFE}"
        ));
    }
    if path == "lib.rs" || path == "main.rs" {
        return faults;
    }
    let module = path
        .trim_end_matches(".rs")
        .trim_end_matches("/mod")
        .replace('/', "::");
    let Some((floor, room)) = place(&module) else {
        faults.push(format!(
            "{path}: the room {module} is missing from the plan"
        ));
        return faults;
    };
    for import in imports(&code, "crate") {
        match place(&import) {
            None => faults.push(format!("{path}: {import} is not in the plan")),
            Some((above, other)) if other != room && above >= floor => {
                faults.push(format!("{path}: {room} may not import {other} ({import})"));
            }
            Some(_) => {}
        }
    }
    for (name, rooms) in FENCES {
        let inside = rooms
            .iter()
            .any(|owner| room == *owner || room.starts_with(&format!("{owner}::")));
        if !inside && speaks(&code, name) {
            faults.push(format!(
                "{path}: {room} may not speak {name}, which belongs to {}",
                rooms.join(" and ")
            ));
        }
    }
    let std_names: Vec<String> = ["std", "std::time"]
        .iter()
        .flat_map(|root| {
            let names = imports(&code, root);
            names.into_iter().map(move |name| format!("{root}::{name}"))
        })
        .collect();
    for (lowest, names) in [(2, NOT_BELOW_FLOOR_2), (5, NOT_BELOW_FLOOR_5)] {
        for name in names.iter().filter(|_| floor < lowest) {
            let spoken = std_names
                .iter()
                .any(|found| found == name || found.starts_with(&format!("{name}::")));
            if spoken || speaks(&code, name) {
                faults.push(format!(
                    "{path}: {name} is not allowed on floor {floor}, only from {lowest} up"
                ));
            }
        }
    }
    faults
}

/// The floor and name of the room a path of one or two segments lies in.
fn place(module: &str) -> Option<(usize, &'static str)> {
    let rooms = FLOORS
        .iter()
        .enumerate()
        .flat_map(|(floor, rooms)| rooms.iter().map(move |room| (floor, *room)));
    rooms
        .filter(|(_, room)| module == *room || module.starts_with(&format!("{room}::")))
        .max_by_key(|(_, room)| room.len())
}

/// The places where a text stands as a word of its own.
fn spoken(code: &str, text: &str) -> Vec<usize> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(text)
        .map(|(at, _)| at)
        .filter(|&at| !text.starts_with(word) || !code[..at].ends_with(word))
        .collect()
}

/// Whether a crate or a path is used, not merely a longer word that begins so.
fn speaks(code: &str, name: &str) -> bool {
    spoken(code, name).into_iter().any(|at| {
        let before = code[..at].trim_end();
        let inner = before
            .strip_suffix("::")
            .is_some_and(|path| path.ends_with(|c: char| c.is_alphanumeric() || c == '_'));
        let after = &code[at + name.len()..];
        let of_path =
            name.contains("::") && !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        of_path
            || (after.starts_with("::") && !inner)
            || (before.ends_with("use") && after.starts_with([';', ' ']))
    })
}

/// The first two segments after every `root::`, with one level of braces opened.
fn imports(code: &str, root: &str) -> Vec<String> {
    let mut found = Vec::new();
    for at in spoken(code, &format!("{root}::")) {
        let rest = &code[at + root.len() + 2..];
        match rest.strip_prefix('{') {
            None => found.push(two_segments(rest)),
            Some(group) => {
                let mut depth = 0;
                let mut start = 0;
                for (end, c) in group.char_indices() {
                    match c {
                        '{' => depth += 1,
                        ',' | '}' if depth == 0 => {
                            let entry = group[start..end].trim();
                            if !entry.is_empty() {
                                found.push(two_segments(entry));
                            }
                            start = end + 1;
                            if c == '}' {
                                break;
                            }
                        }
                        '}' => depth -= 1,
                        _ => {}
                    }
                }
            }
        }
    }
    found
}

fn two_segments(path: &str) -> String {
    let end = path
        .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
        .unwrap_or(path.len());
    path[..end]
        .split("::")
        .filter(|segment| !segment.is_empty())
        .take(2)
        .collect::<Vec<_>>()
        .join("::")
}

/// The text with comments and literals blanked out, up to the tests at its end; nothing of a file of tests alone.
fn code_without_tests(path: &str, text: &str) -> String {
    if path.ends_with("/tests.rs") || path.ends_with("/trial.rs") {
        return String::new();
    }
    let code = blanked(text);
    let tests = code
        .match_indices("#[cfg(test)]")
        .map(|(at, _)| at)
        .find(|&at| {
            let rest = code[at + "#[cfg(test)]".len()..].trim_start();
            rest.trim_start_matches("pub(crate) ").starts_with("mod ")
        });
    code[..tests.unwrap_or(code.len())].to_owned()
}

fn blanked(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let rest = &chars[at..];
        let end = match rest {
            ['/', '/', ..] => rest.iter().position(|&c| c == '\n').unwrap_or(rest.len()),
            ['/', '*', ..] => block_comment(rest),
            ['"', ..] => quoted(rest),
            ['r', '"' | '#', ..] if !out.ends_with(|c: char| c.is_alphanumeric() || c == '_') => {
                raw(rest)
            }
            ['\'', '\\', ..] => {
                2 + rest[2..]
                    .iter()
                    .skip(1)
                    .position(|&c| c == '\'')
                    .map_or(0, |end| end + 2)
            }
            ['\'', _, '\'', ..] => 3,
            _ => 0,
        };
        if end == 0 {
            out.push(chars[at]);
            at += 1;
        } else {
            out.push(' ');
            at += end.min(rest.len());
        }
    }
    out
}

fn block_comment(rest: &[char]) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at + 1 < rest.len() {
        match (rest[at], rest[at + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') if depth == 1 => return at + 2,
            ('*', '/') => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
    }
    rest.len()
}

fn quoted(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// A raw text; 0 where `r#` begins a raw identifier.
fn raw(rest: &[char]) -> usize {
    let hashes = rest[1..].iter().take_while(|&&c| c == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return 0;
    }
    let body = 2 + hashes;
    let closes = |at: &usize| {
        rest[*at] == '"'
            && rest[at + 1..]
                .iter()
                .take(hashes)
                .filter(|&&c| c == '#')
                .count()
                == hashes
    };
    (body..rest.len())
        .find(closes)
        .map_or(rest.len(), |at| at + 1 + hashes)
}

/// File, text, and the fault that must be found; `⏎` stands for a line end.
const PLANTED: &str = r##"
agent/turn.rs | use crate::protocol::op::Op; |
agent/turn.rs | use crate::config::Config; | agent may not import config (config::Config)
store/mod.rs | use crate::{protocol::id, provider::{Chunk, Provider}}; | store may not import provider (provider)
store/mod.rs | fn f() { crate::engine::start() } | store may not import engine (engine::start)
command/run.rs | use crate::tui::app::App; | command may not import tui::app (tui::app)
command/run.rs | use crate::tui::theme::Theme; |
command/run.rs | use crate::{engine::door::Door, config::Config}; |
tui/theme.rs | use crate::tui::widget::list; | tui::theme may not import tui::widget (tui::widget)
tui/screen/mod.rs | use crate::tui::app::App; use crate::tui::terminal::Terminal; |
tui/app/mod.rs | use crate::tui::start; | tui::app may not import tui (tui::start)
tui/mod.rs | use crate::tui::screen::draw; use crossterm::event::Event; |
mail/mod.rs | | the room mail is missing from the plan
agent/turn.rs | use crate::mail::Index; | mail::Index is not in the plan
engine/mod.rs | use rusqlite::Connection; | engine may not speak rusqlite, which belongs to store and import
engine/mod.rs | fn f(x: ::rusqlite::Row) {} | engine may not speak rusqlite, which belongs to store and import
command/cli.rs | use ratatui; | command may not speak ratatui, which belongs to tui
engine/mod.rs | use crate::tool::ignore::X; let ignore = 1; ignored::x(); |
agent/turn.rs | use std::{fmt, fs}; | std::fs is not allowed on floor 1, only from 2 up
agent/turn.rs | use std::fs::File; | std::fs is not allowed on floor 1, only from 2 up
protocol/id.rs | use tokio::sync::mpsc; | tokio is not allowed on floor 0, only from 2 up
protocol/id.rs | use tokio_util::x; fn f(a: my::tokio) {} |
store/mod.rs | let x = std::time::Instant::now(); | std::time::Instant is not allowed on floor 3, only from 5 up
store/mod.rs | use std::time::{Duration, Instant}; | std::time::Instant is not allowed on floor 3, only from 5 up
store/mod.rs | use tokio::time::Instant; let x = Instant::now(); |
engine/mod.rs | let x = SystemTime::now(); |
agent/turn.rs | use super::x; | write crate:: instead of super::
agent/turn.rs | use crate::protocol::op::*; | import names, not everything (::*)
agent/turn.rs | #[cfg(test)]⏎pub(crate) mod tests { use super::*; } |
agent/turn/tests.rs | use super::x; use std::fs; |
agent/turn.rs | #[cfg(test)]⏎use super::x; | write crate:: instead of super::
lib.rs | pub use crate::agent::turn; | no pub use: it hides who imports whom
main.rs | use rusqlite::x; use crate::tui::y; |
agent/turn.rs | // crate::engine⏎/* use rusqlite::x; /* y */ use super::z; */ let s = "tokio::spawn\" super::"; |
agent/turn.rs | let s = r#"" use super::x; "#; let c = '"'; let d = '\''; let l: &'static str = "super::"; |
agent/turn.rs | fn f() {}⏎#[cfg(test)]⏎mod tests { use super::*; use std::fs; } |
tui/app/mod.rs | fn f() { unsafe { g() } } | no unsafe code; the two places for it are in tui/memory.rs
tui/memory.rs | #[expect(unsafe_code)]⏎fn f() { unsafe extern "C" { safe fn g(); } } |
tui/memory.rs | unsafe extern "C" { safe fn g(); } fn f() { unsafe { h() } unsafe { i() } } | no unsafe code; the two places for it are in tui/memory.rs
"##;

#[test]
fn planted_faults_are_found_and_nothing_else() {
    for line in PLANTED.trim().lines() {
        let [path, body, fault] = line.split('|').map(str::trim).collect::<Vec<_>>()[..] else {
            panic!("a row of three: {line}");
        };
        let text = format!("//! Planted.\n{}\n", body.replace('⏎', "\n"));
        let expected = if fault.is_empty() {
            Vec::new()
        } else {
            vec![format!("{path}: {fault}")]
        };
        assert_eq!(check(path, &text), expected, "{body}");
    }
    let headless = check("agent/x.rs", "use std::fmt;");
    assert_eq!(
        headless,
        ["agent/x.rs: the first line must say with //! what the file owns"]
    );
    let long = check("agent/x.rs", &format!("//! Long.\n{}", "\n".repeat(500)));
    assert_eq!(
        long,
        ["agent/x.rs: 501 lines, the wall is 500: look for the seam"]
    );
}
