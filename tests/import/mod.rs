//! Sessions of other programs, as they are read: fixtures of each form with its traps, and a manifest of what they hold that was
//! written by hand. `fixtures/PROGRAM/home` is the home of a program; what is packed or a database is made of texts beside it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod clean;
mod continued;
mod cut;
mod damage;
mod stopped;
mod taken;

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use creel::import::read::read;
use creel::import::{Problem, Session, Spent, What};
use creel::protocol::import::Program;
use pretty_assertions::assert_eq;
use rusqlite::Connection;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use tempfile::TempDir;

fn fixtures(program: Program) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/import/fixtures")
        .join(program.name())
}

/// A home of a program, with all that belongs to it.
fn home(program: Program) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = fixtures(program);
    copy(&fixtures.join("home"), folder.path());
    let text = |name: &str| fs::read_to_string(fixtures.join(name)).unwrap();
    match program {
        Program::Openclaw => {
            let cold = folder.path().join("agents/main/sessions/cold");
            fs::create_dir_all(&cold).unwrap();
            let packed = compress_to_vec(text("cold.jsonl").as_bytes(), CompressionLevel::Fastest);
            fs::write(cold.join("5f2c.jsonl.zst"), packed).unwrap();
            let agent = folder.path().join("agents/main/agent");
            fs::create_dir_all(&agent).unwrap();
            tables(&agent.join("openclaw-agent.sqlite"), &text("events.jsonl"));
        }
        Program::Hermes => {
            let database = Connection::open(folder.path().join("state.db")).unwrap();
            database.execute_batch(&text("state.sql")).unwrap();
        }
        _ => {}
    }
    folder
}

fn copy(from: &Path, to: &Path) {
    let Ok(entries) = fs::read_dir(from) else {
        return;
    };
    fs::create_dir_all(to).unwrap();
    for entry in entries.flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A database as `OpenClaw` has it since 2026.7.2: the last event of the first session is packed, of the second session only the
/// first can be read, and the rows stand in no order.
fn tables(path: &Path, events: &str) {
    let database = Connection::open(path).unwrap();
    database
        .execute_batch(
            r#"CREATE TABLE session_nodes (session_key TEXT PRIMARY KEY, current_session_id TEXT, entry_json TEXT, updated_at INTEGER, parent_session_key TEXT, spawned_by TEXT, label TEXT, display_name TEXT);
            CREATE TABLE session_windows (session_id TEXT PRIMARY KEY, session_key TEXT NOT NULL);
            CREATE TABLE transcript_events (session_id TEXT NOT NULL, seq INTEGER NOT NULL, event_json TEXT, created_at INTEGER, event_zstd BLOB, event_utf8_bytes INTEGER, PRIMARY KEY (session_id, seq));
            INSERT INTO session_nodes VALUES ('agent:main:main', 'bbbb0001', '{}', 0, NULL, NULL, NULL, 'Tables'),
             ('agent:main:cron:job-9', 'bbbb0002', '{"sessionId":"bbbb0002"}', 0, NULL, 'agent:main:main', NULL, NULL);
            INSERT INTO session_windows VALUES ('bbbb0001', 'agent:main:main'), ('bbbb0002', 'agent:main:cron:job-9');
            INSERT INTO transcript_events (session_id, seq, event_json, event_zstd) VALUES
             ('bbbb0002', 4, '{"type":', NULL), ('bbbb0002', 3, NULL, x'28B52FFD00'), ('bbbb0002', 2, NULL, NULL),
             ('bbbb0002', 1, '{"type":"message","timestamp":"2026-08-02T07:00:00Z","message":{"role":"user","content":"without a header"}}', NULL);"#,
        )
        .unwrap();
    let lines: Vec<_> = events.lines().collect();
    let mut insert = database
        .prepare("INSERT INTO transcript_events (session_id, seq, event_json, event_zstd) VALUES ('bbbb0001', ?1, ?2, ?3)")
        .unwrap();
    for (seq, line) in lines.iter().enumerate().rev() {
        let packed = (seq + 1 == lines.len())
            .then(|| compress_to_vec(line.as_bytes(), CompressionLevel::Fastest));
        let plain = packed.is_none().then_some(*line);
        insert.execute((seq as i64, plain, packed)).unwrap();
    }
}

/// What was read as the manifests have it.
fn told(root: &Path, mut sessions: Vec<Session>, problems: &[Problem]) -> String {
    let mut text = String::new();
    sessions.sort_by(|a, b| a.name.cmp(&b.name));
    let mut by_key: BTreeMap<String, Spent> = BTreeMap::new();
    for session in &sessions {
        let fields = [&session.title, &session.project, &session.parent];
        let fields = fields.map(|field| field.as_deref().unwrap_or_default());
        let line = format!("session {} | {}", session.name, fields.join(" | "));
        writeln!(text, "{}", tidy(&line)).unwrap();
        for entry in &session.entries {
            writeln!(text, "  {}", tidy(&one(&named(&entry.id), &entry.what))).unwrap();
            if let What::Spent(spent) = &entry.what {
                let most = by_key.entry(spent.key.clone());
                most.or_insert_with(|| (**spent).clone()).raise(spent);
            }
        }
    }
    let mut by_model: BTreeMap<String, Vec<Spent>> = BTreeMap::new();
    for spent in by_key.into_values() {
        by_model
            .entry(spent.model.to_string())
            .or_default()
            .push(spent);
    }
    for (model, spents) in by_model {
        writeln!(text, "spent {model}: {}", sum(&spents)).unwrap();
    }
    for problem in problems {
        let path = problem.path.strip_prefix(root).unwrap().display();
        writeln!(text, "problem {path} {}", problem.line).unwrap();
    }
    text
}

/// Without what stands for nothing, and in one line.
fn tidy(line: &str) -> String {
    let line = line.replace('\n', "⏎").replace(" |  |", " | |");
    line.replace(" |  |", " | |").trim_end().to_owned()
}

/// An id that is made of what was said is not written by hand.
fn named(id: &str) -> String {
    let said = id.strip_prefix('#').unwrap_or(id);
    let digits = said.get(..16).unwrap_or_default();
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return format!("~{}", &said[16..]);
    }
    id.to_owned()
}

