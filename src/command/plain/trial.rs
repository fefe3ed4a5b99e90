//! What a session's room makes of a turn that the engine let go of.

#![allow(clippy::unwrap_used)]

use uuid::Uuid;

use crate::command::plain::room::Room;
use crate::protocol::event::{Event, Fact};
use crate::protocol::id::{CommandId, Seq, SessionId};
use crate::protocol::rule::Mode;
use crate::protocol::session::SessionSpec;
use crate::protocol::time::Time;

#[tokio::test]
async fn a_turn_that_was_given_up_is_not_waited_for() {
    let id = SessionId(Uuid::from_u128(7));
    let model: crate::protocol::id::ModelRef = "play/any".parse().unwrap();
    let mut room = Room::new(id, 1, "/src/api".into(), Some(model.clone()), Mode::Ask);
    let mut seq = 0;
    let mut hear = |room: &mut Room, fact| {
        seq += 1;
        let event = Event {
            seq: Seq(seq),
            session: id,
            at: Time(0),
            fact,
        };
        room.hear(&event, true);
    };
    let spec = SessionSpec {
        cwd: "/src/api".into(),
        project: "/src/api".into(),
        model: model.clone(),
        mode: Mode::Ask,
        effort: None,
        system: String::new(),
        parent: None,
        worktree: None,
        forked: None,
        source: None,
    };
    hear(&mut room, Fact::SessionOpened { spec });
    hear(&mut room, Fact::TurnStarted { turn: 1 });
    room.sent.push(CommandId(3));
    assert!(room.busy() && room.running());
    room.give_up();
    assert!(!room.busy() && !room.running());
    assert_eq!(room.wake(), None, "nothing is said to go on");
    // The log takes facts again, and first of all how that turn ended.
    hear(&mut room, Fact::TurnStarted { turn: 2 });
    assert!(room.busy());
}
