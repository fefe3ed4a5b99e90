//! The JSON that scripts read: every promised field, and no lines beside the one value.

use std::collections::BTreeSet;
use std::fs;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::support::server::{Dialect, Server, Turn, config};
use crate::support::{Home, modes};

/// The names of an object's fields, in order.
fn fields(value: &Value) -> Vec<&str> {
    let object = value
        .as_object()
        .unwrap_or_else(|| panic!("no object: {value}"));
    object.keys().map(String::as_str).collect()
}

fn includes(value: &Value, promised: &[&str]) {
    let found: BTreeSet<&str> = fields(value).into_iter().collect();
    let missing: Vec<_> = promised
        .iter()
        .filter(|name| !found.contains(*name))
        .collect();
    assert!(missing.is_empty(), "{missing:?} is missing in {value}");
}

/// A home with one session: two steps at a priced server, with a call that is done and one that is denied.
fn home() -> (Home, Server, Value) {
    let calls = vec![
        ("read".to_owned(), json!({"path": "notes.txt"}).to_string()),
        ("bash".to_owned(), json!({"command": "echo hi"}).to_string()),
        ("read".to_owned(), "{\"path\": ".to_owned()),
    ];
    let first = Turn {
        text: "I look.".to_owned(),
        calls,
        ..Turn::default()
    };
    let more = |n: usize| Turn::text(format!("It says {n}."));
    let server = Server::plays(vec![first, more(1), more(2), more(3)]);
    let home = Home::with(&config(&server, Some((3.0, 15.0))));
    home.file("notes.txt", "3\n");
    let said = home.run(&[
        "run",
        "--model",
        "messages/m",
        "--output",
        "json",
        "What do my notes say?",
    ]);
    assert_eq!(said.code, 3, "{said:?}");
    let result = said.json();
    (home, server, result)
}

#[test]
fn a_run_answers_the_promised_object() {
    let (_, _, result) = home();
    assert_eq!(
        fields(&result),
        [
            "session_id",
            "ending",
            "result",
            "steps",
            "tool_calls",
            "thinking",
            "stop_reason",
            "usage",
            "cost_usd",
            "cost_other",
            "cost_known",
            "model",
            "duration_ms",
            "error"
        ]
    );
    assert_eq!(
        fields(&result["usage"]),
        [
            "input_tokens",
            "cache_read_tokens",
            "cache_write_tokens",
            "output_tokens",
            "reasoning_tokens"
        ]
    );
    let calls = json!([
        {"id": "call_1_1_1", "name": "read", "input": {"path": "notes.txt"}, "outcome": "done"},
        {"id": "call_1_1_2", "name": "bash", "input": {"command": "echo hi"}, "outcome": "denied"},
        {"id": "call_1_1_3", "name": "read", "input": null, "outcome": "failed"},
    ]);
    assert_eq!(result["tool_calls"], calls);
    let some = [
        "ending",
        "result",
        "steps",
        "stop_reason",
        "cost_other",
        "cost_known",
        "model",
        "error",
    ];
    let values: Vec<&Value> = some.iter().map(|name| &result[*name]).collect();
    let expected = [
        json!("denied"),
        json!("It says 3."),
        json!(2),
        json!("end"),
        json!({}),
        json!(true),
        json!("messages/m"),
        json!(null),
    ];
    assert_eq!(values, expected.iter().collect::<Vec<_>>());
    // Dollars are what the server's tokens cost by the config's price.
    let tokens = |name: &str| result["usage"][name].as_f64().unwrap();
    let cost = (tokens("input_tokens") * 3.0 + tokens("output_tokens") * 15.0) / 1e6;
    let told = result["cost_usd"].as_f64().unwrap();
    assert!((cost - told).abs() < 1e-9, "{told} is not {cost}");
}

#[test]
fn a_stream_of_lines_ends_with_the_same_object() {
    for &dialect in Dialect::ALL {
        let call = Turn::call("I look.", "bash", &json!({"command": "echo hi"}));
        let server = Server::plays(vec![call, Turn::text("It says hi.")]);
        let home = Home::with(&config(&server, None));
        let model = dialect.model();
        let said = home.run(&[
            "run",
            "--model",
            &model,
            "--mode",
            "auto",
            "--output",
            "stream-json",
            "go",
        ]);
        let lines = said.lines();
        for line in &lines {
            assert_eq!(fields(line)[..3], ["type", "seq", "session_id"], "{line}");
        }
        let kinds: Vec<&str> = lines
            .iter()
            .filter(|line| line["seq"].is_u64())
            .map(|line| line["type"].as_str().unwrap())
            .collect();
        assert_eq!(
            kinds,
            [
                "session", "turn", "text", "call", "usage", "outcome", "text", "usage", "result"
            ],
            "{dialect:?}"
        );
        let numbers: Vec<u64> = lines
            .iter()
            .filter_map(|line| line["seq"].as_u64())
            .collect();
        assert!(numbers.is_sorted(), "{numbers:?}");
        let spoken: String = lines
            .iter()
            .filter_map(|line| line["delta"].as_str())
            .collect();
        assert_eq!(spoken, "I look.It says hi.");
        let result = lines.last().unwrap();
        assert_eq!(
            (&result["ending"], &result["result"]),
            (&json!("finished"), &json!("It says hi."))
        );
    }
}

