//! Sessions beside one of the tour, and the way on without a model.

use std::path::PathBuf;

use crossterm::event::KeyCode;
use pretty_assertions::assert_eq;

use crate::protocol::event::{Fact, When};
use crate::protocol::id::ModelRef;
use crate::protocol::op::Op;
use crate::protocol::rule::Mode;
use crate::protocol::session::SessionSpec;
use crate::protocol::usage::Cause;
use crate::tui::app::App;
use crate::tui::app::first_run::FirstRun;
use crate::tui::app::message::Msg;
use crate::tui::app::overlay::Overlay;
use crate::tui::app::setup::Setup;
use crate::tui::app::tests::{Desk, model, now, ops, submit};

fn touring(setup: Option<&str>) -> Desk {
    let setup = Setup {
        model: setup.map(model),
        ..Setup::default()
    };
    let mut desk = Desk {
        app: App::new(setup, (100, 30), now(0)),
        millis: 0,
        seq: 0,
    };
    desk.update(Msg::Tour(Ok(PathBuf::from("/tmp/tour"))));
    desk.wait(1);
    desk
}

fn split(desk: &mut Desk) -> Option<ModelRef> {
    desk.ctrl('x');
    desk.press(KeyCode::Char('v'));
    desk.app.view().model().cloned()
}

#[test]
fn beside_the_tour_a_session_has_the_model_of_any_new_one() {
    // Nobody has chosen any: a script that takes tool words, which is kept nowhere.
    let words = Some(model("rehearsal/words"));
    let mut desk = touring(None);
    assert_eq!(split(&mut desk), words);
    assert_eq!(desk.app.setup.model, None);
    assert_eq!(split(&mut touring(Some("a/b"))), Some(model("a/b")));
    // One that was taken in another session is at hand, the tour's own never.
    let mut desk = touring(None);
    split(&mut desk);
    desk.app.view_mut().model = Some(model("c/d"));
    desk.wait(1);
    desk.alt('1');
    assert!(desk.app.view().tour);
    assert_eq!(split(&mut desk), Some(model("c/d")));
    // Opened again it is known by its model alone.
    let mut desk = touring(None);
    desk.app.view_mut().tour = false;
    assert_eq!(split(&mut desk), words);
    // A model is preferred to a script that was begun later.
    let mut desk = touring(None);
    split(&mut desk);
    desk.app.view_mut().model = Some(model("c/d"));
    desk.wait(1);
    desk.alt('1');
    desk.wait(1);
    split(&mut desk);
    desk.app.view_mut().model = words;
    desk.wait(1);
    desk.alt('1');
    assert_eq!(desk.app.model_for_new(), Some(model("c/d")));
}

#[test]
fn beside_the_tour_sessions_begin_where_creel_was_started() {
    let mut desk = touring(None);
    desk.app.setup.cwd = PathBuf::from("/src/api");
    desk.ctrl('x');
    assert_eq!(desk.press(KeyCode::Char('N')).len(), 1, "it is planned");
    assert!(matches!(desk.app.overlay, Some(Overlay::NewWorktree(_))));
    desk.press(KeyCode::Esc);
    desk.ctrl('x');
    desk.press(KeyCode::Char('n'));
    let view = desk.app.view();
    assert_eq!(view.cwd(), &PathBuf::from("/src/api"));
    assert_eq!(view.model(), Some(&model("rehearsal/words")));
    let mut desk = touring(None);
    desk.app.setup.cwd = PathBuf::from("/src/api");
    split(&mut desk);
    assert_eq!(desk.app.view().cwd(), &PathBuf::from("/src/api"));
}

