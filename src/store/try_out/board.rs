//! Tests of what the board asks: pages, words, and single sessions.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use pretty_assertions::assert_eq;

use crate::protocol::board::Wanted;
use crate::protocol::id::SessionId;
use crate::protocol::session::{Card, State};
use crate::protocol::time::Time;
use crate::store::Derived;
use crate::store::try_out::{Home, answer, append, batch_at, card, id, opened, prompt, wait};

/// A log with these cards, in this order.
fn shelf(home: &Home, cards: Vec<Card>) -> crate::store::log::Log {
    let log = home.open();
    for card in cards {
        let at = card.active.0;
        let mut batch = batch_at(card.id, at, vec![opened()]);
        batch.derive = Box::new(move |_| Some(Derived { card, state: None }));
        append(&log, batch).unwrap();
    }
    log
}

fn wanted(words: &str, limit: u32) -> Wanted {
    Wanted {
        words: words.to_owned(),
        limit,
        ..Wanted::default()
    }
}

fn ids(cards: &[Card]) -> Vec<SessionId> {
    cards.iter().map(|card| card.id).collect()
}

#[test]
fn the_first_page_has_what_is_to_be_seen_however_old() {
    let home = Home::new();
    let mut cards: Vec<Card> = (1..=30).map(|n| card(id(n), n as i64 * 1_000)).collect();
    cards[0].pinned = true;
    cards[1].unseen = true;
    cards[2].state = State::Waiting;
    cards[3].state = State::Archived;
    cards[4].state = State::Archived;
    cards[4].pinned = true;
    cards[5].project = "/elsewhere".into();
    let log = shelf(&home, cards);
    let reader = log.reader();
    let first = reader.board(&wanted("", 3), None).unwrap();
    let expected = [id(30), id(29), id(28), id(3), id(2), id(1)];
    assert_eq!(ids(&first.cards), expected);
    assert_eq!((first.total, first.archived), (28, 2));
    assert_eq!(first.reaches, Some(Time(28_000)), "without the old ones");
    let below = Wanted {
        before: Some(Time(28_000)),
        ..wanted("", 3)
    };
    let below = reader.board(&below, None).unwrap();
    assert_eq!(ids(&below.cards), [id(28), id(27), id(26)]);
    let there = reader
        .board(&wanted("", 99), Some("/elsewhere".as_ref()))
        .unwrap();
    assert_eq!(ids(&there.cards), [id(6)]);
    assert_eq!((there.total, there.archived), (1, 0));
    assert_eq!(there.reaches, None, "there is nothing below");
}

#[test]
fn words_are_looked_for_in_all_that_a_row_says_the_archived_too() {
    let home = Home::new();
    let mut cards: Vec<Card> = (1..=4).map(|n| card(id(n), n as i64 * 1_000)).collect();
    cards[0].title = "Retry-Limits 重试".to_owned();
    cards[1].gist = "capped the SLEEP".to_owned();
    cards[2].state = State::Archived;
    cards[3].model = "zai/glm-5.3".parse().unwrap();
    let log = shelf(&home, cards);
    let reader = log.reader();
    for (words, expected) in [
        ("retry-limits", vec![id(1)]),
        ("重试 RETRY", vec![id(1)]),
        ("sleep capped", vec![id(2)]),
        ("archived", vec![id(3)]),
        ("GLM boat", vec![id(4)]),
        ("nothing of it", vec![]),
        ("title", vec![id(4), id(3), id(2)]),
    ] {
        let found = reader.board(&wanted(words, 99), None).unwrap();
        assert_eq!(ids(&found.cards), expected, "{words}");
        assert_eq!(found.total, expected.len() as u64, "{words}");
    }
    let few = reader.board(&wanted("title", 1), None).unwrap();
    assert_eq!((ids(&few.cards), few.total), (vec![id(4)], 3));
}

#[test]
fn a_session_is_weighed_and_its_last_words_are_read() {
    let home = Home::new();
    let log = home.open();
    let lengthy = "long ".repeat(4_000);
    let facts = vec![
        opened(),
        prompt("first"),
        answer("one"),
        prompt("second"),
        answer(&lengthy),
    ];
    append(&log, batch_at(id(1), 1, facts)).unwrap();
    append(&log, batch_at(id(2), 2, vec![opened()])).unwrap();
    let reader = log.reader();
    let found = reader.weight(id(1)).unwrap();
    assert_eq!(found.items, 4);
    assert!((20_000..22_000).contains(&found.bytes), "{found:?}");
    assert_eq!(reader.weight(id(9)).unwrap().items, 0);
    let (asked, said) = reader.last_words(id(1)).unwrap();
    let asked = format!("{:?}", asked.unwrap().fact);
    assert!(asked.contains("second"), "{asked}");
    let said = format!("{:?}", said.unwrap().fact);
    assert!(said.contains("long long"));
    assert_eq!(reader.last_words(id(2)).unwrap(), (None, None));
}

#[test]
fn what_is_temporary_is_known_and_goes() {
    let home = Home::new();
    let mut cards: Vec<Card> = (1..=3).map(|n| card(id(n), n as i64)).collect();
    cards[1].temporary = true;
    let log = shelf(&home, cards);
    let reader = log.reader();
    assert_eq!(reader.temporary().unwrap(), [id(2)]);
    assert_eq!(reader.is_temporary(id(2)), Ok(true));
    assert_eq!(reader.is_temporary(id(1)), Ok(false));
    wait(log.purge(vec![id(2)])).unwrap();
    assert_eq!(reader.temporary().unwrap(), []);
    assert_eq!(reader.is_temporary(id(2)), Ok(false));
}
