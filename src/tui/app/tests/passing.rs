//! What passes by while something runs.

use pretty_assertions::assert_eq;

use crate::protocol::event::{Delta, Signal};
use crate::protocol::id::CallId;
use crate::tui::app::message::Msg;
use crate::tui::app::tests::Desk;

#[test]
fn the_last_lines_of_a_command_take_the_place_of_those_of_before() {
    let mut desk = Desk::running();
    let session = desk.app.view().id;
    let call = CallId::new(1, 1, 1);
    for text in ["tock 1", "tock 1\ntock 2", "tock 2\ntock 3"] {
        let delta = Delta::Tail {
            call: call.clone(),
            text: text.to_owned(),
        };
        desk.update(Msg::Signals(vec![Signal::Delta { session, delta }]));
        let tail = desk.app.view().live.tails.get(&call);
        assert_eq!(tail.map(String::as_str), Some(text));
    }
}
