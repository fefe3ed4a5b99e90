//! The whole home in one file: the log as it stands at one moment, while others may write on, and the files that belong to the home.
//! It needs no running engine, and a home whose config is broken is backed up like any other.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::archive::pack::Pack;
use crate::archive::tar::Member;
use crate::archive::{Head, MOST_FILES};
use crate::config::paths::Paths;
use crate::engine::belongings::{Belonging, Belongings, KEY, LOG, runs};
use crate::engine::half::{Half, spare};
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
    /// Texts that are keys: where these are left, so is a file in which one stands.
    pub secrets: Vec<String>,
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
    /// What is there and was not taken, each with why.
    pub left: Vec<String>,
    /// How many of these could not be read.
    pub unread: u64,
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
    let (mut belongings, keys, outside) = gathered(wanted).map_err(failed)?;
    let mut out = Half::beside(file).map_err(|error| failed(told(file, &error)))?;
    let log = copy(&wanted.paths.db, &|| spare(file), &mut |done, all| {
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
    let packed = pack(&mut out, wanted, (&mut belongings, &keys), log, &mut step);
    let packed = match packed {
        Err(_) if stopped => return Err(NoBackup::Stopped),
        packed => packed.map_err(failed)?,
    };
    out.put(wanted.existing)
        .map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => failed(format!("{} is there already", file.display())),
            _ => failed(told(file, &error)),
        })?;
    Ok(Made {
        file: file.clone(),
        bytes: packed.bytes,
        sessions: counts.0,
        items: counts.1,
        files: packed.files,
        keys: packed.keys,
        outside,
        left: belongings.left,
        unread: belongings.unread,
    })
}

/// Names of keys in a backup.
type KeyNames = HashSet<String>;

/// What is taken beside the log, which keys are among it, and the keys that lie elsewhere.
fn gathered(wanted: &Wanted<'_>) -> Result<(Belongings, KeyNames, Vec<PathBuf>), String> {
    let mut belongings = Belongings::of(wanted.paths);
    let mut outside: Vec<PathBuf> = wanted.key_files.clone();
    outside.sort();
    outside.dedup();
    let named = outside.clone();
    outside.retain(|path| !belongings.add_named(wanted.paths, path));
    // A key is one by whatever name it is found.
    let mut numbers = HashSet::new();
    for path in &named {
        match fs::metadata(path) {
            Ok(about) => numbers.extend([number(&about)]),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if wanted.keys == Keys::Left => {
                return Err(format!(
                    "cannot tell whether the key {} is in the home: {error}; mend that, or leave out --without-keys",
                    path.display()
                ));
            }
            Err(_) => {}
        }
    }
    let lies_with_keys =
        |file: &Belonging| file.name.starts_with("config/keys/") || file.name.starts_with(KEY);
    let with_keys = belongings.files.iter().filter(|file| lies_with_keys(file));
    let about = with_keys.filter_map(|file| fs::metadata(&file.path).ok());
    numbers.extend(about.map(|about| number(&about)));
    let is_key = |file: &&Belonging| {
        lies_with_keys(file)
            || fs::metadata(&file.path).is_ok_and(|about| numbers.contains(&number(&about)))
    };
    let keys = belongings.files.iter().filter(is_key);
    let mut keys: KeyNames = keys.map(|file| file.name.clone()).collect();
    if wanted.keys == Keys::Left {
        belongings.files.retain(|file| !keys.contains(&file.name));
        keys.clear();
    }
    // With the log and what is said of all of them.
    let count = belongings.files.len() + 2;
    if count > MOST_FILES {
        return Err(format!(
            "{} holds {count} files, and a backup at most {MOST_FILES}: move away what is no skill, theme or note",
            wanted.paths.notes().display()
        ));
    }
    Ok((belongings, keys, outside))
}

/// What a file is known by under all of its names.
fn number(about: &fs::Metadata) -> (u64, u64) {
    (about.dev(), about.ino())
}

