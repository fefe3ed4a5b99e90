//! `creel backup` and `creel restore`: a home in one file and back, also while it is worked in, damaged, in the way, or killed.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Instant;

use creel::archive::Head;
use creel::archive::pack::Pack;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::support::server::{Server, Turn, config};
use crate::support::{Home, LONGEST, Said, end, modes, said};

/// Steps that change a file each, so that no guard stops them.
pub fn writes(count: usize) -> String {
    let steps = (0..count).map(|n| {
        format!(
            "< usage 10 5\n< call write {{\"path\":\"f{n}\",\"content\":\"xylophone {n}\"}}\n\n"
        )
    });
    format!("> *\n{}< text: done\n", steps.collect::<String>())
}

/// Runs with another folder as the home.
pub fn at(home: &Home, folder: &Path, arguments: &[&str]) -> Said {
    let mut command = home.creel(arguments);
    command.env("CREEL_HOME", folder);
    said(command)
}

/// A command that works gives its JSON.
pub fn told(home: &Home, folder: &Path, arguments: &[&str]) -> Value {
    let said = at(home, folder, &[arguments, &["--json"]].concat());
    assert_eq!(said.code, 0, "{arguments:?}: {said:?}");
    said.json()
}

/// One line says what is wrong; it is that line.
pub fn refused(said: &Said) -> &str {
    assert_eq!((said.code, said.out.as_str()), (1, ""), "{said:?}");
    assert_eq!(said.err.trim_end().lines().count(), 1, "{said:?}");
    &said.err
}

/// The files of a folder with what is in them; none where there is no folder.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    if !folder.exists() {
        return BTreeMap::new();
    }
    let files = modes(folder).into_iter().map(|(path, _)| path);
    files
        .filter(|path| path.is_file())
        .map(|path| {
            (
                path.strip_prefix(folder).unwrap().to_owned(),
                fs::read(&path).unwrap(),
            )
        })
        .collect()
}

