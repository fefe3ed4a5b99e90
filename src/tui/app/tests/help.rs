//! The help, wherever it is asked for: it leads back to where it was opened.
#![allow(clippy::unwrap_used)]

use crossterm::event::KeyCode;

use crate::protocol::ask::Risk;
use crate::protocol::query::Found;
use crate::protocol::worktree::{Files, Sight, Standing};
use crate::tui::app::first_run::{FirstRun, Page};
use crate::tui::app::keymap::place::Place;
use crate::tui::app::message::{Msg, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::help::{First, Help};
use crate::tui::app::tests::{Desk, ops};
use crate::tui::screen::kept::Kept;
use crate::tui::screen::look::Look;
use crate::tui::screen::{Shown, draw};
use crate::tui::terminal::surface::Surface;
use crate::tui::theme::Theme;
use crate::tui::widget::paint::Glyphs;

/// The whole screen, and what it came to.
pub fn screen(desk: &Desk, kept: &mut Kept) -> (String, Shown) {
    let mut surface = Surface::new(100, 30);
    let look = Look::new(Theme::ansi(), Glyphs::Unicode);
    let shown = draw(&desk.app, kept, &mut surface, &look);
    let cells = surface.buffer().content().iter();
    (cells.map(ratatui::buffer::Cell::symbol).collect(), shown)
}

#[test]
fn an_ask_under_the_help_was_not_seen_and_is_quiet_anew() {
    let mut desk = Desk::running();
    desk.ask("a", Risk::Low);
    desk.alt('a');
    desk.wait(400);
    let seen = |desk: &Desk| screen(desk, &mut Kept::default()).1.seen;
    assert!(seen(&desk).last_line);
    // Over what lay between them and has gone.
    desk.app.help = Some(Help::of(First::Cards));
    assert_eq!((seen(&desk).last_line, seen(&desk).ask_page), (false, 0));
    desk.press(KeyCode::Esc);
    assert_eq!(desk.app.help, None);
    assert_eq!(ops(&desk.press(KeyCode::Char('y'))), []);
    desk.wait(400);
    assert_eq!(ops(&desk.press(KeyCode::Char('y'))).len(), 1);
}

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
