//! What is said goes with what it was said of.
#![allow(clippy::unwrap_used)]

use crossterm::event::KeyCode;

use crate::protocol::ask::Risk;
use crate::protocol::event::{Ending, Fact};
use crate::protocol::id::AskId;
use crate::tui::app::message::Msg;
use crate::tui::app::saying::Matter;
use crate::tui::app::tests::Desk;

fn said(desk: &Desk) -> &str {
    desk.app.note.as_ref().map_or("", |note| &note.text)
}

#[test]
fn a_line_goes_with_the_box_the_ask_or_the_session_it_was_said_in() {
    // Another key in the same place leaves it to be read, and then no longer.
    let mut desk = Desk::open();
    desk.app.say("of a session");
    desk.typed("a");
    assert_eq!(said(&desk), "of a session");
    desk.wait(2_000);
    assert_eq!(said(&desk), "of a session");
    desk.typed("b");
    assert_eq!(said(&desk), "");
    desk.app.say("of a session");
    desk.ctrl('x');
    desk.press(KeyCode::Char('n'));
    assert_eq!(said(&desk), "");
    // A box that is closed.
    desk.ctrl('x');
    desk.press(KeyCode::Char('m'));
    desk.app.say("of the list");
    desk.press(KeyCode::Down);
    assert_eq!(said(&desk), "of the list");
    desk.press(KeyCode::Esc);
    assert_eq!(said(&desk), "");
    // An ask that was answered.
    let mut desk = Desk::running();
    desk.ask("a", Risk::Low);
    desk.alt('a');
    desk.app.say("of the ask");
    desk.wait(400);
    assert_eq!(said(&desk), "of the ask");
    desk.press(KeyCode::Char('y'));
    assert_eq!(said(&desk), "");
}

#[test]
fn what_is_over_by_itself_was_to_be_read_for_a_moment() {
    for (waited, after, expected) in [(500, 100, "of the mode"), (500, 1_500, ""), (2_500, 0, "")] {
        let mut desk = Desk::running();
        desk.app.say("of the mode");
        desk.wait(waited);
        desk.fact(Fact::SessionChanged {
            change: crate::protocol::session::Change::Mode {
                mode: crate::protocol::rule::Mode::Edits,
            },
        });
        desk.wait(after);
        assert_eq!(said(&desk), expected, "{waited} {after}");
    }
    // A turn that ended, which the line may have been about.
    let mut desk = Desk::running();
    desk.app.say("of the turn");
    desk.wait(500);
    desk.fact(Fact::TurnEnded {
        turn: 1,
        ending: Ending::Finished,
    });
    desk.wait(2_000);
    assert_eq!(said(&desk), "");
    // Nothing of it has to do with an ask that nobody looks at.
    let mut desk = Desk::running();
    desk.ask("a", Risk::Low);
    desk.app.say("of the session");
    desk.fact(Fact::AskVoided {
        ask: AskId("a".to_owned()),
        why: "it was withdrawn".to_owned(),
    });
    desk.wait(3_000);
    assert_eq!(said(&desk), "of the session");
}

#[test]
fn a_notice_goes_when_its_matter_is_mended() {
    let mut desk = Desk::open();
    let id = desk.app.view().id;
    desk.update(Msg::KeysRead(id, Err("no such file: keys/mine".to_owned())));
    assert_eq!(desk.app.notices, ["no such file: keys/mine"]);
    // The newest alone.
    desk.update(Msg::KeysRead(id, Err("keys/mine is empty".to_owned())));
    assert_eq!(desk.app.notices, ["keys/mine is empty"]);
    desk.update(Msg::KeysRead(id, Ok(desk.app.setup.key_places.clone())));
    assert!(desk.app.notices.is_empty());
    let of = || Matter::Trust("/src/api".into());
    desk.app
        .notice_of(of(), Some("the folder brings a rule".to_owned()));
    desk.ctrl('x');
    desk.press(KeyCode::Char('T'));
    assert!(desk.app.notices.is_empty());
}
