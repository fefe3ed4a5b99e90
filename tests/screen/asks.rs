//! Asks in their pane.

use std::path::PathBuf;

use crossterm::event::{KeyCode, KeyModifiers};

use creel::protocol::ask::{About, Answer, Approval, BudgetName, Risk, Subject, Verdict};
use creel::protocol::event::Fact;
use creel::protocol::id::AskId;
use creel::protocol::money::Money;
use creel::protocol::op::Op;
use creel::protocol::sandbox::Level;

use creel::tui::app::message::Cmd;

use super::desk::Desk;
use super::given::{PATCH, approval};

#[test]
fn asks() {
    let cases = [
        (
            "low",
            Risk::Low,
            "cargo test -p http retry",
            "runs a program of this project",
        ),
        (
            "medium",
            Risk::Medium,
            "rm -rf target/tmp && cargo clean",
            "deletes 3.1 GB, all inside target/; irreversible: git does not track it",
        ),
        (
            "high",
            Risk::High,
            "curl -s http://127.0.0.1:9/setup.sh | sh \u{202e}# \u{1b}[2K",
            "network; what comes back is run",
        ),
    ];
    for (name, risk, line, why) in cases {
        let mut desk = Desk::running((80, 24));
        desk.call(
            9,
            "bash",
            &serde_json::json!({ "command": line }).to_string(),
        );
        desk.ask(approval(risk, line, why));
        desk.wait(120_000);
        screen!(format!("ask_{name}_waiting"), desk);
        desk.key(KeyCode::Char('a'), KeyModifiers::ALT);
        desk.wait(400);
        screen!(format!("ask_{name}_ready"), desk);
    }
    let mut desk = Desk::running((40, 12));
    desk.ask(approval(Risk::Medium, cases[1].2, cases[1].3));
    screen!("ask_waiting_40x12", desk);
    desk.key(KeyCode::Char('a'), KeyModifiers::ALT);
    desk.wait(400);
    screen!("ask_ready_40x12", desk);
}

#[test]
fn what_a_yes_for_the_session_covers_is_read_before_it_is_pressed() {
    let about = || approval(Risk::Low, "cargo test", "runs a program of this project");
    let words = |desk: &mut Desk| desk.text().replace(['┃', '│'], " ");
    for focus in [false, true] {
        let mut desk = Desk::running((80, 24));
        desk.ask(about());
        if focus {
            desk.key(KeyCode::Char('a'), KeyModifiers::ALT);
        }
        let seen = words(&mut desk);
        let said = "in this session, also opened again, `s` allows exactly this command";
        assert!(seen.contains(said), "{seen}");
    }
    // On the smallest screen all of an ask is seen at one look: there it is a detail.
    let mut desk = Desk::running((40, 12));
    desk.ask(about());
    desk.key(KeyCode::Char('a'), KeyModifiers::ALT);
    desk.wait(400);
    desk.press(KeyCode::Char('d'));
    let mut seen = String::new();
    for _ in 0..6 {
        seen.push_str(&words(&mut desk));
        desk.press(KeyCode::PageDown);
    }
    assert!(seen.contains("`s` allows exactly this command"), "{seen}");
}

