//! Tests of the pages that the index reads: by number and by bytes, with nothing left out between two of them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use pretty_assertions::assert_eq;

use crate::protocol::id::Seq;
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
