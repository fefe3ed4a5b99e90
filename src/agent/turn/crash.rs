//! What a crash leaves of a turn, after any of its facts, and what closes it.

#![allow(clippy::expect_used)]

use std::collections::BTreeSet;

use pretty_assertions::assert_eq;
use proptest::prelude::{ProptestConfig, prop};
use proptest::proptest;

use crate::agent::known::Known;
use crate::agent::picture::{Cap, Pictures, Sight};
use crate::agent::prompt::{self, Message, Placed};
use crate::agent::recover::{self, Broke};
use crate::agent::session::Session;
use crate::agent::turn::proof::{bill, cases, moves, play};
use crate::protocol::call::OutcomeKind;
use crate::protocol::event::{Event, Fact};
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::item::Item;
use crate::protocol::reply::Part;
use crate::protocol::rule::Mode;
use crate::protocol::session::SessionSpec;
use crate::protocol::time::Time;

/// A crash after any number of facts: what closes the session makes the next request valid, and closes all there is.
fn crash(facts: &[Fact]) {
    let id = SessionId(uuid::Uuid::from_u128(1));
    let opened = Fact::SessionOpened {
        spec: SessionSpec {
            cwd: "/".into(),
            project: "/".into(),
            model: bill().model,
            mode: Mode::Auto,
            effort: None,
            system: String::new(),
            parent: None,
            worktree: None,
            forked: None,
            source: None,
        },
    };
    let mut log: Vec<Event> = Vec::new();
    for fact in std::iter::once(&opened).chain(facts) {
        log.push(event(id, log.len(), fact));
        let mut closed = log.clone();
        let mut session = Session::fold(None, &closed).expect("it is opened");
        let queued = session.queued.clone();
        let (started, before): (Vec<_>, Vec<_>) = session
            .open_calls
            .iter()
            .map(|(call, open)| (call.clone(), open.started))
            .partition(|(_, started)| *started);
        let closing = recover::closing(
            &session,
            Some("so far".into()),
            Broke::Process,
            &Known::default(),
        );
        for fact in &closing {
            closed.push(event(id, closed.len(), fact));
        }
        for event in &closed {
            session.apply(event);
        }
        assert!(!session.running && session.asks.is_empty() && session.open_calls.is_empty());
        assert!(session.open_request.is_none());
        assert_eq!(session.queued, queued, "a message that waits is not lost");
        assert_eq!(
            recover::closing(
                &session,
                Some("so far".into()),
                Broke::Process,
                &Known::default()
            ),
            []
        );
        for fact in &closing {
            if let Fact::ItemAdded {
                item: Item::Result { call, outcome },
                ..
            } = fact
            {
                let lost = outcome.kind == OutcomeKind::Lost;
                assert_eq!(lost, started.contains(&(call.clone(), true)), "{call}");
                assert_eq!(!lost, before.contains(&(call.clone(), false)), "{call}");
            }
        }
        let items: Vec<Placed> = closed
            .iter()
            .filter_map(|event| match &event.fact {
                Fact::ItemAdded {
                    turn, step, item, ..
                } => Some((*turn, *step, item.clone())),
                _ => None,
            })
            .collect();
        let sight = Sight {
            takes_images: None,
            pictures: &Pictures::default(),
            cap: Cap {
                pictures: 1,
                bytes: 1,
            },
        };
        check_valid(&prompt::messages(&items, (&bill().model, None), sight));
    }
}

fn event(session: SessionId, at: usize, fact: &Fact) -> Event {
    Event {
        seq: Seq(at as u64 + 1),
        session,
        at: Time(0),
        fact: fact.clone(),
    }
}

fn check_valid(messages: &[Message]) {
    let mut open: Vec<String> = Vec::new();
    let mut used = BTreeSet::new();
    for message in messages {
        match message {
            Message::User { .. } => assert_eq!(open, Vec::<String>::new()),
            Message::Assistant { parts } => {
                assert_eq!(open, Vec::<String>::new());
                for part in parts {
                    if let Part::Call { wire_id, .. } = part {
                        let id = wire_id.clone().expect("a call has an id");
                        assert!(used.insert(id.clone()), "{id} is repeated");
                        open.push(id);
                    }
                }
            }
            Message::Results { results } => {
                let ids: Vec<_> = results
                    .iter()
                    .map(|result| result.wire_id.clone())
                    .collect();
                assert_eq!(ids, open);
                open.clear();
            }
        }
    }
    assert_eq!(open, Vec::<String>::new());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases() / 10, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_crash_after_any_fact_is_closed(moves in moves(), max_steps in prop::option::of(1..4_u32)) {
        crash(&play(moves, max_steps));
    }
}
