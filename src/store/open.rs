//! Opening the file: made when missing, migrated when old, saved when damaged, read-only when newer.
//!
//! A lock file beside it is held shared by every process that writes. Work that replaces the file or its tables is done
//! only by a process that holds it alone.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, MAIN_DB};

use crate::store::fault::{OpenError, beside};
use crate::store::place::{has_bytes, is_writable, make_file, make_folder, put_in_place, remove};
use crate::store::salvage;
use crate::store::schema::{self, APPLICATION, Label, MIGRATIONS};
use crate::store::seal::{self, Seal};

/// How long to wait for another process in a transaction.
pub(crate) const WAIT: Duration = Duration::from_secs(10);

/// How long to wait for one that migrates or saves.
const TURNS: u32 = 3000;
const TURN: Duration = Duration::from_millis(10);

/// How often work for a lone process is tried before another is said to be in the way: half a second.
const AGAIN: u32 = 50;

/// Up to this size an unmarked file is looked through with its indexes, up to the next without them (about 0.3 s); a larger
/// one only when damage was met in it.
const THOROUGH: u64 = 16 << 20;
const QUICK: u64 = 256 << 20;

/// A version no release will reach: such a number is damage.
const ABSURD: i32 = 10_000;

pub(crate) struct Ready {
    pub conn: Option<Connection>,
    pub lock: Option<File>,
    pub notices: Vec<String>,
    /// Why nothing can be written.
    pub read_only: Option<String>,
}

/// What a look at the file finds.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Finding {
    Missing,
    Sound,
    Older(usize),
    Newer(i32),
    /// Why.
    Damaged(String),
}

pub(crate) fn open(path: &Path) -> Result<Ready, OpenError> {
    open_as(path, MIGRATIONS)
}

pub(crate) fn open_as(path: &Path, migrations: &[&str]) -> Result<Ready, OpenError> {
    let mut notices = Vec::new();
    make_folder(path, &mut notices)?;
    let lock = match make_file(&beside(path, ".lock"), false) {
        Ok(lock) => lock,
        Err(error) => return unwritable(path, &error),
    };
    if path.is_dir() {
        return Err(OpenError::Failed {
            path: path.to_owned(),
            why: "is a folder where the database should be: move it away".to_owned(),
        });
    }
    if path.exists() && !is_writable(path) {
        return unwritable(path, &io::ErrorKind::PermissionDenied.into());
    }
    if let Some(conn) = open_closed(path, migrations, &lock)? {
        return Ok(ready(conn, lock, notices));
    }
    if let Finding::Newer(version) = put_in_order(path, migrations, &lock, &mut notices)? {
        let why = format!(
            "{} was written by a newer Creel (its version is {version}, this Creel knows {}): it is opened read-only; update Creel",
            path.display(),
            migrations.len()
        );
        return Ok(read_only(notices, why));
    }
    let conn = writer(path).map_err(|error| OpenError::from_sql(path, &error))?;
    // Between the lone look and the shared lock a newer Creel may have migrated the file.
    match schema::label(&conn) {
        Ok(label) if is_of(label, migrations) => Ok(ready(conn, lock, notices)),
        Ok(_) => Err(in_use(path, "was changed")),
        Err(error) => Err(OpenError::from_sql(path, &error)),
    }
}

fn ready(conn: Connection, lock: File, notices: Vec<String>) -> Ready {
    Ready {
        conn: Some(conn),
        lock: Some(lock),
        notices,
        read_only: None,
    }
}

/// The file, when it was closed in order and is of this version: nearly every start. It costs no second connection to look
/// with. The lock is then held shared; otherwise it is free.
fn open_closed(
    path: &Path,
    migrations: &[&str],
    lock: &File,
) -> Result<Option<Connection>, OpenError> {
    let is_closed = || seal::read(path).ok() == Some(Seal::Closed);
    // Before the lock: whoever must look the file through has to be alone with it, and is not in the way of another who must.
    if !is_closed() || lock.try_lock_shared().is_err() {
        return Ok(None);
    }
    if is_closed()
        && let Ok(conn) = writer(path)
        && schema::label(&conn).is_ok_and(|label| is_of(label, migrations))
        && is_taken_for_writable(&conn)
    {
        return Ok(Some(conn));
    }
    lock.unlock()
        .map_err(|error| OpenError::from_io(path, &error))?;
    Ok(None)
}

