//! Homes with a past, made through the library's own log: many sessions, or a long one.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use creel::agent::session::{FOLD_VERSION, Session};
use creel::protocol::call::{Outcome, ToolCall};
use creel::protocol::event::{Ending, Fact};
use creel::protocol::failure::Stop;
use creel::protocol::id::{CallId, ModelRef, SessionId};
use creel::protocol::item::{Block, Item, Origin};
use creel::protocol::money::Money;
use creel::protocol::rule::Mode;
use creel::protocol::session::SessionSpec;
use creel::protocol::time::Time;
use creel::protocol::usage::{Basis, Cause, Charge, Usage};
use creel::store::fault::StoreError;
use creel::store::log::Log;
use creel::store::{Appended, Batch, Derived, FoldedState};
use tokio::task::JoinSet;
use uuid::{NoContext, Timestamp, Uuid};

use crate::support::Home;

pub const MINUTE: i64 = 60_000;

/// Says something on its last line that is nowhere else.
pub const LAST: &str = "LASTWORDOFALL";

/// So many sessions of one turn each, one every ten minutes until now.
pub fn sessions(home: &Home, count: u32) {
    let now = now();
    keep(
        home,
        (0..count).map(|number| {
            let at = now.0 - i64::from(count - number) * 10 * MINUTE;
            let prompt = format!("Task {number}: look into the retry policy and say what it does");
            let mut facts = opened(home, &prompt);
            facts.extend(answered(
                1,
                1,
                "It waits a second, then two, then four, and gives up after five.",
            ));
            facts.push(ended(1));
            batch(at, facts)
        }),
    );
}

/// One session with so many items, a multiple of twenty: turns of a prompt, six steps with a call each, and an answer.
pub fn session(home: &Home, items: u32) {
    let turns = items / 20;
    let mut facts = opened(home, "Go through the modules and tell what each is for");
    for turn in 1..=turns {
        if turn > 1 {
            facts.push(Fact::TurnStarted { turn });
            facts.push(prompt(turn, &format!("And now part {turn}, as before.")));
        }
        for step in 1..=6 {
            facts.extend(answered(
                turn,
                step,
                &format!("Next I read part {step} of **module {turn}**."),
            ));
            facts.extend(called(turn, step));
        }
        let end = if turn == turns { LAST } else { "" };
        let text = format!(
            "## Module {turn}\n\nIt *keeps* what was said, see `keep`:\n\n- one line a fact\n- none is changed\n\n\
             ```rust\nfn keep(facts: &[Fact]) -> usize {{\n    facts.len() + {turn}\n}}\n```\n\n{end}"
        );
        facts.extend(answered(turn, 7, &text));
        facts.push(ended(turn));
    }
    let added = facts
        .iter()
        .filter(|fact| matches!(fact, Fact::ItemAdded { .. }))
        .count();
    assert_eq!(added, items as usize);
    keep(home, [batch(now().0 - 10 * MINUTE, facts)]);
}

/// One session with so many items and outputs of so many bytes, written a hundred turns at a time.
pub fn long_session(home: &Home, items: u32, output: usize) {
    let turns = items / 20;
    let at = now().0 - 10 * MINUTE;
    let session = batch(at, Vec::new()).session;
    let folded: Arc<Mutex<Option<Session>>> = Arc::default();
    let batches = (0..turns.div_ceil(100)).map(|part| {
        let mut facts = Vec::new();
        for turn in part * 100 + 1..=turns.min(part * 100 + 100) {
            if turn == 1 {
                facts.extend(opened(home, "Go through all of it"));
            } else {
                facts.push(Fact::TurnStarted { turn });
                facts.push(prompt(turn, &format!("And now part {turn}, as before.")));
            }
            for step in 1..=6 {
                facts.extend(answered(
                    turn,
                    step,
                    &format!("Next I read part {step} of **module {turn}**."),
                ));
                facts.extend(called_with(turn, step, output));
            }
            let end = if turn == turns {
                LAST
            } else {
                "It keeps what was said."
            };
            facts.extend(answered(
                turn,
                7,
                &format!("## Module {turn}\n\n- one line a fact\n\n{end}"),
            ));
            facts.push(ended(turn));
        }
        let folded = Arc::clone(&folded);
        Batch {
            session,
            derive: Box::new(move |events| {
                let mut last = folded.lock().ok()?;
                let session = Session::fold(last.take(), events)?;
                let body = serde_json::to_string(&session).ok()?;
                let card = session.card();
                *last = Some(session);
                Some(Derived {
                    card,
                    state: Some(FoldedState {
                        version: FOLD_VERSION,
                        body,
                    }),
                })
            }),
            ..batch(at, facts)
        }
    });
    keep_in_order(home, batches);
}

fn opened(home: &Home, said: &str) -> Vec<Fact> {
    let cwd = home.work().canonicalize().unwrap();
    vec![
        begun(&cwd.to_string_lossy()),
        Fact::TurnStarted { turn: 1 },
        prompt(1, said),
    ]
}

