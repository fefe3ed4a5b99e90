//! Memory that is no longer used is given back once, and then nothing wakes for it.

use std::time::Duration;

use crossterm::event::KeyCode;

use crate::tui::app::message::{Cmd, Msg};
use crate::tui::app::setup::Opened;
use crate::tui::app::tests::Desk;

fn gives_back(cmds: &[Cmd]) -> bool {
    cmds.iter().any(|cmd| matches!(cmd, Cmd::GiveMemoryBack))
}

#[test]
fn it_is_given_back_once_after_the_start() {
    let mut desk = Desk::beginning();
    assert_eq!(desk.app.unused, None, "the engine is not there yet");
    desk.update(Msg::Ready(Opened::default()));
    assert_eq!(desk.app.wake(), Some(Duration::from_secs(1)));
    assert!(!gives_back(&desk.wait(900)), "what starts is still at work");
    assert!(gives_back(&desk.wait(100)));
    assert_eq!(desk.app.wake(), None, "nothing wakes for it any more");
    assert!(!gives_back(&desk.wait(10_000)));
}

#[test]
fn it_is_given_back_once_after_a_session_is_closed() {
    let mut desk = Desk::open();
    desk.ctrl('x');
    let closed = desk.press(KeyCode::Char('X'));
    assert!(!gives_back(&closed), "the engine has it still");
    assert_eq!(desk.app.unused, Some(Duration::from_secs(1)));
    assert!(gives_back(&desk.wait(1_000)));
    assert!(!gives_back(&desk.wait(10_000)));
}
