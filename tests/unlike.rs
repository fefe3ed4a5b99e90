//! Terminals that are unlike the usual one, and what they do to us: rows D01 to D15. A row is a trial here or elsewhere, or says
//! why it is none.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use pretty_assertions::assert_eq;

use crate::support::pty::{READY, Terminal, bash};
use crate::support::{CREEL, Dice, Home, skipped};

/// Where a row is tried, by file and name; or why it is no test.
enum Tried {
    By(&'static [(&'static str, &'static str)]),
    Not(&'static str),
}

const ROWS: [(&str, &str, Tried); 15] = [
    (
        "D01",
        "a storm of sizes",
        Tried::By(&[("tests/unlike.rs", "a_storm_of_sizes_ends_in_the_last_one")]),
    ),
    (
        "D02",
        "sizes that cannot be",
        Tried::By(&[
            (
                "tests/screen/any_size.rs",
                "no_size_is_too_small_or_too_large_to_be_drawn",
            ),
            (
                "tests/screen/any_size.rs",
                "every_screen_is_drawn_at_any_size",
            ),
            (
                "tests/terminal.rs",
                "a_terminal_of_one_cell_is_enough_to_start_and_quit",
            ),
            (
                "src/tui/terminal/emulated.rs",
                "sizes_that_cannot_be_are_borne",
            ),
        ]),
    ),
    (
        "D03",
        "the terminal is gone",
        Tried::By(&[
            (
                "tests/unlike.rs",
                "a_terminal_that_is_gone_ends_it_and_nothing_is_lost",
            ),
            (
                "tests/given_back.rs",
                "a_terminal_that_is_gone_ends_what_runs_in_it_and_no_time_is_spent",
            ),
            ("src/tui/terminal/real.rs", "the_end_of_a_pipe_closes_too"),
        ]),
    ),
    (
        "D04",
        "signals",
        Tried::By(&[
            (
                "tests/terminal.rs",
                "the_terminal_is_given_back_when_a_signal_ends_it",
            ),
            (
                "tests/given_back.rs",
                "signals_upon_signals_end_it_in_order_whatever_runs",
            ),
            ("src/tui/terminal/real.rs", "signals_and_sizes_are_told"),
        ]),
    ),
    (
        "D05",
        "stopped and continued",
        Tried::By(&[
            (
                "tests/terminal.rs",
                "it_steps_aside_for_the_shell_and_comes_back",
            ),
            (
                "tests/unlike.rs",
                "stopped_from_outside_it_goes_on_with_what_streams",
            ),
        ]),
    ),
    (
        "D06",
        "a panic",
        Tried::By(&[
            (
                "tests/given_back.rs",
                "a_fault_anywhere_gives_the_terminal_back",
            ),
            (
                "src/tui/terminal/real.rs",
                "a_panic_gives_the_terminal_back",
            ),
        ]),
    ),
    (
        "D07",
        "a terminal that does not read",
        Tried::By(&[
            (
                "src/tui/terminal/real.rs",
                "a_terminal_that_does_not_read_holds_nothing_up",
            ),
            (
                "src/tui/terminal/real.rs",
                "a_terminal_that_reads_late_gets_what_is_to_be_seen_then",
            ),
        ]),
    ),
    (
        "D08",
        "no terminal, a dumb one, no colour",
        Tried::By(&[
            ("tests/unlike.rs", "without_a_terminal_the_way_out_is_named"),
            ("tests/unlike.rs", "a_dumb_terminal_gets_lines"),
            ("tests/unlike.rs", "who_wants_no_colour_gets_none"),
        ]),
    ),
    (
        "D09",
        "no answers, late ones and odd ones",
        Tried::By(&[
            ("tests/unlike.rs", "answers_that_come_late_are_never_typed"),
            (
                "tests/unlike.rs",
                "a_terminal_that_knows_little_and_says_nothing_is_enough",
            ),
            (
                "tests/unlike.rs",
                "marks_are_plain_where_the_terminal_draws_them_wide",
            ),
        ]),
    ),
    (
        "D10",
        "a huge paste",
        Tried::By(&[(
            "tests/composing.rs",
            "a_huge_paste_is_one_piece_and_no_paste_ever_sends",
        )]),
    ),
    (
        "D11",
        "a paste that would be keys",
        Tried::By(&[(
            "tests/composing.rs",
            "a_huge_paste_is_one_piece_and_no_paste_ever_sends",
        )]),
    ),
    (
        "D12",
        "wide, combining and joined characters",
        Tried::By(&[
            (
                "src/tui/terminal/emulated.rs",
                "the_terminal_shows_the_buffer",
            ),
            (
                "src/tui/terminal/glyph.rs",
                "symbols_become_what_may_be_drawn",
            ),
            (
                "tests/unlike.rs",
                "letters_have_the_room_that_the_terminal_takes_for_them",
            ),
        ]),
    ),
    (
        "D13",
        "very many rows",
        Tried::Not("a matter of time: `huge` and `panes` in benches/"),
    ),
    (
        "D14",
        "another terminal takes over",
        Tried::By(&[(
            "tests/unlike.rs",
            "a_multiplexer_shows_it_whole_in_another_terminal",
        )]),
    ),
    (
        "D15",
        "an editor that leaves the terminal raw",
        Tried::By(&[(
            "tests/unlike.rs",
            "an_editor_that_falls_leaves_no_raw_terminal",
        )]),
    ),
];

#[test]
fn every_row_is_tried_or_says_why_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (number, (name, what, tried)) in (1..).zip(&ROWS) {
        assert_eq!(*name, format!("D{number:02}"), "{what}");
        match tried {
            Tried::By(tests) => {
                assert!(!tests.is_empty(), "{name}");
                for (file, test) in *tests {
                    let source = fs::read_to_string(root.join(file)).unwrap();
                    let is_there = source.contains(&format!("fn {test}("));
                    assert!(is_there, "{name}, {what}: no {test} in {file}");
                }
            }
            Tried::Not(why) => assert!(!why.is_empty(), "{name}"),
        }
    }
}

#[test]
fn a_storm_of_sizes_ends_in_the_last_one() {
    let home = Home::scripted("> go\n< text: Well met.\n");
    let mut terminal = Terminal::creel(&home, &[]);
    terminal.wait_for(READY);
    terminal.settle();
    let frames = |terminal: &Terminal| {
        let raw = String::from_utf8_lossy(&terminal.raw()).into_owned();
        raw.matches("\x1b[2J").count()
    };
    let before = frames(&terminal);
    let began = Instant::now();
    let mut dice = Dice::new(7);
    for _ in 0..1_000 {
        let (rows, cols) = (1 + dice.below(60), 1 + dice.below(500));
        terminal.resize(rows as u16, cols as u16);
    }
    terminal.resize(24, 80);
    terminal.press("go");
    terminal.wait_until("the foot of the screen", |screen| {
        let last = screen.lines().last().unwrap_or_default();
        screen.lines().count() == 24 && last.contains("INSERT") && screen.contains("> go")
    });
    // The first of a storm is drawn at once, the others sixty times a second at most.
    let most = began.elapsed().as_millis() / 16 + 3;
    let drawn = frames(&terminal) - before;
    assert!(drawn as u128 <= most, "{drawn} of at most {most}");
    terminal.press("\r");
    terminal.wait_for("Well met.");
    terminal.quit();
}

/// The shell that has the terminal is killed, as where a window is closed: the program is told, and can neither read nor write.
#[cfg(target_os = "linux")]
#[test]
fn a_terminal_that_is_gone_ends_it_and_nothing_is_lost() {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;
    use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};

