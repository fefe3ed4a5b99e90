//! The workstation in a true terminal: what a person does with keys, and what is left of the terminal afterwards.

use std::time::Duration;

use rustix::process::Signal;

use crate::support::pty::{READY, Terminal, bash};
use crate::support::server::{Server, Turn, answer, respond};
use crate::support::{Home, said_with, skipped};

/// No byte may be written by a workstation at rest within this.
const REST: Duration = Duration::from_millis(2_500);

fn is_ready(screen: &str) -> bool {
    let mut lines = screen.lines();
    lines.any(|line| {
        line.contains("it stays waiting") && line.contains("ready") && !line.contains("after")
    })
}

#[test]
fn two_keys_from_nothing_to_the_tour() {
    let home = Home::new();
    let mut terminal = Terminal::creel(&home, &[]);
    terminal.wait_for("Take the tour");
    terminal.press("1");
    terminal.wait_for("The tide is wrong");
    terminal.press("\r");
    terminal.wait_for("I am a script");
    // It reads without asking, and asks before it runs.
    terminal.wait_for("wants to run");
    // Once it was answered a second session works beside it, and asks as well.
    terminal.press("\t");
    terminal.wait_until("the ask to be ready", is_ready);
    terminal.press("y");
    terminal.wait_for("2 Write down");
    terminal.wait_for("⚑2");
    terminal.press("\x03");
    terminal.press("\x03");
    terminal.wait_until("the end, or the question", |screen| {
        screen.contains("stop and quit") || !screen.contains("INSERT")
    });
    if terminal.screen().contains("stop and quit") {
        terminal.press("y");
    }
    assert_eq!(terminal.end(), 0);
    assert_eq!(terminal.left_behind(), Vec::<String>::new());
}

#[test]
fn a_prompt_is_typed_and_answered_and_found_again() {
    let home = Home::scripted("> hello there\n< text: General, you are **bold**.\n");
    let mut terminal = Terminal::creel(&home, &[]);
    terminal.wait_for(READY);
    terminal.press("hello there");
    terminal.wait_for("> hello there");
    terminal.press("\r");
    terminal.wait_for("General, you are bold.");
    terminal.quit();
    assert_eq!(terminal.left_behind(), Vec::<String>::new());

    let mut again = Terminal::creel(&home, &["--continue"]);
    again.wait_for("General, you are bold.");
    again.quit();
}

#[test]
fn an_ask_is_answered_only_where_it_has_the_focus() {
    let home = Home::scripted(
        "> go\n< call bash {\"command\":\"echo done > made.txt\"}\n\n< text: It is made.\n",
    );
    let terminal = Terminal::creel(&home, &[]);
    terminal.wait_for(READY);
    terminal.press("go\r");
    terminal.wait_for("wants to run");
    // The composer has the keys: a yes there is a word.
    terminal.press("yes");
    terminal.wait_for("> yes");
    assert!(!home.work().join("made.txt").exists());
    terminal.press("\x1ba");
    terminal.wait_until("the ask to be ready", is_ready);
    terminal.press("y");
    terminal.wait_for("It is made.");
    assert!(home.work().join("made.txt").exists());
    terminal.wait_for("> yes");
}

#[test]
fn it_is_drawn_anew_in_every_size() {
    let home = Home::scripted("> go\n< text: Well met.\n");
    let mut terminal = Terminal::creel(&home, &[]);
    terminal.wait_for(READY);
    for (rows, cols) in [(40, 120), (12, 40), (1, 1), (2, 200), (200, 2), (24, 80)] {
        terminal.resize(rows, cols);
        terminal.press(" ");
        terminal.press("\x7f");
    }
    terminal.wait_until("the foot of the screen", |screen| {
        let last = screen.lines().last().unwrap_or_default();
        screen.lines().count() == 24 && last.contains("INSERT")
    });
    terminal.press("go\r");
    terminal.wait_for("Well met.");
    terminal.quit();
}

#[test]
fn a_terminal_of_one_cell_is_enough_to_start_and_quit() {
    let home = Home::scripted("> go\n< text: Well met.\n");
    let mut terminal = Terminal::start(&home, crate::support::CREEL, &[], (1, 1));
    terminal.settle();
    terminal.press("\x03\x03");
    assert_eq!(terminal.end(), 0);
    assert_eq!(terminal.left_behind(), Vec::<String>::new());
}

