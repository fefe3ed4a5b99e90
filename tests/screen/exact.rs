//! What is decided on is seen exactly: where a line ends, what is typed in its place, and the part that is marked.

use crossterm::event::{KeyCode, KeyModifiers};

use creel::protocol::ask::{Answer, Risk, Verdict};
use creel::protocol::op::Op;
use creel::tui::app::message::{Cmd, Msg};

use super::desk::Desk;
use super::given::approval;

/// One line that is wrapped where another command could stand, and the same as two lines.
const WRAPPED: &str =
    "echo one two three four five six seven eight nine ten eleven twelve 13 rm -rf target/tmp";
const LINES: &str =
    "echo one two three four five six seven eight nine ten eleven twelve 13\nrm -rf target/tmp";

fn asked(size: (u16, u16), line: &str) -> Desk {
    let mut desk = Desk::running(size);
    desk.call(
        9,
        "bash",
        &serde_json::json!({ "command": line }).to_string(),
    );
    desk.ask(approval(Risk::Low, line, "runs programs"));
    desk.key(KeyCode::Char('a'), KeyModifiers::ALT);
    desk.wait(400);
    desk
}

fn verdicts(cmds: &[Cmd]) -> Vec<Verdict> {
    let verdict = |cmd: &Cmd| match cmd {
        Cmd::Send(command) => match &command.op {
            Op::Answer {
                answer: Answer::Verdict { verdict },
                ..
            } => Some(verdict.clone()),
            _ => None,
        },
        _ => None,
    };
    cmds.iter().filter_map(verdict).collect()
}

#[test]
fn a_wrapped_line_of_a_command_is_none_of_its_own() {
    for (width, height) in [(80, 24), (40, 12)] {
        let mut one = asked((width, height), WRAPPED);
        screen!(format!("ask_wrapped_{width}x{height}"), one);
        assert!(one.text().contains("↳ "), "{}", one.text());
    }
    let lines = asked((80, 24), LINES).text();
    assert!(lines.contains("┃   rm -rf target/tmp "), "{lines}");
    assert!(!lines.contains('↳'), "{lines}");
}

#[test]
fn a_command_of_several_lines_is_edited_in_its_lines() {
    let script = "set -e\nfor n in 1 2 3\ndo\n    touch file-$n\ndone\n";
    for (width, height) in [(80, 24), (40, 12)] {
        let mut desk = asked((width, height), script);
        for _ in 0..9 {
            desk.press(KeyCode::PageDown);
        }
        desk.wait(400);
        desk.press(KeyCode::Char('e'));
        for _ in 0..3 {
            desk.press(KeyCode::Up);
        }
        desk.press(KeyCode::End);
        desk.typed("  # here");
        screen!(format!("ask_lines_{width}x{height}"), desk);
        desk.key(KeyCode::Char('j'), KeyModifiers::CONTROL);
        desk.typed("    true");
        let given = verdicts(&desk.pressed(KeyCode::Enter));
        let expected = "set -e\nfor n in 1 2 3\ndo  # here\n    true\n    touch file-$n\ndone\n";
        let arguments = serde_json::json!({ "command": expected }).to_string();
        assert_eq!(given, [Verdict::Edited { arguments }]);
    }
}

#[test]
fn a_pasted_command_keeps_its_lines() {
    let mut desk = asked((80, 24), "true");
    desk.press(KeyCode::Char('e'));
    desk.key(KeyCode::Char('u'), KeyModifiers::CONTROL);
    desk.update(Msg::Paste("ls\r\n\u{1b}[2Kpwd".to_owned()));
    let given = verdicts(&desk.pressed(KeyCode::Enter));
    let arguments = serde_json::json!({ "command": "ls\npwd" }).to_string();
    assert_eq!(given, [Verdict::Edited { arguments }]);
}
