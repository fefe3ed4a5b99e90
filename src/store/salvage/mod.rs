//! Saving what can be read of a damaged database into a new one. The damaged file is copied aside first and never changed.
//!
//! What it does not do: guess. A row that cannot be read is counted as lost and named; only what follows from other rows
//! (cards, the ledger, who uses which blob) is worked out anew.

mod mend;
mod page;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use crate::store::fault::{OpenError, beside};
use crate::store::open::build;
use crate::store::place::{put_in_place, remove};
use crate::store::salvage::page::{Pages, Row};

/// How much was saved, and how much is known to be lost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rescue {
    pub sessions: u64,
    pub events: u64,
    pub lost_sessions: u64,
    pub lost_events: u64,
    /// The last number the old log gave was read: without it nobody can tell what stood behind the last entry.
    pub end_known: bool,
}

/// Replaces the damaged database by one with all that can be read of it; the answer is the notice for the person. The
/// caller is alone with the file.
pub(crate) fn run(path: &Path, migrations: &[&str], why: &str) -> Result<String, OpenError> {
    let io = |error: io::Error| OpenError::from_io(path, &error);
    let kept = set_aside(path).map_err(io)?;
    let writes = beside(path, "-wal");
    let pages = Pages::open(path, &writes).map_err(io)?;
    let new = beside(path, ".new");
    remove(&new);
    let mut rescue = Rescue::default();
    build(
        &new,
        |conn| {
            rescue = copy(conn, &pages)?;
            Ok(())
        },
        migrations,
    )?;
    drop(pages);
    // Read together with the new file, the old log of writes would damage it.
    for ending in ["-wal", "-shm"] {
        match fs::remove_file(beside(path, ending)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(error)),
            _ => {}
        }
    }
    put_in_place(&new, path)?;
    Ok(notice(path, why, &kept, &rescue))
}

fn notice(path: &Path, why: &str, kept: &Path, rescue: &Rescue) -> String {
    let many =
        |count: u64, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    let saved = if rescue.events == 0 && rescue.sessions == 0 {
        "nothing in it could be read".to_owned()
    } else {
        format!(
            "saved {} with {}",
            many(rescue.sessions, "session"),
            many(rescue.events, "entry").replace("entrys", "entries")
        )
    };
    let at_least = if rescue.end_known { "" } else { "at least " };
    let lost = match (rescue.lost_sessions, rescue.lost_events) {
        (0, 0) if rescue.end_known => "no loss was found".to_owned(),
        (0, 0) => "what was lost is not known".to_owned(),
        (0, events) => format!(
            "lost {at_least}{}",
            many(events, "entry").replace("entrys", "entries")
        ),
        (sessions, events) => format!(
            "lost {at_least}{} with {}",
            many(sessions, "session"),
            many(events, "entry").replace("entrys", "entries")
        ),
    };
    format!(
        "{} was damaged ({why}): {saved}, {lost}; the damaged file is kept as {}",
        path.display(),
        kept.display()
    )
}

/// Copies the file and its log of writes to the first free name, on the disk before anything else is done.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let kept = (1_u32..10_000)
        .map(|number| beside(path, &format!(".damaged-{number}")))
        .find(|kept| !kept.exists() && !beside(kept, "-wal").exists())
        .ok_or(io::ErrorKind::AlreadyExists)?;
    for ending in ["", "-wal"] {
        let from = beside(path, ending);
        if from.exists() {
            let to = beside(&kept, ending);
            fs::copy(&from, &to)?;
            File::open(&to)?.sync_all()?;
        }
    }
    Ok(kept)
}

/// Every row that can be read, into the new database; then what must be mended.
fn copy(conn: &mut Connection, pages: &Pages) -> rusqlite::Result<Rescue> {
    let all = conn.transaction()?;
    let mut highest = 0;
    let mut inserts = HashMap::new();
    for number in 1..=pages.count() {
        for row in pages.rows(number) {
            let Some(table) = table_of(&row) else {
                continue;
            };
            if let ("sqlite_sequence", [_, Value::Integer(seq)]) = (table, &row.values[..]) {
                highest = highest.max(*seq);
            } else {
                let width = row.values.len();
                let sql = match inserts.entry((table, width)) {
                    Entry::Occupied(there) => there.into_mut(),
                    Entry::Vacant(new) => new.insert(insertion(&all, table, width)?),
                };
                insert(&all, sql, row)?;
            }
        }
    }
    let rescue = mend::run(&all, highest)?;
    all.commit()?;
    Ok(rescue)
}

