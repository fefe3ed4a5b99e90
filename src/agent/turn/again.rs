//! Asking again, elsewhere, and when to stop doing so.

use std::sync::Arc;
use std::time::Duration;

use pretty_assertions::assert_eq;

use crate::agent::turn::cases::{begin, bill, prompt};
use crate::agent::turn::effect::Effect;
use crate::agent::turn::input::{Input, Supply};
use crate::agent::turn::{Limits, Turn};
use crate::protocol::ask::{About, Answer, Guard};
use crate::protocol::event::{Delta, Ending, Fact};
use crate::protocol::failure::{Failure, FailureKind, Stop};
use crate::protocol::id::AskId;
use crate::protocol::item::Item;
use crate::protocol::reply::{Part, Reply};
use crate::protocol::usage::Usage;

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
    let interrupted = "ends Interrupted { text: \"x\", heard: None }";
    let cases: [(Vec<Input>, &[&str]); 15] = [
        (vec![fails(Rate, "", Supply::One)], &["waits 1 s"]),
        (vec![fails(Rate, "", route)], &["asks 2"]),
        (vec![fails(Auth, "", route)], &["asks 2 not p/m"]),
        (vec![fails(Network, "so far", route)], &["drops", "asks 2"]),
        // The request's own fault: this endpoint is not asked the same again.
        (
            vec![fails(BadRequest, "", route), fails(TooLong, "", route)],
            &["asks 2 not p/m", "asks 3 not p/m"],
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
fn a_route_that_is_given_up_names_each_endpoint_and_counts_its_rounds() {
    let failed = |name: &str| {
        let supply = Supply::Route { endpoints: 2 };
        let mut input = fails(FailureKind::Overloaded, "", supply);
        if let Input::Failed { failure, bill, .. } = &mut input {
            failure.message = format!("{name} is busy");
            bill.model.model = name.to_owned();
        }
        input
    };
    let postponed = || Input::Postponed {
        failure: Failure::new(FailureKind::Overloaded, "x"),
        wait: Duration::from_secs(7),
    };
    let limits = Limits {
        max_steps: None,
        attempts: 3,
        patient: false,
    };
    let (mut turn, _) = Turn::begin(1, prompt(), limits, Arc::new([]));
    let mut attempts = Vec::new();
    let mut ended = None;
    let round = || [failed("a"), failed("b"), postponed(), Input::Woke];
    // Before anything was asked a wait is no attempt.
    let inputs = [postponed(), Input::Woke]
        .into_iter()
        .chain(round())
        .chain(round())
        .chain(round());
    for effect in inputs.flat_map(|input| turn.step(input)) {
        match effect {
            Effect::Sleep {
                attempt,
                attempts: most,
                ..
            } => attempts.push((attempt, most)),
            Effect::Append(Fact::TurnEnded {
                ending: Ending::Failed { failure },
                ..
            }) => ended = Some(failure),
            _ => {}
        }
    }
    assert_eq!(attempts, [(1, 3), (2, 3), (3, 3)]);
    let message = ended.map(|failure| failure.message);
    let each = "no endpoint of the route answered: p/a (asked 3 times): a is busy; p/b (asked 3 times): b is busy";
    assert_eq!(message.as_deref(), Some(each));
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
        });
        turn.step(Input::Woke);
    }
    assert_eq!(waited, 7);
    // One attempt is one, whatever stands behind it.
    let limits = Limits {
        max_steps: None,
        attempts: 1,
        patient: false,
    };
    let (mut turn, _) = Turn::begin(1, prompt(), limits, Arc::new([]));
    assert_eq!(
        told(&turn.step(fails(FailureKind::Rate, "", route))),
        ["ends Rate"]
    );
}

