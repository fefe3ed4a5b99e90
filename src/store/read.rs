//! Reading the log: one page or one answer at a time, over a connection of its own. Every method blocks for as long as the
//! disk does, so it belongs on a thread that may wait.

use std::borrow::Cow;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;

use crate::protocol::event::Event;
use crate::protocol::id::{ModelRef, Seq, SessionId};
use crate::protocol::query::{NotFound, Page, Stashed};
use crate::protocol::session::{Card, State};
use crate::protocol::time::Time;
use crate::store::append::{STASH, WINDOW, find_session};
use crate::store::fault::{OpenError, StoreError, beside, sort};
use crate::store::open::WAIT;
use crate::store::upcast::{Unread, decode};
use crate::store::{Counts, FoldedState, blob, packed, schema, seal};

/// Opened when first asked, and then kept open; a database that is not there reads as an empty one. It writes nothing and
/// may be made before and beside any [`crate::store::log::Log`]. Shared by reference it answers one question at a time.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    open: Mutex<Option<Open>>,
}

#[derive(Debug)]
struct Open {
    conn: Connection,
    /// Which file it is: a rescue puts another in its place.
    file: (u64, u64),
}

/// An id given in part needs at least this much, or it would mean another session tomorrow.
const PART: usize = 4;

pub(crate) const CARD: &str = "id, title, state, model, cwd, project, created, active, turns, cost, unpriced, parent, gist, included, list, pinned, temporary, unseen, steps, estimated, list_estimated, source";
pub(crate) const EVENT: &str =
    "event.seq, event.at, event.kind, event.version, event.body, blob.bytes";

