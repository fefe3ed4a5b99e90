//! The log of another home of Creel, read without a trace: nothing in its folder is changed or made, and an older one is read as
//! it is. Only tables that every version has are asked, but for the rules.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::{Connection, OptionalExtension};
use tempfile::TempDir;

use crate::protocol::event::Event;
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::rule::KeptRule;
use crate::protocol::time::Time;
use crate::store::append::find_session;
use crate::store::copy::{label, sound};
use crate::store::fault::{StoreError, beside, sort};
use crate::store::imports::Counted;
use crate::store::place::has_bytes;
use crate::store::read::{EVENT, Reader, event, session_id};
use crate::store::{blob, rules, schema, upcast};

/// How often a copy is tried of what is written meanwhile.
const TRIES: usize = 5;

/// Another home's log.
#[derive(Debug)]
pub struct Kin {
    conn: Connection,
    path: PathBuf,
    /// Of a copy, which goes with it.
    _folder: Option<TempDir>,
}

/// A session as the other log has it.
#[derive(Debug, Default)]
pub struct Past {
    /// In order; what cannot be read is left out.
    pub events: Vec<Event>,
    /// Facts that cannot be read.
    pub unread: u64,
    /// The local day that the ledger counted a call of a model to.
    pub days: BTreeMap<Seq, String>,
}

/// A session of another program as it was imported there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub source: String,
    pub name: String,
    pub items: u64,
}

/// An older log has none.
fn has_imports(conn: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('import', 'import_spent')";
    conn.query_row(sql, [], |row| row.get::<_, i64>(0))
        .map(|count| count == 2)
}

impl Kin {
    /// Opens the log of another home. The error is what a person is told. Blocks.
    pub fn open(path: &Path) -> Result<Self, String> {
        let told = |error: &rusqlite::Error| sort(path, error).to_string();
        let own = |conn| Self {
            conn,
            path: path.to_owned(),
            _folder: None,
        };
        if !has_bytes(&beside(path, "-wal")) {
            let conn = schema::open_alone(path).map_err(|error| told(&error))?;
            label(&conn, path)?;
            return Ok(own(conn));
        }
        if let Some(conn) = schema::open_with_writes(path) {
            label(&conn, path)?;
            return Ok(own(conn));
        }
        // Somebody has it open, or was killed with it: SQLite would have to write there to put the two together.
        let folder = copied(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let copy = folder.path().join("copy");
        let conn = Connection::open(&copy).map_err(|error| told(&error))?;
        conn.execute_batch("PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;")
            .map_err(|error| told(&error))?;
        sound(&conn, path)?;
        Ok(Self {
            conn,
            path: path.to_owned(),
            _folder: Some(folder),
        })
    }

    /// Its sessions in the order they were opened; those that were purged there are none.
    pub fn sessions(&self) -> Result<Vec<SessionId>, StoreError> {
        self.ask(|conn| {
            conn.prepare("SELECT id FROM session WHERE NOT purged ORDER BY key")?
                .query_map([], |row| session_id(row, 0))?
                .collect()
        })
    }

    pub fn past(&self, session: SessionId) -> Result<Past, StoreError> {
        self.ask(|conn| past(conn, session))
    }

    /// The names of what is kept for a session beside its facts.
    pub fn blobs(&self, session: SessionId) -> Result<Vec<String>, StoreError> {
        self.ask(|conn| {
            // A fact too long for its row is kept so too, and is a fact.
            let sql = "SELECT hash FROM blob_use WHERE session = (SELECT key FROM session WHERE id = ?1)
                 AND hash NOT IN (SELECT blob FROM event WHERE blob IS NOT NULL AND session = (SELECT key FROM session WHERE id = ?1))";
            conn.prepare_cached(sql)?
                .query_map([session.0.as_bytes()], |row| row.get(0))?
                .collect()
        })
    }

    /// Which program's session this is there, where it was imported: it is the same one here, by whatever way it came.
    pub fn origin(&self, session: SessionId) -> Result<Option<Origin>, StoreError> {
        self.ask(|conn| {
            if !has_imports(conn)? {
                return Ok(None);
            }
            let sql = "SELECT source, name, items FROM import
                 WHERE source != 'creel' AND session = (SELECT key FROM session WHERE id = ?)";
            conn.prepare_cached(sql)?
                .query_row([session.0.as_bytes()], |row| {
                    Ok(Origin {
                        source: row.get(0)?,
                        name: row.get(1)?,
                        items: row.get::<_, i64>(2)?.unsigned_abs(),
                    })
                })
                .optional()
        })
    }

    /// What answers of a program took as far as that home counted it, by their keys.
    pub fn spent(&self, source: &str) -> Result<Vec<(String, Counted)>, StoreError> {
        self.ask(|conn| {
            if !has_imports(conn)? {
                return Ok(Vec::new());
            }
            let sql = "SELECT key, usage FROM import_spent WHERE source = ?";
            let mut statement = conn.prepare_cached(sql)?;
            let mut rows = statement.query([source])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let (key, text): (String, String) = (row.get(0)?, row.get(1)?);
                found.extend(
                    serde_json::from_str(&text)
                        .ok()
                        .map(|counted| (key, counted)),
                );
            }
            Ok(found)
        })
    }

