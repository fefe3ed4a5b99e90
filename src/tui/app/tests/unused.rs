//! Memory that is no longer used is given back once, and then nothing wakes for it.

use std::time::Duration;

use crossterm::event::KeyCode;

use crate::tui::app::message::Cmd;
use crate::tui::app::tests::Desk;

fn gives_back(cmds: &[Cmd]) -> bool {
    cmds.iter().any(|cmd| matches!(cmd, Cmd::GiveMemoryBack))
}

#[test]
fn it_is_given_back_after_the_start_and_after_a_session_is_closed() {
    let mut desk = Desk::open();
    assert!(!gives_back(&desk.wait(900)), "what starts is still at work");
    assert!(gives_back(&desk.wait(200)));
    assert!(!gives_back(&desk.wait(10_000)), "once");
    assert_eq!(desk.app.unused, None);

    desk.ctrl('x');
    let closed = desk.press(KeyCode::Char('X'));
    assert!(!gives_back(&closed), "the engine has it still");
    assert_eq!(
        desk.app.unused,
        Some(Duration::from_millis(desk.millis + 1_000))
    );
    assert!(gives_back(&desk.wait(1_000)));
    assert!(!gives_back(&desk.wait(10_000)));
}
