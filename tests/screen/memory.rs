//! The memory over the screen: searched while one types, read beside the hits, taken into the prompt.

use crossterm::event::{KeyCode, KeyModifiers};

use creel::protocol::id::Seq;
use creel::protocol::query::{Found, Query};
use creel::protocol::search::{Hit, Hits, Kind, Role, Said};
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

fn answer(desk: &mut Desk, number: u64, hits: Vec<Hit>, behind: u64) -> Vec<Cmd> {
    desk.update(Msg::Found(
        Tag::Memory(number),
        Found::Hits(Hits { hits, behind }),
    ))
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
