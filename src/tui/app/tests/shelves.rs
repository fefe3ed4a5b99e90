//! What the board reads of the log: when it asks, in which pages, and of what it peeks.
#![allow(clippy::unwrap_used)]

use crossterm::event::KeyCode;

use crate::protocol::board::{Glimpse, Shelf};
use crate::protocol::event::{Ending, Fact};
use crate::protocol::op::Op;
use crate::protocol::query::{Found, Query};
use crate::protocol::session::{Card, Change, State};
use crate::protocol::time::Time;
use crate::tui::app::board::LOOK;
use crate::tui::app::message::{Cmd, Msg, Tag};
use crate::tui::app::setup::Opened;
use crate::tui::app::tests::board::{asked, card};
use crate::tui::app::tests::{Desk, id, ops};

#[test]
fn the_log_is_looked_at_again_only_while_the_board_is_open() {
    let mut desk = Desk::new();
    assert_eq!(desk.app.wake(), None);
    desk.board(Vec::new());
    let wake = desk.app.wake().unwrap();
    assert!(wake <= desk.app.now.since + LOOK);
    let cmds = desk.wait(LOOK.as_millis() as u64);
    assert!(matches!(asked(&cmds)[..], [Query::Board(_)]), "{cmds:?}");
    desk.press(KeyCode::Esc);
    assert_eq!(desk.app.wake(), None);
}

#[test]
fn what_lies_below_the_first_page_is_read_from_where_it_ends() {
    let mut desk = Desk::new();
    desk.ctrl('x');
    desk.char('w');
    // One old session is on the first page because it is pinned; it is not where the page ends.
    let mut cards: Vec<Card> = (1..=200).map(|n| card(n, "new", State::Done)).collect();
    cards.push(card(9_000, "pinned", State::Done));
    let first = |desk: &Desk| {
        let reaches = Some(Time(-200));
        let tag = Tag::Board(desk.app.board.as_ref().unwrap().question);
        let (cards, total) = (cards.clone(), 300);
        let shelf = Shelf {
            cards,
            reaches,
            total,
            ..Shelf::default()
        };
        Msg::Found(tag, Found::Board(shelf))
    };
    let before = |cmds: &[Cmd]| {
        let asked = asked(cmds).into_iter();
        let mut times = asked.filter_map(|query| match query {
            Query::Board(wanted) => Some(wanted.before),
            _ => None,
        });
        times.next().flatten()
    };
    desk.update(first(&desk));
    let down = desk.char('G');
    assert_eq!(before(&down), Some(Time(-200)));
    // The first page comes anew before the one below, and again after it.
    desk.wait(LOOK.as_millis() as u64);
    desk.update(first(&desk));
    let below = down.iter().find_map(|cmd| match cmd {
        Cmd::Ask(tag, Query::Board(_)) => Some(*tag),
        _ => None,
    });
    let page = Shelf {
        cards: (200..=300).map(|n| card(n, "old", State::Done)).collect(),
        total: 300,
        ..Shelf::default()
    };
    desk.update(Msg::Found(below.unwrap(), Found::Board(page)));
    desk.wait(LOOK.as_millis() as u64);
    desk.update(first(&desk));
    let cards = &desk.app.board.as_ref().unwrap().cards;
    assert_eq!(cards.len(), 301);
    assert!(cards.is_sorted_by_key(|card| std::cmp::Reverse(card.active)));
    assert_eq!(before(&desk.char('G')), None, "the end was reached");
}

