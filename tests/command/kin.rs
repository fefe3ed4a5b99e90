//! `creel import creel`: another home's sessions, notes and rules, once and counted, and that home as it was.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use creel::agent::digest;
use pretty_assertions::assert_eq;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::command::keeping::{at, files, told, writes};
use crate::command::memory::holding;
use crate::support::kept::unpacked;
use crate::support::server::{Server, Turn, config};
use crate::support::{Home, modes};

/// A home that was worked in, with notes and a rule.
fn worked_in() -> Home {
    let home = Home::new();
    let server = Server::plays(vec![Turn::text("Paid for.")]);
    home.config(&config(&server, Some((3.0, 15.0))));
    let paid = home.run(&["run", "--model", "messages/m", "what does it cost"]);
    assert_eq!(paid.code, 0, "{paid:?}");
    home.plays(&format!(
        "{}\n> *\n< usage 7 3\n< text: once more\n",
        writes(2)
    ));
    let ran = home.run(&["run", "--mode", "edits", "look for the quokkaplant"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    fs::write(
        home.path().join("MEMORY.md"),
        "- the boat is called Ada\n- tabs\n",
    )
    .unwrap();
    let rule = ["rules", "add", "Bash(git diff *)", "--scope", "everywhere"];
    assert_eq!(home.run(&rule).code, 0);
    home
}

fn import(here: &Home, there: &Path) -> Value {
    told(
        here,
        &here.path(),
        &["import", "creel", &there.to_string_lossy()],
    )
}

/// What a session's transcript and cost say, but for the numbers the log gives.
fn shown(home: &Home, id: &str) -> Vec<Value> {
    let mut shown = told(home, &home.path(), &["show", id]);
    for item in shown["items"].as_array_mut().unwrap() {
        item.as_object_mut().unwrap().remove("seq");
    }
    shown.as_object_mut().unwrap().remove("next");
    let cost = told(home, &home.path(), &["cost", "--by", "model"]);
    let sessions = told(home, &home.path(), &["sessions", "--all"]);
    vec![shown, cost, sessions]
}

fn id(home: &Home) -> String {
    let sessions = told(home, &home.path(), &["sessions", "--all"]);
    sessions[0]["id"].as_str().unwrap().to_owned()
}

/// Every file of a folder with what is in it and when it was changed.
fn traces(folder: &Path) -> Vec<(PathBuf, i64, i64)> {
    let times = |path: &Path| {
        let about = fs::metadata(path).unwrap();
        (path.to_owned(), about.mtime(), about.mtime_nsec())
    };
    let mut traces: Vec<_> = modes(folder).iter().map(|(path, _)| times(path)).collect();
    traces.sort();
    traces
}

#[test]
fn a_session_is_taken_in_as_it_was_once_and_grows() {
    let (there, here) = (worked_in(), Home::new());
    let session = id(&there);
    let before = (files(&there.path()), traces(&there.path()));
    let first = import(&here, &there.path());
    assert_eq!(
        (
            &first["sessions"],
            &first["already"],
            &first["skipped"],
            &first["notes"]
        ),
        (&json!(2), &json!(0), &json!(0), &json!(2))
    );
    assert_eq!((files(&there.path()), traces(&there.path())), before);
    assert_eq!(shown(&here, &session), shown(&there, &session));
    let items = first["items"].clone();
    let again = import(&here, &there.path());
    let expected = json!({"sessions": 0, "items": 0, "skipped": 0, "already": items, "problems": [], "notes": 0, "rules": again["rules"]});
    assert_eq!(again, expected);
    assert_eq!(
        fs::read_to_string(here.path().join("MEMORY.md")).unwrap(),
        "- the boat is called Ada\n- tabs\n"
    );
    let found = told(&here, &here.path(), &["search", "quokkaplant"]);
    assert_eq!(found[0]["session"], session.as_str());

    let more = there.run(&["run", "--session", &session, "and then"]);
    assert_eq!(more.code, 0, "{more:?}");
    let grown = import(&here, &there.path());
    assert_eq!(
        (&grown["sessions"], &grown["items"], &grown["already"]),
        (&json!(0), &json!(2), &items)
    );
    assert_eq!(shown(&here, &session), shown(&there, &session));
    // It goes on here, and then there is nothing more to add that was not here.
    here.plays("> *\n< text: here\n");
    assert_eq!(here.run(&["run", "--session", &session, "go on"]).code, 0);
    assert_eq!(import(&here, &there.path())["items"], 0);
    there.run(&["run", "--session", &session, "go on there"]);
    let apart = import(&here, &there.path());
    assert_eq!((&apart["items"], &apart["skipped"]), (&json!(0), &json!(1)));
    assert!(
        apart["problems"][0]["text"]
            .as_str()
            .unwrap()
            .contains("both homes"),
        "{apart}"
    );
    // The other way round it has grown just so.
    let back = import(&there, &here.path());
    assert_eq!((&back["items"], &back["skipped"]), (&json!(0), &json!(1)));
}

#[test]
fn rules_are_named_and_do_not_hold() {
    let (there, here) = (worked_in(), Home::new());
    let rules = import(&here, &there.path())["rules"].clone();
    let line = "creel rules add 'Bash(git diff *)' --scope everywhere";
    assert_eq!(
        (&rules[0]["command"], &rules[0]["effect"]),
        (&json!(line), &json!("allow"))
    );
    assert_eq!(told(&here, &here.path(), &["rules", "list"]), json!([]));
    let said = here.run(&["import", "creel", &there.path().to_string_lossy()]);
    assert_eq!(said.out.lines().nth(1), Some(line), "{said:?}");
    let words = shlex::split(line).unwrap();
    let words: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    assert_eq!(here.run(&words).code, 0);
    assert_eq!(import(&here, &there.path())["rules"], json!([]));
}

#[test]
fn of_a_purged_session_no_word_is_left_and_it_stays_away() {
    let (there, here) = (worked_in(), Home::new());
    let session = id(&there);
    import(&here, &there.path());
    here.run(&["index", "rebuild"]);
    assert_ne!(holding(&here.path(), b"quokkaplant"), Vec::<String>::new());
    assert_eq!(here.run(&["purge", &session, "--yes"]).code, 0);
    assert_eq!(holding(&here.path(), b"quokkaplant"), Vec::<String>::new());
    let again = import(&here, &there.path());
    assert_eq!(
        (&again["sessions"], &again["items"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(holding(&here.path(), b"quokkaplant"), Vec::<String>::new());
    // What was spent was spent once.
    let cost = told(&here, &here.path(), &["cost", "--by", "model"]);
    assert!(cost["total"]["cost_usd"].as_f64() > Some(0.0), "{cost}");
    assert_eq!(
        cost["total"],
        told(&there, &there.path(), &["cost", "--by", "model"])["total"]
    );
}

#[test]
fn a_home_with_writes_beside_its_log_is_read_without_a_trace() {
    let (there, here) = (worked_in(), Home::new());
    let log = there.db();
    // As one that is open elsewhere, and has an index of its log of writes.
    let open = Connection::open(&log).unwrap();
    open.query_row("SELECT count(*) FROM event", [], |row| row.get::<_, i64>(0))
        .unwrap();
    open.execute_batch("PRAGMA wal_autocheckpoint = 0; INSERT INTO tally VALUES ('of a trial', 1)")
        .unwrap();
    let before = (files(&there.path()), traces(&there.path()));
    assert_eq!(import(&here, &there.path())["sessions"], 2);
    assert_eq!((files(&there.path()), traces(&there.path())), before);
    let left: Vec<_> = fs::read_dir(here.beside("tmp"))
        .unwrap()
        .flatten()
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_is_no_home_or_a_newer_one_gets_one_line() {
    let (there, here) = (worked_in(), Home::new());
    let conn = Connection::open(there.db()).unwrap();
    conn.pragma_update(None, "user_version", 99).unwrap();
    drop(conn);
    let cases = [
        (there.path(), "newer Creel"),
        (here.work(), "no home of Creel"),
        (here.path(), "this home itself"),
        (here.beside("absent"), "no home of Creel"),
    ];
    here.run(&["sessions"]);
    for (path, expected) in cases {
        let said = at(
            &here,
            &here.path(),
            &["import", "creel", &path.to_string_lossy()],
        );
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.err.contains(expected), "{said:?}");
        assert_eq!(said.err.trim_end().lines().count(), 1, "{said:?}");
    }
    assert_eq!(told(&here, &here.path(), &["sessions", "--all"]), json!([]));
}

/// What an answer cost is counted once, also where an import of a home was cut before it told which answers came with it.
#[test]
fn an_answer_that_came_with_a_home_is_not_counted_again_by_its_own_file() {
    let id = "4d5611e5-241a-462a-8d15-5122611a9569";
    let said = |nth: u32, kind: &str, message: Value| {
        let line = json!({
            "type": kind, "uuid": format!("u{nth}"), "sessionId": id, "cwd": "/p", "message": message,
            "timestamp": format!("2026-05-01T10:00:0{nth}Z"), "requestId": format!("r{nth}"),
        });
        format!("{line}\n")
    };
    let talk = |nth: u32| {
        let answer = json!({
            "id": format!("m{nth}"), "model": "claude-opus-4-6", "role": "assistant",
            "content": [{"type": "text", "text": "At noon."}],
            "usage": {"input_tokens": 1_000_000, "output_tokens": 1_000_000},
        });
        let asked = json!({"role": "user", "content": "When does it leave?"});
        said(nth, "user", asked) + &said(nth + 1, "assistant", answer)
    };
    let there = worked_in();
    let name = format!(".claude/projects/-p/{id}.jsonl");
    there.file(&name, &talk(1));
    let claude = there.work().join(".claude");
    let here = Home::new();
    here.config("");
    let spent = |home: &Home, kind: &str, path: &Path| {
        let taken = home.run(&["import", kind, &path.to_string_lossy()]);
        assert_eq!(taken.code, 0, "{taken:?}");
        let cost = told(home, &home.path(), &["cost", "--by", "model"]);
        let rows = cost["rows"].as_array().unwrap();
        let row = rows
            .iter()
            .find(|row| row["key"] == "anthropic/claude-opus-4-6");
        row.map(|row| row["cost_usd"].as_f64().unwrap())
    };
    assert_eq!(spent(&there, "claude", &claude), Some(30.0));
    assert_eq!(spent(&here, "creel", &there.path()), Some(30.0));
    assert_eq!(spent(&here, "claude", &claude), Some(30.0));
    // What a kill leaves.
    let log = Connection::open(here.db()).unwrap();
    assert_eq!(log.execute("DELETE FROM import_spent", []).unwrap(), 1);
    log.execute("DELETE FROM import_file", []).unwrap();
    drop(log);
    assert_eq!(spent(&here, "claude", &claude), Some(30.0));
    // The next one tells it.
    assert_eq!(spent(&here, "creel", &there.path()), Some(30.0));
    let log = Connection::open(here.db()).unwrap();
    let known: i64 = log
        .query_row("SELECT count(*) FROM import_spent", [], |row| row.get(0))
        .unwrap();
    assert_eq!(known, 1);
    drop(log);
    there.file(&name, &(talk(1) + &talk(3)));
    assert_eq!(spent(&here, "claude", &claude), Some(60.0));
}

/// A session that both homes have of a third program is one here, whichever way it came first, and is counted once.
#[test]
fn a_session_of_a_third_program_is_one_whichever_home_it_came_from() {
    let talk = r#"{"session":"trip","at":"2026-05-01T10:00:00Z","role":"user","text":"When does the ferry leave?","external_id":"t1"}
"#;
    let there = worked_in();
    there.file("talk.jsonl", talk);
    let file = there.work().join("talk.jsonl");
    let file = file.to_string_lossy();
    assert_eq!(there.run(&["import", "jsonl", &file]).code, 0);
    for homes_first in [false, true] {
        let here = Home::new();
        here.config("");
        let take = |kind: &str, path: &str| {
            let said = here.run(&["import", kind, path]);
            assert_eq!(said.code, 0, "{said:?}");
        };
        let other = there.path().to_string_lossy().into_owned();
        let mut ways = [("jsonl", file.as_ref()), ("creel", other.as_str())];
        if homes_first {
            ways.reverse();
        }
        for (kind, path) in ways.iter().chain(&ways) {
            take(kind, path);
        }
        let hits = here.run(&["search", "--json", "kind:turn ferry"]).json();
        let found: Vec<&Value> = hits.as_array().unwrap().iter().collect();
        assert_eq!(found.len(), 1, "homes first: {homes_first}: {found:?}");
        assert_eq!(found[0]["source"], "jsonl");
    }
}

#[test]
fn a_home_that_is_worked_in_is_taken_in_as_it_stands() {
    let (there, here) = (Home::new(), Home::new());
    there.plays(&writes(40));
    there.run(&["sessions"]);
    let mut running = there
        .creel(&["run", "--mode", "edits", "go"])
        .spawn()
        .unwrap();
    loop {
        let ended = running.try_wait().unwrap().is_some();
        let told = import(&here, &there.path());
        assert_eq!(told["problems"], json!([]), "{told}");
        if ended {
            break;
        }
    }
    let session = id(&there);
    assert_eq!(shown(&here, &session), shown(&there, &session));
}

#[test]
fn no_key_of_this_home_comes_in_with_an_output_of_another() {
    let key = "sk-held-here-0123456789";
    let (there, here) = (Home::new(), Home::new());
    let line = format!("{key} {}\n", "word ".repeat(20));
    there.file("long.txt", &line.repeat(9_000));
    there.plays("> *\n< call bash {\"command\":\"cat long.txt\"}\n\n< text: read\n");
    let ran = there.run(&["run", "--allow", "Bash", "--no-sandbox", "read it"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_ne!(holding(&there.path(), key.as_bytes()), Vec::<String>::new());
    fs::write(here.beside("key"), key).unwrap();
    let config = format!(
        "[providers.p]\nwire = \"openai-chat\"\nbase_url = \"http://127.0.0.1:1/v1\"\nkey_file = \"{}\"\n",
        here.beside("key").display()
    );
    here.config(&config);
    assert_eq!(import(&here, &there.path())["sessions"], 1);
    assert_eq!(holding(&here.path(), key.as_bytes()), Vec::<String>::new());
    // What is kept of it is one output, without the key, under the name that the session knows.
    let conn = Connection::open(here.db()).unwrap();
    let hash = "SELECT hash FROM blob";
    let name: String = conn.query_row(hash, [], |row| row.get(0)).unwrap();
    let packed = unpacked(&here.db());
    let output = packed.iter().find(|bytes| digest::hex(bytes) == name);
    let output = String::from_utf8_lossy(output.unwrap());
    assert!(output.contains("redacted:key"));
    let sql = "SELECT count(*) FROM event WHERE item = 'result' AND instr(body, ?) > 0";
    let known: i64 = conn.query_row(sql, [&name], |row| row.get(0)).unwrap();
    let facts = packed.iter().map(|bytes| String::from_utf8_lossy(bytes));
    let beside = facts.filter(|fact| fact.contains(&name)).count();
    assert_eq!(known + beside as i64, 1);
}

#[test]
fn what_was_spent_there_is_known_and_holds_nothing_here() {
    let (there, here) = (worked_in(), Home::new());
    import(&here, &there.path());
    let sums = |home: &Home| {
        let conn = Connection::open(home.db()).unwrap();
        let sql =
            "SELECT sum(charged), sum(ifnull(counted, reserved)) FROM ledger WHERE basis <> 'play'";
        conn.query_row(sql, [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        })
        .unwrap()
    };
    let (charged, counted) = sums(&there);
    assert!(charged > 0 && counted > 0);
    assert_eq!(sums(&here), (charged, 0));
}

#[test]
fn outputs_of_many_megabytes_are_packed_like_all_that_is_imported() {
    let (there, here) = (worked_in(), Home::new());
    let conn = Connection::open(there.db()).unwrap();
    // More than is kept in one piece, so that some of it comes before the facts.
    let names: Vec<String> = (1..=3)
        .map(|number| {
            let output = format!("line {number} of a long output\n").repeat(400_000);
            let name = digest::hex(output.as_bytes());
            let sql = "INSERT INTO blob(hash, bytes) VALUES (?, ?)";
            conn.execute(sql, (&name, output.as_bytes())).unwrap();
            let sql = "INSERT INTO blob_use(session, hash) SELECT min(key), ? FROM session";
            conn.execute(sql, [&name]).unwrap();
            name
        })
        .collect();
    drop(conn);
    import(&here, &there.path());
    let conn = Connection::open(here.db()).unwrap();
    for name in names {
        let sql = "SELECT hex(substr(bytes, 1, 1)) FROM blob WHERE hash = ?";
        let mark: String = conn.query_row(sql, [&name], |row| row.get(0)).unwrap();
        assert_eq!(mark, "01");
    }
    // Each is known as one of another home by its own name alone.
    let sql = "SELECT count(*), sum(source = 'creel' AND length(name) = 36) FROM import";
    let known = conn.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)));
    let sessions = told(&here, &here.path(), &["sessions", "--all"]);
    let sessions = sessions.as_array().unwrap().len() as i64;
    assert_eq!(known.unwrap(), (sessions, sessions));
}
