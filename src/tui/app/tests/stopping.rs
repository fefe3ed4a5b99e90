//! Every session stopped at once, and which of them go on.
#![allow(clippy::unwrap_used)]

use crossterm::event::KeyCode;

use crate::protocol::event::{Ending, Fact};
use crate::protocol::id::SessionId;
use crate::protocol::op::Op;
use crate::tui::app::Focus;
use crate::tui::app::message::Cmd;
use crate::tui::app::overlay::Overlay;
use crate::tui::app::tests::Desk;
use crate::tui::app::tests::inbox::two;

fn sent(cmds: &[Cmd], wanted: &Op) -> Vec<SessionId> {
    let sent = cmds.iter().filter_map(|cmd| match cmd {
        Cmd::Send(command) if command.op == *wanted => Some(command.session),
        _ => None,
    });
    sent.collect()
}

fn ends(desk: &mut Desk, session: SessionId) {
    desk.fact_of(
        session,
        Fact::TurnEnded {
            turn: 1,
            ending: Ending::interrupted("stopped by you"),
        },
    );
}

/// Two sessions, stopped with one key.
fn stopped() -> (Desk, SessionId, SessionId) {
    let (mut desk, first, second) = two();
    desk.ctrl('x');
    let cmds = desk.press(KeyCode::Char('!'));
    assert_eq!(sent(&cmds, &Op::Interrupt), [first, second]);
    assert!(matches!(desk.app.overlay, Some(Overlay::Stopped(_))));
    (desk, first, second)
}

#[test]
fn what_was_stopped_at_once_is_gone_on_with_as_chosen() {
    let cases: [(&[KeyCode], &[usize], bool); 4] = [
        // Enter alone sets nothing going.
        (&[KeyCode::Enter], &[], false),
        (&[KeyCode::Esc], &[], false),
        (&[KeyCode::Down, KeyCode::Enter], &[0, 1], false),
        // The other can still be chosen.
        (
            &[KeyCode::Down, KeyCode::Down, KeyCode::Down, KeyCode::Enter],
            &[1],
            true,
        ),
    ];
    for (keys, expected, open) in cases {
        let (mut desk, first, second) = stopped();
        ends(&mut desk, first);
        ends(&mut desk, second);
        let cmds: Vec<Cmd> = keys.iter().flat_map(|key| desk.press(*key)).collect();
        let expected: Vec<SessionId> = expected.iter().map(|at| [first, second][*at]).collect();
        assert_eq!(sent(&cmds, &Op::Continue), expected, "{keys:?}");
        assert_eq!(desk.app.overlay.is_some(), open, "{keys:?}");
    }
}

#[test]
fn what_has_not_ended_yet_is_not_lost_from_the_list() {
    let (mut desk, first, second) = stopped();
    ends(&mut desk, first);
    desk.press(KeyCode::Down);
    let cmds = desk.press(KeyCode::Enter);
    assert_eq!(sent(&cmds, &Op::Continue), [first]);
    ends(&mut desk, second);
    desk.press(KeyCode::Down);
    let cmds = desk.press(KeyCode::Enter);
    assert_eq!(sent(&cmds, &Op::Continue), [second]);
    assert_eq!(desk.app.overlay, None);
}

#[test]
fn one_session_that_is_looked_at_has_its_card() {
    let mut desk = Desk::running();
    desk.ctrl('x');
    let cmds = desk.press(KeyCode::Char('!'));
    assert_eq!(sent(&cmds, &Op::Interrupt).len(), 1);
    assert_eq!(desk.app.overlay, None);
    // It waits for nobody; the key to what waits leads to it where nothing else does.
    let session = desk.app.view().id;
    ends(&mut desk, session);
    desk.alt('a');
    assert!(
        matches!(desk.app.focus, Focus::Card(_)),
        "{:?}",
        desk.app.focus
    );
}
