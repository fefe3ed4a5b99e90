//! What follows a deletion on the board: the mark, the words, and the key that undoes.
#![allow(clippy::unwrap_used)]

use crossterm::event::KeyCode;
use pretty_assertions::assert_eq;

use crate::protocol::board::Weight;
use crate::protocol::event::{Ending, Fact};
use crate::protocol::id::SessionId;
use crate::protocol::op::Managed;
use crate::protocol::query::Found;
use crate::protocol::session::State;
use crate::tui::app::message::{Msg, Tag};
use crate::tui::app::tests::board::card;
use crate::tui::app::tests::{Desk, id};

impl Desk {
    fn deletes(&mut self, session: SessionId) {
        self.char('D');
        let weight = Weight {
            items: 2,
            bytes: 900,
            worktree: None,
        };
        self.update(Msg::Found(Tag::Weight(session), Found::Weight(weight)));
        self.char('y');
        self.press(KeyCode::Enter);
    }

    fn deleted(&mut self, session: SessionId) {
        let purged = Managed::Purged {
            sessions: 1,
            events: 42,
            blobs: 1,
            stopped: None,
            copies: Vec::new(),
        };
        self.update(Msg::Managed(session, purged));
    }
}

#[test]
fn the_mark_goes_to_the_next_session_though_the_deleted_one_moved() {
    let mut desk = Desk::running();
    let here = desk.app.view().id;
    desk.fact(Fact::TurnEnded {
        turn: 1,
        ending: Ending::Finished,
    });
    let mut cards: Vec<_> = (1..=4)
        .map(|number| card(number, "other", State::Done))
        .collect();
    cards.push(card(9, "here", State::Done));
    cards[4].id = here;
    desk.board(cards);
    let rows = |desk: &Desk| -> Vec<SessionId> {
        let lines = desk.app.board_lines().iter();
        lines
            .filter_map(|line| match line {
                crate::tui::app::board::entries::Line::Session(entry) => Some(entry.id),
                crate::tui::app::board::entries::Line::Head(_) => None,
            })
            .collect()
    };
    let all = rows(&desk);
    let at = all.iter().position(|id| *id == here).unwrap();
    let next = all[at + 1];
    desk.app.board.as_mut().unwrap().at = Some(here);
    desk.deletes(here);
    desk.deleted(here);
    assert_eq!(desk.app.board.as_ref().unwrap().at, Some(next));
}

#[test]
fn a_delete_is_said_to_stay_and_nothing_older_is_undone_in_its_place() {
    let mut desk = Desk::new();
    desk.board(vec![
        card(1, "one", State::Done),
        card(2, "two", State::Done),
    ]);
    desk.char('p');
    let pinned = desk.said().to_owned();
    assert!(pinned.starts_with("pinned: "), "{pinned}");
    desk.char('G');
    let marked = desk.marked().unwrap();
    let title = if marked == id(1) { "one" } else { "two" };
    desk.deletes(marked);
    desk.deleted(marked);
    assert_eq!(desk.said(), "deleted for good: 42 facts and 1 output");
    desk.char('u');
    let other = if title == "one" { "two" } else { "one" };
    assert_eq!(
        desk.said(),
        format!("a delete stays (deleted: {title}); u again undoes: pinned: {other}")
    );
    desk.char('u');
    assert_eq!(desk.said(), format!("undone: pinned: {other}"));
}
