//! What went wrong, was cut off, or must be read.

use crossterm::event::{KeyCode, KeyModifiers};

use creel::protocol::event::{Ending, Fact, When};
use creel::protocol::failure::{Failure, FailureKind};
use creel::protocol::id::MessageId;
use creel::protocol::item::{Block, Item};
use creel::protocol::query::{Found, Today};
use creel::protocol::time::Time;
use creel::protocol::usage::Usage;
use creel::tui::app::elsewhere::ReadOnly;
use creel::tui::app::message::{Msg, Tag};
use creel::tui::app::setup::{Opened, Place};
use creel::tui::screen::look::Look;
use creel::tui::screen::window;
use creel::tui::theme::Theme;
use creel::tui::widget::paint::Glyphs;

use super::desk::Desk;
use super::given::{START, learns, worked};

#[test]
fn a_session_that_was_cut() {
    let mut desk = worked((80, 24));
    desk.wait(120_000);
    desk.fact(Fact::TurnEnded {
        turn: 1,
        ending: Ending::Interrupted {
            text: "Creel ended while `cargo test` ran: its outcome is not known".to_owned(),
            heard: Some(Time(START + 61_000)),
        },
    });
    learns(&mut desk);
    screen!("interrupted", desk);
    desk.press(KeyCode::Tab);
    desk.wait(400);
    screen!("interrupted_focus", desk);
    // It is dated by what was last heard of it; where it was seen to stop, by that.
    let text = "Creel ended while `cargo test` ran".to_owned();
    for (heard, at) in [(Some(Time(START + 61_000)), "≈10:01"), (None, "10:02")] {
        let mut desk = worked((80, 24));
        desk.wait(120_000);
        let text = text.clone();
        desk.fact(Fact::TurnEnded {
            turn: 1,
            ending: Ending::Interrupted { text, heard },
        });
        desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
        desk.press(KeyCode::Char('w'));
        let board = desk.text();
        assert!(board.contains(&format!("■ {at} Creel ended")), "{board}");
    }
}

