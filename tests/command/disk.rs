//! A home that cannot be written, a disk that is full, a log that is damaged or of a later version.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use crate::support::{CREEL, Home, Said, said, skipped};

#[test]
fn a_home_that_is_a_file_is_named() {
    let home = Home::new();
    let file = home.beside("file");
    fs::write(&file, "").unwrap();
    for arguments in [
        &["run", "--model", "rehearsal/tour", "hi"][..],
        &["sessions"],
    ] {
        let mut command = home.creel(arguments);
        command.env("CREEL_HOME", &file);
        let said = said(command);
        let words = format!("{} is a file", file.display());
        assert!(
            said.code == 1 && said.err.contains(&words) && said.err.lines().count() == 1,
            "{said:?}"
        );
    }
}

/// Runs a shell script in a namespace in which it may mount; `None` where the system allows none.
fn mounting(home: &Home, script: &str) -> Option<Said> {
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
            .env_clear()
            .envs(home.environment())
            .env("CREEL", CREEL)
            .current_dir(home.work())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        command
    };
    let able = unshare("mount -t tmpfs tmpfs \"$HOME\"").output();
    if !able.is_ok_and(|output| output.status.success()) {
        return None;
    }
    Some(said(unshare(script)))
}

#[test]
fn a_home_that_may_not_be_written_is_named() {
    let home = Home::new();
    home.plays("> *\n< text: kept\n");
    assert_eq!(home.run(&["run", "hi"]).code, 0);
    let read_only = "mount --bind \"$CREEL_HOME\" \"$CREEL_HOME\" && mount -o remount,bind,ro \"$CREEL_HOME\" || exit 99";
    let Some(listed) = mounting(
        &home,
        &format!("{read_only}\nexec \"$CREEL\" sessions --json"),
    ) else {
        return skipped("a read-only home", "no user namespaces");
    };
    // What is there can be read.
    assert_eq!(listed.code, 0, "{listed:?}");
    assert_eq!(listed.json()[0]["turns"], 1);
    let run = mounting(&home, &format!("{read_only}\nexec \"$CREEL\" run hi")).unwrap();
    assert!(
        run.code == 1 && run.err.contains("creel.db") && !run.err.contains("panicked"),
        "{run:?}"
    );
}

/// What was written last stands beside the file, and its index is not copied with it.
#[test]
fn a_copy_that_may_not_be_written_is_read_to_its_end() {
    let home = Home::new();
    home.plays("> *\n< text: kept\n");
    assert_eq!(home.run(&["run", "hi"]).code, 0);
    let data = home.path().join("data");
    let log = rusqlite::Connection::open(home.db()).unwrap();
    log.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    drop(log);
    let first = fs::read(home.db()).unwrap();
    assert_eq!(home.run(&["run", "--continue", "and on"]).code, 0);
    let name = |ending: &str| data.join(format!("creel.db{ending}"));
    let bytes = |ending: &str| fs::read(name(ending)).unwrap_or_default();
    assert!(!bytes("-wal").is_empty(), "a short log of writes is left");
    let _ = fs::remove_file(name("-shm"));
    let before = (bytes(""), bytes("-wal"));
    let script = "mount --bind \"$CREEL_HOME\" \"$CREEL_HOME\" && mount -o remount,bind,ro \"$CREEL_HOME\" || exit 99
                  exec \"$CREEL\" sessions --json";
    let Some(listed) = mounting(&home, script) else {
        return skipped("a read-only copy", "no user namespaces");
    };
    assert_eq!(listed.code, 0, "{listed:?}");
    assert_eq!(listed.json()[0]["turns"], 2, "{listed:?}");
    assert!(listed.err.contains("read-only"), "{listed:?}");
    assert!(!listed.err.contains("is not shown"), "{listed:?}");
    assert_eq!((bytes(""), bytes("-wal")), before, "nothing was written");
    assert!(!name("-shm").exists());
    // Where the log of writes is damaged from its first page on, what the file itself holds is read, and that is said.
    let mut broken = before.1;
    broken[..24].fill(0xa5);
    fs::write(name(""), first).unwrap();
    fs::write(name("-wal"), broken).unwrap();
    let listed = mounting(&home, script).unwrap();
    assert_eq!(listed.json()[0]["turns"], 1, "{listed:?}");
}