/// What an archive came to.
struct Packed {
    bytes: u64,
    files: u64,
    keys: u64,
}

/// Files up to this size are read before anything is said of them in the archive, so that one that cannot be read is left out.
const AT_ONCE: u64 = 16 << 20;

fn pack(
    out: &mut Half,
    wanted: &Wanted<'_>,
    (belongings, keys): (&mut Belongings, &KeyNames),
    log: Option<Copied>,
    step: &mut dyn FnMut(u64) -> bool,
) -> Result<Packed, String> {
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
    let mut packed = Packed {
        bytes: 0,
        files: 0,
        keys: 0,
    };
    for file in std::mem::take(&mut belongings.files) {
        let (about, content) = match content(&file.path) {
            Ok(content) => content,
            Err(error) => {
                belongings.unreadable(&file.path, &error);
                continue;
            }
        };
        if wanted.keys == Keys::Left && content.has_any(&wanted.secrets) {
            let why = "a key stands in it";
            belongings
                .left
                .push(format!("{}: {why}", file.path.display()));
            continue;
        }
        let member = Member {
            bytes: content.bytes(&about),
            runs: runs(&about) && !file.name.starts_with(KEY),
            name: file.name,
        };
        let added = match content {
            Content::Whole(bytes) => pack.add(&member, &mut bytes.as_slice(), step),
            Content::Large(mut from) => pack.add(&member, &mut from, step),
        };
        added.map_err(|error| {
            if is_full(&error) {
                return failed(error);
            }
            let (file, into) = (file.path.display(), wanted.file.display());
            format!("cannot write {file} into {into}: {error}")
        })?;
        packed.files += 1;
        packed.keys += u64::from(keys.contains(&member.name));
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
    packed.bytes = file.get_ref().metadata().map_err(failed)?.len();
    Ok(packed)
}

/// What is in a file.
enum Content {
    Whole(Vec<u8>),
    Large(File),
}

fn content(path: &Path) -> io::Result<(fs::Metadata, Content)> {
    let file = File::open(path)?;
    let about = file.metadata()?;
    if about.len() > AT_ONCE {
        return Ok((about, Content::Large(file)));
    }
    let mut bytes = Vec::new();
    file.take(AT_ONCE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > AT_ONCE {
        return Err(io::Error::other("it has no end"));
    }
    Ok((about, Content::Whole(bytes)))
}

impl Content {
    fn bytes(&self, about: &fs::Metadata) -> u64 {
        match self {
            Self::Whole(bytes) => bytes.len() as u64,
            Self::Large(_) => about.len(),
        }
    }

    /// Nobody writes a key into a large file.
    fn has_any(&self, texts: &[String]) -> bool {
        let Self::Whole(bytes) = self else {
            return false;
        };
        let holds = |text: &String| {
            bytes
                .windows(text.len())
                .any(|part| part == text.as_bytes())
        };
        texts.iter().any(|text| !text.is_empty() && holds(text))
    }
}

fn told(path: &Path, error: &io::Error) -> String {
    let path = path.display();
    if is_full(error) {
        format!("no space left for {path}: free some, or name a file on another disk")
    } else {
        format!("cannot write {path}: {error}")
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::symlink;

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::archive::unpack;
    use crate::store::log::Log;

    fn home(folder: &Path) -> Paths {
        let env = |name: &str| (name == "CREEL_HOME").then(|| folder.as_os_str().to_owned());
        Paths::from_environment(&env).unwrap()
    }

    fn wanted<'a>(paths: &'a Paths, file: &Path, keys: Keys) -> Wanted<'a> {
        Wanted {
            paths,
            key_files: Vec::new(),
            file: file.to_owned(),
            existing: Existing::Replaced,
            keys,
            secrets: Vec::new(),
            at: Time(5),
            made: "now".to_owned(),
        }
    }

    fn put(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn names(file: &Path) -> Vec<String> {
        let bytes = fs::read(file).unwrap();
        let whole = unpack::read(bytes.as_slice(), |_| Ok(()), &mut |_| Ok(())).unwrap();
        whole.files.into_iter().map(|file| file.name).collect()
    }

    #[test]
    fn what_cannot_be_read_is_left_out_and_named() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("home");
        let paths = home(&folder);
        drop(Log::open(&paths.db).unwrap());
        for name in ["MEMORY.md", "USER.md", "keys/a", "skills/s/SKILL.md"] {
            put(&folder.join(name), "x");
        }
        symlink("SKILL", folder.join("skills/s/SKILL")).unwrap();
        // It can be opened, and reading it fails.
        symlink("/proc/self/mem", folder.join("skills/s/memory")).unwrap();
        let file = scratch.path().join("b.tar.gz");
        let gone = folder.join("USER.md");
        let mut step = |doing: &str, _, _| {
            if doing == "copying the log" {
                let _ = fs::remove_file(&gone);
            }
            true
        };
        let made = write(&wanted(&paths, &file, Keys::Taken), &mut step).unwrap();
        assert_eq!((made.files, made.keys, made.unread), (3, 1, 3), "{made:?}");
        for name in ["USER.md", "skills/s/SKILL", "skills/s/memory"] {
            let name = format!("{}: not readable: ", folder.join(name).display());
            let told = made.left.iter().any(|left| left.starts_with(&name));
            assert!(told, "{name}: {:?}", made.left);
        }
        let expected = [
            "config/MEMORY.md",
            "config/keys/a",
            "config/skills/s/SKILL.md",
            LOG,
        ];
        assert_eq!(names(&file), expected);
    }

    #[test]
    fn without_keys_none_gets_in_by_any_name() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("home");
        let paths = home(&folder);
        let elsewhere = scratch.path().join("elsewhere");
        put(&elsewhere, "sk-elsewhere-0123456789\n");
        for name in ["MEMORY.md", "skills/s/SKILL.md"] {
            put(&folder.join(name), "x");
        }
        for name in ["keys/a", "own/key", "skills/s/key", "themes/b.toml"] {
            put(&folder.join(name), "sk-one-of-them-0123456789\n");
        }
        put(
            &folder.join("memory/1.md"),
            "the key is sk-told-0123456789\n",
        );
        symlink(&elsewhere, folder.join("skills/s/linked")).unwrap();
        symlink(folder.join("keys"), folder.join("skills/s/all")).unwrap();
        fs::hard_link(folder.join("keys/a"), folder.join("skills/s/twin")).unwrap();
        let file = scratch.path().join("b.tar.gz");
        let mut wanted = wanted(&paths, &file, Keys::Left);
        wanted.key_files = vec![
            elsewhere,
            folder.join("own/../own/key"),
            folder.join("keys/../skills/s/key"),
            scratch.path().join("home/./themes/../themes/b.toml"),
            folder.join("absent"),
        ];
        wanted.secrets = vec!["sk-told-0123456789".to_owned()];
        let made = write(&wanted, &mut |_, _, _| true).unwrap();
        let expected = ["config/MEMORY.md", "config/skills/s/SKILL.md"];
        assert_eq!(names(&file), expected);
        assert_eq!((made.files, made.keys), (2, 0));
        assert_eq!(made.left.len(), 1, "{:?}", made.left);
        assert!(made.left[0].contains("memory/1.md: a key stands in it"));
        wanted.keys = Keys::Taken;
        assert_eq!(write(&wanted, &mut |_, _, _| true).unwrap().keys, 7);
        // Who cannot tell says so.
        wanted.keys = Keys::Left;
        wanted.key_files = vec![folder.join("MEMORY.md/key")];
        match write(&wanted, &mut |_, _, _| true) {
            Err(NoBackup::Failed(why)) => assert!(why.contains("--without-keys"), "{why}"),
            other => panic!("{other:?}"),
        }
    }
}
