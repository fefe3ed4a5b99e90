//! Deleting sessions for good: the one change the log allows.

use std::fs;
use std::path::Path;

use rusqlite::{Connection, TransactionBehavior, params};

use crate::protocol::id::SessionId;
use crate::store::Purged;
use crate::store::append::{composer_draft, find_session, step_draft};
use crate::store::{copy, rules, seal};

/// What goes: events, card, folded state, drafts, and blobs no other session uses, pictures that were never sent among them. What stays: the session's id and its
/// rows in the ledger, which hold models, tokens and money and no text, because what was paid was paid.
///
/// Deleted bytes are overwritten (`secure_delete`), freed pages given back, and the log of writes, which holds the pages as
/// they were, is cut to nothing.
pub(crate) fn run(
    conn: &mut Connection,
    path: &Path,
    sessions: &[SessionId],
) -> rusqlite::Result<Purged> {
    let mut purged = Purged::default();
    let all = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for &id in sessions {
        for name in [step_draft(id), composer_draft(Some(id))] {
            all.execute("DELETE FROM draft WHERE name = ?", [name])?;
        }
        rules::purge(&all, id)?;
        let Some(key) = find_session(&all, id)? else {
            continue;
        };
        let events = all.execute("DELETE FROM event WHERE session = ?", [key])?;
        purged.blobs += all.execute(
            "DELETE FROM blob WHERE hash IN (SELECT hash FROM blob_use WHERE session = ?1)
             AND NOT EXISTS (SELECT 1 FROM blob_use AS other WHERE other.hash = blob.hash AND other.session <> ?1)",
            [key],
        )? as u64;
        all.execute("DELETE FROM blob_use WHERE session = ?", [key])?;
        all.execute("DELETE FROM session_state WHERE session = ?", [key])?;
        let cards = all.execute("DELETE FROM card WHERE session = ?", [key])?;
        all.execute("UPDATE session SET purged = 1 WHERE key = ?", [key])?;
        all.execute(
            "INSERT INTO tally(name, value) VALUES ('purged', ?1) ON CONFLICT(name) DO UPDATE SET value = value + ?1",
            params![events as i64],
        )?;
        purged.sessions += u64::from(cards > 0 || events > 0);
        purged.events += events as u64;
    }
    // Pictures that were attached and never sent, but for those that still stand in a composer.
    purged.blobs += all.execute(
        "DELETE FROM blob WHERE hash NOT IN (SELECT hash FROM blob_use)
         AND NOT EXISTS (SELECT 1 FROM draft WHERE instr(draft.body, blob.hash) > 0)",
        [],
    )? as u64;
    // Before: a crash in between must not leave what is purged in the log of writes.
    if let Err(error) = seal::owe(path) {
        tracing::warn!("{}: not noted as uncut: {error}", path.display());
    }
    all.commit()?;
    purged.complete = free(conn);
    if purged.complete {
        seal::paid(path);
    }
    // A backup that was killed has left a copy with all of it.
    copy::forget(path);
    purged.copies = copies(path);
    Ok(purged)
}

/// Whether no byte is left in the file or its log of writes. Another process that is reading can keep the latter from being
/// cut now; then whoever closes the file last does it.
fn free(conn: &Connection) -> bool {
    let vacuumed = conn
        .prepare("PRAGMA incremental_vacuum")
        .and_then(|mut statement| {
            let mut rows = statement.query([])?;
            while rows.next()?.is_some() {}
            Ok(())
        });
    if let Err(error) = vacuumed {
        tracing::debug!("free pages not given back: {error}");
    }
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
        row.get::<_, i64>(0)
    })
    .is_ok_and(|busy| busy == 0)
}

/// Older copies of the database beside it, which a purge cannot reach.
fn copies(path: &Path) -> Vec<std::path::PathBuf> {
    let (Some(folder), Some(name)) = (
        path.parent(),
        path.file_name().and_then(|name| name.to_str()),
    ) else {
        return Vec::new();
    };
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<_> = entries
        .flatten()
        .filter(|entry| {
            entry
                .file_name()
                .to_str()
                .and_then(|other| other.strip_prefix(name))
                .is_some_and(|rest| rest.starts_with(".before-v") || rest.starts_with(".damaged-"))
        })
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}