#[test]
fn killed_in_the_middle_it_opens_where_it_was() {
    let home = Home::scripted(
        "> go\n< text: I begin.\n< call bash {\"command\":\"echo begun >> effects; echo begun; sleep 2\"}\n\n< text: This is not said.\n",
    );
    let mut terminal = Terminal::creel(&home, &["--mode", "auto"]);
    terminal.wait_for(READY);
    terminal.press("go\r");
    terminal.wait_until("the command's output", |screen| {
        screen.matches("begun").count() > 2
    });
    terminal.signal(Signal::KILL);
    terminal.end();
    let mut again = Terminal::creel(&home, &["--continue"]);
    again.wait_for("I begin.");
    // The command has outlived it, and is waited for.
    again.wait_for("■ stopped");
    again.wait_for("was taken over");
    again.quit();
    let effects = std::fs::read_to_string(home.work().join("effects")).unwrap();
    assert_eq!(effects, "begun\n", "it was not run again");
}

#[test]
fn the_terminal_is_given_back_when_a_signal_ends_it() {
    for (sent, code) in [
        (Signal::TERM, 143),
        (Signal::HUP, 129),
        (Signal::INT, 130),
        (Signal::QUIT, 131),
    ] {
        let home = Home::scripted("> go\n< text: Let me think.\n< pause 60s\n< text: No.\n");
        let mut terminal = Terminal::creel(&home, &[]);
        terminal.wait_for(READY);
        terminal.press("go\r");
        terminal.wait_for("Let me think.");
        terminal.signal(sent);
        assert_eq!(terminal.end(), code, "{terminal:?}");
        assert_eq!(terminal.left_behind(), Vec::<String>::new(), "{sent:?}");
        let state = home.run(&["sessions", "--json"]).json()[0]["state"].clone();
        assert_eq!(state, "interrupted");
    }
}

#[test]
fn it_steps_aside_for_the_shell_and_comes_back() {
    let Some(bash) = bash() else {
        return skipped("Ctrl+Z", "no bash");
    };
    let home = Home::scripted("> go\n< text: Well met.\n");
    let bash = bash.display().to_string();
    let shell = Terminal::start(&home, &bash, &["--norc", "--noprofile", "-i"], (24, 80));
    shell.wait_until("a shell", |screen| screen.contains(['$', '#']));
    shell.press(&format!("PS1='shell> '; {}\r", crate::support::CREEL));
    shell.wait_for(READY);
    shell.press("half a prompt");
    shell.wait_for("> half a prompt");
    shell.press("\x1a");
    shell.wait_for("Stopped");
    shell.wait_for("shell> ");
    assert_eq!(left_to_a_shell(&shell), Vec::<String>::new());
    shell.press("fg\r");
    shell.wait_for("> half a prompt");
    shell.press("\x03");
    shell.wait_until("an empty composer", |screen| {
        !screen.contains("half a prompt")
    });
    shell.press("\x03\x03");
    shell.wait_until("the shell's next line", |screen| {
        screen.trim_end().lines().last() == Some("shell>")
    });
    assert_eq!(left_to_a_shell(&shell), Vec::<String>::new());
    shell.press("echo code $?\r");
    shell.wait_for("code 0");
    shell.press("exit\r");
}

/// A shell that edits its line sets modes of its own: bracketed paste, and a line discipline without lines.
fn left_to_a_shell(shell: &Terminal) -> Vec<String> {
    let left = shell.left_now();
    left.into_iter()
        .filter(|what| !what.contains("2004") && !what.contains("became"))
        .collect()
}

#[test]
fn at_rest_not_one_byte_is_written() {
    let home = Home::scripted("> go\n< text: ```rust\n< text: fn main() {}\n< text: ```\n");
    let terminal = Terminal::creel(&home, &[]);
    terminal.wait_for(READY);
    terminal.settle();
    assert_eq!(terminal.writes_within(REST), 0, "{terminal:?}");
    terminal.press("go\r");
    terminal.wait_for("fn main() {}");
    terminal.wait_for(READY);
    terminal.settle();
    assert_eq!(terminal.writes_within(REST), 0, "{terminal:?}");
}

/// A server that answers only who has this key, and a home whose config names the key's place so.
fn locked(key: &'static str, place: &str) -> (Server, Home) {
    let server = Server::start(move |request| {
        if request.header("authorization") != Some(&format!("Bearer {key}")) {
            let refusal = r#"{"error":{"message":"no such key","type":"authentication_error"}}"#;
            respond(401, "content-type: application/json\r\n", refusal)
        } else if request.path.ends_with("/models") {
            respond(
                200,
                "content-type: application/json\r\n",
                r#"{"data":[{"id":"m"}]}"#,
            )
        } else {
            answer(request, &Turn::text("Well met."))
        }
    });
    let address = &server.address;
    let home = Home::with(&format!(
        "model = \"box/m\"\n[providers.box]\nwire = \"openai-chat\"\nbase_url = \"{address}/v1\"\n{place}\n"
    ));
    (server, home)
}

