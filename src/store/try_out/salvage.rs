//! Tests of the rescue: however the file is damaged, the log opens, is whole again, and holds what could be read.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::fs;

use pretty_assertions::assert_eq;

use crate::agent::digest;
use crate::protocol::event::{Event, Fact};
use crate::protocol::id::Seq;
use crate::protocol::money::Money;
use crate::protocol::query::SpendBy;
use crate::protocol::rule::{Bounds, Effect, Rule, Scope};
use crate::protocol::session::{Change, State};
use crate::protocol::time::Time;
use crate::protocol::usage::Basis;
use crate::store::Batch;
use crate::store::fault::{OpenError, beside};
use crate::store::imports::{Counted, Import};
use crate::store::log::{Log, Opened};
use crate::store::read::Reader;
use crate::store::schema::PAGE;
use crate::store::try_out::{
    DAY, Home, answer, answered, append, batch, called, charge, id, modes, opened, prompt, wait,
};

const TURNS: u32 = 3;

/// Twelve sessions with short and long facts and outputs; the file's bytes and all events by number.
fn filled(home: &Home) -> (Vec<u8>, BTreeMap<Seq, Event>) {
    let log = home.open();
    let mut events = BTreeMap::new();
    for number in 1..=12 {
        for turn in 0..TURNS {
            let facts = vec![
                opened(),
                prompt(&format!("prompt {turn} of {number} {}", "more ".repeat(40))),
                called(turn, Some(9)),
                answered(turn, charge(4, Basis::Listed), 4),
                answer(
                    &format!("answer {number} ").repeat(if turn == 1 && number <= 4 {
                        1000
                    } else {
                        9
                    }),
                ),
            ];
            let appended = append(
                &log,
                Batch {
                    blobs: vec![
                        format!("output {number} {turn} {}", "line\n".repeat(100)).into_bytes(),
                    ],
                    ..batch(id(number), facts)
                },
            );
            events.extend(
                appended
                    .unwrap()
                    .events
                    .into_iter()
                    .map(|event| (event.seq, event)),
            );
        }
    }
    drop(log);
    (fs::read(home.path()).unwrap(), events)
}

/// Small, fast, and the same on every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides
    }
}

fn read_all(reader: &Reader) -> BTreeMap<Seq, Event> {
    reader
        .sessions(None, true)
        .unwrap()
        .into_iter()
        .flat_map(|card| reader.events_after(card.id, Seq(0)).unwrap())
        .map(|event| (event.seq, event))
        .collect()
}

#[test]
fn whatever_is_damaged_the_log_opens_and_keeps_what_can_be_read() {
    let home = Home::new();
    let (whole, events) = filled(&home);
    let path = home.path();
    let mut dice = Dice(0x5eed_cafe);
    let mut noticed = 0;
    let soak = std::env::var("CREEL_SOAK").ok();
    let rounds: usize = soak.and_then(|number| number.parse().ok()).unwrap_or(200);
    for round in 0..rounds {
        let mut bytes = whole.clone();
        let at = dice.roll(bytes.len());
        // How many pages of the file may be gone.
        let hurt = match round % 4 {
            0 => {
                bytes[at] = bytes[at].wrapping_add(1 + dice.roll(255) as u8);
                1
            }
            1 => {
                let at = if round < 40 { at % 100 } else { at };
                bytes[at] ^= 1 << dice.roll(8);
                1
            }
            2 => {
                let start = at / PAGE * PAGE;
                for byte in &mut bytes[start..start + PAGE] {
                    *byte = dice.roll(256) as u8;
                }
                1
            }
            _ => {
                bytes.truncate(at);
                (whole.len() - at).div_ceil(PAGE)
            }
        };
        for ending in ["-wal", "-shm"] {
            let _ = fs::remove_file(beside(&path, ending));
        }
        fs::write(&path, &bytes).unwrap();
        let Opened {
            log,
            notices,
            read_only,
        } = Log::open(&path).unwrap();
        let reader = log.reader();
        assert_eq!(reader.integrity(), Ok(()), "round {round}");
        let left = read_all(&reader);
        // A page holds some thirty small events at most, or a part of one large one.
        assert!(
            left.len() + 40 * hurt >= events.len(),
            "round {round}: {} left, {hurt} pages hurt, {notices:?}",
            left.len()
        );
        let changed = left
            .iter()
            .filter(|(seq, event)| events.get(seq) != Some(*event))
            .count();
        assert!(
            changed <= 1,
            "round {round}: {changed} events are not what they were"
        );
        if !read_only {
            append(&log, batch(id(99), vec![opened()])).unwrap();
        }
        noticed += notices.len();
        drop(log);
        assert_eq!(
            Log::open(&path).unwrap().notices.is_empty(),
            !read_only,
            "round {round}"
        );
    }
    assert!(noticed > rounds / 2, "{noticed} of {rounds} were noticed");
}

