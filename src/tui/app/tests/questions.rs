//! Questions of a model: answered by a number, by what is marked, in words, or left to it.

use crossterm::event::KeyCode;
use pretty_assertions::assert_eq;

use crate::protocol::ask::{About, Answer, Ask, Question, Risk};
use crate::protocol::event::Fact;
use crate::protocol::id::{AskId, CallId};
use crate::protocol::op::Op;
use crate::tui::app::ask::Line;
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

#[test]
fn ctrl_c_clears_the_line_in_an_ask_before_it_stops_anything() {
    let mut desk = Desk::running();
    desk.ask("a", Risk::Low);
    desk.alt('a');
    desk.wait(500);
    desk.press(KeyCode::Char('N'));
    desk.typed("not that one");
    let line = |desk: &Desk| match &desk.app.asking().unwrap().line {
        Some(Line::Reason(text)) => Some(text.as_str().to_owned()),
        _ => None,
    };
    assert_eq!(line(&desk).as_deref(), Some("not that one"));
    for expected in [Some(""), None] {
        assert_eq!(ops(&desk.ctrl('c')), []);
        assert_eq!(line(&desk).as_deref(), expected);
        assert_eq!(desk.asking(), Some("a"));
    }
    assert_eq!(ops(&desk.ctrl('c')), [Op::Interrupt]);
}