    let Some(bash) = bash() else {
        return skipped("a closed window", "no bash");
    };
    let home = Home::scripted("> go\n< text: Let me think.\n< pause 60s\n< text: No.\n");
    let bash = bash.display().to_string();
    let shell = Terminal::start(&home, &bash, &["-c", &format!("{CREEL}; true")], (24, 80));
    shell.wait_for(READY);
    shell.press("go\r");
    shell.wait_for("Let me think.");
    shell.press("half a prompt");
    shell.wait_for("> half a prompt");
    let children = format!("/proc/{0}/task/{0}/children", shell.process());
    let child = fs::read_to_string(children).unwrap();
    let child = child.split_whitespace().next().unwrap().parse().unwrap();
    let process = pidfd_open(Pid::from_raw(child).unwrap(), PidfdFlags::empty()).unwrap();
    shell.signal(Signal::KILL);
    let began = Instant::now();
    let until = began + Duration::from_mins(1);
    let ended = loop {
        let left = until.saturating_duration_since(Instant::now());
        let limit = Timespec::try_from(left).unwrap();
        match poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&limit)) {
            // A child of another trial has ended.
            Err(Errno::INTR) => {}
            ended => break ended.unwrap(),
        }
    };
    assert_eq!(ended, 1, "it goes on without a terminal");
    // A second is promised where the machine does nothing else.
    assert!(began.elapsed() < Duration::from_secs(10), "it lingers");
    let sessions = home.run(&["sessions", "--json"]).json();
    assert_eq!(sessions[0]["state"], "interrupted");
    let mut again = Terminal::creel(&home, &["--continue"]);
    again.wait_for("> half a prompt");
    again.press("\x03");
    again.wait_until("an empty composer", |screen| {
        !screen.contains("half a prompt")
    });
    again.quit();
}

