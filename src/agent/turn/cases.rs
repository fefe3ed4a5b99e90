//! The machine in single cases that a random walk seldom meets.

use std::sync::Arc;

use pretty_assertions::assert_eq;

use crate::agent::turn::effect::{Effect, Waived};
use crate::agent::turn::input::{Bill, Input, Supply};
use crate::agent::turn::{Limits, Opening, Turn};
use crate::protocol::ask::{About, Answer, BudgetName, Guard};
use crate::protocol::call::{Outcome, OutcomeKind};
use crate::protocol::event::{Ending, Fact};
use crate::protocol::failure::{Failure, FailureKind, Stop};
use crate::protocol::id::{AskId, MessageId, ModelRef};
use crate::protocol::item::{Block, Item, Origin};
use crate::protocol::money::Money;
use crate::protocol::reply::{Part, Reply};
use crate::protocol::usage::{Charge, Usage};

pub(crate) fn begin(opening: Opening, max_steps: Option<u32>) -> (Turn, Vec<Effect>) {
    let limits = Limits {
        max_steps,
        attempts: 6,
        patient: false,
    };
    Turn::begin(1, opening, limits, Arc::new([]))
}

pub(crate) fn prompt() -> Opening {
    Opening {
        prompt: Some((vec![Block::text("go")], Origin::Person)),
        ..Opening::default()
    }
}

pub(crate) fn bill(counted: i64) -> Bill {
    Bill {
        model: ModelRef {
            provider: "p".into(),
            model: "m".into(),
        },
        usage: Usage::default(),
        charge: Charge::LOCAL,
        counted: Money::usd(counted),
        raw: None,
        millis: 0,
        vitals: None,
        price: None,
    }
}

fn answer(calls: usize, stop: Stop) -> Input {
    let call = Part::Call {
        wire_id: None,
        name: "bash".into(),
        arguments: "{}".into(),
        opaque: None,
    };
    Input::Answered {
        reply: Reply {
            parts: vec![call; calls],
            stop: Some(stop),
            ..Reply::default()
        },
        bill: bill(0),
    }
}

fn waived(effects: &[Effect]) -> Option<Waived> {
    effects.iter().find_map(|effect| match effect {
        Effect::CallModel { waived, .. } => Some(waived.clone()),
        _ => None,
    })
}

fn ending(effects: &[Effect]) -> Option<Ending> {
    effects.iter().find_map(|effect| match effect {
        Effect::Append(Fact::TurnEnded { ending, .. }) => Some(ending.clone()),
        _ => None,
    })
}

#[test]
fn no_call_of_an_answer_that_was_broken_off_is_run() {
    for (stop, ends) in [
        (Stop::Length, false),
        (Stop::Error, false),
        (Stop::Refusal, true),
        (Stop::Filter, true),
    ] {
        let (mut turn, _) = begin(prompt(), None);
        let effects = turn.step(answer(2, stop));
        let results = effects.iter().filter(|effect| {
            matches!(
                effect,
                Effect::Append(Fact::ItemAdded {
                    item: Item::Result { outcome, .. },
                    ..
                }) if outcome.kind == OutcomeKind::Failed
            )
        });
        assert_eq!(results.count(), 2, "{stop:?}");
        let begins = |effect: &Effect| matches!(effect, Effect::Judge(_) | Effect::Run(_));
        assert!(!effects.iter().any(begins), "{stop:?}");
        let refused = matches!(
            ending(&effects),
            Some(Ending::Failed { failure }) if failure.kind == FailureKind::Refused
        );
        assert_eq!(refused, ends, "{stop:?}");
        assert_eq!(waived(&effects).is_some(), !ends, "{stop:?}");
    }
}

#[test]
fn what_must_be_known_beside_an_answer_is_told_once_in_a_turn() {
    let (mut turn, _) = begin(prompt(), None);
    let mut told = Vec::new();
    for remark in [Some("a"), Some("a"), None, Some("b")] {
        let Input::Answered { mut reply, bill } = answer(1, Stop::Length) else {
            unreachable!("it is made so")
        };
        reply.remark = remark.map(str::to_owned);
        for effect in turn.step(Input::Answered { reply, bill }) {
            if let Effect::Append(Fact::ItemAdded {
                item: Item::Notice { text },
                ..
            }) = effect
            {
                told.push(text);
            }
        }
    }
    assert_eq!(told, ["a", "b"]);
}

#[test]
fn an_answer_that_is_cut_or_empty_is_said_to_be() {
    let cases = [
        ("so", Stop::End, 7, None),
        (
            "so",
            Stop::Length,
            300,
            Some("cut off by the output limit (300 tokens)"),
        ),
        ("", Stop::Length, 0, Some("cut off by the output limit")),
        (" \n", Stop::End, 7, Some("the model said nothing")),
        (
            "so",
            Stop::Error,
            7,
            Some("the server ended the answer with `cut_by_quota`: it may not be whole"),
        ),
        // It goes on, or says itself why it does not.
        ("", Stop::Pause, 7, None),
        ("", Stop::Refusal, 7, None),
    ];
    for (said, stop, output, expected) in cases {
        let (mut turn, _) = begin(prompt(), None);
        let effects = turn.step(Input::Answered {
            reply: Reply {
                parts: vec![Part::Text {
                    text: said.to_owned(),
                    opaque: None,
                }],
                stop: Some(stop),
                stop_native: Some("cut_by_quota".to_owned()),
                usage: Some(Usage {
                    output,
                    ..Usage::default()
                }),
                ..Reply::default()
            },
            bill: bill(0),
        });
        let notice = effects.iter().find_map(|effect| match effect {
            Effect::Append(Fact::ItemAdded {
                item: Item::Notice { text },
                ..
            }) => Some(text.as_str()),
            _ => None,
        });
        assert_eq!(notice, expected, "{said:?} {stop:?}");
    }
}