/// What a session in a folder begins with.
pub fn begun(folder: &str) -> Fact {
    let cwd = Path::new(folder).to_owned();
    let spec = SessionSpec {
        project: cwd.clone(),
        cwd,
        model: model(),
        mode: Mode::Ask,
        effort: None,
        system: "You work in a folder and do what you are asked.".repeat(40),
        parent: None,
        worktree: None,
        forked: None,
        source: None,
    };
    Fact::SessionOpened { spec }
}

fn prompt(turn: u32, text: &str) -> Fact {
    let (blocks, origin) = (vec![Block::text(text)], Origin::Person);
    Fact::ItemAdded {
        turn,
        step: 0,
        item: Item::Prompt { blocks, origin },
        imported: None,
    }
}

/// A call to the model, its answer, and what that cost.
fn answered(turn: u32, step: u32, text: &str) -> [Fact; 3] {
    let cost = Money::usd(2_400_000_000);
    let called = Fact::ModelCalled {
        body: None,
        turn,
        step,
        attempt: 1,
        model: model(),
        reserved: Some(cost),
        cause: Cause::Work,
    };
    let answer = Fact::ModelAnswered {
        vitals: None,
        price: None,
        turn,
        step,
        attempt: 1,
        model: model(),
        usage: Usage {
            input: 600,
            cache_read: 9_000,
            output: 40,
            ..Usage::default()
        },
        charge: Charge {
            money: Some(cost),
            basis: Basis::Listed,
        },
        counted: cost,
        raw: None,
        stop: Some(Stop::End),
        failure: None,
        millis: 900,
    };
    let item = Item::Answer {
        text: text.to_owned(),
        cut: false,
        opaque: None,
    };
    [
        called,
        Fact::ItemAdded {
            turn,
            step,
            item,
            imported: None,
        },
        answer,
    ]
}

fn called(turn: u32, step: u32) -> [Fact; 3] {
    called_with(turn, step, 20 * 48)
}

fn called_with(turn: u32, step: u32, output: usize) -> [Fact; 3] {
    let call = CallId::new(turn, step, 0);
    let asked = Item::Call(ToolCall {
        id: call.clone(),
        wire_id: Some(format!("call_{turn}_{step}")),
        name: "bash".to_owned(),
        arguments: format!("{{\"command\":\"head -20 src/mod_{turn:02}.py\"}}"),
        opaque: None,
    });
    let line = "def f(x):\n    # TODO tune\n    return x * 3 + 1\n\n";
    let outcome = Outcome {
        exit: Some(0),
        millis: 12,
        ..Outcome::done(line.repeat(output.div_ceil(line.len())))
    };
    let result = Item::Result {
        call: call.clone(),
        outcome,
    };
    let added = |item| Fact::ItemAdded {
        turn,
        step,
        item,
        imported: None,
    };
    [
        added(asked),
        Fact::CallStarted {
            call,
            birth: None,
            by: None,
            change: None,
        },
        added(result),
    ]
}

pub fn ended(turn: u32) -> Fact {
    Fact::TurnEnded {
        turn,
        ending: Ending::Finished,
    }
}

fn model() -> ModelRef {
    "bench/m".parse().unwrap()
}

pub fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Time(i64::try_from(since.as_millis()).unwrap())
}

/// A session's whole past, with the card and the fold that the engine would have left.
pub fn batch(at: i64, facts: Vec<Fact>) -> Batch {
    let (seconds, rest) = (at / 1_000, at % 1_000);
    let stamp = Timestamp::from_unix(NoContext, seconds as u64, rest as u32 * 1_000_000);
    let moment = jiff::Timestamp::from_millisecond(at).unwrap();
    Batch {
        session: SessionId(Uuid::new_v7(stamp)),
        at: Time(at),
        day: moment.strftime("%Y-%m-%d").to_string(),
        facts,
        reserved: None,
        blobs: Vec::new(),
        derive: Box::new(|events| {
            let session = Session::fold(None, events)?;
            let body = serde_json::to_string(&session).ok()?;
            Some(Derived {
                card: session.card(),
                state: Some(FoldedState {
                    version: FOLD_VERSION,
                    body,
                }),
            })
        }),
        clears_draft: false,
        outcomes_after: None,
        import: None,
    }
}

/// Writes the batches and closes the log in order. The writer joins those that wait into few commits.
pub fn keep(home: &Home, batches: impl IntoIterator<Item = Batch>) {
    let path = home.db();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let log = open(&path);
        let mut waiting: JoinSet<Result<Appended, StoreError>> = JoinSet::new();
        for batch in batches {
            // As many as the log lets wait.
            if waiting.len() >= 256
                && let Some(appended) = waiting.join_next().await
            {
                appended.unwrap().unwrap();
            }
            let log = log.clone();
            waiting.spawn(async move { log.append(batch).await });
        }
        while let Some(appended) = waiting.join_next().await {
            appended.unwrap().unwrap();
        }
    });
}

/// The same for batches of one session, each of which goes on where the one before ended.
fn keep_in_order(home: &Home, batches: impl IntoIterator<Item = Batch>) {
    let path = home.db();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let log = open(&path);
        for batch in batches {
            log.append(batch).await.unwrap();
        }
    });
}

fn open(path: &Path) -> Log {
    let opened = Log::open(path).unwrap();
    assert!(opened.notices.is_empty() && !opened.read_only, "{opened:?}");
    opened.log
}