/// No program is asked before that stop: nothing is undone, and the window may be another one when it goes on.
#[test]
fn stopped_from_outside_it_goes_on_with_what_streams() {
    use rustix::process::Signal;

    let home = Home::scripted("> go\n< text: Let me think.\n< pause 200ms\n< text:  And so.\n");
    let mut terminal = Terminal::creel(&home, &[]);
    terminal.wait_for(READY);
    terminal.press("go\r");
    terminal.wait_for("Let me think.");
    terminal.signal(Signal::STOP);
    terminal.settle();
    terminal.resize(30, 100);
    // A key that waits in the line is not lost.
    terminal.press("and then");
    terminal.signal(Signal::CONT);
    terminal.wait_until("the answer and the text in the new size", |screen| {
        let last = screen.lines().last().unwrap_or_default();
        screen.lines().count() == 30
            && last.contains("INSERT")
            && screen.contains("Let me think. And so.")
            && screen.contains("> and then")
    });
    terminal.wait_for("turn 1");
    terminal.press("\x03");
    terminal.wait_for(READY);
    terminal.quit();
    let state = home.run(&["sessions", "--json"]).json()[0]["state"].clone();
    assert_eq!(state, "done");
}

#[test]
fn without_a_terminal_the_way_out_is_named() {
    let home = Home::scripted("");
    let said = home.run(&[]);
    assert_eq!(said.code, 2, "{said:?}");
    assert_eq!(
        said.err.trim_end(),
        "creel: there is no terminal here; use `creel run` for work without one"
    );
}

#[test]
fn a_dumb_terminal_gets_lines() {
    for term in ["dumb", ""] {
        let home = Home::scripted("> go\n< text: Well met.\n");
        let mut terminal = Terminal::with(&home, CREEL, &[], (24, 80), &[("TERM", term)]);
        terminal.wait_for("Creel, plain.");
        terminal.press("go\n");
        terminal.wait_for("Well met.");
        terminal.wait_for("finished.");
        terminal.press("quit\n");
        assert_eq!(terminal.end(), 0);
        assert!(!terminal.raw().contains(&0x1b), "{terminal:?}");
    }
}