/// A header can be such that the file is read well and never written. Known once the file was looked into.
fn is_taken_for_writable(conn: &Connection) -> bool {
    conn.is_readonly(MAIN_DB).is_ok_and(|readonly| !readonly)
}

/// A connection that leaves what was written beside the file when it is closed: see [`crate::store::writer`].
fn writer(path: &Path) -> rusqlite::Result<Connection> {
    let conn = schema::open_writer(path, WAIT)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(conn)
}

fn is_of(label: Label, migrations: &[&str]) -> bool {
    label.application == APPLICATION && label.version as usize == migrations.len()
}

/// Looks at the file and does what it needs; afterwards the lock is held shared.
///
/// Between fork and exec a child of any process that has the file open holds its lock as well. So work that needs a lone
/// process is tried again for a moment before anybody is told that another Creel is in the way.
fn put_in_order(
    path: &Path,
    migrations: &[&str],
    lock: &File,
    notices: &mut Vec<String>,
) -> Result<Finding, OpenError> {
    for again in (0..AGAIN).rev() {
        // Whoever really has the file open has its index of the log of writes beside it; so may a file that was closed.
        let passing = again > 0 && !beside(path, "-shm").exists();
        let why = match put_in_order_now(path, migrations, lock, notices, passing)? {
            None => String::new(),
            Some(Finding::Older(_)) => "is of an older version and must be migrated".to_owned(),
            Some(Finding::Damaged(why)) => format!("is damaged ({why})"),
            Some(found) => return Ok(found),
        };
        if again == 0 {
            return Err(in_use(path, &why));
        }
        std::thread::sleep(TURN);
    }
    Err(in_use(path, "is being opened"))
}

/// One try: a file that is older or damaged is still so when others have it open. `None` when somebody holds the lock who
/// is only passing.
fn put_in_order_now(
    path: &Path,
    migrations: &[&str],
    lock: &File,
    notices: &mut Vec<String>,
    passing: bool,
) -> Result<Option<Finding>, OpenError> {
    let alone = match lock.try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(error)) => {
            return Err(OpenError::from_io(&beside(path, ".lock"), &error));
        }
    };
    if !alone && passing {
        return Ok(None);
    }
    if !alone {
        share(path, lock)?;
        // Others have it open, so it was sound when they opened it.
        return match look(path, migrations)? {
            Finding::Missing => found_new(path, migrations).map(|()| Some(Finding::Sound)),
            found => Ok(Some(found)),
        };
    }
    if seal::read(path).is_ok_and(|seal| seal == Seal::Bereft) {
        notices.push(format!(
            "{} is gone, which held what was written last to {}: what was said last before Creel was closed may be missing",
            seal::writes(path).display(),
            path.display()
        ));
    }
    let examined = examine(path, migrations)?;
    if notices.is_empty() && matches!(examined, Finding::Sound | Finding::Older(_)) {
        notices.extend(cut_short(path));
    }
    let found = match examined {
        Finding::Missing => {
            found_new(path, migrations)?;
            Finding::Sound
        }
        Finding::Older(version) => {
            migrate(path, migrations, version)?;
            Finding::Sound
        }
        Finding::Damaged(why) => {
            notices.push(salvage::run(path, migrations, &why)?);
            Finding::Sound
        }
        found => found,
    };
    seal::forget(path);
    lock.unlock()
        .map_err(|error| OpenError::from_io(path, &error))?;
    share(path, lock)?;
    Ok(Some(found))
}

/// That the file ends before where it ended when it was closed, in words.
fn cut_short(path: &Path) -> Option<String> {
    let noted = seal::noted_last(path)?;
    let conn = schema::open_reader(path, WAIT).ok()?;
    let missing = noted - schema::last_number(&conn).ok()?;
    let facts = match missing {
        1 => "its last fact is".to_owned(),
        _ => format!("its last {missing} facts are"),
    };
    (missing > 0).then(|| {
        format!(
            "{} ends before where it ended when Creel was last closed: {facts} missing, as where {} is not copied with it; copy both to have them",
            path.display(),
            seal::writes(path).display()
        )
    })
}

