//! An ask for a change is looked at again when it gets the keys.
#![allow(clippy::unwrap_used)]

use crossterm::event::KeyCode;

use crate::protocol::ask::{About, Ask, Risk, Subject};
use crate::protocol::event::Fact;
use crate::protocol::id::AskId;
use crate::protocol::op::Op;
use crate::tui::app::message::Cmd;
use crate::tui::app::tests::inbox::two;
use crate::tui::app::tests::{Desk, approval, ops};

/// An ask for a change.
fn change(name: &str) -> Ask {
    let Ask {
        id,
        about: About::Approval(mut about),
    } = approval(name, Risk::Low)
    else {
        unreachable!("it is an approval");
    };
    about.subject = Subject::Change {
        path: "/src/api/a.txt".into(),
        patch: "@@ -1 +1 @@\n-a\n+b\n".to_owned(),
        added: 1,
        removed: 1,
        created: false,
    };
    let about = About::Approval(about);
    Ask { id, about }
}

fn rechecks(cmds: &[Cmd]) -> Vec<AskId> {
    let ops = ops(cmds).into_iter();
    let asks = ops.filter_map(|op| match op {
        Op::Recheck { ask } => Some(ask),
        _ => None,
    });
    asks.collect()
}

#[test]
fn of_asks_that_are_answered_together_each_is_looked_at_again() {
    let (mut desk, first, second) = two();
    for (session, name) in [(first, "a"), (second, "c")] {
        let ask = change(name);
        desk.fact_of(session, Fact::AskRaised { ask });
    }
    desk.alt('i');
    desk.press(KeyCode::Char(' '));
    desk.press(KeyCode::Tab);
    desk.press(KeyCode::Char(' '));
    desk.press(KeyCode::Tab);
    let mut again = rechecks(&desk.press(KeyCode::Char('A')));
    again.extend(rechecks(&desk.wait(400)));
    // The one that had the keys was looked at when it got them.
    assert_eq!(again, [AskId("c".to_owned())]);
}

#[test]
fn whoever_comes_to_an_ask_for_a_change_has_its_file_looked_at_again() {
    let mut desk = Desk::running();
    desk.fact(Fact::AskRaised { ask: change("a") });
    let a = || vec![AskId("a".to_owned())];
    let came = desk.alt('a');
    assert_eq!(rechecks(&came), a());
    assert_eq!(rechecks(&desk.wait(400)), []);
    // Each time anew: time has passed.
    desk.press(KeyCode::Esc);
    let again = desk.alt('a');
    assert_eq!(rechecks(&again), a());
    // What is found out with the answer is said where the keys are by then.
    desk.wait(400);
    desk.press(KeyCode::Char('y'));
    assert_eq!(desk.asking(), None);
    desk.fact(Fact::AskVoided {
        ask: AskId("a".to_owned()),
        why: "the file has changed since".to_owned(),
    });
    let said = desk.app.note.as_ref().map(|note| note.text.as_str());
    assert_eq!(
        said,
        Some("your answer was not taken: the file has changed since")
    );
    // A command is held to what it names when it is answered.
    let mut desk = Desk::running();
    desk.ask("b", Risk::Low);
    let came = desk.alt('a');
    assert_eq!(rechecks(&came), []);
}
