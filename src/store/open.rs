//! Opening the file: made when missing, migrated when old, saved when damaged, read-only when newer.
//!
//! A lock file beside it is held shared by every process that writes. Work that replaces the file or its tables is done
//! only by a process that holds it alone.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::{Connection, ErrorCode};

use crate::store::fault::{OpenError, beside};
use crate::store::salvage;
use crate::store::schema::{self, APPLICATION, MIGRATIONS};
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
    if !path.exists() || is_writable(path) {
        let found = put_in_order(path, migrations, &lock, &mut notices)?;
        if let Finding::Newer(version) = found {
            let why = format!(
                "{} was written by a newer Creel (its version is {version}, this Creel knows {}): it is opened read-only; update Creel",
                path.display(),
                migrations.len()
            );
            return Ok(read_only(notices, why));
        }
    } else {
        return unwritable(path, &io::ErrorKind::PermissionDenied.into());
    }
    let conn =
        schema::open_writer(path, WAIT).map_err(|error| OpenError::from_sql(path, &error))?;
    // Between the lone look and the shared lock a newer Creel may have migrated the file.
    match schema::label(&conn) {
        Ok(label) if label.version as usize == migrations.len() => Ok(Ready {
            conn: Some(conn),
            lock: Some(lock),
            notices,
            read_only: None,
        }),
        Ok(_) => Err(in_use(path, "was changed")),
        Err(error) => Err(OpenError::from_sql(path, &error)),
    }
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
        // Whoever really has the file open has its index of the log of writes beside it.
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
    let found = match examine(path, migrations)? {
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
        found @ (Finding::Sound | Finding::Older(_)) if seal != Seal::Closed => {
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
    // A header can be such that the file is read well and never written.
    let writer = schema::open_writer(path, WAIT)?;
    let journal: String = writer.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
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

pub(crate) fn put_in_place(new: &Path, path: &Path) -> Result<(), OpenError> {
    // What SQLite could not write back on closing would be lost with the rename.
    if has_bytes(&beside(new, "-wal")) {
        remove(new);
        return Err(OpenError::Full(new.to_owned()));
    }
    // It was written without waiting for the disk (`schema::found`).
    File::open(new)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(new, path))
        .and_then(|()| path.parent().map_or(Ok(()), sync_folder))
        .map_err(|error| OpenError::from_io(path, &error))
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Leaves a copy of the old version, then migrates in one transaction.
fn migrate(path: &Path, migrations: &[&str], from: usize) -> Result<(), OpenError> {
    let copy = beside(path, &format!(".before-v{}", migrations.len()));
    let half = beside(path, ".new");
    remove(&half);
    make_file(&half, true).map_err(|error| OpenError::from_io(&half, &error))?;
    let sql = |error| OpenError::from_sql(path, &error);
    let mut conn = schema::open_writer(path, WAIT).map_err(sql)?;
    let mut copied = Connection::open(&half).map_err(sql)?;
    Backup::new(&conn, &mut copied)
        .and_then(|backup| backup.run_to_completion(std::ffi::c_int::MAX, TURN, None))
        .map_err(sql)?;
    drop(copied);
    File::open(&half)
        .and_then(|file| file.sync_all())
        .map_err(|error| OpenError::from_io(&half, &error))?;
    put_in_place(&half, &copy)?;
    schema::migrate(&mut conn, migrations, from).map_err(sql)
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

/// A home that cannot be written can still be read, if there is something.
fn unwritable(path: &Path, error: &io::Error) -> Result<Ready, OpenError> {
    if path.is_file() && File::open(path).is_ok() {
        let why = format!(
            "{} cannot be written ({error}): it is opened read-only; `chmod u+rwX` it and its folder",
            path.display()
        );
        return Ok(read_only(Vec::new(), why));
    }
    Err(OpenError::from_io(path.parent().unwrap_or(path), error))
}

/// The folder of the file with all above it. Those made are the owner's alone; those found are left as they are, with a word
/// when others may change what is in them.
fn make_folder(path: &Path, notices: &mut Vec<String>) -> Result<(), OpenError> {
    let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    else {
        return Ok(());
    };
    if !folder.is_dir() {
        // Made one by one, so that the error names the part that is in the way.
        let mut missing: Vec<&Path> = folder
            .ancestors()
            .take_while(|part| !part.as_os_str().is_empty() && !part.is_dir())
            .collect();
        while let Some(part) = missing.pop() {
            match DirBuilder::new().mode(0o700).create(part) {
                Ok(()) => set_mode(part, 0o700),
                Err(_) if part.is_dir() => {}
                // What may not be written is the folder it would be in.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(OpenError::NotAFolder(part.to_owned()));
                }
                Err(error) => {
                    return Err(OpenError::from_io(part.parent().unwrap_or(part), &error));
                }
            }
        }
    }
    let mode = folder
        .metadata()
        .map_or(0, |metadata| metadata.permissions().mode());
    if mode & 0o022 != 0 && mode & 0o1000 == 0 {
        notices.push(format!(
            "others on this machine can change files in {}: `chmod go-w` it",
            folder.display()
        ));
    }
    Ok(())
}

/// A file of the owner alone, whatever the umask; `SQLite` gives the files it puts beside it the same mode.
fn make_file(path: &Path, new: bool) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .create_new(new)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    if file.metadata()?.permissions().mode() & 0o777 != 0o600 {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

/// By name, because opening and closing the file would take `SQLite`'s locks away from this process.
fn is_writable(path: &Path) -> bool {
    let Ok(metadata) = path.metadata() else {
        return true;
    };
    if metadata.permissions().mode() & 0o077 != 0 {
        set_mode(path, metadata.permissions().mode() & 0o700);
    }
    rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
}

fn set_mode(path: &Path, mode: u32) {
    // Not its owner: then it is as its owner wants it.
    let _ = fs::set_permissions(path, fs::Permissions::from_mode(mode));
}

fn has_bytes(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.len() > 0)
}

/// A database that was not finished, with what `SQLite` put beside it.
pub(crate) fn remove(path: &Path) {
    for ending in ["", "-wal", "-shm", "-journal"] {
        let _ = fs::remove_file(beside(path, ending));
    }
}
