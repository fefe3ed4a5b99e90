//! Reading with the keys: what is done again, and what leaves a pane.

use crossterm::event::KeyCode;
use pretty_assertions::assert_eq;

use crate::protocol::call::{Outcome, ToolCall};
use crate::protocol::event::{Ending, Fact};
use crate::protocol::id::{CallId, Seq};
use crate::protocol::item::Item;
use crate::tui::app::Focus;
use crate::tui::app::caret::Caret;
use crate::tui::app::tests::Desk;

fn said(desk: &Desk) -> &str {
    desk.app.note.as_ref().map_or("", |note| &note.text)
}

impl Desk {
    /// The byte the caret is at.
    fn place(&self) -> usize {
        let caret = self.app.pane().eyes.caret.as_ref();
        caret.map_or(usize::MAX, |caret| caret.at)
    }
}

/// A session in which `cargo test` was run, read with the caret on that call.
fn on_a_command() -> Desk {
    let mut desk = Desk::running();
    let id = CallId::new(1, 1, 1);
    let call = Item::Call(ToolCall {
        id: id.clone(),
        wire_id: None,
        name: "bash".to_owned(),
        arguments: r#"{"command":"cargo test"}"#.to_owned(),
        opaque: None,
    });
    let item = |item| Fact::ItemAdded {
        turn: 1,
        step: 1,
        item,
        imported: None,
    };
    desk.fact(item(call));
    let seq = Seq(desk.seq);
    let outcome = Outcome::done("9 passed");
    desk.fact(item(Item::Result { call: id, outcome }));
    desk.press(KeyCode::Esc);
    assert_eq!(desk.app.focus, Focus::Transcript);
    desk.app.pane_mut().eyes.caret = Some(Caret::new(seq, 0));
    desk
}

#[test]
fn the_command_under_the_caret_is_written_to_be_run_and_does_not_run() {
    let mut desk = on_a_command();
    assert_eq!(desk.press(KeyCode::Char('!')), []);
    assert_eq!(desk.written(), "! cargo test");
    assert_eq!(desk.app.focus, Focus::Composer);
    assert_eq!(said(&desk), "Enter runs it again as you");
    // What is written stays; the key is then the one of the composer.
    let mut desk = on_a_command();
    desk.app.view_mut().composer.set("look");
    desk.press(KeyCode::Char('!'));
    assert_ne!(desk.written(), "! cargo test");
    assert!(desk.written().contains("look"), "{}", desk.written());
}

#[test]
fn esc_leads_to_reading_and_not_back_to_typing() {
    let mut desk = on_a_command();
    desk.fact(Fact::TurnEnded {
        turn: 1,
        ending: Ending::Finished,
    });
    for _ in 0..3 {
        assert_eq!(desk.press(KeyCode::Esc), []);
        assert_eq!(desk.app.focus, Focus::Transcript);
    }
    assert_eq!(said(&desk), "i leads back to typing");
    desk.typed("i");
    assert_eq!(desk.app.focus, Focus::Composer);
    assert_eq!(desk.written(), "");
}

#[test]
fn within_a_selection_the_letter_of_vi_is_its_motion() {
    let mut desk = on_a_command();
    desk.typed("ve");
    assert_eq!(desk.place(), 4, "the end of `cargo`");
    assert_eq!(desk.press(KeyCode::Char('e')), []);
    assert_eq!(desk.place(), 9, "the end of `test`");
    // Without one it opens what is named here.
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::Char('e'));
    assert!(said(&desk).starts_with("no file here"), "{}", said(&desk));
}

#[test]
fn the_last_jump_is_done_again_as_often_as_before_or_as_said() {
    let mut desk = on_a_command();
    desk.press(KeyCode::Char('.'));
    assert!(said(&desk).starts_with("nothing to repeat yet"));
    let folded = |desk: &Desk| desk.app.view().transcript.turned.len();
    let before = folded(&desk);
    desk.press(KeyCode::Char('o'));
    assert_ne!(folded(&desk), before);
    desk.press(KeyCode::Char('.'));
    assert_eq!(folded(&desk), before);
    let repeats = |desk: &Desk| desk.app.pane().eyes.repeats.map(|(_, count)| count);
    desk.typed("2]t");
    assert_eq!(repeats(&desk), Some(2));
    desk.press(KeyCode::Char('.'));
    assert_eq!(repeats(&desk), Some(2));
    desk.typed("3.");
    assert_eq!(repeats(&desk), Some(3));
    // A step is no jump.
    desk.press(KeyCode::Char('j'));
    assert_eq!(repeats(&desk), Some(3));
}

#[test]
fn closing_the_only_pane_leaves_what_runs_running() {
    let mut desk = Desk::running();
    let works = desk.app.view().id;
    desk.ctrl('x');
    desk.press(KeyCode::Char('x'));
    assert_eq!(desk.app.views.len(), 2);
    assert_ne!(desk.app.view().id, works);
    assert!(desk.app.views[0].running());
    assert_eq!(said(&desk), "session 1 goes on; Alt+1 shows it");
    // Back there with another tab beside it: that one is shown.
    desk.alt('1');
    desk.ctrl('x');
    desk.press(KeyCode::Char('x'));
    assert_eq!(desk.app.views.len(), 2);
    assert_ne!(desk.app.view().id, works);
}

#[test]
fn tab_with_a_text_and_nothing_running_says_what_sends_it() {
    let mut desk = Desk::open();
    desk.typed("go on");
    assert_eq!(desk.press(KeyCode::Tab), []);
    assert_eq!(desk.written(), "go on");
    assert_eq!(
        said(&desk),
        "Tab queues while a turn runs, and none does: Enter sends"
    );
}
