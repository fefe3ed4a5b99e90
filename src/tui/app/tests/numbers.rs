//! Answers by their numbers.

use crossterm::event::{KeyCode, KeyEvent};

use crate::protocol::ask::{About, Risk};
use crate::tui::app::choosing::{Choice, choices, chosen};
use crate::tui::app::keymap::press::Press;
use crate::tui::app::tests::approval;

#[test]
fn a_number_is_the_same_answer_whatever_else_is_offered() {
    let all = |about: &About| {
        let choices = choices(about);
        let numbered = |digit| {
            let event = KeyEvent::from(KeyCode::Char(digit));
            let action = None;
            chosen(about, &choices, Press { event, action })
        };
        ('1'..='9').map(numbered).collect::<Vec<_>>()
    };
    let mut ask = approval("a", Risk::Low);
    let About::Approval(wanted) = &mut ask.about else {
        panic!("{ask:?}");
    };
    wanted.rules = vec!["Bash(cargo *)".to_owned()];
    let every = all(&ask.about);
    let expected = [
        Choice::Once,
        Choice::Session,
        Choice::Rule,
        Choice::Edit,
        Choice::No,
        Choice::NoBecause,
        Choice::Details,
    ];
    assert_eq!(every[..7], expected.map(Some));
    let About::Approval(wanted) = &mut ask.about else {
        panic!("{ask:?}");
    };
    (wanted.session_rule, wanted.rules) = (None, Vec::new());
    let few = all(&ask.about);
    for (few, every) in few.iter().zip(&every) {
        assert!(few.is_none() || few == every, "{few:?} {every:?}");
    }
    assert_eq!(few.iter().flatten().count(), 5);
}
