//! Tests of the writing side: what is acknowledged is there, and budgets hold over threads and processes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::thread;

use pretty_assertions::assert_eq;

use crate::agent::digest;
use crate::protocol::event::{Event, Fact};
use crate::protocol::id::Seq;
use crate::protocol::money::Money;
use crate::protocol::query::Page;
use crate::protocol::session::{Card, Change, State};
use crate::protocol::time::Time;
use crate::protocol::usage::Basis;
use crate::store::append::step_draft;
use crate::store::fault::StoreError;
use crate::store::try_out::{
    DAY, Home, answer, answered, append, batch, card, charge, id, one_of_each, opened, prompt,
    reserving, wait,
};
use crate::store::{Batch, Day, Derived, FoldedState, Over};

#[test]
fn what_is_appended_is_read_back_whole() {
    let home = Home::new();
    let log = home.open();
    let reader = log.reader();
    let facts = one_of_each();
    let appended = append(&log, batch(id(1), facts.clone())).unwrap();
    let expected: Vec<Event> = (1..)
        .zip(facts)
        .map(|(seq, fact)| Event {
            seq: Seq(seq),
            session: id(1),
            at: Time(1_000),
            fact,
        })
        .collect();
    assert_eq!(appended.events, expected);
    assert_eq!(reader.events_after(id(1), Seq(0)).unwrap(), expected);
    assert_eq!(reader.card(id(1)).unwrap(), Some(card(id(1), 1_000)));
    drop(log);
    assert_eq!(reader.events_after(id(1), Seq(0)).unwrap(), expected);
    // A second start reads the same and goes on counting.
    let next = append(&home.open(), batch(id(2), vec![opened()])).unwrap();
    assert_eq!(next.events[0].seq, Seq(expected.len() as u64 + 1));
}

#[test]
fn the_derivation_sees_the_events_as_numbered() {
    let home = Home::new();
    let log = home.open();
    append(&log, batch(id(9), vec![opened()])).unwrap();
    let (seen, heard) = std::sync::mpsc::channel();
    let appended = append(
        &log,
        Batch {
            derive: Box::new(move |events| {
                seen.send(events.to_vec()).unwrap();
                Some(Derived {
                    card: card(id(1), 5),
                    state: Some(FoldedState {
                        version: 3,
                        body: "{\"sum\":1}".to_owned(),
                    }),
                })
            }),
            ..reserving(id(1), 1, 10, Some(10), None)
        },
    )
    .unwrap();
    assert_eq!(heard.recv().unwrap(), appended.events);
    assert_eq!(appended.events[0].seq, Seq(2));
    let state = FoldedState {
        version: 3,
        body: "{\"sum\":1}".to_owned(),
    };
    assert_eq!(log.reader().state(id(1)).unwrap(), Some((Seq(2), state)));
}

#[test]
fn many_writers_lose_nothing_and_share_one_rising_number() {
    const THREADS: u128 = 8;
    const FACTS: u32 = 500;
    let home = Home::new();
    let logs = [home.open(), home.open()];
    let mut seen = BTreeSet::new();
    thread::scope(|scope| {
        let writers: Vec<_> = (0..THREADS)
            .map(|number| {
                let log = logs[number as usize % 2].clone();
                scope.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .build()
                        .unwrap();
                    runtime.block_on(async {
                        let mut last = Seq(0);
                        let mut all = Vec::new();
                        for turn in (0..FACTS).step_by(10) {
                            let facts = (turn..turn + 10).map(|turn| Fact::TurnStarted { turn });
                            let appended = log.append(batch(id(number), facts.collect())).await;
                            for event in appended.unwrap().events {
                                assert!(event.seq > last, "{} after {last}", event.seq);
                                last = event.seq;
                                all.push(event.seq);
                            }
                        }
                        all
                    })
                })
            })
            .collect();
        for writer in writers {
            seen.extend(writer.join().unwrap());
        }
    });
    let total = THREADS as u64 * u64::from(FACTS);
    assert_eq!(seen, (1..=total).map(Seq).collect());
    for number in 0..THREADS {
        let turns: Vec<Fact> = logs[0]
            .reader()
            .events_after(id(number), Seq(0))
            .unwrap()
            .into_iter()
            .map(|event| event.fact)
            .collect();
        let expected: Vec<Fact> = (0..FACTS).map(|turn| Fact::TurnStarted { turn }).collect();
        assert_eq!(turns, expected);
    }
}

