//! Messages that wait, and what goes on with them.

use pretty_assertions::assert_eq;

use crate::engine::trial::{Play, Stage};
use crate::protocol::event::{Ending, Fact, When};
use crate::protocol::id::MessageId;
use crate::protocol::item::{Block, Item, Origin};
use crate::protocol::op::Op;
use crate::protocol::session::RunLimits;

/// What was said in the log, in order; Creel's own words in brackets.
async fn said(play: &Play) -> Vec<String> {
    let (_, facts) = play.log().await;
    facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::ItemAdded {
                item: Item::Prompt { blocks, origin },
                ..
            } => Some(match origin {
                Origin::Person => blocks[0].as_text().into_owned(),
                Origin::Creel => format!("[{}]", blocks[0].as_text()),
            }),
            _ => None,
        })
        .collect()
}

const SCRIPT: &str = "> slow\n< text: wait\n< pause 100s\n< text: more\n\n> quick\n< text: here\n\n> *\n< text: well\n";

#[tokio::test(flavor = "multi_thread")]
async fn what_steered_a_stopped_turn_enters_the_next_one() {
    let stage = Stage::new(SCRIPT);
    let mut play = stage.open();
    play.say("slow", When::Turn);
    play.say("steer", When::Step);
    play.say("later", When::Turn);
    let queued = |id| {
        move |fact: &Fact| {
            matches!(fact, Fact::MessageQueued { id: MessageId(n), .. } if *n == id).then_some(())
        }
    };
    play.fact(queued(2)).await;
    play.send(Op::Interrupt);
    assert!(matches!(play.ending().await, Ending::Interrupted { .. }));
    // Nothing is sent by itself after a stop.
    assert_eq!(play.log().await.0.queued.len(), 2);
    play.say("quick", When::Turn);
    assert_eq!(play.ending().await, Ending::Finished);
    // What was queued for afterwards comes afterwards, by itself.
    assert_eq!(play.ending().await, Ending::Finished);
    assert_eq!(said(&play).await, ["slow", "steer", "quick", "later"]);
    assert!(play.log().await.0.queued.is_empty());
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn going_on_sends_what_waits_and_never_ends_with_an_answer() {
    let stage = Stage::new(SCRIPT);
    let mut play = stage.open();
    let nothing = play.send(Op::Continue);
    assert_eq!(
        play.refusal().await,
        (nothing, "there is nothing to go on with".to_owned())
    );
    let empty = play.say(" \n", When::Turn);
    assert_eq!(
        play.refusal().await,
        (empty, "there is nothing to send".to_owned())
    );
    play.say("slow", When::Turn);
    play.fact(|fact| matches!(fact, Fact::ModelCalled { .. }).then_some(()))
        .await;
    play.until(|signal| {
        matches!(
            signal,
            crate::protocol::event::Signal::Delta {
                delta: crate::protocol::event::Delta::Text { .. },
                ..
            }
        )
        .then_some(())
    })
    .await;
    play.send(Op::Interrupt);
    play.ending().await;
    play.send(Op::Continue);
    assert_eq!(play.ending().await, Ending::Finished);
    assert_eq!(
        said(&play).await,
        ["slow", "[Go on from where you stopped.]"]
    );
    // The name of the session is the person's.
    assert_eq!(play.log().await.0.title, "slow");
    let nothing = play.send(Op::Continue);
    assert_eq!(play.refusal().await.0, nothing);
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_off_is_asked_for_again_as_if_nothing_had_come() {
    let stage = Stage::new(SCRIPT);
    let mut play = stage.open();
    play.say("slow", When::Turn);
    for again in [Op::Again, Op::Again, Op::Continue] {
        play.until(|signal| {
            matches!(
                signal,
                crate::protocol::event::Signal::Delta {
                    delta: crate::protocol::event::Delta::Text { .. },
                    ..
                }
            )
            .then_some(())
        })
        .await;
        // The terminal is gone: that is told as it was.
        play.send(Op::HangUp);
        let gone = Ending::interrupted("the terminal was closed");
        assert_eq!(play.ending().await, gone);
        assert_eq!(said(&play).await, ["slow"]);
        play.send(again);
    }
    assert_eq!(play.ending().await, Ending::Finished);
    assert_eq!(
        said(&play).await,
        ["slow", "[Go on from where you stopped.]"]
    );
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_left_by_a_crash_waits_for_a_key() {
    let stage = Stage::new(SCRIPT);
    let mut play = stage.open();
    play.say("quick", When::Turn);
    play.ending().await;
    // As a crash between the end of a turn and the beginning of the next leaves it.
    let fact = Fact::MessageQueued {
        id: MessageId(1),
        blocks: vec![Block::text("left")],
        when: When::Turn,
    };
    let session = play.session;
    play.end().await;
    crate::engine::trial::append(&stage, session, vec![fact]).await;
    let mut play = stage.start(stage.engine(false), Some(session));
    play.send(Op::Resume);
    play.send(Op::Continue);
    assert_eq!(play.ending().await, Ending::Finished);
    assert_eq!(said(&play).await, ["quick", "left"]);
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_session_is_not_opened_twice() {
    let stage = Stage::new(SCRIPT);
    let mut play = stage.open();
    play.say("quick", When::Turn);
    play.ending().await;
    let request = crate::protocol::session::OpenRequest {
        cwd: play.folder.clone(),
        model: "play/any".parse().unwrap(),
        mode: crate::protocol::rule::Mode::Auto,
        worktree: None,
        effort: None,
    };
    let again = play.send(Op::Open {
        request: request.clone(),
    });
    assert_eq!(
        play.refusal().await,
        (again, "this session is open already".to_owned())
    );
    play.send(Op::Close);
    let again = play.send(Op::Open { request });
    let (command, why) = play.refusal().await;
    assert_eq!(command, again);
    assert!(why.contains("is in the log already"), "{why}");
    // Closing and taking up again at once is no conflict with oneself.
    for _ in 0..20 {
        play.send(Op::Submit {
            blocks: vec![Block::text("quick")],
            when: When::Turn,
            limits: RunLimits::default(),
        });
        assert_eq!(play.ending().await, Ending::Finished);
        play.send(Op::Close);
    }
    play.end().await;
}
