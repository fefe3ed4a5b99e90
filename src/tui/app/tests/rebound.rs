//! Keys of asks, cards and lists that the person gave: they hold at once, and what keeps an ask safe stays.
#![allow(clippy::unwrap_used)]

use crossterm::event::{KeyCode, KeyModifiers};
use pretty_assertions::assert_eq;

use crate::protocol::ask::{About, Ask, BudgetName, Guard, Question, Risk, Verdict};
use crate::protocol::board::Weight;
use crate::protocol::event::{Ending, Fact};
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::id::{AskId, CallId};
use crate::protocol::money::Money;
use crate::protocol::op::Op;
use crate::tui::app::Focus;
use crate::tui::app::board::Writing;
use crate::tui::app::card::Choice;
use crate::tui::app::choosing::choices;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::keymap::{Action, table};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::palette::Goes;
use crate::tui::app::tests::{Desk, approval, ops, verdict};

const OWN: &str = "[keymap.ask]\nask-yes = [\"j\", \"alt-y\"]\nask-no = \"z\"\n[keymap.card]\ncard-choose = \"a\"\n";

/// An ask with the focus, ready.
fn asked(config: &str, risk: Risk) -> Desk {
    let mut desk = Desk::running();
    desk.read_config(config);
    desk.ask("a", risk);
    desk.alt('a');
    desk.wait(400);
    assert_eq!(desk.asking(), Some("a"));
    desk
}

fn answered(verdict_of: Verdict) -> Vec<Op> {
    vec![Op::Answer {
        ask: AskId("a".to_owned()),
        answer: verdict(verdict_of),
    }]
}

#[test]
fn an_ask_is_answered_by_the_keys_it_has_now() {
    use KeyCode::Char;
    let none = KeyModifiers::NONE;
    let no = Verdict::No { reason: None };
    let cases = [
        (Char('j'), none, answered(Verdict::Once)),
        (Char('y'), KeyModifiers::ALT, answered(Verdict::Once)),
        (Char('z'), none, answered(no)),
        // The keys as shipped are none any more, and a number goes by the row.
        (Char('y'), none, vec![]),
        (Char('n'), none, vec![]),
        (Char('1'), none, answered(Verdict::Once)),
        // Never these, whatever the config says.
        (KeyCode::Enter, none, vec![]),
        (Char(' '), none, vec![]),
        (KeyCode::Esc, none, vec![]),
    ];
    for (code, modifiers, expected) in cases {
        let mut desk = asked(OWN, Risk::Low);
        assert_eq!(ops(&desk.key(code, modifiers)), expected, "{code:?}");
    }
}

#[test]
fn another_key_waits_for_quiet_too_and_a_high_ask_takes_two() {
    let mut desk = asked(OWN, Risk::High);
    desk.press(KeyCode::Char('x'));
    assert_eq!(ops(&desk.press(KeyCode::Char('j'))), [], "it is not quiet");
    desk.wait(400);
    for _ in 0..3 {
        assert_eq!(ops(&desk.press(KeyCode::Char('j'))), []);
    }
    assert_eq!(ops(&desk.press(KeyCode::Enter)), answered(Verdict::Once));
    // What was typed ahead of it is dropped as the shipped key is.
    let mut desk = Desk::running();
    desk.read_config(OWN);
    desk.ask("a", Risk::Low);
    desk.typed("j");
    assert_eq!(ops(&desk.press(KeyCode::Tab)), []);
    assert_eq!((desk.asking(), desk.written().as_str()), (Some("a"), ""));
    assert_eq!(ops(&desk.press(KeyCode::Char('j'))), []);
}

#[test]
fn a_card_and_a_list_have_the_keys_of_the_config_at_once() {
    let mut desk = Desk::running();
    desk.fact(Fact::TurnEnded {
        turn: 1,
        ending: Ending::Failed {
            failure: Failure::new(FailureKind::Network, "it did not go"),
        },
    });
    desk.press(KeyCode::Tab);
    desk.wait(400);
    desk.read_config(OWN);
    assert_eq!(ops(&desk.press(KeyCode::Enter)), []);
    desk.wait(400);
    assert_eq!(ops(&desk.press(KeyCode::Char('a'))), [Op::Again]);

    let mut desk = Desk::open();
    desk.read_config("[keymap.list]\nlist-down = \"alt-n\"\n");
    desk.palette("");
    let at = |desk: &Desk| match &desk.app.overlay {
        Some(Overlay::Palette(palette)) => palette.pick.at,
        _ => usize::MAX,
    };
    desk.press(KeyCode::Down);
    assert_eq!(at(&desk), 0);
    desk.alt('n');
    assert_eq!(at(&desk), 1);
    desk.read_config("");
    desk.press(KeyCode::Down);
    assert_eq!(at(&desk), 2);
}