#[test]
fn a_rescue_says_what_it_saved_and_keeps_the_damaged_file() {
    let home = Home::new();
    let (whole, events) = filled(&home);
    let mut bytes = whole.clone();
    bytes[..100].fill(b'x');
    fs::write(home.path(), &bytes).unwrap();
    let Opened {
        log,
        notices,
        read_only,
    } = Log::open(&home.path()).unwrap();
    let kept = beside(&home.path(), ".damaged-1");
    let expected = format!(
        "{} was damaged (file is not a database): saved 12 sessions with 180 entries, no loss was found; the damaged file is kept as {}",
        home.path().display(),
        kept.display()
    );
    assert_eq!((notices, read_only), (vec![expected], false));
    assert_eq!(fs::read(&kept).unwrap(), bytes);
    let reader = log.reader();
    assert_eq!(read_all(&reader), events);
    assert_eq!(reader.count().unwrap().blobs, u64::from(TURNS) * 12 + 4);
    let folder = home.path().parent().unwrap().to_owned();
    assert!(
        modes(&folder).iter().all(|(_, mode)| *mode == 0o600),
        "{:?}",
        modes(&folder)
    );
}

#[test]
fn what_followed_from_facts_is_worked_out_anew() {
    let home = Home::new();
    let (_, events) = filled(&home);
    let before = Reader::new(&home.path());
    let (spent, today) = (
        before.spend(SpendBy::Session, None, None, None).unwrap(),
        before.today("1970-01-01").unwrap(),
    );
    assert_eq!(today.used, 0);
    // Tables and header gone, ids with them: only bare pages of events and blobs are left.
    let conn = rusqlite::Connection::open(home.path()).unwrap();
    conn.execute_batch("DELETE FROM ledger; DELETE FROM card WHERE session > 1; DELETE FROM blob_use; DELETE FROM session WHERE key > 2; PRAGMA application_id = 7").unwrap();
    drop(conn);
    drop(Log::open(&home.path()).unwrap());
    let reader = Reader::new(&home.path());
    let cards = reader.sessions(None, true).unwrap();
    assert_eq!(cards.len(), 12);
    let ids: Vec<_> = cards.iter().map(|card| card.id).collect();
    assert!(ids.contains(&id(1)) && ids.contains(&id(2)) && !ids.contains(&id(3)));
    let mended = reader.card(id(2)).unwrap().unwrap();
    assert_eq!(
        (
            mended.title.chars().take(13).collect::<String>(),
            mended.cwd.display().to_string(),
            mended.state
        ),
        (
            "prompt 0 of 2".to_owned(),
            "/home/ada/boat/src".to_owned(),
            State::Done
        )
    );
    let facts: Vec<_> = read_all(&reader)
        .into_values()
        .map(|event| event.fact)
        .collect();
    assert_eq!(
        facts,
        events
            .into_values()
            .map(|event| event.fact)
            .collect::<Vec<_>>()
    );
    let again = reader.spend(SpendBy::Session, None, None, None).unwrap();
    let sum = |rows: &[crate::protocol::query::SpendRow]| {
        rows.iter()
            .map(|row| (row.calls, row.cost.to_string()))
            .collect::<Vec<_>>()
    };
    assert_eq!(sum(&again), sum(&spent));
    assert_eq!(
        reader.today("1970-01-01").unwrap().used,
        12 * 4 * i64::from(TURNS)
    );
}

