//! The log of another home of Creel, read without a trace: nothing in its folder is changed or made, and an older one is read as
//! it is. Only tables that every version has are asked, but for the rules.
//!
//! Where somebody has it open, one moment of it is read, as all who have it open agree on. Where nobody has, its files are read as
//! they lie there; who opens it in between is found out, and what was read meanwhile is read again.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};

use crate::protocol::event::{Event, Fact};
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::rule::KeptRule;
use crate::protocol::session::Change;
use crate::protocol::time::Time;
use crate::store::append::find_session;
use crate::store::copy::label;
use crate::store::fault::{StoreError, beside, sort};
use crate::store::imports::Counted;
use crate::store::open::WAIT;
use crate::store::packed::{self, TELLING};
use crate::store::place::has_bytes;
use crate::store::read::{EVENT, Reader, event, number, session_id};
use crate::store::{blob, rules, schema};

/// How often what others change meanwhile is read.
const TRIES: usize = 5;

/// Another home's log.
#[derive(Debug)]
pub struct Kin {
    path: PathBuf,
    opened: RefCell<Opened>,
}

#[derive(Debug)]
struct Opened {
    conn: Connection,
    /// What the files were when nobody had them open; `None`: it holds one moment.
    lying: Option<[Option<Stamp>; 3]>,
}

/// What tells a file from one that was written to.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    number: u64,
    bytes: u64,
    /// Seconds and nanoseconds.
    written: (i64, i64),
    /// The same, and nobody can set it.
    changed: (i64, i64),
}

/// What a fact of a session is, without what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlined {
    pub seq: Seq,
    pub mark: Mark,
    pub bytes: u64,
}

