//! Tests of the pages that the index reads: by number and by bytes, with nothing left out between two of them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashSet;

use pretty_assertions::assert_eq;

use crate::protocol::id::Seq;
use crate::store::Batch;
use crate::store::imports::Import;
use crate::store::try_out::{Home, append, batch, id, opened, prompt};

#[test]
fn pages_end_by_number_and_by_bytes_and_leave_nothing_out() {
    let home = Home::new();
    let log = home.open();
    append(&log, batch(id(1), vec![opened()])).unwrap();
    // The fourth is too long for its row.
    for length in [10, 1_000, 1_000, 100_000, 10, 10] {
        append(&log, batch(id(1), vec![prompt(&"x".repeat(length))])).unwrap();
    }
    let reader = log.reader();
    for (limits, expected) in [
        ((100, u64::MAX), vec![6]),
        ((4, u64::MAX), vec![4, 2]),
        ((100, 1), vec![1; 6]),
        ((100, 2_000), vec![3, 1, 2]),
    ] {
        let mut from = Seq(0);
        let mut pages = Vec::new();
        let mut seen = 0;
        loop {
            let (found, upto) = reader.found_after(from, limits).unwrap();
            if found.is_empty() {
                break;
            }
            seen += found.len();
            pages.push(found.len());
            assert!(upto > from);
            from = upto;
        }
        assert_eq!((pages, seen), (expected, 6), "{limits:?}");
    }
    for (limits, expected) in [
        ((100, u64::MAX), (6, true)),
        ((2, u64::MAX), (2, false)),
        ((100, 50_000), (3, false)),
        ((100, 1), (1, false)),
    ] {
        let (found, whole) = reader.found_newest(Seq(0), limits).unwrap();
        assert_eq!((found.len(), whole), expected, "{limits:?}");
    }
}

#[test]
fn what_was_kept_here_is_told_from_what_was_imported() {
    let home = Home::new();
    let log = home.open();
    let others = Import {
        source: "claude".to_owned(),
        name: "a".to_owned(),
        ..Import::default()
    };
    for (session, import) in [(1, None), (2, Some(others)), (3, None)] {
        let batch = Batch {
            import,
            ..batch(id(session), vec![opened(), prompt("one"), prompt("two")])
        };
        append(&log, batch).unwrap();
    }
    let reader = log.reader();
    let none = HashSet::new();
    let others = |continued| reader.sessions_of_others(continued).unwrap();
    assert_eq!(others(&none), HashSet::from([2]));
    for (between, limits, expected) in [
        ((0, 100), (100, u64::MAX), vec![2, 3, 8, 9]),
        ((2, 9), (100, u64::MAX), vec![3, 8]),
        ((0, 100), (3, u64::MAX), vec![3, 8, 9]),
        ((0, 100), (100, 1), vec![9]),
        ((3, 8), (100, u64::MAX), vec![]),
    ] {
        let found = reader.found_here((Seq(between.0), Seq(between.1)), &none, limits);
        let found: Vec<u64> = found
            .unwrap()
            .iter()
            .map(|(_, event)| event.seq.0)
            .collect();
        assert_eq!(found, expected, "{between:?} {limits:?}");
    }
    // One that is gone on with is of this home from then on.
    let continued = HashSet::from([id(2), id(9)]);
    assert_eq!(others(&continued), HashSet::new());
    let found = reader.found_here((Seq(3), Seq(9)), &continued, (100, u64::MAX));
    let found = found.unwrap().into_iter().map(|(_, event)| event.seq.0);
    assert_eq!(found.collect::<Vec<_>>(), [5, 6, 8]);
}
