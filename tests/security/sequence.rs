//! Rows S-20, S-21 and S-22: every way to steer a terminal by text, through every way that text comes. What the true program writes is
//! of the grammar, a terminal that took it is left as it was, and one that answers whatever it is asked types nothing.

use std::fmt::Write as _;

use pretty_assertions::assert_eq;
use serde_json::json;

use crate::security::grammar::{Left, read};
use crate::support::pty::{READY, Terminal};
use crate::support::server::{Server, Turn, answer, config, respond};
use crate::support::{CREEL, Dice, Home, rounds};

/// What a text does to a terminal that takes it.
pub const SEQUENCES: [(&str, &str); 56] = [
    ("clipboard", "\x1b]52;c;aGk=\x07"),
    ("clipboard, other end", "\x1b]52;p;aGk=\x1b\\"),
    ("clipboard asked for", "\x1b]52;c;?\x07"),
    ("title", "\x1b]0;pwned\x1b\\\x1b]1;pwned\x07"),
    ("title as a question", "\x1b]2;pwned\r\n\x07\x1b[21t"),
    ("icon", "\x1b]1;pwned\x07"),
    ("link of a program", "\x1b]8;;file:///bin/sh\x1b\\a"),
    ("link never closed", "\x1b]8;;javascript:x\x07a"),
    ("palette", "\x1b]4;1;rgb:ff/00/00\x07"),
    ("palette asked for", "\x1b]4;1;?\x07"),
    ("foreground", "\x1b]10;red\x07"),
    ("background", "\x1b]11;red\x07"),
    ("cursor's colour", "\x1b]12;red\x07"),
    ("palette reset", "\x1b]104\x07"),
    ("notice", "\x1b]9;pwned\x07"),
    ("notice of urxvt", "\x1b]777;notify;a;b\x07"),
    ("notice of kitty", "\x1b]99;i=1;pwned\x1b\\"),
    ("folder", "\x1b]7;file:///etc\x07"),
    ("marks of a shell", "\x1b]133;C;cmdline_url=x\x07"),
    ("file of iterm", "\x1b]1337;File=inline=1:aGk=\x07"),
    ("variable of iterm", "\x1b]1337;SetUserVar=a=aGk=\x07"),
    ("font", "\x1b]50;x\x07"),
    ("log file", "\x1b]46;/tmp/x\x07"),
    ("no end", "\x1b]0;pwned"),
    ("sixel", "\x1bPq#0;2;0;0;0~\x1b\\"),
    ("settings asked for", "\x1bP$qm\x1b\\"),
    ("names asked for", "\x1bP+q544e\x1b\\"),
    ("keys set", "\x1bP0;1|17/6869\x1b\\"),
    ("through tmux", "\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\"),
    ("graphics of kitty", "\x1b_Gf=24,s=1,v=1;AAAA\x1b\\"),
    ("privacy message", "\x1b^x\x1b\\"),
    ("start of string", "\x1bXx\x1b\\"),
    ("what it is", "\x1b[0c\x1b[>c\x1b[=c\x1bZ"),
    ("its name", "\x1b[>q"),
    ("its status", "\x1b[5n"),
    ("its modes", "\x1b[?2004$p"),
    ("its size", "\x1b[18t\x1b[14t\x1b[19t"),
    ("size set", "\x1b[8;1;1t"),
    ("window away", "\x1b[2t\x1b[3;0;0t"),
    ("enquiry", "\x05"),
    ("other screen", "\x1b[?47h"),
    ("paste off for good", "\x1b[?2005h"),
    ("mouse everywhere", "\x1b[?1003h\x1b[?1015h"),
    ("keys of applications", "\x1b[?1h\x1b="),
    ("reset", "\x1bc\x1b[!p"),
    ("hidden", "\x1b[8mhidden"),
    ("blinking", "\x1b[5mblinks"),
    ("line drawing", "\x1b(0lqqk\x0e\x0f"),
    ("eight bits", "\u{9b}31m\u{9d}0;pwned\u{9c}\u{90}q\u{9c}"),
    ("bells", "\x07\x07\x07"),
    ("overwriting", "safe\x08\x08\x08\x08evil\x0b\x0c"),
    ("erased", "\x1b[1K\x1b[1J\x1b[3J"),
    (
        "direction",
        "\u{202e}drowssap\u{2066}x\u{2069}\u{200f}\u{61c}",
    ),
    ("no width", "a\u{200b}\u{2060}\u{feff}\u{ad}b"),
    ("tags", "x\u{e0041}\u{e0042}\u{e007f}"),
    ("separators", "a\u{2028}b\u{2029}c\u{fff9}d\u{fffb}"),
];

/// Stands at the end of the last answer.
const LAST: &str = "that was all";
/// What an answer of the terminal would type.
pub const TYPED: &str = "typed-by-the-terminal";

/// All sequences, each with its number around it, so that one that is cut off is followed by text.
fn all(way: &str) -> String {
    let mut text = String::new();
    for (number, (name, sequence)) in SEQUENCES.iter().enumerate() {
        let _ = writeln!(text, "{way} {number} {sequence} {name}");
    }
    text
}

/// Sequences put together by chance, as nobody thought of.
fn random(dice: &mut Dice, count: u64) -> String {
    const PIECES: [&str; 24] = [
        "\x1b", "[", "]", "P", "_", "\x1b\\", "\x07", ";", "?", "52", "8", "0", "2004", "h", "l",
        "m", "t", "c", "n", "\u{9b}", "\u{9d}", "A", "漢", "\u{202e}",
    ];
    (0..count)
        .map(|_| PIECES[dice.below(PIECES.len() as u64) as usize])
        .collect()
}

/// The ways in which text comes: what the model says, thinks and calls, what files and commands hold, what goes wrong.
fn turns() -> Vec<Turn> {
    let raw = |calls: Vec<(String, String)>| Turn {
        calls,
        ..Turn::text("I try.")
    };
    let each = |make: &dyn Fn(&str) -> (String, String)| -> Turn {
        raw(SEQUENCES
            .iter()
            .map(|(_, sequence)| make(sequence))
            .collect())
    };
    let call = |tool: &str, input: serde_json::Value| (tool.to_owned(), input.to_string());
    let fenced = format!("```\n{}\n```\n", all("code"));
    let mut table = String::new();
    for (name, sequence) in SEQUENCES {
        let _ = writeln!(
            table,
            "| {name} | {} | [a]({sequence}) |",
            sequence.replace('\n', " ")
        );
    }
    let mut dice = Dice::new(20);
    vec![
        Turn {
            thinking: all("thought"),
            text: format!("{}\n{fenced}\n|a|b|c|\n|-|-|-|\n{table}", all("said")),
            ..each(&|sequence| (format!("tool{sequence}"), "{}".to_owned()))
        },
        each(&|sequence| call("read", json!({ "path": format!("missing{sequence}") }))),
        each(&|sequence| {
            call(
                "grep",
                json!({ "pattern": "file", "glob": format!("x{sequence}"), "path": "held.txt" }),
            )
        }),
        each(&|sequence| ("read".to_owned(), format!("{{\"path\": {sequence}"))),
        raw(vec![
            call("glob", json!({ "pattern": "names/*" })),
            call("read", json!({ "path": "held.txt" })),
            call("grep", json!({ "pattern": "held", "path": "held.txt" })),
        ]),
        raw(vec![
            call(
                "bash",
                json!({ "command": "cat held.txt; cat held.txt >&2; ls names; exit 3" }),
            ),
            call(
                "bash",
                json!({ "command": "cat random.bin; printf '\\033]0;pwned\\007\\033]8;;file:///\\033\\\\'" }),
            ),
            call(
                "write",
                json!({ "path": "made.txt", "content": all("written") }),
            ),
            call(
                "edit",
                json!({ "path": "made.txt", "old_string": "written 7 ", "new_string": format!("{} ", all("edited")) }),
            ),
        ]),
        Turn::text(format!("{}\n\n{LAST}", random(&mut dice, rounds(20_000)))),
    ]
}

fn folder(home: &Home) {
    home.file("held.txt", &all("held"));
    home.file("AGENTS.md", &all("rules"));
    home.file(
        ".git/HEAD",
        "ref: refs/heads/\x1b]0;pwned\x07\u{9b}31m\u{202e}main\n",
    );
    let mut dice = Dice::new(22);
    let bytes: Vec<u8> = (0..20_000).map(|_| dice.below(256) as u8).collect();
    std::fs::write(home.work().join("random.bin"), bytes).unwrap();
    for (number, (_, sequence)) in SEQUENCES.iter().enumerate() {
        home.file(
            &format!("names/{number} {}", sequence.replace('/', "|")),
            "x\n",
        );
    }
}

/// Rows S-20, S-21 and S-22.
#[test]
fn no_text_steers_the_terminal() {
    // Each sequence comes in so many ways.
    assert!(SEQUENCES.len() * 14 >= 500);
    let turns = turns();
    let requests = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::start(move |request| {
        let number = requests.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        match turns.get(number) {
            Some(turn) => answer(request, turn),
            None => respond(
                400,
                "",
                &json!({"error": {"message": all("refused")}}).to_string(),
            ),
        }
    });
    let home = Home::with(&config(&server, Some((1.0, 1.0))));
    folder(&home);
    let variables = [("FORCE_HYPERLINK", "1")];
    let mut terminal = Terminal::answering(
        &home,
        CREEL,
        &["--model", "messages/m", "--mode", "auto"],
        (60, 110),
        &variables,
    );
    terminal.wait_for(READY);
    terminal.press("go\r");
    terminal.wait_until(LAST, |screen| {
        screen.contains(LAST) && screen.contains(READY)
    });
    // Through all of it, with everything unfolded.
    terminal.press("\x1b");
    terminal.wait_for("NORMAL");
    terminal.press("zRgg");
    terminal.wait_for("you    go");
    for _ in 0..50 {
        terminal.press("\x06");
        terminal.writes_within(std::time::Duration::from_millis(20));
    }
    terminal.press("Gi");
    terminal.wait_until("the end", |screen| {
        screen.contains(LAST) && screen.contains("INSERT")
    });
    // What a person pastes is text from somewhere as well.
    terminal.press(&format!(
        "\x1b[200~{}\x1b[201~",
        all("pasted").replace("\x1b[201~", "")
    ));
    terminal.wait_for("[pasted");
    terminal.press(" sent\r");
    terminal.wait_for("refused 0");
    terminal.settle();
    terminal.press("\x1b");
    terminal.settle();
    let shown = terminal.screen();
    assert!(!shown.contains(TYPED), "{shown}");
    // The last request was refused, and nothing was sent that nobody typed.
    assert_eq!(server.requests().len(), 8);
    terminal.press("\x03\x03");
    assert_eq!(terminal.end(), 0);
    assert_eq!(terminal.left_behind(), Vec::<String>::new());
    leaves_nothing(&read(&terminal.raw()).unwrap());
}

/// A terminal that took all of it is as it was: row S-21.
fn leaves_nothing(left: &Left) {
    assert_eq!((&left.link, left.put_by), (&None, 0));
    for title in &left.titles {
        assert!(
            !title.contains("pwned\x07") && title.contains("Creel"),
            "{title:?}"
        );
    }
    for (mode, on) in &left.modes {
        assert_eq!(*on, [7, 12, 25].contains(mode), "mode {mode}");
    }
    let own = ["?996n", "6n", "c", "11;?"];
    for question in &left.questions {
        assert!(own.contains(&question.as_str()), "{question}");
    }
}

/// Row S-20 without a screen: what is printed is text alone.
#[test]
fn no_text_steers_the_terminal_of_a_command() {
    let turns = turns();
    let requests = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::start(move |request| {
        let number = requests.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        match turns.get(number) {
            Some(turn) => answer(request, turn),
            None => respond(
                400,
                "",
                &json!({"error": {"message": all("refused")}}).to_string(),
            ),
        }
    });
    let home = Home::with(&config(&server, Some((1.0, 1.0))));
    folder(&home);
    let run = ["run", "--model", "messages/m", "--mode", "auto"];
    let ran = home.run(&[&run[..], &[&all("prompt").replace('\0', "")]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let failed = home.run(&[&run[..], &["again"]].concat());
    assert_eq!(failed.code, 5, "{failed:?}");
    let mut told = vec![ran, failed];
    let sessions = home.run(&["sessions", "--json"]).json();
    for session in sessions.as_array().unwrap() {
        let id = session["id"].as_str().unwrap();
        for arguments in [
            &["show", id][..],
            &["export", id, "--to", "markdown"],
            &["export", id, "--to", "html"],
            &["cost"],
            &["bug-report"],
        ] {
            told.push(home.run(arguments));
        }
    }
    told.push(home.run(&["sessions"]));
    for said in told {
        for text in [said.out, said.err] {
            let harm = text.chars().find(|c| {
                !matches!(c, '\n' | '\t')
                    && (c.is_control() || "\u{202e}\u{2066}\u{200b}".contains(*c))
            });
            let at = harm.and_then(|harm| text.find(harm)).unwrap_or(0);
            let around: String = text[text.floor_char_boundary(at.saturating_sub(80))..]
                .chars()
                .take(200)
                .collect();
            assert_eq!(harm, None, "{around:?}");
        }
    }
}