#[test]
fn lists_and_transcripts_have_the_promised_fields() {
    let (home, _, result) = home();
    let session = result["session_id"].as_str().unwrap();
    let json = |arguments: &[&str]| {
        let said = home.run(arguments);
        assert_eq!(
            (said.code, said.err.as_str()),
            (0, ""),
            "{arguments:?}: {said:?}"
        );
        said.json()
    };
    let sessions = json(&["sessions", "--json"]);
    assert_eq!(sessions.as_array().unwrap().len(), 1);
    includes(
        &sessions[0],
        &[
            "id",
            "title",
            "state",
            "model",
            "cwd",
            "project",
            "created",
            "active",
            "turns",
            "cost_usd",
            "cost_known",
            "source",
            "parent",
        ],
    );
    let state = [
        &sessions[0]["id"],
        &sessions[0]["title"],
        &sessions[0]["state"],
        &sessions[0]["turns"],
        &sessions[0]["source"],
    ];
    assert_eq!(
        state,
        [
            &json!(session),
            &json!("What do my notes say?"),
            &json!("done"),
            &json!(1),
            &json!("creel")
        ]
    );
    assert_eq!(sessions[0]["cost_usd"], result["cost_usd"]);

    // Any part of an id of four characters and more that fits one session is enough.
    let shown = json(&["show", &session[session.len() - 6..], "--json"]);
    assert_eq!(fields(&shown), ["session", "items", "next"]);
    let items = shown["items"].as_array().unwrap();
    for item in items {
        includes(
            item,
            &[
                "seq", "turn", "step", "at", "kind", "role", "who", "text", "call", "origin",
            ],
        );
    }
    let calls: Vec<&Value> = items
        .iter()
        .map(|item| &item["call"])
        .filter(|call| !call.is_null())
        .collect();
    includes(calls[0], &["id", "name", "input", "outcome", "exit"]);
    let first = json(&["show", session, "--json", "--limit", "2"]);
    assert_eq!(first["items"].as_array().unwrap()[..], items[..2]);
    let after = first["next"].as_u64().unwrap().to_string();
    let rest = json(&["show", session, "--json", "--after", &after]);
    assert_eq!(
        (&rest["items"].as_array().unwrap()[..], &rest["next"]),
        (&items[2..], &Value::Null)
    );
    // By its address, from there on.
    let at = |place: &str| json(&["show", &format!("{session}{place}"), "--json"])["items"].clone();
    let second = format!("@{}", items[1]["seq"]);
    assert_eq!(at(&second).as_array().unwrap()[..], items[1..]);
    assert_eq!(at("#1").as_array().unwrap()[..], items[..]);
    let from = items.iter().position(|item| item["step"] == 2).unwrap();
    assert_eq!(at("#1.2").as_array().unwrap()[..], items[from..]);
    let said = home.run(&["show", &format!("{session}#2")]);
    assert!(
        said.code == 1 && said.err.contains("the last turn is 1"),
        "{said:?}"
    );

    for by in ["day", "model", "provider", "session", "project"] {
        let cost = json(&["cost", "--by", by, "--json"]);
        let row = &cost["rows"][0];
        includes(
            row,
            &[
                "key",
                "calls",
                "input_tokens",
                "cache_read_tokens",
                "cache_write_tokens",
                "output_tokens",
                "reasoning_tokens",
                "cost_usd",
                "unknown",
            ],
        );
        assert_eq!(
            (&row["calls"], &row["cost_usd"]),
            (&json!(2), &result["cost_usd"]),
            "{by}"
        );
        assert_eq!(cost["total"]["cost_usd"], result["cost_usd"]);
    }

    for check in json(&["doctor", "--json"]).as_array().unwrap() {
        let mut expected = vec!["name", "state", "text", "remedy"];
        expected.extend((check["name"] == "disk").then_some("sizes"));
        assert_eq!(fields(check), expected);
        assert!(
            matches!(check["state"].as_str(), Some("ok" | "warn" | "bad")),
            "{check}"
        );
    }
    let models = json(&["models", "--json"]);
    let names: Vec<&str> = models
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|model| model["model"].as_str())
        .collect();
    assert!(
        names.contains(&"messages/m") && names.contains(&"rehearsal/tour"),
        "{names:?}"
    );

    let path = home.run(&["config", "path"]).out;
    assert_eq!(
        path,
        format!("{}\n", home.path().join("config.toml").display())
    );
    let schema: Value = home.run(&["config", "schema"]).json();
    assert!(schema["properties"]["providers"].is_object());
    for form in ["markdown", "html", "jsonl"] {
        let said = home.run(&["export", session, "--to", form]);
        assert!(
            said.code == 0 && said.out.contains("It says 3."),
            "{form}: {said:?}"
        );
    }
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            home.run(&["completions", shell]).out.contains("creel"),
            "{shell}"
        );
    }
    assert!(home.run(&["man"]).out.starts_with(".ie"), "a manual page");
}

