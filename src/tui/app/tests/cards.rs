//! The card of a failure: what it offers, and what its keys do.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use crossterm::event::{KeyCode, KeyModifiers};

use crate::config::KeySource;
use crate::config::secret::Secret;
use crate::protocol::event::{Ending, Fact};
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::item::{Block, Item, Origin};
use crate::protocol::op::Op;
use crate::protocol::query::Query;
use crate::protocol::session::Change;
use crate::tui::app::Focus;
use crate::tui::app::card::{Choice, KeyPlaces, given_to};
use crate::tui::app::first_run::{FirstRun, Page};
use crate::tui::app::keymap::Action;
use crate::tui::app::message::{Cmd, Msg, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::setup::{Checked, GivenKey, NewProvider, Stored};
use crate::tui::app::tests::{Desk, model, ops};
use crate::tui::app::text::Text;

fn places(source: KeySource) -> KeyPlaces {
    [("anthropic".to_owned(), source)].into()
}

/// A turn that ended with this, and the focus on its card.
fn failed(kind: FailureKind, source: KeySource) -> Desk {
    let mut desk = Desk::running();
    desk.app.setup.key_places = places(source);
    desk.fact(Fact::TurnEnded {
        turn: 1,
        ending: Ending::Failed {
            failure: Failure::new(kind, "it did not go"),
        },
    });
    desk.press(KeyCode::Tab);
    assert!(matches!(desk.app.focus, Focus::Card(_)));
    desk
}

fn variable() -> KeySource {
    KeySource::Env("ANTHROPIC_API_KEY".to_owned())
}

fn file() -> KeySource {
    KeySource::File(PathBuf::from("/keys/anthropic"))
}

#[test]
fn sessions_that_failed_are_gone_to_where_no_ask_waits() {
    let fails = |desk: &mut Desk, session| {
        let failure = Failure::new(FailureKind::Auth, "it did not go");
        let ending = Ending::Failed { failure };
        desk.fact_of(session, Fact::TurnEnded { turn: 1, ending });
    };
    let mut desk = Desk::running();
    let (first, opened) = (desk.app.view().id, desk.app.view().session.clone());
    desk.app.act(Action::NewSession);
    let second = desk.app.view().id;
    let view = desk.app.view_mut();
    view.session = opened;
    if let Some(session) = &mut view.session {
        session.id = second;
    }
    desk.app.act(Action::NewSession);
    let third = desk.app.view().id;
    desk.typed("half a word");
    desk.wait(10);
    fails(&mut desk, second);
    desk.wait(10);
    fails(&mut desk, first);
    // Nothing takes the keys by itself.
    assert_eq!(desk.app.view().id, third);
    let mut seen = Vec::new();
    for _ in 0..3 {
        desk.alt('a');
        seen.push((desk.app.view().id, matches!(desk.app.focus, Focus::Card(_))));
    }
    assert_eq!(seen, [(second, true), (first, true), (second, true)]);
    // An ask goes first.
    let ask = crate::tui::app::tests::approval("a", crate::protocol::ask::Risk::Low);
    desk.fact_of(first, Fact::AskRaised { ask });
    desk.alt('a');
    assert_eq!(desk.asking(), Some("a"));
}

#[test]
fn what_a_card_offers_follows_from_what_failed() {
    use Choice::{Again, GiveKey, Models, ReadAgain};
    let command = KeySource::Command(vec!["pass".to_owned()]);
    let key = "read the key again";
    let config = "read the config again";
    let cases = [
        (FailureKind::Network, file(), vec![Again, Models], ""),
        (
            FailureKind::Config,
            KeySource::None,
            vec![Again, ReadAgain, Models],
            config,
        ),
        (
            FailureKind::Auth,
            file(),
            vec![Again, GiveKey, ReadAgain, Models],
            key,
        ),
        (
            FailureKind::Auth,
            command,
            vec![Again, GiveKey, ReadAgain, Models],
            key,
        ),
        (
            FailureKind::Auth,
            variable(),
            vec![Again, GiveKey, ReadAgain, Models],
            config,
        ),
        (
            FailureKind::Auth,
            KeySource::None,
            vec![Again, GiveKey, ReadAgain, Models],
            config,
        ),
    ];
    for (kind, source, expected, read) in cases {
        let desk = failed(kind, source.clone());
        let offered = desk.app.card_choices(desk.app.view());
        let choices: Vec<Choice> = offered.iter().map(|row| row.0).collect();
        assert_eq!(choices, expected, "{kind:?} {source:?}");
        let words = offered.iter().find(|row| row.0 == ReadAgain);
        assert_eq!(words.map_or("", |row| row.1), read, "{source:?}");
    }
}

/// A step that said something and was cut off there, then an ending.
fn cut(ending: Ending) -> Desk {
    let mut desk = Desk::running();
    desk.fact(Fact::ItemAdded {
        turn: 1,
        step: 1,
        item: Item::Answer {
            text: "half of it".to_owned(),
            cut: true,
            opaque: None,
        },
        imported: None,
    });
    desk.fact(Fact::TurnEnded { turn: 1, ending });
    desk.press(KeyCode::Tab);
    desk.wait(400);
    desk
}

#[test]
fn a_cut_answer_is_asked_again_or_gone_on_with() {
    let broke = || Ending::Failed {
        failure: Failure::new(FailureKind::Network, "connection reset"),
    };
    let cases = [
        (KeyCode::Enter, vec![Op::Again]),
        (KeyCode::Char('c'), vec![Op::Continue]),
        (KeyCode::Char('i'), Vec::new()),
    ];
    for (key, expected) in cases {
        let mut desk = cut(broke());
        assert_eq!(ops(&desk.press(key)), expected, "{key:?}");
    }
    // Asked again, and nothing came: its words can still be gone on with.
    let mut desk = cut(broke());
    desk.fact(Fact::TurnStarted { turn: 2 });
    assert_eq!(desk.app.card_choices(desk.app.view()), []);
    desk.fact(Fact::TurnEnded {
        turn: 2,
        ending: broke(),
    });
    let offered = desk.app.card_choices(desk.app.view());
    assert!(offered.iter().any(|row| row.0 == Choice::Keep));
    // Something was said to it: it is part of what was said.
    let said = Fact::ItemAdded {
        turn: 3,
        step: 1,
        item: Item::Prompt {
            blocks: vec![Block::text("on")],
            origin: Origin::Person,
        },
        imported: None,
    };
    desk.fact(said);
    let offered = desk.app.card_choices(desk.app.view());
    assert!(offered.iter().all(|row| row.0 != Choice::Keep));
}

#[test]
fn a_session_that_was_cut_is_gone_on_with_looked_at_or_left() {
    let interrupted =
        || Ending::interrupted("Creel ended while `cargo test` ran: its outcome is not known");
    let mut desk = cut(interrupted());
    assert_eq!(ops(&desk.press(KeyCode::Enter)), [Op::Continue]);
    let mut desk = cut(interrupted());
    assert_eq!(desk.press(KeyCode::Char('i')), []);
    assert_eq!(desk.app.focus, Focus::Transcript);
    assert!(desk.app.view().stopped().is_some());
    let mut desk = cut(interrupted());
    assert_eq!(desk.press(KeyCode::Char('x')), []);
    assert_eq!(desk.app.focus, Focus::Composer);
    assert_eq!(desk.app.view().stopped(), None);
}

#[test]
fn a_card_asks_the_log_once_and_only_for_what_it_says() {
    let asked = |cmds: &[Cmd]| -> Vec<&'static str> {
        let names = cmds.iter().filter_map(|cmd| match cmd {
            Cmd::Ask(Tag::Ahead(_), Query::Offers { .. }) => Some("costs"),
            Cmd::Ask(Tag::Last(_), Query::LastAnswer { provider }) if provider == "anthropic" => {
                Some("last")
            }
            _ => None,
        });
        names.collect()
    };
    let failed = |kind| Ending::Failed {
        failure: Failure::new(kind, "no"),
    };
    let cases: [(Ending, &[&str]); 4] = [
        (failed(FailureKind::Network), &["costs"]),
        (failed(FailureKind::Auth), &["costs", "last"]),
        (Ending::interrupted("x"), &["costs", "last"]),
        (Ending::Finished, &[]),
    ];
    for (ending, expected) in cases {
        let mut desk = Desk::running();
        let cmds = desk.fact(Fact::TurnEnded {
            turn: 1,
            ending: ending.clone(),
        });
        assert_eq!(asked(&cmds), expected, "{ending:?}");
        assert_eq!(asked(&desk.press(KeyCode::Left)), [""; 0], "{ending:?}");
    }
}

