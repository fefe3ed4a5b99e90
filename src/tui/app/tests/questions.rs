//! Questions of a model: answered by a number, by what is marked, in words, or left to it.

use crossterm::event::KeyCode;
use pretty_assertions::assert_eq;

use crate::protocol::ask::{About, Answer, Ask, Question};
use crate::protocol::event::Fact;
use crate::protocol::id::{AskId, CallId};
use crate::protocol::op::Op;
use crate::tui::app::tests::{Desk, ops};

fn asked(choices: &[&str]) -> Desk {
    let mut desk = Desk::running();
    let about = About::Question(Question {
        call: CallId("call_1_1_1".to_owned()),
        text: "Which version?".to_owned(),
        choices: choices.iter().map(|&choice| choice.to_owned()).collect(),
    });
    let id = AskId("which".to_owned());
    let ask = Ask { id, about };
    desk.fact(Fact::AskRaised { ask });
    desk
}

fn said(text: Option<&str>) -> Vec<Op> {
    let text = text.map(str::to_owned);
    vec![Op::Answer {
        ask: AskId("which".to_owned()),
        answer: Answer::Said { text },
    }]
}

#[test]
fn a_question_is_answered_by_its_keys_after_a_quiet() {
    use KeyCode::{Char, Down, Enter};
    let cases: &[(&[KeyCode], Option<&str>)] = &[
        (&[Char('1')], Some("2.4.0")),
        (&[Char('２')], Some("3.0.0")),
        (&[Down, Down, Enter], Some("3.0.0")),
        (&[Char('l')], None),
        (&[Down, Down, Down, Down, Enter], None),
        (&[Char('t'), Char('h'), Char('m'), Enter], Some("hm")),
        (&[Char('4')], None),
    ];
    for (keys, answer) in cases {
        let mut desk = asked(&["2.4.0", "3.0.0"]);
        desk.alt('a');
        // Too early, and then quiet.
        assert_eq!(ops(&desk.press(Char('1'))), []);
        desk.wait(400);
        let (last, before) = keys.split_last().unwrap();
        for key in before {
            assert_eq!(ops(&desk.press(*key)), [], "{keys:?}");
        }
        assert_eq!(ops(&desk.press(*last)), said(*answer), "{keys:?}");
    }
}

#[test]
fn what_is_no_answer_leaves_a_question_waiting() {
    use KeyCode::{Char, Enter, Esc};
    for keys in [
        &[Enter][..],
        &[Char('y')],
        &[Char('5')],
        &[Char('t'), Enter],
        &[Char('t'), Char(' '), Enter],
        &[Char('t'), Char('a'), Esc],
    ] {
        let mut desk = asked(&["2.4.0", "3.0.0"]);
        desk.alt('a');
        desk.wait(400);
        for key in keys {
            assert_eq!(ops(&desk.press(*key)), [], "{keys:?}");
        }
        assert!(desk.asking().is_some(), "{keys:?}");
    }
}

#[test]
fn what_was_typed_before_is_taken_as_the_answer() {
    let mut desk = asked(&[]);
    desk.typed("the newest");
    desk.alt('a');
    desk.wait(400);
    assert_eq!(ops(&desk.press(KeyCode::Char('t'))), []);
    assert_eq!(ops(&desk.press(KeyCode::Enter)), said(Some("the newest")));
}