#[test]
fn a_session_that_was_saved_is_in_the_list_whatever_became_of_its_row() {
    let home = Home::new();
    let (_, events) = filled(&home);
    let conn = rusqlite::Connection::open(home.path()).unwrap();
    conn.execute_batch(
        "UPDATE card SET state = 'doQe' WHERE session = 1;
         UPDATE card SET id = zeroblob(16) WHERE session = 2;
         DELETE FROM event WHERE session = 3 AND kind = 'session_opened';
         DELETE FROM event WHERE session = 3 AND seq = (SELECT max(seq) FROM event WHERE session = 3);
         UPDATE event SET at = 9e15 WHERE session = 3;
         PRAGMA application_id = 7",
    )
    .unwrap();
    drop(conn);
    drop(Log::open(&home.path()).unwrap());
    let reader = Reader::new(&home.path());
    assert_eq!(reader.sessions(None, true).unwrap().len(), 12);
    for (number, state, left) in [
        (1, State::Done, 15),
        (2, State::Done, 15),
        (3, State::Done, 11),
    ] {
        let card = reader.card(id(number)).unwrap().unwrap();
        let model = card.model.to_string();
        assert_eq!(
            (card.state, model.as_str()),
            (state, "local/small"),
            "{number}"
        );
        assert!(
            card.created <= card.active && card.active < Time(4_000_000_000_000),
            "{card:?}"
        );
        let there = reader.events_after(card.id, Seq(0)).unwrap().len();
        assert_eq!(there, left, "{number} of {}", events.len());
    }
}

#[test]
fn commits_that_lie_only_in_the_log_of_writes_are_saved() {
    let home = Home::new();
    let other = Home::new();
    let log = home.open();
    append(&log, batch(id(1), vec![opened(), prompt("one")])).unwrap();
    let big = answer(&"two ".repeat(9_000));
    let appended = append(&log, batch(id(1), vec![big])).unwrap();
    // As after a crash: copied while open, so that nothing was written back.
    fs::create_dir(other.path().parent().unwrap()).unwrap();
    for ending in ["", "-wal"] {
        fs::copy(beside(&home.path(), ending), beside(&other.path(), ending)).unwrap();
    }
    for (wreck, why) in [(true, "gone"), (false, "empty")] {
        let wal = fs::read(beside(&other.path(), "-wal")).unwrap();
        if wreck {
            fs::remove_file(other.path()).unwrap();
        } else {
            fs::write(other.path(), vec![0; 200]).unwrap();
        }
        fs::write(beside(&other.path(), "-wal"), &wal).unwrap();
        let Opened { log, notices, .. } = Log::open(&other.path()).unwrap();
        assert_eq!(notices.len(), 1, "{why}");
        let read = log.reader().events_after(id(1), Seq(0)).unwrap();
        assert_eq!(
            (read.len(), read.last()),
            (3, appended.events.last()),
            "{why}"
        );
        drop(log);
        fs::write(beside(&other.path(), "-wal"), &wal).unwrap();
    }
}

#[test]
fn a_garbled_log_of_writes_costs_no_more_than_itself() {
    let home = Home::new();
    let other = Home::new();
    let log = home.open();
    append(&log, batch(id(1), vec![opened()])).unwrap();
    fs::create_dir(other.path().parent().unwrap()).unwrap();
    fs::copy(home.path(), other.path()).unwrap();
    fs::write(beside(&other.path(), "-wal"), vec![0x5a; 20_000]).unwrap();
    let log = other.open();
    append(&log, batch(id(2), vec![opened()])).unwrap();
    assert_eq!(log.reader().integrity(), Ok(()));
}

#[test]
fn what_was_never_a_log_is_set_aside() {
    let cases: [(&str, Vec<u8>); 3] = [
        ("empty", Vec::new()),
        ("text", b"my shopping list\n".repeat(1_000)),
        ("zeros", vec![0; 3 * PAGE]),
    ];
    for (name, bytes) in cases {
        let home = Home::new();
        fs::create_dir(home.path().parent().unwrap()).unwrap();
        fs::write(home.path(), &bytes).unwrap();
        let Opened { log, notices, .. } = Log::open(&home.path()).unwrap();
        assert!(
            notices.len() == 1
                && notices[0].contains("nothing in it could be read, what was lost is not known"),
            "{name}: {notices:?}"
        );
        assert_eq!(fs::read(beside(&home.path(), ".damaged-1")).unwrap(), bytes);
        append(&log, batch(id(1), vec![opened()])).unwrap();
    }
}

