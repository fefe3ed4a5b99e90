//! A question of the model, waiting and with the keys, on screens of all sizes.

use creel::protocol::ask::{About, Question};
use creel::protocol::id::CallId;
use crossterm::event::{KeyCode, KeyModifiers};

use super::desk::Desk;

fn which() -> About {
    About::Question(Question {
        call: CallId("call_1_1_1".to_owned()),
        text: "Which version is it to be? The last one was 2.3.9, and two calls of the interface are gone since."
            .to_owned(),
        choices: vec![
            "2.4.0".to_owned(),
            "3.0.0, as what is gone breaks those who call it".to_owned(),
        ],
    })
}

#[test]
fn a_question_with_what_can_be_answered() {
    for size in [(80, 24), (40, 12)] {
        let (width, height) = size;
        let mut desk = Desk::running(size);
        desk.ask(which());
        screen!(format!("question_waiting_{width}x{height}"), desk);
        desk.key(KeyCode::Char('a'), KeyModifiers::ALT);
        desk.wait(400);
        desk.press(KeyCode::Down);
        screen!(format!("question_ready_{width}x{height}"), desk);
        desk.wait(400);
        desk.press(KeyCode::Char('t'));
        desk.typed("2.4.0-rc1");
        screen!(format!("question_in_words_{width}x{height}"), desk);
    }
}
