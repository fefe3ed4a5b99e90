//! Puts a backup in the place of a home. The file is read to its end before anything is touched; then all of it is unpacked beside
//! where it goes, and put there by its names, the log last: a home has the new log only when it has everything else.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::{self, DirBuilder, File};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::archive::unpack::{self, Piece, Whole};
use crate::archive::{Fault, Head, hexadecimal};
use crate::config::paths::Paths;
use crate::engine::belongings::{ASIDE, Belonging, Belongings, LOG, config_folder, place, tops};
use crate::engine::staging::{Places, Staged, Taker, above, make_above, roots, sync};
use crate::store::copy::{known_version, remove_folder};
use crate::store::put_back::{Alone, Holding, examine};

/// What becomes of what is in the home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum There {
    /// It stays, and nothing is restored.
    Stays,
    /// It is moved into a folder of its own.
    MovedAside,
}

/// What was restored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restored {
    /// When the backup was made, as it says.
    pub made: String,
    pub sessions: u64,
    pub items: u64,
    /// Beside the log.
    pub files: u64,
    /// Where what was there is now.
    pub aside: Vec<PathBuf>,
}

/// How far it is: what is being done, and bytes of how many, as far as that is known. It goes on with a yes.
pub type Step<'a> = &'a mut dyn FnMut(&'static str, u64, u64) -> bool;

/// Why nothing was restored.
#[derive(Debug, PartialEq, Eq)]
pub enum NoRestore {
    Stopped,
    Failed(String),
}

impl From<String> for NoRestore {
    fn from(why: String) -> Self {
        Self::Failed(why)
    }
}

/// Restores a backup into the home of these paths. Blocks.
pub fn restore(
    paths: &Paths,
    file: &Path,
    there: There,
    step: Step<'_>,
) -> Result<Restored, NoRestore> {
    let whole = read(file, "checking", step, &mut |_| Ok(()))?;
    let places = Places::of(paths, &whole).map_err(|why| told(file, &why))?;
    let alone = Alone::take(&paths.db)?;
    let found = Found::in_home(paths, &alone, &whole);
    if !found.others.is_empty() && there == There::Stays {
        return Err(NoRestore::Failed(format!(
            "{} is not empty ({}): --force moves what is there into a folder {ASIDE}-N in it, and loses nothing",
            config_folder(paths).display(),
            found.told()
        )));
    }
    room(paths, &whole)?;
    let staged = Staged::begin(paths)?;
    let mut taker = Taker {
        places: &places,
        staged: &staged,
        open: None,
    };
    let again = read(file, "unpacking", step, &mut |piece| taker.take(piece))?;
    if again != whole {
        return Err(told(file, "changed while it was read").into());
    }
    let log = staged.under(&paths.db);
    let has_log = whole.files.iter().any(|file| file.name == LOG);
    if has_log {
        examine(&log)
            .map_err(|why| told(file, &format!("holds a log that cannot be used: {why}")))?;
    }
    let failed = |error: io::Error| NoRestore::Failed(format!("cannot restore: {error}"));
    let (aside, same) = if found.others.is_empty() {
        (Vec::new(), found.same)
    } else {
        let aside = set_aside(paths, &alone, &places).map_err(failed)?;
        (aside, HashSet::new())
    };
    let half = |why: String| {
        let lies: Vec<String> = aside
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        let lies = if lies.is_empty() {
            String::new()
        } else {
            format!("; what was there lies in {}", lies.join(", "))
        };
        NoRestore::Failed(format!(
            "cannot restore: {why}{lies}; mend that and run the same command again"
        ))
    };
    let failed = |error: io::Error| half(error.to_string());
    // It is of the log that was there, and would be taken for one of this.
    for ending in ["", "new", "old"] {
        let index = match ending {
            "" => paths.index.clone(),
            ending => paths.index.with_extension(ending),
        };
        remove_folder(&index).map_err(failed)?;
    }
    for (name, (place, _)) in &places.all {
        if name != LOG && !same.contains(name) {
            make_above(place).map_err(failed)?;
            fs::rename(staged.under(place), place).map_err(failed)?;
        }
    }
    // The log comes last, also where the power goes.
    let given = places.all.values().map(|(place, _)| place.as_path());
    sync(&above(given, &roots(paths))).map_err(failed)?;
    if has_log {
        alone.put(&log).map_err(half)?;
    }
    drop(staged);
    Ok(Restored {
        made: whole.head.text("made").to_owned(),
        sessions: whole.head.number("sessions").unwrap_or_default(),
        items: whole.head.number("items").unwrap_or_default(),
        files: whole.files.len() as u64 - u64::from(has_log),
        aside,
    })
}

/// Reads the file to its end.
fn read(
    file: &Path,
    doing: &'static str,
    step: Step<'_>,
    take: &mut dyn FnMut(Piece<'_>) -> io::Result<()>,
) -> Result<Whole, NoRestore> {
    let unread = |error: &io::Error| told(file, &format!("cannot be read: {error}"));
    let opened = File::open(file).map_err(|error| unread(&error))?;
    let about = opened.metadata().map_err(|error| unread(&error))?;
    if !about.is_file() {
        return Err(told(file, "is no file").into());
    }
    let all = about.len();
    let (mut done, mut stopped) = (0, false);
    let mut each = |piece: Piece<'_>| {
        if let Piece::Bytes(bytes) = &piece {
            done += bytes.len() as u64;
            if !step(doing, done, all.max(done)) {
                stopped = true;
                return Err(io::ErrorKind::Interrupted.into());
            }
        }
        take(piece)
    };
    let whole = unpack::read(BufReader::new(opened), known, &mut each);
    whole.map_err(|fault| match fault {
        Fault::Taker(_) if stopped => NoRestore::Stopped,
        Fault::Taker(error) => NoRestore::Failed(format!(
            "cannot restore: {error}; nothing was changed: mend that and run the same command again"
        )),
        Fault::Short | Fault::Damaged(_) => told(
            file,
            &format!("{fault}; nothing was restored: try another copy of it"),
        )
        .into(),
        fault => told(file, &fault.to_string()).into(),
    })
}

/// A log of a newer version cannot be kept here.
fn known(head: &Head) -> Result<(), Fault> {
    match head.number("log") {
        Some(version) if version > u64::from(known_version()) => Err(Fault::Newer),
        _ => Ok(()),
    }
}

fn told(file: &Path, why: &str) -> String {
    format!("{} {why}", file.display())
}

/// What is in the home already.
struct Found {
    /// What would be lost: after a restore that was killed, that is nothing.
    others: Vec<String>,
    /// Files of the backup that are there as they are in it, by their names.
    same: HashSet<String>,
}

impl Found {
    fn in_home(paths: &Paths, alone: &Alone, whole: &Whole) -> Self {
        let mut others = Vec::new();
        match alone.holding() {
            Holding::Nothing => {}
            Holding::Sessions(0) | Holding::Something => others.push("a log".to_owned()),
            Holding::Sessions(1) => others.push("1 session".to_owned()),
            Holding::Sessions(count) => others.push(format!("{count} sessions")),
        }
        let mut files = Belongings::of(paths).files;
        let packed: HashMap<&str, &str> = whole
            .files
            .iter()
            .filter(|file| file.name != LOG)
            .map(|file| (file.name.as_str(), file.hash.as_str()))
            .collect();
        for name in packed.keys() {
            if let Some(path) = place(paths, name)
                && fs::symlink_metadata(&path).is_ok()
                && !files.iter().any(|file| file.name == *name)
            {
                let name = (*name).to_owned();
                files.push(Belonging { name, path });
            }
        }
        others.extend(links(paths, packed.keys()));
        let mut same = HashSet::new();
        for file in files {
            let expected = packed.get(file.name.as_str());
            let as_it_is =
                expected.is_some_and(|hash| hashed(&file.path).is_ok_and(|its| its == **hash));
            if as_it_is {
                same.insert(file.name);
            } else {
                let (_, name) = file.name.split_once('/').unwrap_or(("", &file.name));
                others.push(name.to_owned());
            }
        }
        Self { others, same }
    }

    /// The first of what would be lost, for a person.
    fn told(&self) -> String {
        let (first, more) = self.others.split_at(self.others.len().min(NAMED));
        let more = match more.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        first.join(", ") + &more
    }
}

/// Folders that the backup has something in and that are links here: what they lead to is of no home, and nothing is put there.
fn links<'a>(paths: &Paths, names: impl Iterator<Item = &'a &'a str>) -> BTreeSet<String> {
    let roots = roots(paths);
    let mut found = BTreeSet::new();
    for path in names.filter_map(|name| place(paths, name)) {
        let above = path.ancestors().skip(1);
        for folder in above.take_while(|folder| roots.iter().all(|root| root != folder)) {
            if fs::symlink_metadata(folder).is_ok_and(|about| about.is_symlink()) {
                let name = folder.file_name().unwrap_or_default().to_string_lossy();
                found.insert(format!("{name}, a link"));
            }
        }
    }
    found
}

