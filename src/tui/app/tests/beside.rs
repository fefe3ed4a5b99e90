//! What stands beside a session: its card, its folder, notices, another process that runs it.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::time::Duration;

use crossterm::event::KeyCode;

use crate::protocol::ask::{Risk, Verdict};
use crate::protocol::event::{Delta, Ending, Event, Fact, Signal, Waiting, When};
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::id::{AskId, MessageId, Seq};
use crate::protocol::item::Block;
use crate::protocol::op::Op;
use crate::protocol::query::{Found, Page, Query};
use crate::protocol::rule::Mode;
use crate::protocol::session::{OpenRequest, State};
use crate::protocol::time::Time;
use crate::tui::app::elsewhere::ReadOnly;
use crate::tui::app::message::{Cmd, Msg, Tag};
use crate::tui::app::setup::{Opened, Place, Setup};
use crate::tui::app::tests::{Desk, model, now, ops, submit, verdict};
use crate::tui::app::{App, Focus};

#[test]
fn a_wait_before_a_retry_is_cut_short_from_its_card() {
    let mut desk = Desk::running();
    let session = desk.app.view().id;
    let retry = |failure| Signal::Delta {
        session,
        delta: Delta::Waiting { what: failure },
    };
    desk.update(Msg::Signals(vec![retry(Waiting::Retry {
        failure: Failure::new(FailureKind::Network, "no way there"),
        attempt: 2,
        attempts: 6,
        endless: false,
        until: Time(8_000),
    })]));
    desk.press(KeyCode::Tab);
    assert!(matches!(desk.app.focus, Focus::Card(_)));
    assert_eq!(
        ops(&desk.press(KeyCode::Enter)),
        [],
        "not before it is ready"
    );
    desk.wait(500);
    assert_eq!(ops(&desk.press(KeyCode::Enter)), [Op::Continue]);
    desk.press(KeyCode::Tab);
    desk.update(Msg::Signals(vec![retry(Waiting::Nothing)]));
    assert_eq!(desk.app.focus, Focus::Composer, "the card is gone");
}

#[test]
fn what_another_process_does_is_read_from_the_log_while_it_works() {
    let mut desk = Desk::running();
    let session = desk.app.view().id;
    desk.app.view_mut().typed = None;
    desk.app.keeping.due = None;
    desk.app.view_mut().read_only = Some(ReadOnly::new("held by process 4711"));
    let last = desk.app.view().session.as_ref().unwrap().last_seq;
    let missed = Cmd::Ask(
        Tag::Missed(session),
        Query::History {
            session,
            page: Page::After(last),
            limit: 2_000,
        },
    );
    assert_eq!(desk.app.wake(), Some(Duration::from_secs(1)));
    assert_eq!(desk.wait(1_000), [missed]);
    assert_eq!(desk.wait(1_000), [], "one question at a time");
    let ended = Event {
        seq: Seq(last.0 + 1),
        session,
        at: Time(2_000),
        fact: Fact::TurnEnded {
            turn: 1,
            ending: Ending::Finished,
        },
    };
    desk.update(Msg::Found(
        Tag::Missed(session),
        Found::History(vec![ended]),
    ));
    assert!(!desk.app.view().running());
    assert_eq!(desk.app.wake(), None, "it stands still, and so does this");
}

#[test]
fn what_waits_in_another_process_is_followed_until_it_is_answered_there() {
    let mut desk = Desk::running();
    desk.ask("a", Risk::Low);
    desk.app.view_mut().typed = None;
    desk.app.keeping.due = None;
    desk.app.view_mut().read_only = Some(ReadOnly::new("held by process 4711"));
    assert_eq!(desk.app.view().state(), State::Waiting);
    assert_eq!(desk.app.wake(), Some(Duration::from_secs(1)));
    let session = desk.app.view().id;
    let cmds = desk.wait(1_000);
    assert!(
        matches!(&cmds[..], [Cmd::Ask(Tag::Missed(id), _)] if *id == session),
        "{cmds:?}"
    );
}

#[test]
fn each_session_has_the_branch_of_its_own_folder() {
    let mut desk = Desk::new();
    let folder = PathBuf::from("/tmp/tour");
    let cmds = desk.update(Msg::Tour(Ok(folder.clone())));
    assert_eq!(cmds, [Cmd::LookAt(folder.clone())]);
    assert_eq!(desk.app.place(&folder), None, "not known is not shown");
    let place = Place {
        branch: Some("tide".to_owned()),
        ..Place::default()
    };
    desk.update(Msg::Place(folder.clone(), place.clone()));
    assert_eq!(desk.app.place(desk.app.view().cwd()), Some(&place));
}

