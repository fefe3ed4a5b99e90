//! Reading a transcript: where the keys lead, what is searched, what the pointer selects.

use creel::protocol::call::{Detail, Outcome};
use creel::protocol::event::{Delta, Event, Fact};
use creel::protocol::id::Seq;
use creel::protocol::item::{Block, Item, Origin};
use creel::protocol::query::{Found, Query};
use creel::protocol::time::Time;
use creel::tui::app::Focus;
use creel::tui::app::copying::Deed;
use creel::tui::app::find::Fetch;
use creel::tui::app::message::{Cmd, Msg, Tag};
use creel::tui::app::pane::PaneId;
use creel::tui::app::pointing::Gesture;
use creel::tui::app::transcript::Transcript;
use creel::tui::app::view::Stage;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::desk::Desk;
use super::given::START;

const MAIN: PaneId = PaneId(1);

impl Desk {
    pub(super) fn answer(&mut self, text: &str) {
        self.item(Item::Answer {
            text: text.to_owned(),
            cut: false,
            opaque: None,
        });
    }

    /// The row of the caret: the one with the mark.
    pub(super) fn caret_row(&mut self) -> String {
        let text = self.text();
        let row = text.lines().find(|row| row.starts_with("┃▌"));
        let row = row.unwrap_or_default();
        row.trim_start_matches("┃▌")
            .trim_end_matches('┃')
            .trim()
            .to_owned()
    }

    pub(super) fn point(&mut self, x: u16, y: i32, gesture: Gesture) -> Vec<Cmd> {
        let mut cmds = self.update(Msg::Point(MAIN, x, y, gesture));
        while std::mem::take(&mut self.app.owes_frame) {
            cmds.extend(self.frame().1);
        }
        cmds
    }
}

pub(super) fn copied(cmds: &[Cmd]) -> Option<String> {
    cmds.iter().find_map(|cmd| match cmd {
        Cmd::Read(Deed::Copy { text, .. }) => Some(text.clone()),
        _ => None,
    })
}

