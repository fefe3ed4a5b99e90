//! Tests of what imports keep packed: it is read as all else is, in homes of before too, and a purge takes all of it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use pretty_assertions::assert_eq;
use rusqlite::Connection;

use crate::agent::digest;
use crate::protocol::call::{Outcome, OutcomeKind, OutputRef};
use crate::protocol::event::{Event, Fact};
use crate::protocol::id::{CallId, Seq, SessionId};
use crate::protocol::item::Item;
use crate::protocol::query::Page;
use crate::protocol::time::Time;
use crate::store::Batch;
use crate::store::fault::beside;
use crate::store::imports::Import;
use crate::store::kin::Kin;
use crate::store::log::{Log, Opened};
use crate::store::packed;
use crate::store::schema::MIGRATIONS;
use crate::store::try_out::{Home, answer, append, batch, id, opened, prompt, wait};

/// Some thousand characters that are like those of a tool, with a word that is planted.
fn told(word: &str, lines: usize) -> String {
    let line = |number| format!("{number}: fn parse_{}() {{ {word} }}\n", number * 7_919);
    (0..lines).map(line).collect()
}

fn imported(session: SessionId, facts: Vec<Fact>, blobs: Vec<Vec<u8>>) -> Batch {
    let import = Some(Import {
        source: "claude".to_owned(),
        name: session.to_string(),
        ..Import::default()
    });
    Batch {
        blobs,
        import,
        ..batch(session, facts)
    }
}

/// Short, packed in its row, and packed beside it.
fn facts(word: &str) -> Vec<Fact> {
    vec![
        opened(),
        prompt(word),
        answer(&told(word, 60)),
        answer(&told(word, 9_000)),
    ]
}