impl Reader {
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            open: Mutex::new(None),
        }
    }

    /// Newest first; with `archived` also those put away.
    pub fn sessions(&self, limit: Option<u32>, archived: bool) -> Result<Vec<Card>, StoreError> {
        let sql = if archived {
            format!("SELECT {CARD} FROM card ORDER BY active DESC LIMIT ?")
        } else {
            format!(
                "SELECT {CARD} FROM card WHERE state <> 'archived' ORDER BY active DESC LIMIT ?"
            )
        };
        self.ask(Vec::new(), |conn| {
            cards(conn, &sql, [limit.map_or(-1, i64::from)])
        })
    }

    pub fn card(&self, id: SessionId) -> Result<Option<Card>, StoreError> {
        let sql = format!(
            "SELECT {CARD} FROM card WHERE session = (SELECT key FROM session WHERE id = ?)"
        );
        self.ask(None, |conn| Ok(cards(conn, &sql, [id.0.as_bytes()])?.pop()))
    }

    /// The one session whose id holds this part, with or without the dashes.
    pub fn find(&self, part: &str) -> Result<Result<Card, NotFound>, StoreError> {
        let part: String = part
            .trim()
            .chars()
            .filter(|&c| c != '-')
            .map(|c| c.to_ascii_lowercase())
            .collect();
        if part.chars().count() < PART {
            return Ok(Err(NotFound::TooShort));
        }
        let sql = format!(
            "SELECT {CARD} FROM card WHERE instr(lower(hex(id)), ?) > 0 ORDER BY active DESC"
        );
        self.ask(Err(NotFound::None), |conn| {
            let mut found = cards(conn, &sql, [&part])?;
            Ok(match found.len() {
                0 => Err(NotFound::None),
                1 => found.pop().ok_or(NotFound::None),
                _ => Err(NotFound::Many(found)),
            })
        })
    }

    /// A page of a session's events, always in rising order: the first `limit` after a number, or the last before one.
    /// What a newer Creel wrote and this one cannot read is passed over, so a page may be shorter than it could be.
    pub fn history(
        &self,
        session: SessionId,
        page: Page,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        let after = |bound: &str, order: &str| {
            format!(
                "SELECT {EVENT} FROM event LEFT JOIN blob ON blob.hash = event.blob
                 WHERE event.session = ?1 AND event.seq {bound} ?2 ORDER BY event.seq {order} LIMIT ?3"
            )
        };
        self.ask(Vec::new(), |conn| {
            let Some(key) = find_session(conn, session)? else {
                return Ok(Vec::new());
            };
            match page {
                Page::After(seq) => {
                    let bound = [key, number(seq), i64::from(limit)];
                    events(conn, session, &after(">", "ASC"), bound)
                }
                Page::Before(seq) => {
                    let bound = [key, seq.map_or(i64::MAX, number), i64::from(limit)];
                    let mut page = events(conn, session, &after("<", "DESC"), bound)?;
                    page.reverse();
                    Ok(page)
                }
            }
        })
    }

    /// How many calls of models a session has, those beside its turns left out.
    pub fn count_calls(&self, session: SessionId) -> Result<u64, StoreError> {
        self.ask(0, |conn| {
            let sql = "SELECT count(*) FROM ledger WHERE session = (SELECT key FROM session WHERE id = ?) AND step > 0";
            conn.prepare_cached(sql)?
                .query_row([session.0.as_bytes()], |row| row.get::<_, i64>(0))
                .map(i64::unsigned_abs)
        })
    }

    /// All events of a session after a number, `Seq(0)` for the whole of it.
    pub fn events_after(&self, session: SessionId, seq: Seq) -> Result<Vec<Event>, StoreError> {
        self.history(session, Page::After(seq), u32::MAX)
    }

    /// The fold as stored last, and the number of the event it includes last.
    pub fn state(&self, session: SessionId) -> Result<Option<(Seq, FoldedState)>, StoreError> {
        self.ask(None, |conn| {
            conn.prepare_cached(
                "SELECT seq, version, body FROM session_state WHERE session = (SELECT key FROM session WHERE id = ?)",
            )?
            .query_row([session.0.as_bytes()], |row| {
                Ok((
                    Seq(row.get::<_, i64>(0)?.unsigned_abs()),
                    FoldedState {
                        version: row.get(1)?,
                        body: text(row, 2)?,
                    },
                ))
            })
            .optional()
        })
    }

    pub fn blob(&self, hash: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.ask(None, |conn| blob::read(conn, hash))
    }

    pub fn draft(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.ask(None, |conn| {
            conn.prepare_cached("SELECT body FROM draft WHERE name = ?")?
                .query_row([name], |row| text(row, 0))
                .optional()
        })
    }

    /// What is kept of windows that servers told, by model.
    pub fn windows(&self) -> Result<Vec<(ModelRef, String)>, StoreError> {
        self.ask(Vec::new(), |conn| {
            let sql = "SELECT substr(name, ?), body FROM draft WHERE name LIKE ? ORDER BY name";
            let rows = conn
                .prepare_cached(sql)?
                .query_map((WINDOW.len() as i64 + 1, format!("{WINDOW}%")), |row| {
                    Ok((text(row, 0)?.parse().ok(), text(row, 1)?))
                })?
                .collect::<Result<Vec<_>, _>>()?;
            // A name that nothing here gave is passed over.
            let named = |(model, body): (Option<ModelRef>, String)| Some((model?, body));
            Ok(rows.into_iter().filter_map(named).collect())
        })
    }

    /// Texts that were put by, newest first.
    pub fn stashed(&self) -> Result<Vec<Stashed>, StoreError> {
        self.ask(Vec::new(), |conn| {
            let sql = "SELECT substr(name, ?), at, body FROM draft WHERE name LIKE ? ORDER BY at DESC, name DESC";
            let rows = conn
                .prepare_cached(sql)?
                .query_map((STASH.len() as i64 + 1, format!("{STASH}%")), |row| {
                    let id = text(row, 0)?.parse().map(SessionId);
                    let (at, text) = (Time(row.get(1)?), text(row, 2)?);
                    // A name that nothing here gave is passed over.
                    Ok(id.ok().map(|id| Stashed { id, at, text }))
                })?
                .collect::<Result<Vec<_>, _>>()?;
            Ok(rows.into_iter().flatten().collect())
        })
    }

    /// Sessions whose card says that a turn is open: running in some process, or left so by a crash.
    pub fn unfinished(&self) -> Result<Vec<SessionId>, StoreError> {
        self.ask(Vec::new(), |conn| {
            conn.prepare_cached(
                "SELECT id FROM card WHERE state IN ('working', 'waiting', 'paused') ORDER BY active DESC",
            )?
            .query_map([], |row| session_id(row, 0))?
            .collect()
        })
    }

    /// Of the file and its log of writes.
    pub(crate) fn bytes(&self) -> u64 {
        let files = [self.path.clone(), beside(&self.path, "-wal")];
        let sizes = files.iter().filter_map(|path| fs::metadata(path).ok());
        sizes.map(|about| about.len()).sum()
    }

    /// Counts by looking at every row: some tens of milliseconds for a million events.
    pub fn count(&self) -> Result<Counts, StoreError> {
        let bytes = self.bytes();
        self.ask(Counts::default(), |conn| {
            let one = |sql: &str| {
                conn.query_row(sql, [], |row| row.get::<_, i64>(0))
                    .map(i64::unsigned_abs)
            };
            Ok(Counts {
                sessions: one("SELECT count(*) FROM card")?,
                events: one("SELECT count(*) FROM event")?,
                blobs: one("SELECT count(*) FROM blob")?,
                bytes,
            })
        })
    }

    /// Looks at every page; the error says what is wrong first. About a second for a gigabyte. Damage found is remembered:
    /// the next opening by a lone process saves what can be read.
    pub fn integrity(&self) -> Result<(), String> {
        let said = self
            .ask("ok".to_owned(), |conn| {
                conn.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))
            })
            .map_err(|error| error.to_string())?;
        if said == "ok" {
            return Ok(());
        }
        self.remember_damage();
        Err(said)
    }

    /// Asks the open connection, or says `nothing` when there is no database.
    pub(crate) fn ask<T>(
        &self,
        nothing: T,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(metadata) = fs::metadata(&self.path) else {
            *open = None;
            return Ok(nothing);
        };
        let file = (metadata.dev(), metadata.ino());
        if open.as_ref().is_none_or(|open| open.file != file) {
            *open = None;
            let conn = schema::open_reader(&self.path, WAIT).map_err(|error| self.fault(&error))?;
            *open = Some(Open { conn, file });
        }
        match open.as_ref() {
            Some(open) => question(&open.conn).map_err(|error| self.fault(&error)),
            None => Ok(nothing),
        }
    }

    /// Fails as an opening does when the folder is no folder or may not be read, which alone would look like no database.
    pub fn check(&self) -> Result<(), OpenError> {
        match fs::metadata(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(OpenError::from_io(&self.path, &error))
            }
            _ => Ok(()),
        }
    }

    fn fault(&self, error: &rusqlite::Error) -> StoreError {
        let fault = sort(&self.path, error);
        if matches!(fault, StoreError::Damaged { .. }) {
            self.remember_damage();
        }
        fault
    }

    fn remember_damage(&self) {
        if let Err(error) = seal::suspect(&self.path) {
            tracing::debug!("{}: not marked as damaged: {error}", self.path.display());
        }
    }
}

