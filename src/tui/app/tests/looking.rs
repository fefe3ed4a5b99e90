//! Keys that look at an ask: they answer nothing, and the next one answers nothing either.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent};
use pretty_assertions::assert_eq;

use crate::protocol::ask::Risk;
use crate::tui::app::arming::Sight;
use crate::tui::app::ask::{AskFocus, Back, Reply};
use crate::tui::app::keymap::place::Place;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::tests::{Desk, approval};

fn shipped(code: KeyCode) -> Press {
    Press::shipped(Place::Ask, KeyEvent::from(code))
}

fn focused() -> AskFocus {
    let desk = Desk::running();
    let back = Back {
        pane: desk.app.panes.focus(),
        session: desk.app.view().id,
    };
    let ask = approval("a", Risk::Low);
    AskFocus::new(back.session, ask, back, Duration::ZERO)
}

#[test]
fn each_key_that_looks_scrolls_and_answers_nothing() {
    let at = Duration::from_secs;
    let mut ask = focused();
    ask.page = 3;
    ask.arming.drawn(Sight::Part, at(0));
    let mut scrolled = Vec::new();
    for code in [
        KeyCode::Down,
        KeyCode::Char('j'),
        KeyCode::PageDown,
        KeyCode::Up,
        KeyCode::Char('k'),
        KeyCode::Home,
        KeyCode::Char('G'),
        KeyCode::Char('g'),
        KeyCode::End,
    ] {
        assert_eq!(ask.key(shipped(code), "", at(1)), Reply::Stay);
        scrolled.push(ask.scroll.min(99));
    }
    assert_eq!(scrolled, [1, 2, 5, 4, 3, 0, 99, 0, 99]);
    assert_eq!(ask.highlight, None);
    // Once its end was seen the arrows choose, and letters still look.
    ask.scroll = 5;
    ask.arming.drawn(Sight::Whole, at(2));
    ask.key(shipped(KeyCode::Down), "", at(3));
    assert_eq!((ask.scroll, ask.highlight), (5, Some(0)));
}

#[test]
fn a_letter_that_looks_is_followed_by_quiet_before_one_that_answers() {
    let mut ask = focused();
    ask.arming.drawn(Sight::Whole, Duration::ZERO);
    let key = |ask: &mut AskFocus, c, millis| {
        ask.key(shipped(KeyCode::Char(c)), "", Duration::from_millis(millis))
    };
    assert_eq!(key(&mut ask, 'j', 1_000), Reply::Stay);
    assert_eq!(key(&mut ask, 'y', 1_050), Reply::Stay);
    assert!(matches!(key(&mut ask, 'y', 1_600), Reply::Answer(_)));
}
