//! `SQLite` files of other programs, read without a trace: nothing in their folder is changed or made, not even the files that
//! `SQLite` itself puts beside a database that is only read.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row, params_from_iter};
use tempfile::TempDir;

use crate::import::lines::LINE;

/// What a program has not yet written into its database itself lies beside it.
const BESIDE: &[&str] = &["-wal", "-journal"];

/// How often a copy is tried of what is written meanwhile.
const TRIES: usize = 3;

/// What the names of folders with copies begin with: folders that a process owns while it lives, and that whoever comes after it
/// takes away where it was killed. Copies hold what a person said elsewhere.
pub(crate) const PREFIX: &str = "creel-own-";

/// So often another may be sweeping the moment one is made.
const MAKES: usize = 8;

/// An open database.
#[derive(Debug)]
pub struct Database {
    connection: Connection,
    /// Of a copy, which goes with it; and the lock on it, let go of behind it, as fields are in their order.
    _folder: Option<(TempDir, File)>,
}

impl Database {
    /// Opens a file. Where the program has written what is not yet in the file itself, a copy of both is read, since `SQLite`
    /// would have to write to put them together.
    pub fn open(path: &Path) -> io::Result<Self> {
        let (connection, folder) = if beside(path).is_empty() {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
            let connection = Connection::open_with_flags(untouched(path), flags);
            (connection.map_err(io::Error::other)?, None)
        } else {
            let folder = owned()?;
            let copy = copied(path, folder.0.path())?;
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
            let connection = Connection::open_with_flags(copy, flags);
            (connection.map_err(io::Error::other)?, Some(folder))
        };
        // What stands in a foreign schema runs no functions of its own.
        for (config, on) in [
            (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
            (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        ] {
            connection
                .set_db_config(config, on)
                .map_err(io::Error::other)?;
        }
        Ok(Self {
            connection,
            _folder: folder,
        })
    }

    /// The columns of a table; none where there is no such table. A view is none: it could be without end.
    pub fn columns(&self, table: &str) -> rusqlite::Result<Vec<String>> {
        let mut tables = self
            .connection
            .prepare("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1")?;
        let plain = tables
            .query_map([table], |row| row.get::<_, Option<String>>(0))?
            .next()
            .transpose()?
            .flatten()
            .is_some_and(|sql| !sql.to_ascii_uppercase().starts_with("CREATE VIRTUAL"));
        if !plain {
            return Ok(Vec::new());
        }
        let mut columns = self
            .connection
            .prepare("SELECT name FROM pragma_table_info(?1)")?;
        columns.query_map([table], |row| row.get(0))?.collect()
    }

    /// Calls `take` with each row of a table: the columns that are asked for, nothing in place of those that it has not. A table
    /// that is not there has no rows. Answers whether there is one.
    pub fn rows(
        &self,
        table: &str,
        wanted: &[&str],
        order: &[&str],
        take: impl FnMut(&Values),
    ) -> rusqlite::Result<bool> {
        self.selected(table, (wanted, None), order, take)
    }

    /// The same, of the rows whose column has one of these values.
    pub fn rows_of(
        &self,
        table: &str,
        wanted: &[&str],
        order: &[&str],
        (column, values): (&str, &[&str]),
        take: impl FnMut(&Values),
    ) -> rusqlite::Result<bool> {
        self.selected(table, (wanted, Some((column, values))), order, take)
    }

    /// How many bytes the rows of each value of a column have in some others, a byte of each counted so many times. In the order of
    /// the values; nothing of a table or column that is not there.
    pub fn weights(
        &self,
        table: &str,
        by: &str,
        of: &[(&str, u64)],
    ) -> rusqlite::Result<Vec<(String, u64)>> {
        let columns = self.columns(table)?;
        let there = |name: &str| columns.iter().any(|column| column == name);
        if !there(by) {
            return Ok(Vec::new());
        }
        let mut sum = "count(*)".to_owned();
        for (column, times) in of.iter().filter(|(column, _)| there(column)) {
            // A String takes all that is written to it.
            let _ = write!(
                sum,
                " + {times} * ifnull(sum(octet_length(\"{column}\")), 0)"
            );
        }
        let sql =
            format!("SELECT \"{by}\", {sum} FROM \"{table}\" GROUP BY \"{by}\" ORDER BY \"{by}\"");
        let mut statement = self.connection.prepare(&sql)?;
        let mut rows = statement.query([])?;
        let mut weights = Vec::new();
        while let Some(row) = rows.next()? {
            let values = Values { row };
            if let Some(value) = values.text(0) {
                let weight = values.integer(1).unwrap_or_default().unsigned_abs();
                weights.push((value.to_owned(), weight));
            }
        }
        Ok(weights)
    }

    fn selected(
        &self,
        table: &str,
        (wanted, only): (&[&str], Option<(&str, &[&str])>),
        order: &[&str],
        mut take: impl FnMut(&Values),
    ) -> rusqlite::Result<bool> {
        let columns = self.columns(table)?;
        if columns.is_empty() {
            return Ok(false);
        }
        let there = |name: &&str| columns.iter().any(|column| column == name);
        let selected: Vec<String> = wanted
            .iter()
            .map(|name| {
                if there(name) {
                    format!("\"{name}\"")
                } else {
                    "NULL".to_owned()
                }
            })
            .collect();
        let order: Vec<&str> = order.iter().copied().filter(|name| there(name)).collect();
        let mut sql = format!("SELECT {} FROM \"{table}\"", selected.join(", "));
        let only = only.filter(|(column, _)| there(column));
        if let Some((column, values)) = only {
            let places = vec!["?"; values.len()].join(", ");
            // A String takes all that is written to it.
            let _ = write!(sql, " WHERE \"{column}\" IN ({places})");
        }
        if !order.is_empty() {
            // A String takes all that is written to it.
            let _ = write!(sql, " ORDER BY \"{}\"", order.join("\", \""));
        }
        let mut statement = self.connection.prepare(&sql)?;
        let values = only.map_or(&[][..], |(_, values)| values);
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            take(&Values { row });
        }
        Ok(true)
    }
}

/// The columns of a row, by their place in what was asked for. What has another type than expected is nothing.
#[derive(Debug)]
pub struct Values<'a> {
    row: &'a Row<'a>,
}

