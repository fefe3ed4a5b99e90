//! The inbox: asks of all sessions in one list, each answered by its own keys after its own quiet.
#![allow(clippy::unwrap_used)]

use crossterm::event::KeyCode::{BackTab, Char, Down, Enter, Esc, Tab};

use crate::protocol::ask::{About, Ask, BudgetName, Guard, Risk, Verdict};
use crate::protocol::call::ToolCall;
use crate::protocol::event::Fact;
use crate::protocol::id::{AskId, CallId, SessionId};
use crate::protocol::item::Item;
use crate::protocol::money::{Money, UNIT};
use crate::protocol::op::Op;
use crate::tui::app::Focus;
use crate::tui::app::message::{Cmd, Msg};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::inbox::Inbox;
use crate::tui::app::pane::PaneId;
use crate::tui::app::pointer::Spot;
use crate::tui::app::tests::{Desk, Dice, approval, ops, verdict};

impl Desk {
    pub fn inbox(&self) -> &Inbox {
        match &self.app.overlay {
            Some(Overlay::Inbox(inbox)) => inbox,
            other => panic!("the inbox is not open: {other:?}"),
        }
    }

    /// The ask that is marked.
    fn marked_ask(&self) -> Option<&str> {
        self.inbox().ask.as_ref().map(|ask| &*ask.ask.id.0)
    }

    pub fn ask_of(&mut self, session: SessionId, name: &str, risk: Risk) {
        let ask = approval(name, risk);
        self.fact_of(session, Fact::AskRaised { ask });
    }
}

/// Two sessions whose turns run, the second of them looked at.
pub fn two() -> (Desk, SessionId, SessionId) {
    let mut desk = Desk::running();
    let first = desk.app.view().id;
    let spec = desk.app.view().session.as_ref().unwrap().spec.clone();
    desk.ctrl('x');
    desk.press(Char('n'));
    desk.typed("and this");
    desk.press(Enter);
    desk.fact(Fact::SessionOpened { spec });
    desk.fact(Fact::TurnStarted { turn: 1 });
    let second = desk.app.view().id;
    assert_ne!(first, second);
    (desk, first, second)
}

/// The session that is answered, and what.
pub fn answers(cmds: &[Cmd]) -> Vec<(SessionId, Op)> {
    let sent = cmds.iter().filter_map(|cmd| match cmd {
        Cmd::Send(command) => Some((command.session, command.op.clone())),
        _ => None,
    });
    sent.filter(|(_, op)| matches!(op, Op::Answer { .. }))
        .collect()
}

pub fn yes(session: SessionId, name: &str) -> (SessionId, Op) {
    let answer = Op::Answer {
        ask: AskId(name.to_owned()),
        answer: verdict(Verdict::Once),
    };
    (session, answer)
}

#[test]
fn asks_of_two_sessions_are_answered_in_place_each_after_its_own_quiet() {
    let (mut desk, first, second) = two();
    desk.wait(1_000);
    desk.ask_of(first, "older", Risk::Low);
    desk.wait(1_000);
    desk.ask_of(second, "newer", Risk::Medium);
    assert_eq!(desk.app.overlay, None, "it came by itself");
    desk.typed("half a sentence");
    desk.alt('i');
    assert_eq!(desk.marked_ask(), Some("older"));
    // What is typed ahead is dropped, and goes nowhere else.
    assert_eq!(answers(&desk.press(Char('y'))), []);
    desk.wait(399);
    assert_eq!(answers(&desk.press(Char('y'))), []);
    desk.wait(400);
    let cmds = desk.press(Char('y'));
    assert_eq!(answers(&cmds), [yes(first, "older")]);
    // The next one is marked, and the same key once more is no answer to it.
    assert_eq!(desk.marked_ask(), Some("newer"));
    assert_eq!(answers(&desk.press(Char('y'))), []);
    desk.fact_of(
        first,
        Fact::AskAnswered {
            ask: AskId("older".to_owned()),
            answer: verdict(Verdict::Once),
        },
    );
    assert!(desk.inbox().ask.as_ref().unwrap().gone.is_none());
    desk.wait(400);
    assert_eq!(answers(&desk.press(Char('y'))), [yes(second, "newer")]);
    assert_eq!(desk.marked_ask(), None);
    desk.press(Esc);
    assert_eq!(
        (&desk.app.overlay, &desk.app.focus),
        (&None, &Focus::Composer)
    );
    assert_eq!(desk.app.view().id, second);
    assert_eq!(desk.written(), "half a sentence");
}