#[test]
fn a_batch_that_fails_takes_no_other_with_it() {
    let home = Home::new();
    let log = home.open();
    let (first, second, third) = wait(async {
        tokio::join!(
            log.append(batch(id(1), vec![opened()])),
            log.append(Batch {
                derive: Box::new(|_| panic!("a fault of the fold, on purpose")),
                ..batch(id(2), vec![opened(), prompt("gone")])
            }),
            log.append(batch(id(3), vec![opened()])),
        )
    });
    assert_eq!(first.unwrap().events[0].seq, Seq(1));
    assert_eq!(
        second,
        Err(StoreError::Unfit(
            "its card could not be worked out".to_owned()
        ))
    );
    assert_eq!(third.unwrap().events[0].seq, Seq(2));
    assert_eq!(log.reader().card(id(2)).unwrap(), None);
}

#[test]
fn reservations_never_pass_the_limit_over_threads_and_processes() {
    const LIMIT: i64 = 1_000;
    const AMOUNT: i64 = 7;
    let home = Home::new();
    // Two handles share nothing but the file, as two processes do.
    let logs = [home.open(), home.open()];
    let held: i64 = thread::scope(|scope| {
        let tries: Vec<_> = (0..8_u128)
            .map(|number| {
                let log = logs[number as usize % 2].clone();
                scope.spawn(move || {
                    wait(async {
                        let mut held = 0;
                        for step in 1..=40 {
                            let batch = reserving(id(number), step, AMOUNT, Some(LIMIT), None);
                            let appended = log.append(batch).await.unwrap();
                            match appended.over {
                                None => held += AMOUNT,
                                Some(over) => {
                                    assert!(over.day && over.used + AMOUNT > LIMIT, "{over:?}");
                                    assert_eq!(appended.events, []);
                                }
                            }
                        }
                        held
                    })
                })
            })
            .collect();
        tries.into_iter().map(|each| each.join().unwrap()).sum()
    });
    assert_eq!(held, LIMIT / AMOUNT * AMOUNT);
    assert_eq!(logs[0].reader().today(DAY).unwrap().used, held);
}

#[test]
fn budgets_count_what_was_answered_and_hold_what_was_not() {
    let home = Home::new();
    let log = home.open();
    let reader = log.reader();
    let over = |step, amount, day, session| {
        append(&log, reserving(id(1), step, amount, day, session))
            .unwrap()
            .over
    };
    let say = |facts| append(&log, batch(id(1), facts)).unwrap();
    assert_eq!(over(1, 60, Some(100), Some(80)), None);
    // Held: 60.
    assert_eq!(
        over(2, 41, Some(100), None),
        Some(Over {
            day: true,
            used: 60,
            limit: 100
        })
    );
    assert_eq!(
        over(2, 21, Some(100), Some(80)),
        Some(Over {
            day: false,
            used: 60,
            limit: 80
        })
    );
    assert_eq!(over(2, 40, Some(100), None), None);
    // The first call cost less than was held for it; the second is still out.
    say(vec![answered(1, charge(10, Basis::Listed), 10)]);
    assert_eq!(reader.today(DAY).unwrap().used, 50);
    assert_eq!(over(3, 51, Some(100), None).map(|over| over.used), Some(50));
    assert_eq!(over(3, 0, Some(1), Some(1)), None);
    // An answer raised the day by 30.
    say(vec![Fact::SessionChanged {
        change: Change::DayRaised {
            day: DAY.to_owned(),
            by: Money::usd(30),
        },
    }]);
    assert_eq!(
        reader.today(DAY).unwrap(),
        Day {
            used: 50,
            // What is held for a call that is out was not paid.
            charged: 10,
            estimated: false,
            raised: 30
        }
    );
    assert_eq!(
        over(4, 81, Some(100), None),
        Some(Over {
            day: true,
            used: 50,
            limit: 130
        })
    );
    assert_eq!(over(4, 80, Some(100), None), None);
    // An estimate is marked as one, and so is what stands in for a price nobody knows.
    say(vec![answered(4, charge(0, Basis::Estimated), 0)]);
    assert!(!reader.today(DAY).unwrap().estimated, "of nothing");
    // Play money, and amounts that would wreck a sum.
    say(vec![answered(4, charge(80, Basis::Play), 80)]);
    assert_eq!(reader.today(DAY).unwrap().used, 50);
    for attempt in [5, 6] {
        say(vec![answered(
            attempt,
            charge(i64::MAX, Basis::Reported),
            i64::MAX,
        )]);
    }
    assert_eq!(reader.today(DAY).unwrap().used, i64::MAX);
    assert_eq!(reader.used_in(id(1)).unwrap(), i64::MAX);
    assert_eq!(
        over(7, 1, Some(100), None).map(|over| over.used),
        Some(i64::MAX)
    );
}