#[test]
fn who_wants_no_colour_gets_none() {
    let home = Home::scripted("> go\n< text: **Well** `met`.\n");
    let mut terminal = Terminal::with(&home, CREEL, &[], (24, 80), &[("NO_COLOR", "1")]);
    terminal.wait_for(READY);
    terminal.press("go\r");
    terminal.wait_for("Well `met`.");
    terminal.quit();
    let raw = String::from_utf8_lossy(&terminal.raw()).into_owned();
    for sequence in raw.split("\x1b[").skip(1) {
        let end = sequence
            .find(|c: char| c.is_ascii_alphabetic())
            .unwrap_or(0);
        let is_style = sequence[end..].starts_with('m') && !sequence.starts_with('>');
        let mut values = sequence[..end]
            .split(';')
            .filter_map(|value| value.parse().ok());
        let coloured = values.any(|value: u16| (30..50).contains(&value) || value >= 90);
        assert!(!(is_style && coloured), "{sequence:?}");
    }
}

#[test]
fn answers_that_come_late_are_never_typed() {
    let home = Home::scripted("> *\n< text: Well met.\n");
    let mut terminal = Terminal::creel(&home, &[]);
    terminal.wait_for(READY);
    terminal.press("begun ");
    terminal.wait_for("> begun");
    let answers = [
        "\x1b[2;3R",
        "\x1b[24;80R",
        "\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
        "\x1b]11;nonsense\x07",
        "\x1b[?2026;2$y",
        "\x1b[?62;22c",
        "\x1b[>1;4000;20c",
        "\x1b[?997;2n",
        "\x1b[?1u",
        "\x1bP>|a terminal(1.0)\x1b\\",
        "\x1b[2;99999999999R",
    ];
    for answer in answers {
        terminal.press(answer);
    }
    terminal.press("and ended");
    terminal.wait_for("> begun and ended");
    terminal.press("\r");
    terminal.wait_for("Well met.");
    terminal.quit();
}

/// It answers nothing that it is asked, and has few colours and no keys but those of old.
#[test]
fn a_terminal_that_knows_little_and_says_nothing_is_enough() {
    // Its name, what it claims, and whether it is sent colours of red, green and blue.
    let cases = [
        ("vt220", "", false),
        ("linux", "", false),
        ("xterm", "", false),
        ("xterm-256color", "", false),
        ("xterm-256color", "truecolor", true),
    ];
    for (term, claimed, full) in cases {
        let home = Home::scripted("> *\n< text: Well `met`.\n");
        let variables = [("TERM", term), ("COLORTERM", claimed)];
        let mut terminal = Terminal::silent(&home, &variables);
        terminal.wait_for(READY);
        terminal.press("one\ntwo\r");
        terminal.wait_until("the prompt of two lines and its answer", |screen| {
            screen.contains("one") && screen.contains("two") && screen.contains("Well")
        });
        // The other kind of a key of old: its Alt is an escape before it.
        terminal.press("\x18v");
        terminal.wait_for("2 new");
        terminal.press("\x1b1");
        terminal.wait_until("the first session", |screen| {
            let mut edges = screen.split('┏').skip(1);
            let is_first = edges.next().is_some_and(|edge| edge.contains("1 one"));
            // And its turn has ended.
            is_first && screen.contains("Enter send")
        });
        terminal.quit();
        let raw = String::from_utf8_lossy(&terminal.raw()).into_owned();
        assert_eq!(
            raw.contains("38;2;") || raw.contains("48;2;"),
            full,
            "{term} {claimed}"
        );
    }
}

