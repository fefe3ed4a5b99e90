//! A sentence that is typed where an ask drops its letters.
#![allow(clippy::unwrap_used)]

use crossterm::event::KeyCode;

use crate::protocol::ask::Risk;
use crate::tui::app::tests::{Desk, ops};

#[test]
fn a_reason_that_is_typed_after_a_no_that_came_too_early_answers_nothing() {
    for (early, reason) in [
        ("N", "it should say yes"),
        ("d", "yarn does it so"),
        ("e", "no, use yarn"),
    ] {
        let mut desk = Desk::running();
        desk.ask("ask-1", Risk::Low);
        desk.alt('a');
        desk.millis += 250;
        let mut sent = Vec::new();
        for (at, letter) in format!("{early}{reason}").chars().enumerate() {
            // A pause for thought after each word, and one in the middle of the first.
            desk.millis += if letter == ' ' || at == 3 { 700 } else { 90 };
            sent.extend(ops(&desk.press(KeyCode::Char(letter))));
        }
        assert_eq!(sent, [], "{early}{reason}");
        // Who is impatient and presses the same key again waits no longer than before.
        desk.press(KeyCode::Esc);
        desk.alt('a');
        desk.millis += 100;
        desk.press(KeyCode::Char('y'));
        desk.millis += 450;
        assert_eq!(ops(&desk.press(KeyCode::Char('y'))).len(), 1);
    }
}
