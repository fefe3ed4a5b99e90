//! Calls that had begun when their Creel ended, and are no commands that live on. What changes nothing is done again by whoever
//! goes on with the session, once; of a change of a file the file tells how far it came.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};

use crate::agent::known::{self, Came, Known};
use crate::agent::session::Session;
use crate::agent::turn::input::Decision;
use crate::engine::house::House;
use crate::engine::session::{Task, joined};
use crate::protocol::event::Fact;
use crate::protocol::id::CallId;
use crate::tool::shared::change;

/// What a file does not tell by then is not known: it may lie far away, or on a disk that hangs.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is known of the calls of a session that had begun; `ended` are those whose process was still there.
pub(crate) async fn known(house: &House, session: &Session, ended: BTreeSet<CallId>) -> Known {
    let rewrites: Vec<_> = session
        .open_calls
        .iter()
        .filter_map(|(call, open)| Some((call.clone(), open.change.clone()?)))
        .collect();
    let changes = if rewrites.is_empty() {
        BTreeMap::new()
    } else {
        let looked = tokio::task::spawn_blocking(move || {
            let came = rewrites.iter();
            came.map(|(call, rewrite)| (call.clone(), change::came(rewrite)))
                .collect::<BTreeMap<CallId, Came>>()
        });
        let looked = timeout(PATIENCE, looked).await;
        looked.ok().and_then(Result::ok).unwrap_or_default()
    };
    let looks = session.open_calls.iter().filter(|(_, open)| {
        let tool = house.tools.get(&open.name);
        open.started && tool.is_some_and(|tool| tool.only_reads())
    });
    Known {
        ended,
        changes,
        looks: looks.map(|(call, _)| call.clone()).collect(),
    }
}

/// Those that may be done again: that they were before is in the log, so that one of which Creel dies is not done a third time.
pub(crate) fn to_do_again(session: &Session, known: &Known) -> BTreeSet<CallId> {
    let was = |call: &&CallId| session.open_calls.get(*call).is_none_or(|open| open.again);
    known
        .looks
        .iter()
        .filter(|call| !was(call))
        .cloned()
        .collect()
}

/// Whether all that had begun in a session changes nothing and is done again by whoever takes it up: until then it stays open.
pub(crate) fn waits(house: &House, session: &Session) -> bool {
    let begun = || session.open_calls.values().filter(|open| open.started);
    let is_look = |name: &str| house.tools.get(name).is_some_and(|tool| tool.only_reads());
    let all_look = || begun().all(|open| !open.again && is_look(&open.name));
    session.running && !session.spec.is_foreign() && begun().next().is_some() && all_look()
}

impl Task {
    /// Does calls again that change nothing, where that is allowed as it stands; nobody is asked about it. Waits for their ends,
    /// but not for long: then they go on as commands do that were taken over.
    pub(crate) async fn do_again(&mut self, calls: BTreeSet<CallId>) {
        if calls.is_empty() {
            return;
        }
        let unread = self.read_past().await.err();
        self.adopt_calls(calls.iter().cloned());
        for id in &calls {
            let call = self.begun_call(id);
            let may = if let Some(call) = &call {
                matches!(self.judge(call).await, Decision::Allow(_))
            } else {
                let why = unread.as_deref().unwrap_or("its call is not in the log");
                tracing::warn!("session {}: {id}: {why}", self.session.id);
                false
            };
            let begun = Fact::CallStarted {
                call: id.clone(),
                birth: None,
                by: None,
                change: None,
            };
            match call {
                Some(call) if may && self.commit(vec![begun]).await.is_ok() => {
                    self.start_tool(&call);
                }
                _ => {
                    self.deeds.remove(id);
                    self.adopted_ended(id, &known::not_seen()).await;
                }
            }
        }
        let deadline = Instant::now() + PATIENCE;
        while calls.iter().any(|call| self.is_adopted(call)) {
            match timeout_at(deadline, joined(&mut self.tools)).await {
                Ok(finished) => self.tool_ended(finished).await,
                Err(_) => break,
            }
        }
    }
}
