//! Secrets in the files of other programs: the copy kept here holds none of them, whatever form the program writes.

use serde_json::json;

use crate::support::Home;
use crate::support::kept::{files, unpacked};

/// Letters as chance has them, so that no file here holds what looks like a secret.
fn letters(count: usize, turn: usize) -> String {
    let all = b"k7Qw2RtZ9pLx4VbN8mJc3HsD6fGy5TuA1eKi0ME";
    (0..count)
        .map(|number| char::from(all[(number * 7 + turn) % all.len()]))
        .collect()
}

/// What is planted: its mark, how it stands in a text, and what must be nowhere.
fn planted() -> Vec<(&'static str, String, String)> {
    let capitals = |turn| letters(16, turn).to_ascii_uppercase();
    let (github, anthropic, aws) = (letters(36, 1), letters(90, 5), capitals(9));
    let (password, block) = (letters(20, 13), letters(64, 17));
    vec![
        (
            "github token",
            format!("cloned with ghp_{github} there"),
            github,
        ),
        (
            "anthropic key",
            format!("export KEY=sk-ant-api03-{anthropic}"),
            anthropic,
        ),
        ("aws key id", format!("id AKIA{aws} is used"), aws),
        ("password", format!("DB_PASSWORD={password}"), password),
        (
            "private key",
            format!("-----BEGIN PRIVATE KEY-----\n{block}\n{block}\n-----END PRIVATE KEY-----"),
            block,
        ),
    ]
}

/// A session in the form of a program that says a text in every place there is.
fn written(program: &str, text: &str) -> String {
    let at = "2026-05-01T10:00:00Z";
    // Longer than what stands in a row of the log.
    let long = format!(
        "{}\n{text}\n{}",
        "line\n".repeat(4000),
        "more\n".repeat(4000)
    );
    let lines = match program {
        "claude" => vec![
            json!({"type": "user", "uuid": "u1", "sessionId": "s", "cwd": "/w", "timestamp": at, "message": {"role": "user", "content": text}}),
            json!({"type": "assistant", "uuid": "a1", "sessionId": "s", "timestamp": at, "message": {"id": "m", "role": "assistant", "model": "m", "content": [
                {"type": "thinking", "thinking": text}, {"type": "text", "text": text},
                {"type": "tool_use", "id": "c1", "name": "Bash", "input": {"command": text}}]}}),
            json!({"type": "user", "uuid": "u2", "sessionId": "s", "timestamp": at, "message": {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": long}]}}),
            json!({"type": "custom-title", "customTitle": text}),
        ],
        "codex" => vec![
            json!({"timestamp": at, "type": "session_meta", "payload": {"id": "s", "timestamp": at, "cwd": "/w", "model_provider": "openai"}}),
            json!({"timestamp": at, "type": "event_msg", "payload": {"type": "user_message", "message": text}}),
            json!({"timestamp": at, "type": "response_item", "payload": {"type": "function_call", "name": "shell", "call_id": "c1", "arguments": json!({"command": text}).to_string()}}),
            json!({"timestamp": at, "type": "response_item", "payload": {"type": "function_call_output", "call_id": "c1", "output": long}}),
            json!({"timestamp": at, "type": "response_item", "payload": {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}}),
        ],
        _ => vec![
            json!({"session": "s", "at": at, "role": "user", "text": text, "title": text}),
            json!({"session": "s", "at": at, "role": "tool", "text": long}),
            json!({"session": "s", "at": at, "role": "assistant", "text": text, "who": "bot"}),
        ],
    };
    let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    // A line that cannot be read is told of, with what stands in it.
    format!("{}\n{{\"type\": {}", lines.join("\n"), json!(text))
}

fn holds(bytes: &[u8], secret: &str) -> bool {
    let lower = bytes.to_ascii_lowercase();
    let secret = secret.to_ascii_lowercase();
    // A part of it would do for who finds it.
    let part = &secret.as_bytes()[..16];
    lower.windows(part.len()).any(|window| window == part)
}

#[test]
fn no_file_of_the_home_holds_a_secret_that_was_imported() {
    for program in ["claude", "codex", "jsonl"] {
        let home = Home::new();
        let mut marks = Vec::new();
        let mut secrets = Vec::new();
        for (number, (mark, text, secret)) in planted().into_iter().enumerate() {
            let name = format!("{number}.jsonl");
            let text = written(program, &text).replace("\"s\"", &format!("\"s{number}\""));
            home.file(&name, &text);
            assert!(holds(text.as_bytes(), &secret), "{program} {mark}");
            let path = home.work().join(&name);
            let said = home.run(&["import", program, &path.to_string_lossy(), "--json"]);
            assert_eq!(said.code, 0, "{program}: {said:?}");
            assert_eq!(said.json()["sessions"], 1, "{program}: {said:?}");
            assert!(!holds(said.out.as_bytes(), &secret), "{program}: {said:?}");
            assert!(!holds(said.err.as_bytes(), &secret), "{program}: {said:?}");
            marks.push(mark);
            secrets.push(secret);
        }
        let listed = home.run(&["sessions", "--json", "--all"]).json();
        let mut shown = String::new();
        for card in listed.as_array().unwrap() {
            let id = card["id"].as_str().unwrap();
            shown.push_str(&home.run(&["show", id, "--json"]).out);
        }
        for (mark, secret) in marks.iter().zip(&secrets) {
            let mark = format!("‹redacted:{mark}›");
            assert!(shown.matches(&mark).count() >= 3, "{program} {mark}");
            assert!(!holds(shown.as_bytes(), secret), "{program} {mark}");
            let found = home.run(&["search", &secret[..16], "--json"]).json();
            let none = found
                .as_array()
                .unwrap()
                .iter()
                .all(|hit| !holds(hit["text"].as_str().unwrap().as_bytes(), secret));
            assert!(none, "{program} {mark}: {found}");
            assert!(!unpacked(&home.db()).is_empty(), "{program}");
            for (path, bytes) in files(&home.path()) {
                assert!(!holds(&bytes, secret), "{program} {mark}: {path}");
            }
        }
    }
}
