//! What a model or a tool may say to harm the screen or to hold it up: played in a true terminal. Whatever it is, no byte of it
//! reaches the terminal as a sequence, the frame stays whole, and keys are answered.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::Home;
use crate::support::pty::{READY, Terminal};
use crate::support::server::{Server, Turn, config};

/// Nobody would call it hanging. A build without optimisation on a busy machine stays well below; what grows with the square
/// of its length does not.
const AT_ONCE: Duration = Duration::from_secs(3);
/// Stands at the end of each answer.
const LAST: &str = "that was all";

/// Says it all at once: a model that is slow gives the screen time.
fn is_endured(name: &str, turns: Vec<Turn>) {
    let server = Server::plays(turns);
    let home = Home::with(&config(&server, Some((1.0, 1.0))));
    let mut terminal = Terminal::creel(&home, &["--mode", "auto", "--model", "chat/m"]);
    terminal.wait_for(READY);
    terminal.press("go\r");
    terminal.wait_until(name, |screen| {
        screen.contains(LAST) && screen.contains(READY)
    });
    let timed = |keys: &str, what: &str, holds: &dyn Fn(&str) -> bool| {
        let begun = Instant::now();
        terminal.press(keys);
        terminal.wait_until(&format!("{name}: {what}"), holds);
        let took = begun.elapsed();
        assert!(took < AT_ONCE, "{name}: {what} took {took:?}");
    };
    timed("x", "a key", &|screen| screen.contains("> x"));
    timed("\x7f", "no key", &|screen| !screen.contains("> x"));
    timed("\x1b", "NORMAL", &|screen| screen.contains("NORMAL"));
    timed("gg", "the start", &|screen| screen.contains("you    go"));
    timed("G", "the end", &|screen| screen.contains(LAST));
    terminal.resize(20, 61);
    timed("", "narrow", &|screen| {
        screen.contains(LAST) && screen.contains("NORMAL")
    });
    terminal.settle();
    is_whole(name, &terminal.screen());
    terminal.resize(24, 80);
    timed("i", "wide", &|screen| screen.contains("INSERT"));
    terminal.settle();
    is_whole(name, &terminal.screen());
    terminal.quit();
    let raw = terminal.raw();
    for harm in [
        "\x1b]52;",
        "\x1b]0;pwned",
        "\u{202e}",
        "\u{2066}",
        "\u{9b}",
        "\u{200b}",
        "\x1bP",
        "\x1b[5;45m",
    ] {
        let harm = harm.as_bytes();
        let found = raw.windows(harm.len()).any(|bytes| bytes == harm);
        assert!(!found, "{name}: {harm:?} reached the terminal");
    }
}

/// Each row of the frame has both its sides.
fn is_whole(name: &str, screen: &str) {
    let side = |line: &&str| line.starts_with(['┃', '│']);
    for line in screen.lines().filter(side) {
        let end = line.trim_end().chars().next_back();
        assert!(matches!(end, Some('┃' | '│')), "{name}: {line:?}\n{screen}");
    }
    assert!(screen.lines().filter(side).count() > 5, "{name}:\n{screen}");
}

fn all(cases: &[(&str, String)]) {
    for (name, text) in cases {
        is_endured(name, vec![Turn::text(format!("{text}\n\n{LAST}"))]);
    }
}

