//! The inbox: asks of all sessions, the marked one as its card shows it, on screens of all sizes.

use creel::protocol::ask::{About, Ask, BudgetName, Risk};
use creel::protocol::event::Fact;
use creel::protocol::id::{AskId, SessionId};
use creel::protocol::money::Money;
use creel::protocol::rule::Mode;
use creel::tui::app::message::Msg;
use creel::tui::app::overlay::Overlay;
use creel::tui::app::overlay::inbox::Inbox;
use creel::tui::app::pane::PaneId;
use creel::tui::app::pointer::Spot;
use creel::tui::widget::paint::Glyphs;
use crossterm::event::KeyCode;

use super::desk::Desk;
use super::given::{approval, worked};

impl Desk {
    fn asked(&mut self, session: SessionId, name: &str, about: About) {
        let id = AskId(name.to_owned());
        let ask = Ask { id, about };
        self.of(session, Fact::AskRaised { ask });
    }

    fn resized(mut self, size: (u16, u16)) -> Self {
        self.size = size;
        self.update(Msg::Resize(size.0, size.1));
        self
    }

    fn inbox(&self) -> &Inbox {
        match &self.app.overlay {
            Some(Overlay::Inbox(inbox)) => inbox,
            other => panic!("the inbox is not open: {other:?}"),
        }
    }

    fn said_yes_or_no(&self) -> usize {
        self.app.answered.len()
    }
}

/// Three sessions, one of them looked at, of which two wait: four asks, the first of which is long.
fn four(first: About) -> Desk {
    let mut desk = worked((100, 30));
    desk.titled("api-fix");
    let api = desk.app.view().id;
    desk.lead("n");
    desk.begins("flaky", "Find out why 7 of 50 runs fail");
    let flaky = desk.app.view().id;
    desk.asked(flaky, "a", first);
    desk.wait(120_000);
    let remove = approval(
        Risk::High,
        "rm -rf target/tmp && cargo clean",
        "deletes 3.1 GB, all inside target/",
    );
    desk.asked(api, "b", remove);
    desk.wait(60_000);
    let budget = About::Budget {
        worst: Money::usd(110_000_000_000),
        left: Money::usd(40_000_000_000),
        limit: Money::usd(2_000_000_000_000),
        which: BudgetName::Session,
    };
    desk.asked(flaky, "c", budget);
    desk.wait(30_000);
    let test = approval(
        Risk::Low,
        "cargo test -p http",
        "runs a program of this project",
    );
    desk.asked(api, "d", test);
    desk.lead("n");
    desk
}

fn clean() -> About {
    approval(
        Risk::Medium,
        "cargo clean",
        "deletes 0.4 GB, all inside target/",
    )
}

/// One that is longer than any of the screens here.
fn long() -> About {
    let lines = (1..=60).map(|n| format!("echo step {n}"));
    let lines = lines.collect::<Vec<_>>().join("\n");
    approval(Risk::Medium, &lines, "writes what it says")
}

#[test]
fn asks_of_all_sessions_with_the_marked_one_in_full() {
    for size in [(100, 30), (80, 24)] {
        let mut desk = four(clean()).resized(size);
        desk.alt('i');
        desk.wait(400);
        let (width, height) = size;
        screen!(format!("inbox_{width}x{height}"), desk);
        desk.press(KeyCode::Tab);
        desk.wait(400);
        desk.press(KeyCode::Char('y'));
        screen!(format!("inbox_high_{width}x{height}"), desk);
    }
    let mut desk = four(clean()).resized((40, 12));
    desk.alt('i');
    screen!("inbox_40x12", desk);
    desk.press(KeyCode::Down);
    desk.press(KeyCode::Enter);
    desk.wait(400);
    screen!("inbox_ask_40x12", desk);
}

