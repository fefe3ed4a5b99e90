//! Asks that are answered together.

use crossterm::event::KeyCode::{Char, Tab};

use crate::protocol::ask::Risk;
use crate::protocol::event::Fact;
use crate::protocol::id::AskId;
use crate::tui::app::tests::inbox::{answers, two, yes};

#[test]
fn asks_of_one_tool_and_risk_are_answered_together_and_no_others() {
    let (mut desk, first, second) = two();
    desk.ask_of(first, "a", Risk::Low);
    desk.ask_of(first, "b", Risk::Medium);
    desk.ask_of(second, "c", Risk::Low);
    desk.ask_of(second, "d", Risk::High);
    desk.alt('i');
    // The marks are no answers, and neither is showing them.
    for _ in 0..4 {
        assert_eq!(answers(&desk.press(Char(' '))), []);
        desk.press(Tab);
    }
    let marks: Vec<&str> = desk.inbox().marks.iter().map(|mark| &*mark.1.0).collect();
    assert_eq!(marks, ["a", "c"], "another risk, or HIGH, was marked");
    assert_eq!(answers(&desk.press(Char('A'))), []);
    assert_eq!(answers(&desk.press(Char('y'))), [], "before its quiet");
    desk.wait(400);
    let cmds = desk.press(Char('s'));
    assert_eq!(answers(&cmds), [], "a rule for all of them");
    desk.wait(400);
    let cmds = desk.press(Char('y'));
    assert_eq!(answers(&cmds), [yes(second, "c"), yes(first, "a")]);
    // One that goes takes the others with it.
    let (mut desk, first, second) = two();
    desk.ask_of(first, "a", Risk::Low);
    desk.ask_of(second, "c", Risk::Low);
    desk.alt('i');
    desk.press(Char(' '));
    desk.press(Tab);
    desk.press(Char(' '));
    desk.press(Char('A'));
    desk.fact_of(
        second,
        Fact::AskVoided {
            ask: AskId("c".to_owned()),
            why: "the call was withdrawn".to_owned(),
        },
    );
    desk.wait(400);
    assert_eq!(answers(&desk.press(Char('y'))), []);
}