/// A home with three sessions, one of them paid for and one imported, a rule, notes, a key and a skill.
pub fn full() -> Home {
    let home = Home::new();
    let server = Server::plays(vec![Turn::text("Paid for.")]);
    home.config(&config(&server, Some((3.0, 15.0))));
    let paid = home.run(&["run", "--model", "messages/m", "what does it cost"]);
    assert_eq!(paid.code, 0, "{paid:?}");
    home.plays(&writes(2));
    let put = |name: &str, text: &str| {
        let path = home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("MEMORY.md", "- the boat is called Ada\n");
    put("memory/2026-05-01.md", "- that day\n");
    put("keys/some", "sk-of-the-home-0123456789\n");
    put("themes/own.toml", "inherits = \"dusk\"\n");
    put(
        "skills/s/SKILL.md",
        "---\nname: s\ndescription: d\n---\ndo it\n",
    );
    put("skills/s/run", "#!/bin/sh\n");
    let run = home.path().join("skills/s/run");
    fs::set_permissions(run, fs::Permissions::from_mode(0o755)).unwrap();
    let ran = home.run(&["run", "--mode", "edits", "go"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let talk = r#"{"session":"trip","at":"2026-05-01T10:00:00Z","role":"user","text":"When does the ferry leave?","external_id":"t1"}"#;
    home.file("talk.jsonl", &format!("{talk}\n"));
    let path = home.work().join("talk.jsonl");
    assert_eq!(
        home.run(&["import", "jsonl", &path.to_string_lossy()]).code,
        0
    );
    let rule = ["rules", "add", "Bash(git diff *)", "--scope", "everywhere"];
    assert_eq!(home.run(&rule).code, 0);
    home
}

/// All that a home tells of what it keeps.
fn all_told(home: &Home, folder: &Path) -> Vec<Value> {
    at(home, folder, &["index", "rebuild"]);
    let sessions = told(home, folder, &["sessions", "--all"]);
    let ids: Vec<String> = sessions
        .as_array()
        .unwrap()
        .iter()
        .map(|session| session["id"].as_str().unwrap().to_owned())
        .collect();
    let mut all = vec![sessions];
    all.extend(ids.iter().map(|id| told(home, folder, &["show", id])));
    for arguments in [
        &["cost", "--by", "model"][..],
        &["cost", "--by", "session"],
        &["search", "xylophone"],
        &["search", "ferry"],
        &["rules", "list"],
    ] {
        all.push(told(home, folder, arguments));
    }
    all
}

#[test]
fn what_is_backed_up_comes_back() {
    let home = full();
    let file = home.beside("all.tar.gz");
    let name = file.to_string_lossy().into_owned();
    let made = told(&home, &home.path(), &["backup", &name]);
    assert_eq!(
        (
            &made["sessions"],
            &made["files"],
            &made["keys"],
            &made["outside"],
            &made["left"]
        ),
        (&json!(3), &json!(7), &json!(1), &json!([]), &json!([]))
    );
    assert_eq!(made["bytes"], fs::metadata(&file).unwrap().len());
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(
        fs::read_dir(home.path().join("data"))
            .unwrap()
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().contains("backup"))
            .count(),
        0
    );
    let fresh = home.beside("fresh");
    let restored = told(&home, &fresh, &["restore", &name]);
    assert_eq!(
        (
            &restored["sessions"],
            &restored["items"],
            &restored["files"],
            &restored["aside"]
        ),
        (
            &made["sessions"],
            &made["items"],
            &made["files"],
            &json!([])
        )
    );
    for (path, mode) in modes(&fresh) {
        assert_eq!(mode & 0o077, 0, "{} is for the owner alone", path.display());
    }
    let run = fresh.join("skills/s/run");
    assert_eq!(
        fs::metadata(run).unwrap().permissions().mode() & 0o777,
        0o700
    );
    let kept = [
        "MEMORY.md",
        "memory/2026-05-01.md",
        "keys/some",
        "themes/own.toml",
        "config.toml",
    ];
    for name in kept {
        assert_eq!(
            fs::read(fresh.join(name)).unwrap(),
            fs::read(home.path().join(name)).unwrap(),
            "{name}"
        );
    }
    assert_eq!(all_told(&home, &fresh), all_told(&home, &home.path()));
    let first = at(&home, &fresh, &["sessions"]);
    assert_eq!((first.code, first.err.as_str()), (0, ""));
    // It is worked in like any other.
    assert_eq!(at(&home, &fresh, &["run", "--mode", "edits", "go"]).code, 0);

    let without = home.beside("without.tar.gz").to_string_lossy().into_owned();
    let made = told(&home, &home.path(), &["backup", &without, "--without-keys"]);
    assert_eq!((&made["files"], &made["keys"]), (&json!(6), &json!(0)));
    let other = home.beside("other");
    told(&home, &other, &["restore", &without]);
    assert!(!other.join("keys").exists());
}

#[test]
fn a_file_that_is_there_is_not_written_over_and_a_key_elsewhere_is_named() {
    let home = full();
    let key = home.beside("key");
    fs::write(&key, "sk-elsewhere\n").unwrap();
    let own = home.path().join("own-key");
    fs::write(&own, "sk-own\n").unwrap();
    let config = fs::read_to_string(home.path().join("config.toml")).unwrap();
    let provider = |name: &str, key: &Path| {
        format!(
            "[providers.{name}]\nwire = \"openai-chat\"\nbase_url = \"http://127.0.0.1:1/v1\"\nkey_file = \"{}\"\n",
            key.display()
        )
    };
    home.config(&format!(
        "{config}{}{}",
        provider("far", &key),
        provider("near", &own)
    ));
    let file = home.beside("b.tar.gz");
    let name = file.to_string_lossy().into_owned();
    fs::write(&file, "mine").unwrap();
    let said = home.run(&["backup", &name]);
    assert!(refused(&said).contains("--force"), "{said:?}");
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    let made = told(&home, &home.path(), &["backup", &name, "--force"]);
    assert_eq!(
        (&made["keys"], &made["outside"]),
        (&json!(2), &json!([key]))
    );
    let said = home.run(&["backup", &name, "--force"]);
    assert!(said.out.contains(&*key.to_string_lossy()), "{said:?}");
    assert!(said.out.contains("not the search index"), "{said:?}");
    assert_eq!(said.out.lines().count(), 1);
    told(&home, &home.beside("fresh"), &["restore", &name]);
    assert_eq!(fs::read(home.beside("fresh/own-key")).unwrap(), b"sk-own\n");
    // A broken config is in it as it is.
    home.config("model = [");
    assert_eq!(home.run(&["backup", &name, "--force"]).code, 0);
    for nowhere in ["/nowhere/at/all/b.tar.gz", "."] {
        refused(&home.run(&["backup", nowhere]));
    }
    let empty = at(
        &home,
        &home.beside("nothing"),
        &["backup", &home.beside("c").to_string_lossy()],
    );
    assert!(refused(&empty).contains("nothing to back up"), "{empty:?}");
}

#[test]
fn a_backup_is_of_one_moment_while_others_write() {
    let home = Home::new();
    home.plays(&writes(40));
    home.run(&["sessions"]);
    let running = home
        .creel(&["run", "--mode", "edits", "go"])
        .spawn()
        .unwrap();
    let lock = home.path().join("state/locks");
    let started = Instant::now();
    let works = || {
        fs::read_dir(&lock)
            .is_ok_and(|entries| entries.flatten().any(|entry| entry.file_name().len() > 30))
    };
    while !works() {
        assert!(started.elapsed() < LONGEST);
        std::thread::yield_now();
    }
    let mut made = Vec::new();
    for n in 0..4 {
        let file = home.beside(&format!("{n}.tar.gz"));
        let told = told(&home, &home.path(), &["backup", &file.to_string_lossy()]);
        made.push((file, told["items"].as_u64().unwrap()));
    }
    assert_eq!(end(running).code, 0);
    assert!(
        made.is_sorted_by_key(|(_, items)| *items) && made[3].1 > 0,
        "{made:?}"
    );
    let texts = |folder: &Path| -> Vec<Value> {
        let sessions = told(&home, folder, &["sessions", "--all"]);
        let Some(id) = sessions[0]["id"].as_str() else {
            return Vec::new();
        };
        let shown = told(&home, folder, &["show", id]);
        let items = shown["items"].as_array().unwrap();
        items
            .iter()
            .map(|item| json!([item["kind"], item["text"], item["call"]["input"]]))
            .collect()
    };
    let whole = texts(&home.path());
    for (file, items) in made {
        let folder = file.with_extension("home");
        told(&home, &folder, &["restore", &file.to_string_lossy()]);
        let found = texts(&folder);
        // What a crash would leave: the end is closed when it is looked at.
        let same = found
            .iter()
            .zip(&whole)
            .take_while(|(one, other)| one == other);
        assert!(same.count() + 2 >= found.len(), "{items} of {found:?}");
        assert!(items == 0 || !found.is_empty());
        let doctor = told(&home, &folder, &["doctor"]);
        let database = doctor
            .as_array()
            .unwrap()
            .iter()
            .find(|check| check["name"] == "database");
        assert_eq!(database.unwrap()["state"], "ok");
    }
}

#[test]
fn damage_is_found_before_anything_is_touched() {
    let home = full();
    let file = home.beside("good.tar.gz");
    told(&home, &home.path(), &["backup", &file.to_string_lossy()]);
    let good = fs::read(&file).unwrap();
    let fresh = home.beside("fresh");
    let bad = home.beside("bad.tar.gz");
    let name = bad.to_string_lossy().into_owned();
    for part in 0..50 {
        let place = good.len() * part / 50;
        let mut changed = good.clone();
        changed[place] ^= 0x40;
        for (how, bytes) in [("changed", changed), ("cut", good[..place].to_vec())] {
            fs::write(&bad, bytes).unwrap();
            let said = at(&home, &fresh, &["restore", &name]);
            assert!(
                refused(&said).contains("bad.tar.gz"),
                "{how} at {place}: {said:?}"
            );
            assert!(!fresh.exists(), "{how} at {place}");
        }
    }
}

/// Words of the head, names of files, and what is said of it.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str], &'a str);

#[test]
fn what_is_no_backup_or_leads_elsewhere_is_refused() {
    let home = Home::new();
    let file = home.beside("odd.tar.gz");
    let name = file.to_string_lossy().into_owned();
    let fresh = home.beside("fresh");
    let pack = |words: &[(&str, &str)], names: &[&str]| {
        let words = words
            .iter()
            .map(|(word, rest)| ((*word).to_owned(), (*rest).to_owned()));
        let head = Head(words.collect());
        let mut pack = Pack::begin(fs::File::create(&file).unwrap(), &head, 0).unwrap();
        for name in names {
            pack.put(name, b"x").unwrap();
        }
        pack.finish().unwrap();
    };
    let cases: &[Case<'_>] = &[
        (&[("log", "99")], &[], "newer Creel"),
        (&[], &["../../escaped"], "a file named"),
        (&[], &["/etc/escaped"], "a file named"),
        (&[], &["config/a", "config/a"], "twice"),
        (&[], &["state/locks/a.lock"], "belongs to no home"),
        (&[], &["config/data/creel.db"], "belongs to no home"),
        (&[], &["other/a"], "belongs to no home"),
        (&[], &["config/.profile"], "belongs to no home"),
        (&[], &["config/Data/creel.db"], "belongs to no home"),
        (&[], &["key/Creel.db"], "belongs to no home"),
        (
            &[("log", "1")],
            &["data/creel.db"],
            "log that cannot be used",
        ),
    ];
    for (words, names, expected) in cases {
        pack(words, names);
        let said = at(&home, &fresh, &["restore", &name]);
        assert!(refused(&said).contains(expected), "{names:?}: {said:?}");
        let left: Vec<_> = files(&fresh).into_keys().collect();
        assert!(
            left.iter().all(|path| path.ends_with("creel.db.lock")),
            "{left:?}"
        );
    }
    for (text, expected) in [
        ("", "ends too early"),
        ("hello, not a backup at all", "no backup"),
    ] {
        fs::write(&file, text).unwrap();
        let said = at(&home, &fresh, &["restore", &name]);
        assert!(refused(&said).contains(expected), "{text}: {said:?}");
    }
    let absent = home.beside("absent").to_string_lossy().into_owned();
    refused(&at(&home, &fresh, &["restore", &absent]));
    refused(&at(
        &home,
        &fresh,
        &["restore", &home.work().to_string_lossy()],
    ));
}

#[test]
fn a_home_that_is_not_empty_stays_or_is_moved_aside_whole() {
    let home = full();
    let file = home.beside("all.tar.gz").to_string_lossy().into_owned();
    told(&home, &home.path(), &["backup", &file]);
    let other = Home::new();
    other.plays("> *\n< text: quite another\n");
    other.run(&["run", "go"]);
    fs::write(other.path().join("SOUL.md"), "Be brief.\n").unwrap();
    let before = files(&other.path());
    let said = other.run(&["restore", &file]);
    let why = refused(&said);
    assert!(
        why.contains("1 session, SOUL.md, config.toml") && why.contains("--force"),
        "{why}"
    );
    assert_eq!(files(&other.path()), before);
    // Somebody has it open.
    let lock = fs::File::open(other.path().join("data/creel.db.lock")).unwrap();
    lock.lock_shared().unwrap();
    let said = other.run(&["restore", &file, "--force"]);
    assert!(refused(&said).contains("another Creel"), "{said:?}");
    drop(lock);
    assert_eq!(files(&other.path()), before);
    let restored = told(&other, &other.path(), &["restore", &file, "--force"]);
    let aside = [
        other.path().join("data/before-restore-1"),
        other.path().join("before-restore-1"),
    ];
    assert_eq!(restored["aside"], json!(aside));
    assert_eq!(fs::read(aside[1].join("SOUL.md")).unwrap(), b"Be brief.\n");
    assert_eq!(
        fs::read(aside[1].join("config.toml")).unwrap(),
        before[Path::new("config.toml")]
    );
    assert_eq!(
        fs::read(aside[0].join("creel.db")).unwrap(),
        before[Path::new("data/creel.db")]
    );
    assert_eq!(
        all_told(&other, &other.path()),
        all_told(&other, &home.path())
    );
    // What was put aside is a home that can be taken in.
    let again = told(
        &other,
        &other.path(),
        &["import", "creel", &aside[0].to_string_lossy()],
    );
    assert_eq!(again["sessions"], 1);
    // A purge says what it does not reach.
    let sessions = told(&other, &other.path(), &["sessions"]);
    let id = sessions[0]["id"].as_str().unwrap();
    let said = other.run(&["purge", id, "--yes"]);
    assert!(said.err.contains("before-restore-1"), "{said:?}");
    assert!(said.out.contains("backups"), "{said:?}");
}

#[test]
fn nothing_is_put_where_a_link_of_the_home_leads() {
    let home = full();
    let file = home.beside("all.tar.gz").to_string_lossy().into_owned();
    told(&home, &home.path(), &["backup", &file]);
    let other = Home::new();
    let elsewhere = other.beside("dotfiles");
    fs::create_dir_all(elsewhere.join("s")).unwrap();
    let link = other.path().join("skills");
    fs::create_dir_all(other.path()).unwrap();
    symlink(&elsewhere, &link).unwrap();
    let said = other.run(&["restore", &file]);
    assert!(refused(&said).contains("skills, a link"), "{said:?}");
    told(&other, &other.path(), &["restore", &file, "--force"]);
    assert!(link.join("s/SKILL.md").exists() && !link.is_symlink());
    let aside = other.path().join("before-restore-1/skills");
    assert_eq!(fs::read_link(aside).unwrap(), elsewhere);
    assert_eq!(fs::read_dir(elsewhere.join("s")).unwrap().count(), 0);
}

#[test]
fn what_the_home_takes_is_told() {
    let home = full();
    let doctor = told(&home, &home.path(), &["doctor"]);
    let disk = doctor
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["name"] == "disk")
        .unwrap();
    let sizes = &disk["sizes"];
    for name in ["log", "blobs", "imports", "index", "free"] {
        assert!(sizes[name].is_u64(), "{name}: {disk}");
    }
    assert!(
        sizes["imports"].as_u64() > Some(0) && sizes["imports"].as_u64() < sizes["log"].as_u64()
    );
    assert!(disk["text"].as_str().unwrap().contains("the search index"));
}