#[test]
fn each_that_is_marked_waits_for_quiet_anew() {
    type Way = fn(&mut Desk);
    let ways: [(&str, Way); 4] = [
        ("tab", |desk| {
            desk.press(Tab);
        }),
        ("back tab", |desk| {
            desk.press(BackTab);
        }),
        ("a click", |desk| {
            desk.update(Msg::Click(Spot::Waiting(1)));
        }),
        ("the help and back", |desk| {
            desk.press(Char('?'));
            desk.press(Char('?'));
            desk.press(Tab);
        }),
    ];
    for (way, go) in ways {
        let (mut desk, first, second) = two();
        desk.ask_of(first, "older", Risk::Low);
        desk.wait(1_000);
        desk.ask_of(second, "newer", Risk::Low);
        desk.alt('i');
        desk.wait(400);
        go(&mut desk);
        assert_eq!(desk.marked_ask(), Some("newer"), "{way}");
        assert_eq!(answers(&desk.press(Char('y'))), [], "{way}");
        desk.wait(400);
        let cmds = desk.press(Char('y'));
        assert_eq!(answers(&cmds), [yes(second, "newer")], "{way}");
        assert_eq!(desk.marked_ask(), Some("older"), "{way}");
    }
}

#[test]
fn a_thousand_asks_in_the_inbox_answer_only_after_a_quiet() {
    let (mut desk, first, second) = two();
    let mut dice = Dice(23);
    desk.alt('i');
    assert_eq!(desk.marked_ask(), None);
    for n in 0..1_000 {
        let session = [first, second][dice.below(2) as usize];
        let name = format!("ask-{n}");
        desk.ask_of(session, &name, Risk::Low);
        let quiet = dice.below(800);
        desk.millis += quiet;
        let answered = answers(&desk.press(Char('y')));
        if quiet < 400 {
            assert_eq!(answered, [], "after {quiet} ms");
        } else {
            assert_eq!(answered, [yes(session, &name)], "after {quiet} ms");
        }
        let why = String::new();
        let ask = AskId(name);
        desk.fact_of(session, Fact::AskVoided { ask, why });
        if quiet < 400 {
            desk.press(Tab);
        }
        assert_eq!(desk.marked_ask(), None);
        desk.millis += 1_000;
    }
}

#[test]
fn a_high_one_takes_two_keys_and_esc_decides_nothing() {
    let (mut desk, first, _) = two();
    desk.ask_of(first, "a", Risk::High);
    desk.alt('i');
    desk.wait(400);
    assert_eq!(answers(&desk.press(Char('y'))), []);
    // Esc takes the first key back, then leads out; the ask waits on.
    assert_eq!(answers(&desk.press(Esc)), []);
    assert_eq!(answers(&desk.press(Enter)), []);
    desk.wait(400);
    desk.press(Char('y'));
    desk.press(Esc);
    assert_eq!(answers(&desk.press(Esc)), []);
    assert_eq!(
        (desk.app.overlay.is_none(), desk.app.waiting().len()),
        (true, 1)
    );
    desk.alt('i');
    desk.wait(400);
    desk.press(Char('y'));
    assert_eq!(answers(&desk.press(Enter)), [yes(first, "a")]);
}

#[test]
fn what_is_no_longer_asked_says_so_and_takes_no_answer() {
    let (mut desk, first, second) = two();
    desk.ask_of(first, "a", Risk::Low);
    desk.wait(10);
    desk.ask_of(second, "b", Risk::Low);
    desk.alt('i');
    desk.wait(400);
    desk.fact_of(
        first,
        Fact::AskVoided {
            ask: AskId("a".to_owned()),
            why: "the file changed meanwhile".to_owned(),
        },
    );
    let gone = |desk: &Desk| desk.inbox().ask.as_ref().unwrap().gone.clone();
    assert_eq!(gone(&desk).as_deref(), Some("the file changed meanwhile"));
    desk.wait(400);
    assert_eq!(answers(&desk.press(Char('y'))), []);
    assert_eq!(desk.marked_ask(), Some("a"), "another was put in its place");
    // The changed one is another request, behind what waited before.
    desk.ask_of(first, "a again", Risk::Low);
    desk.press(Tab);
    assert_eq!(desk.marked_ask(), Some("b"));
    desk.press(Tab);
    assert_eq!(desk.marked_ask(), Some("a again"));
    assert_eq!(answers(&desk.press(Char('y'))), []);
    desk.wait(400);
    assert_eq!(answers(&desk.press(Char('y'))), [yes(first, "a again")]);
    // Its tab is closed: nobody can answer it any more.
    desk.app.views.retain(|view| view.id != second);
    desk.app.panes.replace(second, first);
    desk.wait(400);
    assert_eq!(gone(&desk).as_deref(), Some("it waits no more"));
}

