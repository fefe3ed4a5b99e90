//! The composer in a true terminal: what is pasted, put by, asked of a shell, typed with the keys of vi; and that none of it
//! is lost by `kill -9`.

use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use rustix::process::Signal;

use crate::support::pty::{READY, Terminal};
use crate::support::{CREEL, Home};

/// What the disk may take at most.
const PATIENCE: Duration = Duration::from_secs(30);

fn scripted(config: &str) -> Home {
    let home = Home::new();
    home.plays("> *\n< text: I have heard you.\n");
    let written = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    home.config(&format!("{written}{config}"));
    home
}

fn quit(mut terminal: Terminal) {
    terminal.press("\x03\x03");
    assert_eq!(terminal.end(), 0);
    assert_eq!(terminal.left_behind(), Vec::<String>::new());
}

fn pasted(text: &str) -> String {
    format!("\x1b[200~{text}\x1b[201~")
}

/// The drafts on the disk, each with its name.
fn drafts(home: &Home) -> rusqlite::Result<Vec<(String, String)>> {
    let log = Connection::open_with_flags(home.db(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut drafts = log.prepare("SELECT name, body FROM draft")?;
    drafts
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// Waits until what is written has this in it, and so many texts are put by.
fn wait_for_draft(home: &Home, terminal: &Terminal, put_by: usize, written: &[&str]) {
    let deadline = Instant::now() + PATIENCE;
    let is_stash = |name: &str| name.starts_with("stash:");
    loop {
        // It may not be there yet.
        let drafts = drafts(home).unwrap_or_default();
        let stashed = drafts.iter().filter(|(name, _)| is_stash(name)).count();
        let kept = drafts.iter().any(|(name, body)| {
            !is_stash(name) && written.iter().all(|words| body.contains(words))
        });
        if kept && stashed == put_by {
            return;
        }
        assert!(Instant::now() < deadline, "{}", terminal.screen());
        terminal.writes_within(Duration::from_millis(20));
    }
}

#[test]
fn pastes_and_drafts_put_by_outlive_a_kill() {
    let home = scripted("");
    let mut terminal = Terminal::creel(&home, &[]);
    terminal.wait_for(READY);
    terminal.press("put by: ");
    terminal.press(&pasted(&"first\n".repeat(30)));
    terminal.wait_for("[pasted 30 lines]");
    terminal.press("\x13");
    terminal.wait_for("put by; Ctrl+S");
    terminal.press("being written: ");
    terminal.press(&pasted(&"second\n".repeat(40)));
    terminal.wait_for("[pasted 40 lines]");
    wait_for_draft(&home, &terminal, 1, &["being written", "second"]);
    terminal.signal(Signal::KILL);
    terminal.end();

    let mut again = Terminal::creel(&home, &[]);
    again.wait_for("being written: [pasted 40 lines]");
    // A text put by is listed from an empty composer, and comes back whole.
    again.press("\x03\x13");
    again.wait_for("drafts put by");
    again.wait_for("put by: [pasted 30 lines]");
    again.press("\r");
    again.wait_for("> put by: [pasted 30 lines]");
    wait_for_draft(&home, &again, 0, &["put by", "first"]);
    again.signal(Signal::KILL);
    again.end();

    let last = Terminal::creel(&home, &[]);
    last.wait_for("> put by: [pasted 30 lines]");
    last.press("\x03\x13");
    last.wait_for("Nothing was put by");
    last.press("\x1b");
    last.wait_until("the list to be closed", |screen| {
        !screen.contains("drafts put by")
    });
    quit(last);
}

/// Rows D10 and D11 of what a terminal may do to us.
#[test]
fn a_huge_paste_is_one_piece_and_no_paste_ever_sends() {
    let home = scripted("");
    let terminal = Terminal::creel(&home, &[]);
    terminal.wait_for(READY);
    let line = "x".repeat(10 << 20);
    let lines = format!("{}\n", "y".repeat(99)).repeat(100_000);
    terminal.press(&pasted(&line));
    terminal.wait_for("[pasted 10485760 characters]");
    terminal.press(&pasted(&lines));
    terminal.wait_for("[pasted 100000 lines]");
    // It types on at once.
    terminal.press(" and on");
    terminal.wait_for("[pasted 100000 lines] and on");
    terminal.press("\x03");
    terminal.wait_until("an empty composer", |screen| !screen.contains("[pasted"));
    for (paste, shown) in [
        ("one\rtwo\r", "> one"),
        ("a\x1b[201~b\r", "> ab"),
        ("c\x1b\x1b\rd", "> c"),
        ("! ls\r", "> ! ls"),
        ("/quit\r", "> /quit"),
    ] {
        terminal.press(&pasted(paste));
        terminal.wait_for(shown);
        assert!(!terminal.screen().contains("I have heard you."));
        terminal.press("\x15\x7f\x15\x7f\x15\x7f\x15");
        terminal.wait_until("an empty composer", |screen| !screen.contains(shown));
    }
    quit(terminal);
}

#[test]
fn a_command_shows_its_tail_is_stopped_and_is_quoted_when_that_is_wished_for() {
    let home = scripted("");
    let terminal = Terminal::creel(&home, &[]);
    terminal.wait_for(READY);
    terminal.press("! echo begun; sleep 300\r");
    terminal.wait_until("its tail", |screen| {
        screen.contains("● ! echo begun; sleep 300") && screen.contains("  begun")
    });
    terminal.press("\x1b");
    terminal.wait_for("Esc again stops ! echo begun");
    terminal.press("\x1b");
    terminal.wait_until("its end", |screen| !screen.contains("● !"));
    terminal.press("!! seq 1 12\r");
    terminal.wait_for("> [! seq 1 12, ");
    terminal.press("what is missing?\r");
    terminal.wait_for("· turn 1");
    quit(terminal);
}

#[test]
fn the_keys_of_vi_are_had_for_a_line_of_config() {
    let home = scripted("[ui]\ncomposer = \"vim\"\n");
    let terminal = Terminal::creel(&home, &[]);
    terminal.wait_for(" INSERT ");
    terminal.press("the quick brown fox\x1b");
    terminal.wait_for(" NORMAL ");
    // Escape and the key behind it may come at once.
    terminal.press("0wcwslow\x1bw.");
    terminal.wait_for("> the slow slow fox");
    terminal.press("v");
    terminal.wait_for(" VISUAL ");
    terminal.press("\x1buu\r");
    terminal.wait_for("I have heard you.");
    // While the turn runs, quitting asks.
    terminal.wait_for(READY);
    quit(terminal);
}

#[test]
fn files_are_found_behind_an_at_sign() {
    let home = scripted("");
    for path in [
        "src/retry.rs",
        "src/reply.rs",
        "notes/my plan.md",
        "built/x.o",
    ] {
        home.file(path, "");
    }
    home.file(".gitignore", "built\n");
    let terminal = Terminal::start(&home, CREEL, &[], (24, 80));
    terminal.wait_for(READY);
    terminal.press("look at @ret");
    terminal.wait_until("the file", |screen| {
        screen.contains("retry.rs  src")
            && screen.contains("Enter mention")
            && !screen.contains("x.o")
    });
    terminal.press("\r");
    terminal.wait_for("> look at @src/retry.rs");
    terminal.press("and @plan");
    terminal.wait_for("my plan.md  notes");
    terminal.press("\t");
    terminal.wait_for("> look at @src/retry.rs and @\"notes/my plan.md\"");
    quit(terminal);
}
