//! Clicks: they move the focus and answer nothing.

use crossterm::event::KeyCode;

use crate::protocol::ask::Risk;
use crate::tui::app::Focus;
use crate::tui::app::message::Msg;
use crate::tui::app::pane::PaneId;
use crate::tui::app::pointer::{Part, Spot};
use crate::tui::app::tests::{Desk, ops};

fn only(part: Part) -> Spot {
    Spot::Pane(PaneId(1), part)
}

#[test]
fn a_click_gives_the_focus_to_what_it_falls_on() {
    let mut desk = Desk::running();
    desk.typed("half a sen");
    desk.update(Msg::Click(only(Part::Card)));
    assert_eq!(desk.app.focus, Focus::Composer, "nothing is there");
    desk.ask("a", Risk::Low);
    desk.ask("b", Risk::Low);
    let clicks = [
        (only(Part::Transcript), Focus::Transcript, None),
        (only(Part::Composer), Focus::Composer, None),
        (only(Part::Card), Focus::Composer, Some("a")),
        (only(Part::Transcript), Focus::Transcript, None),
        (only(Part::Card), Focus::Composer, Some("a")),
        (only(Part::Composer), Focus::Composer, None),
    ];
    for (spot, focus, ask) in clicks {
        assert_eq!(desk.update(Msg::Click(spot)), [], "{spot:?}");
        assert_eq!(desk.asking(), ask, "{spot:?}");
        assert!(ask.is_some() || desk.app.focus == focus, "{spot:?}");
    }
    assert_eq!(desk.written(), "half a sen");
    assert_eq!(desk.app.waiting().len(), 2);
}

#[test]
fn a_click_answers_nothing_and_begins_the_quiet_anew() {
    let mut desk = Desk::running();
    desk.ask("a", Risk::Low);
    desk.update(Msg::Click(only(Part::Card)));
    assert_eq!(ops(&desk.press(KeyCode::Char('y'))), []);
    desk.wait(400);
    // It brought the window to the front, perhaps.
    desk.update(Msg::Focus(true));
    desk.update(Msg::Click(only(Part::Card)));
    desk.wait(399);
    assert_eq!(ops(&desk.press(KeyCode::Char('y'))), []);
    desk.wait(400);
    assert_eq!(ops(&desk.press(KeyCode::Char('y'))).len(), 1);
}

#[test]
fn a_click_reaches_nothing_under_a_page_or_an_overlay() {
    let mut desk = Desk::running();
    desk.ask("a", Risk::Low);
    desk.press(KeyCode::Char('?'));
    assert!(desk.app.overlay.is_some());
    desk.update(Msg::Click(only(Part::Card)));
    assert_eq!(desk.asking(), None);
}
