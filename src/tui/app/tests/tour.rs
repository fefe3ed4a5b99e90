//! Sessions beside one of the tour, and the way on without a model.

use std::path::PathBuf;

use crossterm::event::KeyCode;
use pretty_assertions::assert_eq;

use crate::protocol::id::ModelRef;
use crate::tui::app::App;
use crate::tui::app::first_run::FirstRun;
use crate::tui::app::message::Msg;
use crate::tui::app::setup::Setup;
use crate::tui::app::tests::{Desk, model, now};

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
    assert_eq!(split(&mut touring(None)), None);
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
    assert_eq!(split(&mut desk), None);
}

#[test]
fn without_a_model_enter_leads_to_the_ways_to_one() {
    let mut desk = touring(None);
    split(&mut desk);
    assert_eq!(desk.app.first_run, None);
    assert_eq!(desk.press(KeyCode::Enter), []);
    assert_eq!(desk.app.first_run, Some(FirstRun::default()));
    // With one it does nothing.
    let mut desk = Desk::new();
    assert_eq!(desk.press(KeyCode::Enter), []);
    assert_eq!(desk.app.first_run, None);
}
