//! The machine in single cases that a random walk seldom meets.

use std::sync::Arc;
use std::time::Duration;

use pretty_assertions::assert_eq;

use crate::agent::turn::effect::{Effect, Waived};
use crate::agent::turn::input::{Bill, Input, Supply};
use crate::agent::turn::{Limits, Opening, Turn};
use crate::protocol::ask::{About, Answer, BudgetName, Guard};
use crate::protocol::call::{Outcome, OutcomeKind};
use crate::protocol::event::{Delta, Ending, Fact};
use crate::protocol::failure::{Failure, FailureKind, Stop};
use crate::protocol::id::{AskId, MessageId, ModelRef};
use crate::protocol::item::{Block, Item, Origin};
use crate::protocol::money::Money;
use crate::protocol::reply::{Part, Reply};
use crate::protocol::usage::{Charge, Usage};

fn begin(opening: Opening, max_steps: Option<u32>) -> (Turn, Vec<Effect>) {
    let limits = Limits {
        max_steps,
        attempts: 6,
    };
    Turn::begin(1, opening, limits, Arc::new([]))
}

fn prompt() -> Opening {
    Opening {
        prompt: Some((vec![Block::text("go")], Origin::Person)),
        ..Opening::default()
    }
}

fn bill(counted: i64) -> Bill {
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
fn the_limit_of_steps_holds_however_an_answer_ends() {
    let limit = Ending::Limit {
        text: "the limit of 1 steps is reached".into(),
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
    let mut expected = Waived {
        price: true,
        budgets: Vec::new(),
    };
    assert_eq!(
        hold(&mut turn, About::Unpriced { model }),
        Some(expected.clone())
    );
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
        assert_eq!(
            waived(&effects),
            Some(Waived {
                price: true,
                budgets
            })
        );
    }
}

/// What a turn does in short: `asks N`, `waits N s`, `drops`, `says TEXT`, `ends KIND`.
fn told(effects: &[Effect]) -> Vec<String> {
    let told = effects.iter().filter_map(|effect| match effect {
        Effect::CallModel {
            attempt,
            refused,
            waited,
            ..
        } => {
            let waited = if *waited { " after a wait" } else { "" };
            let refused = refused.iter().map(|(model, _)| format!(" not {model}"));
            Some(format!(
                "asks {attempt}{}{waited}",
                refused.collect::<String>()
            ))
        }
        Effect::Sleep { wait, .. } => Some(format!("waits {} s", wait.as_secs())),
        Effect::Emit(Delta::Discarded) => Some("drops".to_owned()),
        Effect::Append(Fact::ItemAdded {
            item: Item::Answer { text, cut, .. },
            ..
        }) => Some(format!("says {text} {cut}")),
        Effect::Append(Fact::TurnEnded { ending, .. }) => Some(match ending {
            Ending::Failed { failure } => format!("ends {:?}", failure.kind),
            ending => format!("ends {ending:?}"),
        }),
        _ => None,
    });
    told.collect()
}

fn fails(kind: FailureKind, text: &str, supply: Supply) -> Input {
    let parts = vec![Part::Text {
        text: text.to_owned(),
        opaque: None,
    }];
    Input::Failed {
        failure: Failure::new(kind, "x"),
        partial: Reply {
            parts,
            ..Reply::default()
        },
        bill: bill(0),
        jitter: 500,
        supply,
    }
}

#[test]
fn where_one_endpoint_failed_another_is_asked_at_once() {
    use FailureKind::{Auth, BadRequest, Internal, Network, Rate, Refused, TooLong};
    let route = Supply::Route { endpoints: 2 };
    let postponed = |seconds| Input::Postponed {
        failure: Failure::new(Rate, "x"),
        wait: Duration::from_secs(seconds),
        supply: route,
    };
    let no_way = || Input::NoWay(Failure::new(Auth, "x"));
    let stopped = |partial: Option<&str>| Input::Interrupt {
        partial: partial.map(|text| {
            let Input::Failed { partial, bill, .. } = fails(Network, text, route) else {
                unreachable!("it is made so")
            };
            (partial, bill)
        }),
        why: "x".to_owned(),
    };
    let held = || {
        Input::Held(About::Guard {
            guard: Guard::Loop,
            text: "y".to_owned(),
        })
    };
    let ends_it = || Input::AskAnswered {
        ask: AskId("hold_1_1_1".to_owned()),
        answer: Answer::End,
    };
    let interrupted = "ends Interrupted { text: \"x\" }";
    let cases: [(Vec<Input>, &[&str]); 15] = [
        (vec![fails(Rate, "", Supply::One)], &["waits 1 s"]),
        (vec![fails(Rate, "", route)], &["asks 2"]),
        (vec![fails(Auth, "", route)], &["asks 2 not p/m"]),
        (vec![fails(Network, "so far", route)], &["drops", "asks 2"]),
        // The request's own fault: this endpoint is not asked the same again.
        (
            vec![fails(BadRequest, "", route), fails(TooLong, "", route)],
            &["asks 2 not p/m", "asks 3 not p/m not p/m"],
        ),
        // What the model will not answer is not taken to the next, nor is a fault of Creel.
        (
            vec![fails(Refused, "no", route)],
            &["says no true", "ends Refused"],
        ),
        (vec![fails(Internal, "", route)], &["ends Internal"]),
        // A wait before an attempt is none itself, and there is none after it.
        (
            vec![
                postponed(7),
                Input::Woke,
                fails(Rate, "", route),
                postponed(8),
                Input::Woke,
            ],
            &[
                "waits 7 s",
                "asks 1 after a wait",
                "asks 2",
                "waits 8 s",
                "asks 2 after a wait",
            ],
        ),
        // What was dropped is kept where nothing is left to say it again.
        (
            vec![fails(Network, "so far", route), no_way()],
            &["drops", "asks 2", "says so far true", "ends Auth"],
        ),
        (
            vec![fails(Network, "so far", route), fails(Refused, "", route)],
            &["drops", "asks 2", "says so far true", "ends Refused"],
        ),
        (
            vec![fails(Network, "so far", route), stopped(Some(""))],
            &["drops", "asks 2", "says so far true", interrupted],
        ),
        // What the next endpoint had said by then goes before it.
        (
            vec![fails(Network, "so far", route), stopped(Some("anew"))],
            &["drops", "asks 2", "says anew true", interrupted],
        ),
        (
            vec![fails(Network, "so far", route), postponed(7), stopped(None)],
            &[
                "drops",
                "asks 2",
                "waits 7 s",
                "says so far true",
                interrupted,
            ],
        ),
        (
            vec![fails(Network, "so far", route), held(), stopped(None)],
            &["drops", "asks 2", "says so far true", interrupted],
        ),
        (
            vec![fails(Network, "so far", route), held(), ends_it()],
            &[
                "drops",
                "asks 2",
                "says so far true",
                "ends Limit { text: \"y\" }",
            ],
        ),
    ];
    for (number, (inputs, expected)) in cases.into_iter().enumerate() {
        let (mut turn, _) = begin(prompt(), None);
        let effects: Vec<Effect> = inputs
            .into_iter()
            .flat_map(|input| turn.step(input))
            .collect();
        assert_eq!(told(&effects), expected, "case {number}");
    }
}

#[test]
fn no_step_is_asked_or_waited_for_without_end() {
    let route = Supply::Route { endpoints: 3 };
    let (mut turn, _) = begin(prompt(), None);
    let mut asked = 1;
    while !turn.has_ended() {
        let effects = turn.step(fails(FailureKind::Network, "", route));
        asked += effects
            .iter()
            .filter(|effect| matches!(effect, Effect::CallModel { .. }))
            .count();
    }
    assert_eq!(asked, 18);
    let (mut turn, _) = begin(prompt(), None);
    let mut waited = 0;
    while !turn.has_ended() {
        waited += 1;
        turn.step(Input::Postponed {
            failure: Failure::new(FailureKind::Rate, "x"),
            wait: Duration::from_secs(1),
            supply: route,
        });
        turn.step(Input::Woke);
    }
    assert_eq!(waited, 6);
    // One attempt is one, whatever stands behind it.
    let limits = Limits {
        max_steps: None,
        attempts: 1,
    };
    let (mut turn, _) = Turn::begin(1, prompt(), limits, Arc::new([]));
    assert_eq!(
        told(&turn.step(fails(FailureKind::Rate, "", route))),
        ["ends Rate"]
    );
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
    let decision = crate::agent::turn::input::Decision::Allow;
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