#[test]
fn each_choice_has_its_letter_its_number_and_the_arrows() {
    use KeyCode::{Char, Down, Enter, Up};
    type Keys = &'static [KeyCode];
    let cases: [(&str, Keys, Option<Choice>); 13] = [
        ("enter", &[Enter], Some(Choice::Again)),
        ("1", &[Char('1')], Some(Choice::Again)),
        ("k", &[Char('k')], Some(Choice::GiveKey)),
        ("2", &[Char('2')], Some(Choice::GiveKey)),
        ("full-width", &[Char('ｋ')], Some(Choice::GiveKey)),
        ("arrows", &[Down, Down, Enter], Some(Choice::GiveKey)),
        ("from the foot", &[Up, Enter], Some(Choice::Models)),
        ("r", &[Char('r')], Some(Choice::ReadAgain)),
        ("3", &[Char('3')], Some(Choice::ReadAgain)),
        ("m", &[Char('m')], Some(Choice::Models)),
        ("no row of that number", &[Char('5')], None),
        ("no number", &[Char('0')], None),
        ("no key of the card", &[Char('z')], None),
    ];
    for (name, keys, expected) in cases {
        let mut desk = failed(FailureKind::Auth, file());
        desk.wait(400);
        let cmds: Vec<Cmd> = keys.iter().flat_map(|&key| desk.press(key)).collect();
        let done = if ops(&cmds) == [Op::Again] {
            Some(Choice::Again)
        } else if given_to(desk.app.first_run.as_ref()) == Some("anthropic") {
            Some(Choice::GiveKey)
        } else if cmds.contains(&Cmd::ReadKeys(desk.app.view().id)) {
            Some(Choice::ReadAgain)
        } else if matches!(desk.app.overlay, Some(Overlay::Models(_))) {
            Some(Choice::Models)
        } else {
            None
        };
        assert_eq!(done, expected, "{name}");
    }
    // Without the quiet, or with a modifier, none of them is.
    let mut desk = failed(FailureKind::Auth, file());
    for key in [Char('k'), Char('r'), Char('m'), Enter] {
        desk.wait(300);
        assert_eq!(desk.press(key), []);
    }
    desk.wait(400);
    assert_eq!(desk.key(Char('k'), KeyModifiers::ALT), []);
    assert_eq!(
        (desk.app.first_run.is_some(), desk.written()),
        (false, String::new())
    );
}

