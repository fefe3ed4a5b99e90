//! A turn in its pane: the transcript, and what passes by while it runs.

use crossterm::event::{KeyCode, KeyModifiers};

use creel::protocol::call::Detail;
use creel::protocol::event::{Delta, Ending, Fact, Waiting, When};
use creel::protocol::failure::{Failure, FailureKind};
use creel::protocol::id::MessageId;
use creel::protocol::item::Block;
use creel::protocol::query::Found;
use creel::protocol::rule::Mode;
use creel::protocol::sandbox::Hold;
use creel::protocol::time::Time;
use creel::protocol::usage::Cause;
use creel::tui::app::message::{Msg, Tag};
use creel::tui::app::setup::Opened;

use super::desk::Desk;
use super::given::{START, answering, learns, outcome, setup, sonnet, worked};

#[test]
fn what_holds_commands_is_shown_as_it_was_measured() {
    use creel::protocol::sandbox::Level::{Contained, None, Partial, Restricted};
    let unasked = "without asking, in the sandbox";
    for (level, shown, auto) in [
        (None, " ask  no sandbox", "The sandbox is too weak here"),
        (
            Partial,
            "sandbox partial: files NOT protected",
            "The sandbox is too weak here",
        ),
        (Restricted, " ask  restricted", unasked),
        (Contained, " ask  contained", unasked),
    ] {
        let mut desk = Desk::new(setup(), (100, 30));
        let hold = Hold {
            level,
            ..Hold::default()
        };
        desk.update(Msg::Found(Tag::Sandbox, Found::Sandbox(hold)));
        assert!(desk.text().contains(shown), "{}", desk.text());
        for mode in ["edits", "auto"] {
            desk.key(KeyCode::BackTab, KeyModifiers::SHIFT);
            let mode = mode.parse().unwrap();
            if mode == Mode::Edits {
                desk.fact(Fact::SessionChanged {
                    change: creel::protocol::session::Change::Mode { mode },
                });
            }
        }
        assert!(desk.text().contains(auto), "{}", desk.text());
    }
}

#[test]
fn an_effort_that_was_chosen_is_shown() {
    let mut desk = Desk::new(setup(), (100, 30));
    assert!(!desk.text().contains("effort"));
    desk.typed("/effort high");
    desk.press(KeyCode::Enter);
    assert!(
        desk.text().contains(" ask  effort high  no sandbox"),
        "{}",
        desk.text()
    );
    desk.press(KeyCode::F(1));
    let listed = (0..60).any(|_| {
        desk.press(KeyCode::PageDown);
        desk.text().contains("/effort EFFORT")
    });
    assert!(listed, "the help lists it");
}

#[test]
fn a_transcript() {
    for size in [(80, 24), (120, 40), (40, 12)] {
        let mut desk = worked(size);
        screen!(format!("transcript_{}x{}", size.0, size.1), desk);
    }
    let mut desk = worked((80, 24));
    desk.fact(Fact::TurnEnded {
        turn: 1,
        ending: Ending::Finished,
    });
    screen!("transcript_ended", desk);
    desk.press(KeyCode::Esc);
    desk.typed("gg");
    screen!("transcript_top", desk);
}

#[test]
fn what_passes_by() {
    let mut desk = Desk::running((80, 24));
    desk.fact(Fact::ModelCalled {
        turn: 1,
        step: 1,
        attempt: 1,
        model: sonnet().model,
        reserved: None,
        cause: Cause::Work,
        body: None,
    });
    desk.delta(Delta::Waiting {
        what: Waiting::Model {
            model: sonnet().model,
            since: Time(START),
        },
    });
    desk.wait(3_000);
    screen!("waiting_for_the_model", desk);
    desk.delta(Delta::Text {
        text: "Let me **look** at\n\n```rust\nfn main".to_owned(),
    });
    desk.typed("and the docs");
    desk.press(KeyCode::Enter);
    desk.fact(Fact::MessageQueued {
        id: MessageId(1),
        blocks: vec![Block::text("and the docs")],
        when: When::Turn,
    });
    screen!("streaming", desk);
    desk.delta(Delta::Discarded);
    desk.delta(Delta::Waiting {
        what: Waiting::Retry {
            failure: Failure::new(
                FailureKind::Network,
                "no way to api.anthropic.com: name not found (DNS); the request was not sent",
            ),
            attempt: 3,
            attempts: 5,
            endless: false,
            until: Time(START + 11_000),
        },
    });
    screen!("retrying", desk);
    desk.found_here(vec![answering(0, "ollama", &[("qwen3-coder:30b", None)])]);
    screen!("retrying_local", desk);
    desk.delta(Delta::Waiting {
        what: Waiting::Retry {
            failure: Failure::new(
                FailureKind::Rate,
                "api.anthropic.com answered 429: 40,000 input tokens a minute used up",
            ),
            attempt: 2,
            attempts: 8,
            endless: false,
            until: Time(START + 40_000),
        },
    });
    learns(&mut desk);
    desk.press(KeyCode::Tab);
    desk.wait(400);
    screen!("retrying_limit", desk);
}

#[test]
fn a_line_of_output_that_is_cut_says_so() {
    let long = "error: a line of output that is longer than the pane it is shown in";
    for (size, cut) in [((40, 12), true), ((120, 40), false)] {
        let mut desk = Desk::running(size);
        desk.done(
            1,
            "bash",
            r#"{"command":"cargo test"}"#,
            outcome(&format!("short\n{long}\n"), Some(1), 3, Detail::None),
        );
        let text = desk.text();
        let rows: Vec<&str> = text
            .lines()
            .filter(|row| row.contains("error: a"))
            .collect();
        assert_eq!(rows.len(), 1, "{text}");
        assert_eq!(rows[0].contains('…'), cut, "{text}");
        assert_eq!(rows[0].contains(long), !cut, "{text}");
        assert!(
            text.lines()
                .any(|row| row.trim_end_matches('┃').trim_end().ends_with("short"))
        );
    }
}

#[test]
fn a_slim_screen_names_the_session_before_anything_else() {
    let mut desk = Desk::running((40, 12));
    desk.update(Msg::Ready(Opened {
        notices: Vec::new(),
        read_only: true,
    }));
    let text = desk.text();
    let first = text.lines().next().unwrap_or_default();
    assert!(first.starts_with(" 1 Make the"), "{first}");
    assert!(first.contains("^X"), "{first}");
}
