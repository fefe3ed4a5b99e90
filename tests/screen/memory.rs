//! The memory over the screen: searched while one types, read beside the hits, taken into the prompt.

use crossterm::event::{KeyCode, KeyModifiers};

use creel::protocol::board::Weight;
use creel::protocol::id::Seq;
use creel::protocol::op::{Manage, Managed};
use creel::protocol::query::{Found, Query};
use creel::protocol::search::{By, Facet, Hit, Hits, Kind, Nearest, Role, Said};
use creel::protocol::session::State;
use creel::protocol::time::Time;
use creel::tui::app::message::{Cmd, Msg, Tag};

use super::desk::Desk;
use super::given::{START, card, worked};

const DAY: i64 = 24 * 60 * 60_000;

/// A hit; what stands between brackets was found.
fn hit(item: u64, kind: Kind, who: &str, days: i64, snippet: &str) -> Hit {
    let mut text = String::new();
    let mut marks = Vec::new();
    for part in snippet.split(['[', ']']).enumerate() {
        let from = text.len() as u32;
        text.push_str(part.1);
        if part.0 % 2 == 1 {
            marks.push((from, text.len() as u32));
        }
    }
    Hit {
        session: card("rate limits", State::Done, 1).id,
        item: Seq(item),
        kind,
        who: who.to_owned(),
        role: if who == "you" {
            Role::User
        } else {
            Role::Assistant
        },
        at: Time(START - days * DAY),
        project: "/work/api".to_owned(),
        source: if item == 4 { "claude" } else { "creel" }.to_owned(),
        score: 9.0,
        command: (kind == Kind::Command).then(|| text.clone()),
        snippet: text.clone(),
        text,
        marks,
        title: "rate limits".to_owned(),
        turn: item as u32,
        external_id: None,
        beside: false,
        note: None,
    }
}

fn found() -> Vec<Hit> {
    vec![
        hit(
            1,
            Kind::Turn,
            "you",
            3,
            "then cap the [retry] sleep at 30 s, whatever the [header] says",
        ),
        hit(2, Kind::Command, "bash", 9, "curl -sI $U | grep [retry]"),
        hit(
            3,
            Kind::Diff,
            "edit",
            9,
            "src/http/[retry].rs\nsleep(d.min(CAP))",
        ),
        hit(
            4,
            Kind::Turn,
            "agent",
            41,
            "重试 after the [header] of the gateway\u{7}",
        ),
    ]
}

fn around() -> Vec<Said> {
    let said = |item, who: &str, role, text: &str| Said {
        item: Seq(item),
        kind: Kind::Turn,
        role,
        who: who.to_owned(),
        text: text.to_owned(),
    };
    vec![
        said(90, "you", Role::User, "what is our upstream timeout?"),
        said(
            91,
            "agent",
            Role::Assistant,
            "45 s at the gateway (gw.toml:88)",
        ),
        said(
            1,
            "you",
            Role::User,
            "then cap the retry sleep at 30 s, whatever the header says",
        ),
        said(93, "agent", Role::Assistant, "noted; I will cap it."),
    ]
}

/// What was asked for, with the number of the question.
fn asked(cmds: &[Cmd]) -> Option<(u64, String)> {
    cmds.iter().find_map(|cmd| match cmd {
        Cmd::Ask(Tag::Memory(number), Query::Search(search)) => {
            Some((*number, search.text.clone()))
        }
        _ => None,
    })
}

/// What the hits are told apart by, as the engine counts them.
fn facets() -> Vec<Facet> {
    let counts: [(By, &[(&str, u32)]); 4] = [
        (By::Kind, &[("turn", 2), ("command", 1), ("diff", 1)]),
        (By::Project, &[("api", 4)]),
        (By::Source, &[("creel", 3), ("claude", 1)]),
        (
            By::Who,
            &[
                ("agent", 1),
                ("bash", 1),
                ("edit", 1),
                ("the one", 1),
                ("you", 1),
            ],
        ),
    ];
    let facets = counts.map(|(by, counts)| Facet {
        by,
        counts: counts
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count))
            .collect(),
    });
    facets.into()
}

fn answer(desk: &mut Desk, number: u64, hits: Vec<Hit>, behind: u64) -> Vec<Cmd> {
    let hits = Hits {
        facets: if hits.is_empty() {
            Vec::new()
        } else {
            facets()
        },
        hits,
        behind,
        micros: 6_240,
        ..Hits::default()
    };
    desk.update(Msg::Found(Tag::Memory(number), Found::Hits(hits)))
}

fn opened(size: (u16, u16)) -> Desk {
    let mut desk = worked(size);
    desk.key(KeyCode::Char('x'), KeyModifiers::CONTROL);
    desk.press(KeyCode::Char('/'));
    desk
}

