//! What earlier sessions said, put beside a prompt that it answers.

use pretty_assertions::assert_eq;

use crate::engine::trial::{Play, Stage};
use crate::protocol::event::{Fact, When};
use crate::protocol::id::SessionId;
use crate::protocol::item::{Item, Recalled};
use crate::protocol::op::Op;
use crate::protocol::rule::Mode;
use crate::protocol::session::{Change, OpenRequest};

const SCRIPT: &str = "> *\n< text: All right.\n";
const TOLD: &str = "The tide table gives its offset in minutes and never in hours.";
const ASKED: &str = "In which unit does the tide table give its offset?";

fn recalling() -> Stage {
    let mut stage = Stage::new(SCRIPT);
    stage.config = format!("[memory]\nrecall = \"auto\"\n{}", stage.config);
    stage
}

/// Says something in a session and answers what was recalled for it.
async fn says(play: &mut Play, text: &str) -> Option<Recalled> {
    let before = play.events.len();
    play.say(text, When::Turn);
    play.ending().await;
    let new = play.events[before..].iter();
    let mut recalled = new.filter_map(|event| match &event.fact {
        Fact::ItemAdded {
            item: Item::Recalled(recalled),
            ..
        } => Some(recalled.clone()),
        _ => None,
    });
    recalled.next()
}

async fn told(stage: &Stage) -> SessionId {
    let mut play = stage.open();
    assert_eq!(says(&mut play, TOLD).await, None);
    let session = play.session;
    play.end().await;
    session
}

#[tokio::test]
async fn what_answers_a_prompt_is_put_behind_it_once() {
    let stage = recalling();
    let session = told(&stage).await;
    let mut play = stage.open();
    assert_eq!(
        says(&mut play, "Write me a poem on autumn leaves.").await,
        None
    );
    let recalled = says(&mut play, ASKED).await.expect("it is recalled");
    assert!(
        recalled
            .text
            .contains("|> you: The tide table gives its offset in minutes"),
        "{recalled:?}"
    );
    assert_eq!(recalled.sources[0].session, session);
    assert_eq!(recalled.words, ["tide", "table", "give", "offset"]);
    assert!(recalled.tokens <= 600, "{}", recalled.tokens);
    // It stands before the model already.
    assert_eq!(says(&mut play, ASKED).await, None);
    let (session, facts) = play.log().await;
    let at = |wanted: &dyn Fn(&Item) -> bool| {
        facts
            .iter()
            .position(|fact| matches!(fact, Fact::ItemAdded { item, .. } if wanted(item)))
    };
    let recalled = at(&|item| matches!(item, Item::Recalled(_))).unwrap();
    assert!(matches!(
        &facts[recalled - 1],
        Fact::ItemAdded {
            turn: 2,
            item: Item::Prompt { .. },
            ..
        }
    ));
    assert_eq!(session.recalled.len(), 1);
    play.end().await;
}

#[tokio::test]
async fn nothing_is_recalled_where_it_was_switched_off_or_in_another_project() {
    let mut stage = recalling();
    told(&stage).await;
    let mut play = stage.open();
    assert_eq!(says(&mut play, "Hello there, good morning.").await, None);
    play.send(Op::Change {
        change: Change::Recall { on: false },
    });
    assert_eq!(says(&mut play, ASKED).await, None);
    play.end().await;

    let elsewhere = tempfile::tempdir().unwrap();
    let mut play = stage.start(stage.engine(false), None);
    play.send(Op::Open {
        request: OpenRequest {
            cwd: elsewhere.path().to_owned(),
            model: "play/any".parse().unwrap(),
            mode: Mode::Auto,
            worktree: None,
            effort: None,
        },
    });
    assert_eq!(says(&mut play, ASKED).await, None);
    play.end().await;

    stage.config = stage.config.replace("auto", "off");
    let mut play = stage.open();
    assert_eq!(says(&mut play, ASKED).await, None);
    play.end().await;
}
