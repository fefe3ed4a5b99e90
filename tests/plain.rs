//! Stories by ear: the true program in lines, driven by a script that reads nothing but its standard output. Each as far as
//! its parts are built. And the same in a terminal, which is left as it was.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};

use rustix::process::Signal;

use crate::support::pty::Terminal;
use crate::support::server::{Act, Dialect, Gate, HEAD, Server, Turn, answer, config, respond};
use crate::support::{CREEL, Home, LONGEST, Said, end, said_with, signal};

/// A script beside the program.
pub struct Plain {
    pub child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    heard: Vec<String>,
}

impl Plain {
    pub fn start(home: &Home, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = home.creel(arguments);
        command.envs(variables.iter().copied());
        let mut child = command
            .stdin(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in out.lines() {
                if sender.send(line.unwrap()).is_err() {
                    return;
                }
            }
        });
        let input = child.stdin.take();
        Self {
            child,
            input,
            lines,
            heard: Vec::new(),
        }
    }

    fn creel(home: &Home) -> Self {
        Self::start(home, &["--plain"], &[])
    }

    pub fn say(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    /// The next line with this in it.
    pub fn hears(&mut self, part: &str) -> String {
        loop {
            let Ok(line) = self.lines.recv_timeout(LONGEST) else {
                panic!("`{part}` was not heard in:\n{}", self.heard.join("\n"));
            };
            self.heard.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }

    /// The number of the next ask, once all of it was heard.
    fn ask(&mut self) -> u64 {
        let line = self.hears(" ASKS ");
        self.hears("answer with: ask");
        let number = line.split(" ASKS ").nth(1).unwrap();
        number.split(':').next().unwrap().parse().unwrap()
    }

    /// The exit code, once everything was heard.
    pub fn ends(mut self) -> (i32, String) {
        self.input = None;
        while let Ok(line) = self.lines.recv_timeout(LONGEST) {
            self.heard.push(line);
        }
        let said: Said = end(self.child);
        let heard = self.heard.join("\n");
        assert!(
            heard
                .chars()
                .all(|c| c == '\n' || c == '\t' || !c.is_control()),
            "{heard:?}"
        );
        (said.code, heard)
    }
}

/// Story 1: no key, a tour, every step of it decided by number.
#[test]
fn without_a_key_the_tour_is_taken_by_pipe() {
    let home = Home::new();
    let mut plain = Plain::start(&home, &[], &[("ACCESSIBLE", "1")]);
    plain.hears("Creel, plain. 0 sessions. Type help. Nothing is redrawn.");
    plain.hears("no model yet. tour begins a tour");
    plain.say("Mend my house.");
    plain.hears("no model yet, so nothing was sent.");
    plain.say("tour");
    plain.hears("with play money");
    loop {
        let line = plain.hears("");
        if line.contains(" ASKS ") {
            plain.hears("answer with: ask");
            let number = line.split(" ASKS ").nth(1).unwrap();
            let number = number.split(':').next().unwrap();
            let answer = if line.contains("curl") { "n" } else { "1" };
            plain.say(&format!("ask {number} {answer}"));
        } else if line.contains("] finished") {
            assert!(line.contains("of play money"), "{line}");
            break;
        }
    }
    plain.say("board");
    plain.hears("finished, now. The tide is wrong. Find out why and mend it.");
    plain.say("quit");
    let (code, heard) = plain.ends();
    assert_eq!(code, 0, "{heard}");
    assert!(heard.contains("] answer: "), "{heard}");
    assert!(heard.contains("    added: "), "{heard}");
    assert!(heard.contains("All right, without it."), "{heard}");
    // Its folder stays, and is found.
    let left = std::fs::read_dir(home.beside("tmp")).unwrap();
    assert_eq!(left.count(), 1, "in the folder for what passes, and one");
    let doctor = home.run(&["doctor"]);
    assert!(doctor.out.contains("creel-tour-"), "{doctor:?}");
}

/// Story 2: a key in its variable is found and named with its price; what goes wrong with it is one clear line.
#[test]
fn a_key_that_was_found_is_named_with_the_price() {
    let home = Home::new();
    let mut plain = Plain::start(&home, &["--plain"], &[("ANTHROPIC_API_KEY", "sk-ant-x")]);
    plain.hears("model anthropic/");
    let line = plain.hears("found by");
    assert!(
        line.contains("ANTHROPIC_API_KEY") && line.contains("dollars in and"),
        "{line}"
    );
    plain.say("cost");
    plain.hears("session 0 dollars. today 0 dollars of 10.");
    let (code, _) = plain.ends();
    assert_eq!(code, 0);

    let server =
        Server::start(|_| respond(401, "", r#"{"error":{"message":"invalid x-api-key"}}"#));
    home.config(&config(&server, Some((3.0, 15.0))));
    let model = Dialect::Anthropic.model();
    let command = home.creel(&["--plain", "--model", &model]);
    let said = said_with(command, b"Hello there.\n");
    assert_eq!(said.code, 5, "{said:?}");
    let failed = said.out.lines().find(|line| line.contains("] failed: "));
    let failed = failed.unwrap_or_else(|| panic!("{said:?}"));
    assert!(
        failed.contains("invalid x-api-key") && failed.contains("again goes on"),
        "{failed}"
    );
}

/// Story 4: three agents at once; the board tells who waits, a number goes there, and what one is not at stays short.
#[test]
fn three_agents_are_led_by_number() {
    let home = Home::new();
    let gate = Gate::default();
    let opens = gate.clone();
    let server = Server::start(move |request| {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let turn = if request.results() > 0 {
            Turn::text("All is clean. Nothing is left.")
        } else if body.contains("clean up") {
            let arguments = serde_json::json!({"command": "echo clean"});
            Turn::call("I look.", "bash", &arguments)
        } else {
            Turn::text("Written. It builds.")
        };
        let mut acts = answer(request, &turn);
        if body.contains("take your time") {
            acts.insert(0, Act::Wait(opens.clone()));
        }
        acts
    });
    home.config(&format!(
        "model = \"{}\"\n{}",
        Dialect::OpenAiChat.model(),
        config(&server, Some((3.0, 15.0)))
    ));
    let mut plain = Plain::creel(&home);
    plain.say("Please take your time.");
    plain.say("new");
    plain.hears("[2 work] model chat/m.");
    plain.say("Please clean up.");
    let number = plain.ask();
    plain.say("new");
    // Before anything is sent there.
    plain.hears("[3 work] model chat/m.");
    plain.hears("2 work writes in this folder too.");
    plain.say("Write the docs.");
    plain.hears("[3 work] answer: Written.");
    plain.hears("  It builds.");
    plain.hears("[3 work] finished");
    plain.say("board");
    let waits = plain.hears("waits for you");
    assert!(
        waits.starts_with("2 work: ") && waits.contains("Please clean up."),
        "{waits}"
    );
    assert!(plain.hears("works").starts_with("1 work: "));
    assert!(plain.hears("finished, now").starts_with("3 work: "));
    plain.say("2");
    plain.hears("[2 work] model chat/m.");
    plain.hears(&format!("ASKS {number}: run \"echo clean\""));
    plain.say(&format!("ask {number} 1"));
    plain.hears(&format!("[2 work] ask {number} answered: yes, once."));
    plain.hears("tool bash. done, exit 0");
    plain.hears("[2 work] finished");
    gate.open();
    let far = plain.hears("[1 work] finished");
    assert!(far.contains("last: Written. It builds."), "{far}");
    plain.say("find docs");
    assert!(plain.hears("Write the docs.").starts_with("3 work: "));
    // What was said is found too, wherever it was.
    plain.say("find builds");
    plain.hears("in 1 work: agent, now: Written. It builds.");
    plain.say("stop 1");
    plain.hears("nothing runs here");
    plain.say("quit");
    let (code, heard) = plain.ends();
    assert_eq!(code, 0, "{heard}");
}

/// Story 5: nothing but an answer answers, and only the ask whose number it names.
#[test]
fn what_is_typed_while_an_ask_waits_answers_nothing() {
    let home = Home::new();
    home.plays(
        "> *\n< call bash {\"command\":\"touch made; seq 3000\"}\n\n< text: Done.\n\n> *\n< text: Heard.\n",
    );
    let mut plain = Plain::creel(&home);
    plain.say("Make it.");
    let number = plain.ask();
    // Prose and bare letters; a number that comes with other lines was meant for something else.
    for line in ["y", "yes, but not in ci", ""] {
        plain.say(line);
    }
    for _ in 0..2 {
        plain.hears(&format!(
            "your text waits behind ask {number}. to answer: ask {number} and a number."
        ));
    }
    plain.say(&format!("ask {} 1", number + 1));
    plain.hears("nothing was answered");
    plain.say(&format!("ask {number} 9"));
    plain.hears("9 is no choice of ask");
    plain.say(&format!("ask {number} 7"));
    plain.hears("asked because: ");
    plain.say("queue");
    plain.hears("1 y");
    assert!(!home.work().join("made").exists());
    plain.say(&format!("ａｓｋ {number} １"));
    plain.hears("answered: yes, once.");
    let line = plain.hears("lines kept: show ");
    let shown = line.split("show ").nth(1).unwrap().trim_end_matches('.');
    plain.hears("] finished");
    assert!(home.work().join("made").exists());
    // The same answer once more finds nothing.
    plain.say(&format!("ask {number} 1"));
    plain.hears("nothing was answered");
    plain.say(&format!("show {shown}"));
    plain.hears("1500");
    plain.hears(&format!("end of {shown}, "));
    plain.say("baord");
    plain.hears("there is no command baord. nearest: board.");
    let (code, heard) = plain.ends();
    assert_eq!(code, 0, "{heard}");
    assert_eq!(heard.lines().filter(|line| *line == "2999").count(), 1);
}

/// Drawing H: the number of a choice alone, once the ask was there for as long as a hand needs; and never as a prompt.
#[test]
fn a_number_alone_answers_the_one_ask_of_this_session() {
    let home = Home::new();
    home.plays(
        "> *\n< call bash {\"command\":\"touch made\"}\n\n< text: Done.\n\n> *\n< text: Heard.\n",
    );
    let mut plain = Plain::creel(&home);
    plain.say("1");
    plain.hears("1 alone answers nothing; say 1 sends it");
    plain.say("Make it.");
    let number = plain.ask();
    plain.say("board");
    plain.hears("a number goes there");
    plain.say("1");
    plain.hears(&format!("ask {number} 1 answers, go 1 goes to a session"));
    plain.say("go 1");
    plain.hears("answer with: ask");
    // What comes too soon after it was told is told to, and the list is left behind.
    loop {
        plain.say("１");
        let line = plain.hears("ask ");
        if line.contains("answered: yes, once.") {
            break;
        }
        assert!(line.contains("only just been told"), "{line}");
        assert!(!home.work().join("made").exists());
    }
    plain.hears("] finished");
    assert!(home.work().join("made").exists());
    // The model has had its last word, which may have been a question.
    plain.say("2");
    plain.hears("answer: Heard.");
    let (code, heard) = plain.ends();
    assert_eq!(code, 0, "{heard}");
}

/// Story 6: a model that goes in circles is stopped by an ask; it can be ended.
#[test]
fn a_model_in_circles_is_paused_and_ended() {
    let home = Home::new();
    let poll = "< call bash {\"command\":\"echo waiting\"}\n\n".repeat(7);
    home.plays(&format!("> *\n{poll}\n"));
    let mut plain = Plain::start(&home, &["--plain", "--mode", "auto"], &[]);
    plain.say("Wait until it is ready.");
    let line = plain.hears(" ASKS ");
    assert!(
        line.contains("go on? paused: the same call again and again."),
        "{line}"
    );
    plain.hears("  1 go on. 2 end the turn.");
    let number = line
        .split(" ASKS ")
        .nth(1)
        .unwrap()
        .split(':')
        .next()
        .unwrap();
    plain.say(&format!("ask {number} 2"));
    plain.hears("answered: end the turn.");
    plain.hears("again goes on.");
    let (code, heard) = plain.ends();
    assert_eq!(code, 6, "{heard}");
}

#[test]
fn a_pipe_waits_for_its_turns_and_stops_what_nobody_can_answer() {
    let home = Home::new();
    home.plays(
        "> *\n< call bash {\"command\":\"touch made\"}\n\n< text: The end. 完了。e\u{301}\n",
    );
    let auto = home.creel(&["--plain", "--mode", "auto"]);
    let said = said_with(auto, b"Make it.");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        said.out
            .contains("answer: The end.\n  完了。\n  e\u{301}\n"),
        "{said:?}"
    );
    assert!(home.work().join("made").exists());
    fs::remove_file(home.work().join("made")).unwrap();

    let said = said_with(home.creel(&["--plain"]), b"Make it.\n");
    assert_eq!(said.code, 130, "{said:?}");
    assert!(
        said.out
            .contains("the input has ended, so nobody can answer ask"),
        "{said:?}"
    );
    assert!(!home.work().join("made").exists());
    assert_eq!(said.err, "");
}

#[test]
fn signals_end_it_in_order() {
    let gate = Gate::default();
    let held = gate.clone();
    let server = Server::start(move |_| vec![Act::send(HEAD), Act::Wait(held.clone())]);
    let home = Home::with(&format!(
        "model = \"{}\"\n{}",
        Dialect::OpenAiChat.model(),
        config(&server, None)
    ));
    for (first, second, code) in [
        (Signal::INT, Some(Signal::INT), 130),
        (Signal::TERM, None, 143),
        (Signal::HUP, None, 143),
    ] {
        let asked = server.requests().len();
        let mut plain = Plain::creel(&home);
        plain.say("Wait for me.");
        server.wait_for(asked + 1);
        signal(plain.child.id(), first);
        plain.hears("] stopped");
        if let Some(second) = second {
            signal(plain.child.id(), second);
        }
        let (ended, heard) = plain.ends();
        assert_eq!(ended, code, "{heard}");
    }
    gate.open();
}

#[test]
fn a_terminal_is_left_as_it_was_and_a_paste_answers_nothing() {
    let home = Home::new();
    home.plays("> *\n< call bash {\"command\":\"touch made\"}\n\n< text: Done.\n");
    let mut terminal = Terminal::start(&home, CREEL, &["--plain"], (24, 100));
    terminal.wait_for("1 work> ");
    terminal.press("Make it.\r");
    terminal.wait_for("answer with: ask");
    let screen = terminal.screen();
    let number = screen.split("ASKS ").nth(1).unwrap();
    let number = number.split(':').next().unwrap().to_owned();
    terminal.settle();
    terminal.press(&format!("ask {number} 5\rask {number} 1\r"));
    terminal.wait_for("none of them answers an ask");
    terminal.settle();
    assert!(!home.work().join("made").exists());
    terminal.press(&format!("ask {number} 1\r"));
    terminal.wait_for("] finished");
    terminal.settle();
    assert!(home.work().join("made").exists());
    terminal.press("quit\r");
    assert_eq!(terminal.end(), 0);
    assert_eq!(terminal.left_behind(), Vec::<String>::new());
    assert!(!terminal.raw().contains(&0x1b), "{terminal:?}");
}

/// What a folder brings, the rules that were kept and what was read, by words.
#[test]
fn trust_and_rules_have_words() {
    let home =
        Home::scripted("> *\n< call read {\"path\": \"/etc/passwd\"}\n\n< text: I have read it.\n");
    let folder = home.work().join(".claude");
    fs::create_dir_all(&folder).unwrap();
    let text = r#"{"permissions": {"allow": ["Bash(echo *)", "Bash(ls)"]}}"#;
    fs::write(folder.join("settings.json"), text).unwrap();
    let mut plain = Plain::creel(&home);
    plain.hears("this folder brings 2 rules that would let calls run unasked");
    plain.say("trust 1");
    plain.hears("nothing new was told under that");
    plain.say("trust");
    plain.hears("1 new. allow Bash(echo *), from .claude/settings.json.");
    plain.hears("trust and a number trusts one");
    plain.say("trust 1");
    plain.hears("rule 1: Bash(echo *) holds now.");
    plain.say("rules");
    plain.hears("rule 1: allow Bash(echo *), project");
    plain.say("trust");
    plain.hears("1 trusted. allow Bash(echo *)");
    plain.hears("trust and a number");
    plain.say("untrust 1");
    plain.hears("rule 1 holds no more.");
    plain.say("rules");
    plain.hears("there are no rules");
    plain.say("vouch");
    plain.hears("nothing was read here that nobody trusted wrote");
    plain.say("look");
    let number = plain.ask();
    plain.say(&format!("ask {number} 1"));
    plain.hears("I have read it.");
    plain.say("vouch 3");
    plain.hears("vouch tells what was read here");
    plain.say("vouch");
    plain.hears("this session read /etc/passwd, outside its folder.");
    let line = plain.hears("says that all of this is fine");
    let words: Vec<&str> = line.split_whitespace().collect();
    let at = words.iter().position(|word| *word == "vouch").unwrap();
    plain.say(&format!("vouch {}", words[at + 1]));
    plain.hears("what was read until now is trusted.");
    plain.say("vouch");
    plain.hears("nothing was read here");
    let (code, _) = plain.ends();
    assert_eq!(code, 0);
}