#[test]
fn an_address_where_nobody_is_is_given_up_within_seconds_where_nobody_is_there_to_see() {
    let nowhere = |supply| {
        let mut failed = fails(FailureKind::Network, "", supply);
        if let Input::Failed {
            failure, partial, ..
        } = &mut failed
        {
            (failure.unsent, failure.nowhere) = (true, true);
            *partial = Reply::default();
        }
        failed
    };
    let limits = |patient| Limits {
        max_steps: None,
        attempts: 8,
        patient,
    };
    let (mut turn, _) = Turn::begin(1, prompt(), limits(false), Arc::new([]));
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.extend(told(&turn.step(nowhere(Supply::One))));
        seen.extend(told(&turn.step(Input::Woke)));
    }
    let expected = [
        "waits 1 s",
        "asks 2 after a wait",
        "waits 2 s",
        "asks 3 after a wait",
        "ends Network",
    ];
    assert_eq!(seen, expected);
    // A person may be about to start the server.
    let (mut turn, _) = Turn::begin(1, prompt(), limits(true), Arc::new([]));
    for _ in 0..20 {
        turn.step(nowhere(Supply::One));
        turn.step(Input::Woke);
    }
    assert!(!turn.has_ended());
}

#[test]
fn a_way_to_the_server_is_waited_for_while_a_person_is_there() {
    let no_way = |supply| {
        let mut failed = fails(FailureKind::Network, "", supply);
        if let Input::Failed { failure, .. } = &mut failed {
            failure.unsent = true;
        }
        failed
    };
    for (patient, supply) in [
        (true, Supply::One),
        (true, Supply::Route { endpoints: 2 }),
        (false, Supply::One),
        (false, Supply::Route { endpoints: 2 }),
    ] {
        let limits = Limits {
            max_steps: None,
            attempts: 3,
            patient,
        };
        let (mut turn, _) = Turn::begin(1, prompt(), limits, Arc::new([]));
        for _ in 0..100 {
            turn.step(no_way(supply));
            turn.step(Input::Woke);
        }
        assert_eq!(turn.has_ended(), !patient, "{patient} {supply:?}");
        // What was sent may have been paid for: it is not sent without end.
        for _ in 0..10 {
            turn.step(fails(FailureKind::Network, "", supply));
            turn.step(Input::Woke);
        }
        assert!(turn.has_ended(), "{supply:?}");
    }
}

#[test]
fn an_answer_that_a_person_has_begun_to_read_is_not_bought_again_by_itself() {
    let route = Supply::Route { endpoints: 2 };
    let cases = [
        (
            true,
            "so far",
            Supply::One,
            vec!["says so far true", "ends Network"],
        ),
        (true, "", Supply::One, vec!["waits 1 s"]),
        (false, "so far", Supply::One, vec!["drops", "waits 1 s"]),
        // Another endpoint is asked at once, as after any failure.
        (true, "so far", route, vec!["drops", "asks 2"]),
    ];
    for (patient, text, supply, expected) in cases {
        let limits = Limits {
            max_steps: None,
            attempts: 8,
            patient,
        };
        let (mut turn, _) = Turn::begin(1, prompt(), limits, Arc::new([]));
        let effects = turn.step(fails(FailureKind::Network, text, supply));
        assert_eq!(told(&effects), expected, "{patient} {text} {supply:?}");
    }
}

#[test]
fn an_answer_that_is_paid_for_is_not_bought_for_ever() {
    let ended = |stop, output| {
        let mut failed = fails(FailureKind::Overloaded, "", Supply::One);
        if let Input::Failed { partial, .. } = &mut failed {
            *partial = Reply {
                stop,
                usage: Some(Usage {
                    output,
                    ..Usage::default()
                }),
                ..Reply::default()
            };
        }
        failed
    };
    let cases: [(&dyn Fn() -> Input, u32); 4] = [
        // It broke off after words.
        (&|| fails(FailureKind::Network, "so far", Supply::One), 3),
        // It came to an end that was counted, and has nothing in it that can be read.
        (&|| ended(Some(Stop::Error), 50), 3),
        (&|| ended(Some(Stop::End), 0), 6),
        (&|| ended(None, 50), 6),
    ];
    for (number, (failed, expected)) in cases.into_iter().enumerate() {
        let (mut turn, _) = begin(prompt(), None);
        let mut asked = 1;
        while !turn.has_ended() {
            turn.step(failed());
            let effects = turn.step(Input::Woke);
            let asks = |effect: &&Effect| matches!(effect, Effect::CallModel { .. });
            asked += effects.iter().filter(asks).count();
        }
        assert_eq!(asked, expected as usize, "case {number}");
    }
}