#[test]
fn hits_stand_beside_what_was_said_around_them() {
    for (size, name) in [
        ((120, 30), "memory_120x30"),
        ((80, 24), "memory_80x24"),
        ((40, 12), "memory_40x12"),
    ] {
        let mut desk = opened(size);
        desk.typed("retry header");
        let cmds = answer(&mut desk, 13, found(), 0);
        assert!(
            matches!(&cmds[..], [Cmd::Ask(Tag::Around(Seq(1)), _)]),
            "{cmds:?}"
        );
        desk.update(Msg::Found(Tag::Around(Seq(1)), Found::Around(around())));
        screen!(name, desk);
    }
}

/// What holds no word of the question is no hit, and says first why it stands there.
#[test]
fn what_was_said_beside_a_hit_is_counted_and_marked_apart() {
    let mut desk = opened((100, 30));
    desk.typed("retry header");
    let mut hits = found();
    hits[3].beside = true;
    answer(&mut desk, 13, hits, 0);
    let text = desk.text();
    for expected in ["3 hits, 1 beside in 6.2 ms", "said beside a hit · api"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn every_letter_asks_and_a_late_answer_is_dropped() {
    let mut desk = opened((80, 24));
    let first = desk.pressed(KeyCode::Char('r'));
    let (number, text) = asked(&first).expect("a question");
    assert_eq!(text, "r");
    let (next, text) = asked(&desk.pressed(KeyCode::Char('e'))).expect("a question");
    assert_eq!((next, text.as_str()), (number + 1, "re"));
    answer(&mut desk, next, found(), 0);
    answer(&mut desk, number, Vec::new(), 0);
    assert!(desk.text().contains("4 hits"), "{}", desk.text());
    let pasted = desk.update(Msg::Paste("try after".to_owned()));
    assert_eq!(
        asked(&pasted).map(|asked| asked.1).as_deref(),
        Some("retry after")
    );
}

#[test]
fn nothing_found_and_what_is_not_indexed_yet_is_said() {
    let mut desk = opened((80, 24));
    assert!(
        desk.text().contains("reading the memory"),
        "{}",
        desk.text()
    );
    desk.typed("retyr");
    answer(&mut desk, 6, Vec::new(), 0);
    assert!(
        desk.text().contains("No hit for `retyr`."),
        "{}",
        desk.text()
    );
    answer(&mut desk, 6, found(), 41_208);
    assert!(
        desk.text()
            .contains("about 41,208 entries are still being indexed"),
        "{}",
        desk.text()
    );
}

#[test]
fn a_hit_is_opened_copied_or_taken_into_the_prompt() {
    let mut desk = opened((80, 24));
    desk.typed("retry");
    answer(&mut desk, 6, found(), 0);
    desk.press(KeyCode::Tab);
    let moved = desk.pressed(KeyCode::Char('j'));
    assert!(
        matches!(&moved[..], [Cmd::Ask(Tag::Around(Seq(2)), _)]),
        "{moved:?}"
    );
    let copied = format!("{:?}", desk.pressed(KeyCode::Char('y')));
    assert!(copied.contains("curl -sI $U | grep retry"), "{copied}");
    desk.press(KeyCode::Char('i'));
    let text = desk.text();
    assert!(
        text.contains("curl -sI $U | grep retry") && !text.contains("4 hits"),
        "{text}"
    );

    let mut desk = opened((80, 24));
    desk.typed("retry");
    answer(&mut desk, 6, found(), 0);
    let opened = format!("{:?}", desk.pressed(KeyCode::Enter));
    assert!(opened.contains(&found()[0].session.to_string()), "{opened}");
}

#[test]
fn a_key_keeps_hits_to_a_name_and_the_line_shows_it() {
    let mut desk = opened((120, 30));
    desk.typed("retry");
    answer(&mut desk, 6, found(), 0);
    desk.press(KeyCode::Tab);
    let mut number = 6;
    let cases = [
        ('K', "retry kind:turn"),
        ('K', "retry kind:command"),
        ('W', "retry kind:command who:agent"),
        ('K', "retry kind:diff who:agent"),
        ('K', "retry who:agent"),
        ('W', "retry who:bash"),
        ('W', "retry who:edit"),
        ('W', "retry who:\"the one\""),
        ('W', "retry who:you"),
        ('W', "retry"),
        ('S', "retry source:creel"),
        ('S', "retry source:claude"),
    ];
    for (key, expected) in cases {
        let cmds = desk.pressed(KeyCode::Char(key));
        number += 1;
        let (asked, line) = asked(&cmds).expect("a question");
        assert_eq!((asked, line.as_str()), (number, expected), "{key}");
        answer(&mut desk, number, found(), 0);
    }
    // One project alone: there is nothing to choose.
    assert_eq!(asked(&desk.pressed(KeyCode::Char('P'))), None);
    screen!("memory_kept", desk);
}

#[test]
fn what_cannot_be_asked_is_said_in_the_place_of_the_hits() {
    let mut desk = opened((80, 24));
    desk.typed("retry");
    answer(&mut desk, 6, found(), 0);
    desk.typed(" since:x");
    let why = "since:x: expected a day (2026-11-01)".to_owned();
    desk.update(Msg::Found(Tag::Memory(14), Found::Failed(why)));
    let text = desk.text();
    assert!(text.contains("since:x: expected a day"), "{text}");
    assert!(!text.contains("4 hits") && !text.contains("curl"), "{text}");
    // Nothing that is not seen is chosen.
    assert_eq!(desk.pressed(KeyCode::Enter), []);
    desk.press(KeyCode::Backspace);
    answer(&mut desk, 15, found(), 0);
    assert!(desk.text().contains("4 hits"), "{}", desk.text());
}

#[test]
fn a_word_without_a_hit_has_a_key_for_the_nearest() {
    let mut desk = opened((80, 24));
    desk.typed("retyr kind:turn");
    let hits = Hits {
        nearest: vec![Nearest {
            word: "retyr".to_owned(),
            words: vec![("retry".to_owned(), 212), ("retro".to_owned(), 3)],
        }],
        instead: Some("retry kind:turn".to_owned()),
        ..Hits::default()
    };
    desk.update(Msg::Found(Tag::Memory(16), Found::Hits(hits)));
    let text = desk.text();
    assert!(
        text.contains("no hit for `retyr`; nearest: retry (212), retro (3)"),
        "{text}"
    );
    assert!(text.contains("Tab search `retry kind:turn`"), "{text}");
    let (_, line) = asked(&desk.pressed(KeyCode::Tab)).expect("a question");
    assert_eq!(line, "retry kind:turn");
}

#[test]
fn forgetting_a_hit_asks_for_its_whole_session_and_leads_back() {
    let mut desk = opened((80, 24));
    desk.typed("retry");
    answer(&mut desk, 6, found(), 0);
    desk.press(KeyCode::Tab);
    let session = found()[0].session;
    let cmds = desk.pressed(KeyCode::Char('f'));
    assert!(
        matches!(&cmds[..], [Cmd::Ask(Tag::Weight(id), _)] if *id == session),
        "{cmds:?}"
    );
    // Nobody says yes to what is not told yet.
    assert_eq!(desk.pressed(KeyCode::Char('y')), []);
    let weight = Weight {
        items: 31,
        bytes: 5_000,
        worktree: None,
    };
    desk.update(Msg::Found(
        Tag::Weight(session),
        Found::Weight(weight.clone()),
    ));
    screen!("memory_forget", desk);
    desk.press(KeyCode::Enter);
    assert!(desk.text().contains("4 hits"), "{}", desk.text());
    desk.press(KeyCode::Char('f'));
    desk.update(Msg::Found(Tag::Weight(session), Found::Weight(weight)));
    let cmds = desk.pressed(KeyCode::Char('y'));
    let sessions = vec![session];
    let purge = Cmd::Manage(session, Manage::Purge { sessions });
    assert!(cmds.contains(&purge), "{cmds:?}");
    let purged = Managed::Purged {
        sessions: 1,
        events: 31,
        blobs: 0,
        copies: Vec::new(),
        stopped: None,
    };
    let cmds = desk.update(Msg::Managed(session, purged));
    assert_eq!(asked(&cmds).map(|(_, line)| line).as_deref(), Some("retry"));
    assert!(
        desk.text().contains("deleted for good: 31 facts"),
        "{}",
        desk.text()
    );
}

#[test]
fn a_search_for_a_shell_gives_what_is_taken() {
    let mut desk = worked((80, 24));
    let cmds = desk.app.pick_from_memory("kind:command");
    let (number, line) = asked(&cmds).expect("a question");
    assert_eq!(line, "kind:command ");
    answer(&mut desk, number, found(), 0);
    desk.press(KeyCode::Down);
    desk.press(KeyCode::Tab);
    // Neither a prompt nor a session is there.
    for key in ['i', 'y', 'f'] {
        assert_eq!(desk.pressed(KeyCode::Char(key)), [], "{key}");
    }
    screen!("memory_pick", desk);
    let taken = desk.pressed(KeyCode::Enter);
    assert_eq!(taken, [Cmd::Take("curl -sI $U | grep retry".to_owned())]);
}