/// Which table a row belongs to, by its shape alone.
fn table_of(row: &Row) -> Option<&'static str> {
    use Value::{Blob, Integer, Null, Text};
    Some(match &row.values[..] {
        [Null, Blob(id), Integer(_)] if id.len() == 16 => "session",
        [Text(_), Integer(_), Text(_)] => "draft",
        [Null, Text(_), Integer(_)] => "day_raise",
        [Null, Text(_), Text(_)] => "price_accepted",
        [Null, Integer(_), Integer(_), Text(_)] => "session_state",
        [Text(_), Text(_), Integer(_), Integer(_)] => "import",
        [Text(_), Text(_), Text(_)] => "import_spent",
        [Text(hash), Blob(_)] if hash.len() == 64 => "blob",
        [Integer(_), Text(hash)] if hash.len() == 64 => "blob_use",
        [Text(name), Integer(_)] if name == "event" => "sqlite_sequence",
        // Which number the next rule gets: worked out from those that are found.
        [Text(name), Integer(_)] if name == "rule" => return None,
        [Text(_), Integer(_)] => "tally",
        [
            Null,
            Integer(_),
            Integer(_),
            Text(_),
            Integer(_),
            Null | Text(_),
            Text(_) | Blob(_),
            Null,
        ]
        | [
            Null,
            Integer(_),
            Integer(_),
            Text(_),
            Integer(_),
            Null | Text(_),
            Null,
            Text(_),
        ] => "event",
        [Null, Text(_), Text(_), Text(_), rest @ ..] if rest.len() == 8 => "rule",
        [Null, Blob(id), rest @ ..]
            if id.len() == 16 && matches!(rest.len(), 12 | 14 | 19 | 20 | 21) =>
        {
            "card"
        }
        [Null, Integer(_), Integer(_), Text(_), rest @ ..] if matches!(rest.len(), 17 | 18) => {
            "ledger"
        }
        // Also of files that were imported: what is lost of these is found by reading them again.
        _ => return None,
    })
}

/// A row written before a migration added columns has fewer values; the others get their defaults.
fn insertion(conn: &Connection, table: &str, width: usize) -> rusqlite::Result<String> {
    let columns: Vec<String> = conn
        .prepare("SELECT name FROM pragma_table_info(?) LIMIT ?")?
        .query_map(params![table, width as i64], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let places = vec!["?"; columns.len()].join(", ");
    let columns = columns.join(", ");
    Ok(format!(
        "INSERT OR IGNORE INTO {table}({columns}) VALUES ({places})"
    ))
}

/// A row that does not fit its table is as good as unread: it will be missed when the counts are made.
fn insert(conn: &Connection, sql: &str, row: Row) -> rusqlite::Result<()> {
    let mut values = row.values;
    // The column that is the row's number is stored as null.
    if matches!(values.first(), Some(Value::Null)) {
        values[0] = Value::Integer(row.rowid);
    }
    conn.prepare_cached(sql)?
        .execute(params_from_iter(values))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_named_as_far_as_it_is_known() {
        let rescue = |events, lost_sessions, lost_events, end_known| Rescue {
            sessions: events / 2,
            events,
            lost_sessions,
            lost_events,
            end_known,
        };
        for (rescue, expected) in [
            (
                rescue(0, 0, 0, false),
                "nothing in it could be read, what was lost is not known",
            ),
            (
                rescue(2, 0, 0, false),
                "saved 1 session with 2 entries, what was lost is not known",
            ),
            (
                rescue(2, 0, 1, false),
                "saved 1 session with 2 entries, lost at least 1 entry",
            ),
            (
                rescue(4, 1, 2, true),
                "saved 2 sessions with 4 entries, lost 1 session with 2 entries",
            ),
            (
                rescue(4, 0, 0, true),
                "saved 2 sessions with 4 entries, no loss was found",
            ),
        ] {
            assert_eq!(
                notice(
                    Path::new("/d/creel.db"),
                    "why",
                    Path::new("/d/kept"),
                    &rescue
                ),
                format!(
                    "/d/creel.db was damaged (why): {expected}; the damaged file is kept as /d/kept"
                )
            );
        }
    }
}