#[test]
fn another_programs_database_is_set_aside_whole() {
    let home = Home::new();
    fs::create_dir(home.path().parent().unwrap()).unwrap();
    let conn = rusqlite::Connection::open(home.path()).unwrap();
    conn.execute_batch("CREATE TABLE note(a, b); INSERT INTO note VALUES ('x', 1)")
        .unwrap();
    drop(conn);
    let before = fs::read(home.path()).unwrap();
    let notices = Log::open(&home.path()).unwrap().notices;
    assert!(
        notices[0].contains("not marked as a database of Creel"),
        "{notices:?}"
    );
    assert_eq!(
        fs::read(beside(&home.path(), ".damaged-1")).unwrap(),
        before
    );
    assert_eq!(Reader::new(&home.path()).count().unwrap().sessions, 0);
}

#[test]
fn damage_met_while_reading_is_mended_at_the_next_start() {
    let home = Home::new();
    let (whole, _) = filled(&home);
    let log = home.open();
    assert!(matches!(
        Log::open(&home.path()).map(|opened| opened.notices),
        Ok(notices) if notices.is_empty()
    ));
    drop(log);
    let mut bytes = whole;
    let page = 8 * PAGE;
    bytes[page..page + PAGE].fill(0xa5);
    fs::write(home.path(), &bytes).unwrap();
    crate::store::seal::close(&home.path()).unwrap();
    // Marked as closed, it is taken at its word until someone meets the damage.
    let Opened { log, notices, .. } = Log::open(&home.path()).unwrap();
    assert_eq!(notices, Vec::<String>::new());
    assert!(log.reader().integrity().is_err());
    // Whether another commit meets the damage or not, it stays remembered.
    let _ = append(&log, batch(id(99), vec![opened()]));
    drop(log);
    assert_eq!(Log::open(&home.path()).unwrap().notices.len(), 1);
}

#[test]
fn a_rescue_waits_until_it_is_alone() {
    let home = Home::new();
    let log = home.open();
    append(&log, batch(id(1), vec![opened()])).unwrap();
    let conn = rusqlite::Connection::open(home.path()).unwrap();
    conn.execute_batch("PRAGMA application_id = 3").unwrap();
    assert!(matches!(
        Log::open(&home.path()).map(|_| ()),
        Err(OpenError::InUse { .. })
    ));
    assert_eq!(log.reader().blob(&digest::hex(b"")).unwrap(), None);
}

#[test]
fn the_rows_of_every_table_are_told() {
    let home = Home::new();
    filled(&home);
    let log = home.open();
    log.put_draft("composer", Time(1), "typed");
    let raise = Fact::SessionChanged {
        change: Change::DayRaised {
            day: DAY.to_owned(),
            by: Money::usd(5),
        },
    };
    let accepted = Fact::SessionChanged {
        change: Change::PriceAccepted {
            model: "far/x".parse().unwrap(),
        },
    };
    let kept = Fact::SessionChanged {
        change: Change::RuleKept {
            rule: Rule::new(Effect::Allow, "Bash(ls)", Scope::Everywhere),
            bounds: Some(Box::new(Bounds::Everywhere)),
            until: None,
            call: None,
        },
    };
    append(&log, batch(id(1), vec![raise, accepted, kept])).unwrap();
    let imported = Batch {
        import: Some(Import {
            source: "jsonl".to_owned(),
            name: "trip".to_owned(),
            items: 1,
            times: vec![Time(1)],
            days: vec![DAY.to_owned()],
            spent: vec![("r1".to_owned(), Counted::default())],
            unnamed: false,
        }),
        ..batch(id(3), vec![prompt("taken in")])
    };
    append(&log, imported).unwrap();
    wait(log.purge(vec![id(2)])).unwrap();
    drop(log);
    let rows = || -> Vec<(String, i64)> {
        let conn = rusqlite::Connection::open(home.path()).unwrap();
        let tables: Vec<String> = conn
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let count = |table: &String| {
            conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
                row.get(0)
            })
            .unwrap()
        };
        tables
            .iter()
            .map(|table| (table.clone(), count(table)))
            .collect()
    };
    let before = rows();
    assert!(
        before.iter().all(|(table, count)| *count > 0
            || ["session_state", "import_file"].contains(&table.as_str())),
        "{before:?}"
    );
    let mut bytes = fs::read(home.path()).unwrap();
    bytes[..16].fill(0);
    fs::write(home.path(), bytes).unwrap();
    let notices = Log::open(&home.path()).unwrap().notices;
    assert!(notices[0].contains("no loss was found"), "{notices:?}");
    assert_eq!(rows(), before);
}
