//! Another model: which key takes it up how, and what stands in the way.

use crossterm::event::KeyCode::{self, Char, Down, Enter, Esc, Tab};
use pretty_assertions::assert_eq;

use crate::config::KeySource;
use crate::config::secret::Secret;
use crate::protocol::event::{Ending, Fact, Signal};
use crate::protocol::id::CommandId;
use crate::protocol::money::Money;
use crate::protocol::offer::{Figure, Left, Offer, Pays};
use crate::protocol::op::Op;
use crate::protocol::query::{Found, ModelCard, Query};
use crate::protocol::rule::Mode;
use crate::protocol::session::{Change, ForkRequest};
use crate::tui::app::card::KeyPlaces;
use crate::tui::app::first_run::Page;
use crate::tui::app::message::{Cmd, Msg, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::setup::{Checked, GivenKey, NewProvider, Stored};
use crate::tui::app::tests::{Desk, model, ops};
use crate::tui::app::view::Stage;

pub(crate) fn offer(name: &str) -> Offer {
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
        cold: cost,
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
            before: None,
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

/// The same list with a model at its end whose vendor has no key; that row is marked.
fn keyless() -> Desk {
    let mut desk = spoken(false);
    desk.ctrl('x');
    desk.press(Char('m'));
    let tag = Tag::Offers(desk.app.view().id);
    let mut offers = offers();
    let mut lacking = offer("e/lacking");
    lacking.card.lacks = Some("no key: E_KEY is not set".to_owned());
    offers.push(lacking);
    desk.update(Msg::Found(tag, Found::Offers(offers)));
    for _ in 0..4 {
        desk.press(Down);
    }
    desk
}

fn is_list(desk: &Desk) -> bool {
    desk.app.first_run.is_none() && matches!(desk.app.overlay, Some(Overlay::Models(_)))
}

#[test]
fn a_key_given_from_the_list_switches_nothing() {
    let secret = "sk-ant-api03-abcdefghijklmnopx4Qa";
    let key = || GivenKey::Pasted(Secret::new(secret).unwrap());
    let of_row = NewProvider::KeyOf {
        provider: "e".to_owned(),
        key: key(),
    };
    let beside = NewProvider::Beside {
        vendor: "anthropic".to_owned(),
        key: key(),
    };
    let cases = [
        (Enter, KeyPlaces::new(), of_row),
        (Char('+'), KeyPlaces::new(), beside),
        // A vendor that is there has its key replaced.
        (
            Char('+'),
            KeyPlaces::from([("anthropic".to_owned(), KeySource::None)]),
            NewProvider::KeyOf {
                provider: "anthropic".to_owned(),
                key: key(),
            },
        ),
    ];
    for (opens, places, expected) in cases {
        let mut desk = keyless();
        let (model, setup) = (
            desk.app.view().model().cloned(),
            desk.app.setup.model.clone(),
        );
        desk.app.setup.key_places = places.clone();
        assert_eq!(desk.press(opens), []);
        desk.update(Msg::Paste(format!("{secret}\n")));
        let page = desk.app.first_run.clone().unwrap();
        assert_eq!(page.shown().as_str(), "sk-ant-…x4Qa");
        assert_eq!(desk.press(Enter), [Cmd::Check(expected.clone())]);
        // Refused: the same field again, with the reason.
        desk.update(Msg::Checked(
            expected.clone(),
            Err("it is refused".to_owned()),
        ));
        let page = desk.app.first_run.clone().unwrap();
        assert_eq!(page.text.as_deref(), Some("it is refused"));
        assert!(page.beside && matches!(page.page, Page::Key { .. }));
        desk.update(Msg::Paste(secret.to_owned()));
        desk.press(Enter);
        let checked = Checked {
            models: vec![offer("e/lacking").card],
            default: Some("e/lacking".parse().unwrap()),
        };
        let cmds = desk.update(Msg::Checked(expected.clone(), Ok(checked)));
        assert!(
            matches!(&cmds[..], [Cmd::Store(given, _)] if *given == expected),
            "{cmds:?}"
        );
        let stored = Stored {
            card: None,
            key_places: places,
            text: "kept".to_owned(),
        };
        let cmds = desk.update(Msg::Stored(expected, Ok(stored)));
        assert_eq!(ops(&cmds), []);
        assert!(is_list(&desk), "{opens:?}");
        let now = (
            desk.app.view().model().cloned(),
            desk.app.setup.model.clone(),
        );
        assert_eq!(now, (model, setup));
    }
}

#[test]
fn each_way_back_from_a_key_leads_to_the_list() {
    for opens in [Enter, Char('+')] {
        let mut desk = keyless();
        desk.press(opens);
        desk.press(Esc);
        assert!(is_list(&desk), "{opens:?}");
        let mut desk = keyless();
        desk.press(opens);
        desk.typed("$ANTHROPIC_API_KEY");
        desk.press(Enter);
        // From the wait for the answer to the field, and from there to the list.
        desk.press(Esc);
        assert!(desk.app.first_run.as_ref().is_some_and(|page| page.beside));
        desk.press(Esc);
        assert!(is_list(&desk), "{opens:?}");
    }
}
