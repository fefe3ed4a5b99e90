//! Another model: which key takes it up how, and what stands in the way.

use crossterm::event::KeyCode::{self, Char, Down, Enter, Esc, Tab};
use pretty_assertions::assert_eq;

use crate::protocol::event::{Ending, Fact, Signal};
use crate::protocol::id::CommandId;
use crate::protocol::money::Money;
use crate::protocol::offer::{Figure, Left, Offer, Pays};
use crate::protocol::op::Op;
use crate::protocol::query::{Found, ModelCard, Query};
use crate::protocol::rule::Mode;
use crate::protocol::session::{Change, ForkRequest};
use crate::tui::app::message::{Cmd, Msg, Tag};
use crate::tui::app::tests::{Desk, model, ops};
use crate::tui::app::view::Stage;

fn offer(name: &str) -> Offer {
    let cost = Figure::About(Money::usd(1));
    Offer {
        card: ModelCard {
            model: model(name),
            context: Some(100_000),
            max_output: None,
            price: None,
            price_date: None,
            local: false,
            subscription: false,
            accepted: false,
            lacks: None,
        },
        model: model(name),
        host: Some("api.example.com".to_owned()),
        first: false,
        tokens: 50_000,
        warm: 0,
        next: cost,
        then: cost,
        left: Left::default(),
        pays: Pays::Never,
        speed: None,
        used: None,
        warm_until: None,
    }
}

/// The list over a session that was spoken to: the model of now, then one of each kind.
fn listed(running: bool) -> Desk {
    let mut desk = spoken(running);
    desk.ctrl('x');
    desk.press(Char('m'));
    let tag = Tag::Offers(desk.app.view().id);
    desk.update(Msg::Found(tag, Found::Offers(offers())));
    desk
}

fn spoken(running: bool) -> Desk {
    let mut desk = Desk::running();
    // The next session has another id than this one.
    desk.wait(1);
    if !running {
        let ending = Ending::Finished;
        desk.fact(Fact::TurnEnded { turn: 1, ending });
    }
    desk
}

fn offers() -> Vec<Offer> {
    vec![
        Offer {
            pays: Pays::Here,
            ..offer("a/here")
        },
        offer("b/other"),
        Offer {
            first: true,
            ..offer("c/first")
        },
        Offer {
            tokens: 100_000,
            ..offer("d/small")
        },
    ]
}

fn change(name: &str) -> Op {
    Op::Change {
        change: Change::Model { model: model(name) },
    }
}

#[test]
fn each_key_takes_a_model_up_its_own_way() {
    let from = listed(false).app.view().id;
    let fork = |name: &str| Op::Fork {
        request: ForkRequest {
            from,
            model: model(name),
            mode: Mode::Ask,
            effort: None,
        },
    };
    let unseen = Op::Change {
        change: Change::Unseen { unseen: true },
    };
    let now = || vec![Op::Interrupt, change("b/other")];
    let cases: [(bool, &[KeyCode], Vec<Op>); 16] = [
        (false, &[Enter], vec![]),
        (false, &[Down, Enter], vec![change("b/other")]),
        (true, &[Down, Enter], vec![change("b/other")]),
        (true, &[Down, Char('!')], now()),
        (true, &[Down, Char('！')], now()),
        (false, &[Down, Char('f')], vec![fork("b/other")]),
        // The tab of the fork is looked at from here on, and the turn here no more.
        (true, &[Tab, Char('f')], vec![fork("a/here"), unseen]),
        // Nothing was chosen with the arrows: a letter finds.
        (true, &[Char('f')], vec![]),
        // The first text of a project for a company: the same key again.
        (false, &[Down, Down, Enter], vec![]),
        (false, &[Down, Down, Enter, Enter], vec![change("c/first")]),
        (false, &[Down, Down, Enter, Char('f')], vec![]),
        (false, &[Down, Down, Enter, Esc, Enter], vec![]),
        // It does not fit, whatever the key.
        (
            true,
            &[Down, Down, Down, Enter, Enter, Char('!'), Char('f')],
            vec![],
        ),
        // Letters narrow the list; behind Tab or an arrow `f` is a key.
        (
            false,
            &[Char('o'), Char('t'), Enter],
            vec![change("b/other")],
        ),
        (false, &[Char('o'), Char('f')], vec![]),
        (false, &[Char('o'), Tab, Char('f')], vec![fork("b/other")]),
    ];
    for (running, keys, expected) in cases {
        let mut desk = listed(running);
        let cmds: Vec<_> = keys.iter().flat_map(|&key| desk.press(key)).collect();
        assert_eq!(ops(&cmds), expected, "{keys:?}");
    }
}

#[test]
fn a_fork_that_cannot_begin_gives_its_tab_back() {
    let mut desk = listed(false);
    let from = desk.app.view().id;
    desk.press(Tab);
    desk.press(Char('f'));
    let fork = desk.app.view();
    assert_eq!((fork.stage, fork.from), (Stage::Opening, Some(from)));
    let refused = Signal::Refused {
        command: CommandId(0),
        session: fork.id,
        why: "it does not fit".to_owned(),
    };
    desk.typed("go on");
    desk.update(Msg::Signals(vec![refused]));
    assert_eq!((desk.app.views.len(), desk.app.view().id), (1, from));
    assert_eq!(desk.written(), "go on");
    let note = desk.app.note.as_ref().map(|note| note.text.as_str());
    assert_eq!(note, Some("it does not fit"));
}

#[test]
fn a_model_that_is_named_is_taken_by_way_of_the_list() {
    let cases: [(&str, &[KeyCode], Vec<Op>, bool); 6] = [
        ("b/other", &[], vec![change("b/other")], false),
        ("a/here", &[], vec![], false),
        // The first text of a project for a company is asked about, here too.
        ("c/first", &[], vec![], true),
        ("c/first", &[Enter], vec![change("c/first")], false),
        ("c/first", &[Esc, Esc], vec![], false),
        ("d/small", &[Enter], vec![], true),
    ];
    for (name, keys, expected, open) in cases {
        let mut desk = spoken(false);
        desk.typed(&format!("/model {name}"));
        let asked = desk.press(Enter);
        let also = asked.iter().any(|cmd| {
            matches!(cmd, Cmd::Ask(_, Query::Offers { also: Some(also), .. }) if *also == model(name))
        });
        assert!(also, "{asked:?}");
        let tag = Tag::Offers(desk.app.view().id);
        let mut cmds = desk.update(Msg::Found(tag, Found::Offers(offers())));
        cmds.extend(keys.iter().flat_map(|&key| desk.press(key)));
        assert_eq!(ops(&cmds), expected, "{name} {keys:?}");
        assert_eq!(desk.app.overlay.is_some(), open, "{name} {keys:?}");
    }
}
