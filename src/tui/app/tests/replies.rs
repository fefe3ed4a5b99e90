//! What is written on the board: it goes to the session it was begun for, and is kept.
#![allow(clippy::unwrap_used)]

use crossterm::event::KeyCode;

use crate::protocol::event::{Fact, When};
use crate::protocol::op::{Managed, Op};
use crate::protocol::query::{Page, Query};
use crate::protocol::session::{Card, Change, State};
use crate::tui::app::board::Writing;
use crate::tui::app::board::entries::{Group, Line};
use crate::tui::app::elsewhere::ReadOnly;
use crate::tui::app::message::Msg;
use crate::tui::app::pointer::Spot;
use crate::tui::app::tests::board::{asked, card};
use crate::tui::app::tests::{Desk, id, ops, submit};

fn written(desk: &Desk) -> String {
    match &desk.app.board.as_ref().unwrap().writing {
        Writing::Reply(text) => text.as_str().to_owned(),
        _ => String::new(),
    }
}

fn two(desk: &mut Desk) {
    let cards = [card(1, "one", State::Done), card(2, "two", State::Done)];
    desk.board(cards.to_vec());
    desk.char('g');
    assert_eq!(desk.marked(), Some(id(1)));
}

#[test]
fn what_is_written_to_stays_though_the_list_no_longer_has_it() {
    let archived = Change::Archived { archived: true };
    let goes: [&dyn Fn(&mut Desk); 2] = [
        // Put away by another process: the next page is without it.
        &|desk| {
            desk.shelf(vec![card(2, "two", State::Done)], &[]);
        },
        &|desk| {
            let change = archived.clone();
            desk.fact_of(id(1), Fact::SessionChanged { change });
        },
    ];
    for goes in goes {
        let mut desk = Desk::new();
        two(&mut desk);
        desk.press(KeyCode::Tab);
        desk.typed("hel");
        goes(&mut desk);
        assert_eq!(ops(&desk.typed("pAx")), []);
        assert_eq!(desk.marked(), Some(id(1)));
        let sent = ops(&desk.press(KeyCode::Enter));
        assert_eq!(sent.first(), Some(&Op::Resume));
        assert_eq!(sent.last(), Some(&submit("helpAx", When::Step)));
    }
}

#[test]
fn what_was_written_to_a_session_that_is_deleted_runs_no_keys() {
    let mut desk = Desk::new();
    two(&mut desk);
    desk.press(KeyCode::Tab);
    desk.typed("hel");
    let purged = Managed::Purged {
        sessions: 1,
        events: 9,
        blobs: 0,
        stopped: None,
        copies: Vec::new(),
    };
    desk.update(Msg::Managed(id(1), purged));
    assert_eq!(ops(&desk.typed("pAx")), []);
    assert_eq!(ops(&desk.press(KeyCode::Enter)), []);
    assert!(desk.said().contains("no longer here"), "{}", desk.said());
    assert_eq!(written(&desk), "helpAx");
    desk.press(KeyCode::Esc);
    assert_eq!(desk.marked(), Some(id(2)));
}

#[test]
fn a_session_that_another_process_had_is_taken_over_when_it_is_free() {
    let mut desk = Desk::running();
    let here = desk.app.view().id;
    desk.app.view_mut().read_only = Some(ReadOnly::new("held by process 4711"));
    let last = desk.app.view().session.as_ref().unwrap().last_seq;
    let known = |state| Card {
        id: here,
        ..card(1, "one", state)
    };
    let group = |desk: &Desk| match desk.app.board_lines()[..] {
        [Line::Head(group), Line::Session(_)] => group,
        ref lines => panic!("{lines:?}"),
    };
    desk.board(Vec::new());
    assert_eq!(group(&desk), Group::Working, "as it was seen last");
    // What the log has is newer than what the tab has read.
    desk.shelf(vec![known(State::Waiting)], &[(here, 4711)]);
    assert_eq!(group(&desk), Group::NeedsYou);
    desk.press(KeyCode::Tab);
    desk.typed("go on");
    assert_eq!(ops(&desk.press(KeyCode::Enter)), []);
    desk.shelf(vec![known(State::Done)], &[]);
    assert_eq!(group(&desk), Group::Earlier);
    desk.press(KeyCode::Tab);
    let cmds = desk.press(KeyCode::Enter);
    assert_eq!(ops(&cmds), [Op::Resume, submit("go on", When::Step)]);
    assert_eq!(desk.said(), "sent");
    let page = Page::After(last);
    let missed = |query: &&Query| matches!(query, Query::History { session, page: asked, .. } if *session == here && *asked == page);
    assert_eq!(asked(&cmds).iter().filter(|query| missed(query)).count(), 1);
    // So does a change.
    desk.app.view_mut().read_only = Some(ReadOnly::new("held by process 4711"));
    let change = Change::Pinned { pinned: true };
    assert_eq!(ops(&desk.char('p')), [Op::Resume, Op::Change { change }]);
}

#[test]
fn what_is_put_away_comes_back_before_it_is_spoken_to() {
    let mut desk = Desk::new();
    desk.board(Vec::new());
    desk.char('/');
    desk.typed("one");
    desk.shelf(vec![card(1, "one", State::Archived)], &[]);
    desk.press(KeyCode::Enter);
    desk.press(KeyCode::Tab);
    desk.typed("go on");
    let change = Change::Archived { archived: false };
    assert_eq!(
        ops(&desk.press(KeyCode::Enter)),
        [
            Op::Resume,
            Op::Change { change },
            submit("go on", When::Step)
        ]
    );
    assert_eq!(desk.said(), "taken back from the archive, and sent");
}

#[test]
fn a_reply_that_was_left_comes_back_with_tab_however_it_was_left() {
    let goes: [&dyn Fn(&mut Desk); 4] = [
        &|desk| {
            desk.press(KeyCode::Esc);
        },
        &|desk| {
            desk.update(Msg::Click(Spot::Row(id(2))));
        },
        &|desk| {
            desk.ctrl('c');
            two(desk);
        },
        // Refused: another process has it.
        &|desk| {
            let cards = [card(1, "one", State::Done), card(2, "two", State::Done)];
            desk.shelf(cards.to_vec(), &[(id(1), 4711)]);
            assert_eq!(ops(&desk.press(KeyCode::Enter)), []);
        },
    ];
    for goes in goes {
        let mut desk = Desk::new();
        two(&mut desk);
        desk.press(KeyCode::Tab);
        desk.typed("hel");
        goes(&mut desk);
        // Another one is written and left meanwhile.
        desk.char('G');
        assert_eq!(desk.marked(), Some(id(2)));
        desk.press(KeyCode::Tab);
        assert_eq!(written(&desk), "");
        desk.typed("clean up");
        desk.press(KeyCode::Esc);
        desk.char('g');
        desk.press(KeyCode::Tab);
        assert_eq!(written(&desk), "hel");
        desk.press(KeyCode::Esc);
        desk.char('G');
        desk.press(KeyCode::Tab);
        assert_eq!(written(&desk), "clean up");
    }
}
