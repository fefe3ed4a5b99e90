//! Bytes kept once under their hash ([`crate::agent::digest`]): whole outputs, and facts too long for their row.

use rusqlite::{Connection, OptionalExtension, params};

use crate::store::packed;

/// Keeps the bytes, as they are or packed, and that the session uses them.
pub(crate) fn keep(
    conn: &Connection,
    session: i64,
    name: &str,
    bytes: &[u8],
) -> rusqlite::Result<()> {
    put(conn, name, bytes)?;
    note_use(conn, session, name)
}

/// Keeps the bytes; no session uses them yet.
pub(crate) fn put(conn: &Connection, name: &str, bytes: &[u8]) -> rusqlite::Result<()> {
    let held: Option<i64> = conn
        .prepare_cached("SELECT 1 FROM blob WHERE hash = ?")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    if held.is_none() {
        conn.prepare_cached("INSERT INTO blob(hash, bytes) VALUES (?, ?)")?
            .execute(params![name, bytes])?;
    }
    Ok(())
}

pub(crate) fn note_use(conn: &Connection, session: i64, name: &str) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT OR IGNORE INTO blob_use(session, hash) VALUES (?, ?)")?
        .execute(params![session, name])?;
    Ok(())
}

/// Takes away bytes that sessions without a fact alone use; tells how many. In a transaction of its own.
pub(crate) fn sweep(conn: &Connection) -> rusqlite::Result<u64> {
    let factless = "SELECT session FROM blob_use WHERE NOT EXISTS (SELECT 1 FROM event WHERE event.session = blob_use.session)";
    let all = conn.unchecked_transaction()?;
    let swept = all.execute(
        &format!(
            "DELETE FROM blob WHERE hash IN (SELECT hash FROM blob_use WHERE session IN ({factless}))
             AND NOT EXISTS (SELECT 1 FROM blob_use AS other WHERE other.hash = blob.hash AND other.session NOT IN ({factless}))"
        ),
        [],
    )?;
    let uses = format!("DELETE FROM blob_use WHERE session IN ({factless})");
    all.execute(&uses, [])?;
    all.commit()?;
    Ok(swept as u64)
}

pub(crate) fn read(conn: &Connection, name: &str) -> rusqlite::Result<Option<Vec<u8>>> {
    let kept = conn
        .prepare_cached("SELECT bytes FROM blob WHERE hash = ?")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    Ok(kept.map(|bytes| packed::named(name, bytes)))
}
