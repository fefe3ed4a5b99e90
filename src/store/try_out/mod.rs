//! What the tests of this room share: small facts, batches and homes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod append;
mod board;
mod copy;
mod decided;
mod found;
mod kin;
mod open;
mod packed;
mod prompts;
mod purge;
mod read;
mod salvage;

use std::path::{Path, PathBuf};

use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;

use crate::protocol::ask::{About, Answer, Ask, Guard};
use crate::protocol::call::{Outcome, OutputRef, ToolCall};
use crate::protocol::event::{Ending, Event, Fact, When};
use crate::protocol::failure::Stop;
use crate::protocol::id::{AskId, CallId, MessageId, ModelRef, SessionId};
use crate::protocol::item::{Block, Item, Opaque, Origin};
use crate::protocol::money::{Amounts, Money};
use crate::protocol::rule::Mode;
use crate::protocol::session::{Card, Change, SessionSpec, State};
use crate::protocol::time::Time;
use crate::protocol::usage::{Basis, Cause, Charge, Usage};
use crate::store::fault::StoreError;
use crate::store::log::{Log, Opened};
use crate::store::{Appended, Batch, Derived, Reservation};

pub(crate) const DAY: &str = "2026-11-23";

/// A home of its own; gone with the value.
pub(crate) struct Home {
    pub folder: TempDir,
}

impl Home {
    /// In memory where there is such a place: hundreds of commits need not wait for a disk to prove what they prove.
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir_in("/dev/shm")
                .or_else(|_| tempfile::tempdir())
                .unwrap(),
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("data").join("creel.db")
    }

    pub(crate) fn open(&self) -> Log {
        let Opened {
            log,
            notices,
            read_only,
        } = Log::open(&self.path()).unwrap();
        assert_eq!((notices, read_only), (Vec::new(), false));
        log
    }
}

/// The future's value, with no more of a runtime than it needs.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

pub(crate) fn append(log: &Log, batch: Batch) -> Result<Appended, StoreError> {
    wait(log.append(batch))
}

pub(crate) fn id(number: u128) -> SessionId {
    SessionId(Uuid::from_u128(
        0x0199_0000_0000_7000_8000_0000_0000_0000 + number,
    ))
}

pub(crate) fn model() -> ModelRef {
    "local/small".parse().unwrap()
}

pub(crate) fn card(id: SessionId, at: i64) -> Card {
    Card {
        id,
        title: "a title".to_owned(),
        state: State::Done,
        model: model(),
        cwd: "/home/ada/boat/src".into(),
        project: "/home/ada/boat".into(),
        created: Time(at),
        active: Time(at),
        turns: 1,
        cost: Amounts::default(),
        unpriced: 0,
        included: 0,
        list: Amounts::default(),
        parent: None,
        gist: "the last answer".to_owned(),
        pinned: false,
        temporary: false,
        unseen: false,
        steps: 0,
        estimated: false,
        list_estimated: false,
        source: "creel".to_owned(),
    }
}

pub(crate) fn batch(id: SessionId, facts: Vec<Fact>) -> Batch {
    batch_at(id, 1_000, facts)
}

pub(crate) fn batch_at(id: SessionId, at: i64, facts: Vec<Fact>) -> Batch {
    Batch {
        session: id,
        at: Time(at),
        day: DAY.to_owned(),
        facts,
        reserved: None,
        blobs: Vec::new(),
        derive: Box::new(move |_: &[Event]| {
            Some(Derived {
                card: card(id, at),
                state: None,
            })
        }),
        clears_draft: false,
        outcomes_after: None,
        import: None,
    }
}

pub(crate) fn opened() -> Fact {
    Fact::SessionOpened {
        spec: SessionSpec {
            cwd: "/home/ada/boat/src".into(),
            project: "/home/ada/boat".into(),
            model: model(),
            mode: Mode::Ask,
            effort: None,
            system: "You are an agent.".to_owned(),
            parent: None,
            worktree: None,
            forked: None,
            source: None,
        },
    }
}

pub(crate) fn prompt(text: &str) -> Fact {
    Fact::ItemAdded {
        turn: 1,
        step: 0,
        item: Item::Prompt {
            blocks: vec![Block::text(text)],
            origin: Origin::Person,
        },
        imported: None,
    }
}

pub(crate) fn answer(text: &str) -> Fact {
    Fact::ItemAdded {
        turn: 1,
        step: 1,
        item: Item::Answer {
            text: text.to_owned(),
            cut: false,
            opaque: None,
        },
        imported: None,
    }
}

