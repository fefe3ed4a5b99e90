//! New sessions: the folder they begin in.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use crossterm::event::KeyCode;
use pretty_assertions::assert_eq;

use crate::protocol::rule::Mode;
use crate::tui::app::message::{Cmd, Msg, Tag};
use crate::tui::app::setup::Place;
use crate::tui::app::tests::Desk;
use crate::tui::app::view::Stage;

/// A session that works in `/src/site`, in a workstation that was started in `/src/api`.
fn elsewhere() -> Desk {
    let mut desk = Desk::open();
    let session = desk.app.view_mut().session.as_mut().unwrap();
    session.spec.cwd = PathBuf::from("/src/site");
    desk.app.setup.person_home = Some(PathBuf::from("/home/ada"));
    desk.wait(1);
    desk
}

fn lead(desk: &mut Desk, key: char) {
    desk.ctrl('x');
    desk.press(KeyCode::Char(key));
}

#[test]
fn a_new_session_begins_where_the_one_with_the_focus_works() {
    for key in ['n', 'u', 'v'] {
        let mut desk = elsewhere();
        lead(&mut desk, key);
        assert_eq!(desk.app.view().cwd(), Path::new("/src/site"), "{key}");
        assert_eq!(desk.app.view().stage, Stage::Fresh);
    }
    // One that nothing was said in is gone to, but not one of another folder.
    let mut desk = elsewhere();
    lead(&mut desk, 'n');
    let site = desk.app.view().id;
    lead(&mut desk, 'n');
    assert_eq!((desk.app.view().id, desk.app.views.len()), (site, 2));
    desk.app.view_mut().cwd = PathBuf::from("/src/api");
    desk.wait(1);
    desk.alt('1');
    lead(&mut desk, 'n');
    assert_eq!(desk.app.view().cwd(), Path::new("/src/site"));
    assert_eq!(desk.app.views.len(), 3);
}

#[test]
fn another_folder_is_named_as_in_a_shell() {
    for (named, expected) in [
        ("../api", "/src/api"),
        ("docs/./de/", "/src/site/docs/de"),
        ("/tmp", "/tmp"),
        ("~", "/home/ada"),
        ("~/src", "/home/ada/src"),
        ("~ada", "/src/site/~ada"),
        ("../../../..", "/"),
    ] {
        let mut desk = elsewhere();
        let folder = PathBuf::from(expected);
        desk.typed(&format!("/new {named}"));
        let cmds = desk.press(KeyCode::Enter);
        assert!(cmds.contains(&Cmd::LookAt(folder.clone())), "{cmds:?}");
        assert_eq!(desk.app.views.len(), 1, "it is looked at first");
        desk.update(Msg::Place(folder.clone(), Place::default()));
        assert_eq!((desk.app.view().cwd(), desk.app.views.len()), (&folder, 2));
        // Looked at once more it begins no other.
        desk.update(Msg::Place(folder, Place::default()));
        assert_eq!(desk.app.views.len(), 2);
    }
}

#[test]
fn in_a_folder_that_is_not_there_none_begins() {
    let mut desk = elsewhere();
    desk.typed("/new nowhere");
    desk.press(KeyCode::Enter);
    let gone = Place {
        gone: true,
        ..Place::default()
    };
    desk.update(Msg::Place("/src/site/nowhere".into(), gone));
    assert_eq!(desk.app.views.len(), 1);
    assert_eq!(
        desk.app.note.as_ref().unwrap().text,
        "there is no folder /src/site/nowhere, or it cannot be read"
    );
}

#[test]
fn who_else_writes_in_its_folder_is_asked_before_the_first_prompt() {
    for key in ['v', 's', 'n', 'u'] {
        let mut desk = Desk::running();
        desk.ctrl('x');
        let cmds = desk.press(KeyCode::Char(key));
        let session = desk.app.view().id;
        let asked = |cmd: &Cmd| matches!(cmd, Cmd::Ask(Tag::Writers(of), _) if *of == session);
        assert!(cmds.iter().any(asked), "{key}: {cmds:?}");
    }
}

#[test]
fn what_a_session_will_begin_with_is_shown_before_its_first_prompt() {
    let mut desk = Desk::new();
    let now = |desk: &Desk| desk.app.now.wall;
    // It is said, and no mode that is safer than what holds.
    let shown = |desk: &Desk| {
        let view = desk.app.view();
        let left = view.loan().map(|loan| loan.left(now(desk)));
        (view.mode(now(desk)), left, view.lasting_mode(now(desk)))
    };
    desk.typed("/mode auto 45m");
    desk.press(KeyCode::Enter);
    let left = Some("45m left".to_owned());
    assert_eq!(shown(&desk), (Mode::Auto, left, Mode::Ask));
    // One over another: the first is not sent any more.
    desk.typed("/mode edits 20m");
    desk.press(KeyCode::Enter);
    assert_eq!(shown(&desk).0, Mode::Edits);
    assert_eq!(desk.app.view().after_open.len(), 1);
    desk.wait(21 * 60_000);
    assert_eq!(shown(&desk).0, Mode::Ask);
    desk.typed("/mode auto 45m");
    desk.press(KeyCode::Enter);
    desk.typed("/mode plan");
    desk.press(KeyCode::Enter);
    assert_eq!(shown(&desk), (Mode::Plan, None, Mode::Plan));
    assert_eq!(desk.app.view().after_open, []);
}