#[test]
fn all_that_asks_is_in_it_with_its_own_keys() {
    let (mut desk, first, second) = two();
    let asks = [
        (
            second,
            "limit",
            About::Budget {
                worst: Money::usd(UNIT),
                left: Money::usd(0),
                limit: Money::usd(2 * UNIT),
                which: BudgetName::Session,
            },
        ),
        (
            first,
            "loop",
            About::Guard {
                guard: Guard::Loop,
                text: "the same call 5 times".to_owned(),
            },
        ),
        (
            second,
            "price",
            About::Unpriced {
                model: "new/model".to_owned(),
            },
        ),
    ];
    for (session, name, about) in asks {
        desk.wait(10);
        let id = AskId(name.to_owned());
        let ask = Ask { id, about };
        desk.fact_of(session, Fact::AskRaised { ask });
    }
    desk.alt('i');
    let mut said = Vec::new();
    for key in ['+', 'o', 'y'] {
        desk.wait(400);
        let marked = desk.marked_ask().unwrap().to_owned();
        for (session, op) in answers(&desk.press(Char(key))) {
            said.push((marked.clone(), session, op));
        }
    }
    let names: Vec<_> = said
        .iter()
        .map(|(name, session, _)| (name.as_str(), *session))
        .collect();
    assert_eq!(
        names,
        [("limit", second), ("loop", first), ("price", second)]
    );
}

#[test]
fn a_reason_is_of_the_session_that_asks() {
    let (mut desk, first, second) = two();
    desk.ask_of(first, "a", Risk::Low);
    desk.typed("of the second");
    desk.alt('i');
    desk.wait(400);
    desk.press(Char('N'));
    desk.typed("y, but not p?");
    assert!(matches!(desk.app.overlay, Some(Overlay::Inbox(_))));
    let cmds = desk.press(Enter);
    let reason = Some("y, but not p?".to_owned());
    let answer = Op::Answer {
        ask: AskId("a".to_owned()),
        answer: verdict(Verdict::No { reason }),
    };
    assert_eq!(answers(&cmds), [(first, answer)]);
    desk.press(Esc);
    assert_eq!(
        (desk.app.view().id, desk.written()),
        (second, "of the second".to_owned())
    );
}

#[test]
fn pasted_text_and_the_wheel_answer_nothing() {
    let (mut desk, first, second) = two();
    desk.ask_of(first, "a", Risk::Low);
    desk.wait(10);
    desk.ask_of(second, "b", Risk::Low);
    desk.alt('i');
    desk.wait(400);
    assert_eq!(answers(&desk.update(Msg::Paste("y\n".to_owned()))), []);
    // A key that came right behind it counts as little.
    assert_eq!(answers(&desk.press(Char('y'))), []);
    assert_eq!(answers(&desk.update(Msg::Wheel(PaneId(1), 3))), []);
    assert_eq!(
        desk.marked_ask(),
        Some("a"),
        "the wheel reads what is marked"
    );
    assert_eq!(desk.written(), "");
    // The window comes to the front: quiet anew.
    desk.wait(400);
    desk.update(Msg::Focus(true));
    assert_eq!(answers(&desk.press(Char('y'))), []);
}

#[test]
fn the_way_to_its_session_and_from_an_ask_there() {
    let (mut desk, first, second) = two();
    desk.ask_of(first, "a", Risk::Low);
    desk.wait(10);
    desk.ask_of(second, "b", Risk::Low);
    desk.alt('i');
    // A letter of prose leads nowhere.
    desk.press(Char('p'));
    assert_eq!(desk.marked_ask(), Some("a"));
    desk.wait(400);
    desk.press(Char('p'));
    assert_eq!((desk.asking(), desk.app.view().id), (Some("a"), first));
    assert_eq!(answers(&desk.press(Char('y'))), []);
    // The ask that had the keys is the marked one, and its pane has them no more.
    desk.alt('a');
    assert_eq!((desk.marked_ask(), desk.asking()), (Some("a"), None));
    desk.press(Tab);
    assert_eq!(desk.marked_ask(), Some("b"));
    desk.wait(400);
    let cmds = desk.press(Char('n'));
    assert_eq!(ops(&cmds).len(), 1);
    desk.press(Esc);
    // Another model is chosen for the session that asks.
    let about = About::Unpriced {
        model: "new/model".to_owned(),
    };
    let id = AskId("m".to_owned());
    let ask = Ask { id, about };
    let (mut desk, first, _) = two();
    desk.fact_of(first, Fact::AskRaised { ask });
    desk.alt('i');
    desk.wait(400);
    desk.press(Char('m'));
    assert!(matches!(desk.app.overlay, Some(Overlay::Models(_))));
    assert_eq!(desk.app.view().id, first);
    desk.press(Esc);
    assert_eq!(desk.asking(), Some("m"));
}