/// Each fact and output as its bytes are kept: facts of rows first, then all that lies beside.
fn kept(home: &Home) -> Vec<Vec<u8>> {
    let conn = Connection::open(home.path()).unwrap();
    let sql = "SELECT CAST(body AS BLOB) FROM event WHERE body IS NOT NULL UNION ALL SELECT bytes FROM blob";
    let mut statement = conn.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Whether the files of a log hold these bytes.
fn on_disk(home: &Home, part: &[u8]) -> bool {
    let files = ["", "-wal"].map(|ending| fs::read(beside(&home.path(), ending)));
    files
        .into_iter()
        .any(|bytes| bytes.is_ok_and(|bytes| holds(&bytes, part)))
}

fn read(log: &Log, session: u128) -> Vec<Fact> {
    let events = log.reader().events_after(id(session), Seq(0)).unwrap();
    events.into_iter().map(|event| event.fact).collect()
}

#[test]
fn what_an_import_keeps_is_small_and_read_as_it_was() {
    let home = Home::new();
    let log = home.open();
    let output = told("whole", 20_000).into_bytes();
    let name = digest::hex(&output);
    let theirs = facts("theirs");
    let blobs = vec![output.clone()];
    append(&log, imported(id(1), theirs.clone(), blobs)).unwrap();
    append(&log, batch(id(2), facts("ours"))).unwrap();
    let reader = log.reader();
    assert_eq!(read(&log, 1), theirs);
    assert_eq!(read(&log, 2), facts("ours"));
    let facts_of = |found: Vec<(u64, Event)>| -> Vec<Fact> {
        found.into_iter().map(|(_, event)| event.fact).collect()
    };
    let (found, _) = reader.found_after(Seq(1), (3, u64::MAX)).unwrap();
    assert_eq!(facts_of(found), theirs[1..]);
    assert_eq!(facts_of(reader.facts(&[Seq(4)]).unwrap()), theirs[3..]);
    let page = reader.history(id(1), Page::Before(None), 1).unwrap();
    assert_eq!(page[0].fact, theirs[3]);
    assert_eq!(reader.blob(&name).unwrap(), Some(output.clone()));
    // What is read at once is bound by what it holds, and not by what it takes.
    let (found, upto) = reader.found_after(Seq(0), (100, 1_500)).unwrap();
    assert_eq!((found.len(), upto), (2, Seq(3)));
    let weights = [1, 2].map(|number| reader.weight(id(number)).unwrap().bytes);
    let plain = serde_json::to_string(&theirs).unwrap().len() + output.len();
    assert!(weights[0] * 3 < plain as u64, "{weights:?} {plain}");
    assert!(weights[1] > 300_000, "{weights:?}");
    drop(log);
    let log = home.open();
    assert_eq!(read(&log, 1), theirs);
}

#[test]
fn outputs_that_come_before_their_facts_are_packed_and_name_no_session() {
    let home = Home::new();
    let log = home.open();
    let output = told("whole", 20_000).into_bytes();
    let import = Some(Import {
        unnamed: true,
        ..Import::default()
    });
    let ahead = Batch {
        import,
        ..imported(id(1), Vec::new(), vec![output.clone()])
    };
    append(&log, ahead).unwrap();
    assert_eq!(kept(&home)[0][0], 1);
    let reader = log.reader();
    let name = digest::hex(&output);
    assert_eq!(reader.blob(&name).unwrap(), Some(output));
    assert!(reader.imported_sessions().unwrap().is_empty());
}

#[test]
fn what_was_typed_is_found_packed() {
    let home = Home::new();
    let log = home.open();
    let (said, typed) = (told("said", 60), told("typed", 60));
    let shell = Fact::ItemAdded {
        turn: 1,
        step: 1,
        item: Item::Shell {
            command: typed.clone(),
            outcome: Outcome::done("done"),
        },
        imported: None,
    };
    let facts = vec![opened(), prompt(&said), shell];
    append(&log, imported(id(1), facts, Vec::new())).unwrap();
    assert_eq!(kept(&home).iter().filter(|row| row[0] == 1).count(), 2);
    let found = log.reader().prompts(9).unwrap();
    assert!(found.contains(&said), "{found:?}");
    let lines = [said, format!("! {typed}")];
    assert!(found.iter().all(|line| lines.contains(line)), "{found:?}");
}

#[test]
fn what_is_looked_for_in_the_rows_is_not_packed() {
    let home = Home::new();
    let log = home.open();
    let said = |kind, call: &str| {
        let outcome = Outcome {
            kind,
            ..Outcome::done(told("reason", 90))
        };
        result(call, outcome)
    };
    let facts = vec![
        opened(),
        said(OutcomeKind::Denied, "no"),
        said(OutcomeKind::Done, "yes"),
    ];
    append(&log, imported(id(1), facts, Vec::new())).unwrap();
    let decided = log.reader().decided(Time(0), None, 9);
    let calls: Vec<_> = decided
        .unwrap()
        .into_iter()
        .map(|event| match event.fact {
            Fact::ItemAdded {
                item: Item::Result { call, .. },
                ..
            } => call.0,
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(calls, ["no"]);
}

#[test]
fn rows_of_before_are_read_and_nothing_of_a_large_home_is_copied() {
    let home = Home::new();
    append(&home.open(), batch(id(1), facts("before"))).unwrap();
    let conn = Connection::open(home.path()).unwrap();
    let last = MIGRATIONS.len() as i64;
    // The last version only brings an index.
    conn.execute_batch("DROP INDEX event_shell").unwrap();
    conn.pragma_update(None, "user_version", last - 1).unwrap();
    // Bytes that begin like packed ones were none then.
    let odd = [&[1, 9, 0, 0, 0][..], b"an output"].concat();
    let name = digest::hex(&odd);
    conn.execute("INSERT INTO blob(hash, bytes) VALUES (?, ?)", (&name, &odd))
        .unwrap();
    drop(conn);
    let Opened { log, notices, .. } = Log::open(&home.path()).unwrap();
    assert_eq!(notices, Vec::<String>::new());
    assert_eq!(read(&log, 1), facts("before"));
    assert_eq!(log.reader().blob(&name).unwrap(), Some(odd));
    append(&log, imported(id(1), facts("after"), Vec::new())).unwrap();
    assert_eq!(read(&log, 1), [facts("before"), facts("after")].concat());
    let copy = beside(&home.path(), &format!(".before-v{last}"));
    assert!(!copy.exists());
}

#[test]
fn a_purge_leaves_neither_the_packed_bytes_nor_what_they_hold() {
    let home = Home::new();
    let log = home.open();
    let planted = "quokkaplant";
    let output = told(planted, 30_000).into_bytes();
    append(&log, imported(id(1), facts(planted), vec![output])).unwrap();
    append(&log, imported(id(2), facts("harmless"), Vec::new())).unwrap();
    let unpacked = |value: &Vec<u8>| holds(packed::text(value).as_bytes(), planted.as_bytes());
    let rows: Vec<Vec<u8>> = kept(&home).into_iter().filter(unpacked).collect();
    // The prompt is short; the others are packed, in a row, beside it, and as an output.
    let packed: Vec<&Vec<u8>> = rows
        .iter()
        .filter(|row| !holds(row, planted.as_bytes()))
        .collect();
    assert_eq!((rows.len(), packed.len()), (4, 3));
    // Within a page: a value of several is not in one piece.
    let parts: Vec<&[u8]> = packed.iter().map(|row| &row[5..37]).collect();
    for part in &parts {
        assert!(on_disk(&home, part));
    }
    let purged = wait(log.purge(vec![id(1)])).unwrap();
    assert_eq!((purged.events, purged.blobs), (4, 2));
    assert!(purged.complete);
    assert!(!kept(&home).iter().any(unpacked));
    for part in parts {
        assert!(!on_disk(&home, part));
    }
    assert!(!on_disk(&home, planted.as_bytes()));
    assert_eq!(read(&log, 2), facts("harmless"));
}

#[test]
fn a_rescue_saves_what_is_packed() {
    let home = Home::new();
    let log = home.open();
    let output = told("whole", 20_000).into_bytes();
    let name = digest::hex(&output);
    let mut said = facts("theirs");
    let whole = Some(OutputRef {
        number: 1,
        hash: name.clone(),
        bytes: output.len() as u64,
        lines: 20_000,
    });
    let outcome = Outcome {
        whole,
        ..Outcome::done("long")
    };
    said.push(result("1", outcome));
    append(&log, imported(id(1), said.clone(), vec![output.clone()])).unwrap();
    drop(log);
    let conn = Connection::open(home.path()).unwrap();
    let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
    conn.query_row(checkpoint, [], |_| Ok(())).unwrap();
    drop(conn);
    // The first page says where all tables are.
    let mut bytes = fs::read(home.path()).unwrap();
    bytes[..4096].fill(0);
    fs::write(home.path(), bytes).unwrap();
    let opened_log = Log::open(&home.path()).unwrap();
    assert_eq!(opened_log.notices.len(), 1, "{:?}", opened_log.notices);
    assert_eq!(read(&opened_log.log, 1), said);
    assert_eq!(opened_log.log.reader().blob(&name).unwrap(), Some(output));
}

fn result(call: &str, outcome: Outcome) -> Fact {
    let call = CallId(call.to_owned());
    Fact::ItemAdded {
        turn: 1,
        step: 1,
        item: Item::Result { call, outcome },
        imported: None,
    }
}

#[test]
fn what_another_home_has_packed_is_weighed_by_what_it_holds() {
    let home = Home::new();
    let log = home.open();
    let output = told("whole", 20_000).into_bytes();
    let name = digest::hex(&output);
    append(&log, imported(id(1), facts("theirs"), vec![output.clone()])).unwrap();
    append(&log, batch(id(2), facts("theirs"))).unwrap();
    drop(log);
    let kin = Kin::open(&home.path()).unwrap();
    let outlined = [1, 2].map(|number| kin.outline(id(number)).unwrap());
    let bytes = |number: usize| -> Vec<u64> {
        let facts = outlined[number].iter();
        facts.map(|fact| fact.bytes).collect()
    };
    assert_eq!(bytes(0), bytes(1));
    let past = kin.past(id(1), &outlined[0]).unwrap();
    let read: Vec<Fact> = past.events.into_iter().map(|event| event.fact).collect();
    assert_eq!((read, past.unread), (facts("theirs"), 0));
    assert_eq!(kin.blobs(id(1)).unwrap(), std::slice::from_ref(&name));
    assert_eq!(kin.blob(&name).unwrap(), Some(output));
}
