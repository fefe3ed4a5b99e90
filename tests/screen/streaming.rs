//! Text that still streams: it is read, selected and copied like any other, and what is selected stays where it is.

use creel::protocol::event::Delta;
use creel::tui::app::message::Cmd;
use creel::tui::app::pointing::Gesture;
use creel::tui::app::transcript::LIVE;
use crossterm::event::KeyCode;

use super::desk::Desk;
use super::reading::copied;

impl Desk {
    pub(super) fn stream(&mut self, text: &str) {
        self.delta(Delta::Text {
            text: text.to_owned(),
        });
    }

    /// The rows that are marked as selected, the caret's with them.
    fn marked(&mut self) -> Vec<String> {
        let text = self.text();
        let rows = text.lines().filter_map(|row| {
            let row = row.strip_prefix("┃▌").or_else(|| row.strip_prefix("┃▎"))?;
            Some(row.trim_end_matches('┃').trim().to_owned())
        });
        rows.collect()
    }
}

const START: &str = "First **line**.\n\n```\none\n\ttwo\n```\n\nThird";

#[test]
fn what_is_selected_stays_while_more_streams() {
    for settles in [false, true] {
        let mut desk = Desk::running((60, 20));
        desk.stream(START);
        desk.press(KeyCode::Esc);
        assert_eq!(desk.caret_row(), "Third");
        desk.typed("kkxj");
        assert_eq!(desk.marked(), ["│ one", "│     two"]);
        // Far more than the window holds.
        let mut text = START.to_owned();
        for number in 0..40 {
            let more = format!(" goes on {number}.\n\nAnd");
            desk.stream(&more);
            text.push_str(&more);
            assert_eq!(desk.caret_row(), "│     two", "{number}:\n{}", desk.text());
        }
        if settles {
            desk.answer(&text);
            // The other row is above the window.
            assert_eq!(desk.marked(), ["│     two"], "{}", desk.text());
        }
        let cmds = desk.pressed(KeyCode::Char('y'));
        assert_eq!(copied(&cmds).as_deref(), Some("one\n\ttwo"));
        // And by characters, upwards, over what has not come yet when it began.
        desk.typed("gg}lvgg");
        let cmds = desk.pressed(KeyCode::Char('y'));
        let expected = "Make the retry policy honour Retry-After; tests too\n\nFi";
        assert_eq!(copied(&cmds).as_deref(), Some(expected));
    }
}

#[test]
fn a_line_that_grows_is_selected_with_what_comes_to_it() {
    let mut desk = Desk::running((60, 20));
    desk.stream("First.\n\nSecond");
    desk.press(KeyCode::Esc);
    desk.typed("xk");
    desk.stream(" line.\n\nThird.");
    assert_eq!(desk.marked(), ["First.", "Second line."]);
    let cmds = desk.pressed(KeyCode::Char('y'));
    assert_eq!(copied(&cmds).as_deref(), Some("First.\n\nSecond line."));
}

#[test]
fn the_pointer_selects_what_streams() {
    let mut desk = Desk::running((60, 24));
    desk.stream("A long line of words that is broken in this pane, **bold** too.\n\nEnd");
    desk.point(2, 2, Gesture::Press);
    desk.point(4, 3, Gesture::Drag);
    desk.stream(" 汉字.\n\nAnd more");
    desk.point(5, 5, Gesture::Drag);
    desk.stream(" of it");
    let text = copied(&desk.point(5, 5, Gesture::Release));
    assert_eq!(
        text.as_deref(),
        Some("long line of words that is broken in this pane, **bold** too.\n\nEnd 汉")
    );
}

#[test]
fn text_that_is_taken_back_takes_the_selection_with_it() {
    let mut desk = Desk::running((60, 20));
    desk.stream("One.\n\nTwo.");
    desk.press(KeyCode::Esc);
    desk.typed("kx");
    desk.delta(Delta::Discarded);
    desk.stream("Another.\n\nText.");
    assert!(desk.app.pane().eyes.selection.is_none());
    assert_eq!(desk.caret_row(), "Text.", "{}", desk.text());
    let cmds = desk.pressed(KeyCode::Char('y'));
    assert_eq!(copied(&cmds).as_deref(), Some("Another.\n\nText."));
}

#[test]
fn blocks_of_what_streams_are_jumped_to() {
    let mut desk = Desk::running((60, 20));
    desk.stream("One.\n\n- two\n- three\n\nFour");
    desk.press(KeyCode::Esc);
    for (keys, row) in [("{", "• three"), ("2{", "One."), ("}", "• two")] {
        desk.typed(keys);
        assert_eq!(desk.caret_row(), row, "{keys}");
    }
    // A word, and the link under it.
    desk.stream(" [it](http://x.y)");
    desk.typed("G");
    let place = desk.app.place_of_caret().map(|(seq, _)| seq);
    assert_eq!(place, Some(LIVE));
    desk.typed("g");
    let cmds = desk.pressed(KeyCode::Char('x'));
    let follows =
        matches!(&cmds[..], [Cmd::Read(deed)] if format!("{deed:?}").contains("http://x.y"));
    assert!(follows, "{cmds:?}");
}

#[test]
fn what_the_pointer_selected_is_copied_again_and_taken_further_by_keys() {
    let mut desk = Desk::running((60, 24));
    desk.stream("One.\n\nTwo three.\n\nFour.");
    desk.point(1, 2, Gesture::Press);
    desk.point(3, 2, Gesture::Drag);
    let text = copied(&desk.point(3, 2, Gesture::Release));
    assert_eq!(text.as_deref(), Some("ne."));
    // Not the whole message in its place.
    let cmds = desk.pressed(KeyCode::Char('y'));
    assert_eq!(copied(&cmds).as_deref(), Some("ne."));
    desk.wait(2_000);
    desk.point(1, 2, Gesture::Press);
    desk.point(3, 2, Gesture::Drag);
    desk.point(3, 2, Gesture::Release);
    desk.typed("j");
    let cmds = desk.pressed(KeyCode::Char('y'));
    assert_eq!(copied(&cmds).as_deref(), Some("ne.\n\nTwo "));
}

#[test]
fn an_answer_that_stands_still_says_for_how_long() {
    let mut desk = Desk::running((60, 20));
    desk.stream("First words");
    assert!(
        !desk.text().contains("nothing more came"),
        "{}",
        desk.text()
    );
    desk.wait(12_000);
    assert!(
        desk.text().contains("nothing more came for 12 s"),
        "{}",
        desk.text()
    );
    desk.stream(" and more");
    assert!(
        !desk.text().contains("nothing more came"),
        "{}",
        desk.text()
    );
}
