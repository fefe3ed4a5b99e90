//! Whether the files of the index are as they were written. Each has a checksum, which is compared once; a small file beside them
//! says of which that was done, by their size and when they were written, so that a start reads no more than it searches.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use tantivy::directory::error::OpenReadError;
use tantivy::{Index as Engine, Searcher};

use crate::memory::schema::Fields;

/// Names the files that were compared.
const LIST: &str = "compared";

/// What of a file changes when it is written over: its size, and when that was, in seconds and nanoseconds.
type Stamp = (u64, i64, i64);

/// Which files are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Those that nobody has compared yet: for reading.
    New,
    /// Every one: before the library writes, since it takes what it reads there over into new files.
    All,
}

/// Compares files with their checksums; why one cannot be used.
pub(crate) fn compare(folder: &Path, engine: &Engine, look: Look) -> Result<(), String> {
    let metas = engine.load_metas().map_err(|error| error.to_string())?;
    let before = listed(folder);
    let mut sound = BTreeMap::new();
    for path in metas.list_segment_files() {
        // What is listed and not there is of a kind that this index has none of, or was merged away a moment ago.
        let Some(stamp) = stamp(&folder.join(&path)) else {
            continue;
        };
        let known = look == Look::New && before.get(&path) == Some(&stamp);
        if !known {
            match engine.directory().validate_checksum(&path) {
                Ok(true) | Err(OpenReadError::FileDoesNotExist(_)) => {}
                Ok(false) => return Err(format!("{} is damaged", path.display())),
                Err(error) => return Err(error.to_string()),
            }
        }
        sound.insert(path, stamp);
    }
    if sound != before {
        // Without the list they are compared again, and nothing else.
        let _ = list(folder, &sound);
    }
    Ok(())
}

/// Whether every file was compared already, so that nobody waits for that.
pub(crate) fn is_compared(folder: &Path, engine: &Engine) -> bool {
    let Ok(metas) = engine.load_metas() else {
        return false;
    };
    let known = listed(folder);
    let files = metas.list_segment_files().into_iter();
    files
        .filter_map(|path| stamp(&folder.join(&path)).map(|stamp| (path, stamp)))
        .all(|(path, stamp)| known.get(&path) == Some(&stamp))
}

/// Whether what the list of parts says is what the parts hold: the list itself has no checksum.
pub(crate) fn fits(engine: &Engine, searcher: &Searcher, fields: &Fields) -> Result<(), String> {
    let metas = engine.load_metas().map_err(|error| error.to_string())?;
    for part in searcher.segment_readers() {
        let told = metas
            .segments
            .iter()
            .find(|meta| meta.id() == part.segment_id());
        // Of a commit before: the next reading sees this one.
        let Some(told) = told.filter(|told| told.delete_opstamp() == part.delete_opstamp()) else {
            continue;
        };
        let rows = part
            .fast_fields()
            .u64("seq")
            .map(|column| column.num_docs());
        let rows = rows.map_err(|error| error.to_string())?;
        let lengths = part.get_fieldnorms_reader(fields.text);
        let lengths = lengths.map_err(|error| error.to_string())?.num_docs();
        let deleted = part.alive_bitset().map_or(0, |alive| {
            rows.saturating_sub(alive.num_alive_docs() as u32)
        });
        let held = (rows, lengths, deleted);
        if held != (told.max_doc(), told.max_doc(), told.num_deleted_docs()) {
            return Err("its list of parts is damaged".to_owned());
        }
    }
    Ok(())
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.size(), metadata.mtime(), metadata.mtime_nsec()))
}

/// The files that were compared; of a list that cannot be read none.
fn listed(folder: &Path) -> BTreeMap<PathBuf, Stamp> {
    let text = fs::read_to_string(folder.join(LIST)).unwrap_or_default();
    let row = |line: &str| {
        let mut words = line.split(' ');
        let mut next = || words.next();
        let path = PathBuf::from(next()?);
        let size = next()?.parse().ok()?;
        Some((path, (size, next()?.parse().ok()?, next()?.parse().ok()?)))
    };
    text.lines().filter_map(row).collect()
}

fn list(folder: &Path, sound: &BTreeMap<PathBuf, Stamp>) -> std::io::Result<()> {
    let row = |(path, (size, seconds, nanoseconds)): (&PathBuf, &Stamp)| {
        format!("{} {size} {seconds} {nanoseconds}\n", path.display())
    };
    let text: String = sound.iter().map(row).collect();
    // Two processes may write it at once.
    let new = folder.join(format!("{LIST}.{}", std::process::id()));
    let mut file = fs::OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(text.as_bytes())?;
    fs::rename(&new, folder.join(LIST))
}