/// A session of three turns with a failure and a change in the second.
fn three() -> Desk {
    let mut desk = Desk::running((100, 30));
    desk.answer("First answer.\n\nSecond paragraph.");
    for turn in [2, 3] {
        desk.fact(Fact::ItemAdded {
            turn,
            step: 0,
            item: Item::Prompt {
                blocks: vec![Block::text(format!("prompt {turn}"))],
                origin: Origin::Person,
            },
            imported: None,
        });
        if turn == 2 {
            let mut failed = Outcome::done("boom at src/a.rs:7\n");
            failed.exit = Some(1);
            desk.done(1, "bash", r#"{"command":"cargo test"}"#, failed);
            let mut change = Outcome::done("changed");
            change.detail = Detail::Diff {
                path: "src/a.rs".to_owned(),
                patch: "@@ -1 +1 @@\n-a\n+b\n@@ -40 +40 @@\n-c\n+d\n".to_owned(),
                added: 2,
                removed: 2,
                created: false,
            };
            desk.done(2, "edit", r#"{"path":"src/a.rs"}"#, change);
        }
        desk.answer(&format!("Answer {turn}, with Retry and retry."));
    }
    desk.press(KeyCode::Esc);
    desk
}

#[test]
fn keys_lead_where_vim_leads() {
    let mut desk = three();
    let steps = [
        ("", "Answer 3, with Retry and retry."),
        ("[t", "you    prompt 3"),
        ("[t", "you    prompt 2"),
        ("]!", "▾ bash   cargo test"),
        ("]h", "@@ -1 +1 @@"),
        ("]h", "@@ -40 +40 @@"),
        ("[h", "@@ -1 +1 @@"),
        ("j", "1 - a"),
        ("2j", "@@ -40 +40 @@"),
        ("[!", "▾ bash   cargo test"),
        (
            "gg",
            "you    Make the retry policy honour Retry-After; tests too",
        ),
        ("j", "First answer."),
        ("}", "Second paragraph."),
        ("{", "First answer."),
        ("]t", "you    prompt 2"),
        ("G", "Answer 3, with Retry and retry."),
        ("H", "Second paragraph."),
        ("2H", "you    prompt 2"),
        ("L", "Answer 3, with Retry and retry."),
        ("3k", "40 + d"),
        ("3G", "you    prompt 3"),
    ];
    for (keys, row) in steps {
        desk.typed(keys);
        let seen = desk.caret_row();
        assert!(
            seen.starts_with(row),
            "{keys}: {seen:?} is not {row:?}\n{}",
            desk.text()
        );
    }
    // What is selected is marked in the margin, not by colour alone.
    desk.typed("[hxjj");
    assert!(desk.caret_row().starts_with("40 + d"), "{}", desk.text());
    let text = desk.text();
    let marked: Vec<&str> = text.lines().filter(|row| row.starts_with("┃▎")).collect();
    assert_eq!(marked.len(), 2, "{text}");
    assert!(marked[0].contains("@@ -40 +40 @@") && marked[1].contains("40 - c"));
}

#[test]
fn keys_that_come_before_the_frame_wait_for_it() {
    let mut desk = three();
    // All in one batch, as fast fingers and slow lines send them.
    let mut cmds = Vec::new();
    let now = super::given::now(0);
    for c in "ggjjxky".chars() {
        let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
        cmds.extend(desk.app.update(Msg::Key(key), now));
    }
    assert_eq!(copied(&cmds), None);
    for _ in 0..9 {
        cmds.extend(desk.frame().1);
    }
    assert_eq!(
        copied(&cmds).as_deref(),
        Some("First answer.\n\nSecond paragraph.")
    );
    // A letter typed after `i` is text, also when a move before it still waited.
    for c in "ki!".chars() {
        let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
        desk.app.update(Msg::Key(key), now);
    }
    for _ in 0..4 {
        desk.frame();
    }
    assert_eq!(desk.app.focus, Focus::Composer);
    assert_eq!(desk.app.view().composer.plain(), "!");
}

#[test]
fn a_long_transcript_moves_under_the_caret() {
    let mut desk = Desk::running((60, 20));
    let lines: Vec<String> = (1..=200).map(|n| format!("line {n}")).collect();
    desk.answer(&format!("```\n{}\n```", lines.join("\n")));
    desk.press(KeyCode::Esc);
    for (keys, row) in [
        ("", "│ line 200"),
        ("50k", "│ line 150"),
        ("zt", "│ line 150"),
        ("L", "│ line 161"),
        ("zz", "│ line 161"),
        ("H", "│ line 155"),
        ("gg", "you    Make the retry policy honour Retry-After;"),
        ("9j", "│ line 8"),
    ] {
        desk.typed(keys);
        let seen = desk.caret_row();
        assert!(seen.starts_with(row), "{keys}\n{}", desk.text());
    }
    // The wheel takes it along.
    desk.update(Msg::Wheel(MAIN, 40));
    assert_eq!(desk.caret_row(), "│ line 38", "{}", desk.text());
}

#[test]
fn another_width_leaves_the_marks_where_the_text_is() {
    let mut desk = Desk::running((40, 12));
    let long = "one two three four five six seven eight nine ten";
    desk.item(Item::Prompt {
        blocks: vec![Block::text(long)],
        origin: Origin::Person,
    });
    desk.answer("a\n\nb\n\nc\n\nd\n\ne\n\nf\n\ng\n\nh");
    desk.press(KeyCode::Esc);
    desk.typed("gg]tjzt");
    desk.size = (100, 12);
    desk.update(Msg::Resize(100, 12));
    for row in ["a", "b", "c"] {
        desk.typed("j");
        assert!(desk.caret_row().starts_with(row), "{}", desk.text());
    }
}

#[test]
fn a_search_shows_its_hits_and_goes_round() {
    let mut desk = three();
    desk.typed("gg/Retry");
    let text = desk.text();
    assert!(text.contains("/Retry▏"), "{text}");
    assert!(text.contains("1 of 3   Enter search it"), "{text}");
    assert_eq!(
        desk.app
            .view()
            .search
            .as_ref()
            .map(creel::tui::app::find::Search::said),
        Some("1 of 3".to_owned())
    );
    desk.press(KeyCode::Esc);
    assert!(desk.app.view().search.is_none());
    desk.typed("/retry");
    desk.press(KeyCode::Enter);
    let said = |desk: &Desk| {
        desk.app
            .view()
            .search
            .as_ref()
            .map(creel::tui::app::find::Search::said)
            .unwrap_or_default()
    };
    assert_eq!(said(&desk), "1 of 6");
    desk.typed("nn");
    assert_eq!(said(&desk), "3 of 6");
    assert!(desk.caret_row().starts_with("Answer 2"));
    desk.typed("NNN");
    assert_eq!(said(&desk), "6 of 6", "round");
    desk.typed("/nothing here");
    desk.press(KeyCode::Enter);
    assert!(
        desk.text().contains("no hit for nothing here"),
        "{}",
        desk.text()
    );
    desk.typed("n");
    assert!(desk.text().contains("no hit"));
}

#[test]
fn what_is_folded_is_unfolded_for_a_hit() {
    let mut desk = Desk::running((100, 30));
    let mut outcome = Outcome::done("needle\n2\n3\n4\n5\n6\n7\n8\n");
    outcome.exit = Some(0);
    desk.done(1, "bash", r#"{"command":"seq"}"#, outcome);
    desk.app.views[0].transcript.whole = true;
    desk.press(KeyCode::Esc);
    assert!(!desk.text().contains("needle"));
    desk.typed("/needle");
    assert_eq!(desk.caret_row(), "needle");
    // And folded again by hand, from wherever one is in it.
    desk.press(KeyCode::Enter);
    desk.typed("o");
    assert!(!desk.text().contains("  needle"), "{}", desk.text());
}

/// Events of a long session, from this number on.
fn past(desk: &Desk, numbers: std::ops::Range<u64>) -> Vec<Event> {
    let session = desk.app.view().id;
    let event = |seq| Event {
        seq: Seq(seq),
        session,
        at: Time(START),
        fact: Fact::ItemAdded {
            turn: 1,
            step: 1,
            item: Item::Notice {
                text: format!("event {seq}"),
            },
            imported: None,
        },
    };
    numbers.map(event).collect()
}

#[test]
fn a_search_reads_the_whole_log_and_goes_where_it_finds() {
    let mut desk = Desk::running((100, 30));
    let id = desk.app.view().id;
    desk.seq = 9_000;
    desk.app.views[0].transcript = Transcript::default();
    desk.app.views[0].stage = Stage::Live;
    let newest = past(&desk, 8_000..8_200);
    desk.update(Msg::Found(Tag::Newest(id), Found::History(newest)));
    desk.press(KeyCode::Esc);
    desk.typed("/event 77");
    let cmds = desk.pressed(KeyCode::Enter);
    let asked = |cmds: &[Cmd]| {
        cmds.iter().find_map(|cmd| match cmd {
            Cmd::Ask(Tag::Reading(_, fetch), Query::History { page, .. }) => Some((*fetch, *page)),
            _ => None,
        })
    };
    let Some((fetch @ Fetch::Search(_), _)) = asked(&cmds) else {
        panic!("{cmds:?}");
    };
    let page = past(&desk, 1..501);
    let more = desk.update(Msg::Found(Tag::Reading(id, fetch), Found::History(page)));
    assert!(asked(&more).is_some());
    assert!(
        desk.text().contains("500 events searched"),
        "{}",
        desk.text()
    );
    let page = past(&desk, 501..1_000);
    let cmds = desk.update(Msg::Found(Tag::Reading(id, fetch), Found::History(page)));
    // 77, 770 to 779; not in the window: the log is read there.
    let Some((around @ Fetch::Around(seq, _), _)) = asked(&cmds) else {
        panic!("{cmds:?}");
    };
    assert_eq!(seq, Seq(77));
    let page = past(&desk, 1..78);
    let cmds = desk.update(Msg::Found(Tag::Reading(id, around), Found::History(page)));
    assert_eq!(asked(&cmds).map(|(fetch, _)| fetch), Some(Fetch::Later));
    let page = past(&desk, 78..278);
    desk.update(Msg::Found(
        Tag::Reading(id, Fetch::Later),
        Found::History(page),
    ));
    assert_eq!(desk.caret_row(), "event 77");
    assert!(desk.text().contains("1 of 11"), "{}", desk.text());
    // What is said meanwhile is not put behind a gap; G reads the newest.
    desk.item(Item::Notice {
        text: "newer".to_owned(),
    });
    let cmds = desk.pressed(KeyCode::Char('G'));
    assert!(!desk.text().contains("newer"), "{}", desk.text());
    assert_eq!(asked(&cmds).map(|(fetch, _)| fetch), Some(Fetch::Newest));
    let page = past(&desk, 8_900..9_000);
    desk.update(Msg::Found(
        Tag::Reading(id, Fetch::Newest),
        Found::History(page),
    ));
    assert_eq!(desk.caret_row(), "event 8999");
    desk.item(Item::Notice {
        text: "newest".to_owned(),
    });
    assert!(desk.text().contains("newest"));
}

#[test]
fn the_window_gives_up_what_is_far_away() {
    let mut desk = Desk::running((100, 30));
    let id = desk.app.view().id;
    desk.app.views[0].transcript = Transcript::default();
    desk.app.views[0].stage = Stage::Live;
    let mut first = 50_000;
    let newest = past(&desk, first - 200..first);
    desk.update(Msg::Found(Tag::Newest(id), Found::History(newest)));
    desk.update(Msg::Wheel(MAIN, -100));
    first -= 200;
    for _ in 0..20 {
        let page = past(&desk, first - 200..first);
        desk.update(Msg::Found(Tag::Earlier(id), Found::History(page)));
        first -= 200;
        desk.update(Msg::Wheel(MAIN, -500));
    }
    let transcript = &desk.app.view().transcript;
    assert!(transcript.cut && transcript.entries().len() <= 1_400);
    assert_eq!(transcript.first(), Some(Seq(first)));
    // And on the way down it is read again, once the page above that was asked for is there.
    let page = past(&desk, first - 200..first);
    desk.update(Msg::Found(Tag::Earlier(id), Found::History(page)));
    let cmds = desk.update(Msg::Wheel(MAIN, 5_000));
    let later = cmds
        .iter()
        .any(|cmd| matches!(cmd, Cmd::Ask(Tag::Reading(_, Fetch::Later), _)));
    assert!(later, "{cmds:?}");
}

#[test]
fn the_pointer_selects_the_text_itself() {
    let mut desk = Desk::running((60, 24));
    desk.answer("A long line of words that is broken in this pane, **bold** too.\n\nEnd 汉字.");
    // Rows: the prompt, a blank, two of the paragraph, a blank, the end.
    desk.point(2, 2, Gesture::Press);
    assert_eq!(desk.app.focus, Focus::Transcript);
    desk.point(4, 3, Gesture::Drag);
    desk.point(5, 5, Gesture::Drag);
    let text = copied(&desk.point(5, 5, Gesture::Release));
    assert_eq!(
        text.as_deref(),
        Some("long line of words that is broken in this pane, **bold** too.\n\nEnd 汉")
    );
    // Twice a word, three times a line.
    desk.wait(1_000);
    for (times, expected) in [
        (1, None),
        (2, Some("long")),
        (
            3,
            Some("A long line of words that is broken in this pane, **bold** too."),
        ),
    ] {
        let mut cmds = desk.point(3, 2, Gesture::Press);
        cmds.extend(desk.point(3, 2, Gesture::Release));
        assert_eq!(copied(&cmds).as_deref(), expected, "{times}");
    }
    // A click alone copies nothing and ends the selection.
    desk.wait(1_000);
    let mut cmds = desk.point(9, 2, Gesture::Press);
    cmds.extend(desk.point(9, 2, Gesture::Release));
    assert_eq!(copied(&cmds), None);
    assert!(desk.app.pane().eyes.selection.is_none());
}

#[test]
fn the_click_that_brings_the_window_to_the_front_does_nothing() {
    let mut desk = three();
    desk.typed("i");
    desk.update(Msg::Focus(true));
    desk.point(3, 2, Gesture::Press);
    assert_eq!(desk.app.focus, Focus::Composer);
    desk.point(3, 2, Gesture::Press);
    assert_eq!(desk.app.focus, Focus::Transcript, "the next one is a click");
    desk.typed("i");
    desk.update(Msg::Focus(true));
    desk.wait(1_000);
    desk.point(3, 2, Gesture::Press);
    assert_eq!(
        desk.app.focus,
        Focus::Transcript,
        "nor one that comes later"
    );
}

#[test]
fn places_are_opened_and_the_whole_is_paged() {
    let mut desk = three();
    desk.typed("[!j");
    let cmds = desk.pressed(KeyCode::Char('e'));
    let Some(Cmd::Read(Deed::Open { file, line })) = cmds.first() else {
        panic!("{cmds:?}");
    };
    assert_eq!(
        (file.to_str(), *line),
        (Some("/home/ada/src/api/src/a.rs"), 7)
    );
    desk.typed("gg");
    assert_eq!(desk.pressed(KeyCode::Char('e')), []);
    assert!(desk.text().contains("no file here"), "{}", desk.text());
    let cmds = desk.pressed(KeyCode::Char('V'));
    let whole =
        matches!(&cmds[..], [Cmd::Read(Deed::Page(text))] if text.contains("## You\n\nprompt 3"));
    assert!(whole, "{cmds:?}");
    desk.typed("]t");
    let cmds = desk.pressed(KeyCode::Char('Y'));
    let turn = copied(&cmds).unwrap();
    assert_eq!(
        turn,
        "## You\n\nprompt 2\n\n## Agent\n\n```console\n$ cargo test\nboom at src/a.rs:7\n```\n\n`edit src/a.rs`\n\n\
         ```diff\n@@ -1 +1 @@\n-a\n+b\n@@ -40 +40 @@\n-c\n+d\n```\n\nAnswer 2, with Retry and retry.\n"
    );
}

#[test]
fn what_became_of_a_copy_is_said() {
    use creel::tui::app::copying::Done;
    let mut desk = three();
    desk.wait(2_000);
    let told = "12 lines".to_owned();
    desk.update(Msg::Read(Done::Copied {
        told: told.clone(),
        by: Ok("wl-copy".to_owned()),
    }));
    assert!(
        desk.text()
            .contains("copied to the clipboard through wl-copy: 12 lines"),
        "{}",
        desk.text()
    );
    let text = "x".to_owned();
    let cmds = desk.update(Msg::Read(Done::NoProgram {
        text: text.clone(),
        told: told.clone(),
    }));
    assert_eq!(cmds, [Cmd::Read(Deed::ThroughTerminal { text, told })]);
}

#[test]
fn a_thought_that_was_seen_says_how_long_it_took() {
    let mut desk = Desk::running((100, 30));
    let thought = || Item::Thought {
        text: "First I look.".to_owned(),
        opaque: None,
    };
    desk.delta(Delta::Thinking {
        text: "First".to_owned(),
    });
    desk.wait(6_200);
    desk.delta(Delta::Text {
        text: "Here".to_owned(),
    });
    desk.wait(3_000);
    desk.item(thought());
    desk.answer("Here it is.");
    assert!(desk.text().contains("▸ thought 6 s  First I look."));
    // One that is only read of the log has no time.
    desk.item(thought());
    assert!(desk.text().contains("▸ thought  First I look."));
}

#[test]
fn rows_that_show_one_place_are_gone_through_both_ways() {
    let mut desk = Desk::running((40, 24));
    let address = format!("http://x.y/{}", "a".repeat(150));
    desk.answer(&format!("Before.\n\nSee [x]({address}).\n\nAfter."));
    desk.press(KeyCode::Esc);
    for (key, end) in [("k", "Before."), ("j", "After.")] {
        let mut rows = Vec::new();
        while rows.len() < 9 && rows.last().is_none_or(|row| row != end) {
            desk.typed(key);
            rows.push(desk.caret_row());
        }
        assert_eq!(rows.last().map(String::as_str), Some(end), "{rows:?}");
        assert!(rows.len() > 4, "{rows:?}");
    }
}

#[test]
fn a_wide_pane_shows_before_and_after_side_by_side() {
    for (width, beside) in [(139, false), (140, true)] {
        let mut desk = Desk::running((width, 30));
        let mut change = Outcome::done("changed");
        change.detail = Detail::Diff {
            path: "src/a.rs".to_owned(),
            patch: "@@ -7,2 +7,2 @@\n-let a = 1;\n+let a = 2;\n b\n".to_owned(),
            added: 1,
            removed: 1,
            created: false,
        };
        desk.done(2, "edit", r#"{"path":"src/a.rs"}"#, change);
        let text = desk.text();
        let row = text.lines().find(|row| row.contains("let a = 1;"));
        let both = row.is_some_and(|row| row.contains("7 + let a = 2;"));
        assert_eq!(both, beside, "{text}");
    }
}

#[test]
fn the_link_at_the_caret_is_opened_or_else_copied() {
    use creel::tui::app::copying::Done;
    let mut desk = Desk::running((100, 30));
    desk.answer(
        "See [x](http://x.y/z).\n\nNot [y](http://good.com@evil.com), nor this.\n\nNothing.",
    );
    desk.press(KeyCode::Esc);
    desk.typed("g");
    assert_eq!(desk.pressed(KeyCode::Char('x')), []);
    assert!(desk.text().contains("no link here"), "{}", desk.text());
    desk.typed("kg");
    assert_eq!(desk.pressed(KeyCode::Char('x')), []);
    assert!(
        desk.text().contains("not opened: http://good.com@evil.com"),
        "{}",
        desk.text()
    );
    desk.typed("kg");
    let address = "http://x.y/z".to_owned();
    let cmds = desk.pressed(KeyCode::Char('x'));
    let follow = Deed::Follow {
        address: address.clone(),
    };
    assert_eq!(cmds, [Cmd::Read(follow)]);
    let done = |opened| Done::Followed {
        address: address.clone(),
        opened,
    };
    let cmds = desk.update(Msg::Read(done(Err("no desktop is here".to_owned()))));
    assert_eq!(copied(&cmds).as_deref(), Some("http://x.y/z"));
    assert_eq!(desk.update(Msg::Read(done(Ok(())))), []);
    assert!(
        desk.text().contains("opened http://x.y/z"),
        "{}",
        desk.text()
    );
}
