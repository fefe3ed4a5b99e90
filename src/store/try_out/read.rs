//! Tests of reading: pages, lists, parts of ids, sums.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::PathBuf;

use pretty_assertions::assert_eq;

use crate::protocol::event::{Event, Fact};
use crate::protocol::failure::{Failure, FailureKind};
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::money::{Amounts, Currency, Money};
use crate::protocol::query::{NotFound, Page, SpendBy, SpendRow, Stashed};
use crate::protocol::route::Outcome;
use crate::protocol::session::{Card, State};
use crate::protocol::time::Time;
use crate::protocol::usage::{Basis, Charge, Usage};
use crate::store::append::{stash_draft, write_card};
use crate::store::log::Log;
use crate::store::read::Reader;
use crate::store::try_out::{
    Home, answered, append, batch, batch_at, called, card, charge, id, opened, prompt,
};
use crate::store::{Batch, Derived, schema};

fn with_card(log: &Log, card: Card) {
    let id = card.id;
    append(
        log,
        Batch {
            derive: Box::new(|_| Some(Derived { card, state: None })),
            ..batch(id, vec![opened()])
        },
    )
    .unwrap();
}

#[test]
fn history_is_read_in_pages_from_both_ends() {
    let home = Home::new();
    let log = home.open();
    for turn in 1..=5 {
        append(&log, batch(id(2), vec![Fact::TurnStarted { turn: 90 }])).unwrap();
        append(&log, batch(id(1), vec![Fact::TurnStarted { turn }])).unwrap();
    }
    let reader = log.reader();
    // The session's numbers are 2, 4, 6, 8 and 10.
    let cases: [(Page, u32, &[u64]); 8] = [
        (Page::After(Seq(0)), 2, &[2, 4]),
        (Page::After(Seq(4)), 9, &[6, 8, 10]),
        (Page::After(Seq(5)), 1, &[6]),
        (Page::After(Seq(u64::MAX)), 9, &[]),
        (Page::Before(None), 2, &[8, 10]),
        (Page::Before(Some(Seq(8))), 2, &[4, 6]),
        (Page::Before(Some(Seq(3))), 9, &[2]),
        (Page::Before(None), 0, &[]),
    ];
    for (page, limit, expected) in cases {
        let found: Vec<u64> = reader
            .history(id(1), page, limit)
            .unwrap()
            .iter()
            .map(|event| event.seq.0)
            .collect();
        assert_eq!(found, expected, "{page:?} {limit}");
    }
    assert_eq!(reader.history(id(3), Page::Before(None), 9).unwrap(), []);
}

#[test]
fn sessions_are_listed_newest_first_and_come_back_whole() {
    let home = Home::new();
    let log = home.open();
    let mut cost = Amounts::default();
    cost.add(Money::usd(12));
    cost.add(Money {
        parts: 34,
        currency: Currency::CNY,
    });
    let full = Card {
        title: "fix the 汉字 width".to_owned(),
        state: State::Waiting,
        cost: cost.clone(),
        unpriced: 2,
        included: 3,
        list: cost,
        parent: Some(id(1)),
        gist: "bash wants to run".to_owned(),
        ..card(id(2), 300)
    };
    with_card(&log, card(id(1), 100));
    with_card(&log, full.clone());
    with_card(
        &log,
        Card {
            state: State::Archived,
            ..card(id(3), 200)
        },
    );
    with_card(
        &log,
        Card {
            state: State::Working,
            ..card(id(4), 50)
        },
    );
    let reader = log.reader();
    let ids = |limit, archived| -> Vec<SessionId> {
        reader
            .sessions(limit, archived)
            .unwrap()
            .iter()
            .map(|card| card.id)
            .collect()
    };
    assert_eq!(ids(None, false), [id(2), id(1), id(4)]);
    assert_eq!(ids(Some(2), true), [id(2), id(3)]);
    assert_eq!(reader.card(id(2)).unwrap(), Some(full));
    assert_eq!(reader.unfinished().unwrap(), [id(2), id(4)]);
}

