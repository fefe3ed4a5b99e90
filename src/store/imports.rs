//! Which sessions of other programs are in the log, and how far.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use crate::protocol::call::OutcomeKind;
use crate::protocol::event::Fact;
use crate::protocol::id::{CallId, SessionId};
use crate::protocol::item::Item;
use crate::protocol::money::Money;
use crate::protocol::time::Time;
use crate::protocol::usage::Usage;
use crate::store::fault::StoreError;
use crate::store::read::{EVENT, Reader, event, session_id};

/// What facts are of another program's session, or of another home's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Import {
    /// The program.
    pub source: String,
    /// What it is called there: with the program unique in a home.
    pub name: String,
    /// How many of its items are in the log with these.
    pub items: u64,
    /// When each fact happened, in the order of the facts.
    pub times: Vec<Time>,
    /// The local day of each.
    pub days: Vec<String>,
    /// What answers took, each by its key, these facts with them.
    pub spent: Vec<(String, Counted)>,
    /// What it is called is noted with its facts: these are outputs that come before them, and may be all that ever comes.
    pub unnamed: bool,
}

/// What an answer took as far as it is in the log, and what was charged for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    #[serde(flatten)]
    pub usage: Usage,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charged: Option<Money>,
    /// It was noted what was charged; of what was kept before that nothing more is charged, since it may have been.
    #[serde(default)]
    pub noted: bool,
}

impl Default for Counted {
    fn default() -> Self {
        Self {
            usage: Usage::default(),
            charged: None,
            noted: true,
        }
    }
}

impl Counted {
    /// What of a cost is not charged yet; `None` where that cannot be told.
    pub fn owed(&self, cost: Option<Money>) -> Option<Money> {
        let cost = cost?;
        match self.charged {
            None if !self.noted => None,
            None => Some(cost),
            Some(charged) if charged.currency == cost.currency => Some(Money {
                parts: cost.parts.saturating_sub(charged.parts).max(0),
                ..cost
            }),
            Some(_) => None,
        }
    }

    /// With so much more charged for `usage` in all.
    #[must_use]
    pub fn with(self, usage: Usage, more: Option<Money>) -> Self {
        let charged = match (self.charged, more) {
            (Some(charged), Some(more)) if charged.currency == more.currency => Some(Money {
                parts: charged.parts.saturating_add(more.parts),
                ..charged
            }),
            (charged, more) => charged.or(more),
        };
        Self {
            usage,
            charged,
            noted: self.noted,
        }
    }
}

/// A file of another program as it was when all of it was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    pub path: String,
    /// The folder or file that the person named.
    pub root: String,
    pub bytes: u64,
    pub modified: Time,
    /// How many items it holds.
    pub items: u64,
}

/// What the log has of another program's session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// What the other program calls its items.
    pub ids: HashSet<String>,
    /// Calls whose result was given up, in the order of their results.
    pub lost: Vec<CallId>,
}

/// A session of another program as it stands in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    pub session: SessionId,
    pub items: u64,
    /// It was deleted here, and is not to come back.
    pub purged: bool,
}

impl Reader {
    /// What is known of a session of another program; `None` before it was imported.
    pub fn imported(&self, source: &str, name: &str) -> Result<Option<Known>, StoreError> {
        self.ask(None, |conn| {
            let sql = "SELECT session.id, import.items, session.purged FROM import JOIN session ON session.key = import.session
                 WHERE import.source = ? AND import.name = ?";
            conn.prepare_cached(sql)?
                .query_row([source, name], |row| {
                    Ok(Known {
                        session: session_id(row, 0)?,
                        items: row.get::<_, i64>(1)?.unsigned_abs(),
                        purged: row.get(2)?,
                    })
                })
                .optional()
        })
    }

    /// What the log has of a session: as much of it as an import needs to know.
    pub fn held(&self, session: SessionId) -> Result<Held, StoreError> {
        self.ask(Held::default(), |conn| {
            let sql = format!(
                "SELECT {EVENT}, session.id FROM event LEFT JOIN blob ON blob.hash = event.blob
                 JOIN session ON session.key = event.session WHERE session.id = ? AND event.kind = 'item_added' ORDER BY event.seq"
            );
            let mut statement = conn.prepare_cached(&sql)?;
            let mut rows = statement.query([session.0.as_bytes()])?;
            let mut held = Held::default();
            while let Some(row) = rows.next()? {
                let Some(event) = event(row, session)? else {
                    continue;
                };
                let Fact::ItemAdded { item, imported, .. } = event.fact else {
                    continue;
                };
                held.ids
                    .extend(imported.and_then(|imported| imported.external_id));
                if let Item::Result { call, outcome } = item {
                    held.lost.retain(|lost| *lost != call);
                    if outcome.kind == OutcomeKind::Lost {
                        held.lost.push(call);
                    }
                }
            }
            Ok(held)
        })
    }

