//! Puts another file in the place of the log, as a restore does. Only whoever holds the log alone may: nobody reads or writes it
//! meanwhile.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;

use crate::store::copy::sound;
use crate::store::fault::{beside, sort};
use crate::store::place::{has_bytes, make_file, make_folder, put_in_place};
use crate::store::{schema, seal};

/// A child that is just being started holds the lock of its parent for a moment: how long that is waited for, and how often.
const TURN: Duration = Duration::from_millis(10);
const TURNS: u32 = 50;

/// The log of a home, held alone.
#[derive(Debug)]
pub struct Alone {
    path: PathBuf,
    _lock: File,
}

/// What is in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holding {
    /// None is there, or nothing was ever kept in it.
    Nothing,
    Sessions(u64),
    /// It cannot be told from here: it was not closed in order, or is damaged, or of another version.
    Something,
}

impl Alone {
    /// Takes hold of the log; its folder is made where it is missing. The error is what a person is told.
    pub fn take(path: &Path) -> Result<Self, String> {
        make_folder(path, &mut Vec::new()).map_err(|error| error.to_string())?;
        let name = beside(path, ".lock");
        let failed = |error: &io::Error| format!("{}: {error}", name.display());
        let lock = make_file(&name, false).map_err(|error| failed(&error))?;
        for again in (0..TURNS).rev() {
            match lock.try_lock() {
                Ok(()) => {
                    let path = path.to_owned();
                    return Ok(Self { path, _lock: lock });
                }
                Err(TryLockError::WouldBlock) if again == 0 => {}
                Err(TryLockError::WouldBlock) => thread::sleep(TURN),
                Err(TryLockError::Error(error)) => return Err(failed(&error)),
            }
        }
        Err(format!(
            "another Creel has {} open: close it, then try again",
            path.display()
        ))
    }

    /// What is in the log that is there. Nothing is changed.
    pub fn holding(&self) -> Holding {
        let there = self.path.exists();
        if !there {
            let writes = has_bytes(&seal::writes(&self.path));
            return if writes {
                Holding::Something
            } else {
                Holding::Nothing
            };
        }
        let conn = if has_bytes(&seal::writes(&self.path)) {
            schema::open_held_with_writes(&self.path)
        } else {
            schema::open_alone(&self.path).ok()
        };
        conn.and_then(|conn| counted(&conn).ok())
            .unwrap_or(Holding::Something)
    }

    /// Moves the log into a folder that is there, with all that lies beside it under its name but for its locks.
    pub fn set_aside(&self, folder: &Path) -> io::Result<()> {
        let Some((above, name)) = self.path.parent().zip(self.path.file_name()) else {
            return Ok(());
        };
        // Made anew by whoever reads it.
        let _ = fs::remove_file(beside(&self.path, "-shm"));
        let mut moved = Vec::new();
        for entry in fs::read_dir(above)? {
            let entry = entry?;
            let other = entry.file_name();
            let rest = other
                .as_encoded_bytes()
                .strip_prefix(name.as_encoded_bytes());
            if rest.is_some_and(|rest| rest != b".lock") {
                moved.push((entry.path(), folder.join(&other)));
            }
        }
        // All of it has its new name before any loses the old one: a log without its writes beside it would lack its end.
        for (old, new) in &moved {
            fs::hard_link(old, new)?;
        }
        fs::File::open(folder)?.sync_all()?;
        moved.iter().try_for_each(|(old, _)| fs::remove_file(old))
    }

    /// Gives a log of [`examine`] this one's name. The next opening looks it through as any file that was not closed here.
    pub fn put(&self, new: &Path) -> Result<(), String> {
        let last = schema::open_alone(new)
            .and_then(|conn| schema::last_number(&conn))
            .map_err(|error| sort(new, &error).to_string())?;
        // The new file would be read together with what was written to the old one.
        for ending in ["-wal", "-shm", "-journal", ".uncut", ".unsound"] {
            let beside = beside(&self.path, ending);
            match fs::remove_file(&beside) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(format!("{}: {error}", beside.display()));
                }
                _ => {}
            }
        }
        // Else the next opening would miss what the old one had.
        seal::note_last(&self.path, last)
            .map_err(|error| format!("{}: {error}", self.path.display()))?;
        put_in_place(new, &self.path).map_err(|error| error.to_string())
    }
}

/// Whether a file can be a log here: sound, and of no newer version.
pub fn examine(new: &Path) -> Result<(), String> {
    let conn = schema::open_alone(new).map_err(|error| sort(new, &error).to_string())?;
    sound(&conn, new).map(drop)
}

fn counted(conn: &Connection) -> rusqlite::Result<Holding> {
    let sessions: i64 = conn.query_row("SELECT count(*) FROM card", [], |row| row.get(0))?;
    let other: bool = conn.query_row(
        "SELECT EXISTS (SELECT 1 FROM rule) OR EXISTS (SELECT 1 FROM draft) OR EXISTS (SELECT 1 FROM ledger)",
        [],
        |row| row.get(0),
    )?;
    Ok(match (sessions, other) {
        (0, false) if schema::last_number(conn)? == 0 => Holding::Nothing,
        (sessions, _) => Holding::Sessions(sessions.unsigned_abs()),
    })
}
