//! The whole home in one file: the log as it stands at one moment, while others may write on, and the files that belong to the home.
//! It needs no running engine, and a home whose config is broken is backed up like any other.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::archive::Head;
use crate::archive::pack::Pack;
use crate::archive::tar::Member;
use crate::config::paths::Paths;
use crate::engine::belongings::{Belonging, Belongings, LOG, runs};
use crate::protocol::time::Time;
use crate::store::copy::{Copied, NoCopy, copy};

/// What is to be done.
#[derive(Debug)]
pub struct Wanted<'a> {
    pub paths: &'a Paths,
    /// Files of keys that the config names.
    pub key_files: Vec<PathBuf>,
    /// Absolute.
    pub file: PathBuf,
    pub existing: Existing,
    pub keys: Keys,
    pub at: Time,
    /// The same, as the backup says it.
    pub made: String,
}

/// What becomes of a file that has the name of the backup already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and no backup is made.
    Stays,
    Replaced,
}

/// Whether keys that lie in the home are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    Taken,
    Left,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub file: PathBuf,
    pub bytes: u64,
    pub sessions: u64,
    pub items: u64,
    /// Beside the log.
    pub files: u64,
    /// Of these.
    pub keys: u64,
    /// Files of keys that the config names outside the home; they are not in it.
    pub outside: Vec<PathBuf>,
    /// What is there and could not be taken.
    pub left: Vec<String>,
}

/// How far it is: what is being done, and bytes of how many. It goes on with a yes.
pub type Step<'a> = &'a mut dyn FnMut(&'static str, u64, u64) -> bool;

/// Why there is no backup. Nothing of one is left.
#[derive(Debug, PartialEq, Eq)]
pub enum NoBackup {
    Stopped,
    Failed(String),
}

impl From<NoCopy> for NoBackup {
    fn from(why: NoCopy) -> Self {
        match why {
            NoCopy::Stopped => Self::Stopped,
            NoCopy::Failed(why) => Self::Failed(why),
        }
    }
}

/// Writes a backup; `step` hears how far it is, and ends it with a no. Blocks.
pub fn write(wanted: &Wanted<'_>, step: Step<'_>) -> Result<Made, NoBackup> {
    let failed = |why: String| NoBackup::Failed(why);
    let file = &wanted.file;
    if wanted.existing == Existing::Stays && fs::symlink_metadata(file).is_ok() {
        return Err(failed(format!(
            "{} is there already: name another file, or replace it with --force",
            file.display()
        )));
    }
    if file.is_dir() {
        return Err(failed(format!(
            "{} is a folder: name a file in it",
            file.display()
        )));
    }
    let (belongings, keys, outside) = gathered(wanted);
    let mut out = Half::beside(file).map_err(|error| failed(told(file, &error)))?;
    let log = copy(&wanted.paths.db, &mut |done, all| {
        step("copying the log", done, all)
    })?;
    if log.is_none() && belongings.files.is_empty() {
        return Err(failed(format!(
            "there is nothing to back up in {}",
            wanted.paths.data.display()
        )));
    }
    let all = log.as_ref().map_or(0, |log| log.bytes);
    let counts = log.as_ref().map_or((0, 0), |log| (log.sessions, log.items));
    let (mut done, mut stopped) = (0, false);
    let mut step = |bytes: u64| {
        done += bytes;
        stopped = !step("packing", done, all.max(done));
        !stopped
    };
    let bytes = pack(&mut out, wanted, &belongings, log, &mut step);
    let bytes = match bytes {
        Err(_) if stopped => return Err(NoBackup::Stopped),
        bytes => bytes.map_err(failed)?,
    };
    out.put(wanted.existing)
        .map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => failed(format!("{} is there already", file.display())),
            _ => failed(told(file, &error)),
        })?;
    Ok(Made {
        file: file.clone(),
        bytes,
        sessions: counts.0,
        items: counts.1,
        files: belongings.files.len() as u64,
        keys,
        outside,
        left: belongings.left,
    })
}