#[test]
fn marks_are_plain_where_the_terminal_draws_them_wide() {
    let asked = "\x1b[2;1H●─\x1b[6n";
    // What the config says, whether the terminal is asked, its answer, and whether marks are plain then.
    let cases = [
        ("", true, "\x1b[2;5R", true),
        ("", true, "\x1b[2;4R", true),
        ("", true, "\x1b[2;3R", false),
        ("", true, "", false),
        ("[ui]\nambiguous = 1\n", false, "\x1b[2;5R", false),
        ("[ui]\nambiguous = 2\n", false, "", true),
    ];
    for (config, is_asked, answer, plain) in cases {
        let home = Home::scripted("> *\n< text: Well met.\n");
        let written = fs::read_to_string(home.path().join("config.toml")).unwrap();
        home.config(&format!("{written}{config}"));
        let mut terminal = Terminal::creel(&home, &[]);
        terminal.wait_for(READY);
        let raw = String::from_utf8_lossy(&terminal.raw()).into_owned();
        assert_eq!(raw.contains(asked), is_asked, "{config:?}");
        terminal.press(answer);
        terminal.press("go\r");
        terminal.wait_until("the answer", |screen| {
            screen.contains("Well met.") && screen.is_ascii() == plain
        });
        terminal.quit();
    }
}

#[test]
fn letters_have_the_room_that_the_terminal_takes_for_them() {
    // The second answer is on letters.
    for (answer, shown) in [
        ("\x1b[2;5R\x1b[2;3R", "α β |"),
        ("\x1b[2;5R\x1b[2;2R", "αβ|"),
        ("\x1b[2;3R\x1b[2;2R", "αβ|"),
    ] {
        let home = Home::scripted("> *\n< text: αβ|\n");
        let mut terminal = Terminal::creel(&home, &[]);
        terminal.wait_for(READY);
        terminal.press(answer);
        terminal.press("go\r");
        terminal.wait_for(shown);
        terminal.press("αβ");
        terminal.wait_for(&format!("> {}", shown.trim_end_matches([' ', '|'])));
        terminal.press("\x03");
        terminal.quit();
    }
}

#[test]
fn a_multiplexer_shows_it_whole_in_another_terminal() {
    let home = Home::scripted("> go\n< text: Well met.\n");
    let probe = std::process::Command::new("tmux").arg("-V").output();
    if !probe.is_ok_and(|said| said.status.success()) {
        return skipped("a multiplexer", "no tmux");
    }
    let socket = home.beside("tmux").display().to_string();
    let tmux = |arguments: &[&str], size, term| {
        let head = ["-u", "-f", "/dev/null", "-S", &socket];
        let arguments: Vec<&str> = head.iter().chain(arguments).copied().collect();
        Terminal::with(&home, "tmux", &arguments, size, &[("TERM", term)])
    };
    let mut first = tmux(&["new-session", CREEL], (24, 80), "xterm-256color");
    first.wait_for(READY);
    first.press("go\r");
    first.wait_for("Well met.");
    first.press("left there");
    first.wait_for("> left there");
    // Its own key to leave: what runs goes on.
    first.press("\x02d");
    first.end();
    // One of fewer colours and another size.
    let mut second = tmux(&["attach"], (40, 120), "xterm");
    second.wait_until("the whole screen in the new size", |screen| {
        let foot = screen.lines().rev().find(|line| line.contains("INSERT"));
        screen.contains("Well met.") && screen.contains("> left there") && foot.is_some()
    });
    second.press("\x03");
    second.wait_until("an empty composer", |screen| !screen.contains("left there"));
    second.press("\x03\x03");
    second.end();
}

#[test]
fn an_editor_that_falls_leaves_no_raw_terminal() {
    let home = Home::scripted("> *\n< text: Well met.\n");
    let script = home.beside("editor");
    fs::write(
        &script,
        "#!/bin/sh\nstty raw -echo\nprintf '\\033[?1049h\\033[?1003h\\033[?25l'\nkill -9 $$\n",
    )
    .unwrap();
    let command = format!("sh {}", script.display());
    let mut terminal = Terminal::with(&home, CREEL, &[], (24, 80), &[("EDITOR", &command)]);
    terminal.wait_for(READY);
    terminal.press("kept");
    terminal.wait_for("> kept");
    terminal.press("\x18e");
    terminal.wait_for("the text is as it was");
    terminal.wait_for("> kept");
    terminal.press(" on\r");
    terminal.wait_for("Well met.");
    terminal.quit();
}
