//! The shipped tour, and what a step costs the disk.

use std::sync::atomic::Ordering;

use pretty_assertions::assert_eq;

use crate::engine::trial::Stage;
use crate::protocol::event::{Ending, When};
use crate::protocol::op::Op;
use crate::protocol::query::{Found, Query};
use crate::protocol::rule::Mode;
use crate::protocol::session::{OpenRequest, State};

#[tokio::test(flavor = "multi_thread")]
async fn the_tour_plays_to_its_end_and_is_true_of_the_disk() {
    let stage = Stage::new("> *\n< text: x\n");
    let mut play = stage.start(stage.engine(true), None);
    play.send(Op::Open {
        request: OpenRequest {
            cwd: play.folder.clone(),
            model: "rehearsal/tour".parse().unwrap(),
            mode: Mode::Auto,
            worktree: None,
            effort: None,
        },
    });
    play.say("show me", When::Turn);
    assert_eq!(play.ending().await, Ending::Finished);
    assert!(play.folder.join("tide.sh").exists());
    let query = Query::Sessions {
        limit: None,
        archived: false,
    };
    let Found::Sessions(cards) = play.door.ask(query).await else {
        panic!("no list")
    };
    assert_eq!(cards.len(), 1);
    assert_eq!((cards[0].state, cards[0].turns), (State::Done, 1));
    play.end().await;
}

/// On one thread, so that the prompt waits before the session is opened.
#[tokio::test]
async fn a_step_with_a_call_is_two_commits() {
    let script = "> *\n< call bash {\"command\":\"echo 1\"}\n\n< call bash {\"command\":\"echo 2\"}\n\n< text: done\n";
    let stage = Stage::new(script);
    let mut play = stage.start(stage.engine(true), None);
    play.send(Op::Open {
        request: OpenRequest {
            cwd: play.folder.clone(),
            model: "play/any".parse().unwrap(),
            mode: Mode::Auto,
            worktree: None,
            effort: None,
        },
    });
    play.say("go", When::Turn);
    assert_eq!(play.ending().await, Ending::Finished);
    // The opening with the prompt and the first request; two a step; the last word.
    let appends = play.engine.trial.appends.load(Ordering::SeqCst);
    assert_eq!(appends, 1 + 2 * 2 + 1);
    play.end().await;
}
