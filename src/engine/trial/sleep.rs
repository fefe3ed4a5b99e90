//! The machine sleeps while a model answers: the stream is dropped, and nothing said or sent is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pretty_assertions::assert_eq;

use crate::engine::clock::{Clock, Clocks};
use crate::engine::trial::{Play, Stage};
use crate::engine::{Engine, Options};
use crate::protocol::event::{Delta, Ending, Fact, Signal, When};
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::item::Item;
use crate::protocol::op::Op;
use crate::protocol::rule::Mode;
use crate::protocol::session::OpenRequest;
use crate::protocol::usage::Cause;

const SCRIPT: &str = "> silent\n< pause 100s\n< text: late\n\n> speaks\n< text: half\n< pause 100s\n< text: late\n\n> pauses\n< text: one\n< pause 100ms\n< text: two\n\n> *\n< text: well\n";
const LUNCH: u64 = 47 * 60;

/// A session on a machine that sleeps when the test says so, for as many seconds as are added.
fn on_a_laptop(stage: &Stage) -> (Play, Arc<AtomicU64>) {
    let slept = Arc::new(AtomicU64::new(0));
    let hand = Arc::clone(&slept);
    let play = with_clocks(stage, move || Clocks {
        passed: Duration::from_secs(1_000 + hand.load(Ordering::SeqCst)),
        awake: Duration::from_secs(1_000),
    });
    (play, slept)
}

fn with_clocks(stage: &Stage, clocks: impl Fn() -> Clocks + Send + Sync + 'static) -> Play {
    let options = Options {
        clock: Clock::system().with_clocks(clocks),
        ..stage.options(false)
    };
    let runtime = tokio::runtime::Handle::current();
    let play = stage.start(Engine::start(options, &runtime).unwrap(), None);
    play.send(Op::Open {
        request: OpenRequest {
            cwd: stage.folder.path().to_owned(),
            model: "play/any".parse().unwrap(),
            mode: Mode::Auto,
            worktree: None,
            effort: None,
        },
    });
    play
}

/// The attempt and the cause of the next call to a model.
async fn called(play: &mut Play) -> (u32, Cause) {
    play.fact(|fact| match fact {
        Fact::ModelCalled { attempt, cause, .. } => Some((*attempt, *cause)),
        _ => None,
    })
    .await
}

async fn failed(play: &mut Play) -> Failure {
    play.fact(|fact| match fact {
        Fact::ModelAnswered { failure, .. } => failure.clone(),
        _ => None,
    })
    .await
}

/// The stream is open.
async fn asks(play: &mut Play) {
    play.until(|signal| match signal {
        Signal::Delta {
            delta: Delta::Waiting { .. },
            ..
        } => Some(()),
        _ => None,
    })
    .await;
}

async fn speaks(play: &mut Play) {
    play.until(|signal| match signal {
        Signal::Delta {
            delta: Delta::Text { .. },
            ..
        } => Some(()),
        _ => None,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_said_nothing_is_asked_again_by_itself() {
    let stage = Stage::new(SCRIPT);
    let (mut play, slept) = on_a_laptop(&stage);
    play.say("silent", When::Turn);
    assert_eq!(called(&mut play).await, (1, Cause::Work));
    asks(&mut play).await;
    slept.fetch_add(LUNCH, Ordering::SeqCst);
    let failure = failed(&mut play).await;
    assert_eq!(failure.kind, FailureKind::Network);
    assert_eq!(
        failure.message,
        "this machine slept for 47 min while play/any was answering: ask again"
    );
    assert_eq!(called(&mut play).await, (2, Cause::Retry));
    // One sleep is one failure: the new stream is left alone.
    play.send(Op::Interrupt);
    assert!(matches!(play.ending().await, Ending::Interrupted { .. }));
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_is_kept_and_the_message_that_wakes_it_too() {
    let stage = Stage::new(SCRIPT);
    let (mut play, slept) = on_a_laptop(&stage);
    play.say("speaks", When::Turn);
    speaks(&mut play).await;
    slept.fetch_add(LUNCH, Ordering::SeqCst);
    play.say("and now?", When::Step);
    // The turn has failed by then, so the message begins the next one.
    assert!(matches!(play.ending().await, Ending::Failed { .. }));
    assert_eq!(play.ending().await, Ending::Finished);
    let (session, facts) = play.log().await;
    let said: Vec<(String, bool)> = facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::ItemAdded {
                item: Item::Prompt { blocks, .. },
                ..
            } => Some((blocks[0].as_text().into_owned(), true)),
            Fact::ItemAdded {
                item: Item::Answer { text, cut, .. },
                ..
            } => Some((text.clone(), !cut)),
            _ => None,
        })
        .collect();
    let expected = [
        ("speaks", true),
        ("half", false),
        ("and now?", true),
        ("well", true),
    ];
    assert_eq!(said, expected.map(|(text, whole)| (text.to_owned(), whole)));
    assert!(session.queued.is_empty() && session.open_request.is_none());
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_was_stopped_did_not_sleep_and_goes_on_reading() {
    let stage = Stage::new(SCRIPT);
    let passed = Arc::new(AtomicU64::new(1_000));
    let hand = Arc::clone(&passed);
    let mut play = with_clocks(&stage, move || {
        let both = Duration::from_secs(hand.load(Ordering::SeqCst));
        Clocks {
            passed: both,
            awake: both,
        }
    });
    play.say("pauses", When::Turn);
    speaks(&mut play).await;
    passed.fetch_add(600, Ordering::SeqCst);
    // Whatever is said has the clocks looked at.
    play.say("and now?", When::Turn);
    assert_eq!(play.ending().await, Ending::Finished);
    let (_, facts) = play.log().await;
    let calls = facts
        .iter()
        .filter(|fact| matches!(fact, Fact::ModelAnswered { failure: None, .. }));
    assert_eq!(calls.count(), 1, "{facts:#?}");
    play.end().await;
}