fn share(path: &Path, lock: &File) -> Result<(), OpenError> {
    for _ in 0..TURNS {
        match lock.try_lock_shared() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(TURN),
            Err(TryLockError::Error(error)) => return Err(OpenError::from_io(path, &error)),
        }
    }
    Err(in_use(path, "is being migrated or saved"))
}

fn in_use(path: &Path, why: &str) -> OpenError {
    OpenError::InUse {
        path: path.to_owned(),
        why: why.to_owned(),
    }
}

/// A quick look at a marked file, a thorough one at any other.
fn examine(path: &Path, migrations: &[&str]) -> Result<Finding, OpenError> {
    let seal = match seal::read(path) {
        Ok(seal) => seal,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // A new file would be read together with the old one's log of writes.
            return Ok(if has_bytes(&beside(path, "-wal")) {
                Finding::Damaged("the file is gone and only its log of writes is there".to_owned())
            } else {
                Finding::Missing
            });
        }
        Err(error) => return Err(OpenError::from_io(path, &error)),
    };
    match look(path, migrations)? {
        found @ (Finding::Sound | Finding::Older(_))
            if seal != Seal::Closed || !is_writable_inside(path) =>
        {
            // A version that is not that of the tables is damage: to migrate from there would fail for ever.
            let made = match found {
                Finding::Older(version) => migrations.get(..version).unwrap_or(migrations),
                _ => migrations,
            };
            let wrong = look_through(path, made, seal);
            damage(path, wrong.map(|why| why.map_or(found, Finding::Damaged)))
        }
        found => Ok(found),
    }
}

/// The same of a file that can be opened.
fn is_writable_inside(path: &Path) -> bool {
    schema::open_writer(path, WAIT)
        .is_ok_and(|conn| schema::label(&conn).is_ok() && is_taken_for_writable(&conn))
}

/// What the header says.
fn look(path: &Path, migrations: &[&str]) -> Result<Finding, OpenError> {
    let bytes = match path.metadata() {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Finding::Missing),
        Err(error) => return Err(OpenError::from_io(path, &error)),
    };
    if bytes == 0 && !has_bytes(&beside(path, "-wal")) {
        return Ok(Finding::Damaged("it is empty".to_owned()));
    }
    let known = migrations.len() as i32;
    let label = schema::open_reader(path, WAIT).and_then(|conn| schema::label(&conn));
    let found = label.map(|label| match label.version {
        _ if label.application != APPLICATION => {
            Finding::Damaged("it is not marked as a database of Creel".to_owned())
        }
        version if version <= 0 || version > ABSURD => {
            Finding::Damaged(format!("its version cannot be {version}"))
        }
        version if version > known => Finding::Newer(version),
        version if version < known => Finding::Older(version as usize),
        _ => Finding::Sound,
    });
    damage(path, found)
}

/// Whether the tables are as they should be, and every page. The answer says what is wrong.
fn look_through(path: &Path, migrations: &[&str], seal: Seal) -> rusqlite::Result<Option<String>> {
    let conn = schema::open_reader(path, WAIT)?;
    if schema::written(&conn)? != schema::expected(migrations)? {
        return Ok(Some("its tables are not as they were made".to_owned()));
    }
    let bytes = path.metadata().map_or(0, |metadata| metadata.len());
    let check = if bytes <= THOROUGH {
        "PRAGMA integrity_check(1)"
    } else if bytes <= QUICK || seal == Seal::Unsound {
        "PRAGMA quick_check(1)"
    } else {
        return Ok(None);
    };
    let said: String = conn.query_row(check, [], |row| row.get(0))?;
    if said != "ok" {
        return Ok(Some(said.lines().last().unwrap_or_default().to_owned()));
    }
    let writer = schema::open_writer(path, WAIT)?;
    let journal: String = writer.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if !is_taken_for_writable(&writer) {
        return Ok(Some("its header is wrong".to_owned()));
    }
    writer.execute_batch("BEGIN IMMEDIATE; ROLLBACK")?;
    Ok((journal != "wal").then(|| "its header is wrong".to_owned()))
}

