//! A mode that is lent: it holds, it comes back by itself, and a crash in between does not make it last.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use pretty_assertions::assert_eq;

use crate::engine::clock::Clock;
use crate::engine::trial::{Play, Stage, append};
use crate::engine::{Engine, Options};
use crate::protocol::ask::{Answer, Verdict};
use crate::protocol::event::{Ending, Fact, When};
use crate::protocol::money::{Money, UNIT};
use crate::protocol::op::Op;
use crate::protocol::rule::Mode;
use crate::protocol::session::{Change, OpenRequest, Used};
use crate::protocol::time::Time;
use crate::protocol::usage::Charge;

const SCRIPT: &str = "> *\n< call bash {\"command\":\"touch one\"}\n\n< call bash {\"command\":\"touch two\"}\n\n< text: done\n";
const START: i64 = 1_800_000_000_000;

/// An engine whose wall clock the test turns, and its clock.
fn engine(stage: &Stage) -> (Engine, Arc<AtomicI64>) {
    let wall = Arc::new(AtomicI64::new(START));
    let hand = Arc::clone(&wall);
    let options = Options {
        clock: Clock::manual(move || Time(hand.load(Ordering::SeqCst))),
        ..stage.options(false)
    };
    let runtime = tokio::runtime::Handle::current();
    (Engine::start(options, &runtime).unwrap(), wall)
}

fn in_mode_ask(stage: &Stage) -> (Play, Arc<AtomicI64>) {
    let (engine, wall) = engine(stage);
    let play = stage.start(engine, None);
    play.send(Op::Open {
        request: OpenRequest {
            cwd: stage.folder.path().to_owned(),
            model: "play/any".parse().unwrap(),
            mode: Mode::Ask,
            worktree: None,
            effort: None,
        },
    });
    (play, wall)
}

fn lent(until: Option<i64>, sum: Option<i64>) -> Op {
    Op::Change {
        change: Change::ModeLent {
            mode: Mode::Auto,
            until: until.map(Time),
            sum: sum.map(Money::usd),
        },
    }
}

fn returned(fact: &Fact) -> Option<(Mode, Used)> {
    match fact {
        Fact::SessionChanged {
            change: Change::ModeReturned { mode, used },
        } => Some((*mode, *used)),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_at_the_edge_of_a_step_and_what_comes_after_asks() {
    let stage = Stage::new(SCRIPT);
    let (mut play, wall) = in_mode_ask(&stage);
    let minute = START + 60_000;
    play.send(lent(Some(minute), None));
    play.say("go", When::Turn);
    // The first command runs unasked; its time is over when it has.
    play.fact(|fact| matches!(fact, Fact::CallStarted { .. }).then_some(()))
        .await;
    wall.store(minute, Ordering::SeqCst);
    let ask = play.ask().await;
    assert!(play.folder.join("one").exists() && !play.folder.join("two").exists());
    let (session, facts) = play.log().await;
    assert_eq!((session.mode, session.loan), (Mode::Ask, None));
    assert_eq!(
        facts.iter().filter_map(returned).collect::<Vec<_>>(),
        [(Mode::Ask, Used::Time)]
    );
    play.answer(
        ask.id,
        Answer::Verdict {
            verdict: Verdict::No { reason: None },
        },
    );
    play.ending().await;
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_lent_is_refused_and_a_mode_of_ones_own_ends_it() {
    let stage = Stage::new(SCRIPT);
    let (mut play, wall) = in_mode_ask(&stage);
    for op in [
        lent(None, None),
        lent(None, Some(0)),
        Op::Change {
            change: Change::ModeLent {
                mode: Mode::Ask,
                until: Some(Time(START + 1)),
                sum: None,
            },
        },
        Op::Change {
            change: Change::ModeReturned {
                mode: Mode::Auto,
                used: Used::Time,
            },
        },
    ] {
        let wrong = play.send(op);
        assert_eq!(play.refusal().await.0, wrong);
    }
    play.send(lent(Some(START + 60_000), Some(UNIT)));
    play.send(Op::Change {
        change: Change::Mode { mode: Mode::Edits },
    });
    play.fact(|fact| {
        let own = matches!(
            fact,
            Fact::SessionChanged {
                change: Change::Mode { .. }
            }
        );
        own.then_some(())
    })
    .await;
    wall.store(START + 90_000, Ordering::SeqCst);
    let (session, facts) = play.log().await;
    assert_eq!((session.mode, session.loan), (Mode::Edits, None));
    assert_eq!(facts.iter().find_map(returned), None);
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_it_is_over_when_its_time_or_its_sum_is() {
    let counted = Fact::ModelAnswered {
        turn: 1,
        step: 1,
        attempt: 1,
        model: "play/any".parse().unwrap(),
        usage: crate::protocol::usage::Usage::default(),
        charge: Charge::LOCAL,
        counted: Money::usd(2 * UNIT),
        raw: None,
        stop: None,
        failure: None,
        millis: 0,
        vitals: None,
        price: None,
    };
    let lend = |until: i64| Fact::SessionChanged {
        change: Change::ModeLent {
            mode: Mode::Auto,
            until: Some(Time(until)),
            sum: Some(Money::usd(2 * UNIT)),
        },
    };
    let cases = [
        (vec![lend(START + 60_000), counted], 0, Used::Sum),
        (vec![lend(START + 60_000)], 60_000, Used::Time),
    ];
    for (facts, later, used) in cases {
        let stage = Stage::new(SCRIPT);
        let (mut play, _) = in_mode_ask(&stage);
        play.fact(|fact| matches!(fact, Fact::SessionOpened { .. }).then_some(()))
            .await;
        let session = play.session;
        play.end().await;
        append(&stage, session, facts).await;
        let (engine, wall) = engine(&stage);
        wall.store(START + later, Ordering::SeqCst);
        let mut play = stage.start(engine, Some(session));
        play.send(Op::Resume);
        assert_eq!(play.fact(returned).await, (Mode::Ask, used));
        play.say("go", When::Turn);
        let ask = play.ask().await;
        assert!(!play.folder.join("one").exists());
        play.send(Op::Interrupt);
        assert!(matches!(play.ending().await, Ending::Interrupted { .. }));
        drop(ask);
        play.end().await;
    }
}