#[test]
fn asks_that_are_answered_together_tell_each_its_risk() {
    let mut desk = four(clean());
    let flaky = desk.app.views[1].id;
    let remove = approval(Risk::Medium, "rm report.txt", "deletes one file");
    desk.asked(flaky, "e", remove);
    desk.alt('i');
    desk.press(KeyCode::Char(' '));
    for _ in 0..4 {
        desk.press(KeyCode::Tab);
    }
    desk.press(KeyCode::Char(' '));
    desk.press(KeyCode::Char('A'));
    desk.wait(400);
    screen!("inbox_together_100x30", desk);
}

#[test]
fn nothing_waits() {
    for size in [(100, 30), (40, 12)] {
        let mut desk = worked((100, 30)).resized(size);
        desk.alt('i');
        let (width, height) = size;
        screen!(format!("inbox_empty_{width}x{height}"), desk);
    }
    let mut desk = worked((100, 30));
    desk.app.setup.mode = Mode::Ask;
    desk.glyphs = Glyphs::Ascii;
    desk.alt('i');
    assert!(desk.text().is_ascii());
}

#[test]
fn the_last_line_of_a_long_one_is_seen_before_a_yes() {
    for size in [(100, 30), (80, 24), (40, 12)] {
        type Way = fn(&mut Desk);
        let ways: [Way; 3] = [
            |desk| desk.press(KeyCode::PageDown),
            |desk| desk.press(KeyCode::End),
            |desk| {
                desk.update(Msg::Wheel(PaneId(1), 3));
            },
        ];
        for way in ways {
            let mut desk = four(long()).resized(size);
            desk.alt('i');
            if size.0 == 40 {
                desk.press(KeyCode::Enter);
            }
            desk.wait(400);
            desk.press(KeyCode::Char('y'));
            assert_eq!(desk.said_yes_or_no(), 0, "{size:?}");
            for _ in 0..80 {
                way(&mut desk);
            }
            // Just seen is not read.
            desk.press(KeyCode::Char('y'));
            assert_eq!(desk.said_yes_or_no(), 0, "{size:?}");
            desk.wait(400);
            desk.press(KeyCode::Char('y'));
            assert_eq!(desk.said_yes_or_no(), 1, "{size:?}");
        }
        // A no needs no reading to the end.
        let mut desk = four(long()).resized(size);
        desk.alt('i');
        if size.0 == 40 {
            desk.press(KeyCode::Enter);
        }
        desk.wait(400);
        desk.press(KeyCode::Char('n'));
        assert_eq!(desk.said_yes_or_no(), 1, "{size:?}");
    }
}

#[test]
fn a_click_marks_the_ask_it_falls_on() {
    for (size, rows) in [((100, 30), [1, 3, 5, 7]), ((80, 24), [1, 2, 3, 4])] {
        let mut desk = four(clean()).resized(size);
        desk.alt('i');
        desk.text();
        for (index, row) in rows.into_iter().enumerate() {
            assert_eq!(desk.spots.at(5, row + 1), Some(Spot::Waiting(index)));
        }
        desk.update(Msg::Click(Spot::Waiting(2)));
        let marked = desk.inbox().ask.as_ref().map(|ask| ask.ask.id.0.clone());
        assert_eq!(marked.as_deref(), Some("c"));
    }
}

#[test]
fn the_mark_is_in_sight_however_many_wait() {
    for size in [(100, 30), (80, 24), (40, 12)] {
        let mut desk = worked((100, 30));
        desk.titled("api-fix");
        let session = desk.app.view().id;
        for n in 0..60 {
            let line = format!("echo number {n}.");
            desk.asked(session, &line, approval(Risk::Low, &line, "runs a program"));
        }
        desk = desk.resized(size);
        desk.alt('i');
        for n in 0..60 {
            let text = desk.text();
            let marked: Vec<&str> = text.lines().filter(|line| line.contains('▌')).collect();
            assert!(!marked.is_empty(), "{n} at {size:?}: {text}");
            let said = format!("number {n}.");
            assert!(marked.iter().any(|line| line.contains(&said)), "{text}");
            desk.press(KeyCode::Tab);
        }
    }
}