/// Tells errors that mean a damaged file from those that mean that it could not be looked at; only the first may lead to
/// its replacement.
fn damage(path: &Path, found: rusqlite::Result<Finding>) -> Result<Finding, OpenError> {
    match found {
        Ok(found) => Ok(found),
        Err(error) => match &error {
            rusqlite::Error::SqliteFailure(code, _)
                if !matches!(
                    code.code,
                    ErrorCode::DatabaseCorrupt
                        | ErrorCode::NotADatabase
                        | ErrorCode::Unknown
                        | ErrorCode::ReadOnly
                        | ErrorCode::TooBig
                ) =>
            {
                Err(OpenError::from_sql(path, &error))
            }
            _ => Ok(Finding::Damaged(error.to_string())),
        },
    }
}

/// Makes a new database under another name and puts it in place whole, so that no start ever meets half of one.
fn found_new(path: &Path, migrations: &[&str]) -> Result<(), OpenError> {
    let new = beside(path, ".new");
    remove(&new);
    build(&new, |_| Ok(()), migrations)?;
    put_in_place(&new, path)
}

/// A new database at `new`, filled by `fill`.
pub(crate) fn build(
    new: &Path,
    fill: impl FnOnce(&mut Connection) -> rusqlite::Result<()>,
    migrations: &[&str],
) -> Result<(), OpenError> {
    make_file(new, true).map_err(|error| OpenError::from_io(new, &error))?;
    let built = schema::open_writer(new, WAIT).and_then(|mut conn| {
        schema::found(&mut conn, migrations)?;
        fill(&mut conn)
    });
    built.map_err(|error| {
        remove(new);
        OpenError::from_sql(new, &error)
    })
}

/// Leaves a copy of the old version, then migrates in one transaction. Where all rows stay as they are there is nothing to keep.
fn migrate(path: &Path, migrations: &[&str], from: usize) -> Result<(), OpenError> {
    if !migrations.iter().skip(from).all(|sql| leaves_rows(sql)) {
        leave_copy(path, migrations)?;
    }
    let sql = |error| OpenError::from_sql(path, &error);
    let mut conn = schema::open_writer(path, WAIT).map_err(sql)?;
    schema::migrate(&mut conn, migrations, from).map_err(sql)
}

/// Whether a migration only makes what helps to find rows.
fn leaves_rows(sql: &str) -> bool {
    let mut statements = sql.split(';').map(str::trim);
    statements.all(|statement| statement.is_empty() || statement.starts_with("CREATE INDEX "))
}

fn leave_copy(path: &Path, migrations: &[&str]) -> Result<(), OpenError> {
    let copy = beside(path, &format!(".before-v{}", migrations.len()));
    let half = beside(path, ".new");
    remove(&half);
    make_file(&half, true).map_err(|error| OpenError::from_io(&half, &error))?;
    let sql = |error| OpenError::from_sql(path, &error);
    let conn = schema::open_writer(path, WAIT).map_err(sql)?;
    let mut copied = Connection::open(&half).map_err(sql)?;
    Backup::new(&conn, &mut copied)
        .and_then(|backup| backup.run_to_completion(std::ffi::c_int::MAX, TURN, None))
        .map_err(sql)?;
    drop(copied);
    File::open(&half)
        .and_then(|file| file.sync_all())
        .map_err(|error| OpenError::from_io(&half, &error))?;
    put_in_place(&half, &copy)
}

/// The notice and the handle of a file that is only read.
fn read_only(notices: Vec<String>, why: String) -> Ready {
    let mut notices = notices;
    notices.push(why.clone());
    Ready {
        conn: None,
        lock: None,
        notices,
        read_only: Some(why),
    }
}

/// What is beside the file and is not read with it.
fn unread_writes(path: &Path) -> String {
    let writes = seal::writes(path);
    let lone = has_bytes(&writes) && !beside(path, "-shm").exists();
    if lone && schema::open_with_writes(path).is_none() {
        let name = writes.display();
        format!("; until then what was written last, in {name}, is not shown")
    } else {
        String::new()
    }
}

/// A home that cannot be written can still be read, if there is something.
fn unwritable(path: &Path, error: &io::Error) -> Result<Ready, OpenError> {
    if path.is_file() && File::open(path).is_ok() {
        let why = format!(
            "{} cannot be written ({error}): it is opened read-only; `chmod u+rwX` it and its folder{}",
            path.display(),
            unread_writes(path)
        );
        return Ok(read_only(Vec::new(), why));
    }
    Err(OpenError::from_io(path.parent().unwrap_or(path), error))
}
