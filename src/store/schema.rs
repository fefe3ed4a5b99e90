//! The tables and how they came to be: each migration is one text of SQL, and the version is how many have run.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::store::fault::beside;
use crate::store::place::has_bytes;

/// Up to this size a file that cannot be written is looked through together with the log of writes beside it (about 0.3 s).
const LOOKED_THROUGH: u64 = 256 << 20;

/// `Crel` in the file's header: how Creel knows its own database.
pub(crate) const APPLICATION: i32 = 0x4372_656c;

/// Bytes a page. Fixed, so that pages can be read even when the header cannot.
pub(crate) const PAGE: usize = 4096;

/// Facts longer than this are kept in `blob`, so that a page of a transcript stays a page of small rows.
pub(crate) const INLINE: usize = 8 * 1024;

/// In rising order; a released text is never edited.
pub(crate) const MIGRATIONS: &[&str] = &[V1, V2, V3, V4, V5, V6, V7, V8, V9];

/// `event.item` is the item's type for facts that add one, so that prompts are found without reading every body.
/// `card` and `session` both hold the id: either can be lost and the session keeps its name.
/// `session` rows outlive a purge, because the ledger counts by them.
/// A `ledger` row is one attempt at a model call: `counted` and the usage are null until it was answered.
/// No table is WITHOUT ROWID: a row can then be told by its shape alone when the file is damaged. A migration that changes a
/// shape teaches it to `salvage::table_of`.
const V1: &str = "
CREATE TABLE tally(name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE session(key INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, purged INTEGER NOT NULL DEFAULT 0);
CREATE TABLE event(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, session INTEGER NOT NULL, at INTEGER NOT NULL,
  kind TEXT NOT NULL, version INTEGER NOT NULL, item TEXT, body TEXT, blob TEXT);
CREATE INDEX event_session ON event(session);
CREATE INDEX event_prompt ON event(seq) WHERE item = 'prompt';
CREATE TABLE blob(hash TEXT PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE blob_use(session INTEGER NOT NULL, hash TEXT NOT NULL, UNIQUE(session, hash));
CREATE INDEX blob_use_hash ON blob_use(hash);
CREATE TABLE card(
  session INTEGER PRIMARY KEY, id BLOB NOT NULL, title TEXT NOT NULL, state TEXT NOT NULL, model TEXT NOT NULL,
  cwd TEXT NOT NULL, project TEXT NOT NULL, created INTEGER NOT NULL, active INTEGER NOT NULL, turns INTEGER NOT NULL,
  cost TEXT NOT NULL, unpriced INTEGER NOT NULL, parent BLOB, gist TEXT NOT NULL);
CREATE INDEX card_active ON card(active);
CREATE INDEX card_listed ON card(active) WHERE state <> 'archived';
CREATE INDEX card_unfinished ON card(state) WHERE state IN ('working', 'waiting', 'paused');
CREATE TABLE session_state(session INTEGER PRIMARY KEY, seq INTEGER NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE draft(name TEXT PRIMARY KEY, at INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE day_raise(seq INTEGER PRIMARY KEY, day TEXT NOT NULL, amount INTEGER NOT NULL);
CREATE TABLE ledger(
  seq INTEGER PRIMARY KEY, session INTEGER NOT NULL, at INTEGER NOT NULL, day TEXT NOT NULL,
  turn INTEGER NOT NULL, step INTEGER NOT NULL, attempt INTEGER NOT NULL,
  provider TEXT NOT NULL, model TEXT NOT NULL, cause TEXT NOT NULL,
  reserved INTEGER, counted INTEGER, basis TEXT, currency TEXT, charged INTEGER,
  input INTEGER, cache_read INTEGER, cache_write INTEGER, cache_write_long INTEGER, output INTEGER, reasoning INTEGER);
CREATE INDEX ledger_day ON ledger(day, counted, reserved);
CREATE INDEX ledger_session ON ledger(session, turn, step, attempt, counted, reserved);
";

/// What subscriptions cover, on the card as well. The list prices of before are summed as floats so that no sum fails:
/// exact below 9,007 units of a currency.
const V2: &str = "
ALTER TABLE card ADD COLUMN included INTEGER NOT NULL DEFAULT 0;
ALTER TABLE card ADD COLUMN list TEXT NOT NULL DEFAULT '{}';
UPDATE card SET
  included = (SELECT count(*) FROM ledger WHERE ledger.session = card.session AND basis = 'included'),
  list = (SELECT json_group_object(currency, parts) FROM (
    SELECT currency, CAST(total(charged) AS INTEGER) AS parts FROM ledger
    WHERE ledger.session = card.session AND basis = 'included' AND charged IS NOT NULL AND currency IS NOT NULL
    GROUP BY currency))
WHERE session IN (SELECT session FROM ledger WHERE basis = 'included');
";

/// What the board asks for: which stand first, which nobody has looked at, which are to go; and how far each has come.
const V3: &str = "
ALTER TABLE card ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE card ADD COLUMN temporary INTEGER NOT NULL DEFAULT 0;
ALTER TABLE card ADD COLUMN unseen INTEGER NOT NULL DEFAULT 0;
ALTER TABLE card ADD COLUMN steps INTEGER NOT NULL DEFAULT 0;
ALTER TABLE card ADD COLUMN estimated INTEGER NOT NULL DEFAULT 0;
CREATE INDEX card_marked ON card(active) WHERE pinned OR unseen OR temporary;
UPDATE card SET
  steps = (SELECT count(*) FROM ledger WHERE ledger.session = card.session AND step > 0 AND attempt = 1),
  estimated = EXISTS (SELECT 1 FROM ledger WHERE ledger.session = card.session AND basis = 'estimated');
";

/// What providers searched for by themselves, which is billed beside the tokens: rows of before do not know.
const V4: &str = "
ALTER TABLE ledger ADD COLUMN searches INTEGER;
";

/// Models that may be called though no price is known for them, each by the fact of the yes; and on the card
/// whether what a subscription covers was estimated.
const V5: &str = "
CREATE TABLE price_accepted(seq INTEGER PRIMARY KEY, provider TEXT NOT NULL, model TEXT NOT NULL);
ALTER TABLE card ADD COLUMN list_estimated INTEGER NOT NULL DEFAULT 0;
";

/// The rules that were kept: what bounds each, the call it was kept at, and how often calls ran by it. `removed` ones stay.
const V6: &str = "
CREATE TABLE rule(
  number INTEGER PRIMARY KEY AUTOINCREMENT, effect TEXT NOT NULL, text TEXT NOT NULL, scope TEXT NOT NULL, bound TEXT, since INTEGER NOT NULL,
  until INTEGER, session BLOB, call TEXT, used INTEGER NOT NULL DEFAULT 0, last_used INTEGER, removed INTEGER);
";

/// Sessions of other programs: which of them is which session here, how many of its items are in the log, and what each of
/// their answers took, which several files may tell of. A purged one keeps its row, so that it does not come back with the
/// next import.
const V7: &str = "
CREATE TABLE import(source TEXT NOT NULL, name TEXT NOT NULL, session INTEGER NOT NULL, items INTEGER NOT NULL, UNIQUE(source, name));
CREATE TABLE import_spent(source TEXT NOT NULL, key TEXT NOT NULL, usage TEXT NOT NULL, UNIQUE(source, key));
ALTER TABLE card ADD COLUMN source TEXT NOT NULL DEFAULT 'creel';
";

/// Files of other programs as they were when all of them was taken in: one that is still so need not be read again.
const V8: &str = "
CREATE TABLE import_file(source TEXT NOT NULL, path TEXT NOT NULL, root TEXT NOT NULL, bytes INTEGER NOT NULL, modified INTEGER NOT NULL,
  items INTEGER NOT NULL, reader INTEGER NOT NULL, UNIQUE(source, path));
";

/// Commands of the person are found among the past as prompts are. From here on what imports keep may be packed
/// (`store::packed`), which a Creel of before cannot read. All facts are looked through once for the index; nothing of a large home is copied or
/// written anew.
const V9: &str = "
CREATE INDEX event_shell ON event(seq) WHERE item = 'shell';
";

/// What stands in the header of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Label {
    pub application: i32,
    pub version: i32,
}

/// The number of the last fact that was ever kept.
pub(crate) fn last_number(conn: &Connection) -> rusqlite::Result<i64> {
    let sql = "SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'event'";
    conn.query_row(sql, [], |row| row.get(0))
}

pub(crate) fn label(conn: &Connection) -> rusqlite::Result<Label> {
    Ok(Label {
        application: conn.pragma_query_value(None, "application_id", |row| row.get(0))?,
        version: conn.pragma_query_value(None, "user_version", |row| row.get(0))?,
    })
}

/// A connection that writes. FULL: a commit is on the disk when it returns. Deleted bytes are overwritten, so that a purge
/// is one. No memory map: it would count as memory, and a failing disk would be a signal instead of an error.
pub(crate) fn open_writer(path: &Path, wait: Duration) -> rusqlite::Result<Connection> {
    let conn = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    conn.busy_timeout(wait)?;
    plan_once(&conn)?;
    conn.set_prepared_statement_cache_capacity(48);
    conn.execute_batch(
        "PRAGMA mmap_size = 0; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;
         PRAGMA trusted_schema = OFF; PRAGMA journal_size_limit = 16777216;",
    )?;
    Ok(conn)
}

/// A statement that is kept is planned once, whatever is bound to it: `SQLite` else plans some of them anew for each value.
fn plan_once(conn: &Connection) -> rusqlite::Result<()> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map(drop)
}

/// A connection that reads. In a folder that cannot be written there may be no place for the index of the log of writes: it is
/// then read without one, and where that cannot be, the file alone, as it is.
pub(crate) fn open_reader(path: &Path, wait: Duration) -> rusqlite::Result<Connection> {
    match open_beside_others(path, wait) {
        // With an index of the log of writes there may be one who writes: what failed is another matter.
        Err(error) if has_no_place(&error) && !beside(path, "-shm").exists() => {
            open_with_writes(path).map_or_else(|| open_alone(path), Ok)
        }
        opened => opened,
    }
}

/// A connection that reads the file alone, as it is: nothing is locked and nothing made beside it. Only for a file that nobody
/// writes.
pub(crate) fn open_alone(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let conn = Connection::open_with_flags(uri(path, "immutable=1"), flags)?;
    conn.execute_batch(
        "PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;",
    )?;
    Ok(conn)
}

/// A connection that reads one moment of a file that others have open, for as long as it lives, and changes nothing there: the
/// index they share is only looked at. Where there is nothing in it that a reader can go by, it is one of them like any other.
pub(crate) fn open_moment(path: &Path, wait: Duration) -> rusqlite::Result<Connection> {
    let begun = |conn: Connection| {
        conn.execute_batch("BEGIN")?;
        // Only the first look chooses the moment.
        label(&conn)?;
        Ok(conn)
    };
    match open_untraced(path, wait).and_then(begun) {
        Err(error) if has_no_place(&error) => open_beside_others(path, wait).and_then(begun),
        opened => opened,
    }
}

fn open_untraced(path: &Path, wait: Duration) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let conn = Connection::open_with_flags(uri(path, "readonly_shm=1"), flags)?;
    conn.busy_timeout(wait)?;
    conn.execute_batch(
        "PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;",
    )?;
    Ok(conn)
}

fn has_no_place(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, ReadOnly};
    let code = error.sqlite_error_code();
    matches!(code, Some(CannotOpen | ReadOnly))
}

