//! Reading a transcript of which only a part is loaded: what can be copied of it, what is read of the log for that, and what
//! happens where the log cannot be read.

use std::ops::Range;

use creel::protocol::call::Outcome;
use creel::protocol::event::{Event, Fact};
use creel::protocol::id::{Seq, SessionId};
use creel::protocol::item::Item;
use creel::protocol::query::{Found, Page, Query};
use creel::protocol::time::Time;
use creel::tui::app::copying::Deed;
use creel::tui::app::find::Fetch;
use creel::tui::app::message::{Cmd, Msg, Tag};
use creel::tui::app::pane::PaneId;
use creel::tui::app::transcript::Transcript;
use creel::tui::app::view::Stage;
use crossterm::event::KeyCode;

use super::desk::Desk;
use super::given::START;

/// Events of a long session, a hundred in a turn: the first is of turn 0.
fn past(session: SessionId, numbers: Range<u64>) -> Vec<Event> {
    let event = |seq| Event {
        seq: Seq(seq),
        session,
        at: Time(START),
        fact: Fact::ItemAdded {
            turn: (seq / 100) as u32,
            step: 1,
            item: Item::Answer {
                text: format!("event {seq}"),
                cut: false,
                opaque: None,
            },
            imported: None,
        },
    };
    numbers.map(event).collect()
}

impl Desk {
    /// One that reads the newest page of a long session.
    fn long() -> (Self, SessionId) {
        let mut desk = Self::running((100, 30));
        let id = desk.app.view().id;
        desk.seq = 9_000;
        desk.app.views[0].transcript = Transcript::default();
        desk.app.views[0].stage = Stage::Live;
        let page = past(id, 8_050..8_250);
        desk.update(Msg::Found(Tag::Newest(id), Found::History(page)));
        desk.press(KeyCode::Esc);
        desk.wait(5_000);
        (desk, id)
    }

    fn found(&mut self, id: SessionId, fetch: Fetch, numbers: Range<u64>) -> Vec<Cmd> {
        let page = past(id, numbers);
        self.update(Msg::Found(Tag::Reading(id, fetch), Found::History(page)))
    }
}

fn copied(cmds: &[Cmd]) -> Option<&str> {
    cmds.iter().find_map(|cmd| match cmd {
        Cmd::Read(Deed::Copy { text, .. }) => Some(text.as_str()),
        _ => None,
    })
}

fn asked(cmds: &[Cmd]) -> Vec<(Tag, Page)> {
    let page = |cmd: &Cmd| match cmd {
        Cmd::Ask(tag, Query::History { page, .. }) => Some((*tag, *page)),
        _ => None,
    };
    cmds.iter().filter_map(page).collect()
}