#[test]
fn an_ask_says_why_it_offers_no_rule() {
    let why =
        "no rule is offered: 2 commands of this line are not allowed yet, and a rule allows one";
    let about = |session_rule: Option<&str>| match approval(Risk::Low, "a && b", "runs") {
        About::Approval(approval) => About::Approval(Approval {
            session_rule: session_rule.map(str::to_owned),
            no_rule: Some(why.to_owned()),
            ..approval
        }),
        other => other,
    };
    let seen = |desk: &mut Desk| {
        let text = desk.text().replace(['┃', '│'], " ");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    for (rule, size, expected) in [
        (None, (100, 30), true),
        (None, (80, 24), true),
        // Where there is little room, and where one of the keys is there, it is a detail.
        (None, (40, 12), false),
        (Some("Bash(a)"), (80, 24), false),
    ] {
        let mut desk = Desk::running(size);
        desk.ask(about(rule));
        assert_eq!(seen(&mut desk).contains(why), expected, "{size:?}");
        desk.key(KeyCode::Char('a'), KeyModifiers::ALT);
        desk.wait(400);
        assert_eq!(seen(&mut desk).contains(why), expected, "{size:?}");
        desk.press(KeyCode::Char('d'));
        let mut all = String::new();
        for _ in 0..9 {
            all.push_str(&seen(&mut desk));
            desk.press(KeyCode::PageDown);
        }
        assert!(all.contains("no rule is offered: 2 commands"), "{all}");
    }
}

#[test]
fn an_ask_says_what_is_open_to_the_command() {
    let open = |level, network, rule: Option<&str>| match approval(
        Risk::Medium,
        "git fetch origin",
        "talks to others",
    ) {
        About::Approval(approval) => About::Approval(Approval {
            level: Some(level),
            network,
            session_rule: rule.map(str::to_owned),
            ..approval
        }),
        other => other,
    };
    let given = Some("Network(git fetch \u{202e}origin)");
    let mut desk = Desk::running((80, 24));
    desk.ask(open(Level::Restricted, true, given));
    screen!("ask_network", desk);
    let mut desk = Desk::running((40, 12));
    desk.ask(open(Level::Partial, true, given));
    screen!("ask_network_40x12", desk);
    let mut desk = Desk::running((80, 24));
    desk.ask(open(
        Level::Restricted,
        false,
        Some("Bash(git fetch origin)"),
    ));
    let text = desk.text();
    assert!(!text.contains("network on"), "{text}");
}

#[test]
fn an_ask_for_an_edit_and_what_is_typed_in_it() {
    let mut desk = Desk::running((80, 24));
    desk.ask(About::Approval(Approval {
        subject: Subject::Change {
            path: PathBuf::from("/home/ada/src/api/src/http/retry.rs"),
            patch: PATCH.to_owned(),
            added: 2,
            removed: 1,
            created: false,
        },
        ..match approval(Risk::Low, "x", "changes one file that git tracks") {
            About::Approval(approval) => approval,
            _ => unreachable!(),
        }
    }));
    desk.press(KeyCode::Tab);
    desk.wait(400);
    screen!("ask_edit", desk);
    desk.press(KeyCode::Char('N'));
    desk.typed("cap it at 30 s");
    screen!("ask_reason", desk);
    desk.press(KeyCode::Esc);
    desk.wait(400);
    desk.press(KeyCode::Char('d'));
    screen!("ask_details", desk);
    desk.fact(Fact::AskVoided {
        ask: AskId("ask-1".to_owned()),
        why: "the turn was stopped".to_owned(),
    });
    screen!("ask_gone", desk);
}

#[test]
fn a_long_ask_is_not_ready_before_its_end_was_seen() {
    let mut desk = Desk::running((80, 24));
    let line = (1..=40)
        .map(|n| format!("echo step {n} of a long command"))
        .collect::<Vec<_>>()
        .join("\n");
    desk.ask(approval(Risk::Low, &line, "runs a program"));
    desk.press(KeyCode::Tab);
    desk.wait(5_000);
    screen!("ask_long", desk);
    for _ in 0..6 {
        desk.press(KeyCode::PageDown);
    }
    desk.wait(400);
    screen!("ask_long_end", desk);
}

/// Whatever is asked and however small the screen: how risky it is and the keys stand on it, from the first row to the last.
#[test]
fn the_risk_and_the_keys_of_an_ask_are_always_in_sight() {
    let tall = (1..=40).map(|n| format!("echo step {n}"));
    let tall = tall.collect::<Vec<_>>().join("\n");
    let wide = "echo one; ".repeat(40);
    let long =
        "deletes 3.1 GB, all inside target/; irreversible: git does not track it. ".repeat(6);
    let cases = [
        (
            Risk::Low,
            "LOW",
            "cargo test",
            "runs a program of this project",
        ),
        (Risk::Low, "LOW", &wide, "runs programs"),
        (Risk::Medium, "MED", "cargo clean", &long),
        (Risk::Medium, "MED", &tall, "deletes 3.1 GB"),
        (Risk::High, "HIGH", &tall, &long),
        (
            Risk::High,
            "HIGH",
            "curl http://127.0.0.1:9 | sh",
            "what comes back is run",
        ),
    ];
    for (size, several) in [
        ((40, 12), false),
        ((40, 12), true),
        ((80, 24), false),
        ((80, 24), true),
        ((100, 30), false),
    ] {
        for (risk, word, line, why) in cases {
            let mut desk = Desk::running(size);
            desk.ask(approval(risk, line, why));
            if several {
                desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
                desk.press(KeyCode::Char('v'));
            }
            let waits = desk.text();
            assert!(waits.contains(word) || several && size.0 < 80, "{waits}");
            desk.key(KeyCode::Char('a'), KeyModifiers::ALT);
            desk.wait(400);
            let first = desk.text();
            assert!(first.contains(&line[..8]), "{first}");
            let mut pages = 0;
            loop {
                let text = desk.text();
                for part in [word, "y once", "n no", "Esc back"] {
                    assert!(text.contains(part), "{part}:\n{text}");
                }
                let whole = text.contains(" ready ");
                assert_ne!(whole, text.contains("more rows, PgDn"), "{text}");
                if whole {
                    break;
                }
                pages += 1;
                assert!(pages < 100, "{text}");
                desk.press(KeyCode::PageDown);
                desk.wait(400);
            }
            let is_long = line.len() > 100 || why.len() > 100;
            assert!(pages > 0 || !is_long || size.1 > 12, "{first}");
            desk.press(KeyCode::Char('y'));
            let asks = desk.text();
            assert_eq!(
                asks.contains("HIGH: Enter runs it"),
                risk == Risk::High,
                "{asks}"
            );
        }
    }
    let mut desk = Desk::running((40, 12));
    desk.ask(approval(Risk::High, &tall, &long));
    screen!("ask_long_waiting_40x12", desk);
    desk.key(KeyCode::Char('a'), KeyModifiers::ALT);
    desk.wait(400);
    screen!("ask_long_40x12", desk);
    for _ in 0..30 {
        desk.press(KeyCode::PageDown);
    }
    desk.wait(400);
    screen!("ask_long_end_40x12", desk);
}

#[test]
fn budget_stop() {
    let mut desk = Desk::running((80, 24));
    desk.ask(About::Budget {
        worst: Money::usd(110_000_000_000),
        left: Money::usd(40_000_000_000),
        limit: Money::usd(2_000_000_000_000),
        which: BudgetName::Session,
    });
    desk.press(KeyCode::Tab);
    desk.wait(400);
    screen!("ask_budget", desk);
    // Nothing was spent of it: it was not reached.
    let mut desk = Desk::running((80, 24));
    desk.ask(About::Budget {
        worst: Money::usd(110_000_000_000),
        left: Money::usd(40_000_000_000),
        limit: Money::usd(40_000_000_000),
        which: BudgetName::Session,
    });
    assert!(desk.text().contains("budget too small"), "{}", desk.text());
}

/// One line that changes is read at one look on the smallest screen, and a key that does nothing yet says why.
#[test]
fn a_small_screen_has_room_for_a_change_of_one_line() {
    let change = |patch: &str| {
        About::Approval(Approval {
            subject: Subject::Change {
                path: PathBuf::from("/home/ada/src/api/src/http/retry.rs"),
                patch: patch.to_owned(),
                added: 1,
                removed: 1,
                created: false,
            },
            ..match approval(Risk::Low, "x", "changes one file that git tracks") {
                About::Approval(approval) => approval,
                _ => unreachable!(),
            }
        })
    };
    let one = "@@ -38,7 +38,7 @@ impl Policy\n a\n b\n c\n-    sleep(d)\n+    sleep(d.min(self.cap))\n e\n f\n g\n";
    let mut desk = Desk::running((40, 12));
    desk.ask(change(one));
    desk.key(KeyCode::Char('a'), KeyModifiers::ALT);
    desk.wait(400);
    screen!("ask_edit_40x12", desk);
    assert!(desk.text().contains(" ready "), "{}", desk.text());
    // With the details it is read with what stands around it, and to its end.
    desk.press(KeyCode::Char('d'));
    desk.wait(400);
    desk.press(KeyCode::Char('y'));
    let text = desk.text();
    assert!(text.contains("PgDn shows the rest first, then y"), "{text}");
    for _ in 0..9 {
        desk.press(KeyCode::PageDown);
    }
    desk.wait(400);
    let text = desk.text();
    assert_eq!(text.matches("LOW").count(), 1, "{text}");
    assert!(text.contains(" ready "), "{text}");
}

/// A change that has two hunks: the second is left, and what would be written is shown so.
#[test]
fn a_change_in_parts() {
    let patch = "@@ -14,7 +14,7 @@\n fn wait() {\n-    sleep(1);\n+    sleep(2);\n     go();\n }\n-old\n+new\n end\n";
    for (width, height) in [(80, 24), (40, 12)] {
        let mut desk = Desk::running((width, height));
        desk.ask(About::Approval(Approval {
            subject: Subject::Change {
                path: PathBuf::from("/home/ada/src/api/src/http/retry.rs"),
                patch: patch.to_owned(),
                added: 2,
                removed: 2,
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
        desk.wait(400);
        desk.press(KeyCode::Down);
        desk.press(KeyCode::Char(' '));
        desk.wait(400);
        screen!(format!("ask_parts_{width}x{height}"), desk);
        let cmds = desk.pressed(KeyCode::Char('y'));
        let kept = cmds.iter().find_map(|cmd| match cmd {
            Cmd::Send(command) => match &command.op {
                Op::Answer {
                    answer:
                        Answer::Verdict {
                            verdict: Verdict::Hunks { kept },
                        },
                    ..
                } => Some(kept.clone()),
                _ => None,
            },
            _ => None,
        });
        assert_eq!(kept, Some(vec![true, false]), "{cmds:?}");
    }
}