#[test]
fn a_refused_key_is_given_anew_from_its_card() {
    let good = "sk-trial-fedcba9876543210zzzz";
    let (_server, home) = locked(good, "key_env = \"TRIAL_KEY\" # mine");
    let mut terminal = Terminal::creel(&home, &[]);
    terminal.wait_for(READY);
    terminal.press("go\r");
    terminal.wait_for("key refused");
    terminal.wait_for("sk-…cdef from TRIAL_KEY");
    terminal.wait_for("$TRIAL_KEY is as it was when Creel started");
    terminal.press("\t");
    // Its keys work 400 ms after it was drawn, which is as long as one rest.
    terminal.settle();
    terminal.settle();
    terminal.press("k");
    terminal.wait_for("Another key for box");
    for (key, said) in [("sk-trial-wrong", "no such key"), (good, "Enter goes on")] {
        terminal.press(&format!("\x1b[200~{key}\x1b[201~"));
        terminal.settle();
        assert!(!terminal.screen().contains(key), "{terminal:?}");
        terminal.press("\r");
        terminal.wait_for(said);
    }
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    assert!(
        config.contains("\nkey_file = \"keys/box\" # mine\n"),
        "{config}"
    );
    terminal.settle();
    terminal.press("\r");
    terminal.wait_for("Well met.");
    terminal.quit();
}

#[test]
fn a_key_that_was_mended_in_its_file_is_read_again_from_the_card() {
    let good = "sk-trial-fedcba9876543210zzzz";
    let (_server, home) = locked(good, "key_file = \"secret\"");
    let file = home.path().join("secret");
    std::fs::write(&file, "sk-trial-0000000000000000yyyy\n").unwrap();
    let mut terminal = Terminal::creel(&home, &[]);
    terminal.wait_for(READY);
    terminal.press("go\r");
    terminal.wait_for("key refused");
    std::fs::write(&file, format!("{good}\n")).unwrap();
    terminal.press("\t");
    terminal.wait_for("r read the key again");
    terminal.settle();
    terminal.press("r");
    terminal.wait_for("Well met.");
    terminal.quit();
}

#[test]
fn a_click_goes_to_the_ask_and_another_one_back() {
    let home = Home::scripted("> go\n< call bash {\"command\":\"echo hi\"}\n\n< text: Well met.\n");
    let mut terminal = Terminal::creel(&home, &[]);
    terminal.wait_for(READY);
    terminal.press("go\r");
    terminal.wait_for("wants to run");
    let click = |text: &str| {
        let screen = terminal.screen();
        let row = screen.lines().position(|line| line.contains(text));
        let row = row.unwrap_or_else(|| panic!("no {text}:\n{screen}")) + 1;
        terminal.press(&format!("\x1b[<0;6;{row}M\x1b[<0;6;{row}m"));
    };
    click("wants to run");
    terminal.wait_for("it stays waiting");
    click("│ >");
    terminal.wait_for("INSERT");
    terminal.press("yes");
    terminal.wait_for("> yes");
    click("wants to run");
    terminal.wait_until("the ask to be ready", is_ready);
    terminal.press("y");
    terminal.wait_for("Well met.");
    terminal.press("\x03");
    terminal.quit();
}

#[test]
fn a_second_workstation_shows_what_the_first_one_does() {
    let home = Home::scripted("> go\n< call bash {\"command\":\"echo hi\"}\n\n< text: Well met.\n");
    let first = Terminal::creel(&home, &[]);
    first.wait_for(READY);
    first.press("go\r");
    first.wait_for("wants to run");
    let second = Terminal::creel(&home, &["--continue"]);
    second.wait_for("wants to run");
    second.wait_until("who has it", |screen| {
        screen.contains("process") || screen.contains("other terminal")
    });
    first.press("\t");
    first.wait_until("the ask to be ready", is_ready);
    first.press("y");
    first.wait_for("Well met.");
}

