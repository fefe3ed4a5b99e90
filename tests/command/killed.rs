//! `creel backup`, `creel restore` and `creel import creel` killed in the middle, and what a purge takes of what they leave.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Instant;

use pretty_assertions::assert_eq;
use rusqlite::Connection;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::command::keeping::{at, full, told};
use crate::command::memory::holding;
use crate::support::{Home, LONGEST, end, signal};

/// Kills what is begun as soon as there is something under this name.
fn killed_at(home: &Home, folder: &Path, arguments: &[&str], sign: impl Fn() -> bool) {
    let mut command = home.creel(arguments);
    command.env("CREEL_HOME", folder);
    let mut child = command.spawn().unwrap();
    let started = Instant::now();
    while !sign() && child.try_wait().unwrap().is_none() {
        assert!(started.elapsed() < LONGEST);
        std::thread::yield_now();
    }
    let _ = child.kill();
    child.wait().unwrap();
}

/// A home with a log of some megabytes.
fn large() -> Home {
    let home = Home::new();
    let mut talk = String::new();
    for n in 0..400_u32 {
        let mut text = String::new();
        let mut word = n.wrapping_mul(2_654_435_761);
        for _ in 0..1000 {
            word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let _ = write!(text, "{word:08x}");
        }
        let line = json!({"session": format!("s{}", n % 50), "at": "2026-05-01T10:00:00Z", "role": "user", "text": text});
        let _ = writeln!(talk, "{line}");
    }
    home.file("talk.jsonl", &talk);
    let path = home.work().join("talk.jsonl");
    assert_eq!(
        home.run(&["import", "jsonl", &path.to_string_lossy()]).code,
        0
    );
    home
}

#[test]
fn a_kill_in_the_middle_leaves_what_can_be_gone_on_with() {
    let home = large();
    let folder = home.beside("backups");
    fs::create_dir(&folder).unwrap();
    let file = folder.join("all.tar.gz");
    let name = file.to_string_lossy().into_owned();
    let data = home.path().join("data");
    let halves = || fs::read_dir(&folder).unwrap().count();
    let copying = || data.join("creel.db.backup").exists();
    let packing = || {
        halves() == 1
            && fs::read_dir(&folder)
                .unwrap()
                .flatten()
                .any(|half| half.metadata().is_ok_and(|about| about.len() > 0))
    };
    for sign in [&copying as &dyn Fn() -> bool, &packing] {
        killed_at(&home, &home.path(), &["backup", &name], sign);
        assert_eq!(home.run(&["sessions"]).err, "");
    }
    if file.exists() {
        fs::remove_file(&file).unwrap();
    }
    let made = told(&home, &home.path(), &["backup", &name]);
    assert_eq!(made["items"], 400);
    assert_eq!((halves(), copying()), (1, false));

    let fresh = home.beside("fresh");
    let unpacking = || fresh.join("data/restoring/creel.db").exists();
    for _ in 0..2 {
        killed_at(&home, &fresh, &["restore", &name], unpacking);
    }
    if !fresh.join("data/creel.db").exists() {
        told(&home, &fresh, &["restore", &name]);
    }
    assert!(!fresh.join("data/restoring").exists());
    assert_eq!(
        told(&home, &fresh, &["sessions", "--all"]),
        told(&home, &home.path(), &["sessions", "--all"])
    );

    let third = home.beside("third");
    at(&home, &third, &["sessions"]);
    let other = home.path().to_string_lossy().into_owned();
    let taking =
        || fs::metadata(third.join("data/creel.db-wal")).is_ok_and(|about| about.len() > 1 << 20);
    killed_at(&home, &third, &["import", "creel", &other], taking);
    assert_eq!(at(&home, &third, &["sessions"]).code, 0);
    let told_now = told(&home, &third, &["import", "creel", &other]);
    let sum = |key: &str| told_now[key].as_u64().unwrap();
    assert_eq!(sum("items") + sum("already"), 400);
    assert_eq!(
        told(&home, &third, &["sessions", "--all"]),
        told(&home, &home.path(), &["sessions", "--all"])
    );
}

#[test]
fn an_import_of_another_home_is_stopped_and_goes_on() {
    let home = large();
    let other = home.path().to_string_lossy().into_owned();
    let stopped = (0..20).any(|round| {
        let here = home.beside(&format!("here{round}"));
        at(&home, &here, &["sessions"]);
        let mut command = home.creel(&["import", "creel", &other]);
        command.env("CREEL_HOME", &here);
        let mut child = command.spawn().unwrap();
        // Held as soon as a session is in it: the import comes no further until it was told to stop.
        let log = Connection::open(here.join("data/creel.db")).unwrap();
        let begun = || {
            let held = log.execute_batch("BEGIN IMMEDIATE").is_ok();
            let count = "SELECT count(*) FROM card";
            let count = log.query_row(count, [], |row| row.get::<_, i64>(0));
            let begun = held && (1..50).contains(&count.unwrap());
            if held && !begun {
                log.execute_batch("ROLLBACK").unwrap();
            }
            begun
        };
        let started = Instant::now();
        while !begun() && child.try_wait().unwrap().is_none() {
            assert!(started.elapsed() < LONGEST);
            std::thread::yield_now();
        }
        signal(child.id(), Signal::INT);
        drop(log);
        let said = end(child);
        let rest = told(&home, &here, &["import", "creel", &other]);
        let sum = |key: &str| rest[key].as_u64().unwrap();
        assert_eq!(sum("items") + sum("already"), 400, "{said:?}");
        if said.code == 0 {
            return false;
        }
        assert_eq!(said.code, 130, "{said:?}");
        assert!(
            said.err
                .contains("of 50 sessions: the same command goes on there"),
            "{said:?}"
        );
        assert!(sum("items") > 0 && sum("already") > 0);
        true
    });
    assert!(stopped);
}

#[test]
fn what_a_killed_backup_or_restore_has_left_goes_with_a_purge() {
    let home = full();
    let sessions = told(&home, &home.path(), &["sessions", "--all"]);
    for leftover in [
        "data/creel.db.backup",
        "data/restoring/creel.db",
        "restoring/MEMORY.md",
        "state/restoring/layouts/a",
    ] {
        let path = home.path().join(leftover);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "xylophone").unwrap();
    }
    let id = |session: &Value| session["id"].as_str().unwrap().to_owned();
    let ids: Vec<String> = sessions.as_array().unwrap().iter().map(id).collect();
    let mut purge = vec!["purge", "--yes"];
    purge.extend(ids.iter().map(String::as_str));
    assert_eq!(home.run(&purge).code, 0);
    assert_eq!(holding(&home.path(), b"xylophone"), Vec::<String>::new());
}