#[test]
fn a_session_whose_folder_is_gone_says_so_when_it_is_opened() {
    for size in [(100, 30), (40, 12)] {
        let mut desk = worked(size);
        desk.fact(Fact::TurnEnded {
            turn: 1,
            ending: Ending::Finished,
        });
        let folder = desk.app.view().cwd().clone();
        let seen = |desk: &mut Desk| {
            let seen = desk.text().replace(['┃', '│'], " ");
            seen.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let place = |gone| Place {
            gone,
            ..Place::default()
        };
        desk.update(Msg::Place(folder.clone(), place(true)));
        let said = seen(&mut desk);
        assert!(
            said.contains("`/new FOLDER` begins a session elsewhere"),
            "{said}"
        );
        if size.0 > 40 {
            assert!(said.contains("The folder ~/src/api is no more"), "{said}");
        }
        // It may come back, as a disk does.
        desk.update(Msg::Place(folder, place(false)));
        assert!(!seen(&mut desk).contains("is no more"));
    }
}

#[test]
fn the_budget_is_told_once_a_day_in_whichever_session() {
    let today = |charged| {
        Found::Today(Today {
            used: charged,
            charged,
            estimated: false,
            limit: None,
        })
    };
    let ends = |turn| Fact::TurnEnded {
        turn,
        ending: Ending::Finished,
    };
    // Something was spent today before, in another session or process.
    for (before, known, told) in [(0, 1_000_000_000, true), (1_000_000_000, 0, false)] {
        let mut desk = Desk::running((80, 24));
        // What was known before it began may be of yesterday.
        desk.update(Msg::Found(Tag::Today, today(known)));
        desk.fact(Fact::TurnStarted { turn: 1 });
        desk.update(Msg::Found(Tag::Today, today(before)));
        desk.answered(Usage::default(), 13_000_000);
        desk.fact(ends(1));
        assert_eq!(desk.text().contains("Budget: $10 a day"), told);
        // A second turn says it no more.
        desk.fact(Fact::TurnStarted { turn: 2 });
        desk.update(Msg::Found(Tag::Today, today(before + 13_000_000)));
        desk.answered(Usage::default(), 13_000_000);
        desk.fact(ends(2));
        let seen = desk.text();
        assert_eq!(seen.matches("Budget:").count(), usize::from(told), "{seen}");
    }
}

#[test]
fn what_was_stopped_is_no_failure_and_says_that_it_goes_along() {
    let look = Look::new(Theme::ansi(), Glyphs::Unicode);
    let along = "goes along with the next prompt";
    for size in [(80, 24), (40, 12)] {
        let mut desk = worked(size);
        let stopped = Fact::TurnEnded {
            turn: 1,
            ending: Ending::interrupted("stopped by you"),
        };
        let first = desk.app.view().id;
        desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
        desk.press(KeyCode::Char('n'));
        desk.of(first, stopped);
        let seen = desk.text();
        assert!(seen.contains('■') && !seen.contains('✗'), "{seen}");
        assert!(window::title(&desk.app, &look).starts_with("■ "));
        desk.alt('1');
        let card = desk.text();
        assert!(card.contains("■ stopped ") && !card.contains('✗'), "{card}");
        desk.press(KeyCode::Tab);
        desk.wait(400);
        // Also where the card was put away.
        for _ in 0..2 {
            let seen = desk.text().replace(['┃', '│'], " ");
            let words: Vec<&str> = seen.split_whitespace().collect();
            assert!(words.join(" ").contains(along), "{seen}");
            desk.press(KeyCode::Char('x'));
        }
    }
}

#[test]
fn failures() {
    let cases = [
        (
            "key",
            FailureKind::Auth,
            "api.anthropic.com answered 401: invalid x-api-key: check the key (sk-ant-…x4Qa from ANTHROPIC_API_KEY)",
        ),
        (
            "network",
            FailureKind::Network,
            "the answer of api.anthropic.com broke off: connection reset",
        ),
    ];
    for (name, kind, message) in cases {
        let mut desk = worked((80, 24));
        if kind == FailureKind::Network {
            desk.broke_off(1_204, 20_000_000_000);
            desk.fact(Fact::ItemAdded {
                turn: 1,
                step: 2,
                item: Item::Answer {
                    text: "The header wins over the computed".to_owned(),
                    cut: true,
                    opaque: None,
                },
                imported: None,
            });
        }
        desk.fact(Fact::TurnEnded {
            turn: 1,
            ending: Ending::Failed {
                failure: Failure::new(kind, message),
            },
        });
        learns(&mut desk);
        screen!(format!("failure_{name}"), desk);
        desk.press(KeyCode::Tab);
        desk.wait(400);
        screen!(format!("failure_{name}_focus"), desk);
        desk.size = (40, 12);
        desk.update(Msg::Resize(40, 12));
        screen!(format!("failure_{name}_focus_40x12"), desk);
        desk.press(KeyCode::Tab);
        screen!(format!("failure_{name}_40x12"), desk);
    }
    let mut desk = worked((80, 24));
    desk.fact(Fact::TurnEnded {
        turn: 1,
        ending: Ending::Failed {
            failure: Failure::new(FailureKind::Auth, "api.anthropic.com answered 401: no"),
        },
    });
    desk.press(KeyCode::Tab);
    desk.wait(400);
    desk.press(KeyCode::Char('k'));
    screen!("another_key", desk);
    desk.update(Msg::Paste("sk-ant-api03-abcdefghijklmnopx4Qa".to_owned()));
    desk.press(KeyCode::Enter);
    screen!("another_key_checking", desk);
}

#[test]
fn notices_are_read_in_full() {
    let mut desk = worked((80, 24));
    let long = "creel.db was damaged and has been saved row by row; ".repeat(16);
    desk.update(Msg::Ready(Opened {
        notices: vec![long, "the second one\nhas two lines".to_owned()],
        read_only: false,
    }));
    screen!("notices", desk);
    desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
    desk.press(KeyCode::Char('o'));
    screen!("notices_all", desk);
    desk.press(KeyCode::PageDown);
    screen!("notices_all_foot", desk);
    desk.press(KeyCode::Char('d'));
    assert!(desk.app.notices.is_empty());
    // A line that passes and is too long for its place is said above.
    desk.app.say("kept in /home/ada/.config/creel/config.toml; the key in /home/ada/.config/creel/keys/anthropic, for you alone");
    screen!("long_note", desk);
}

/// Only what the model hears next is said to go along: the turn before it went.
#[test]
fn of_the_last_stopped_turn_alone_it_is_said_that_it_goes_along() {
    let mut desk = worked((100, 30));
    let stops = |desk: &mut Desk, turn| {
        desk.fact(Fact::TurnEnded {
            turn,
            ending: Ending::interrupted("stopped by you"),
        });
        desk.app.view_mut().card_closed = true;
    };
    stops(&mut desk, 1);
    let along = "stopped by you. What was said and done goes along";
    let text = desk.text();
    assert_eq!(text.matches(along).count(), 1, "{text}");
    desk.fact(Fact::TurnStarted { turn: 2 });
    let text = desk.text();
    assert_eq!(text.matches("stopped by you").count(), 1, "{text}");
    assert!(!text.contains("goes along"), "{text}");
    stops(&mut desk, 2);
    let text = desk.text();
    assert_eq!(text.matches("stopped by you").count(), 2, "{text}");
    assert_eq!(text.matches(along).count(), 1, "{text}");
}

/// Who reads a session that another process holds is offered what can be done here, and no more.
#[test]
fn a_card_of_a_session_to_read_offers_no_way_on() {
    for size in [(100, 30), (40, 12)] {
        let mut desk = worked(size);
        let failure = Failure::new(FailureKind::Auth, "answered 401: invalid x-api-key");
        desk.fact(Fact::TurnEnded {
            turn: 1,
            ending: Ending::Failed { failure },
        });
        learns(&mut desk);
        desk.app.view_mut().read_only = Some(ReadOnly::new("held by process 4711"));
        desk.key(KeyCode::Char('l'), KeyModifiers::CONTROL);
        desk.press(KeyCode::Tab);
        desk.wait(400);
        let seen = desk.text();
        assert!(
            seen.contains("key refused") && seen.contains("x leaves it"),
            "{seen}"
        );
        for offered in [
            "again",
            "other model",
            "give another key",
            "read the config",
            "goes along",
        ] {
            assert!(!seen.contains(offered), "{offered}: {seen}");
        }
        desk.press(KeyCode::Enter);
        let seen = desk.text();
        assert!(!seen.contains("key refused"), "{seen}");
    }
}

/// After a stop nothing sends what is queued, and it is said how to send or drop it.
#[test]
fn what_waits_after_a_stop_says_how_it_goes_on() {
    for (size, said) in [
        ((100, 30), "Enter brings it back"),
        ((80, 24), "Enter brings it back"),
        ((40, 12), "Enter brings back what waits"),
    ] {
        let mut desk = worked(size);
        desk.fact(Fact::MessageQueued {
            id: MessageId(1),
            blocks: vec![Block::text("run clippy too")],
            when: When::Turn,
        });
        assert!(desk.text().contains("queued 1"), "{}", desk.text());
        desk.fact(Fact::TurnEnded {
            turn: 1,
            ending: Ending::interrupted("stopped by you"),
        });
        desk.app.view_mut().card_closed = true;
        desk.key(KeyCode::Char('l'), KeyModifiers::CONTROL);
        let seen = desk.text().replace(['┃', '│'], " ");
        let seen = seen.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(seen.contains(said) && seen.contains("waits 1"), "{seen}");
        desk.press(KeyCode::Enter);
        let seen = desk.text();
        assert!(seen.contains("> run clippy too"), "{seen}");
    }
}