#[test]
fn ten_thousand_cards_are_listed_by_index() {
    let home = Home::new();
    drop(home.open());
    let mut conn = schema::open_writer(&home.path(), std::time::Duration::ZERO).unwrap();
    let all = conn.transaction().unwrap();
    for number in 1..=10_000 {
        write_card(&all, number, &card(id(number as u128), number)).unwrap();
    }
    all.commit().unwrap();
    for (list, index) in [("state <> 'archived'", "card_listed"), ("1", "card_active")] {
        let plan: String = conn
            .query_row(
                &format!("EXPLAIN QUERY PLAN SELECT title FROM card WHERE {list} ORDER BY active DESC LIMIT ?"),
                [40],
                |row| row.get(3),
            )
            .unwrap();
        assert_eq!(plan, format!("SCAN card USING INDEX {index}"));
    }
    let reader = Reader::new(&home.path());
    let newest = reader.sessions(Some(40), false).unwrap();
    assert_eq!(newest.len(), 40);
    assert_eq!(newest[0], card(id(10_000), 10_000));
    assert_eq!(reader.sessions(None, false).unwrap().len(), 10_000);
}

#[test]
fn a_session_is_found_by_any_unique_part() {
    let home = Home::new();
    let log = home.open();
    let ids = [
        "019a2b3c-0000-7000-8000-00000000abcd",
        "019a2b3c-0000-7000-8000-00000001abcd",
        "019a2b3c-0000-7000-8000-00000000beef",
    ]
    .map(|text| text.parse::<SessionId>().unwrap());
    for (at, id) in (1..).zip(ids) {
        with_card(&log, card(id, at));
    }
    let reader = log.reader();
    let cases: [(&str, Result<SessionId, usize>); 9] = [
        ("beef", Ok(ids[2])),
        (" BEEF ", Ok(ids[2])),
        ("1abcd", Ok(ids[1])),
        ("019a2b3c-0000-7000-8000-00000000abcd", Ok(ids[0])),
        ("019a2b3c0000700080000000_", Err(0)),
        ("abcd", Err(2)),
        ("-7000-8", Err(3)),
        ("b-e-e", Err(usize::MAX)),
        ("%%%%", Err(0)),
    ];
    for (part, expected) in cases {
        let found = match reader.find(part).unwrap() {
            Ok(card) => Ok(card.id),
            Err(NotFound::None) => Err(0),
            Err(NotFound::TooShort) => Err(usize::MAX),
            Err(NotFound::Many(cards)) => Err(cards.len()),
        };
        assert_eq!(found, expected, "{part}");
    }
}

fn row(key: &str, calls: u64, cost: &[Money], unknown: u64) -> SpendRow {
    let mut amounts = Amounts::default();
    for &money in cost {
        amounts.add(money);
    }
    SpendRow {
        key: key.to_owned(),
        calls,
        usage: Usage {
            input: 10 * calls,
            output: 5 * calls,
            ..Usage::default()
        },
        cost: amounts,
        unknown,
        ..SpendRow::default()
    }
}

type SpendCase = (
    SpendBy,
    Option<i64>,
    Option<i64>,
    Option<SessionId>,
    Vec<SpendRow>,
);

