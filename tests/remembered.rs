//! `kill -9` while sessions are taken in and indexed: afterwards a search finds what a look through all of it finds.
//! `CREEL_SOAK=200 cargo test remembered` makes 200 rounds.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rustix::process::Signal;
use serde_json::json;

use crate::support::{Dice, Home, end, rounds, signal};

const WORDS: [&str; 8] = [
    "kestrel", "basalt", "lantern", "quorum", "迁移", "walnut", "harbour", "syntax",
];
const SESSIONS: u64 = 12;
const ITEMS: u64 = 60;

#[test]
fn a_kill_at_any_moment_leaves_a_memory_that_finds_all() {
    for seed in 0..rounds(5) {
        round(seed);
    }
}

fn round(seed: u64) {
    let mut dice = Dice::new(seed + 1);
    let home = Home::new();
    let items = talk(&mut dice);
    let mut lines = String::new();
    for (session, id, text) in &items {
        let line = json!({"session": session, "at": "2026-05-01T10:00:00Z", "role": "user", "text": text, "external_id": id});
        writeln!(lines, "{line}").unwrap();
    }
    home.file("talk.jsonl", &lines);
    let path = home.work().join("talk.jsonl");
    let path = path.to_string_lossy();
    killed(&home, &["import", "jsonl", &path], &mut dice);
    compare(&home, &items, false, seed);
    killed(&home, &["import", "jsonl", &path], &mut dice);
    killed(&home, &["index", "rebuild"], &mut dice);
    let said = home.run(&["import", "jsonl", &path, "--json"]);
    assert_eq!(said.code, 0, "seed {seed}: {said:?}");
    let report = said.json();
    let all = report["items"].as_u64().unwrap() + report["already"].as_u64().unwrap();
    assert_eq!(all, items.len() as u64, "seed {seed}: {report}");
    compare(&home, &items, true, seed);
    killed(&home, &["index", "rebuild"], &mut dice);
    compare(&home, &items, true, seed);
}

/// Sessions with items of a few of the words among others: session, id, text.
fn talk(dice: &mut Dice) -> Vec<(String, String, String)> {
    let mut items = Vec::new();
    for session in 0..SESSIONS {
        for item in 0..ITEMS {
            let mut text = String::new();
            for _ in 0..40 {
                match dice.below(20) {
                    0 => text.push_str(WORDS[dice.below(WORDS.len() as u64) as usize]),
                    other => write!(text, "other{other}").unwrap(),
                }
                text.push(' ');
            }
            items.push((format!("s{session}"), format!("{session}-{item}"), text));
        }
    }
    items
}

/// Starts it and kills it after a random while, or finds it over.
fn killed(home: &Home, arguments: &[&str], dice: &mut Dice) {
    let child = home.creel(arguments).spawn().unwrap();
    for _ in 0..dice.below(60_000) {
        std::thread::yield_now();
    }
    signal(child.id(), Signal::KILL);
    end(child);
}

/// Holds what a search finds against the items themselves; before all of them are in the log, against those that are.
fn compare(home: &Home, items: &[(String, String, String)], whole: bool, seed: u64) {
    let kept = kept(home);
    assert!(!whole || kept.len() == items.len(), "seed {seed}");
    for word in WORDS {
        let said = home.run(&[
            "search",
            "--json",
            "--limit",
            "5000",
            &format!("\"{word}\""),
        ]);
        assert_eq!(said.code, 0, "seed {seed}: {said:?}");
        let hits = said.json();
        let found: BTreeSet<String> = hits
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|hit| hit["external_id"].as_str().map(str::to_owned))
            .collect();
        let wanted: BTreeSet<String> = items
            .iter()
            .filter(|(_, id, text)| kept.contains(id) && text.contains(word))
            .map(|(_, id, _)| id.clone())
            .collect();
        assert_eq!(found, wanted, "seed {seed}: {word}");
    }
}

/// The ids of the items that are in the log.
fn kept(home: &Home) -> BTreeSet<String> {
    let Ok(log) = rusqlite::Connection::open(home.db()) else {
        return BTreeSet::new();
    };
    let sql =
        "select json_extract(body, '$.imported.external_id') from event where kind = 'item_added'";
    let Ok(mut rows) = log.prepare(sql) else {
        return BTreeSet::new();
    };
    let ids = rows
        .query_map([], |row| row.get::<_, Option<String>>(0))
        .unwrap();
    ids.filter_map(|id| id.unwrap()).collect()
}