    pub fn blob(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.ask(|conn| blob::read(conn, name))
    }

    /// The rules that were kept there and not taken away.
    pub fn rules(&self) -> Result<Vec<KeptRule>, StoreError> {
        self.ask(|conn| {
            let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'rule'";
            let there: Option<i64> = conn.query_row(sql, [], |row| row.get(0)).optional()?;
            there.map_or(Ok(Vec::new()), |_| rules::kept_in(conn))
        })
    }

    fn ask<T>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        question(&self.conn).map_err(|error| sort(&self.path, &error))
    }
}

fn past(conn: &Connection, session: SessionId) -> rusqlite::Result<Past> {
    let mut past = Past::default();
    let Some(key) = find_session(conn, session)? else {
        return Ok(past);
    };
    let sql = format!(
        "SELECT {EVENT} FROM event LEFT JOIN blob ON blob.hash = event.blob WHERE event.session = ? ORDER BY event.seq"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([key])?;
    while let Some(row) = rows.next()? {
        match event(row, session)? {
            Some(event) => past.events.push(event),
            None => past.unread += 1,
        }
    }
    let mut statement = conn.prepare_cached("SELECT seq, day FROM ledger WHERE session = ?")?;
    let days = statement.query_map([key], |row| {
        Ok((Seq(row.get::<_, i64>(0)?.unsigned_abs()), row.get(1)?))
    })?;
    past.days = days.collect::<rusqlite::Result<_>>()?;
    Ok(past)
}

/// What a fact of a session is told from others by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    at: Time,
    kind: String,
}

impl Mark {
    pub fn is_of(&self, event: &Event) -> bool {
        self.at == event.at && upcast::kind(&event.fact) == self.kind
    }
}

impl Reader {
    /// The marks of a session's facts, in order.
    pub fn marks(&self, session: SessionId) -> Result<Vec<Mark>, StoreError> {
        self.ask(Vec::new(), |conn| {
            let sql = "SELECT at, kind FROM event WHERE session = (SELECT key FROM session WHERE id = ?) ORDER BY seq";
            conn.prepare_cached(sql)?
                .query_map([session.0.as_bytes()], |row| {
                    let (at, kind) = (Time(row.get(0)?), row.get(1)?);
                    Ok(Mark { at, kind })
                })?
                .collect()
        })
    }

    /// Whether a session was deleted here for good.
    pub fn is_purged(&self, session: SessionId) -> Result<bool, StoreError> {
        self.ask(false, |conn| {
            let sql = "SELECT purged FROM session WHERE id = ?";
            let purged = conn
                .prepare_cached(sql)?
                .query_row([session.0.as_bytes()], |row| row.get(0))
                .optional()?;
            Ok(purged.unwrap_or(false))
        })
    }
}

/// Copies a log with what was written beside it, again where somebody wrote meanwhile.
fn copied(path: &Path) -> std::io::Result<TempDir> {
    // Its mode is 0700.
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join("copy");
    let writes = beside(path, "-wal");
    for _ in 0..TRIES {
        let before = (state(path), state(&writes));
        fs::copy(path, &copy)?;
        if writes.exists() {
            fs::copy(&writes, beside(&copy, "-wal"))?;
        }
        if (state(path), state(&writes)) == before {
            return Ok(folder);
        }
    }
    Err(std::io::Error::other(
        "is written all the time: close the Creel that has it open, then try again",
    ))
}

fn state(path: &Path) -> Option<(u64, SystemTime)> {
    let about = fs::metadata(path).ok()?;
    Some((about.len(), about.modified().ok()?))
}
