//! What was decided on calls in a day, read page by page.

use crate::protocol::event::Fact;
use crate::protocol::id::CallId;
use crate::protocol::rule::By;
use crate::protocol::time::Time;
use crate::store::read::Reader;
use crate::store::try_out::{Home, append, batch_at, id, opened};

#[test]
fn a_day_is_read_to_its_beginning_whatever_a_page_holds() {
    let home = Home::new();
    let log = home.open();
    let started = |number: u32| Fact::CallStarted {
        call: CallId(format!("call_{number}")),
        birth: None,
        by: Some(By::Person),
        change: None,
    };
    append(&log, batch_at(id(1), 10, vec![opened(), started(0)])).unwrap();
    let today = (1..=7).map(started).collect();
    append(&log, batch_at(id(1), 50, today)).unwrap();
    let reader = Reader::new(&home.path());
    let (mut found, mut before, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = reader.decided(Time(50), before, 3).unwrap();
        let Some(oldest) = page.last() else { break };
        before = Some(oldest.seq);
        found.extend(page.into_iter().map(|event| event.seq.0));
        pages += 1;
    }
    assert_eq!((found, pages), ((3..=9).rev().collect(), 3));
}