pub(crate) fn number(seq: Seq) -> i64 {
    i64::try_from(seq.0).unwrap_or(i64::MAX)
}

/// The cards a query selects as [`CARD`]; one that cannot be read is left out, so that it cannot hide all others.
pub(crate) fn cards(
    conn: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
) -> rusqlite::Result<Vec<Card>> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        match card(row) {
            Ok(card) => found.push(card),
            Err(error) => tracing::warn!("a session's card cannot be read: {error}"),
        }
    }
    Ok(found)
}

pub(crate) fn card(row: &Row<'_>) -> rusqlite::Result<Card> {
    let wrong = |column: usize, what: &str| {
        rusqlite::Error::InvalidColumnType(column, what.to_owned(), rusqlite::types::Type::Text)
    };
    let model: ModelRef = text(row, 3)?.parse().map_err(|_| wrong(3, "model"))?;
    let state: State =
        serde_json::from_value(text(row, 2)?.into()).map_err(|_| wrong(2, "state"))?;
    Ok(Card {
        id: session_id(row, 0)?,
        title: text(row, 1)?,
        state,
        model,
        cwd: PathBuf::from(text(row, 4)?),
        project: PathBuf::from(text(row, 5)?),
        created: Time(row.get(6)?),
        active: Time(row.get(7)?),
        turns: row.get(8)?,
        cost: serde_json::from_str(&text(row, 9)?).unwrap_or_default(),
        unpriced: row.get(10)?,
        parent: row
            .get::<_, Option<[u8; 16]>>(11)?
            .map(|bytes| SessionId(Uuid::from_bytes(bytes))),
        gist: text(row, 12)?,
        included: row.get(13)?,
        list: serde_json::from_str(&text(row, 14)?).unwrap_or_default(),
        pinned: row.get(15)?,
        temporary: row.get(16)?,
        unseen: row.get(17)?,
        steps: row.get(18)?,
        estimated: row.get(19)?,
        list_estimated: row.get(20)?,
        source: text(row, 21)?,
    })
}

