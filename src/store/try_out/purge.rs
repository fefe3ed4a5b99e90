//! Tests of purging: no byte of a purged session is left, and nothing of another is touched.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use pretty_assertions::assert_eq;

use crate::agent::digest;
use crate::protocol::id::Seq;
use crate::protocol::query::SpendBy;
use crate::protocol::time::Time;
use crate::protocol::usage::Basis;
use crate::store::append::{composer_draft, step_draft};
use crate::store::fault::beside;
use crate::store::seal::{self, Seal};
use crate::store::try_out::{
    Home, answer, answered, append, batch, called, charge, id, opened, prompt, wait,
};
use crate::store::{Batch, Purged};

fn holds(home: &Home, needle: &str) -> bool {
    ["", "-wal"].iter().any(|ending| {
        let bytes = fs::read(beside(&home.path(), ending)).unwrap_or_default();
        bytes
            .windows(needle.len())
            .any(|window| window == needle.as_bytes())
    })
}

#[test]
fn a_purged_session_leaves_no_byte_and_its_cost() {
    let home = Home::new();
    let log = home.open();
    let shared = b"an output both have".to_vec();
    let secret = "the-secret-word";
    let own = format!("{secret} {}", "of the output ".repeat(2_000)).into_bytes();
    for number in [1, 2] {
        let facts = vec![
            opened(),
            prompt(&format!("{secret} {number}")),
            called(1, Some(9)),
            answered(1, charge(4, Basis::Listed), 4),
        ];
        append(
            &log,
            Batch {
                blobs: vec![shared.clone()],
                ..batch(id(number), facts)
            },
        )
        .unwrap();
    }
    append(
        &log,
        Batch {
            blobs: vec![own],
            ..batch(
                id(1),
                vec![answer(&"the-secret-word in a long answer ".repeat(500))],
            )
        },
    )
    .unwrap();
    for name in [step_draft(id(1)), composer_draft(Some(id(1)))] {
        log.put_draft(name, Time(1), "the-secret-word typed");
    }
    append(&log, batch(id(2), vec![prompt("after the drafts")])).unwrap();
    let reader = log.reader();
    let kept = reader.events_after(id(2), Seq(0)).unwrap();
    let copy = beside(&home.path(), ".damaged-1");
    fs::write(&copy, "").unwrap();

    assert!(holds(&home, secret));
    let purged = wait(log.purge(vec![id(1), id(77)])).unwrap();
    assert_eq!(
        purged,
        Purged {
            sessions: 1,
            events: 5,
            blobs: 2,
            complete: true,
            copies: vec![copy],
        }
    );
    assert_eq!(reader.events_after(id(1), Seq(0)).unwrap(), []);
    assert_eq!(reader.card(id(1)).unwrap(), None);
    assert_eq!(reader.draft(&step_draft(id(1))).unwrap(), None);
    assert_eq!(reader.events_after(id(2), Seq(0)).unwrap(), kept);
    assert_eq!(reader.blob(&digest::hex(&shared)).unwrap(), Some(shared));
    let spend = reader
        .spend(SpendBy::Session, None, None, Some(id(1)))
        .unwrap();
    assert_eq!(
        spend
            .iter()
            .map(|row| (row.key.clone(), row.calls))
            .collect::<Vec<_>>(),
        [(id(1).to_string(), 1)]
    );
    // The other session holds the word too, until it goes as well.
    assert!(!holds(&home, "the-secret-word 1") && !holds(&home, "in a long answer"));
    assert!(!holds(&home, "of the output") && !holds(&home, "the-secret-word typed"));
    assert!(holds(&home, "the-secret-word 2"));
    wait(log.purge(vec![id(2)])).unwrap();
    assert!(!holds(&home, secret));
    assert_eq!(reader.integrity(), Ok(()));
    // Numbers are not given twice.
    let next = append(&log, batch(id(3), vec![opened()])).unwrap();
    assert_eq!(next.events[0].seq, Seq(11));
}

#[test]
fn a_log_of_writes_that_could_not_be_cut_goes_with_the_next_closing() {
    let home = Home::new();
    append(&home.open(), batch(id(1), vec![opened(), prompt("hi")])).unwrap();
    assert!(seal::writes(&home.path()).exists());
    // As a purge does while somebody reads.
    seal::owe(&home.path()).unwrap();
    drop(home.open());
    assert!(!seal::writes(&home.path()).exists() && !seal::owes(&home.path()));
    assert_eq!(seal::read(&home.path()).unwrap(), Seal::Closed);
}

#[test]
fn outputs_of_a_session_that_never_came_go() {
    let home = Home::new();
    let log = home.open();
    let outputs = |names: &[&str]| names.iter().map(|name| name.as_bytes().to_vec()).collect();
    let kept = |session, facts, blobs| {
        let batch = Batch {
            blobs,
            derive: Box::new(|_| None),
            ..batch(id(session), facts)
        };
        append(&log, batch).unwrap();
    };
    kept(1, vec![opened()], outputs(&["ours", "shared"]));
    // As an import that is killed before the facts.
    kept(2, Vec::new(), outputs(&["lost", "shared"]));
    wait(log.keep(b"loose".to_vec())).unwrap();
    assert_eq!(wait(log.sweep()).unwrap(), 1);
    assert_eq!(wait(log.sweep()).unwrap(), 0);
    let reader = log.reader();
    let there = ["ours", "shared", "lost", "loose"].map(|name| {
        reader
            .blob(&digest::hex(name.as_bytes()))
            .unwrap()
            .is_some()
    });
    assert_eq!(there, [true, true, false, true]);
    // The same session comes later.
    kept(2, vec![opened()], outputs(&["lost"]));
    assert_eq!(wait(log.sweep()).unwrap(), 0);
}

#[test]
fn bytes_that_were_kept_and_never_used_go_unless_a_draft_names_them() {
    let home = Home::new();
    let log = home.open();
    let reader = log.reader();
    let all = [
        b"in no draft".to_vec(),
        b"in a draft".to_vec(),
        b"in a fact".to_vec(),
    ];
    let [loose, drafted, used] = all.clone().map(|bytes| digest::hex(&bytes));
    for bytes in all.clone() {
        wait(log.keep(bytes)).unwrap();
    }
    let [_, _, bytes] = all;
    log.put_draft(composer_draft(None), Time(1), format!("see {drafted}"));
    let facts = vec![opened(), prompt("see")];
    append(
        &log,
        Batch {
            blobs: vec![bytes],
            ..batch(id(1), facts)
        },
    )
    .unwrap();
    append(&log, batch(id(2), vec![opened()])).unwrap();
    let kept = || [&loose, &drafted, &used].map(|hash| reader.blob(hash).unwrap().is_some());
    assert_eq!(kept(), [true, true, true]);
    assert_eq!(wait(log.purge(vec![id(2)])).unwrap().blobs, 1);
    assert_eq!(kept(), [false, true, true]);
    log.clear_draft(composer_draft(None));
    assert_eq!(wait(log.purge(vec![id(1)])).unwrap().blobs, 2);
    assert_eq!(kept(), [false, false, false]);
}
