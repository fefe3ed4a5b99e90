//! What a person who looks elsewhere is told, and when.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use crossterm::event::KeyCode;
use pretty_assertions::assert_eq;

use crate::protocol::ask::Risk;
use crate::protocol::call::{Detail, Outcome};
use crate::protocol::event::{Ending, Event, Fact, Signal};
use crate::protocol::id::{AskId, CallId, Seq};
use crate::protocol::item::Item;
use crate::protocol::time::Time;
use crate::tui::app::elsewhere::ReadOnly;
use crate::tui::app::message::{Cmd, Msg};
use crate::tui::app::tests::{Desk, approval};
use crate::tui::terminal::notice::Progress;

fn notices(cmds: &[Cmd]) -> Vec<&str> {
    let notices = cmds.iter().filter_map(|cmd| match cmd {
        Cmd::Notify(text) => Some(text.as_str()),
        _ => None,
    });
    notices.collect()
}

fn asks(desk: &mut Desk, name: &str) -> Vec<Cmd> {
    desk.fact(Fact::AskRaised {
        ask: approval(name, Risk::Low),
    })
}

fn voided(desk: &mut Desk, name: &str) -> Vec<Cmd> {
    desk.fact(Fact::AskVoided {
        ask: AskId(name.to_owned()),
        why: "it was answered elsewhere".to_owned(),
    })
}

fn ended(desk: &mut Desk, ending: Ending) -> Vec<Cmd> {
    desk.fact(Fact::TurnEnded { turn: 1, ending })
}

/// The next moment it wakes for a notice alone.
fn wakes(desk: &Desk) -> Option<Duration> {
    desk.app.notice_wake()
}

#[test]
fn who_looks_at_the_screen_is_told_nothing() {
    let mut desk = Desk::running();
    desk.update(Msg::Focus(true));
    assert_eq!(notices(&asks(&mut desk, "a")), [""; 0]);
    voided(&mut desk, "a");
    assert_eq!(notices(&ended(&mut desk, Ending::Finished)), [""; 0]);
    assert_eq!(notices(&desk.wait(3_600_000)), [""; 0]);
    assert_eq!(wakes(&desk), None);
}

#[test]
fn who_looks_elsewhere_is_told_once_what_it_came_to() {
    let mut desk = Desk::running();
    desk.update(Msg::Focus(false));
    // The name and the kind, and not the command that is asked about.
    assert_eq!(notices(&asks(&mut desk, "a")), ["go asks for approval"]);
    assert_eq!(notices(&asks(&mut desk, "b")), [""; 0]);
    assert_eq!(notices(&desk.wait(60_000)), [""; 0]);
    voided(&mut desk, "a");
    voided(&mut desk, "b");
    assert_eq!(notices(&ended(&mut desk, Ending::Finished)), ["go is done"]);
    assert_eq!(notices(&desk.wait(60_000)), [""; 0]);
    assert_eq!(wakes(&desk), None);
}

#[test]
fn each_way_to_end_has_its_words_and_being_stopped_has_none() {
    let limit = Ending::Limit {
        text: "rm -rf secrets".to_owned(),
    };
    let stopped = Ending::interrupted("by you");
    let cases = [
        (Ending::Finished, vec!["go is done"]),
        (limit, vec!["go has paused at a limit"]),
        (stopped, vec![]),
    ];
    for (ending, expected) in cases {
        let mut desk = Desk::running();
        desk.update(Msg::Focus(false));
        assert_eq!(notices(&ended(&mut desk, ending)), expected);
    }
}

