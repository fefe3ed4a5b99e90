//! Actions chosen in the palette by their names: each is done, or says why not.
#![allow(clippy::unwrap_used)]

use crossterm::event::{KeyCode, KeyEvent};
use pretty_assertions::assert_eq;

use crate::tui::app::Focus;
use crate::tui::app::board::Writing;
use crate::tui::app::caret::Caret;
use crate::tui::app::copying::Deed;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::keymap::{Action, Binding, table};
use crate::tui::app::message::{Cmd, Msg};
use crate::tui::app::overlay::palette::Goes;
use crate::tui::app::tests::{Desk, now};

/// A session that has been read in: the caret is on its prompt.
fn read_in(focus: &Focus) -> Desk {
    let mut desk = Desk::running();
    let seq = desk.app.view().transcript.entries().last().unwrap().seq;
    desk.app.pane_mut().eyes.caret = Some(Caret::new(seq, 0));
    desk.app.focus = focus.clone();
    desk.app.note = None;
    desk
}

impl Desk {
    /// Marks an action in the palette.
    fn marks(&mut self, row: &Binding) {
        self.palette(row.name);
        let at = self
            .listed()
            .iter()
            .position(|goes| *goes == Goes::Act(row.action));
        for _ in 0..at.unwrap() {
            self.press(KeyCode::Down);
        }
    }

    /// Chooses an action by its name.
    fn do_it(&mut self, row: &Binding) -> Vec<Cmd> {
        self.marks(row);
        self.press(KeyCode::Enter)
    }
}

#[test]
fn each_action_does_something_or_says_why_not() {
    let enter = || Msg::Key(KeyEvent::from(KeyCode::Enter));
    // A second row of an action does the same.
    let first = |row: &&Binding| {
        let first = table().find(|other| other.action == row.action);
        first.is_some_and(|first| first.name == row.name)
    };
    let rows = table().filter(|row| row.action != Action::Palette && !row.place.is_over());
    for row in rows.filter(first) {
        for focus in [Focus::Transcript, Focus::Composer] {
            let mut desk = read_in(&focus);
            let before = desk.app.trace();
            desk.marks(row);
            // What is done to the transcript waits for a frame, and the frame takes up what scrolls.
            let cmds = match row.place {
                Place::Transcript => desk.update(enter()),
                _ => desk.app.update(enter(), now(0)),
            };
            assert!(
                !cmds.is_empty() || desk.app.trace() != before,
                "{} from {focus:?} changes nothing and says nothing",
                row.name
            );
        }
    }
}

#[test]
fn what_is_chosen_for_the_transcript_is_done_there() {
    let row = |action| table().find(|row| row.action == action).unwrap();
    let mut desk = read_in(&Focus::Composer);
    desk.do_it(row(Action::Find));
    assert_eq!(desk.app.focus, Focus::Transcript);
    assert!(
        desk.app
            .view()
            .search
            .as_ref()
            .is_some_and(|search| search.typing)
    );
    let mut desk = read_in(&Focus::Composer);
    let cmds = desk.do_it(row(Action::CopyTurn));
    assert!(
        matches!(&cmds[..], [Cmd::Read(Deed::Copy { text, .. })] if text.contains("go")),
        "{cmds:?}"
    );
    // On the board it is done to the session that was looked at.
    let mut desk = read_in(&Focus::Composer);
    desk.do_it(row(Action::BoardRename));
    let board = desk.app.board.as_ref().unwrap();
    assert!(matches!(board.writing, Writing::Title(_)), "{board:?}");
    assert_eq!(board.at, Some(desk.app.view().id));
    // Nothing was sought, nothing is there to go on with.
    let mut desk = Desk::open();
    desk.do_it(row(Action::CopyTurn));
    assert_eq!(
        desk.app.note.as_ref().unwrap().text,
        "nothing to do here: copy the turn as markdown"
    );
}
