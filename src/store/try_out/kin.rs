//! Tests of reading the log of another home while others write it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use pretty_assertions::assert_eq;
use rusqlite::Connection;

use crate::store::fault::beside;
use crate::store::kin::Kin;
use crate::store::log::Log;
use crate::store::try_out::{Home, append, batch, id, opened, prompt};

fn long(number: usize) -> String {
    format!("{number} {}", "words ".repeat(3_000))
}

fn fill(log: &Log, session: u128, count: usize) {
    for number in 0..count {
        append(log, batch(id(session), vec![prompt(&long(number))])).unwrap();
    }
}

fn count(kin: &Kin, session: u128) -> usize {
    let outline = kin.outline(id(session)).unwrap();
    let past = kin.past(id(session), &outline).unwrap();
    assert_eq!((past.events.len(), past.unread), (outline.len(), 0));
    outline.len()
}

fn bytes(home: &Home) -> BTreeMap<PathBuf, Vec<u8>> {
    let folder = home.path().parent().unwrap().to_owned();
    let files = fs::read_dir(folder).unwrap().flatten();
    files
        .map(|file| (file.path(), fs::read(file.path()).unwrap()))
        .collect()
}

#[test]
fn of_a_log_that_is_written_one_moment_is_read() {
    let home = Home::new();
    let log = home.open();
    fill(&log, 1, 40);
    // Within one process the index they share is one.
    let written = || {
        let mut files = bytes(&home);
        files.remove(&beside(&home.path(), "-shm"));
        files
    };
    let before = written();
    let kin = Kin::open(&home.path()).unwrap();
    assert_eq!(count(&kin, 1), 40);
    assert_eq!(written(), before);
    fill(&log, 1, 200);
    append(&log, batch(id(2), vec![opened()])).unwrap();
    // What was written is put back into the file, over what is read.
    let conn = Connection::open(home.path()).unwrap();
    conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
        .unwrap();
    assert_eq!((count(&kin, 1), kin.sessions().unwrap().len()), (40, 1));
    let kin = Kin::open(&home.path()).unwrap();
    assert_eq!((count(&kin, 1), kin.sessions().unwrap().len()), (240, 2));
}

#[test]
fn a_log_that_is_opened_while_it_is_read_is_read_again() {
    for with_writes in [false, true] {
        let home = Home::new();
        let log = home.open();
        fill(&log, 1, 40);
        drop(log);
        if with_writes {
            let conn = Connection::open(home.path()).unwrap();
            conn.set_db_config(
                rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
                true,
            )
            .unwrap();
            conn.execute_batch("INSERT INTO tally VALUES ('of a trial', 1)")
                .unwrap();
            drop(conn);
            fs::remove_file(beside(&home.path(), "-shm")).unwrap();
        }
        let before = bytes(&home);
        let kin = Kin::open(&home.path()).unwrap();
        assert_eq!(count(&kin, 1), 40);
        assert_eq!(bytes(&home), before, "{with_writes}");
        let log = home.open();
        fill(&log, 1, 200);
        drop(log);
        assert_eq!(count(&kin, 1), 240, "{with_writes}");
    }
}

#[test]
fn what_a_kill_has_left_open_is_read_without_a_trace() {
    let home = Home::new();
    let log = home.open();
    fill(&log, 1, 40);
    let other = Home::new();
    let folder = other.path().parent().unwrap().to_owned();
    fs::create_dir_all(&folder).unwrap();
    for ending in ["", "-wal", "-shm"] {
        fs::copy(beside(&home.path(), ending), beside(&other.path(), ending)).unwrap();
    }
    let before = bytes(&other);
    assert_eq!(before.len(), 3);
    let kin = Kin::open(&other.path()).unwrap();
    assert_eq!(count(&kin, 1), 40);
    drop(kin);
    assert_eq!(bytes(&other), before);
}
