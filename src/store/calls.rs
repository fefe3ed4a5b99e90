//! Calls of models as the log tells them: how they ended, for the health of endpoints, and the newest, for how models answer.

use rusqlite::{Connection, Row};
use uuid::Uuid;

use crate::protocol::event::Event;
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::route::Outcome;
use crate::protocol::time::Time;
use crate::store::append::find_session;
use crate::store::fault::StoreError;
use crate::store::read::{EVENT, Reader, all, body, borrowed, event, events, number};
use crate::store::upcast::is_current;

/// Events that are looked at for how providers do: some hours of work, and less than a millisecond to pass over.
const NEWEST: u32 = 4000;

/// Model calls and their ends that are looked at for how models answer: for most homes some days of work, and read in some
/// ten milliseconds.
const NEWEST_CALLS: u32 = 4_000;

/// Events that are passed over for them at most. An index of the calls would cost every commit a page or two.
const PASSED: u32 = 40_000;

impl Reader {
    /// How model calls ended after a number, of all sessions and in rising order. Only the newest of the log are looked at.
    pub fn outcomes(&self, after: Seq) -> Result<Vec<Outcome>, StoreError> {
        self.ask(Vec::new(), |conn| outcomes(conn, after))
    }

    /// The newest calls of models and their ends, of all sessions and in rising order.
    pub fn calls(&self) -> Result<Vec<Event>, StoreError> {
        let sql = format!(
            "SELECT {EVENT}, session.id FROM event JOIN session ON session.key = event.session
             LEFT JOIN blob ON blob.hash = event.blob
             WHERE event.seq > (SELECT max(seq) FROM event) - {PASSED} AND event.kind IN ('model_called', 'model_answered')
             ORDER BY event.seq DESC LIMIT {NEWEST_CALLS}"
        );
        self.ask(Vec::new(), |conn| {
            let mut calls = all(conn, &sql, [])?;
            calls.reverse();
            Ok(calls)
        })
    }

    /// The newest calls of models of one session and their ends, in rising order.
    pub fn calls_of(&self, session: SessionId, limit: u32) -> Result<Vec<Event>, StoreError> {
        let sql = format!(
            "SELECT {EVENT} FROM event LEFT JOIN blob ON blob.hash = event.blob
             WHERE event.kind IN ('model_called', 'model_answered') AND event.session = ?1
             ORDER BY event.seq DESC LIMIT ?2"
        );
        self.ask(Vec::new(), |conn| {
            let Some(key) = find_session(conn, session)? else {
                return Ok(Vec::new());
            };
            let mut calls = events(conn, session, &sql, [key, i64::from(limit)])?;
            calls.reverse();
            Ok(calls)
        })
    }
}

/// How model calls ended after a number, as [`Reader::outcomes`] tells it.
pub(crate) fn outcomes(conn: &Connection, after: Seq) -> rusqlite::Result<Vec<Outcome>> {
    let sql = format!(
        "SELECT {EVENT} FROM event LEFT JOIN blob ON blob.hash = event.blob
         WHERE event.seq > max(?1, (SELECT max(seq) FROM event) - {NEWEST}) AND event.kind = 'model_answered'
         ORDER BY event.seq"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([number(after)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.extend(outcome(row)?);
    }
    Ok(found)
}

/// How a call ended, by a row as [`EVENT`]. A home has hundreds, and each new process reads them before its first request:
/// of a fact of today's form only what is needed is read.
fn outcome(row: &Row<'_>) -> rusqlite::Result<Option<Outcome>> {
    if is_current(&borrowed(row, 2)?, row.get(3)?) {
        let body = body(row, (4, 5))?;
        if let Ok(outcome) = serde_json::from_str::<Outcome>(&body) {
            return Ok(Some(Outcome {
                seq: Seq(row.get::<_, i64>(0)?.unsigned_abs()),
                at: Time(row.get(1)?),
                ..outcome
            }));
        }
    }
    let nobody = SessionId(Uuid::nil());
    Ok(event(row, nobody)?.and_then(Outcome::of))
}
