//! The log as it stands at one moment, in a file of its own, while others may write on: what a backup takes.
//!
//! The copy lies beside the log for as long as it is made, and has no name any more when it is read. What a kill leaves of one is
//! taken away by the next copy, and by a purge. Where nothing can be made there, it lies where whoever asks for it says.

use std::fs::{self, File, TryLockError};
use std::io::{self, Seek};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, TransactionBehavior};
use tempfile::NamedTempFile;

use crate::store::fault::{StoreError, beside, sort};
use crate::store::open::WAIT;
use crate::store::place::{has_bytes, make_file, remove};
use crate::store::schema::{self, APPLICATION, MIGRATIONS};

/// Pages that are copied between two looks at whether to go on: 4 MB.
const STEP: i32 = 1024;

/// The log at one moment.
#[derive(Debug)]
pub struct Copied {
    /// At its beginning.
    pub file: File,
    pub bytes: u64,
    /// Of its tables.
    pub version: u32,
    pub sessions: u64,
    pub items: u64,
}

/// Why there is none.
#[derive(Debug, PartialEq, Eq)]
pub enum NoCopy {
    /// Whoever asked for it said no in between.
    Stopped,
    Failed(String),
}

impl From<String> for NoCopy {
    fn from(why: String) -> Self {
        Self::Failed(why)
    }
}

/// The newest version of the tables that this Creel knows.
pub fn known_version() -> u32 {
    MIGRATIONS.len() as u32
}

/// Copies the log; `None` where there is none. `step` hears how many bytes of how many are copied, and ends it with a no.
/// `elsewhere` makes a file for the copy where none can be made beside the log. Blocks.
pub fn copy(
    path: &Path,
    elsewhere: &dyn Fn() -> io::Result<NamedTempFile>,
    step: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<Option<Copied>, NoCopy> {
    if !path.exists() {
        if has_bytes(&beside(path, "-wal")) {
            let why = "is gone and only its log of writes is there: start Creel once, it saves what can be read";
            return Err(NoCopy::Failed(format!("{} {why}", path.display())));
        }
        return Ok(None);
    }
    // As whoever writes, so that no other puts another file in its place meanwhile. Where no lock can be made nobody writes.
    let lock = make_file(&beside(path, ".lock"), false);
    if let Ok(lock) = &lock
        && let Err(TryLockError::WouldBlock) = lock.try_lock_shared()
    {
        let why = "is being migrated, saved or restored: wait for that, then try again";
        return Err(NoCopy::Failed(format!("{} {why}", path.display())));
    }
    let place = match Place::beside(path)? {
        Some(place) => place,
        None => Place::elsewhere(path, elsewhere)?,
    };
    fill(path, &place, step)?;
    Ok(Some(place.looked_through(path)?))
}

/// What a kill has left of a copy; one that is being made stays.
pub(crate) fn forget(path: &Path) {
    if name(path).exists() {
        // Taking the place of it and letting go of that.
        drop(Place::beside(path));
    }
}

fn name(path: &Path) -> PathBuf {
    beside(path, ".backup")
}

/// Where a copy is made. The file goes with the value.
struct Place {
    path: PathBuf,
    file: File,
    /// Not beside the log.
    elsewhere: Option<NamedTempFile>,
}

impl Place {
    /// `None` where none can be made there.
    fn beside(log: &Path) -> Result<Option<Self>, NoCopy> {
        let path = name(log);
        let told = |error: &io::Error| format!("cannot copy {}: {error}", log.display());
        while let Ok(file) = make_file(&path, false) {
            if file.try_lock().is_err() {
                let why = "another backup is being made: wait for it, then try again";
                return Err(NoCopy::Failed(why.to_owned()));
            }
            // Another that has just ended took its name away.
            if !is_named(&file, &path) {
                continue;
            }
            // Also what lies beside the one of before.
            for ending in ["-wal", "-shm", "-journal"] {
                let _ = fs::remove_file(beside(&path, ending));
            }
            file.set_len(0).map_err(|error| told(&error))?;
            let elsewhere = None;
            return Ok(Some(Self {
                path,
                file,
                elsewhere,
            }));
        }
        Ok(None)
    }

    fn elsewhere(log: &Path, make: &dyn Fn() -> io::Result<NamedTempFile>) -> Result<Self, NoCopy> {
        let told = |error: &io::Error| format!("cannot copy {}: {error}", log.display());
        let spare = make().map_err(|error| told(&error))?;
        let file = spare.reopen().map_err(|error| told(&error))?;
        Ok(Self {
            path: spare.path().to_owned(),
            file,
            elsewhere: Some(spare),
        })
    }

    /// The copy, when it is sound; it has no name any more.
    fn looked_through(self, log: &Path) -> Result<Copied, NoCopy> {
        let sql = |error: rusqlite::Error| sort(log, &error).to_string();
        let conn = schema::open_alone(&self.path).map_err(sql)?;
        let found = sound(&conn, log)?;
        let one = |sql: &str| {
            let count = conn.query_row(sql, [], |row| row.get::<_, i64>(0));
            count.map(i64::unsigned_abs)
        };
        let sessions = one("SELECT count(*) FROM card").map_err(sql)?;
        let items = one("SELECT count(*) FROM event WHERE kind = 'item_added'").map_err(sql)?;
        drop(conn);
        let io = |error: io::Error| format!("{}: {error}", self.path.display());
        let mut file = self.file.try_clone().map_err(io)?;
        file.rewind().map_err(io)?;
        let bytes = file.metadata().map_err(io)?.len();
        Ok(Copied {
            file,
            bytes,
            version: found,
            sessions,
            items,
        })
    }
}

fn is_named(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(ours), Ok(named)) => ours.ino() == named.ino() && ours.dev() == named.dev(),
        _ => false,
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.elsewhere.is_none() {
            remove(&self.path);
        }
    }
}