fn fetched(cmds: &[Cmd]) -> Fetch {
    match asked(cmds)[..] {
        [(Tag::Reading(_, fetch), _)] => fetch,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn a_selection_that_is_not_all_loaded_is_not_copied_in_part() {
    let (mut desk, id) = Desk::long();
    desk.typed("vV3k");
    assert_eq!(
        copied(&desk.pressed(KeyCode::Char('y'))),
        Some("event 8246\n\nevent 8247\n\nevent 8248\n\nevent 8249")
    );
    desk.typed("Gvg");
    let fetch = fetched(&desk.pressed(KeyCode::Char('g')));
    assert_eq!(fetch, Fetch::Start);
    desk.found(id, fetch, 1..201);
    let cmds = desk.pressed(KeyCode::Char('y'));
    assert_eq!(copied(&cmds), None);
    assert!(
        desk.text()
            .contains("a part of the selection is not loaded; V opens the whole transcript"),
        "{}",
        desk.text()
    );
    // And so it does.
    let cmds = desk.pressed(KeyCode::Char('V'));
    assert!(matches!(fetched(&cmds), Fetch::Whole(_)), "{cmds:?}");
}

#[test]
fn a_turn_that_is_not_all_loaded_is_read_for_the_copy() {
    let (mut desk, id) = Desk::long();
    // The one that goes on, and one that is all there.
    for (keys, turn, last) in [("", 82, 8_249), ("60{", 81, 8_199)] {
        desk.typed(keys);
        let cmds = desk.pressed(KeyCode::Char('Y'));
        let text = copied(&cmds).unwrap_or_else(|| panic!("{turn}: {cmds:?}"));
        assert!(
            text.starts_with(&format!("## Agent\n\nevent {turn}00\n\n")),
            "{text}"
        );
        assert!(text.ends_with(&format!("\n\nevent {last}\n")), "{text}");
    }
    desk.typed("100{");
    let cmds = desk.pressed(KeyCode::Char('Y'));
    assert_eq!(copied(&cmds), None);
    let fetch = fetched(&cmds);
    assert!(
        desk.text()
            .contains("reading turn 80 to copy it; Esc stops it"),
        "{}",
        desk.text()
    );
    let cmds = desk.found(id, fetch, 7_300..7_800);
    assert_eq!(
        asked(&cmds),
        [(Tag::Reading(id, fetch), Page::After(Seq(7_799)))]
    );
    // What lies behind the turn is not read.
    let cmds = desk.found(id, fetch, 7_800..8_300);
    assert_eq!(asked(&cmds), []);
    let text = copied(&cmds).unwrap();
    assert!(text.starts_with("## Agent\n\nevent 8000\n\n"), "{text}");
    assert!(text.ends_with("\n\nevent 8099\n"), "{text}");
}

#[test]
fn the_whole_is_gathered_once_and_can_be_stopped() {
    let (mut desk, id) = Desk::long();
    let first = fetched(&desk.pressed(KeyCode::Char('V')));
    let cmds = desk.found(id, first, 1..501);
    assert_eq!(fetched(&cmds), first);
    // Again: it is being read.
    assert_eq!(desk.pressed(KeyCode::Char('V')), []);
    let said = "reading the whole session for the pager, 500 events so far";
    assert!(
        desk.text().contains(&format!("{said}; Esc stops it")),
        "{}",
        desk.text()
    );
    desk.wait(7_000);
    assert!(
        desk.text().contains(&format!("{said}   Esc stops it")),
        "{}",
        desk.text()
    );
    desk.press(KeyCode::Esc);
    assert!(desk.app.view().gather.is_none());
    assert_eq!(desk.app.focus, creel::tui::app::Focus::Transcript);
    // A page that was on its way is not the beginning of the next one.
    let second = fetched(&desk.pressed(KeyCode::Char('V')));
    assert_eq!(desk.found(id, first, 501..1_001), []);
    desk.found(id, second, 1..501);
    let cmds = desk.found(id, second, 501..700);
    let whole = matches!(&cmds[..], [Cmd::Read(Deed::Page(text))]
        if text.starts_with("## Agent\n\nevent 1\n\nevent 2\n") && text.ends_with("event 699\n"));
    assert!(whole, "{cmds:?}");
}

#[test]
fn a_page_that_cannot_be_read_is_not_asked_for_without_end() {
    let (mut desk, id) = Desk::long();
    let failed = || Found::Failed("the disk is gone".to_owned());
    let cmds = desk.update(Msg::Wheel(PaneId(1), -900));
    let earlier = [(Tag::Earlier(id), Page::Before(Some(Seq(8_050))))];
    assert_eq!(asked(&cmds), earlier);
    for _ in 0..3 {
        let cmds = desk.update(Msg::Found(Tag::Earlier(id), failed()));
        assert_eq!(asked(&cmds), []);
        assert_eq!(asked(&desk.frame().1), []);
    }
    assert!(desk.text().contains("the disk is gone"), "{}", desk.text());
    assert_eq!(asked(&desk.update(Msg::Wheel(PaneId(1), -1))), earlier);
    desk.update(Msg::Found(Tag::Earlier(id), failed()));
    // The page below a window that is cut at its foot, likewise.
    let start = {
        desk.typed("g");
        fetched(&desk.pressed(KeyCode::Char('g')))
    };
    desk.found(id, start, 1..201);
    let later = [(Tag::Reading(id, Fetch::Later), Page::After(Seq(200)))];
    assert_eq!(asked(&desk.update(Msg::Wheel(PaneId(1), 900))), later);
    for _ in 0..3 {
        let cmds = desk.update(Msg::Found(Tag::Reading(id, Fetch::Later), failed()));
        assert_eq!(asked(&cmds), []);
        assert_eq!(asked(&desk.frame().1), []);
    }
    assert_eq!(asked(&desk.pressed(KeyCode::Char('j'))), later);
}

#[test]
fn a_path_that_does_not_show_what_it_is_is_not_copied() {
    for (path, copy) in [
        ("src/a.rs", Some("src/a.rs:1")),
        ("a\\u001b[201~b.rs", None),
        ("a.rs\\nrm -rf x", None),
        ("a\\u202eb.rs", None),
    ] {
        let mut desk = Desk::running((100, 30));
        let arguments = format!(r#"{{"path":"{path}"}}"#);
        desk.done(1, "read", &arguments, Outcome::done("x"));
        desk.press(KeyCode::Esc);
        let cmds = desk.pressed(KeyCode::Char('p'));
        assert_eq!(copied(&cmds), copy, "{path}");
        let said = desk
            .text()
            .contains("not copied: this path has characters that do not show");
        assert_eq!(said, copy.is_none(), "{path}\n{}", desk.text());
    }
}

/// The same, with commands that failed at these numbers.
fn failing(session: SessionId, numbers: Range<u64>, failures: &[u64]) -> Vec<Event> {
    let mut events = past(session, numbers);
    for event in &mut events {
        if let Fact::ItemAdded { item, .. } = &mut event.fact
            && failures.contains(&event.seq.0)
        {
            let mut outcome = Outcome::done("boom\n");
            outcome.exit = Some(1);
            *item = Item::Shell {
                command: format!("make {}", event.seq.0),
                outcome,
            };
        }
    }
    events
}

fn fetches(cmds: &[Cmd]) -> Option<(Fetch, Page)> {
    cmds.iter().find_map(|cmd| match cmd {
        Cmd::Ask(Tag::Reading(_, fetch), Query::History { page, .. }) => Some((*fetch, *page)),
        _ => None,
    })
}

#[test]
fn a_jump_looks_through_the_log_and_goes_where_it_finds() {
    let (mut desk, id) = Desk::long();
    let give = |desk: &mut Desk, fetch, numbers| {
        let page = failing(id, numbers, &[7_300, 7_700]);
        desk.update(Msg::Found(Tag::Reading(id, fetch), Found::History(page)))
    };
    desk.typed("2[");
    let cmds = desk.pressed(KeyCode::Char('!'));
    let Some((above @ Fetch::Above(_), Page::Before(Some(Seq(8_050))))) = fetches(&cmds) else {
        panic!("{cmds:?}");
    };
    let cmds = give(&mut desk, above, 7_550..8_050);
    assert_eq!(
        fetches(&cmds),
        Some((above, Page::Before(Some(Seq(7_550)))))
    );
    let text = desk.text();
    assert!(
        text.contains("looking for a failure further up, 500 events so far   Esc stops it"),
        "{text}"
    );
    // The one before the last is on the second page.
    let cmds = give(&mut desk, above, 7_050..7_550);
    let Some((around @ Fetch::Around(Seq(7_300), 0), _)) = fetches(&cmds) else {
        panic!("{cmds:?}");
    };
    give(&mut desk, around, 7_101..7_301);
    give(&mut desk, Fetch::Later, 7_301..7_501);
    assert!(
        desk.caret_row().starts_with("!      make 7300"),
        "{}",
        desk.text()
    );
    // And down again, from a window that is cut.
    desk.typed("]");
    let cmds = desk.pressed(KeyCode::Char('!'));
    let Some((below @ Fetch::Below(_), Page::After(Seq(7_500)))) = fetches(&cmds) else {
        panic!("{cmds:?}");
    };
    let cmds = give(&mut desk, below, 7_501..8_001);
    assert_eq!(
        fetches(&cmds).map(|(fetch, _)| fetch),
        Some(Fetch::Around(Seq(7_700), 0))
    );
}

#[test]
fn a_jump_that_finds_nothing_or_is_stopped_says_so() {
    let (mut desk, id) = Desk::long();
    desk.typed("[");
    let cmds = desk.pressed(KeyCode::Char('h'));
    let Some((above @ Fetch::Above(_), _)) = fetches(&cmds) else {
        panic!("{cmds:?}");
    };
    // Another one meanwhile is none.
    desk.typed("[");
    assert_eq!(fetches(&desk.pressed(KeyCode::Char('h'))), None);
    assert_eq!(fetches(&desk.found(id, above, 8_000..8_050)), None);
    assert!(
        desk.text().contains("no change further up"),
        "{}",
        desk.text()
    );
    desk.typed("[");
    let cmds = desk.pressed(KeyCode::Char('h'));
    let (above, _) = fetches(&cmds).unwrap();
    desk.press(KeyCode::Esc);
    assert!(
        desk.text().contains("stopped looking for a change"),
        "{}",
        desk.text()
    );
    assert_eq!(desk.found(id, above, 7_550..8_050), []);
    assert!(desk.app.view().leap.is_none());
}