/// An ask of each kind.
fn ruled() -> About {
    match approval("a", Risk::High).about {
        About::Approval(approval) => About::Approval(crate::protocol::ask::Approval {
            rules: vec!["Bash(cargo test *)".to_owned()],
            ..approval
        }),
        other => other,
    }
}

fn kinds() -> Vec<About> {
    vec![
        ruled(),
        About::Budget {
            worst: Money::usd(1),
            left: Money::usd(1),
            limit: Money::usd(1),
            which: BudgetName::Day,
        },
        About::Guard {
            guard: Guard::Loop,
            text: String::new(),
        },
        About::Unpriced {
            model: "a/b".to_owned(),
        },
        About::Question(Question {
            call: CallId("a".to_owned()),
            text: "which?".to_owned(),
            choices: vec!["this".to_owned()],
        }),
    ]
}

/// Choices of cards that need more than a failure to be offered.
const OFFERED: &[Choice] = &[
    Choice::Fresh,
    Choice::Keep,
    Choice::Look,
    Choice::Leave,
    Choice::GiveKey,
    Choice::ReadAgain,
    Choice::Models,
    Choice::Worktree,
];

/// Why the palette has no row for an action of an ask or a card that is none of its choices.
const IN_PLACE: &[(Action, &str)] = &[
    (
        Action::Choose,
        "it does what is marked, and the palette marks",
    ),
    (Action::MarkAfter, "the palette marks by the name"),
    (Action::MarkBefore, "the palette marks by the name"),
    (Action::RuleScope, "it is of a rule that is made"),
    (Action::AskHunk, "it is of a change that is taken in parts"),
    (Action::RuleLasts, "it is of a rule that is made"),
    (Action::CardBack, "Esc in the palette, and it once more"),
    (Action::Close, "the way back of what has the keys"),
];

/// Why it has none for a place that lies over the screen.
const NO_PALETTE: &[(Place, &str)] = &[
    (Place::List, "the palette takes the place of a list"),
    (
        Place::Question,
        "a question is answered before anything else",
    ),
    (Place::Page, "the palette takes the place of a page"),
    (Place::Help, "the palette takes the place of the help"),
    (Place::Models, "the palette takes the place of the list"),
    (Place::Prompts, "the palette takes the place of the list"),
    (Place::Memory, "the palette takes the place of the list"),
    (Place::Hits, "the palette takes the place of the list"),
    (Place::Imports, "the palette takes the place of the list"),
    (Place::Stash, "the palette takes the place of the list"),
    (Place::Rules, "the palette takes the place of the list"),
    (Place::Turns, "the palette takes the place of the list"),
    (Place::Themes, "the palette takes the place of the list"),
    (Place::Palette, "it is the palette"),
    (Place::Settings, "the palette takes the place of the list"),
    (Place::Files, "the palette takes the place of the files"),
    (Place::Merge, "what is merged is decided where it is shown"),
    (
        Place::Inbox,
        "what is asked in it is answered where it is shown",
    ),
    (Place::FirstPage, "there is nothing yet to find"),
    (
        Place::BoardLine,
        "the palette would take the keys of the line",
    ),
    (
        Place::BoardDelete,
        "what is deleted is decided where it is shown",
    ),
    (Place::Offers, "the palette takes the place of the list"),
    (Place::Search, "the palette would take the keys of the line"),
];