#[test]
fn spending_is_summed_by_what_is_asked() {
    let home = Home::new();
    let log = home.open();
    let yuan = Money {
        parts: 7,
        currency: Currency::CNY,
    };
    let spent = |number, at, day: &str, step, charge| {
        let facts = vec![called(step, Some(50)), answered(step, charge, 3)];
        append(
            &log,
            Batch {
                day: day.to_owned(),
                ..batch_at(id(number), at, facts)
            },
        )
        .unwrap();
    };
    spent(1, 100, "2026-11-22", 1, charge(20, Basis::Listed));
    spent(1, 200, "2026-11-23", 2, Charge::UNKNOWN);
    spent(2, 300, "2026-11-23", 1, charge(30, Basis::Reported));
    spent(
        2,
        400,
        "2026-11-23",
        2,
        Charge {
            money: Some(yuan),
            basis: Basis::Listed,
        },
    );
    spent(2, 500, "2026-11-24", 3, charge(1_000, Basis::Play));
    spent(
        3,
        600,
        "2026-11-25",
        1,
        charge(400, Basis::IncludedEstimated),
    );
    let covered = |key: &str| {
        let mut row = row(key, 1, &[], 0);
        row.included = 1;
        row.list.add(Money::usd(400));
        row.list_estimated = 1;
        row
    };
    let reader = log.reader();
    let (one, two) = (id(1).to_string(), id(2).to_string());
    let usd = Money::usd;
    let cases: Vec<SpendCase> = vec![
        (
            SpendBy::Day,
            None,
            None,
            None,
            vec![
                row("2026-11-22", 1, &[usd(20)], 0),
                row("2026-11-23", 3, &[usd(30), yuan], 1),
                covered("2026-11-25"),
            ],
        ),
        (
            SpendBy::Session,
            None,
            None,
            None,
            vec![
                row(&two, 2, &[usd(30), yuan], 0),
                row(&one, 2, &[usd(20)], 1),
                covered(&id(3).to_string()),
            ],
        ),
        (
            SpendBy::Model,
            Some(200),
            Some(400),
            None,
            vec![row("local/small", 2, &[usd(30)], 1)],
        ),
        (
            SpendBy::Provider,
            None,
            None,
            Some(id(1)),
            vec![row("local", 2, &[usd(20)], 1)],
        ),
        (
            SpendBy::Project,
            None,
            None,
            None,
            vec![{
                let mut all = row("/home/ada/boat", 5, &[usd(50), yuan], 1);
                all.included = 1;
                all.list.add(usd(400));
                all.list_estimated = 1;
                all
            }],
        ),
        (SpendBy::Day, None, None, Some(id(9)), vec![]),
    ];
    for (by, since, until, session, expected) in cases {
        let found = reader
            .spend(by, since.map(Time), until.map(Time), session)
            .unwrap();
        assert_eq!(found, expected, "{by:?} {since:?} {until:?}");
    }
}

#[test]
fn texts_that_were_put_by_are_listed_newest_first_until_they_are_taken() {
    let home = Home::new();
    let log = home.open();
    for (number, text) in [(1, "older"), (2, "newer"), (3, "gone")] {
        log.put_draft(stash_draft(id(number)), Time(number as i64), text);
    }
    // Others have other names.
    log.put_draft("composer:stash:", Time(9), "of a session");
    log.put_draft("stash:nonsense", Time(9), "of nobody");
    log.clear_draft(stash_draft(id(3)));
    // An append is behind the drafts that waited, so it is the moment to look.
    append(&log, batch(id(1), vec![prompt("go")])).unwrap();
    let stashed = |number: u128, text: &str| Stashed {
        id: id(number),
        at: Time(number as i64),
        text: text.to_owned(),
    };
    assert_eq!(
        log.reader().stashed().unwrap(),
        [stashed(2, "newer"), stashed(1, "older")]
    );
}

#[test]
fn a_body_that_cannot_be_read_hides_no_other() {
    let home = Home::new();
    append(
        &home.open(),
        batch(id(1), vec![opened(), prompt("one"), prompt("two")]),
    )
    .unwrap();
    let conn = rusqlite::Connection::open(home.path()).unwrap();
    conn.execute_batch("UPDATE event SET body = CAST(x'7bff' AS TEXT) WHERE seq = 2; UPDATE card SET cwd = '/elsewhere'").unwrap();
    let reader = Reader::new(&home.path());
    let seen: Vec<u64> = reader
        .events_after(id(1), Seq(0))
        .unwrap()
        .iter()
        .map(|event| event.seq.0)
        .collect();
    assert_eq!(seen, [1, 3]);
    assert_eq!(reader.prompts(9).unwrap(), ["two"]);
    assert_eq!(
        reader.card(id(1)).unwrap().unwrap().cwd,
        PathBuf::from("/elsewhere")
    );
}

