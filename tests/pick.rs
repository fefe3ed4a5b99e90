//! `creel search --pick`: the search on a terminal for whoever wants a text, and the key of a shell that calls it.

use std::fs;
use std::path::Path;

use pretty_assertions::assert_eq;

use crate::support::pty::{Terminal, bash};
use crate::support::{CREEL, Home, said, skipped};

const PAST: &str = r#"{"session":"a","title":"Video","project":"/work/video","at":"2026-05-01T10:00:00Z","role":"user","text":"crop the clip to 9:16"}
{"session":"b","project":"/work/video","at":"2026-05-02T10:00:00Z","role":"user","text":"what does touch do\nto a file"}
"#;

/// A home in which an agent ran commands, and something was said.
fn with_past() -> Home {
    let home = Home::scripted(
        r#"
> *
< call bash {"command":"touch made-by-an-agent # crop"}
< call bash {"command":"printf 'one\ntwo' |\n  wc -l"}

< text: done
"#,
    );
    home.file("past.jsonl", PAST);
    let path = home.work().join("past.jsonl");
    let taken = home.run(&["import", "jsonl", &path.to_string_lossy()]);
    assert_eq!(taken.code, 0, "{}", taken.err);
    let ran = home.run(&["run", "--mode", "auto", "--no-sandbox", "commands"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    fs::remove_file(home.work().join("made-by-an-agent")).unwrap();
    home
}

/// A shell that runs this line in a terminal, and says how it ended.
fn line(home: &Home, line: &str) -> Terminal {
    let line = format!("{line}; echo \"ended with $?\"");
    Terminal::start(home, "/bin/sh", &["-c", &line], (24, 80))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn what_is_chosen_is_printed_exactly() {
    let home = with_past();
    let out = home.work().join("chosen");
    let cases = [
        ("kind:command crop", "touch made-by-an-agent # crop\n"),
        ("kind:command wc", "printf 'one\ntwo' |\n  wc -l\n"),
        ("what does touch", "what does touch do\nto a file\n"),
    ];
    for (query, expected) in cases {
        let mut terminal = line(&home, &format!("{CREEL} search --pick '{query}' > chosen"));
        terminal.wait_for("Enter take it");
        terminal.press("\r");
        terminal.wait_for("ended with 0");
        assert_eq!(terminal.end(), 0);
        assert_eq!(terminal.left_behind(), Vec::<String>::new());
        assert_eq!(read(&out), expected, "{query}");
    }
    // Through a pipe, with nothing of the terminal's as standard input.
    let mut terminal = line(
        &home,
        &format!(
            "got=$({CREEL} search --pick --kind command --line '-- wc -l' < /dev/null); echo \"<$got>\""
        ),
    );
    terminal.wait_for("> kind:command wc l");
    terminal.wait_for("Enter take it");
    terminal.press("\r");
    terminal.wait_for("wc -l>");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn leaving_prints_nothing() {
    let home = with_past();
    for keys in ["\x1b", "\x03"] {
        let mut terminal = line(&home, &format!("{CREEL} search --pick crop > chosen"));
        terminal.wait_for("Enter take it");
        terminal.press(keys);
        terminal.wait_for("ended with 130");
        assert_eq!(terminal.end(), 0);
        assert_eq!(terminal.left_behind(), Vec::<String>::new());
        assert_eq!(read(&home.work().join("chosen")), "");
    }
}

#[test]
fn a_word_without_a_hit_is_mended_and_a_wrong_filter_told_at_once() {
    let home = with_past();
    let mut terminal = line(&home, &format!("{CREEL} search --pick corp > chosen"));
    terminal.wait_for("no hit for `corp`; nearest: crop (");
    terminal.press("\t");
    terminal.wait_for("> crop");
    terminal.wait_for("Enter take it");
    terminal.press(" since:20x");
    terminal.wait_for("since:20x: expected a day");
    terminal.press("\x1b");
    terminal.wait_for("ended with 130");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn without_a_terminal_it_says_so() {
    let home = Home::new();
    let mut runs = vec![home.creel(&["search", "--pick", "x"])];
    if Path::new("/usr/bin/setsid").exists() {
        // A terminal that could be drawn on were there one: it is away from whoever runs the trial.
        let mut away = std::process::Command::new("/usr/bin/setsid");
        away.args(["--wait", CREEL, "search", "--pick", "x"])
            .env_clear()
            .envs(home.environment())
            .env("TERM", "xterm-256color")
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        runs.push(away);
    } else {
        skipped("a search away from every terminal", "there is no setsid");
    }
    for run in runs {
        let said = said(run);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{}", said.err);
        assert_eq!(
            said.err,
            "creel: there is no terminal here to search on; `creel search WORDS` prints what it finds\n"
        );
    }
}

#[test]
fn a_key_of_bash_puts_a_past_command_into_its_line_and_runs_nothing() {
    let Some(bash) = bash() else {
        skipped("the key of bash", "there is no bash");
        return;
    };
    let home = with_past();
    let script = home.run(&["completions", "bash"]);
    home.file("completions.bash", &script.out);
    let rc = "PS1='at> '; bind 'set enable-bracketed-paste off'; . ./completions.bash\n";
    home.file("rc", rc);
    let folder = Path::new(CREEL).parent().unwrap().display().to_string();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap_or_default());
    let mut terminal = Terminal::with(
        &home,
        &bash.display().to_string(),
        &["--noprofile", "--rcfile", "rc", "-i"],
        (24, 80),
        &[("PATH", &path), ("INPUTRC", "/dev/null")],
    );
    terminal.wait_for("at> ");
    terminal.press("made -by");
    terminal.wait_for("at> made -by");
    terminal.press("\x1bm");
    terminal.wait_for("> kind:command made by");
    terminal.wait_for("Enter take it");
    terminal.press("\r");
    terminal.wait_for("at> touch made-by-an-agent # crop");
    let made = home.work().join("made-by-an-agent");
    assert!(!made.exists(), "it was run");
    // Esc leaves the line as it is; the cursor is at its end.
    terminal.press("\x1bm");
    terminal.wait_for("> kind:command touch made");
    terminal.press("\x1b");
    terminal.wait_until("the line again", |screen| {
        screen.contains("at> touch made-by-an-agent # crop") && !screen.contains("kind:command")
    });
    terminal.press("ped\r");
    terminal.wait_for("cropped");
    terminal.press("exit\r");
    assert_eq!(terminal.end(), 0);
    assert!(made.exists(), "it was not run by Enter");
}
