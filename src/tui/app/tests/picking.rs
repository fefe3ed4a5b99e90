//! A change that is taken in parts: what each key answers, and that none answers by accident.

use crossterm::event::KeyCode::{self, Char, Down, Enter, Esc};
use pretty_assertions::assert_eq;

use crate::protocol::ask::{About, Answer, Approval, Ask, Risk, Subject, Verdict};
use crate::protocol::event::Fact;
use crate::protocol::op::Op;
use crate::tui::app::tests::inbox::answers;
use crate::tui::app::tests::{Desk, approval};

const PATCH: &str = "@@ -1,3 +1,3 @@\n-a\n+b\n same\n-c\n+d\n";

fn change(risk: Risk) -> Ask {
    let ask = approval("parts", risk);
    let About::Approval(approval) = ask.about else {
        panic!("{ask:?}");
    };
    Ask {
        about: About::Approval(Approval {
            subject: Subject::Change {
                path: "/src/api/a.rs".into(),
                patch: PATCH.to_owned(),
                added: 2,
                removed: 2,
                created: false,
            },
            ..approval
        }),
        ..ask
    }
}

#[test]
fn only_what_was_meant_answers() {
    let hunks = |kept: [bool; 2]| {
        Some(Verdict::Hunks {
            kept: kept.to_vec(),
        })
    };
    let space = Char(' ');
    let (low, high) = (Risk::Low, Risk::High);
    let cases: [(Risk, &[KeyCode], Option<Verdict>); 12] = [
        (low, &[Char('e'), Char('y')], Some(Verdict::Once)),
        (low, &[Char('e'), space, Char('y')], hunks([false, true])),
        (
            low,
            &[Char('e'), Down, space, Char('y')],
            hunks([true, false]),
        ),
        (
            low,
            &[Char('e'), Char('2'), Char('y')],
            hunks([true, false]),
        ),
        // Enter takes nothing by itself.
        (low, &[Char('e'), space, Enter], None),
        // None of it is a no, which has its own key.
        (low, &[Char('e'), Char('1'), Char('2'), Char('y')], None),
        (low, &[Char('e'), Char('9'), Char('s'), Char('r')], None),
        (
            low,
            &[Char('e'), space, Esc, Char('y')],
            Some(Verdict::Once),
        ),
        (
            low,
            &[Char('e'), space, Char('n')],
            Some(Verdict::No { reason: None }),
        ),
        (high, &[Char('e'), space, Char('y'), Char('y')], None),
        (
            high,
            &[Char('e'), space, Char('y'), Enter],
            hunks([false, true]),
        ),
        // Back from the second key, and not out of the parts.
        (
            high,
            &[Char('e'), space, Char('y'), Esc, Char('y'), Enter],
            hunks([false, true]),
        ),
    ];
    for (risk, keys, expected) in cases {
        let mut desk = Desk::running();
        desk.fact(Fact::AskRaised { ask: change(risk) });
        desk.alt('a');
        let mut given = Vec::new();
        for key in keys {
            desk.wait(400);
            let sent = answers(&desk.press(*key)).into_iter();
            given.extend(sent.map(|(_, op)| op));
        }
        let verdicts: Vec<Verdict> = given
            .into_iter()
            .map(|op| match op {
                Op::Answer {
                    answer: Answer::Verdict { verdict },
                    ..
                } => verdict,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(verdicts, Vec::from_iter(expected), "{risk:?} {keys:?}");
    }
}
