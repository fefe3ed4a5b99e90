//! What the board has done to sessions: changes of those that are not open, deletion, and sessions that are not kept.

use pretty_assertions::assert_eq;

use crate::engine::trial::{Play, Stage, append};
use crate::protocol::board::{Glimpse, Shelf, Wanted};
use crate::protocol::event::{Ending, Fact, When};
use crate::protocol::op::{Manage, Managed, Op};
use crate::protocol::query::{Found, Query};
use crate::protocol::session::{Change, State};

const SCRIPT: &str = "> *\n< usage 100 20\n< text: The answer is 42.\n";

async fn shelf(play: &Play, words: &str) -> Shelf {
    let wanted = Wanted {
        words: words.to_owned(),
        limit: 9,
        ..Wanted::default()
    };
    match play.door.ask(Query::Board(wanted)).await {
        Found::Board(shelf) => shelf,
        other => panic!("{other:?}"),
    }
}

/// A session in which something was said, closed again.
async fn said(play: &mut Play, text: &str) {
    play.say(text, When::Turn);
    assert_eq!(play.ending().await, Ending::Finished);
}

fn change(play: &Play, change: Change) {
    play.send(Op::Change { change });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_session_is_changed_and_let_go_again() {
    let stage = Stage::new(SCRIPT);
    let mut play = stage.open();
    said(&mut play, "what is it?").await;
    play.send(Op::Close);
    for wanted in [
        Change::Pinned { pinned: true },
        Change::Title {
            title: "the question".to_owned(),
        },
        Change::Archived { archived: true },
    ] {
        change(&play, wanted.clone());
        play.send(Op::Close);
        play.fact(|fact| {
            matches!(fact, Fact::SessionChanged { change } if *change == wanted).then_some(())
        })
        .await;
    }
    let gone = shelf(&play, "").await;
    assert_eq!((gone.cards.len(), gone.archived), (0, 1));
    let found = shelf(&play, "question archived").await;
    let card = &found.cards[0];
    assert_eq!(
        (card.title.as_str(), card.state, card.pinned, card.steps),
        ("the question", State::Archived, true, 1)
    );
    let session = play.session;
    let glimpse = play.door.ask(Query::Glimpse { session }).await;
    let expected = Glimpse {
        prompt: "what is it?".to_owned(),
        answer: "The answer is 42.".to_owned(),
        ask: None,
    };
    assert_eq!(glimpse, Found::Glimpse(expected));
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_deleted_right_after_it_was_closed_and_not_while_it_is_open() {
    let stage = Stage::new(SCRIPT);
    let mut play = stage.open();
    said(&mut play, "what is it?").await;
    // Named twice it is deleted once.
    let sessions = vec![play.session, play.session];
    let purge = Manage::Purge { sessions };
    let refused = play.door.manage(purge.clone()).await;
    assert!(
        matches!(&refused, Managed::Failed { why } if why.contains("close it there first")),
        "{refused:?}"
    );
    play.send(Op::Close);
    let done = play.door.manage(purge).await;
    assert!(
        matches!(done, Managed::Purged { sessions: 1, .. }),
        "{done:?}"
    );
    assert_eq!(shelf(&play, "").await.cards, []);
    play.end().await;
}

/// How many sessions the log has.
async fn left(play: &Play) -> usize {
    shelf(play, "").await.cards.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_session_goes_when_it_is_closed() {
    let stage = Stage::new(SCRIPT);
    let mut play = stage.open();
    change(&play, Change::Temporary { temporary: true });
    said(&mut play, "a secret question").await;
    assert_eq!(left(&play).await, 1);
    play.send(Op::Close);
    // The answer to a purge comes when the one by closing is done: there is nothing left for it.
    let sessions = vec![play.session];
    let _ = play.door.manage(Manage::Purge { sessions }).await;
    assert_eq!(left(&play).await, 0);
    play.end().await;
    let bytes = std::fs::read(stage.options(false).paths.db).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(!text.contains("secret question") && !text.contains("answer is 42"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_session_goes_with_the_engine_and_after_a_crash() {
    let stage = Stage::new(SCRIPT);
    let mut play = stage.open();
    change(&play, Change::Temporary { temporary: true });
    said(&mut play, "a secret question").await;
    let session = play.session;
    play.end().await;
    let again = stage.start(stage.engine(false), Some(session));
    assert_eq!(left(&again).await, 0);
    again.end().await;

    // One that a process left behind which was killed: its facts are there, and nobody holds it.
    let mut play = stage.open();
    said(&mut play, "another secret").await;
    let session = play.session;
    play.end().await;
    let change = Change::Temporary { temporary: true };
    append(&stage, session, vec![Fact::SessionChanged { change }]).await;
    let again = stage.start(stage.engine(false), Some(session));
    assert_eq!(left(&again).await, 0);
    again.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_kept_after_all_stays() {
    let stage = Stage::new(SCRIPT);
    let mut play = stage.open();
    change(&play, Change::Temporary { temporary: true });
    said(&mut play, "a question").await;
    change(&play, Change::Temporary { temporary: false });
    let session = play.session;
    play.end().await;
    let again = stage.start(stage.engine(false), Some(session));
    assert_eq!(left(&again).await, 1);
    again.end().await;
}
