//! Tests of copying the log while it is written, and of putting another in its place.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use pretty_assertions::assert_eq;
use rusqlite::Connection;

use crate::protocol::event::Fact;
use crate::protocol::id::{CallId, SessionId};
use crate::protocol::rule::{Bounds, Effect, Rule, Scope};
use crate::protocol::session::Change;
use crate::protocol::time::Time;
use crate::store::Batch;
use crate::store::copy::{self, Copied, NoCopy};
use crate::store::fault::beside;
use crate::store::imports::Import;
use crate::store::log::Log;
use crate::store::put_back::{Alone, Holding, examine};
use crate::store::try_out::{DAY, Home, append, batch, id, opened, prompt};

fn copied(path: &Path) -> Result<Option<Copied>, NoCopy> {
    copy::copy(path, &nowhere, &mut |_, _| true)
}

fn nowhere() -> std::io::Result<tempfile::NamedTempFile> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Writes a copy down as a file.
fn put(mut copied: Copied, path: &Path) {
    let mut bytes = Vec::new();
    copied.file.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, copied.bytes);
    fs::write(path, bytes).unwrap();
}

fn long(number: usize) -> Fact {
    prompt(&format!("{number} {}", "words ".repeat(3_000)))
}

#[test]
fn a_copy_is_of_one_moment() {
    let home = Home::new();
    let log = home.open();
    for number in 0..600 {
        append(&log, batch(id(1), vec![long(number)])).unwrap();
    }
    let mut steps = 0;
    let copied = copy::copy(&home.path(), &nowhere, &mut |done, all| {
        assert!(done <= all);
        // Written while it is copied, and not in it.
        append(&log, batch(id(2 + steps), vec![opened()])).unwrap();
        steps += 1;
        true
    });
    let copied = copied.unwrap().unwrap();
    assert!(steps > 1, "{steps}");
    assert_eq!((copied.sessions, copied.items), (1, 600));
    assert!(!beside(&home.path(), ".backup").exists());
    let other = home.folder.path().join("copy");
    put(copied, &other);
    examine(&other).unwrap();
    let conn = Connection::open(&other).unwrap();
    let count: i64 = conn
        .query_row("SELECT count(*) FROM event", [], |row| row.get(0))
        .unwrap();
    assert_eq!(count, 600);
}