#[test]
fn panes_are_split_used_and_found_again() {
    let home = Home::scripted("> *\n< text: I have heard you.\n");
    let heard = |screen: &str| screen.matches("I have heard you.").count();
    let mut terminal = Terminal::start(&home, crate::support::CREEL, &[], (30, 120));
    terminal.wait_for(READY);
    terminal.press("left side\r");
    terminal.wait_until("the first answer", |screen| heard(screen) == 1);
    terminal.press("\x18v");
    terminal.wait_for("2 new");
    terminal.press("right side\r");
    terminal.wait_until("both answers", |screen| heard(screen) == 2);
    // What is typed stays where it was typed.
    terminal.wait_for(READY);
    terminal.press("still to say\x1bh");
    terminal.press("here\x1bl");
    terminal.wait_until("both texts", |screen| {
        screen.contains("> here") && screen.contains("> still to say")
    });
    for (rows, cols) in [(12, 40), (50, 200), (1, 1), (24, 80), (200, 2), (30, 120)] {
        terminal.resize(rows, cols);
        terminal.press("\x1bh\x1bl");
    }
    terminal.wait_until("both panes again", |screen| {
        heard(screen) == 2 && screen.contains("> here") && screen.contains("> still to say")
    });
    terminal.press("\x18z");
    terminal.wait_until("the one with the focus", |screen| {
        heard(screen) == 1 && screen.contains("> still to say") && !screen.contains("> here")
    });
    terminal.press("\x18z");
    terminal.wait_until("both", |screen| heard(screen) == 2);
    terminal.press("\x18s");
    terminal.wait_for("3 new");
    terminal.press("\x18x");
    terminal.wait_until("the third to be gone", |screen| !screen.contains("3 new"));
    // The first Ctrl+C clears the text, the second finds nothing to stop.
    terminal.press("\x03\x03");
    assert_eq!(terminal.end(), 0);
    assert_eq!(terminal.left_behind(), Vec::<String>::new());

    let mut again = Terminal::start(&home, crate::support::CREEL, &[], (30, 120));
    again.wait_until("the same panes", |screen| {
        heard(screen) == 2 && screen.contains("1 left side") && screen.contains("2 right side")
    });
    again.wait_for("> here");
    again.press("\x03\x03");
    assert_eq!(again.end(), 0);

    // Nobody misses what cannot be read but the order of the panes.
    let layouts = home.path().join("state/layouts");
    let file = std::fs::read_dir(layouts).unwrap().next().unwrap().unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    std::fs::write(file.path(), "{\"version\":9}").unwrap();
    let mut anew = Terminal::creel(&home, &[]);
    anew.wait_for("a newer Creel wrote it");
    anew.wait_for("1 new");
    anew.quit();
}

#[test]
fn a_second_workstation_leaves_the_panes_of_the_first() {
    let home = Home::scripted("> *\n< text: heard\n");
    let size = (30, 120);
    let mut first = Terminal::start(&home, crate::support::CREEL, &[], size);
    first.wait_for(READY);
    first.press("the first\r");
    first.wait_for("heard");
    // A single session would be begun anew.
    first.press("\x18v");
    first.wait_for("2 new");
    let mut second = Terminal::start(&home, crate::support::CREEL, &[], size);
    second.wait_for("another Creel");
    second.press("the second\r");
    second.wait_for("heard");
    assert!(!second.screen().contains("the first"));
    second.quit();
    first.quit();
    let mut again = Terminal::start(&home, crate::support::CREEL, &[], size);
    again.wait_until("the panes of the first", |screen| {
        screen.contains("you    the first") && screen.contains("2 new")
    });
    let screen = again.screen();
    assert!(!screen.contains("you    the second"), "{screen}");
    assert!(!again.screen().contains("another Creel"));
    again.quit();
}

/// Of several providers, none of which is named, all faces say in the same words which was taken; one without its key is none.
#[test]
fn which_of_several_was_taken_is_said_everywhere() {
    let entry = |name: &str, key: &str| {
        format!(
            "[providers.{name}]\nwire = \"openai-chat\"\nbase_url = \"http://127.0.0.1:9/v1\"\n{key}[providers.{name}.models.m]\n"
        )
    };
    let keyless = entry("keyless", "key_env = \"NOBODY_SET_THIS\"\n");
    let home = Home::with(&[keyless.clone(), entry("one", ""), entry("two", "")].concat());
    let said =
        "one/m is used, of the providers one, two: `model = \"one/m\"` in config.toml settles it";
    let run = home.run(&["run", "--no-retry", "hi"]);
    assert!(run.err.contains(said), "{run:?}");
    let plain = said_with(home.creel(&["--plain"]), b"");
    assert!(plain.out.contains(said), "{plain:?}");
    let mut terminal = Terminal::creel(&home, &[]);
    terminal.wait_for("one/m is used, of the providers one, two");
    terminal.quit();

    let home = Home::with(&keyless);
    let said = "keyless has no key: NOBODY_SET_THIS is not set";
    let run = home.run(&["run", "hi"]);
    assert_eq!((run.code, run.err.contains(said)), (2, true), "{run:?}");
    let plain = said_with(home.creel(&["--plain"]), b"");
    assert!(plain.out.contains(said), "{plain:?}");
    let mut terminal = Terminal::creel(&home, &[]);
    terminal.wait_for(said);
    // The first page, since no model is meant.
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
}
