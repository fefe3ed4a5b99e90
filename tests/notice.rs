//! What is told to a person who looks elsewhere, in a true terminal: the notice, the program, the title, the progress.

use std::time::{Duration, Instant};

use crate::support::pty::{READY, Terminal};
use crate::support::{CREEL, Home};

const FOCUS_OUT: &str = "\x1b[O";

fn holds(raw: &[u8], text: &str) -> bool {
    raw.windows(text.len())
        .any(|window| window == text.as_bytes())
}

/// A home whose model asks to run a command, and whose config ends so.
fn asking(config: &str) -> Home {
    let home = Home::new();
    home.plays(
        "> *\n< call bash {\"command\":\"echo secret > made.txt\"}\n\n< text: It is made.\n",
    );
    let written = std::fs::read_to_string(home.path().join("config.toml")).unwrap_or_default();
    home.config(&format!("{written}{config}"));
    home
}

#[test]
fn who_looks_elsewhere_is_told_by_terminal_and_program() {
    // A program that gets the notice as its last argument, and writes all of them down.
    let home = asking(
        "[notify]\ncommand = [\"sh\", \"-c\", \"printf '%s|' \\\"$@\\\" >> told; echo >> told\", \"sh\", \"to me\"]\n",
    );
    let variables = [("TERM_PROGRAM", "ghostty")];
    let mut terminal = Terminal::with(&home, CREEL, &[], (24, 80), &variables);
    terminal.wait_for(READY);
    terminal.press("mend the gate\r");
    terminal.wait_for("wants to run");
    terminal.wait_for_bytes("a title and a progress", |raw| {
        holds(raw, "\x1b]2;⚑1 mend the gate · Creel\x07") && holds(raw, "\x1b]9;4;4;100\x1b\\")
    });
    // As far as the terminal has told nobody has gone: the first key of an answer is no news.
    assert!(!holds(&terminal.raw(), "\x1b]777"), "{terminal:?}");
    terminal.press("\x1ba");
    terminal.wait_until("the ask to be ready", |screen| {
        screen.lines().any(|line| {
            line.contains("it stays waiting") && line.contains("ready") && !line.contains("after")
        })
    });
    terminal.press(&format!("y{FOCUS_OUT}"));
    let notice = "\x1b]777;notify;Creel;mend the gate is done\x07";
    terminal.wait_for_bytes("the notice", |raw| holds(raw, notice));
    let told = home.work().join("told");
    let until = Instant::now() + Duration::from_secs(20);
    while !std::fs::read_to_string(&told).is_ok_and(|text| text.ends_with('\n')) {
        assert!(Instant::now() < until, "the program was not run");
        std::thread::yield_now();
    }
    terminal.press("\x1b[I");
    terminal.press("\x03\x03");
    assert_eq!(terminal.end(), 0);
    assert_eq!(terminal.left_behind(), Vec::<String>::new());
    let raw = String::from_utf8_lossy(&terminal.raw()).into_owned();
    let progress: Vec<&str> = raw.split("\x1b]9;4;").skip(1).collect();
    assert!(
        progress.last().is_some_and(|last| last.starts_with('0')),
        "it ends with none"
    );
    assert!(!raw.contains("\x1b]2;secret"), "no title names a command");
    assert_eq!(
        std::fs::read_to_string(told).unwrap(),
        "to me|Creel: mend the gate is done|\n"
    );
}

#[test]
fn a_program_that_cannot_be_run_is_said_inside() {
    let home = asking("[notify]\nterminal = \"off\"\ncommand = [\"no-such-program\"]\n");
    let mut terminal = Terminal::creel(&home, &[]);
    terminal.wait_for(READY);
    terminal.press(&format!("go\r{FOCUS_OUT}"));
    terminal.wait_for("no notice was given: no-such-program could not be started");
    terminal.press("\x03\x03");
    terminal.wait_until("the end, or the question", |screen| {
        screen.contains("stop and quit") || !screen.contains("INSERT")
    });
    terminal.press("y");
    assert_eq!(terminal.end(), 0);
}