fn one(id: &str, what: &What) -> String {
    let by = |who: &Option<String>| {
        who.as_ref()
            .map(|who| format!("{who}: "))
            .unwrap_or_default()
    };
    match what {
        What::Prompt { text, who } => format!("prompt {id}: {}{text}", by(who)),
        What::Answer { text, who } => format!("answer {id}: {}{text}", by(who)),
        What::Thought { text } => format!("thought {id}: {text}"),
        What::Summary { text } => format!("summary {id}: {text}"),
        What::Call {
            id: call,
            name,
            arguments,
        } => format!("call {id}: {call} {name} {arguments}"),
        What::Result {
            call,
            name,
            text,
            failed,
            exit,
        } => {
            let name = name.as_ref().map(|name| format!(" {name}"));
            let failed = if *failed { " failed" } else { "" };
            let exit = exit.map(|exit| format!(" {exit}"));
            let (name, exit) = (name.unwrap_or_default(), exit.unwrap_or_default());
            let call = named(call);
            format!("result {id}: {call}{name}{failed}{exit}: {text}")
        }
        What::Shell {
            command,
            output,
            exit,
        } => {
            let exit = exit.map(|exit| format!(" ({exit})")).unwrap_or_default();
            format!("shell {id}: {command} → {output}{exit}")
        }
        What::Spent(_) => format!("spent {id}"),
    }
}

fn sum(spents: &[Spent]) -> String {
    let total = |of: fn(&Spent) -> u64| spents.iter().map(of).sum::<u64>();
    let costs: Vec<_> = spents.iter().filter_map(|spent| spent.cost).collect();
    let cost = match costs.len() {
        0 => "?".to_owned(),
        known => {
            let parts = costs.iter().map(|cost| cost.parts).sum::<i64>();
            format!("{parts} of {known}")
        }
    };
    format!(
        "{} answers, input {}, read {}, written {}, long {}, output {}, reasoning {}, searches {}, cost {cost}",
        spents.len(),
        total(|spent| spent.usage.input),
        total(|spent| spent.usage.cache_read),
        total(|spent| spent.usage.cache_write),
        total(|spent| spent.usage.cache_write_long),
        total(|spent| spent.usage.output),
        total(|spent| spent.usage.reasoning.unwrap_or_default()),
        total(|spent| spent.usage.searches),
    )
}

/// Sizes and names of all that lies in a folder.
fn listing(folder: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let about = entry.metadata().unwrap();
        if about.is_dir() {
            found.extend(listing(&entry.path()));
        } else {
            found.push((entry.path(), about.len()));
        }
    }
    found.sort();
    found
}

#[test]
fn homes_hold_what_their_manifests_say_and_are_left_as_they_were() {
    for program in Program::ALL {
        let home = home(program);
        let before = listing(home.path());
        let (sessions, problems) = read(program, home.path()).unwrap();
        let mut above = HashSet::new();
        let names: HashSet<_> = sessions.iter().map(|session| &session.name).collect();
        for session in &sessions {
            let ids: HashSet<_> = session.entries.iter().map(|entry| &entry.id).collect();
            assert_eq!(ids.len(), session.entries.len(), "{}", session.name);
            if let Some(parent) = session
                .parent
                .as_ref()
                .filter(|parent| names.contains(parent))
            {
                assert!(above.contains(parent), "{} before {parent}", session.name);
            }
            above.insert(session.name.clone());
        }
        let expected = fs::read_to_string(fixtures(program).join("expected.txt")).unwrap();
        assert_eq!(
            told(home.path(), sessions, &problems),
            expected,
            "{}",
            program.name()
        );
        assert_eq!(listing(home.path()), before);
    }
}

#[test]
fn one_file_is_read_as_within_its_home() {
    for program in Program::ALL {
        let home = home(program);
        let (whole, _) = read(program, home.path()).unwrap();
        for (path, _) in listing(home.path()) {
            let (sessions, _) = read(program, &path).unwrap_or_default();
            for session in sessions {
                let Some(within) = whole.iter().find(|other| other.name == session.name) else {
                    // What is passed over in its home, as a trace, can be named all the same.
                    continue;
                };
                let ids: HashSet<_> = within.entries.iter().map(|entry| &entry.id).collect();
                for entry in &session.entries {
                    assert!(ids.contains(&entry.id), "{} {}", path.display(), entry.id);
                }
            }
        }
    }
}
