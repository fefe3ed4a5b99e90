//! Which sessions of other programs are in the log, and how far.

use std::collections::{BTreeMap, HashSet};

use rusqlite::{Connection, OptionalExtension, params};

use crate::protocol::event::Fact;
use crate::protocol::id::SessionId;
use crate::protocol::time::Time;
use crate::protocol::usage::Usage;
use crate::store::fault::StoreError;
use crate::store::read::{EVENT, Reader, event, session_id};

/// What facts are of another program's session.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    pub spent: Vec<(String, Usage)>,
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

    /// What the other program calls each item of a session that is in the log.
    pub fn imported_ids(&self, session: SessionId) -> Result<HashSet<String>, StoreError> {
        self.ask(HashSet::new(), |conn| {
            let sql = format!(
                "SELECT {EVENT}, session.id FROM event LEFT JOIN blob ON blob.hash = event.blob
                 JOIN session ON session.key = event.session WHERE session.id = ? AND event.kind = 'item_added'"
            );
            let mut statement = conn.prepare_cached(&sql)?;
            let mut rows = statement.query([session.0.as_bytes()])?;
            let mut ids = HashSet::new();
            while let Some(row) = rows.next()? {
                if let Some(event) = event(row, session)?
                    && let Fact::ItemAdded { imported: Some(imported), .. } = event.fact
                {
                    ids.extend(imported.external_id);
                }
            }
            Ok(ids)
        })
    }

    /// What answers took as far as it is in the log, by their keys.
    pub fn spent(
        &self,
        source: &str,
        keys: &[String],
    ) -> Result<BTreeMap<String, Usage>, StoreError> {
        self.ask(BTreeMap::new(), |conn| {
            let sql = "SELECT usage FROM import_spent WHERE source = ? AND key = ?";
            let mut statement = conn.prepare_cached(sql)?;
            let mut found = BTreeMap::new();
            for key in keys {
                let text: Option<String> = statement
                    .query_row([source, key], |row| row.get(0))
                    .optional()?;
                let usage = text.and_then(|text| serde_json::from_str(&text).ok());
                found.extend(usage.map(|usage| (key.clone(), usage)));
            }
            Ok(found)
        })
    }
}

/// In the transaction of the facts.
pub(crate) fn note(conn: &Connection, session: i64, import: &Import) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO import(source, name, session, items) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT(source, name) DO UPDATE SET items = ?4",
    )?
    .execute(params![
        import.source,
        import.name,
        session,
        import.items as i64
    ])?;
    for (key, usage) in &import.spent {
        conn.prepare_cached(
            "INSERT INTO import_spent(source, key, usage) VALUES (?1, ?2, ?3)
             ON CONFLICT(source, key) DO UPDATE SET usage = ?3",
        )?
        .execute(params![
            import.source,
            key,
            serde_json::to_string(usage).unwrap_or_default()
        ])?;
    }
    Ok(())
}
