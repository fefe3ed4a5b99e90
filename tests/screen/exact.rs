//! What is decided on is seen exactly: where a line ends, what is typed in its place, and the part that is marked.

use std::path::PathBuf;

use crossterm::event::{KeyCode, KeyModifiers};

use creel::protocol::ask::{About, Answer, Approval, Risk, Subject, Verdict};
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

/// All of a long change was read before it is taken in parts: that is not asked for again, and the marked part is on the screen.
#[test]
fn the_marked_part_of_a_long_change_is_in_sight_and_read_once() {
    let same: Vec<String> = (0..15).map(|line| format!(" same {line}\n")).collect();
    let same = same.concat();
    let parts = ["first", "second", "third", "fourth"];
    let parts = parts.map(|part| format!("{same}-{part} goes\n+{part} comes\n"));
    let patch = format!("@@ -1,64 +1,64 @@\n{}", parts.concat());
    for size in [(80, 24), (40, 12), (160, 50)] {
        let mut desk = Desk::running(size);
        desk.ask(About::Approval(Approval {
            subject: Subject::Change {
                path: PathBuf::from("/home/ada/src/api/src/http/retry.rs"),
                patch: patch.clone(),
                added: 4,
                removed: 4,
                created: false,
            },
            ..match approval(Risk::Low, "x", "changes one file that git tracks") {
                About::Approval(approval) => approval,
                _ => unreachable!(),
            }
        }));
        desk.key(KeyCode::Char('a'), KeyModifiers::ALT);
        desk.wait(400);
        desk.press(KeyCode::Char('G'));
        desk.wait(400);
        desk.press(KeyCode::Char('e'));
        for part in ["second", "third", "fourth"] {
            desk.press(KeyCode::Down);
            let seen = desk.text();
            let goes = format!("{part} goes");
            assert!(seen.contains(&goes), "{size:?} {part}\n{seen}");
        }
        desk.press(KeyCode::Up);
        desk.press(KeyCode::Char(' '));
        desk.wait(400);
        let seen = desk.text();
        // On a small screen what stays as it is is not shown.
        assert!(seen.contains("third goes") || size.0 < 80, "{seen}");
        let given = verdicts(&desk.pressed(KeyCode::Char('y')));
        let kept = vec![true, true, false, true];
        assert_eq!(given, [Verdict::Hunks { kept }], "{size:?}");
    }
}