#[test]
fn one_session_gives_no_two_notices_within_seconds_and_loses_none() {
    let mut desk = Desk::running();
    desk.update(Msg::Focus(false));
    assert_eq!(notices(&asks(&mut desk, "a")).len(), 1);
    desk.wait(3_000);
    voided(&mut desk, "a");
    assert_eq!(notices(&asks(&mut desk, "b")), [""; 0], "too soon");
    let due = wakes(&desk).unwrap();
    assert_eq!(due, Duration::from_secs(10));
    let left = due.as_millis() as u64 - desk.millis;
    assert_eq!(notices(&desk.wait(left)), ["go asks for approval"]);
    // Settled before it could be told: there is nothing to say.
    desk.wait(1_000);
    voided(&mut desk, "b");
    asks(&mut desk, "c");
    voided(&mut desk, "c");
    assert_eq!(notices(&desk.wait(20_000)), [""; 0]);
    // Nor to somebody who came back meanwhile.
    asks(&mut desk, "d");
    desk.wait(1_000);
    voided(&mut desk, "d");
    asks(&mut desk, "e");
    desk.update(Msg::Focus(true));
    desk.update(Msg::Focus(false));
    assert_eq!(notices(&desk.wait(20_000)), [""; 0]);
}

#[test]
fn a_terminal_that_tells_no_focus_is_taken_for_left_after_a_minute() {
    let mut desk = Desk::running();
    desk.alt('z');
    assert_eq!(notices(&asks(&mut desk, "a")), [""; 0]);
    assert_eq!(wakes(&desk), Some(Duration::from_mins(1)));
    assert_eq!(notices(&desk.wait(59_000)), [""; 0]);
    assert_eq!(notices(&desk.wait(1_000)), ["go asks for approval"]);
    desk.alt('z');
    voided(&mut desk, "a");
    asks(&mut desk, "b");
    desk.wait(30_000);
    // A key: they have seen it.
    desk.alt('z');
    assert_eq!(notices(&desk.wait(120_000)), [""; 0]);
}

#[test]
fn what_waits_for_ten_minutes_is_said_once_more_whoever_has_the_focus() {
    let mut desk = Desk::running();
    desk.update(Msg::Focus(true));
    asks(&mut desk, "a");
    let due = wakes(&desk).unwrap();
    assert_eq!(due, Duration::from_mins(10));
    assert_eq!(
        notices(&desk.wait(due.as_millis() as u64)),
        ["go waits for you"]
    );
    assert_eq!(wakes(&desk), None, "once for each absence");
    assert_eq!(notices(&desk.wait(3_600_000)), [""; 0]);
    desk.alt('z');
    assert_eq!(notices(&desk.wait(599_000)), [""; 0]);
    assert_eq!(notices(&desk.wait(1_000)), ["go waits for you"]);
}

#[test]
fn the_ten_minutes_are_those_of_what_waits() {
    let mut desk = Desk::running();
    desk.update(Msg::Focus(true));
    // They watch a long turn, and press nothing.
    desk.wait(3_600_000);
    assert_eq!(notices(&asks(&mut desk, "a")), [""; 0], "it has just come");
    assert_eq!(notices(&desk.wait(599_000)), [""; 0]);
    assert_eq!(notices(&desk.wait(1_000)), ["go waits for you"]);
}

#[test]
fn what_comes_and_goes_in_one_message_is_told() {
    let mut desk = Desk::running();
    desk.update(Msg::Focus(true));
    ended(&mut desk, Ending::Finished);
    desk.update(Msg::Focus(false));
    let session = desk.app.view().id;
    let facts = [
        Fact::TurnStarted { turn: 2 },
        Fact::TurnEnded {
            turn: 2,
            ending: Ending::Finished,
        },
    ];
    let signals = facts.map(|fact| {
        desk.seq += 1;
        Signal::Event(Box::new(Event {
            seq: Seq(desk.seq),
            session,
            at: Time(0),
            fact,
        }))
    });
    let cmds = desk.update(Msg::Signals(signals.into()));
    assert_eq!(notices(&cmds), ["go is done"]);
}

#[test]
fn a_session_that_another_process_takes_is_told_of_there() {
    let mut desk = Desk::running();
    desk.alt('z');
    asks(&mut desk, "a");
    assert!(wakes(&desk).is_some());
    desk.app.view_mut().read_only = Some(ReadOnly::new("another terminal has it"));
    assert_eq!(notices(&desk.wait(3_600_000)), [""; 0]);
    assert_eq!(wakes(&desk), None, "nothing is waited for that never comes");
}