fn fill(path: &Path, place: &Place, step: &mut dyn FnMut(u64, u64) -> bool) -> Result<(), NoCopy> {
    let sql = |error: rusqlite::Error| NoCopy::Failed(sort(path, &error).to_string());
    let mut from = schema::open_reader(path, WAIT).map_err(sql)?;
    label(&from, path)?;
    // As long as this is open all pages are those of one moment, whoever writes.
    let moment = from
        .transaction_with_behavior(TransactionBehavior::Deferred)
        .map_err(sql)?;
    schema::label(&moment).map_err(sql)?;
    let mut to = Connection::open(&place.path).map_err(sql)?;
    // A copy that is not finished is thrown away.
    to.pragma_update_and_check(None, "journal_mode", "off", |_| Ok(()))
        .and_then(|()| to.execute_batch("PRAGMA synchronous = OFF"))
        .map_err(sql)?;
    let backup = Backup::new(&moment, &mut to).map_err(sql)?;
    loop {
        let result = backup.step(STEP).map_err(|error| {
            // Which of the two files it was, it does not say; of the log only that it is damaged is sure.
            let why = match sort(path, &error) {
                StoreError::Damaged { .. } | StoreError::Busy(_) => return sql(error),
                StoreError::Full(_) => "no space left: free some".to_owned(),
                _ => format!("{error}: check the disk"),
            };
            NoCopy::Failed(format!(
                "cannot copy {} into {}: {why}, then try again",
                path.display(),
                place.path.display()
            ))
        })?;
        let progress = backup.progress();
        let bytes = |pages: i32| u64::from(pages.unsigned_abs()) * schema::PAGE as u64;
        let done = bytes(progress.pagecount.saturating_sub(progress.remaining));
        if !step(done, bytes(progress.pagecount)) {
            return Err(NoCopy::Stopped);
        }
        match result {
            StepResult::Done => break,
            StepResult::More => {}
            _ => {
                return Err(NoCopy::Failed(format!(
                    "{} is held for too long",
                    path.display()
                )));
            }
        }
    }
    Ok(())
}

/// The version of the tables, where this Creel knows it.
pub(crate) fn label(conn: &Connection, path: &Path) -> Result<u32, String> {
    let label = schema::label(conn).map_err(|error| sort(path, &error).to_string())?;
    let known = known_version();
    if label.application != APPLICATION || label.version <= 0 {
        return Err(format!("{} is no log of Creel", path.display()));
    }
    let version = label.version.unsigned_abs();
    if version > known {
        return Err(format!(
            "{} was written by a newer Creel (its version is {version}, this Creel knows {known}): update Creel",
            path.display()
        ));
    }
    Ok(version)
}

/// The same, where every page of it is as it should be.
pub(crate) fn sound(conn: &Connection, path: &Path) -> Result<u32, String> {
    let version = label(conn, path)?;
    let said: rusqlite::Result<String> =
        conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
    let why = match said {
        Ok(said) if said == "ok" => return Ok(version),
        Ok(said) => said,
        Err(error) => error.to_string(),
    };
    let why = why.lines().last().unwrap_or_default().to_owned();
    Err(format!(
        "{} is damaged ({why}): start Creel once, it saves what can be read",
        path.display()
    ))
}

/// Takes a folder away with all that is in it; one that is not there is gone.
pub fn remove_folder(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