/// It keeps few pages: there are several of them, what they look at once they seldom look at again, and the system has it at
/// hand.
fn open_beside_others(path: &Path, wait: Duration) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(wait)?;
    plan_once(&conn)?;
    conn.set_prepared_statement_cache_capacity(32);
    // The size of the cache is the first thing that the file itself is asked for.
    conn.execute_batch(
        "PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -256;",
    )?;
    match label(&conn) {
        Err(error) if has_no_place(&error) => Err(error),
        _ => Ok(conn),
    }
}

/// A connection that reads the log of writes beside the file without an index of it on the disk: one is made in memory, and
/// nothing is locked. For a place where nothing can be written, and only where nobody has the file open, who would have that
/// index. `None` where there is nothing to be read so, and where the two do not fit together, or may not and are too large to
/// look through.
pub(crate) fn open_with_writes(path: &Path) -> Option<Connection> {
    if beside(path, "-shm").exists() {
        return None;
    }
    open_held_with_writes(path)
}

/// The same where it is known that nobody has the file open: the index may be left of one who had.
pub(crate) fn open_held_with_writes(path: &Path) -> Option<Connection> {
    let is_small = path.metadata().ok()?.len() <= LOOKED_THROUGH;
    is_small.then(|| open_all(path)).flatten()
}