/// What is in the way and named.
const NAMED: usize = 4;

fn hashed(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut file = File::open(path)?;
    let mut part = vec![0; 1 << 16];
    loop {
        match file.read(&mut part)? {
            0 => return Ok(hexadecimal(&hash.finalize())),
            read => hash.update(&part[..read]),
        }
    }
}

/// Whether there is room for what is unpacked, where the log goes.
fn room(paths: &Paths, whole: &Whole) -> Result<(), String> {
    let wanted: u64 = whole.files.iter().map(|file| file.bytes).sum();
    let space = rustix::fs::statvfs(&paths.data);
    let free = space.map(|space| space.f_bavail.saturating_mul(space.f_frsize));
    match free {
        Ok(free) if free < wanted => Err(format!(
            "no space left for {}: it needs {} MB and {} MB are free",
            paths.data.display(),
            wanted.div_ceil(1 << 20),
            free >> 20
        )),
        _ => Ok(()),
    }
}

/// Moves what is there into folders of their own, one in each folder of the home that has something; tells which.
fn set_aside(paths: &Paths, alone: &Alone, places: &Places) -> io::Result<Vec<PathBuf>> {
    let roots = roots(paths);
    let number = (1..u32::MAX).find(|number| {
        let taken = |root: &PathBuf| root.join(format!("{ASIDE}-{number}")).exists();
        !roots.iter().any(taken)
    });
    let name = format!("{ASIDE}-{}", number.unwrap_or(u32::MAX));
    let mut aside = Vec::new();
    let mut numbers: HashMap<(u64, u64), PathBuf> = HashMap::new();
    let mut made = |root: &Path| -> io::Result<PathBuf> {
        // Two of them may be one and the same.
        let about = fs::metadata(root)?;
        if let Some(folder) = numbers.get(&(about.dev(), about.ino())) {
            return Ok(folder.clone());
        }
        let folder = root.join(&name);
        DirBuilder::new().mode(0o700).create(&folder)?;
        aside.push(folder.clone());
        numbers.insert((about.dev(), about.ino()), folder.clone());
        Ok(folder)
    };
    // First: a home without its log is whole again with it, a log without its config is another home.
    if alone.holding() != Holding::Nothing {
        let folder = made(&paths.data)?;
        alone.set_aside(&folder)?;
    }
    for (root, path) in tops(paths) {
        let folder = made(&root)?;
        fs::rename(&path, folder.join(path.file_name().unwrap_or_default()))?;
    }
    // What else the backup has a file for.
    for (name, (place, _)) in &places.all {
        if name != LOG && fs::symlink_metadata(place).is_ok() {
            let config = config_folder(paths);
            let to = made(config)?.join(place.strip_prefix(config).unwrap_or(place));
            make_above(&to)?;
            fs::rename(place, to)?;
        }
    }
    let mut named: BTreeSet<PathBuf> = aside.iter().cloned().collect();
    named.extend(roots.into_iter().filter(|root| root.is_dir()));
    sync(&named)?;
    Ok(aside)
}