#[test]
fn calls_are_found_without_what_was_said_between_them() {
    let home = Home::new();
    let log = home.open();
    for step in 1..=3 {
        let mut answered = answered(step, charge(1, Basis::Listed), 1);
        if let Fact::ModelAnswered { usage, .. } = &mut answered {
            usage.searches = step.into();
        }
        let facts = vec![called(step, Some(5)), prompt("and"), answered];
        append(&log, batch(id(1), facts)).unwrap();
    }
    let mut unanswered = batch(id(2), vec![called(7, Some(5))]);
    unanswered.at = Time(unanswered.at.0 + 1);
    append(&log, unanswered).unwrap();
    let reader = log.reader();
    // The last call was never answered.
    let at = batch(id(1), Vec::new()).at;
    assert_eq!(reader.last_answer("local").unwrap(), Some(at));
    assert_eq!(reader.last_answer("other").unwrap(), None);
    let told = |events: Vec<Event>| {
        let words = events.iter().map(|event| match &event.fact {
            Fact::ModelCalled { step, .. } => format!("C{step}"),
            Fact::ModelAnswered { step, .. } => format!("A{step}"),
            other => format!("{other:?}"),
        });
        words.collect::<Vec<_>>().join(" ")
    };
    let of = |number, limit| told(reader.calls_of(id(number), limit).unwrap());
    assert_eq!(of(1, 99), "C1 A1 C2 A2 C3 A3");
    assert_eq!(of(1, 3), "A2 C3 A3");
    assert_eq!(of(2, 99), "C7");
    assert_eq!(of(9, 99), "");
    assert_eq!(told(reader.calls().unwrap()), "C1 A1 C2 A2 C3 A3 C7");
    let count = |number| reader.count_calls(id(number)).unwrap();
    assert_eq!([count(1), count(2), count(9)], [3, 1, 0]);
    let rows = reader.spend(SpendBy::Session, None, None, Some(id(1)));
    assert_eq!(rows.unwrap()[0].usage.searches, 6);
}

#[test]
fn how_calls_ended_is_read_as_the_whole_facts_tell_it() {
    let home = Home::new();
    let log = home.open();
    let mut failed = answered(2, charge(1, Basis::Listed), 1);
    if let Fact::ModelAnswered { stop, failure, .. } = &mut failed {
        *stop = None;
        // Long enough to be kept apart from the row.
        *failure = Some(Failure::new(FailureKind::Rate, "wait ".repeat(20_000)));
    }
    let well = answered(1, charge(1, Basis::Listed), 1);
    let facts = vec![called(1, Some(5)), well, prompt("and"), failed];
    append(&log, batch(id(1), facts)).unwrap();
    let reader = log.reader();
    let whole: Vec<Outcome> = reader
        .events_after(id(1), Seq(0))
        .unwrap()
        .into_iter()
        .filter_map(Outcome::of)
        .collect();
    assert_eq!(whole.len(), 2);
    assert_eq!(reader.outcomes(Seq(0)).unwrap(), whole);
    assert_eq!(reader.outcomes(whole[0].seq).unwrap(), whole[1..]);
    assert_eq!(reader.outcomes(whole[1].seq).unwrap(), []);
    // A commit tells it as well: of all sessions, with what it has just kept, where it was asked.
    let kept = |outcomes_after| {
        let facts = vec![answered(3, charge(1, Basis::Listed), 1)];
        let batch = Batch {
            outcomes_after,
            import: None,
            ..batch(id(2), facts)
        };
        append(&log, batch).unwrap().outcomes
    };
    assert_eq!(kept(None), None);
    let told = kept(Some(whole[0].seq)).unwrap();
    assert_eq!(told, reader.outcomes(whole[0].seq).unwrap());
    assert_eq!(told.len(), 3);
    // A row that cannot be read costs the news and not the facts.
    let spoilt = rusqlite::Connection::open(home.path()).unwrap();
    let sql = "UPDATE event SET version = 'none' WHERE seq = ?";
    spoilt.execute(sql, [told[2].seq.0 as i64]).unwrap();
    assert_eq!(kept(Some(whole[0].seq)), None);
}