#[test]
fn coming_back_from_a_stop_is_a_sign_and_no_report_of_the_focus() {
    let mut desk = Desk::running();
    asks(&mut desk, "a");
    desk.wait(30_000);
    desk.update(Msg::Back);
    assert_eq!(notices(&desk.wait(50_000)), [""; 0], "they have seen it");
    voided(&mut desk, "a");
    asks(&mut desk, "b");
    assert_eq!(notices(&desk.wait(60_000)), ["go asks for approval"]);
}

#[test]
fn who_comes_back_is_told_what_happened_meanwhile() {
    let told = |desk: &Desk| desk.app.note.as_ref().map(|note| note.text.clone());
    let changed = |path: &str| Fact::ItemAdded {
        turn: 1,
        step: 1,
        item: Item::Result {
            call: CallId::new(1, 1, 1),
            outcome: Outcome {
                detail: Detail::Diff {
                    path: path.to_owned(),
                    patch: String::new(),
                    added: 1,
                    removed: 0,
                    created: false,
                },
                ..Outcome::done("")
            },
        },
        imported: None,
    };
    let mut desk = Desk::running();
    desk.update(Msg::Focus(false));
    desk.fact(changed("a.rs"));
    desk.fact(changed("a.rs"));
    desk.fact(changed("b.rs"));
    desk.wait(30_000);
    desk.update(Msg::Focus(true));
    assert_eq!(told(&desk), None, "hardly gone");
    desk.update(Msg::Focus(false));
    desk.fact(changed("a.rs"));
    asks(&mut desk, "a");
    desk.wait(25 * 60_000);
    desk.update(Msg::Focus(true));
    assert_eq!(told(&desk).as_deref(), Some("away 25m: 1 file, 1 ask"));
    desk.update(Msg::Focus(false));
    desk.wait(25 * 60_000);
    desk.app.note = None;
    desk.update(Msg::Focus(true));
    assert_eq!(told(&desk), None, "nothing happened");

    // A terminal that never tells: away from the last key on, once that was ten minutes ago.
    let minute = 60_000;
    for (minutes, expected) in [(9, None), (10, Some("away 10m: 2 files"))] {
        let mut desk = Desk::running();
        desk.fact(changed("before.rs"));
        desk.press(KeyCode::Char('x'));
        desk.app.note = None;
        desk.wait(minute);
        desk.fact(changed("a.rs"));
        desk.fact(changed("b.rs"));
        desk.wait((minutes - 1) * minute);
        desk.press(KeyCode::Char('y'));
        assert_eq!(told(&desk).as_deref(), expected, "{minutes}");
        desk.app.note = None;
        desk.press(KeyCode::Char('z'));
        assert_eq!(told(&desk), None, "told once");
        assert_eq!(desk.written(), "xyz");
    }
}

#[test]
fn the_terminal_shows_what_runs_and_what_waits() {
    let mut desk = Desk::open();
    assert_eq!(desk.app.progress(), Progress::None);
    desk.fact(Fact::TurnStarted { turn: 1 });
    assert_eq!(desk.app.progress(), Progress::Working);
    asks(&mut desk, "a");
    assert_eq!(desk.app.progress(), Progress::Waiting);
    voided(&mut desk, "a");
    ended(&mut desk, Ending::Finished);
    assert_eq!(desk.app.progress(), Progress::None);
}

#[test]
fn a_program_that_gives_no_notices_is_named_once() {
    let mut desk = Desk::open();
    for _ in 0..3 {
        desk.update(Msg::NotNotified("ntfy could not be started".to_owned()));
    }
    assert_eq!(
        desk.app.notices,
        ["no notice was given: ntfy could not be started; see notify.command in the config"]
    );
}