impl Values<'_> {
    fn value(&self, column: usize) -> ValueRef<'_> {
        self.row.get_ref(column).unwrap_or(ValueRef::Null)
    }

    /// There is something, and it is larger than a line may be.
    pub fn is_too_long(&self, column: usize) -> bool {
        match self.value(column) {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len() > LINE,
            _ => false,
        }
    }

    /// A text of no more than a line may have.
    pub fn text(&self, column: usize) -> Option<&str> {
        match self.value(column) {
            ValueRef::Text(text) if text.len() <= LINE => std::str::from_utf8(text).ok(),
            _ => None,
        }
    }

    /// Bytes, no more than a line may have.
    pub fn blob(&self, column: usize) -> Option<&[u8]> {
        match self.value(column) {
            ValueRef::Blob(bytes) if bytes.len() <= LINE => Some(bytes),
            _ => None,
        }
    }

    pub fn integer(&self, column: usize) -> Option<i64> {
        match self.value(column) {
            ValueRef::Integer(number) => Some(number),
            ValueRef::Real(number) => Some(number as i64),
            _ => None,
        }
    }

    pub fn real(&self, column: usize) -> Option<f64> {
        match self.value(column) {
            ValueRef::Integer(number) => Some(number as f64),
            ValueRef::Real(number) => Some(number),
            _ => None,
        }
    }
}

/// The files that a database is more than its own file by.
pub fn beside(path: &Path) -> Vec<PathBuf> {
    let files = BESIDE.iter().map(|ending| {
        let mut name = OsString::from(path);
        name.push(ending);
        PathBuf::from(name)
    });
    files
        .filter(|file| {
            fs::symlink_metadata(file).is_ok_and(|file| file.is_file() && file.len() > 0)
        })
        .collect()
}