#[test]
fn signs_that_are_no_text_stay_off_the_screen() {
    let tower = "\u{301}".repeat(20_000);
    all(&[
        (
            "sequences",
            "a\x1b[2J\x1b[5;45mb\x1b]52;c;aGk=\x07\x1b]0;pwned\x07c\x1bPq#0\x1b\\d\u{9b}31me\x1b[?1049lf\x0e\x08\x00g".into(),
        ),
        ("bidi", "\u{202e}drowssap\u{2066}x\u{2069} \u{200f}\u{61c}y\u{202c}".repeat(200)),
        ("zero width", format!("a{}b", "\u{200b}\u{2060}\u{feff}".repeat(20_000))),
        ("joiners", format!("👩{}", "\u{200d}👩".repeat(10_000))),
        ("flags", "🇩".repeat(20_001)),
        ("towers", format!("a{tower}b{tower} c")),
        ("tags and selectors", format!("x{}y", "\u{e0041}\u{fe0f}".repeat(10_000))),
        ("tabs", "\t".repeat(50_000)),
        ("private and unassigned", "\u{e000}\u{10ffff}\u{fdd0}\u{fffd}".repeat(5_000)),
    ]);
}

#[test]
fn lines_without_an_end_are_answered_at_once() {
    all(&[
        ("one line", "x".repeat(60_000)),
        ("one line of words", "ab ".repeat(20_000)),
        ("one wide line", "汉".repeat(20_000)),
        ("empty lines", "\n".repeat(5_000)),
        (
            "code on one line",
            format!("```rust\nlet a = \"{}\";\n```", "y".repeat(60_000)),
        ),
        (
            "a name of code",
            format!("```{}\nx\n```", "z".repeat(60_000)),
        ),
    ]);
}

#[test]
fn markdown_without_an_end_is_answered_at_once() {
    let row = |cell: &str| format!("|{}\n", format!("{cell}|").repeat(5_000));
    all(&[
        ("quotes", format!("{} deep", ">".repeat(10_000))),
        ("lists", format!("{} deep", "- ".repeat(10_000))),
        ("numbers", format!("{} deep", "1. ".repeat(5_000))),
        ("columns", format!("{}{}{}", row("a"), row("-"), row("b"))),
        ("rows", format!("|a|b|\n|-|-|\n{}", "|c|d|\n".repeat(5_000))),
        ("emphasis", "*a _b ".repeat(8_000)),
        ("brackets", "[".repeat(50_000)),
        ("pictures", "![](".repeat(10_000)),
        ("links", "[a](b) ".repeat(8_000)),
        ("ticks", format!("{}a", "`".repeat(50_000))),
        (
            "ticks apart",
            (1..400)
                .map(|n| "`".repeat(n))
                .collect::<Vec<_>>()
                .join(" "),
        ),
        ("tags", "<a b=\"".repeat(8_000)),
        ("comments", "<!-- ".repeat(8_000)),
        ("entities", "&amp;&#x1b;".repeat(5_000)),
        ("fences", "```a\n```\n".repeat(5_000)),
        (
            "references",
            (0..5_000)
                .map(|n| format!("[r{n}]: /u\n\n[r{n}]"))
                .collect::<Vec<_>>()
                .join(" "),
        ),
    ]);
}

#[test]
fn what_tools_give_is_endured() {
    for (name, command) in [
        ("bytes", "head -c 300000 /dev/urandom"),
        (
            "sequences",
            r"printf '\033[2J\033]52;c;aGk=\007\033]0;pwned\007\302\2331m%s\n' x",
        ),
        ("a line", r"head -c 2000000 /dev/zero | tr '\000' q"),
        (
            "returns",
            r"for i in $(seq 5000); do printf 'step %s\r' $i; done; echo",
        ),
        ("half a character", r"printf 'a\377\376\346\261 \360\237\n'"),
    ] {
        let call = Turn::call("I look.", "bash", &json!({ "command": command }));
        is_endured(name, vec![call, Turn::text(LAST)]);
    }
    let content = "\u{202e}w".repeat(100_000);
    let call = Turn::call(
        "I write.",
        "write",
        &json!({ "path": "a", "content": content }),
    );
    is_endured("a file", vec![call, Turn::text(LAST)]);
    let call = Turn::call(
        "I\u{202e} call.",
        "\x1b]0;pwned\x07",
        &json!({ "\u{9b}": "\u{202e}" }),
    );
    is_endured("a tool", vec![call, Turn::text(LAST)]);
}
