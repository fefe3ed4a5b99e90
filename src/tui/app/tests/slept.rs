//! The machine slept: it is said until the next prompt, and the key that wakes it does what it always does.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent};
use pretty_assertions::assert_eq;

use crate::engine::clock::Clocks;
use crate::protocol::event::Fact;
use crate::protocol::id::CallId;
use crate::protocol::item::{Block, Item, Origin};
use crate::protocol::money::Money;
use crate::protocol::op::Op;
use crate::protocol::query::Query;
use crate::protocol::sandbox::{Birth, Hold, Level, Network};
use crate::protocol::usage::{Charge, Usage};
use crate::tui::app::message::{Cmd, Msg, Tag};
use crate::tui::app::setup::Now;
use crate::tui::app::tests::{Desk, model, now, ops};

fn answered(usage: Usage) -> Fact {
    Fact::ModelAnswered {
        turn: 1,
        step: 1,
        attempt: 1,
        model: model("anthropic/sonnet"),
        usage,
        charge: Charge::LOCAL,
        price: None,
        counted: Money::usd(0),
        raw: None,
        stop: None,
        failure: None,
        millis: 1,
        vitals: None,
    }
}

/// A key after the machine has slept so long.
fn key_after(desk: &mut Desk, slept: Duration, code: KeyCode) -> Vec<Cmd> {
    let clocks = Clocks {
        passed: slept,
        awake: Duration::ZERO,
    };
    let now = Now {
        clocks,
        ..now(desk.millis)
    };
    desk.app.update(Msg::Key(KeyEvent::from(code)), now)
}

fn said(desk: &Desk) -> Option<String> {
    desk.app.view().slept_said()
}

#[test]
fn the_first_key_after_waking_is_typed_and_the_first_prompt_ends_what_is_said() {
    let mut desk = Desk::running();
    desk.fact(answered(Usage {
        input: 10,
        cache_write: 90,
        ..Usage::default()
    }));
    desk.typed("go o");
    assert_eq!(said(&desk), None);
    key_after(&mut desk, Duration::from_mins(47), KeyCode::Char('n'));
    assert_eq!(desk.written(), "go on");
    assert_eq!(said(&desk).as_deref(), Some("slept 47 min; cache cold"));
    let sent = ops(&desk.press(KeyCode::Enter));
    assert!(matches!(sent.as_slice(), [Op::Submit { .. }]), "{sent:?}");
    // Sent is not said: it stays until the log has the prompt.
    assert!(said(&desk).is_some());
    desk.fact(Fact::ItemAdded {
        turn: 1,
        step: 1,
        item: Item::Prompt {
            blocks: vec![Block::text("go on")],
            origin: Origin::Person,
        },
        imported: None,
    });
    assert_eq!(said(&desk), None);
}

#[test]
fn a_message_that_is_whole_when_it_wakes_is_sent_by_that_very_key() {
    let mut desk = Desk::running();
    desk.typed("go on");
    let cmds = key_after(&mut desk, Duration::from_hours(9), KeyCode::Enter);
    assert!(matches!(ops(&cmds).as_slice(), [Op::Submit { .. }]));
}

#[test]
fn the_cache_is_cold_only_where_there_was_one_and_its_life_is_over() {
    let written = |short, long| Usage {
        cache_write: short,
        cache_write_long: long,
        ..Usage::default()
    };
    let minutes = Duration::from_mins;
    let cases = [
        (written(0, 0), minutes(47), "slept 47 min"),
        (written(90, 0), minutes(4), "slept 4 min"),
        (written(90, 0), minutes(5), "slept 5 min; cache cold"),
        (written(0, 90), minutes(47), "slept 47 min"),
        (written(0, 90), minutes(75), "slept 1 h 15 min; cache cold"),
    ];
    for (usage, slept, expected) in cases {
        let mut desk = Desk::running();
        desk.fact(answered(usage));
        key_after(&mut desk, slept, KeyCode::Char('x'));
        assert_eq!(said(&desk).as_deref(), Some(expected), "{usage:?}");
    }
}

#[test]
fn what_holds_commands_is_asked_for_when_it_may_be_another() {
    let asks = |cmds: &[Cmd]| {
        let asks = |cmd: &&Cmd| matches!(cmd, Cmd::Ask(Tag::Sandbox, Query::Sandbox));
        cmds.iter().filter(asks).count()
    };
    let mut desk = Desk::running();
    let awake = key_after(&mut desk, Duration::ZERO, KeyCode::Char('n'));
    assert_eq!(asks(&awake), 0);
    let woke = key_after(&mut desk, Duration::from_mins(47), KeyCode::Char('o'));
    assert_eq!(asks(&woke), 1);
    desk.app.hold = Some(Hold {
        level: Level::Contained,
        ..Hold::default()
    });
    let started = |level| Fact::CallStarted {
        call: CallId("call_1_1_1".to_owned()),
        birth: Some(Box::new(Birth {
            pid: 7,
            ticks: None,
            boot: None,
            argv: String::new(),
            level,
            network: Network::Off,
            pipe: None,
            untrusted: None,
        })),
        by: None,
        change: None,
    };
    for (level, expected) in [(Level::Contained, 0), (Level::Restricted, 1)] {
        assert_eq!(asks(&desk.fact(started(level))), expected, "{level}");
    }
}