#[test]
fn every_action_over_the_screen_is_in_the_palette_or_says_why_not() {
    for row in table().filter(|row| row.place.is_over()) {
        let chosen = match row.place {
            Place::Ask => kinds().iter().any(|about| {
                choices(about)
                    .iter()
                    .any(|(_, action, _)| *action == row.action)
            }),
            Place::Card => OFFERED.iter().any(|choice| choice.action() == row.action),
            _ => false,
        };
        let everywhere = table().any(|other| other.action == row.action && !other.place.is_over());
        let reason = match row.place {
            Place::Ask | Place::Card => IN_PLACE
                .iter()
                .find(|(action, _)| *action == row.action)
                .map(|row| row.1),
            place => NO_PALETTE
                .iter()
                .find(|(other, _)| *other == place)
                .map(|row| row.1),
        };
        assert!(
            chosen || everywhere || reason.is_some_and(|why| !why.is_empty()),
            "{}: the palette does not lead to it, and nothing says why",
            row.name
        );
    }
}

#[test]
fn the_palette_lists_what_an_ask_offers_and_marks_it_and_answers_nothing() {
    for about in kinds() {
        let offered = choices(&about);
        for (row, (_, action, _)) in offered.iter().enumerate() {
            let mut desk = Desk::running();
            desk.fact(Fact::AskRaised {
                ask: Ask {
                    id: AskId("a".to_owned()),
                    about: about.clone(),
                },
            });
            desk.alt('a');
            desk.wait(400);
            let name = table().find(|row| row.action == *action).unwrap().name;
            desk.palette(name);
            assert_eq!(desk.listed().first(), Some(&Goes::Act(*action)), "{name}");
            assert_eq!(ops(&desk.press(KeyCode::Enter)), [], "{name}");
            let Focus::Ask(ask) = &desk.app.focus else {
                unreachable!("the ask has the keys again");
            };
            assert_eq!((ask.highlight, ask.confirm), (Some(row), None), "{name}");
            // The Enter that chose it, pressed once more, is too early.
            assert_eq!(ops(&desk.press(KeyCode::Enter)), [], "{name}");
        }
    }
    let mut desk = asked("", Risk::Low);
    desk.palette("ask-no");
    desk.press(KeyCode::Enter);
    desk.wait(400);
    let no = Verdict::No { reason: None };
    assert_eq!(ops(&desk.press(KeyCode::Enter)), answered(no));
    // Where no ask has the keys there is nothing to answer.
    let mut desk = Desk::running();
    desk.ask("a", Risk::Low);
    desk.palette("ask-yes");
    assert!(!desk.listed().contains(&Goes::Act(Action::AskYes)));
}

#[test]
fn lines_beside_the_composer_and_what_is_offered_have_keys_of_the_person() {
    let own = "[keymap.board-line]\nboard-line-leave = \"ctrl-g\"\n\
               [keymap.board-delete]\nboard-delete-yes = \"j\"\n\
               [keymap.offers]\noffers-after = \"alt-n\"\noffers-complete = \"right\"\n\
               [keymap.search]\nsearch-enter = \"f5\"\n";
    let mut desk = Desk::running();
    desk.read_config(own);
    // Commands that are offered.
    desk.typed("/mo");
    desk.alt('n');
    assert_eq!(desk.app.slash_at, 1);
    desk.press(KeyCode::Right);
    assert_eq!(desk.written(), "/models");
    desk.ctrl('c');
    // The board: what is sought, and a session that is to be deleted.
    desk.app.act(Action::Sessions);
    desk.typed("/ab");
    let writing = |desk: &Desk| desk.app.board.as_ref().unwrap().writing.clone();
    assert_eq!(writing(&desk), Writing::Find);
    desk.ctrl('g');
    assert_eq!(writing(&desk), Writing::Nothing);
    let sure = |desk: &Desk| matches!(writing(desk), Writing::Delete { sure: true, .. });
    for (key, expected) in [('y', false), ('j', true)] {
        desk.app.board.as_mut().unwrap().writing = Writing::Delete {
            weight: Some(Weight::default()),
            sure: false,
        };
        desk.press(KeyCode::Char(key));
        assert_eq!(sure(&desk), expected, "{key}");
    }
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::Esc);
    // What is sought in the transcript.
    desk.app.focus = Focus::Transcript;
    desk.app.begin_search();
    desk.typed("go");
    let typing = |desk: &Desk| {
        desk.app
            .view()
            .search
            .as_ref()
            .is_some_and(|search| search.typing)
    };
    assert!(typing(&desk));
    desk.press(KeyCode::F(5));
    assert!(!typing(&desk));
}