#[test]
fn another_key_is_tried_kept_and_gone_on_with() {
    let mut desk = failed(FailureKind::Auth, variable());
    desk.wait(400);
    desk.press(KeyCode::Char('k'));
    desk.update(Msg::Paste("sk-ant-api03-abcdefghijklmnopx4Qa\n".to_owned()));
    let given = NewProvider::KeyOf {
        provider: "anthropic".to_owned(),
        key: GivenKey::Pasted(Secret::new("sk-ant-api03-abcdefghijklmnopx4Qa").unwrap()),
    };
    assert_eq!(desk.press(KeyCode::Enter), [Cmd::Check(given.clone())]);
    // Refused again: the page says why, and takes another.
    desk.update(Msg::Checked(given.clone(), Err("it is refused".to_owned())));
    let page = desk.app.first_run.clone().unwrap();
    assert_eq!(page.text.as_deref(), Some("it is refused"));
    assert!(matches!(page.page, Page::Key { .. }));
    desk.update(Msg::Paste("sk-ant-api03-abcdefghijklmnopx4Qa".to_owned()));
    desk.press(KeyCode::Enter);
    let checked = Checked {
        models: Vec::new(),
        default: None,
    };
    assert_eq!(
        desk.update(Msg::Checked(given.clone(), Ok(checked))),
        [Cmd::Store(given.clone(), model("anthropic/sonnet"))]
    );
    let stored = Stored {
        card: None,
        key_places: places(file()),
        text: "kept".to_owned(),
    };
    desk.update(Msg::Stored(given, Ok(stored)));
    assert_eq!(desk.app.first_run, None);
    assert_eq!(desk.app.setup.model, Some(model("anthropic/sonnet")));
    assert_eq!(desk.app.setup.key_places, places(file()));
    // Nothing is sent before a key that was meant for it.
    assert_eq!(ops(&desk.press(KeyCode::Enter)), []);
    desk.wait(400);
    assert_eq!(ops(&desk.press(KeyCode::Enter)), [Op::Again]);
}