/// The events a query selects as [`EVENT`] with the id of their session.
pub(crate) fn all(
    conn: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
) -> rusqlite::Result<Vec<Event>> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.extend(event(row, session_id(row, 6)?)?);
    }
    Ok(found)
}

/// The events a query selects as [`EVENT`].
pub(crate) fn events(
    conn: &Connection,
    session: SessionId,
    sql: &str,
    params: impl rusqlite::Params,
) -> rusqlite::Result<Vec<Event>> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.extend(event(row, session)?);
    }
    Ok(found)
}

/// One event; `None` where it cannot be read.
pub(crate) fn event(row: &Row<'_>, session: SessionId) -> rusqlite::Result<Option<Event>> {
    let seq: i64 = row.get(0)?;
    let kind = text(row, 2)?;
    let version = u32::try_from(row.get::<_, i64>(3)?).unwrap_or(u32::MAX);
    let body = body(row, (4, 5))?;
    match decode(&kind, version, &body) {
        Ok(fact) => {
            return Ok(Some(Event {
                seq: Seq(seq.unsigned_abs()),
                session,
                at: Time(row.get(1)?),
                fact,
            }));
        }
        Err(Unread::Newer) => {
            tracing::debug!("event {seq} ({kind}, version {version}) is of a newer Creel");
        }
        Err(Unread::Broken(why)) => tracing::warn!("event {seq} cannot be read: {why}"),
    }
    Ok(None)
}

/// What a fact says: that of its row, else that beside it.
pub(crate) fn body<'row>(
    row: &'row Row<'_>,
    (inline, beside): (usize, usize),
) -> rusqlite::Result<Cow<'row, str>> {
    use rusqlite::types::ValueRef::{Blob, Text};
    for column in [inline, beside] {
        if let Text(bytes) | Blob(bytes) = row.get_ref(column)? {
            return Ok(packed::text(bytes));
        }
    }
    Ok(Cow::Borrowed(""))
}

/// A text, with replacement characters where it is no UTF-8; empty where there is none.
pub(crate) fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    borrowed(row, column).map(Cow::into_owned)
}

/// The same, for as long as the row is looked at.
pub(crate) fn borrowed<'row>(
    row: &'row Row<'_>,
    column: usize,
) -> rusqlite::Result<Cow<'row, str>> {
    use rusqlite::types::ValueRef::{Blob, Text};
    Ok(match row.get_ref(column)? {
        Text(bytes) | Blob(bytes) => String::from_utf8_lossy(bytes),
        _ => Cow::Borrowed(""),
    })
}

pub(crate) fn session_id(row: &Row<'_>, column: usize) -> rusqlite::Result<SessionId> {
    row.get::<_, [u8; 16]>(column)
        .map(|bytes| SessionId(Uuid::from_bytes(bytes)))
}
