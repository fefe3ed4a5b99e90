//! The log as the index of memory reads it: all sessions at once, by number.

use std::collections::{BTreeMap, HashSet};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use crate::protocol::event::Event;
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::time::Time;
use crate::store::fault::StoreError;
use crate::store::read::{EVENT, Reader, event, number, session_id, text};
use crate::store::{packed, schema};

/// How far the log has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct End {
    /// The number of the last fact that was ever kept.
    pub seq: Seq,
    /// Sessions that were purged.
    pub purged: u64,
}

/// What a session is called where its items are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    pub id: SessionId,
    pub title: String,
    pub project: String,
    pub source: String,
    pub active: Time,
}

/// Kinds of facts that hold what is found.
const FOUND: &str = "event.kind IN ('item_added', 'session_changed')";

impl Reader {
    pub fn end(&self) -> Result<End, StoreError> {
        self.ask(End::default(), |conn| {
            let seq = schema::last_number(conn)?.unsigned_abs();
            let sql = "SELECT count(*) FROM session WHERE purged";
            let purged: i64 = conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
            Ok(End {
                seq: Seq(seq),
                purged: purged.unsigned_abs(),
            })
        })
    }

    /// The last fact up to a number, by which this log is known again: its number, the number of its session, and when it was kept.
    pub fn last_until(&self, seq: Seq) -> Result<Option<(Seq, u64, Time)>, StoreError> {
        self.ask(None, |conn| {
            let sql =
                "SELECT seq, session, at FROM event WHERE seq <= ?1 ORDER BY seq DESC LIMIT 1";
            let mut statement = conn.prepare_cached(sql)?;
            let mut rows = statement.query([number(seq)])?;
            let Some(row) = rows.next()? else {
                return Ok(None);
            };
            let unsigned = |at| row.get::<_, i64>(at).map(i64::unsigned_abs);
            Ok(Some((Seq(unsigned(0)?), unsigned(1)?, Time(row.get(2)?))))
        })
    }

    /// Whether that fact is still the one with this number, or went with its session when that was purged.
    pub fn knows(&self, (seq, session, at): (Seq, u64, Time)) -> Result<bool, StoreError> {
        self.ask(false, |conn| {
            let sql = "SELECT session, at FROM event WHERE seq = ?1";
            let mut statement = conn.prepare_cached(sql)?;
            let mut rows = statement.query([number(seq)])?;
            if let Some(row) = rows.next()? {
                let same = row.get::<_, i64>(0)?.unsigned_abs() == session;
                return Ok(same && Time(row.get(1)?) == at);
            }
            let sql = "SELECT purged FROM session WHERE key = ?1";
            let mut statement = conn.prepare_cached(sql)?;
            let mut rows = statement.query([session as i64])?;
            let purged = rows.next()?.map(|row| row.get::<_, bool>(0)).transpose()?;
            Ok(purged.unwrap_or_default())
        })
    }

    /// The facts after a number that may hold what is found, each with the number of its session, and the number up to which
    /// that is all. No more than `limit` facts, and none after so many bytes of them.
    pub fn found_after(
        &self,
        after: Seq,
        (limit, bytes): (u32, u64),
    ) -> Result<(Vec<(u64, Event)>, Seq), StoreError> {
        self.ask((Vec::new(), after), |conn| {
            let end = Seq(schema::last_number(conn)?.unsigned_abs());
            let sql = format!(
                "SELECT {EVENT}, session.id, event.session FROM event
                 LEFT JOIN blob ON blob.hash = event.blob JOIN session ON session.key = event.session
                 WHERE event.seq > ?1 AND event.seq <= ?2 AND {FOUND} ORDER BY event.seq LIMIT ?3"
            );
            let mut statement = conn.prepare_cached(&sql)?;
            let mut rows = statement.query([number(after), number(end), i64::from(limit)])?;
            let mut found = Vec::new();
            let (mut count, mut held, mut last) = (0_u32, 0, after);
            while let Some(row) = rows.next()? {
                count += 1;
                held += size(row)?;
                last = Seq(row.get::<_, i64>(0)?.unsigned_abs());
                found.extend(keyed(row)?);
                if held >= bytes {
                    return Ok((found, last));
                }
            }
            Ok((found, if count < limit { end } else { last }))
        })
    }

    /// The newest of those facts, in rising order, and whether these are all. No more than `limit`, and none before so many bytes
    /// of them.
    pub fn found_newest(
        &self,
        after: Seq,
        (limit, bytes): (u32, u64),
    ) -> Result<(Vec<(u64, Event)>, bool), StoreError> {
        self.ask((Vec::new(), true), |conn| {
            let sql = format!(
                "SELECT {EVENT}, session.id, event.session FROM event
                 LEFT JOIN blob ON blob.hash = event.blob JOIN session ON session.key = event.session
                 WHERE event.seq > ?1 AND {FOUND} ORDER BY event.seq DESC LIMIT ?2"
            );
            let mut statement = conn.prepare_cached(&sql)?;
            let mut rows = statement.query([number(after), i64::from(limit)])?;
            let (mut found, mut count, mut held) = (Vec::new(), 0, 0);
            while held < bytes
                && let Some(row) = rows.next()?
            {
                count += 1;
                held += size(row)?;
                found.extend(keyed(row)?);
            }
            found.reverse();
            Ok((found, count < limit && held < bytes))
        })
    }