#[test]
fn a_raise_in_the_same_batch_makes_room() {
    let home = Home::new();
    let log = home.open();
    let raise = Fact::SessionChanged {
        change: Change::DayRaised {
            day: DAY.to_owned(),
            by: Money::usd(5),
        },
    };
    let mut batch = reserving(id(1), 1, 15, Some(10), None);
    batch.facts = vec![raise];
    let appended = append(&log, batch).unwrap();
    assert_eq!((appended.events.len(), appended.over), (2, None));
}

#[test]
fn a_big_fact_goes_through_a_blob() {
    let home = Home::new();
    let log = home.open();
    let reader = log.reader();
    let big = answer(&"é\n".repeat(100_000));
    let whole = vec![0xff; 300_000];
    let appended = append(
        &log,
        Batch {
            blobs: vec![whole.clone()],
            ..batch(id(1), vec![opened(), big])
        },
    )
    .unwrap();
    assert_eq!(reader.events_after(id(1), Seq(0)).unwrap(), appended.events);
    assert_eq!(reader.blob(&digest::hex(&whole)).unwrap(), Some(whole));
    assert_eq!(reader.blob("none").unwrap(), None);
    assert_eq!(reader.count().unwrap().blobs, 2);
}

#[test]
fn a_fact_that_could_not_be_read_back_is_refused() {
    let home = Home::new();
    let log = home.open();
    let deep = (0..125).fold(serde_json::Value::Null, |inner, _| {
        serde_json::json!([inner])
    });
    let Fact::ModelAnswered {
        turn,
        step,
        attempt,
        model,
        usage,
        charge,
        counted,
        stop,
        failure,
        millis,
        ..
    } = answered(1, charge(1, Basis::Listed), 1)
    else {
        unreachable!()
    };
    let fact = Fact::ModelAnswered {
        turn,
        step,
        attempt,
        model,
        usage,
        charge,
        counted,
        raw: Some(deep),
        stop,
        failure,
        millis,
        vitals: None,
        price: None,
    };
    assert_eq!(
        append(&log, batch(id(1), vec![fact])),
        Err(StoreError::Unfit(
            "it is nested more than 120 levels deep".to_owned()
        ))
    );
    assert_eq!(
        log.reader().history(id(1), Page::Before(None), 9).unwrap(),
        []
    );
}

#[test]
fn a_card_is_listed_by_what_was_written_last() {
    type Change = fn(&mut Card);
    let home = Home::new();
    let log = home.open();
    let reader = log.reader();
    let cases: [(&str, Change); 8] = [
        ("as it began", |_| {}),
        ("a later time", |card| card.active = Time(5_000)),
        ("an estimate under a plan", |card| {
            card.list_estimated = true;
        }),
        ("another state", |card| card.state = State::Working),
        ("pinned", |card| card.pinned = true),
        ("not seen", |card| card.unseen = true),
        ("another folder", |card| card.cwd = "/elsewhere".into()),
        ("for a while", |card| card.temporary = true),
    ];
    let mut card = card(id(1), 1_000);
    for (name, change) in cases {
        change(&mut card);
        let derived = card.clone();
        let batch = Batch {
            derive: Box::new(move |_: &[Event]| {
                Some(Derived {
                    card: derived,
                    state: None,
                })
            }),
            ..batch(id(1), vec![prompt(name)])
        };
        append(&log, batch).unwrap();
        assert_eq!(
            reader.card(id(1)).unwrap().as_ref(),
            Some(&card),
            "after: {name}"
        );
        assert!(reader.integrity().is_ok(), "after: {name}");
    }
}

#[test]
fn drafts_keep_the_newest_and_end_with_their_item() {
    let home = Home::new();
    let log = home.open();
    let reader = log.reader();
    let name = step_draft(id(1));
    for number in 0..100 {
        log.put_draft(&name, Time(number), format!("so far {number}"));
        log.put_draft("composer", Time(number), "typed");
    }
    log.put_draft("other", Time(0), "gone soon");
    log.clear_draft("other");
    // An append is behind the drafts that waited, so it is the moment to look.
    append(&log, batch(id(1), vec![opened()])).unwrap();
    let drafts = || [name.as_str(), "composer", "other"].map(|name| reader.draft(name).unwrap());
    assert_eq!(
        drafts(),
        [Some("so far 99".to_owned()), Some("typed".to_owned()), None]
    );
    append(
        &log,
        Batch {
            clears_draft: true,
            ..batch(id(1), vec![answer("done")])
        },
    )
    .unwrap();
    assert_eq!(drafts(), [None, Some("typed".to_owned()), None]);
    // What waits when the last handle goes is written.
    log.put_draft("composer", Time(200), "typed more");
    drop(log);
    assert_eq!(drafts(), [None, Some("typed more".to_owned()), None]);
}