/// A part of a session as the other log has it.
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
    /// Whether nobody had it open when this began to read it.
    pub fn is_closed(&self) -> bool {
        self.opened.borrow().lying.is_some()
    }

    /// Opens the log of another home. The error is what a person is told. Blocks.
    pub fn open(path: &Path) -> Result<Self, String> {
        Ok(Self {
            path: path.to_owned(),
            opened: RefCell::new(open(path)?),
        })
    }

    /// Its sessions in the order they were opened; those that were purged there are none.
    pub fn sessions(&self) -> Result<Vec<SessionId>, String> {
        self.ask(|conn| {
            conn.prepare("SELECT id FROM session WHERE NOT purged ORDER BY key")?
                .query_map([], |row| session_id(row, 0))?
                .collect()
        })
    }

    /// What a session consists of, in order; also what cannot be read.
    pub fn outline(&self, session: SessionId) -> Result<Vec<Outlined>, String> {
        self.ask(|conn| {
            // Only what may be packed is looked into.
            let sql = format!(
                "SELECT seq, at, kind, ifnull(octet_length(body), (SELECT octet_length(bytes) FROM blob WHERE hash = event.blob)),
                 CASE typeof(body) WHEN 'text' THEN NULL WHEN 'blob' THEN substr(body, 1, {TELLING})
                 ELSE (SELECT substr(bytes, 1, {TELLING}) FROM blob WHERE hash = event.blob) END
                 FROM event WHERE session = (SELECT key FROM session WHERE id = ?) ORDER BY seq"
            );
            conn.prepare_cached(&sql)?
                .query_map([session.0.as_bytes()], |row| {
                    Ok(Outlined {
                        seq: Seq(row.get::<_, i64>(0)?.unsigned_abs()),
                        mark: Mark {
                            at: Time(row.get(1)?),
                            kind: row.get(2)?,
                        },
                        bytes: packed::length(
                            &row.get::<_, Option<Vec<u8>>>(4)?.unwrap_or_default(),
                            row.get::<_, Option<i64>>(3)?.unwrap_or(0).unsigned_abs(),
                        ),
                    })
                })?
                .collect()
        })
    }

    /// The facts of a session that were outlined, from the first of them to the last.
    pub fn past(&self, session: SessionId, part: &[Outlined]) -> Result<Past, String> {
        let (Some(first), Some(last)) = (part.first(), part.last()) else {
            return Ok(Past::default());
        };
        let read = self.ask(|conn| past(conn, session, (first.seq, last.seq)))?;
        if read.events.len() as u64 + read.unread != part.len() as u64 {
            let why = "was changed while it was read: run the same command again";
            return Err(format!("{} {why}", self.path.display()));
        }
        Ok(read)
    }

    /// Whether a session is to be forgotten there.
    pub fn is_temporary(&self, session: SessionId) -> Result<bool, String> {
        self.ask(|conn| {
            let sql = format!(
                "SELECT {EVENT} FROM event LEFT JOIN blob ON blob.hash = event.blob
                 WHERE event.session = (SELECT key FROM session WHERE id = ?) AND event.kind = 'session_changed' ORDER BY event.seq DESC"
            );
            let mut statement = conn.prepare_cached(&sql)?;
            let mut rows = statement.query([session.0.as_bytes()])?;
            while let Some(row) = rows.next()? {
                if let Some(Event {
                    fact:
                        Fact::SessionChanged {
                            change: Change::Temporary { temporary },
                        },
                    ..
                }) = event(row, session)?
                {
                    return Ok(temporary);
                }
            }
            Ok(false)
        })
    }

    /// The names of what is kept for a session beside its facts.
    pub fn blobs(&self, session: SessionId) -> Result<Vec<String>, String> {
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
    pub fn origin(&self, session: SessionId) -> Result<Option<Origin>, String> {
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
    pub fn spent(&self, source: &str) -> Result<Vec<(String, Counted)>, String> {
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

    pub fn blob(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        self.ask(|conn| blob::read(conn, name))
    }

    /// The rules that were kept there and not taken away.
    pub fn rules(&self) -> Result<Vec<KeptRule>, String> {
        self.ask(|conn| {
            let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'rule'";
            let there: Option<i64> = conn.query_row(sql, [], |row| row.get(0)).optional()?;
            there.map_or(Ok(Vec::new()), |_| rules::kept_in(conn))
        })
    }

    /// Asks for something, again where others changed the files meanwhile.
    fn ask<T>(&self, question: impl Fn(&Connection) -> rusqlite::Result<T>) -> Result<T, String> {
        for _ in 0..TRIES {
            let mut opened = self.opened.borrow_mut();
            let answer = question(&opened.conn);
            let still = |lying: &[Option<Stamp>; 3]| *lying == files(&self.path);
            if opened.lying.as_ref().is_none_or(still) {
                return answer.map_err(|error| sort(&self.path, &error).to_string());
            }
            *opened = open(&self.path)?;
        }
        Err(busy(&self.path))
    }
}

fn busy(path: &Path) -> String {
    format!(
        "{} is opened and closed all the time: close the Creel that works there, then try again",
        path.display()
    )
}

fn open(path: &Path) -> Result<Opened, String> {
    let told = |error: rusqlite::Error| sort(path, &error).to_string();
    for _ in 0..TRIES {
        let lying = files(path);
        // Both are there for as long as anybody has the file open, and after a kill.
        let shared = lying.iter().skip(1).all(Option::is_some);
        let conn = if shared {
            schema::open_moment(path, WAIT).map_err(told)
        } else if has_bytes(&beside(path, "-wal")) {
            let why = "cannot be read together with what was written beside it: start Creel there once, it puts that in order";
            schema::open_all(path).ok_or_else(|| format!("{} {why}", path.display()))
        } else {
            schema::open_alone(path).map_err(told)
        };
        let conn = conn.and_then(|conn| label(&conn, path).map(|_| conn));
        if shared {
            return conn.map(|conn| Opened { conn, lying: None });
        }
        let now = files(path);
        if is_same(&lying, &now) {
            return conn.map(|conn| Opened {
                conn,
                lying: Some(now),
            });
        }
    }
    Err(busy(path))
}

/// The same but for when what lies beside the log was changed: where root opens it, `SQLite` gives it its owner anew.
fn is_same(before: &[Option<Stamp>; 3], now: &[Option<Stamp>; 3]) -> bool {
    let what = |stamp: &Stamp| (stamp.number, stamp.bytes, stamp.written);
    before[0] == now[0]
        && before[2] == now[2]
        && before[1].as_ref().map(what) == now[1].as_ref().map(what)
}

/// The log, what was written beside it, and the index of that.
fn files(path: &Path) -> [Option<Stamp>; 3] {
    ["", "-wal", "-shm"].map(|ending| {
        let about = fs::metadata(beside(path, ending)).ok()?;
        Some(Stamp {
            number: about.ino(),
            bytes: about.len(),
            written: (about.mtime(), about.mtime_nsec()),
            changed: (about.ctime(), about.ctime_nsec()),
        })
    })
}

fn past(
    conn: &Connection,
    session: SessionId,
    (first, last): (Seq, Seq),
) -> rusqlite::Result<Past> {
    let mut past = Past::default();
    let Some(key) = find_session(conn, session)? else {
        return Ok(past);
    };
    let within = params![key, number(first), number(last)];
    let sql = format!(
        "SELECT {EVENT} FROM event LEFT JOIN blob ON blob.hash = event.blob
         WHERE event.session = ?1 AND event.seq BETWEEN ?2 AND ?3 ORDER BY event.seq"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(within)?;
    while let Some(row) = rows.next()? {
        match event(row, session)? {
            Some(event) => past.events.push(event),
            None => past.unread += 1,
        }
    }
    let sql = "SELECT seq, day FROM ledger WHERE session = ?1 AND seq BETWEEN ?2 AND ?3";
    let mut statement = conn.prepare_cached(sql)?;
    let days = statement.query_map(within, |row| {
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
    #[cfg(test)]
    pub fn new(at: Time, kind: &str) -> Self {
        let kind = kind.to_owned();
        Self { at, kind }
    }

    pub fn is(&self, kind: &str) -> bool {
        self.kind == kind
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