/// The same of a file of any size, which is looked through for as long as that takes.
pub(crate) fn open_all(path: &Path) -> Option<Connection> {
    if !has_bytes(&beside(path, "-wal")) {
        return None;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags_and_vfs(path, flags, c"unix-none").ok()?;
    // Closing it must not take the log of writes away.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .ok()?;
    // Said before the first look: it is what keeps the index in memory.
    conn.execute_batch(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;",
    )
    .ok()?;
    let said: String = conn
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .ok()?;
    (said == "ok").then_some(conn)
}

/// The path as a URI with something said of it.
fn uri(path: &Path, said: &str) -> std::ffi::OsString {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let mut uri = b"file:".to_vec();
    for &byte in path.as_os_str().as_bytes() {
        match byte {
            b'%' | b'?' | b'#' => uri.extend(format!("%{byte:02x}").bytes()),
            _ => uri.push(byte),
        }
    }
    uri.push(b'?');
    uri.extend(said.bytes());
    std::ffi::OsString::from_vec(uri)
}

/// Makes an empty file a database of Creel. Page size and vacuum mode can only be chosen before the first table.
///
/// Nothing of it is safe on the disk before the caller has brought it there: the file gets its name when it is whole, and
/// a journal for it would cost fourteen waits for the disk at a first start.
pub(crate) fn found(conn: &mut Connection, migrations: &[&str]) -> rusqlite::Result<()> {
    conn.execute_batch(&format!(
        "PRAGMA page_size = {PAGE}; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA synchronous = OFF;"
    ))?;
    conn.pragma_update_and_check(None, "journal_mode", "off", |_| Ok(()))?;
    migrate(conn, migrations, 0)?;
    conn.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))
}

/// Runs the migrations after `from` in one transaction: afterwards the file is of the newest version or as it was.
pub(crate) fn migrate(
    conn: &mut Connection,
    migrations: &[&str],
    from: usize,
) -> rusqlite::Result<()> {
    let all = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Exclusive)?;
    for sql in migrations.iter().skip(from) {
        all.execute_batch(sql)?;
    }
    all.pragma_update(None, "application_id", APPLICATION)?;
    all.pragma_update(None, "user_version", migrations.len() as i32)?;
    all.commit()
}

/// The tables as they are written down in the file.
pub(crate) fn written(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    conn.prepare("SELECT type || ' ' || name || ' ' || tbl_name || ' ' || ifnull(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY rowid")?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// The tables as they should be.
pub(crate) fn expected(migrations: &[&str]) -> rusqlite::Result<Vec<String>> {
    let conn = Connection::open_in_memory()?;
    for sql in migrations {
        conn.execute_batch(sql)?;
    }
    written(&conn)
}