#[test]
fn a_small_screen_shows_the_list_and_then_the_ask() {
    let (mut desk, first, second) = two();
    desk.update(Msg::Resize(40, 12));
    desk.ask_of(first, "a", Risk::Low);
    desk.wait(10);
    desk.ask_of(second, "b", Risk::Low);
    desk.alt('i');
    desk.wait(400);
    // Nothing is answered that is not shown in full.
    assert_eq!(answers(&desk.press(Char('y'))), []);
    desk.press(Down);
    assert_eq!(desk.marked_ask(), Some("b"));
    desk.update(Msg::Wheel(PaneId(1), -3));
    assert_eq!(desk.marked_ask(), Some("a"));
    desk.press(Char('j'));
    desk.press(Enter);
    assert!(desk.inbox().entry);
    assert_eq!(answers(&desk.press(Char('y'))), []);
    desk.wait(400);
    assert_eq!(answers(&desk.press(Char('y'))), [yes(second, "b")]);
    // The next one is shown in its place.
    assert_eq!((desk.marked_ask(), desk.inbox().entry), (Some("a"), true));
    desk.press(Esc);
    assert!(!desk.inbox().entry);
    desk.press(Esc);
    assert_eq!(desk.app.overlay, None);
    assert_eq!(desk.app.waiting().len(), 1);
}

#[test]
fn over_the_board_it_leads_back_there() {
    let (mut desk, first, _) = two();
    desk.ask_of(first, "a", Risk::Low);
    desk.ctrl('x');
    desk.press(Char('w'));
    assert!(desk.app.board.is_some());
    desk.alt('i');
    assert_eq!(desk.marked_ask(), Some("a"));
    desk.press(Esc);
    assert!(desk.app.board.is_some() && desk.app.overlay.is_none());
    // By the leader as well, and by its name.
    desk.press(Esc);
    desk.ctrl('x');
    desk.press(Char('i'));
    assert_eq!(desk.marked_ask(), Some("a"));
    desk.press(Esc);
    desk.ctrl('p');
    desk.typed("inbox");
    desk.press(Enter);
    assert_eq!(desk.marked_ask(), Some("a"));
}

#[test]
fn an_edited_command_keeps_what_else_its_call_was_given() {
    let (mut desk, first, second) = two();
    let call = |command: &str, timeout: u32| {
        Item::Call(ToolCall {
            id: CallId::new(1, 1, 1),
            name: "bash".to_owned(),
            arguments: format!(r#"{{"command":"{command}","timeout":{timeout}}}"#),
            wire_id: None,
            opaque: None,
        })
    };
    for (session, timeout) in [(first, 5), (second, 9)] {
        let item = call("cargo test", timeout);
        let (turn, step) = (1, 1);
        desk.fact_of(
            session,
            Fact::ItemAdded {
                turn,
                step,
                item,
                imported: None,
            },
        );
    }
    desk.ask_of(first, "a", Risk::Low);
    desk.alt('i');
    desk.wait(400);
    desk.press(Char('e'));
    desk.typed("s");
    let arguments = r#"{"command":"cargo tests","timeout":5}"#.to_owned();
    let answer = Op::Answer {
        ask: AskId("a".to_owned()),
        answer: verdict(Verdict::Edited { arguments }),
    };
    assert_eq!(answers(&desk.press(Enter)), [(first, answer)]);
}

#[test]
fn a_key_of_an_ask_is_one_in_the_inbox_too() {
    let (mut desk, first, _) = two();
    desk.read_config("[keymap.ask]\nask-no = \"p\"\n[keymap.inbox]\ninbox-session = \"y\"\n");
    desk.ask_of(first, "a", Risk::Low);
    desk.ask_of(first, "b", Risk::Low);
    desk.alt('i');
    desk.wait(400);
    let no = verdict(Verdict::No { reason: None });
    let ask = AskId("a".to_owned());
    let op = Op::Answer { ask, answer: no };
    assert_eq!(answers(&desk.press(Char('p'))), [(first, op)]);
    desk.wait(400);
    assert_eq!(answers(&desk.press(Char('y'))), [yes(first, "b")]);
}