#[test]
fn the_peek_is_of_the_marked_session_and_as_new_as_its_card() {
    let mut desk = Desk::new();
    let one = card(1, "one", State::Working);
    desk.board(vec![one.clone(), card(2, "two", State::Working)]);
    let glimpse = |prompt: &str| Glimpse {
        prompt: prompt.to_owned(),
        ..Glimpse::default()
    };
    let told = |n, prompt| Msg::Found(Tag::Glimpse(id(n)), Found::Glimpse(glimpse(prompt)));
    desk.char('g');
    desk.update(told(1, "mend it"));
    // One was marked for a moment; its words come too late.
    desk.update(told(2, "clean up"));
    let seen = desk.app.board.as_ref().unwrap().glimpse.clone();
    assert_eq!(seen, Some((id(1), glimpse("mend it"))));
    // It goes on in another terminal.
    let page = |active, state| {
        let active = Time(active);
        vec![
            Card {
                state,
                active,
                ..one.clone()
            },
            card(2, "two", State::Working),
        ]
    };
    let asks = |desk: &mut Desk, cards| {
        let cmds = desk.shelf(cards, &[(id(1), 4711)]);
        let asked = asked(&cmds).into_iter();
        asked
            .filter(|query| **query == Query::Glimpse { session: id(1) })
            .count()
    };
    assert_eq!(
        asks(&mut desk, page(-1, State::Working)),
        0,
        "nothing happened"
    );
    assert_eq!(asks(&mut desk, page(7, State::Working)), 1);
    assert_eq!(asks(&mut desk, page(7, State::Waiting)), 1);
    assert_eq!(asks(&mut desk, page(7, State::Waiting)), 0);
}

#[test]
fn a_log_that_cannot_be_opened_is_not_asked_and_the_board_says_why() {
    let boards = |cmds: &[Cmd]| {
        let asked = asked(cmds).into_iter();
        asked
            .filter(|query| matches!(query, Query::Board(_)))
            .count()
    };
    for opens in [true, false] {
        let mut desk = Desk::beginning();
        desk.ctrl('x');
        assert_eq!(asked(&desk.char('w')), [] as [&Query; 0]);
        assert_eq!(
            asked(&desk.wait(LOOK.as_millis() as u64)),
            [] as [&Query; 0]
        );
        if opens {
            assert_eq!(boards(&desk.update(Msg::Ready(Opened::default()))), 1);
            assert_eq!(boards(&desk.wait(LOOK.as_millis() as u64)), 1);
            continue;
        }
        let cmds = desk.update(Msg::Broken("it is of\na newer Creel".to_owned()));
        assert_eq!(cmds, []);
        let why = desk.app.board.as_ref().unwrap().failed.as_deref();
        assert_eq!(
            why,
            Some("the log could not be opened: it is of a newer Creel")
        );
        assert_eq!(desk.wait(LOOK.as_millis() as u64), []);
        assert_eq!(desk.app.wake(), None, "nothing will come");
    }
}

#[test]
fn undoing_brings_a_closed_tab_back_to_its_place() {
    // Closed by itself, and with the session that was put away.
    let archived = |archived| Op::Change {
        change: Change::Archived { archived },
    };
    for by_archive in [false, true] {
        let mut desk = Desk::open();
        let first = desk.app.view().id;
        let ending = Ending::Finished;
        desk.fact(Fact::TurnEnded { turn: 1, ending });
        desk.ctrl('x');
        desk.char('n');
        desk.typed("two");
        desk.alt('1');
        let closed = if by_archive {
            desk.board(Vec::new());
            desk.char('g');
            desk.char('A')
        } else {
            desk.ctrl('x');
            desk.char('X')
        };
        assert_eq!(ops(&closed).last(), Some(&Op::Close));
        assert_eq!(desk.app.views.len(), 1);
        if !by_archive {
            assert!(desk.said().starts_with("closed: "), "{}", desk.said());
            assert!(
                desk.said().ends_with("; ^X w, then u, opens it again"),
                "{}",
                desk.said()
            );
            desk.board(vec![card(9, "other", State::Done)]);
        }
        let undone = ops(&desk.char('u'));
        let expected: &[Op] = if by_archive {
            &[Op::Resume, archived(false)]
        } else {
            &[Op::Resume]
        };
        assert_eq!(undone, expected);
        let tabs: Vec<_> = desk.app.views.iter().map(|view| view.id).collect();
        assert_eq!((tabs.len(), tabs[0]), (2, first));
        assert!(desk.app.board.is_some());
        desk.char('u');
        assert!(
            desk.said().starts_with("nothing to undo"),
            "{}",
            desk.said()
        );
    }
}
