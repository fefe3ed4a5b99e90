//! Row S-23: whatever is pasted, however the terminal passes it on, nothing is sent and nothing else happens than that it stands in
//! the composer.

use pretty_assertions::assert_eq;

use crate::support::Home;
use crate::support::pty::{READY, Terminal};
use crate::support::server::{Server, Turn, config};

const BEGIN: &str = "\x1b[200~";
const END: &str = "\x1b[201~";

/// What is between the brackets, which a terminal should have cleaned and did not.
fn pastes() -> Vec<String> {
    let ends = ["\r", "\n", "\r\n", "\n\r", "\x0d\x0d\x0d"];
    let keys = [
        // Enter as newer terminals tell it, with and without modifiers.
        "\x1b[13u",
        "\x1b[13;1u",
        "\x1b[13;5u",
        "\x1b[27;5;13~",
        "\x1bOM",
        "\x1b\r",
        // Ending, stopping, suspending, erasing.
        "\x03",
        "\x04",
        "\x1a",
        "\x1c",
        "\x15",
        "\x17",
        "\x7f\x7f",
        "\x1b\x1b",
        // Places elsewhere: the inbox, the board, other panes.
        "\x1ba",
        "\x1bi",
        "\x17w",
        "\x18w",
        "\x10",
        "\x0f",
        "\t",
        // What only a terminal says.
        "\x1b[<0;1;1M",
        "\x1b[M !!",
        "\x1b[I",
        "\x1b[O",
        "\x1b[?62;22c",
        "\x1b[1;1R",
        "\x1b]11;rgb:0/0/0\x07",
        "\x1b]52;c;aGk=\x07",
        "\x1bP1$r0m\x1b\\",
        "\x1b[?2004l",
        "\x1b[200~",
        "\x1b[?1049l",
    ];
    let mut all: Vec<String> = Vec::new();
    for end in ends {
        all.push(format!("rm -rf x{end}"));
        all.push(format!("a{end}b{end}c{end}"));
        all.push(format!("{END}{end}"));
        all.push(format!("a{END}b{end}"));
        all.push(format!("a{END}{BEGIN}b{end}"));
        all.push(format!("a{BEGIN}b{END}c{end}"));
        all.push(format!("a{}{end}", END.repeat(3)));
        all.push(format!("a{END}{}{end}", "b".repeat(300)));
    }
    for key in keys {
        all.push(format!("a{key}b\r"));
        all.push(format!("a{END}{key}\r"));
    }
    for line in [
        "! touch made",
        "!! touch made",
        "/quit",
        "/mode auto",
        "@a",
        "/model x",
        "exit",
        "y",
        "1",
    ] {
        all.push(format!("{line}\r"));
        all.push(format!("{line}\n{END}\r"));
    }
    all
}

/// Row S-23.
#[test]
fn no_paste_is_sent() {
    let server = Server::plays(vec![Turn::text("It was sent.")]);
    let home = Home::with(&config(&server, None));
    let mut terminal = Terminal::creel(&home, &["--model", "chat/m"]);
    terminal.wait_for(READY);
    let pastes = pastes();
    assert!(pastes.len() >= 100, "{}", pastes.len());
    for (number, paste) in pastes.iter().enumerate() {
        terminal.press(&format!("{BEGIN}{paste}{END}"));
        let mark = format!(" =typed-{number}=");
        terminal.press(&mark);
        terminal.wait_until(&format!("{paste:?}"), |screen| screen.contains(mark.trim()));
        let screen = terminal.screen();
        assert!(
            screen.contains("INSERT") && !screen.contains("It was sent."),
            "{paste:?}\n{screen}"
        );
        // Not with Ctrl+C, of which the second in a second quits.
        terminal.press(&"\x15\x7f".repeat(10));
        terminal.wait_until("an empty composer", |screen| !screen.contains(mark.trim()));
    }
    assert_eq!(server.requests().len(), 0);
    assert!(!home.work().join("made").exists());
    terminal.press("asked by hand\r");
    terminal.wait_for("It was sent.");
    terminal.quit();
    assert_eq!(server.requests().len(), 1);
}