    /// The newest of those facts between two numbers that were kept by this home itself, in rising order: what is imported
    /// meanwhile comes by the thousand. `continued`: imported sessions that were gone on with here. Limits as above.
    pub fn found_here(
        &self,
        (after, before): (Seq, Seq),
        continued: &HashSet<SessionId>,
        (limit, bytes): (u32, u64),
    ) -> Result<Vec<(u64, Event)>, StoreError> {
        self.ask(Vec::new(), |conn| {
            let sql = format!(
                "SELECT {EVENT}, session.id, event.session FROM event
                 LEFT JOIN blob ON blob.hash = event.blob JOIN session ON session.key = event.session
                 WHERE event.seq > ?1 AND event.seq < ?2 AND {FOUND} AND event.session NOT IN ({}) ORDER BY event.seq DESC LIMIT ?3",
                others(continued)
            );
            let mut statement = conn.prepare_cached(&sql)?;
            let mut rows = statement.query([number(after), number(before), i64::from(limit)])?;
            let (mut found, mut held) = (Vec::new(), 0);
            while held < bytes
                && let Some(row) = rows.next()?
            {
                held += size(row)?;
                found.extend(keyed(row)?);
            }
            found.reverse();
            Ok(found)
        })
    }

    /// The numbers of sessions that other programs, or other homes, had, but for those that were gone on with here.
    pub fn sessions_of_others(
        &self,
        continued: &HashSet<SessionId>,
    ) -> Result<HashSet<u64>, StoreError> {
        self.ask(HashSet::new(), |conn| {
            conn.prepare_cached(&others(continued))?
                .query_map([], |row| row.get::<_, i64>(0).map(i64::unsigned_abs))?
                .collect()
        })
    }

    /// Facts by their numbers; those that are no more are left out.
    pub fn facts(&self, wanted: &[Seq]) -> Result<Vec<(u64, Event)>, StoreError> {
        self.ask(Vec::new(), |conn| {
            let sql = format!(
                "SELECT {EVENT}, session.id, event.session FROM event
                 LEFT JOIN blob ON blob.hash = event.blob JOIN session ON session.key = event.session WHERE event.seq = ?"
            );
            let mut statement = conn.prepare_cached(&sql)?;
            let mut found = Vec::with_capacity(wanted.len());
            for seq in wanted {
                let mut rows = statement.query([number(*seq)])?;
                if let Some(row) = rows.next()? {
                    found.extend(keyed(row)?);
                }
            }
            Ok(found)
        })
    }

    /// What sessions are called, by their numbers.
    pub fn headings(&self, sessions: &[u64]) -> Result<BTreeMap<u64, Heading>, StoreError> {
        self.ask(BTreeMap::new(), |conn| {
            let sql = "SELECT id, title, project, source, active FROM card WHERE session = ?";
            let mut statement = conn.prepare_cached(sql)?;
            let mut found = BTreeMap::new();
            for session in sessions {
                let mut rows = statement.query([*session as i64])?;
                if let Some(row) = rows.next()? {
                    found.insert(*session, heading(row)?);
                }
            }
            Ok(found)
        })
    }

    /// What the sessions after a number are called, each with its own, in rising order.
    pub fn headings_after(&self, after: u64) -> Result<Vec<(u64, Heading)>, StoreError> {
        self.ask(Vec::new(), |conn| {
            let sql = "SELECT id, title, project, source, active, session FROM card
                       WHERE session > ?1 ORDER BY session";
            let mut statement = conn.prepare_cached(sql)?;
            let mut rows = statement.query([after as i64])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push((row.get::<_, i64>(5)?.unsigned_abs(), heading(row)?));
            }
            Ok(found)
        })
    }

    /// Whether a session of another program was gone on with after this fact, in another folder than it had.
    pub fn has_taken_up(&self, after: Seq) -> Result<bool, StoreError> {
        self.ask(false, |conn| {
            // Within a text the marks would be written in another way.
            let sql = "SELECT EXISTS (SELECT 1 FROM event LEFT JOIN blob ON blob.hash = event.blob
                 WHERE event.seq > ? AND event.kind = 'session_changed' AND instr(ifnull(event.body, blob.bytes), '\"taken_up\"') > 0)";
            conn.prepare_cached(sql)?
                .query_row([number(after)], |row| row.get(0))
        })
    }

    /// The numbers of sessions that were purged.
    pub fn purged_sessions(&self) -> Result<Vec<u64>, StoreError> {
        self.ask(Vec::new(), |conn: &Connection| {
            conn.prepare_cached("SELECT key FROM session WHERE purged ORDER BY key")?
                .query_map([], |row| row.get::<_, i64>(0).map(i64::unsigned_abs))?
                .collect()
        })
    }
}

/// Asks for the sessions that other programs, or other homes, had, but for some.
fn others(continued: &HashSet<SessionId>) -> String {
    let ids = continued.iter().map(|id| format!("x'{}'", id.0.simple()));
    let ids: Vec<String> = ids.collect();
    format!(
        "SELECT session FROM import WHERE session NOT IN (SELECT key FROM session WHERE id IN ({}))",
        ids.join(", ")
    )
}

/// Bytes of a fact, wherever it is kept and however.
fn size(row: &Row<'_>) -> rusqlite::Result<u64> {
    let mut bytes = 0;
    for column in [4, 5] {
        bytes += match row.get_ref(column)? {
            ValueRef::Text(body) | ValueRef::Blob(body) => packed::length(body, body.len() as u64),
            _ => 0,
        };
    }
    Ok(bytes)
}

fn keyed(row: &Row<'_>) -> rusqlite::Result<Option<(u64, Event)>> {
    let key = row.get::<_, i64>(7)?.unsigned_abs();
    Ok(event(row, session_id(row, 6)?)?.map(|event| (key, event)))
}

fn heading(row: &Row<'_>) -> rusqlite::Result<Heading> {
    Ok(Heading {
        id: session_id(row, 0)?,
        title: text(row, 1)?,
        project: text(row, 2)?,
        source: text(row, 3)?,
        active: Time(row.get(4)?),
    })
}