#[test]
fn giving_a_key_can_be_given_up_at_each_step() {
    let mut desk = failed(FailureKind::Auth, file());
    desk.wait(400);
    desk.press(KeyCode::Char('k'));
    desk.typed("$OTHER_KEY");
    desk.press(KeyCode::Enter);
    desk.press(KeyCode::Esc);
    assert_eq!(
        desk.app.first_run.as_ref().map(FirstRun::shown),
        Some(Text::new("$OTHER_KEY"))
    );
    // What was asked for answers to nobody.
    let checked = Checked {
        models: Vec::new(),
        default: None,
    };
    let left = NewProvider::KeyOf {
        provider: "anthropic".to_owned(),
        key: GivenKey::Variable("OTHER_KEY".to_owned()),
    };
    assert_eq!(desk.update(Msg::Checked(left, Ok(checked))), []);
    desk.press(KeyCode::Esc);
    assert_eq!(desk.app.first_run, None);
    assert!(matches!(desk.app.focus, Focus::Card(_)));
}

#[test]
fn a_key_read_again_goes_on_by_itself() {
    let mut desk = failed(FailureKind::Auth, variable());
    let session = desk.app.view().id;
    desk.wait(400);
    assert_eq!(desk.press(KeyCode::Char('r')), [Cmd::ReadKeys(session)]);
    let why = "config.toml has faults".to_owned();
    assert_eq!(desk.update(Msg::KeysRead(session, Err(why.clone()))), []);
    assert_eq!(desk.app.notices, [why]);
    let read = Ok(places(file()));
    assert_eq!(
        ops(&desk.update(Msg::KeysRead(session, read.clone()))),
        [Op::Again]
    );
    assert_eq!(desk.app.setup.key_places, places(file()));
    // Its card is put away by now.
    assert_eq!(desk.update(Msg::KeysRead(session, read)), []);
}

#[test]
fn a_conversation_that_is_too_long_is_gone_on_with_before_its_last_prompt() {
    use Choice::{Again, Before, Fresh, Models};
    let too_long = |turn| {
        let mut desk = Desk::running();
        let said = Fact::ItemAdded {
            turn,
            step: 1,
            item: Item::Prompt {
                blocks: vec![Block::text("all of it")],
                origin: Origin::Person,
            },
            imported: None,
        };
        desk.fact(said);
        desk.fact(Fact::TurnEnded {
            turn,
            ending: Ending::Failed {
                failure: Failure::new(FailureKind::TooLong, "too long"),
            },
        });
        desk.press(KeyCode::Tab);
        desk.wait(400);
        desk
    };
    let offered = |desk: &Desk| -> Vec<Choice> {
        let choices = desk.app.card_choices(desk.app.view());
        choices.iter().map(|row| row.0).collect()
    };
    assert_eq!(offered(&too_long(1)), [Fresh, Models]);
    let mut desk = too_long(2);
    assert_eq!(offered(&desk), [Before, Fresh, Models]);
    let from = desk.app.view().id;
    let ops = ops(&desk.press(KeyCode::Enter));
    let [Op::Fork { request }, ..] = &ops[..] else {
        panic!("{ops:?}")
    };
    assert_eq!((request.from, request.before), (from, Some(2)));
    assert_ne!(desk.app.view().id, from);
    assert_eq!(desk.app.view().composer.plain(), "all of it");
    let mut desk = too_long(2);
    desk.press(KeyCode::Char('n'));
    assert_eq!(desk.app.view().composer.plain(), "all of it");
    // With another model it may go.
    let mut desk = too_long(2);
    desk.fact(Fact::SessionChanged {
        change: Change::Model {
            model: model("b/other"),
        },
    });
    assert_eq!(offered(&desk), [Again, Models]);
}