#[test]
fn the_limit_of_steps_holds_however_an_answer_ends() {
    let limit = Ending::Limit {
        text: "the limit of 1 step is reached".into(),
    };
    let cases = [
        (answer(2, Stop::Tool), OutcomeKind::Cancelled),
        // What was cut is told as cut, and then the limit holds all the same.
        (answer(2, Stop::Length), OutcomeKind::Failed),
        (answer(0, Stop::Pause), OutcomeKind::Cancelled),
    ];
    for (input, kind) in cases {
        let (mut turn, _) = begin(prompt(), Some(1));
        let effects = turn.step(input.clone());
        assert_eq!(ending(&effects), Some(limit.clone()), "{input:?}");
        assert_eq!(waived(&effects), None, "asked again: {input:?}");
        for effect in effects {
            if let Effect::Append(Fact::ItemAdded {
                item: Item::Result { outcome, .. },
                ..
            }) = effect
            {
                assert_eq!(outcome.kind, kind);
            }
        }
    }
    let (mut turn, _) = begin(prompt(), Some(1));
    turn.step(Input::Steered {
        id: MessageId(1),
        blocks: vec![Block::text("and this")],
    });
    let effects = turn.step(answer(0, Stop::End));
    assert_eq!(ending(&effects), Some(limit));
}

#[test]
fn a_yes_to_one_thing_is_no_yes_to_another() {
    let budget = |which| About::Budget {
        worst: Money::usd(2),
        left: Money::usd(1),
        limit: Money::usd(1),
        which,
    };
    let (mut turn, effects) = begin(prompt(), None);
    assert_eq!(waived(&effects), Some(Waived::default()));
    let mut holds = 0;
    let mut hold = |turn: &mut Turn, about: About| {
        holds += 1;
        turn.step(Input::Held(about));
        let effects = turn.step(Input::AskAnswered {
            ask: AskId(format!("hold_1_1_{holds}")),
            answer: Answer::Proceed,
        });
        waived(&effects)
    };
    let guard = About::Guard {
        guard: Guard::Loop,
        text: "x".into(),
    };
    let model = "p/m".to_owned();
    assert_eq!(hold(&mut turn, guard), Some(Waived::default()));
    assert_eq!(
        hold(&mut turn, About::Unpriced { model }),
        Some(Waived::default())
    );
    let mut expected = Waived::default();
    expected.budgets.push(BudgetName::Session);
    assert_eq!(
        hold(&mut turn, budget(BudgetName::Session)),
        Some(expected.clone())
    );
    // The day's budget is asked about on its own, and the session's is not asked about again.
    expected.budgets.push(BudgetName::Day);
    assert_eq!(
        hold(&mut turn, budget(BudgetName::Day)),
        Some(expected.clone())
    );
    // A failure that cost nothing leaves the one call over the budget; one that was charged has used it up.
    for (counted, budgets) in [(0, expected.budgets.clone()), (5, Vec::new())] {
        turn.step(Input::Failed {
            failure: Failure::new(FailureKind::Network, "x"),
            partial: Reply::default(),
            bill: bill(counted),
            jitter: 0,
            supply: Supply::One,
        });
        let effects = turn.step(Input::Woke);
        assert_eq!(waived(&effects), Some(Waived { budgets }));
    }
}

#[test]
fn what_waited_enters_before_the_prompt() {
    let opening = Opening {
        entering: vec![(MessageId(3), vec![Block::text("first")])],
        ..prompt()
    };
    let (_, effects) = begin(opening, None);
    let said: Vec<String> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Append(Fact::ItemAdded {
                item: Item::Prompt { blocks, .. },
                ..
            }) => Some(blocks[0].as_text().into_owned()),
            Effect::Append(Fact::MessageWithdrawn { id, entered }) => {
                Some(format!("{} {entered}", id.0))
            }
            _ => None,
        })
        .collect();
    assert_eq!(said, ["3 true", "first", "go"]);
}

#[test]
fn what_was_said_while_it_stops_is_for_the_next_turn() {
    let (mut turn, _) = begin(prompt(), None);
    let effects = turn.step(answer(1, Stop::Tool));
    let Some(Effect::Judge(call)) = effects
        .into_iter()
        .find(|effect| matches!(effect, Effect::Judge(_)))
    else {
        panic!("not judged")
    };
    let decision = crate::agent::turn::input::Decision::Allow(crate::protocol::rule::By::Person);
    turn.step(Input::Judged {
        call: call.id.clone(),
        decision,
    });
    assert!(!turn.is_stopping());
    turn.step(Input::Interrupt {
        partial: None,
        why: "stop".into(),
    });
    assert!(turn.is_stopping() && !turn.has_ended());
    turn.step(Input::Ended {
        call: call.id,
        outcome: Outcome::done("late"),
    });
    assert!(turn.has_ended());
}

#[test]
fn an_answer_of_a_hundred_thousand_calls_is_no_work() {
    let (mut turn, _) = begin(prompt(), None);
    let effects = turn.step(answer(100_000, Stop::Tool));
    let results = effects.iter().filter(|effect| {
        matches!(
            effect,
            Effect::Append(Fact::ItemAdded {
                item: Item::Result { .. },
                ..
            })
        )
    });
    assert_eq!(results.count(), 100_000 - 256);
    let judged = effects
        .iter()
        .filter(|effect| matches!(effect, Effect::Judge(_)));
    assert_eq!(judged.count(), 1);
}
