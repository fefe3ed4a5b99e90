//! An import on a terminal: it shows how far it is, Ctrl+C stops it between two parts, and the same command goes on there.

use std::fs;

use serde_json::{Value, json};

use crate::support::Home;
use crate::support::pty::Terminal;

/// More than are read together.
const FILES: u64 = 3_500;

#[test]
fn ctrl_c_stops_it_and_the_same_command_goes_on() {
    let home = Home::new();
    let folder = home.work().join("talks");
    fs::create_dir(&folder).unwrap();
    for number in 0..FILES {
        let line = json!({"session": format!("s{number}"), "at": "2026-05-01T10:00:00Z", "role": "user", "text": format!("word{number}")});
        fs::write(folder.join(format!("{number}.jsonl")), line.to_string()).unwrap();
    }
    let mut terminal = Terminal::creel(&home, &["import", "jsonl", "talks"]);
    terminal.wait_for(&format!(" of {FILES} files"));
    terminal.press("\x03");
    terminal.wait_for("the same command goes on there");
    assert_eq!(terminal.end(), 130);
    let report = |said: Value| ["sessions", "already"].map(|field| said[field].as_u64().unwrap());
    let path = folder.to_string_lossy().into_owned();
    let goes_on = || report(home.run(&["import", "jsonl", &path, "--json"]).json());
    let [sessions, already] = goes_on();
    assert!(sessions > 0 && already > 0, "{sessions} {already}");
    assert_eq!(sessions + already, FILES);
    assert_eq!(goes_on(), [0, FILES]);
}