/// What is taken beside the log, how many keys are among it, and the keys that lie elsewhere.
fn gathered(wanted: &Wanted<'_>) -> (Belongings, u64, Vec<PathBuf>) {
    let mut belongings = Belongings::of(wanted.paths);
    let mut outside: Vec<PathBuf> = wanted.key_files.clone();
    outside.sort();
    outside.dedup();
    outside.retain(|path| !belongings.add_named(wanted.paths, path));
    let is_key = |file: &Belonging| {
        file.name.starts_with("config/keys/") || wanted.key_files.contains(&file.path)
    };
    if wanted.keys == Keys::Left {
        belongings.files.retain(|file| !is_key(file));
    }
    let keys = belongings.files.iter().filter(|file| is_key(file)).count() as u64;
    (belongings, keys, outside)
}

/// Tells how many bytes it has.
fn pack(
    out: &mut Half,
    wanted: &Wanted<'_>,
    belongings: &Belongings,
    log: Option<Copied>,
    step: &mut dyn FnMut(u64) -> bool,
) -> Result<u64, String> {
    let failed = |error: io::Error| told(&wanted.file, &error);
    let mut words = BTreeMap::from([
        ("made".to_owned(), wanted.made.clone()),
        ("creel".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
    ]);
    if let Some(log) = &log {
        words.insert("log".to_owned(), log.version.to_string());
        words.insert("sessions".to_owned(), log.sessions.to_string());
        words.insert("items".to_owned(), log.items.to_string());
    }
    let at = u64::try_from(wanted.at.0 / 1000).unwrap_or_default();
    let file = BufWriter::new(out.file());
    let mut pack = Pack::begin(file, &Head(words), at).map_err(failed)?;
    for file in &belongings.files {
        let told = |error: &io::Error| told(&file.path, error);
        let mut from = File::open(&file.path).map_err(|error| told(&error))?;
        let about = from.metadata().map_err(|error| told(&error))?;
        let member = Member {
            name: file.name.clone(),
            bytes: about.len(),
            runs: runs(&about),
        };
        pack.add(&member, &mut from, step)
            .map_err(|error| told(&error))?;
    }
    if let Some(mut log) = log {
        let member = Member {
            name: LOG.to_owned(),
            bytes: log.bytes,
            runs: false,
        };
        pack.add(&member, &mut log.file, step).map_err(failed)?;
    }
    let mut file = pack.finish().map_err(failed)?;
    file.flush().map_err(failed)?;
    file.get_ref().sync_all().map_err(failed)?;
    Ok(file.get_ref().metadata().map_err(failed)?.len())
}

fn told(path: &Path, error: &io::Error) -> String {
    format!("cannot write {}: {error}", path.display())
}

/// A file that is written under another name beside its own, and is gone unless it is put there.
struct Half {
    made: NamedTempFile,
    whole: PathBuf,
}

impl Half {
    fn beside(whole: &Path) -> io::Result<Self> {
        let folder = whole
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let name = whole.file_name().unwrap_or_default().to_string_lossy();
        let (before, after) = (format!(".{name}."), ".creel-half");
        Self::forget(folder, &before, after);
        // Its mode is 0600.
        let made = Builder::new()
            .prefix(&before)
            .suffix(after)
            .tempfile_in(folder)?;
        made.as_file().lock()?;
        Ok(Self {
            made,
            whole: whole.to_owned(),
        })
    }

    /// What a kill has left of one is taken away; nobody holds it.
    fn forget(folder: &Path, before: &str, after: &str) {
        let Ok(entries) = fs::read_dir(folder) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(before)
                && name.ends_with(after)
                && entry.file_type().is_ok_and(|kind| kind.is_file())
                && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok())
            {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn file(&mut self) -> &File {
        self.made.as_file()
    }

    fn put(self, existing: Existing) -> io::Result<()> {
        let put = match existing {
            Existing::Replaced => self.made.persist(&self.whole),
            Existing::Stays => self.made.persist_noclobber(&self.whole),
        };
        put.map_err(|error| error.error)?;
        if let Some(folder) = self.whole.parent() {
            // The name is on the disk too, where folders can be told so.
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(())
    }
}