#[test]
fn a_full_disk_stops_a_run_and_damages_nothing() {
    let home = Home::new();
    // Each step needs room: its output is kept.
    let steps = "< call bash {\"command\":\"seq 1 20000\"}\n\n".repeat(3);
    home.plays(&format!("> *\n{steps}< text: done\n"));
    let mut stopped = 0;
    for kilobytes in [16, 96, 160, 240, 320, 480, 8_000] {
        // The home lies on a small disk of its own. Whatever happens to the run, the log can be opened afterwards, when there
        // is room again.
        let script = format!(
            "cp \"$CREEL_HOME/config.toml\" . && mount -t tmpfs -o size=8k tmpfs \"$CREEL_HOME\" && cp config.toml \"$CREEL_HOME/\" || exit 99
             mount -o remount,size={kilobytes}k \"$CREEL_HOME\"
             \"$CREEL\" run --mode auto hi; code=$?
             mount -o remount,size=64m \"$CREEL_HOME\" || exit 98
             \"$CREEL\" sessions --json || exit 97
             \"$CREEL\" doctor | grep database >&2
             exit $code"
        );
        let Some(said) = mounting(&home, &script) else {
            return skipped("a full disk", "no user namespaces");
        };
        assert!(
            !said.err.contains("panicked") && said.code < 97,
            "{kilobytes} kB: {said:?}"
        );
        assert!(
            said.err.contains("ok    database"),
            "{kilobytes} kB: {said:?}"
        );
        if said.code != 0 {
            stopped += 1;
            assert!(said.err.contains("space"), "{kilobytes} kB: {said:?}");
        }
    }
    assert!(
        (1..7).contains(&stopped),
        "{stopped} of 7 sizes were too small"
    );
}

#[test]
fn a_log_of_a_later_version_is_read_and_not_written() {
    let home = Home::new();
    home.plays("> *\n< text: kept\n");
    assert_eq!(home.run(&["run", "hi"]).code, 0);
    let log = rusqlite::Connection::open(home.db()).unwrap();
    let version: i64 = log
        .query_row("pragma user_version", [], |row| row.get(0))
        .unwrap();
    log.execute_batch(&format!("pragma user_version = {}", version + 1))
        .unwrap();
    drop(log);
    let before = fs::read(home.db()).unwrap();
    let listed = home.run(&["sessions", "--json"]);
    assert_eq!(
        (listed.code, &listed.json()[0]["turns"]),
        (0, &serde_json::json!(1)),
        "{listed:?}"
    );
    assert!(listed.err.contains("version"), "{listed:?}");
    let run = home.run(&["run", "hi"]);
    assert!(
        run.code == 1 && run.err.matches("version").count() > 0 && run.err.lines().count() == 1,
        "{run:?}"
    );
    assert_eq!(fs::read(home.db()).unwrap(), before, "the log was written");
}

#[test]
fn a_damaged_log_is_put_aside_and_saved() {
    let home = Home::new();
    home.plays("> *\n< call bash {\"command\":\"seq 1 20000\"}\n\n< text: kept\n");
    for _ in 0..3 {
        assert_eq!(home.run(&["run", "--mode", "auto", "hi"]).code, 0);
    }
    // What stands beside the file is brought into it.
    let log = rusqlite::Connection::open(home.db()).unwrap();
    log.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    drop(log);
    // A page with facts in it is overwritten.
    let mut bytes = fs::read(home.db()).unwrap();
    let holds_facts = |page: &[u8]| {
        let word = b"item_added";
        page.windows(word.len()).any(|window| window == word)
    };
    let pages = bytes.chunks_mut(4096).skip(1);
    pages
        .filter(|page| holds_facts(page))
        .last()
        .unwrap()
        .fill(0xa5);
    fs::write(home.db(), &bytes).unwrap();
    let doctor = home.run(&["doctor", "--json"]);
    let listed = home.run(&["sessions", "--json"]);
    assert_eq!(listed.code, 0, "{listed:?}");
    let copies = fs::read_dir(home.path().join("data")).unwrap();
    let copies: Vec<String> = copies
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains("damaged"))
        .collect();
    assert!(!copies.is_empty(), "{doctor:?} {listed:?}");
    assert!(doctor.err.contains("damaged"), "{doctor:?}");
    assert_eq!(home.run(&["run", "hi"]).code, 3, "work goes on");
}