pub(crate) fn called(step: u32, reserved: Option<i64>) -> Fact {
    Fact::ModelCalled {
        turn: 1,
        step,
        attempt: 1,
        model: model(),
        reserved: reserved.map(Money::usd),
        cause: Cause::Work,
        body: None,
    }
}

pub(crate) fn answered(step: u32, charge: Charge, counted: i64) -> Fact {
    Fact::ModelAnswered {
        turn: 1,
        step,
        attempt: 1,
        model: model(),
        usage: Usage {
            input: 10,
            output: 5,
            ..Usage::default()
        },
        charge,
        counted: Money::usd(counted),
        raw: None,
        stop: Some(Stop::End),
        failure: None,
        millis: 7,
        vitals: None,
        price: None,
    }
}

pub(crate) fn charge(parts: i64, basis: Basis) -> Charge {
    Charge {
        money: Some(Money::usd(parts)),
        basis,
    }
}

/// A batch that reserves for step `step`.
pub(crate) fn reserving(
    id: SessionId,
    step: u32,
    amount: i64,
    day_limit: Option<i64>,
    session_limit: Option<i64>,
) -> Batch {
    Batch {
        reserved: Some(Reservation {
            amount,
            day_limit,
            session_limit,
            facts: vec![called(step, Some(amount))],
        }),
        ..batch(id, Vec::new())
    }
}

/// One fact of every kind, with every optional field used somewhere.
pub(crate) fn one_of_each() -> Vec<Fact> {
    let opaque = Some(Opaque {
        wire: None,
        family: "a/b".to_owned(),
        body: json!({"z": 1, "a": [null, true, "x\u{0}\u{1f600}"], "n": 0.1}),
    });
    let call = CallId::new(1, 1, 1);
    vec![
        opened(),
        Fact::SessionChanged {
            change: Change::DayRaised {
                day: DAY.to_owned(),
                by: Money::usd(5),
            },
        },
        Fact::TurnStarted { turn: 1 },
        prompt("what is in notes.txt?"),
        Fact::ItemAdded {
            turn: 1,
            step: 1,
            item: Item::Thought {
                text: String::new(),
                opaque,
            },
            imported: None,
        },
        answer("Let me look."),
        Fact::ItemAdded {
            turn: 1,
            step: 1,
            item: Item::Call(ToolCall {
                id: call.clone(),
                wire_id: Some("toolu_1".to_owned()),
                name: "read".to_owned(),
                arguments: "{\"path\": \"notes.txt\"".to_owned(),
                opaque: None,
            }),
            imported: None,
        },
        Fact::ItemAdded {
            turn: 1,
            step: 1,
            item: Item::Result {
                call: call.clone(),
                outcome: Outcome {
                    whole: Some(OutputRef {
                        number: 1,
                        hash: crate::agent::digest::hex(b"hello"),
                        bytes: 5,
                        lines: 1,
                    }),
                    ..Outcome::done("hello")
                },
            },
            imported: Some(Box::new(crate::protocol::event::Imported {
                who: Some("Anna".to_owned()),
                external_id: Some("x1".to_owned()),
            })),
        },
        Fact::MessageQueued {
            id: MessageId(1),
            blocks: vec![Block::Paste {
                text: "x".to_owned(),
            }],
            when: When::Step,
        },
        Fact::MessageWithdrawn {
            id: MessageId(1),
            entered: true,
        },
        Fact::AskRaised {
            ask: Ask {
                id: AskId("a1".to_owned()),
                about: About::Guard {
                    guard: Guard::Loop,
                    text: "the same call 5 times".to_owned(),
                },
            },
        },
        Fact::AskAnswered {
            ask: AskId("a1".to_owned()),
            answer: Answer::Proceed,
        },
        Fact::AskVoided {
            ask: AskId("a2".to_owned()),
            why: "the turn ended".to_owned(),
        },
        called(1, Some(40)),
        answered(1, charge(3, Basis::Listed), 3),
        Fact::CallStarted {
            call,
            birth: None,
            by: None,
            change: None,
        },
        Fact::TurnEnded {
            turn: 1,
            ending: Ending::Finished,
        },
    ]
}

/// Every file of a folder, by name, with its mode.
pub(crate) fn modes(folder: &Path) -> Vec<(String, u32)> {
    use std::os::unix::fs::PermissionsExt;
    let mut found: Vec<(String, u32)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            (entry.file_name().into_string().unwrap(), mode)
        })
        .collect();
    found.sort();
    found
}
