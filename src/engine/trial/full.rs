//! A disk that is full in the middle of a turn, and has space again.

use std::sync::Arc;

use pretty_assertions::assert_eq;
use tokio::sync::mpsc;

use crate::engine::open;
use crate::engine::trial::Stage;
use crate::protocol::ask::{About, Answer, Guard};
use crate::protocol::call::OutcomeKind;
use crate::protocol::event::{Ending, Fact, When};
use crate::protocol::id::{AskId, CallId, CommandId};
use crate::protocol::item::Item;
use crate::protocol::op::Op;
use crate::tool::deed::Deed;

const SCRIPT: &str = "> go\n< text: I look.\n< call bash {\"command\":\"echo begun; touch ran; until test -e end; do sleep 0.01; done; echo seen\"}\n\n< text: done\n\n> again\n< text: here\n";

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_kept_when_there_is_space_again() {
    let stage = Stage::new(SCRIPT);
    let mut play = stage.open();
    play.say("go", When::Turn);
    play.tail("begun").await;
    let disk = play.engine.trial.clone();
    disk.fill_disk(true);
    std::fs::write(play.folder.join("end"), "").unwrap();
    let (command, why) = play.refusal().await;
    assert_eq!(command, CommandId(0));
    assert!(
        why.starts_with("nothing more can be kept: no space left for"),
        "{why}"
    );

    // An ask that is looked at again is nothing that somebody did.
    let ask = AskId("a".to_owned());
    play.send(Op::Recheck { ask });
    // While it is full, words are given back to who said them.
    let said = play.say("again", When::Turn);
    let (command, why) = play.refusal().await;
    assert_eq!(command, said);
    assert!(why.contains("no space left"), "{why}");

    disk.fill_disk(false);
    play.say("again", When::Turn);
    assert!(matches!(play.ending().await, Ending::Interrupted { .. }));
    assert_eq!(play.ending().await, Ending::Finished);
    let (session, facts) = play.log().await;
    assert!(session.open_calls.is_empty() && session.asks.is_empty());
    // The tool had ended by itself, and its outcome was not lost.
    let results: Vec<_> = facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::ItemAdded {
                item: Item::Result { outcome, .. },
                ..
            } => Some((outcome.kind, outcome.text.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(results, [(OutcomeKind::Done, "begun\nseen".to_owned())]);
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_cannot_begin_leaves_no_trace() {
    let stage = Stage::new(SCRIPT);
    let mut play = stage.open();
    let disk = play.engine.trial.clone();
    play.fact(|fact| matches!(fact, Fact::SessionOpened { .. }).then_some(()))
        .await;
    disk.fill_disk(true);
    let said = play.say("again", When::Turn);
    assert_eq!(play.refusal().await.0, said);
    let changed = play.send(Op::Change {
        change: crate::protocol::session::Change::Title { title: "x".into() },
    });
    assert_eq!(play.refusal().await.0, changed);
    disk.fill_disk(false);
    let (_, facts) = play.log().await;
    assert_eq!(facts.len(), 1);
    play.say("again", When::Turn);
    assert_eq!(play.ending().await, Ending::Finished);
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_was_not_begun_is_not_run_later() {
    let stage = Stage::new(SCRIPT);
    let mut play = stage.open();
    let disk = play.engine.trial.clone();
    play.say("go", When::Turn);
    play.fact(|fact| matches!(fact, Fact::ModelCalled { .. }).then_some(()))
        .await;
    disk.fill_disk(true);
    // The answer comes and cannot be kept: its call must not begin.
    assert_eq!(play.refusal().await.0, CommandId(0));
    assert!(!play.folder.join("ran").exists());
    disk.fill_disk(false);
    play.say("again", When::Turn);
    assert!(matches!(play.ending().await, Ending::Interrupted { .. }));
    assert_eq!(play.ending().await, Ending::Finished);
    assert!(!play.folder.join("ran").exists());
    let (_, facts) = play.log().await;
    let items: Vec<_> = facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::ItemAdded { item, .. } => Some(match item {
                Item::Prompt { .. } => "prompt".to_owned(),
                Item::Answer { text, .. } => text.trim().to_owned(),
                Item::Call(_) => "call".to_owned(),
                Item::Result { outcome, .. } => format!("{:?}", outcome.kind),
                other => format!("{other:?}"),
            }),
            _ => None,
        })
        .collect();
    assert_eq!(
        items,
        ["prompt", "I look.", "call", "Cancelled", "prompt", "here"]
    );
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_judged_for_a_turn_goes_with_it_when_it_is_given_up() {
    let stage = Stage::new(SCRIPT);
    let mut play = stage.open();
    play.say("again", When::Turn);
    assert_eq!(play.ending().await, Ending::Finished);
    let session = play.session;
    play.end().await;

    let engine = stage.engine(false);
    let house = engine.house.upgrade().unwrap();
    let (_words, inbox) = mpsc::unbounded_channel();
    let taken = open::resume(&house, session, inbox).await;
    let mut task = taken.map_err(|(why, _)| why).ok().unwrap();
    let deed = Deed::of_person("true", stage.folder.path().to_owned());
    task.deeds.insert(CallId::new(2, 1, 1), Arc::new(deed));
    engine.trial.fill_disk(true);
    let begun = vec![Fact::TurnStarted { turn: 2 }];
    let unkept = task.commit_with(begun, None).await.err().unwrap();
    task.give_up(unkept);
    assert!(task.deeds.is_empty());
    drop((task, house));
    engine.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_pauses_once_before_the_disk_is_full() {
    let stage =
        Stage::new("> go\n< text: here\n\n> again\n< text: there\n\n> more\n< text: there\n");
    let mut play = stage.open();
    play.engine.trial.leave_room(10 << 20);
    for prompt in ["go", "again"] {
        play.say(prompt, When::Turn);
        let ask = play.ask().await;
        let About::Guard { guard, text } = ask.about else {
            panic!("{:?}", ask.about)
        };
        assert_eq!(guard, Guard::Room);
        assert!(text.starts_with("10 MB free at "), "{text}");
        play.answer(ask.id, Answer::Proceed);
        assert_eq!(play.ending().await, Ending::Finished);
    }
    play.engine.trial.leave_room(100 << 20);
    play.say("more", When::Turn);
    assert_eq!(play.ending().await, Ending::Finished);
    play.end().await;
}