#[test]
fn a_notice_stays_until_it_is_put_away() {
    let mut desk = Desk::new();
    desk.update(Msg::Ready(Opened {
        notices: vec!["3 events were lost".to_owned()],
        read_only: true,
    }));
    desk.wait(60_000);
    assert_eq!(desk.app.notices.len(), 1);
    desk.ctrl('x');
    desk.typed("O");
    assert!(desk.app.notices.is_empty() && desk.app.read_only);
}

#[test]
fn started_in_the_home_folder_another_one_is_chosen_first() {
    let setup = Setup {
        cwd: PathBuf::from("/home/ada"),
        unsuitable: true,
        model: Some(model("a/b")),
        ..Setup::default()
    };
    let mut desk = Desk {
        app: App::new(setup, (100, 30), now(0)),
        millis: 0,
        seq: 0,
    };
    desk.press(KeyCode::Esc);
    assert!(desk.app.first_run.is_some(), "no way around it");
    assert_eq!(desk.press(KeyCode::Enter), [Cmd::Scratch]);
    let folder = PathBuf::from("/tmp/creel-scratch-1");
    desk.update(Msg::Scratch(Ok(folder.clone())));
    assert_eq!(
        (&desk.app.first_run, desk.app.view().cwd()),
        (&None, &folder)
    );
    desk.typed("go");
    let request = OpenRequest {
        cwd: folder,
        model: model("a/b"),
        mode: Mode::Ask,
        worktree: None,
        effort: None,
    };
    assert_eq!(
        ops(&desk.press(KeyCode::Enter)),
        [Op::Open { request }, submit("go", When::Step)]
    );
}

#[test]
fn in_the_home_folder_the_repositories_below_it_are_offered() {
    let setup = Setup {
        cwd: PathBuf::from("/home/ada"),
        unsuitable: true,
        model: Some(model("a/b")),
        ..Setup::default()
    };
    let mut desk = Desk {
        app: App::new(setup, (100, 30), now(0)),
        millis: 0,
        seq: 0,
    };
    let cmds = desk.update(Msg::Ready(Opened::default()));
    assert!(
        cmds.contains(&Cmd::LookBelow("/home/ada".into(), 7)),
        "{cmds:?}"
    );
    // The last row, a scratch folder, was gone to before they came.
    desk.update(Msg::Below(vec!["/home/ada/src/api".into()]));
    desk.press(KeyCode::Down);
    desk.update(Msg::Below(vec!["/home/ada/src/web".into()]));
    assert_eq!(desk.press(KeyCode::Enter), [Cmd::Scratch]);
    let folder = PathBuf::from("/home/ada/src/api");
    assert_eq!(desk.press(KeyCode::Char('1')), [Cmd::LookAt(folder)]);
}

#[test]
fn the_number_of_a_folder_is_its_own_whatever_is_found_later() {
    let setup = Setup {
        cwd: PathBuf::from("/home/ada"),
        unsuitable: true,
        model: Some(model("a/b")),
        ..Setup::default()
    };
    let found: [PathBuf; 2] = ["/home/ada/src/api".into(), "/home/ada/src/web".into()];
    for pressed in ['0', '1', '2', '3'] {
        let mut does = Vec::new();
        for many in 0..=found.len() {
            let mut desk = Desk {
                app: App::new(setup.clone(), (100, 30), now(0)),
                millis: 0,
                seq: 0,
            };
            desk.update(Msg::Ready(Opened::default()));
            desk.update(Msg::Below(found[..many].to_vec()));
            does.extend(desk.press(KeyCode::Char(pressed)));
        }
        does.dedup();
        assert!(does.len() < 2, "{pressed}: {does:?}");
    }
}

#[test]
fn what_was_queued_behind_an_ask_is_the_reason_of_a_no() {
    let mut desk = Desk::running();
    desk.ask("a", Risk::Low);
    desk.fact(Fact::MessageQueued {
        id: MessageId(7),
        blocks: vec![Block::text("not in ci")],
        when: When::Step,
    });
    desk.alt('a');
    desk.wait(400);
    desk.press(KeyCode::Char('N'));
    let cmds = desk.press(KeyCode::Enter);
    let no = Op::Answer {
        ask: AskId("a".to_owned()),
        answer: verdict(Verdict::No {
            reason: Some("not in ci".to_owned()),
        }),
    };
    // It is a message no more, and taken back once.
    let taken = Op::Withdraw {
        message: MessageId(7),
    };
    assert_eq!(ops(&cmds), [taken, no]);
    assert!(desk.app.newest_queued().is_none());
}
