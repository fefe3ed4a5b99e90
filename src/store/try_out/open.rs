//! Tests of opening: owner-only files, versions, homes that are in the way.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use pretty_assertions::assert_eq;
use rusqlite::Connection;

use crate::protocol::id::Seq;
use crate::protocol::money::Currency;
use crate::store::fault::{OpenError, StoreError, beside};
use crate::store::log::Log;
use crate::store::open::open_as;
use crate::store::read::Reader;
use crate::store::schema::MIGRATIONS;
use crate::store::seal::{self, Seal};
use crate::store::try_out::{Home, append, batch, id, modes, opened, prompt};

#[test]
fn every_file_is_the_owners_alone() {
    let home = Home::new();
    let log = home.open();
    append(&log, batch(id(1), vec![opened()])).unwrap();
    let folder = home.path().parent().unwrap().to_owned();
    let expected = ["creel.db", "creel.db-shm", "creel.db-wal", "creel.db.lock"]
        .map(|name| (name.to_owned(), 0o600));
    assert_eq!(modes(&folder), expected);
    assert_eq!(
        folder.metadata().unwrap().permissions().mode() & 0o777,
        0o700
    );
    drop(log);
    // A file that came from elsewhere is tightened.
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o644)).unwrap();
    let log = home.open();
    append(&log, batch(id(1), vec![opened()])).unwrap();
    assert_eq!(modes(&folder), expected);
}

#[test]
fn a_home_without_a_log_reads_as_empty() {
    let home = Home::new();
    let reader = Reader::new(&home.path());
    assert_eq!(reader.sessions(None, true).unwrap(), []);
    assert_eq!(reader.events_after(id(1), Seq(0)).unwrap(), []);
    assert_eq!(reader.integrity(), Ok(()));
    assert!(!home.path().exists());
    append(&home.open(), batch(id(1), vec![opened()])).unwrap();
    assert_eq!(reader.sessions(None, true).unwrap().len(), 1);
}

#[test]
fn a_file_closed_in_order_is_marked_until_it_is_changed() {
    let home = Home::new();
    append(&home.open(), batch(id(1), vec![opened()])).unwrap();
    assert_eq!(seal::read(&home.path()).unwrap(), Seal::Closed);
    let bytes = fs::read(home.path()).unwrap();
    fs::write(home.path(), bytes).unwrap();
    // The log of writes beside it was closed with another file than this may be.
    assert_eq!(seal::read(&home.path()).unwrap(), Seal::Unsound);
    drop(home.open());
    assert_eq!(seal::read(&home.path()).unwrap(), Seal::Closed);
}

#[test]
fn a_short_log_of_writes_stays_beside_the_file_and_a_long_one_does_not() {
    let home = Home::new();
    let writes = seal::writes(&home.path());
    append(&home.open(), batch(id(1), vec![opened(), prompt("hi")])).unwrap();
    assert!(writes.exists());
    assert_eq!(seal::read(&home.path()).unwrap(), Seal::Closed);
    let log = home.open();
    assert_eq!(log.reader().events_after(id(1), Seq(0)).unwrap().len(), 2);
    append(&log, batch(id(1), vec![prompt(&"long ".repeat(300_000))])).unwrap();
    drop(log);
    assert!(!writes.exists());
    assert_eq!(seal::read(&home.path()).unwrap(), Seal::Closed);
    let log = home.open();
    assert_eq!(log.reader().events_after(id(1), Seq(0)).unwrap().len(), 3);
}

