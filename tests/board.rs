//! The board by the true program in a true terminal.

use std::time::Duration;

use crate::support::pty::{READY, Terminal};
use crate::support::{CREEL, Home};

/// Longer than the board waits before it looks at the log again.
const LOOKS: Duration = Duration::from_millis(3_500);
const SCRIPT: &str = "\
> mend it
< text: The header now wins.

> clean up
< text: Seven runs fail while target/tmp is full.
< call bash {\"command\":\"echo gone > effect.txt\"}

< text: It is clean.

> *
< text: I heard you.
";

fn begin() -> (Home, Terminal) {
    let home = Home::new();
    home.plays(SCRIPT);
    let terminal = Terminal::start(&home, CREEL, &[], (30, 100));
    terminal.wait_for(READY);
    (home, terminal)
}

#[test]
fn sessions_are_seen_spoken_to_decided_put_away_and_deleted() {
    let (home, mut terminal) = begin();
    terminal.press("mend it\r");
    terminal.wait_for("The header now wins.");
    terminal.wait_for(READY);
    terminal.press("\x18n");
    terminal.wait_for("2 new");
    terminal.press("clean up\r");
    terminal.wait_for("wants to run");
    terminal.press("\x18n");
    terminal.wait_for("3 new");
    terminal.press("\x18w");
    terminal.wait_until("both sessions in their groups", |screen| {
        let at = |text: &str| screen.lines().position(|line| line.contains(text));
        let order = [
            at("needs you"),
            at("2  clean up"),
            at("earlier"),
            at("1  mend it"),
            at("peek"),
        ];
        order.iter().all(Option::is_some) && order.is_sorted()
    });
    terminal.wait_until("the ask and its risk at the foot", |screen| {
        let peek: Vec<&str> = screen
            .lines()
            .skip_while(|line| !line.contains("peek"))
            .collect();
        let peek = peek.join("\n");
        peek.contains("echo gone > effect.txt") && peek.contains("agent  Seven runs fail")
    });
    // Nothing is written while nothing happens, though the log is looked at.
    terminal.settle();
    assert_eq!(terminal.writes_within(LOOKS), 0, "{terminal:?}");
    // A yes on the board is no answer; `a` goes to the ask, which keeps its own rules.
    terminal.press("y");
    terminal.press("a");
    terminal.wait_until("the ask to be ready", |screen| {
        screen
            .lines()
            .any(|line| line.contains("ready") && !line.contains("after"))
    });
    assert!(!home.work().join("effect.txt").exists());
    terminal.press("y");
    terminal.wait_until("the command to have run", |_| {
        home.work().join("effect.txt").exists()
    });
    terminal.press("\x18w");
    terminal.wait_for("finished, not seen");
    terminal.press("/mend\r");
    terminal.wait_for("1 found");
    terminal.press("\tand now?\r");
    terminal.wait_for("✓ I heard you.");
    terminal.press("pA");
    terminal.wait_for("archived: mend it");
    terminal.press("u");
    terminal.wait_for("undone: archived: mend it");
    terminal.press("\x1b");
    terminal.wait_for("clean up");
    terminal.press("/mend\rD");
    terminal.wait_for("for good?");
    terminal.wait_for(" go with its draft");
    terminal.press("y\r");
    terminal.wait_for("deleted for good: ");
    terminal.press("\x1b\x1b");
    terminal.wait_for(READY);
    terminal.press("\x03\x03");
    assert_eq!(terminal.end(), 0);
    assert_eq!(terminal.left_behind(), Vec::<String>::new());
    let listed = home.run(&["sessions", "--all", "--json"]).json();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!(listed[0]["title"], "clean up");
}

#[test]
fn a_temporary_session_is_marked_and_gone() {
    let (home, mut terminal) = begin();
    terminal.press("\x18u");
    terminal.wait_for("temporary: gone from the log");
    terminal.press("a secret word\r");
    terminal.wait_for("I heard you.");
    terminal.wait_for("a secret word temporary");
    terminal.press("\x18w");
    terminal.wait_for("temporary: I heard you.");
    terminal.press("\x1b");
    terminal.wait_for(READY);
    terminal.signal(rustix::process::Signal::KILL);
    terminal.end();
    let listed = home.run(&["sessions", "--all", "--json"]).json();
    assert_eq!(listed.as_array().map(Vec::len), Some(0), "{listed}");
    let bytes = std::fs::read(home.db()).unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains("secret word"));
    // What it cost is still written down.
    let log = rusqlite::Connection::open(home.db()).unwrap();
    let calls = log.query_row("SELECT count(*) FROM ledger", [], |row| row.get(0));
    assert_eq!(calls, Ok(1));
}

#[test]
fn what_another_process_does_is_seen_live() {
    let home = Home::new();
    home.plays("> *\n< text: I wait.\n< call bash {\"command\":\"while [ ! -e go ]; do sleep 0.1; done\"}\n\n< text: It went.\n");
    let mut terminal = Terminal::start(&home, CREEL, &[], (24, 80));
    terminal.wait_for(READY);
    terminal.press("\x18w");
    terminal.wait_for("No session yet");
    let mut other = home
        .creel(&["run", "--mode", "auto", "wait for it"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    terminal.wait_for("other terminal");
    terminal.wait_for("process");
    terminal.press("\tmore\r");
    terminal.wait_for("it is spoken to there");
    home.file("go", "");
    assert!(other.wait().unwrap().success());
    terminal.wait_for("It went.");
    terminal.press("\x1b");
    terminal.wait_for(READY);
    terminal.press("\x03\x03");
    assert_eq!(terminal.end(), 0);
}