#[test]
fn a_copy_that_is_stopped_or_of_what_is_damaged_leaves_nothing() {
    let home = Home::new();
    assert!(copied(&home.path()).unwrap().is_none());
    let log = home.open();
    for number in 0..200 {
        append(&log, batch(id(1), vec![long(number)])).unwrap();
    }
    let backup = beside(&home.path(), ".backup");
    let mut seen = 0;
    let stopped = copy::copy(&home.path(), &nowhere, &mut |_, _| {
        seen = fs::metadata(&backup).unwrap().permissions().mode() & 0o777;
        false
    });
    assert_eq!((stopped.err(), seen), (Some(NoCopy::Stopped), 0o600));
    assert!(!backup.exists());
    // One that was killed.
    fs::write(&backup, "half").unwrap();
    copied(&home.path()).unwrap().unwrap();
    assert!(!backup.exists());
    drop(log);
    let conn = Connection::open(home.path()).unwrap();
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    drop(conn);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .open(home.path())
        .unwrap();
    file.seek(SeekFrom::Start(3 * 4096)).unwrap();
    file.write_all(&[0xa5; 4096]).unwrap();
    drop(file);
    match copied(&home.path()) {
        Err(NoCopy::Failed(why)) => assert!(why.contains("damaged"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert!(!backup.exists());
}

#[test]
fn where_nothing_can_be_made_the_copy_lies_elsewhere() {
    let home = Home::new();
    let log = home.open();
    for number in 0..200 {
        append(&log, batch(id(1), vec![long(number)])).unwrap();
    }
    // Something is in the way beside it, as where nothing can be written.
    fs::create_dir(beside(&home.path(), ".backup")).unwrap();
    let spare = home.folder.path().join("spare");
    fs::create_dir(&spare).unwrap();
    let count = || fs::read_dir(&spare).unwrap().count();
    let mut seen = 0;
    let elsewhere = || tempfile::NamedTempFile::new_in(&spare);
    let copied = copy::copy(&home.path(), &elsewhere, &mut |_, _| {
        seen = count();
        true
    });
    let copied = copied.unwrap().unwrap();
    assert_eq!((seen, count(), copied.items), (1, 0, 200));
    let other = home.folder.path().join("copy");
    put(copied, &other);
    examine(&other).unwrap();
}

#[test]
fn only_a_lone_holder_puts_another_log_in_its_place() {
    let home = Home::new();
    let log = home.open();
    append(&log, batch(id(1), vec![opened(), prompt("old")])).unwrap();
    let new = home.folder.path().join("new");
    put(copied(&home.path()).unwrap().unwrap(), &new);
    append(&log, batch(id(2), vec![opened(), prompt("newer")])).unwrap();
    assert!(Alone::take(&home.path()).is_err());
    drop(log);
    let alone = Alone::take(&home.path()).unwrap();
    let busy = copied(&home.path());
    assert!(matches!(busy, Err(NoCopy::Failed(_))), "{busy:?}");
    assert_eq!(alone.holding(), Holding::Sessions(2));
    let aside = home.folder.path().join("aside");
    fs::create_dir(&aside).unwrap();
    alone.set_aside(&aside).unwrap();
    assert_eq!(alone.holding(), Holding::Nothing);
    alone.put(&new).unwrap();
    drop(alone);
    // Nothing is said to be missing.
    let sessions = home.open().reader().sessions(None, true).unwrap();
    assert_eq!(sessions.len(), 1);
    let aside = Log::open(&aside.join("creel.db")).unwrap();
    assert_eq!(aside.log.reader().sessions(None, true).unwrap().len(), 2);
}

#[test]
fn a_log_in_which_nothing_was_kept_is_none() {
    let home = Home::new();
    drop(home.open());
    assert_eq!(
        Alone::take(&home.path()).unwrap().holding(),
        Holding::Nothing
    );
    fs::write(home.path(), "damaged").unwrap();
    assert_eq!(
        Alone::take(&home.path()).unwrap().holding(),
        Holding::Something
    );
    assert!(examine(&home.path()).is_err());
}

#[test]
fn what_was_allowed_elsewhere_is_not_allowed_here() {
    let home = Home::new();
    let log = home.open();
    let rule = |session: SessionId| Fact::SessionChanged {
        change: Change::RuleKept {
            rule: Rule::new(Effect::Allow, "Bash(git *)", Scope::Everywhere),
            bounds: Some(Box::new(Bounds::Everywhere)),
            until: None,
            call: Some(CallId(session.to_string())),
        },
    };
    let accepted = || Fact::SessionChanged {
        change: Change::PriceAccepted {
            model: "a/b".parse().unwrap(),
        },
    };
    let facts = vec![opened(), rule(id(1)), accepted()];
    let import = Import {
        source: "creel".to_owned(),
        name: id(1).to_string(),
        items: 0,
        times: vec![Time(5); 3],
        days: vec![DAY.to_owned(); 3],
        spent: Vec::new(),
        unnamed: false,
    };
    let there = Batch {
        import: Some(import),
        ..batch(id(1), facts.clone())
    };
    append(&log, there).unwrap();
    let reader = log.reader();
    assert_eq!(reader.kept_rules().unwrap(), []);
    assert_eq!(reader.accepted().unwrap(), []);
    append(&log, batch(id(2), facts)).unwrap();
    assert_eq!(
        (
            reader.kept_rules().unwrap().len(),
            reader.accepted().unwrap().len()
        ),
        (1, 1)
    );
}