#[test]
fn a_file_and_a_log_of_writes_that_are_no_pair_are_looked_through() {
    let home = Home::new();
    append(&home.open(), batch(id(1), vec![opened()])).unwrap();
    let writes = seal::writes(&home.path());
    let kept = fs::read(&writes).unwrap();
    // Another time of change: not the one that was closed with it.
    fs::write(&writes, kept).unwrap();
    assert_eq!(seal::read(&home.path()).unwrap(), Seal::None);
    append(&home.open(), batch(id(1), vec![prompt("hi")])).unwrap();
    // Without it, what was written last is gone, and that is said once.
    fs::remove_file(&writes).unwrap();
    assert_eq!(seal::read(&home.path()).unwrap(), Seal::Bereft);
    let opened = Log::open(&home.path()).unwrap();
    assert_eq!(
        opened.notices,
        [format!(
            "{} is gone, which held what was written last to {}: what was said last before Creel was closed may be missing",
            writes.display(),
            home.path().display()
        )]
    );
    drop(opened);
    assert_eq!(seal::read(&home.path()).unwrap(), Seal::Closed);
    drop(home.open());
}

#[test]
fn a_copy_without_its_log_of_writes_says_what_is_missing() {
    let home = Home::new();
    append(&home.open(), batch(id(1), vec![opened(), prompt("hi")])).unwrap();
    let copy = Home::new();
    fs::create_dir_all(copy.path().parent().unwrap()).unwrap();
    for ending in ["", ".lock"] {
        let bytes = fs::read(beside(&home.path(), ending)).unwrap();
        fs::write(beside(&copy.path(), ending), bytes).unwrap();
    }
    assert_eq!(seal::read(&copy.path()).unwrap(), Seal::None);
    let opened_log = Log::open(&copy.path()).unwrap();
    assert_eq!(
        opened_log.notices,
        [format!(
            "{} ends before where it ended when Creel was last closed: its last 2 facts are missing, as where {} is not copied with it; copy both to have them",
            copy.path().display(),
            seal::writes(&copy.path()).display()
        )]
    );
    // It is said once, and of a whole copy not at all.
    drop(opened_log);
    drop(copy.open());
    let whole = Home::new();
    fs::create_dir_all(whole.path().parent().unwrap()).unwrap();
    for ending in ["", ".lock", "-wal"] {
        let bytes = fs::read(beside(&home.path(), ending)).unwrap();
        fs::write(beside(&whole.path(), ending), bytes).unwrap();
    }
    let log = whole.open();
    assert_eq!(log.reader().events_after(id(1), Seq(0)).unwrap().len(), 2);
}

