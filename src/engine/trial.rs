//! The engine as a face sees it, with the rehearsal as its model.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use crate::config::load;
use crate::config::paths::Paths;
use crate::engine::clock::Clock;
use crate::engine::{Engine, Options};
use crate::protocol::event::{Ending, Fact, Signal, When};
use crate::protocol::id::CommandId;
use crate::protocol::item::Block;
use crate::protocol::op::{Command, Op};
use crate::protocol::query::{Found, Query};
use crate::protocol::rule::Mode;
use crate::protocol::session::{OpenRequest, RunLimits, State};

fn options(home: &Path) -> Options {
    let env = |name: &str| (name == "CREEL_HOME").then(|| home.as_os_str().to_owned());
    let paths = Paths::from_environment(&env).unwrap();
    let config = load::load(&paths, &env).unwrap();
    Options {
        config,
        paths,
        clock: Clock::system(),
        home: None,
        unattended: true,
        redactor: std::sync::Arc::default(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tour_plays_to_its_end_and_is_true_of_the_disk() {
    let home = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Handle::current();
    let engine = Engine::start(options(home.path()), &runtime).unwrap();
    let door = engine.door.clone();
    let mut feed = door.listen();
    let session = door.new_session();
    let request = OpenRequest {
        cwd: folder.path().to_owned(),
        model: "rehearsal/tour".parse().unwrap(),
        mode: Mode::Auto,
    };
    door.send(Command {
        id: CommandId(1),
        session,
        op: Op::Open { request },
    });
    let blocks = vec![Block::text("show me")];
    door.send(Command {
        id: CommandId(2),
        session,
        op: Op::Submit {
            blocks,
            when: When::Turn,
            limits: RunLimits::default(),
        },
    });
    let ending = loop {
        match feed.next().await.expect("the engine runs") {
            Signal::Event(event) => {
                if let Fact::TurnEnded { ending, .. } = event.fact {
                    break ending;
                }
            }
            Signal::Refused { why, .. } => panic!("refused: {why}"),
            Signal::Delta { .. } | Signal::Lagged => {}
        }
    };
    assert_eq!(ending, Ending::Finished);
    assert!(folder.path().join("tide.sh").exists());
    let Found::Sessions(cards) = door
        .ask(Query::Sessions {
            limit: None,
            archived: false,
        })
        .await
    else {
        panic!("no list")
    };
    assert_eq!(cards.len(), 1);
    assert_eq!((cards[0].state, cards[0].turns), (State::Done, 1));
    drop(door);
    engine.ended().await;
}
