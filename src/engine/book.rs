//! The session of a check: made for it and put away at once, so that what was paid can be looked up.

use std::sync::Arc;

use crate::agent::session::Session;
use crate::engine::effect::derive;
use crate::engine::house::House;
use crate::engine::owner::Held;
use crate::engine::redaction::redacted;
use crate::protocol::event::{Event, Fact};
use crate::protocol::failure::{Failure, Stop};
use crate::protocol::id::{ModelRef, SessionId};
use crate::protocol::money::Money;
use crate::protocol::reply::Reply;
use crate::protocol::route::Vitals;
use crate::protocol::rule::Mode;
use crate::protocol::session::{Change, SessionSpec};
use crate::protocol::usage::{Cause, Charge, Price, Usage};
use crate::store::{Appended, Batch, Reservation};

/// How a call of a check ended.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    pub(crate) reply: Reply,
    pub(crate) failure: Option<Failure>,
    pub(crate) usage: Usage,
    pub(crate) charge: Charge,
    /// Dollars it counts against budgets.
    pub(crate) counted: Money,
    pub(crate) millis: u64,
    /// `None` where nobody waited for its end.
    pub(crate) vitals: Option<Vitals>,
    pub(crate) price: Option<Box<Price>>,
}

impl Answered {
    /// It was lost on a connection from before.
    pub(crate) fn is_stale(&self) -> bool {
        self.failure.as_ref().is_some_and(|failure| failure.stale)
    }

    fn fact(self, model: &ModelRef, attempt: u32) -> Fact {
        Fact::ModelAnswered {
            turn: 0,
            step: 0,
            attempt,
            model: model.clone(),
            usage: self.usage,
            charge: self.charge,
            counted: self.counted,
            raw: self.reply.usage_raw,
            stop: match self.failure {
                Some(_) => None,
                None => self.reply.stop.or(Some(Stop::End)),
            },
            failure: self.failure,
            millis: self.millis,
            vitals: self.vitals,
            price: self.price,
        }
    }
}

/// The session that holds one try.
pub(crate) struct Book<'h> {
    house: &'h Arc<House>,
    pub(crate) session: Session,
    attempt: u32,
    model: ModelRef,
    /// Keeps others from closing what is open in it.
    _held: Held,
}

impl<'h> Book<'h> {
    pub(crate) async fn open(house: &'h Arc<House>, model: &ModelRef) -> Result<Self, String> {
        let id: SessionId = house.clock.session_id();
        let held = house.hold(id).await?;
        let cwd = std::env::current_dir().unwrap_or_else(|_| house.paths.data.clone());
        let spec = SessionSpec {
            project: cwd.clone(),
            cwd,
            model: model.clone(),
            mode: Mode::Plan,
            system: String::new(),
            effort: None,
            parent: None,
            worktree: None,
            forked: None,
            source: None,
        };
        let title = format!("check of {model}");
        let facts = vec![
            Fact::SessionOpened { spec },
            Fact::SessionChanged {
                change: Change::Title { title },
            },
            Fact::SessionChanged {
                change: Change::Archived { archived: true },
            },
        ];
        let appended = append(house, (id, None), facts, None).await?;
        let session = Session::fold(None, &appended.events).ok_or("the log keeps no session")?;
        Ok(Self {
            house,
            session,
            attempt: 0,
            model: model.clone(),
            _held: held,
        })
    }

    /// Begins the next call and holds its worst case; the text says which budget it would pass.
    pub(crate) async fn reserve(&mut self, worst: Option<Money>) -> Result<Option<String>, String> {
        let limit =
            |limit: Option<Money>| limit.filter(|_| worst.is_some()).map(|limit| limit.parts);
        let budget = &self.house.budget;
        self.attempt += 1;
        let called = Fact::ModelCalled {
            turn: 0,
            step: 0,
            attempt: self.attempt,
            model: self.model.clone(),
            reserved: worst,
            cause: Cause::Check,
            body: None,
        };
        let reservation = Reservation {
            amount: worst.map_or(0, |worst| worst.parts),
            day_limit: limit(budget.day),
            session_limit: limit(budget.session),
            facts: vec![called],
        };
        let start = (self.session.id, Some(self.session.clone()));
        let appended = append(self.house, start, Vec::new(), Some(reservation)).await?;
        self.apply(&appended.events);
        Ok(appended.over.map(|over| {
            let which = if over.day { "day" } else { "session" };
            format!(
                "not asked, it could pass the {which}'s budget of {}: raise `budget.{which}` in config.toml",
                Money::usd(over.limit)
            )
        }))
    }

    /// Keeps how the call ended.
    pub(crate) async fn keep(&mut self, answered: Answered) -> Result<(), String> {
        let start = (self.session.id, Some(self.session.clone()));
        let fact = answered.fact(&self.model, self.attempt);
        let appended = append(self.house, start, vec![fact], None).await?;
        self.apply(&appended.events);
        Ok(())
    }

    fn apply(&mut self, events: &[Event]) {
        for event in events {
            self.session.apply(event);
        }
    }
}

async fn append(
    house: &Arc<House>,
    (session, before): (SessionId, Option<Session>),
    facts: Vec<Fact>,
    reserved: Option<Reservation>,
) -> Result<Appended, String> {
    let at = house.clock.now();
    let redactor = house.redactor();
    let facts = facts
        .into_iter()
        .map(|fact| redacted(fact, &redactor))
        .collect();
    let batch = Batch {
        session,
        at,
        day: house.clock.day(at),
        facts,
        reserved,
        blobs: Vec::new(),
        derive: derive(before),
        clears_draft: false,
        outcomes_after: None,
        import: None,
    };
    let kept = house.append(batch).await;
    kept.map_err(|error| error.to_string())
}