#[test]
fn a_newer_version_is_read_and_never_written() {
    let home = Home::new();
    append(&home.open(), batch(id(1), vec![opened(), prompt("hi")])).unwrap();
    let conn = Connection::open(home.path()).unwrap();
    conn.execute_batch(
        "PRAGMA user_version = 99;
         INSERT INTO event(session, at, kind, version, body) VALUES (1, 5, 'dreamt', 1, '{\"of\":\"sheep\"}')",
    )
    .unwrap();
    drop(conn);
    let before = fs::read(home.path()).unwrap();
    let opened_log = Log::open(&home.path()).unwrap();
    let path = home.path();
    let why = format!(
        "{} was written by a newer Creel (its version is 99, this Creel knows {}): it is opened read-only; update Creel",
        path.display(),
        MIGRATIONS.len()
    );
    assert_eq!(
        (opened_log.read_only, &opened_log.notices),
        (true, &vec![why.clone()])
    );
    let log = opened_log.log;
    assert_eq!(
        append(&log, batch(id(1), vec![prompt("more")])),
        Err(StoreError::ReadOnly(why))
    );
    log.put_draft("composer", crate::protocol::time::Time(0), "x");
    // The fact of a kind not known is passed over.
    assert_eq!(log.reader().events_after(id(1), Seq(0)).unwrap().len(), 2);
    drop(log);
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn an_older_version_is_migrated_and_its_copy_kept() {
    let home = Home::new();
    append(&home.open(), batch(id(1), vec![opened(), prompt("hi")])).unwrap();
    let next: Vec<&str> = MIGRATIONS
        .iter()
        .copied()
        .chain(["ALTER TABLE card ADD COLUMN mood TEXT"])
        .collect();
    let version = |path| {
        Connection::open(path)
            .unwrap()
            .pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))
            .unwrap()
    };
    // One that fails in the middle leaves the file as it was.
    let mut broken = next.clone();
    broken.push("CREATE TABLE half(a); INSERT INTO nowhere VALUES (1)");
    assert!(matches!(
        open_as(&home.path(), &broken).map(|_| ()),
        Err(OpenError::Failed { .. })
    ));
    assert_eq!(version(home.path()), MIGRATIONS.len() as i64);
    let ready = open_as(&home.path(), &next).unwrap();
    assert_eq!((ready.notices.len(), ready.read_only.is_none()), (0, true));
    drop(ready);
    let (old, new) = (MIGRATIONS.len() as i64, MIGRATIONS.len() as i64 + 1);
    let copy = beside(&home.path(), &format!(".before-v{new}"));
    assert_eq!((version(home.path()), version(copy.clone())), (new, old));
    assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(
        Reader::new(&copy)
            .events_after(id(1), Seq(0))
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        Reader::new(&home.path())
            .events_after(id(1), Seq(0))
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn cards_of_before_are_told_what_a_subscription_covered() {
    let home = Home::new();
    drop(open_as(&home.path(), &MIGRATIONS[..1]).unwrap());
    let conn = Connection::open(home.path()).unwrap();
    for key in [1_i64, 2] {
        let row = "INSERT INTO card(session, id, title, state, model, cwd, project, created, active, turns, cost, unpriced, gist)
            VALUES (?1, ?2, 't', 'done', 'p/m', '/', '/', 1, ?1, 1, '{}', 0, '')";
        conn.execute(
            row,
            rusqlite::params![key, id(key.unsigned_abs().into()).0.as_bytes()],
        )
        .unwrap();
    }
    for (session, basis, charged) in [
        (1, "included", Some(3_i64)),
        (1, "included", Some(4)),
        (1, "included", None),
        (1, "listed", Some(50)),
        (2, "listed", Some(50)),
    ] {
        let currency = charged.map(|_| "USD");
        let row = "INSERT INTO ledger(session, at, day, turn, step, attempt, provider, model, cause, basis, charged, currency)
            VALUES (?, 1, 'd', 1, 1, 1, 'p', 'm', 'work', ?, ?, ?)";
        conn.execute(row, rusqlite::params![session, basis, charged, currency])
            .unwrap();
    }
    drop(conn);
    let log = home.open();
    let cards = log.reader().sessions(None, true).unwrap();
    let covered: Vec<_> = cards
        .iter()
        .map(|card| (card.included, card.list.of(Currency::USD).parts))
        .collect();
    assert_eq!(covered, [(0, 0), (3, 7)]);
}

#[test]
fn an_older_version_is_not_migrated_under_another_process() {
    let home = Home::new();
    let log = home.open();
    append(&log, batch(id(1), vec![opened()])).unwrap();
    let next: Vec<&str> = MIGRATIONS
        .iter()
        .copied()
        .chain(["CREATE TABLE more(a)"])
        .collect();
    let error = open_as(&home.path(), &next).map(|_| ()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{} is of an older version and must be migrated while another Creel has it open: close that one, then start again",
            home.path().display()
        )
    );
}

#[test]
fn what_is_in_the_way_is_named() {
    let home = Home::new();
    let file = home.folder.path().join("data");
    fs::write(&file, "not a folder").unwrap();
    assert_eq!(
        Log::open(&home.path()).map(|_| ()),
        Err(OpenError::NotAFolder(file.clone()))
    );
    assert_eq!(
        Reader::new(&home.path()).check(),
        Err(OpenError::NotAFolder(file.clone()))
    );
    fs::remove_file(&file).unwrap();
    fs::create_dir_all(home.path()).unwrap();
    assert!(matches!(
        Log::open(&home.path()).map(|_| ()),
        Err(OpenError::Failed { .. })
    ));
}

#[test]
fn a_folder_others_may_change_is_named() {
    let home = Home::new();
    let folder = home.folder.path().join("data");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    let notices = Log::open(&home.path()).unwrap().notices;
    assert_eq!(
        notices,
        [format!(
            "others on this machine can change files in {}: `chmod go-w` it",
            folder.display()
        )]
    );
}