#[test]
fn without_a_model_enter_leads_to_the_ways_to_one() {
    // The script that stands in for one is no model either.
    for stands_in in [true, false] {
        let mut desk = touring(None);
        split(&mut desk);
        if !stands_in {
            desk.app.view_mut().model = None;
        }
        assert_eq!(desk.app.first_run, None);
        assert_eq!(desk.press(KeyCode::Enter), []);
        let over = FirstRun {
            over: true,
            ..FirstRun::default()
        };
        assert_eq!(desk.app.first_run, Some(over));
        // Whoever goes on typing has not seen it.
        for letter in "just 2 quick".chars() {
            assert_eq!(desk.press(KeyCode::Char(letter)), []);
        }
        assert_eq!(desk.app.first_run, None);
        assert_eq!(desk.written(), "just 2 quick");
    }
    // With one it does nothing.
    let mut desk = Desk::new();
    assert_eq!(desk.press(KeyCode::Enter), []);
    assert_eq!(desk.app.first_run, None);
}

#[test]
fn space_hurries_what_the_script_says_and_is_typed_anywhere_else() {
    let mut desk = touring(None);
    let space = |desk: &mut Desk| ops(&desk.press(KeyCode::Char(' ')));
    // The first prompt is written there.
    assert_eq!(space(&mut desk), []);
    desk.app.view_mut().composer.set("");
    assert_eq!(space(&mut desk), []);
    let mut desk = Desk::running();
    assert_eq!(space(&mut desk), []);
    desk.app.view_mut().composer.set("");
    desk.app.view_mut().tour = true;
    assert_eq!(space(&mut desk), [Op::Hurry]);
    assert!(desk.written().is_empty());
    desk.typed("x");
    assert_eq!(space(&mut desk), []);
}

/// The story of the first session up to a step.
fn told(desk: &mut Desk, step: u32) -> Vec<Op> {
    let session = desk.app.view().id;
    let facts = [
        Fact::SessionOpened {
            spec: SessionSpec {
                cwd: PathBuf::from("/tmp/tour"),
                project: PathBuf::from("/tmp/tour"),
                model: model("rehearsal/tour"),
                mode: Mode::Ask,
                effort: None,
                system: String::new(),
                parent: None,
                worktree: None,
                forked: None,
                source: None,
            },
        },
        Fact::TurnStarted { turn: 1 },
    ];
    let called = (1..=step).map(|step| Fact::ModelCalled {
        turn: 1,
        step,
        attempt: 1,
        model: model("rehearsal/tour"),
        reserved: None,
        cause: Cause::Work,
        body: None,
    });
    let facts = facts.into_iter().chain(called);
    let told: Vec<_> = facts.flat_map(|fact| desk.fact_of(session, fact)).collect();
    ops(&told)
}

#[test]
fn in_the_middle_of_the_tour_a_second_session_works_beside_it() {
    let mut desk = touring(None);
    desk.press(KeyCode::Enter);
    assert_eq!(told(&mut desk, 2), []);
    let (first, pane) = (desk.app.view().id, desk.app.panes.focus());
    let said = told(&mut desk, 3);
    assert!(matches!(said[0], Op::Open { .. }));
    let aside = "Write down for others what the table counts in.";
    assert_eq!(said[1..], [submit(aside, When::Step)]);
    // It is seen, the keys stay, and it is no choice for other sessions.
    assert_eq!(desk.app.panes.all().len(), 2);
    assert_eq!((desk.app.view().id, desk.app.panes.focus()), (first, pane));
    let second = desk.app.view().beside.unwrap();
    assert!(
        desk.app
            .panes
            .all()
            .iter()
            .any(|pane| pane.session == second)
    );
    assert_eq!(desk.app.model_for_new(), Some(model("rehearsal/words")));
    // Once.
    assert_eq!(told(&mut desk, 4), []);
}

#[test]
fn without_room_for_two_panes_the_second_session_is_a_tab() {
    let mut desk = touring(None);
    desk.app.size = (79, 24);
    desk.press(KeyCode::Enter);
    assert_eq!(told(&mut desk, 3).len(), 2);
    assert_eq!(desk.app.panes.all().len(), 1);
    assert_eq!(desk.app.views.len(), 2);
}
