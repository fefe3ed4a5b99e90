//! The day's budget is told after the first turn of a day that cost something, and at no other.

use pretty_assertions::assert_eq;

use crate::protocol::event::{Ending, Fact};
use crate::protocol::money::Money;
use crate::protocol::query::{Found, Query, Today};
use crate::protocol::usage::{Basis, Charge, Usage};
use crate::tui::app::message::{Cmd, Msg, Tag};
use crate::tui::app::tests::{Desk, model};

fn today(charged: i64) -> Msg {
    let today = Today {
        used: charged,
        charged,
        estimated: false,
        limit: None,
    };
    Msg::Found(Tag::Today, Found::Today(today))
}

fn answered(turn: u32) -> Fact {
    Fact::ModelAnswered {
        turn,
        step: 1,
        attempt: 1,
        model: model("anthropic/sonnet"),
        usage: Usage::default(),
        charge: Charge {
            money: Some(Money::usd(5)),
            basis: Basis::Listed,
        },
        price: None,
        counted: Money::usd(5),
        raw: None,
        stop: None,
        failure: None,
        millis: 1,
        vitals: None,
    }
}

#[test]
fn whether_it_is_the_first_turn_of_the_day_is_asked_when_it_begins() {
    // What was known before, what is answered when the turn begins, and whether the budget is told at its end.
    for (known, answer, told) in [
        (None, Some(0), true),
        (None, Some(9), false),
        (None, None, false),
        // The workstation stood open over night.
        (Some(9), Some(0), true),
        (Some(0), Some(9), false),
        (Some(0), None, false),
    ] {
        let mut desk = Desk::open();
        if let Some(charged) = known {
            desk.update(today(charged));
        }
        let cmds = desk.fact(Fact::TurnStarted { turn: 1 });
        assert!(
            cmds.contains(&Cmd::Ask(Tag::Today, Query::Today)),
            "{cmds:?}"
        );
        if let Some(charged) = answer {
            desk.update(today(charged));
        }
        desk.fact(answered(1));
        desk.update(today(5));
        desk.fact(Fact::TurnEnded {
            turn: 1,
            ending: Ending::Finished,
        });
        let is_told = desk.app.view().budget_at.is_some();
        assert_eq!(is_told, told, "{known:?} {answer:?}");
    }
}
