//! The inbox by the true program in a true terminal: two sessions ask, and are answered in it.

use std::path::Path;

use crate::support::pty::{READY, Terminal};
use crate::support::{CREEL, Home};

const SCRIPT: &str = "\
> clean up
< call bash {\"command\":\"echo gone > first.txt\"}

< text: It is clean.

> mend it
< call bash {\"command\":\"echo mended > second.txt\"}

< text: It is mended.
";

/// The ask that is marked takes keys.
fn ready(terminal: &Terminal) {
    terminal.wait_until("the marked ask to be ready", |screen| {
        let mut lines = screen.lines();
        screen.contains("Inbox")
            && lines.any(|line| line.contains("ready") && !line.contains("after"))
    });
}

fn ran(terminal: &Terminal, file: &Path) {
    terminal.wait_until("the command to have run", |_| file.exists());
}

#[test]
fn two_sessions_ask_and_are_answered_one_after_the_other() {
    let home = Home::new();
    home.plays(SCRIPT);
    let (first, second) = (
        home.work().join("first.txt"),
        home.work().join("second.txt"),
    );
    let mut terminal = Terminal::start(&home, CREEL, &[], (30, 100));
    terminal.wait_for(READY);
    terminal.press("\x1bi");
    terminal.wait_for("Nothing waits.");
    terminal.press("\x1b");
    terminal.wait_for(READY);
    terminal.press("clean up\r");
    terminal.wait_for("wants to run");
    terminal.press("\x18n");
    terminal.wait_for("2 new");
    terminal.press("mend it\r");
    terminal.wait_for("⚑2 waiting");
    // What is typed ahead in one packet answers nothing.
    terminal.press("\x1biyyyy");
    terminal.wait_until("both, the older marked", |screen| {
        let marked = screen.lines().find(|line| line.contains('▌'));
        marked.is_some_and(|line| line.contains("1 clean up"))
            && screen.contains("2 mend it")
            && screen.contains("1 of 2")
    });
    ready(&terminal);
    assert!(!first.exists() && !second.exists());
    terminal.settle();
    // Two at once: the second is too early for the one that is marked then.
    terminal.press("yy");
    ran(&terminal, &first);
    terminal.wait_for("1 of 1");
    ready(&terminal);
    assert!(!second.exists());
    terminal.press("y");
    ran(&terminal, &second);
    terminal.wait_for("Nothing waits.");
    terminal.press("\x1b");
    terminal.wait_for("It is mended.");
    terminal.press("\x1b1");
    terminal.wait_for("It is clean.");
    terminal.press("\x03\x03");
    assert_eq!(terminal.end(), 0);
    assert_eq!(terminal.left_behind(), Vec::<String>::new());
}