/// A file as `SQLite` reads it without asking for a lock or looking for what may lie beside it.
fn untouched(path: &Path) -> String {
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(byte) {
            uri.push(char::from(*byte));
        } else {
            // A String takes all that is written to it.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri.push_str("?immutable=1");
    uri
}

/// A folder that is this process's for as long as it holds the lock on it.
fn owned() -> io::Result<(TempDir, File)> {
    for _ in 0..MAKES {
        let folder = tempfile::Builder::new()
            .prefix(PREFIX)
            .permissions(Permissions::from_mode(0o700))
            .tempdir()?;
        let Ok(lock) = File::open(folder.path()) else {
            continue;
        };
        // Where the system has no locks nobody sweeps either.
        if !matches!(lock.try_lock(), Err(TryLockError::WouldBlock)) && folder.path().is_dir() {
            return Ok((folder, lock));
        }
    }
    Err(io::Error::other(
        "the folder for its copy is taken away at once",
    ))
}

/// Copies a database with what lies beside it, again where the program wrote meanwhile.
fn copied(path: &Path, folder: &Path) -> io::Result<PathBuf> {
    let copy = folder.join("copy");
    for _ in 0..TRIES {
        let before = state(path);
        fs::copy(path, &copy)?;
        for ending in BESIDE {
            let mut to = OsString::from(&copy);
            to.push(ending);
            let _ = fs::remove_file(&to); // Of an earlier try; mostly there is none.
            let mut from = OsString::from(path);
            from.push(ending);
            if beside(path).iter().any(|file| file.as_os_str() == from) {
                fs::copy(&from, &to)?;
            }
        }
        if state(path) == before {
            return Ok(copy);
        }
    }
    Err(io::Error::other(
        "it changed each time it was copied: try again when its program rests",
    ))
}

fn state(path: &Path) -> Vec<Option<(u64, SystemTime)>> {
    let mut files = beside(path);
    files.push(path.to_owned());
    let state = |file: PathBuf| {
        let about = fs::metadata(file).ok()?;
        Some((about.len(), about.modified().ok()?))
    };
    files.into_iter().map(state).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<(OsString, u64)> {
        let entries = fs::read_dir(folder).expect("a folder").flatten();
        let mut names: Vec<_> = entries
            .map(|entry| (entry.file_name(), entry.metadata().expect("a file").len()))
            .collect();
        names.sort();
        names
    }

    fn words(path: &Path) -> Vec<String> {
        let database = Database::open(path).expect("a database");
        let mut words = Vec::new();
        let take = |row: &Values| {
            assert_eq!((row.text(1), row.integer(1)), (None, None));
            words.push(row.text(0).unwrap_or("nothing").to_owned());
        };
        assert!(
            database
                .rows("word", &["text", "absent"], &["text"], take)
                .expect("rows")
        );
        assert!(
            !database
                .rows("none", &["text"], &[], |_| {})
                .expect("no table")
        );
        assert!(
            !database
                .rows("seen", &["text"], &[], |_| {})
                .expect("a view")
        );
        words
    }

    #[test]
    #[allow(clippy::used_underscore_binding, reason = "only here it is looked at")]
    fn a_database_is_read_with_what_lies_beside_it_and_nothing_is_left_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a %?#.db");
        let writer = Connection::open(&path).expect("a database");
        writer
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
                 CREATE TABLE word (text); INSERT INTO word VALUES ('one');
                 CREATE VIEW seen AS SELECT * FROM word;
                 PRAGMA wal_checkpoint(TRUNCATE); INSERT INTO word VALUES ('two'), (3);",
            )
            .expect("rows");
        let before = names(folder.path());
        assert_eq!(words(&path), ["nothing", "one", "two"]);
        assert_eq!(names(folder.path()), before);
        // Nobody takes the copy away while it is read, and whoever comes after a kill does.
        let database = Database::open(&path).expect("a database");
        let (copy, _) = database._folder.as_ref().expect("a copy");
        let (named, held) = (copy.path().to_owned(), File::open(copy.path()).expect("it"));
        assert!(
            named
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(PREFIX))
        );
        assert!(held.try_lock().is_err());
        drop(database);
        assert!(held.try_lock().is_ok() && !named.exists());
        drop(writer);
        let before = names(folder.path());
        assert_eq!(before.len(), 1);
        fs::set_permissions(folder.path(), Permissions::from_mode(0o500)).expect("read only");
        assert_eq!(words(&path), ["nothing", "one", "two"]);
        fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).expect("as before");
        assert_eq!(names(folder.path()), before);
    }
}
