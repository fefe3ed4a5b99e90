//! The help, wherever it is asked for: it leads back to where it was opened.
#![allow(clippy::unwrap_used)]

use crossterm::event::KeyCode;

use crate::protocol::query::Found;
use crate::protocol::worktree::{Files, Sight, Standing};
use crate::tui::app::first_run::{FirstRun, Page};
use crate::tui::app::keymap::place::Place;
use crate::tui::app::message::{Msg, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::help::First;
use crate::tui::app::tests::Desk;

fn leads(desk: &mut Desk, c: char) {
    desk.ctrl('x');
    desk.press(KeyCode::Char(c));
}

#[test]
fn the_help_of_files_lies_over_them_and_loses_nothing_that_comes() {
    let mut desk = Desk::open();
    leads(&mut desk, 'f');
    desk.press(KeyCode::Char('?'));
    let help = desk.app.help.as_ref().unwrap();
    assert_eq!(help.first, First::Place(Place::Files));
    desk.typed("merge");
    assert_eq!(
        desk.app.help.as_ref().unwrap().pick.filter.as_str(),
        "merge"
    );
    // What was asked for comes while it is read.
    let session = desk.app.view().id;
    let files = Files {
        worktree: None,
        standing: Standing::default(),
        files: Vec::new(),
        more: 0,
    };
    desk.update(Msg::Found(
        Tag::Sight(session),
        Found::Worktree(Box::new(Sight::Files(files))),
    ));
    desk.press(KeyCode::Esc);
    assert_eq!(desk.app.help, None);
    let Some(Overlay::Files(files)) = &desk.app.overlay else {
        unreachable!("the files are there again");
    };
    assert!(files.listed.is_some());
    // The key that opened it closes it, and so does Ctrl+C, which goes no further.
    for close in [KeyEnd::Same, KeyEnd::Break] {
        desk.press(KeyCode::Char('?'));
        match close {
            KeyEnd::Same => desk.press(KeyCode::Char('?')),
            KeyEnd::Break => desk.ctrl('c'),
        };
        assert_eq!(desk.app.help, None);
        assert!(matches!(desk.app.overlay, Some(Overlay::Files(_))));
    }
}

enum KeyEnd {
    Same,
    Break,
}

#[test]
fn where_one_types_f1_is_the_help_and_the_sign_is_text() {
    let mut desk = Desk::open();
    leads(&mut desk, 'm');
    desk.press(KeyCode::Char('?'));
    assert_eq!(desk.app.help, None);
    desk.press(KeyCode::F(1));
    assert!(desk.app.help.is_some());
    desk.press(KeyCode::Esc);
    assert!(matches!(desk.app.overlay, Some(Overlay::Models(_))));
}

#[test]
fn the_first_page_has_help_and_the_keys_of_rows() {
    let mut desk = Desk::new();
    desk.app.first_run = Some(FirstRun::default());
    let at = |desk: &Desk| match desk.app.first_run.as_ref().unwrap().page {
        Page::Ways { at } => at,
        _ => usize::MAX,
    };
    desk.press(KeyCode::Char('j'));
    assert_eq!(at(&desk), 1);
    desk.press(KeyCode::Char('?'));
    assert!(
        matches!(&desk.app.overlay, Some(Overlay::Help(help)) if help.first == First::Place(Place::FirstPage))
    );
    desk.press(KeyCode::Esc);
    assert_eq!(desk.app.overlay, None);
    desk.press(KeyCode::Char('k'));
    assert_eq!(at(&desk), 0);
}