#[test]
fn everything_made_is_the_owners_alone() {
    let (home, _, _) = home();
    // Made by the trial, not by Creel.
    let own = [home.path(), home.path().join("config.toml")];
    for (path, mode) in modes(&home.path()) {
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert!(
            own.contains(&path) || mode == expected,
            "{}: {mode:o}",
            path.display()
        );
    }
    assert_eq!(
        fs::read_dir(home.person()).unwrap().count(),
        0,
        "nothing lies in the person's own folder"
    );
}

#[test]
fn the_tour_reads_writes_and_runs_in_an_empty_folder() {
    let home = Home::new();
    let said = home.run(&[
        "run",
        "--model",
        "rehearsal/tour",
        "--mode",
        "auto",
        "--output",
        "json",
        "Show me.",
    ]);
    let result = said.json();
    assert_eq!(
        (said.code, &result["ending"]),
        (0, &json!("finished")),
        "{said:?}"
    );
    let names: BTreeSet<&str> = result["tool_calls"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|call| call["name"].as_str())
        .collect();
    assert!(
        ["read", "bash"].iter().all(|name| names.contains(name)),
        "{names:?}"
    );
    let files = fs::read_dir(home.work()).unwrap().count();
    let told = format!("Real, in this session: {files} file");
    assert!(
        result["result"].as_str().unwrap().contains(&told),
        "{told} in {result}"
    );
    // Play money is no money.
    assert_eq!(result["cost_usd"], json!(0.0));
}

#[test]
fn a_session_goes_on_and_is_purged() {
    let home = Home::new();
    home.plays("> *\n< text: one\n\n> *\n< text: two\n");
    let run = |arguments: &[&str]| {
        home.run(&[&["run", "--output", "json"], arguments, &["go"]].concat())
            .json()
    };
    let first = run(&[]);
    let session = first["session_id"].as_str().unwrap();
    assert_eq!(run(&["--continue"])["result"], "two");
    let third = run(&["--session", session]);
    assert_eq!(third["session_id"], session);
    assert_eq!(home.run(&["sessions", "--json"]).json()[0]["turns"], 3);
    let purged = home.run(&["purge", session]);
    assert_eq!(purged.code, 0, "{purged:?}");
    assert_eq!(home.run(&["sessions", "--json", "--all"]).json(), json!([]));
    assert_eq!(home.run(&["show", session]).code, 1);
}

#[test]
fn effort_is_of_the_session_and_reaches_every_request() {
    let turns = || (0..4).map(|n| Turn::text(format!("{n}"))).collect();
    for dialect in Dialect::ALL {
        let server = Server::plays(turns());
        let home = Home::with(&format!("effort = \"low\"\n{}", config(&server, None)));
        let model = dialect.model();
        let run = |arguments: &[&str]| {
            let start = ["run", "--model", &*model, "--output", "json"];
            let said = home.run(&[&start[..], arguments, &["go"]].concat());
            assert_eq!(said.code, 0, "{said:?}");
            said.json()["session_id"].as_str().unwrap().to_owned()
        };
        let session = run(&[]);
        run(&["--session", &session, "--effort", "off"]);
        run(&["--session", &session]);
        run(&["--effort", "medium"]);
        let told = |request: &Value| match dialect {
            Dialect::Anthropic => request["thinking"].clone(),
            Dialect::OpenAiChat => request["reasoning_effort"].clone(),
            Dialect::Ollama => request["think"].clone(),
            Dialect::OpenAiResponses => request["reasoning"]["effort"].clone(),
            Dialect::Gemini => {
                request["generationConfig"]["thinkingConfig"]["thinkingLevel"].clone()
            }
        };
        let expected = match dialect {
            Dialect::Anthropic => [
                json!({"type": "enabled", "budget_tokens": 2048}),
                json!({"type": "disabled"}),
                json!({"type": "disabled"}),
                // Three quarters of the answer, which is less than what a medium effort may take.
                json!({"type": "enabled", "budget_tokens": 6000}),
            ],
            Dialect::OpenAiChat | Dialect::OpenAiResponses => {
                ["low", "none", "none", "medium"].map(Value::from)
            }
            Dialect::Gemini => ["low", "minimal", "minimal", "medium"].map(Value::from),
            Dialect::Ollama => [true, false, false, true].map(Value::from),
        };
        let requests: Vec<Value> = server
            .requests()
            .iter()
            .map(|request| told(&request.json()))
            .collect();
        assert_eq!(requests, expected);
    }
    let home = Home::new();
    let said = home.run(&["run", "--effort", "xhigh", "go"]);
    assert_eq!(said.code, 2, "{said:?}");
    assert!(
        said.err.contains("expected off, low, medium, high or max"),
        "{said:?}"
    );
}