    /// The files of a program that were taken in whole by this reader, by their paths.
    pub fn read_files(
        &self,
        source: &str,
        reader: u32,
    ) -> Result<HashMap<String, Read>, StoreError> {
        self.ask(HashMap::new(), |conn| {
            let sql = "SELECT path, root, bytes, modified, items FROM import_file WHERE source = ? AND reader = ?";
            conn.prepare_cached(sql)?
                .query_map(params![source, reader], |row| {
                    let read = Read {
                        path: row.get(0)?,
                        root: row.get(1)?,
                        bytes: row.get::<_, i64>(2)?.unsigned_abs(),
                        modified: Time(row.get(3)?),
                        items: row.get::<_, i64>(4)?.unsigned_abs(),
                    };
                    Ok((read.path.clone(), read))
                })?
                .collect()
        })
    }

    /// The folders and files that were named, each with its program.
    pub fn import_roots(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.ask(Vec::new(), |conn| {
            let sql = "SELECT DISTINCT source, root FROM import_file ORDER BY source, root";
            conn.prepare_cached(sql)?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
    }

    /// How many sessions of each program are in the log.
    pub fn imported_sessions(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        self.ask(BTreeMap::new(), |conn| {
            let sql = "SELECT import.source, count(*) FROM import JOIN session ON session.key = import.session
                 WHERE NOT session.purged GROUP BY import.source";
            conn.prepare_cached(sql)?
                .query_map([], |row| {
                    Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
                })?
                .collect()
        })
    }

    /// What answers took as far as it is in the log, by their keys.
    pub fn spent(
        &self,
        source: &str,
        keys: &[String],
    ) -> Result<BTreeMap<String, Counted>, StoreError> {
        self.ask(BTreeMap::new(), |conn| {
            let sql = "SELECT usage FROM import_spent WHERE source = ? AND key = ?";
            let mut statement = conn.prepare_cached(sql)?;
            let mut found = BTreeMap::new();
            for key in keys {
                let text: Option<String> = statement
                    .query_row([source, key], |row| row.get(0))
                    .optional()?;
                let counted = text.and_then(|text| serde_json::from_str(&text).ok());
                found.extend(counted.map(|counted| (key.clone(), counted)));
            }
            Ok(found)
        })
    }
}

/// In the transaction of the facts.
pub(crate) fn note(conn: &Connection, session: i64, import: &Import) -> rusqlite::Result<()> {
    if import.unnamed {
        return Ok(());
    }
    conn.prepare_cached(
        "INSERT INTO import(source, name, session, items) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT(source, name) DO UPDATE SET items = max(items, ?4)",
    )?
    .execute(params![
        import.source,
        import.name,
        session,
        import.items as i64
    ])?;
    for (key, counted) in &import.spent {
        conn.prepare_cached(
            "INSERT INTO import_spent(source, key, usage) VALUES (?1, ?2, ?3)
             ON CONFLICT(source, key) DO UPDATE SET usage = ?3",
        )?
        .execute(params![
            import.source,
            key,
            serde_json::to_string(counted).unwrap_or_default()
        ])?;
    }
    Ok(())
}

/// Keeps which files were taken in whole, in a transaction of its own.
pub(crate) fn note_read(
    conn: &Connection,
    (source, reader): (&str, u32),
    files: &[Read],
) -> rusqlite::Result<()> {
    let all = conn.unchecked_transaction()?;
    for file in files {
        all.prepare_cached(
            "INSERT INTO import_file(source, path, root, bytes, modified, items, reader) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT(source, path) DO UPDATE SET root = ?3, bytes = ?4, modified = ?5, items = ?6, reader = ?7",
        )?
        .execute(params![
            source,
            file.path,
            file.root,
            file.bytes as i64,
            file.modified.0,
            file.items as i64,
            reader
        ])?;
    }
    all.commit()
}
