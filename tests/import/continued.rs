//! Sessions of other programs that grow while they are imported, and that are gone on with here.

use std::fs;
use std::path::{Path, PathBuf};

use pretty_assertions::assert_eq;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::Home;
use crate::support::server::{Server, Turn, config};
use crate::support::valid;

/// A session in which a tool was called, in a folder.
fn lines(folder: &Path) -> Vec<Value> {
    let said = |uuid: &str, second: u32, kind: &str, message: Value| {
        json!({
            "type": kind, "uuid": uuid, "sessionId": "s1", "cwd": folder,
            "timestamp": format!("2026-05-01T10:00:{second:02}Z"), "message": message,
        })
    };
    vec![
        said(
            "u1",
            1,
            "user",
            json!({"role": "user", "content": "look at it"}),
        ),
        said(
            "a1",
            2,
            "assistant",
            json!({"id": "m1", "role": "assistant", "model": "m", "content": [
                {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"file_path": "a"}}]}),
        ),
        said(
            "u2",
            3,
            "user",
            json!({"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "what was read"}]}),
        ),
        said(
            "a2",
            4,
            "assistant",
            json!({"id": "m2", "role": "assistant", "model": "m", "content": [{"type": "text", "text": "It is fine."}]}),
        ),
    ]
}

/// Writes so many of the lines, and imports them.
fn import(home: &Home, lines: &[Value]) -> Value {
    let text: Vec<String> = lines.iter().map(ToString::to_string).collect();
    home.file("s1.jsonl", &(text.join("\n") + "\n"));
    let path = home.work().join("s1.jsonl");
    let said = home.run(&["import", "claude", &path.to_string_lossy(), "--json"]);
    assert_eq!(said.code, 0, "{said:?}");
    said.json()
}

fn only(home: &Home) -> String {
    let listed = home.run(&["sessions", "--json", "--all"]).json();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    listed[0]["id"].as_str().unwrap().to_owned()
}

/// Calls of a session, each with how it ended and what came back.
fn calls(home: &Home, id: &str) -> Vec<(Value, Value, Value)> {
    let shown = home.run(&["show", id, "--json"]).json();
    let items = shown["items"].as_array().unwrap();
    let calls = items.iter().filter(|item| item["kind"] == "call");
    let calls = calls.map(|item| {
        let call = &item["call"];
        let fields = [&call["name"], &call["outcome"], &item["text"]];
        fields.map(Clone::clone).into()
    });
    calls.collect()
}

#[test]
fn a_result_that_comes_with_a_later_import_is_that_of_its_call() {
    let server = Server::plays(vec![Turn::text("Done.")]);
    let home = Home::with(&config(&server, None));
    let lines = lines(&home.work());
    assert_eq!(import(&home, &lines[..2])["items"], 2);
    let id = only(&home);
    let open = (json!("Read"), Value::Null, json!(""));
    assert_eq!(calls(&home, &id), [open]);
    assert_eq!(import(&home, &lines[..2])["items"], 0);
    assert_eq!(import(&home, &lines)["items"], 2);
    let done = (json!("Read"), json!("done"), json!("what was read"));
    assert_eq!(calls(&home, &id), [done]);
    let said = home.run(&["run", "--session", &id, "--model", "messages/m", "go on"]);
    assert_eq!(said.code, 0, "{said:?}");
    let requests = server.requests();
    let request = requests.last().unwrap();
    assert_eq!(valid::check(request), Ok(()));
    let body = request.bare();
    assert_eq!(body.matches("\"tool_use\"").count(), 1, "{body}");
    assert!(
        body.contains("what was read") && !body.contains("nothing is known"),
        "{body}"
    );
    // What Creel tells every model, and where it works.
    let system = request.json()["system"].to_string();
    let folder = format!("Folder: {}", home.work().canonicalize().unwrap().display());
    assert!(system.contains(&folder), "{system}");
}

#[test]
fn a_call_that_was_left_open_has_a_result_when_the_session_is_gone_on_with() {
    let server = Server::plays(vec![Turn::text("Done.")]);
    let home = Home::with(&config(&server, None));
    let lines = lines(&home.work());
    import(&home, &lines[..2]);
    let id = only(&home);
    let go_on = ["run", "--session", &id, "--model", "messages/m", "go on"];
    assert_eq!(home.run(&go_on).code, 0);
    let request = server.requests().pop().unwrap();
    assert_eq!(valid::check(&request), Ok(()));
    assert!(
        request
            .bare()
            .contains("nothing is known of how this ended")
    );
    // What comes of it after all is that call's too.
    import(&home, &lines);
    assert_eq!(home.run(&go_on).code, 0);
    let request = server.requests().pop().unwrap();
    assert_eq!(valid::check(&request), Ok(()));
    let body = request.bare();
    assert!(
        body.contains("what was read") && !body.contains("nothing is known"),
        "{body}"
    );
}

#[test]
fn a_session_whose_folder_is_not_here_is_read_and_gone_on_with_elsewhere() {
    let server = Server::plays(vec![Turn::text("Done.")]);
    let home = Home::with(&config(&server, None));
    let gone = PathBuf::from("/home/u/proj-that-is-not-here");
    import(&home, &lines(&gone));
    let id = only(&home);
    assert!(home.run(&["show", &id]).out.contains("It is fine."));
    let go_on = ["run", "--session", &id, "--model", "messages/m", "go on"];
    let said = home.run(&go_on);
    assert_eq!(said.code, 1, "{said:?}");
    let lines: Vec<_> = said.err.lines().collect();
    assert!(
        lines.len() == 1
            && lines[0]
                .contains("the folder /home/u/proj-that-is-not-here of this session is not here")
            && lines[0].contains("--cwd DIR"),
        "{said:?}"
    );
    assert_eq!(server.requests().len(), 0);
    fs::create_dir(home.beside("other")).unwrap();
    let other = home.beside("other").canonicalize().unwrap();
    let mut elsewhere = go_on.to_vec();
    let folder = other.to_string_lossy().into_owned();
    elsewhere.extend(["--cwd", &folder]);
    let said = home.run(&elsewhere);
    assert_eq!(said.code, 0, "{said:?}");
    let request = server.requests().pop().unwrap();
    assert_eq!(valid::check(&request), Ok(()));
    let system = request.json()["system"].to_string();
    assert!(system.contains(&format!("Folder: {folder}")), "{system}");
    // From then on it is there.
    assert_eq!(home.run(&go_on).code, 0);
    let listed = home.run(&["sessions", "--json", "--all"]).json();
    assert_eq!(listed[0]["cwd"], folder);
    let requests = server.requests();
    let systems: Vec<_> = requests
        .iter()
        .map(|request| request.json()["system"].to_string())
        .collect();
    assert_eq!(systems[0], systems[1]);
}

#[test]
fn counters_that_grow_are_counted_once_with_what_they_cost() {
    let home = Home::new();
    let path = home.work().join("state.db");
    let database = Connection::open(&path).unwrap();
    database
        .execute_batch(
            "CREATE TABLE sessions (id TEXT, source TEXT, started_at REAL);
             CREATE TABLE messages (id INTEGER PRIMARY KEY, session_id TEXT, role TEXT, content TEXT, timestamp REAL);
             CREATE TABLE session_model_usage (session_id TEXT, model TEXT, input_tokens INTEGER, output_tokens INTEGER, actual_cost_usd REAL, last_seen REAL);
             INSERT INTO sessions VALUES ('h1', 'cli', 1777000000);
             INSERT INTO messages VALUES (1, 'h1', 'user', 'hello', 1777000001), (2, 'h1', 'assistant', 'hi', 1777000002);
             INSERT INTO session_model_usage VALUES ('h1', 'unheard-of', 100, 10, 0.25, 1777000002);",
        )
        .unwrap();
    let path = path.to_string_lossy().into_owned();
    let counted = || {
        assert_eq!(home.run(&["import", "hermes", &path]).code, 0);
        let total = home.run(&["cost", "--json"]).json()["total"].clone();
        ["input_tokens", "output_tokens", "cost_usd"].map(|field| total[field].clone())
    };
    assert_eq!(counted(), [json!(100), json!(10), json!(0.25)]);
    assert_eq!(counted(), [json!(100), json!(10), json!(0.25)]);
    for (input, output, cost) in [(400, 30, 1.0), (400, 30, 1.5)] {
        database
            .execute(
                "UPDATE session_model_usage SET input_tokens = ?, output_tokens = ?, actual_cost_usd = ?",
                (input, output, cost),
            )
            .unwrap();
        assert_eq!(counted(), [json!(input), json!(output), json!(cost)]);
    }
}
