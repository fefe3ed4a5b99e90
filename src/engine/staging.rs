//! Where the files of a backup go, and where each lies until all are there: beside its place, so that it gets there by its name.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::archive::Packed;
use crate::archive::unpack::{Piece, Whole};
use crate::config::paths::{Paths, ensure};
use crate::engine::belongings::{KEY, LONGEST_KEY, RESTORING, config_folder, place};
use crate::store::copy::remove_folder;

/// Where everything goes, and whether it can be run.
pub(crate) struct Places {
    pub(crate) all: HashMap<String, (PathBuf, bool)>,
}

impl Places {
    pub(crate) fn of(paths: &Paths, whole: &Whole) -> Result<Self, String> {
        let place = |file: &Packed| {
            let odd = || format!("holds what belongs to no home: {:?}", file.name);
            let is_key = file.name.starts_with(KEY);
            let place = place(paths, &file.name)
                .filter(|_| !is_key || file.bytes <= LONGEST_KEY)
                .ok_or_else(odd)?;
            Ok((file.name.clone(), (place, file.runs && !is_key)))
        };
        let all = whole
            .files
            .iter()
            .map(place)
            .collect::<Result<_, String>>()?;
        Ok(Self { all })
    }
}

/// The folders that the files of a home lie in; one may be in another.
pub(crate) fn roots(paths: &Paths) -> [PathBuf; 3] {
    [
        paths.data.clone(),
        paths.state.clone(),
        config_folder(paths).to_owned(),
    ]
}

/// What a restore that was killed has left unpacked.
pub(crate) fn forget(paths: &Paths) -> io::Result<()> {
    roots(paths)
        .iter()
        .try_for_each(|root| remove_folder(&root.join(RESTORING)))
}

/// Folders for what is unpacked, beside where it goes. They go with the value.
pub(crate) struct Staged {
    roots: Vec<PathBuf>,
}

impl Staged {
    pub(crate) fn begin(paths: &Paths) -> Result<Self, String> {
        let failed = |error: io::Error| format!("cannot restore: {error}");
        forget(paths).map_err(failed)?;
        let roots = roots(paths);
        for root in &roots {
            ensure(root)?;
        }
        let staged = Self {
            roots: roots.to_vec(),
        };
        // Two of them may be one and the same, also by different names.
        let mut numbers = HashSet::new();
        for root in &staged.roots {
            let about = fs::metadata(root).map_err(failed)?;
            if numbers.insert((about.dev(), about.ino())) {
                let made = DirBuilder::new().mode(0o700).create(root.join(RESTORING));
                made.map_err(failed)?;
            }
        }
        Ok(staged)
    }

    /// Where a file is until it goes to its place.
    pub(crate) fn under(&self, place: &Path) -> PathBuf {
        // One of them may lie in another.
        let roots = self.roots.iter().filter(|root| place.starts_with(root));
        let root = roots.max_by_key(|root| root.components().count());
        let under = root.and_then(|root| {
            let rest = place.strip_prefix(root).ok()?;
            Some(root.join(RESTORING).join(rest))
        });
        under.unwrap_or_else(|| place.to_owned())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        for root in &self.roots {
            if let Err(error) = remove_folder(&root.join(RESTORING)) {
                tracing::warn!("{}: {error}", root.display());
            }
        }
    }
}

/// Writes what is unpacked.
pub(crate) struct Taker<'a> {
    pub(crate) places: &'a Places,
    pub(crate) staged: &'a Staged,
    pub(crate) open: Option<(PathBuf, File)>,
}

impl Taker<'_> {
    pub(crate) fn take(&mut self, piece: Piece<'_>) -> io::Result<()> {
        match piece {
            Piece::Begins(member) => {
                let place = self.places.all.get(&member.name);
                let (place, runs) =
                    place.ok_or_else(|| io::Error::other("it is another file by now"))?;
                let path = self.staged.under(place);
                make_above(&path)?;
                let mode = if *runs { 0o700 } else { 0o600 };
                let mut options = OpenOptions::new();
                let file = options.write(true).create_new(true).mode(mode).open(&path);
                let file = file.map_err(|error| named(&path, &error))?;
                self.open = Some((path, file));
                Ok(())
            }
            Piece::Bytes(bytes) => match &mut self.open {
                Some((path, file)) => file.write_all(bytes).map_err(|error| named(path, &error)),
                None => Ok(()),
            },
            Piece::Ends => match self.open.take() {
                Some((path, file)) => file.sync_all().map_err(|error| named(&path, &error)),
                None => Ok(()),
            },
        }
    }
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::other(format!("{}: {error}", path.display()))
}

pub(crate) fn make_above(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => DirBuilder::new().recursive(true).mode(0o700).create(folder),
        None => Ok(()),
    }
}

/// The folders that these files lie in, up to those of the home and what these lie in: each has a new name in it.
pub(crate) fn above<'a>(
    files: impl Iterator<Item = &'a Path>,
    roots: &[PathBuf],
) -> BTreeSet<PathBuf> {
    let mut above = BTreeSet::new();
    for file in files {
        for folder in file.ancestors().skip(1) {
            above.insert(folder.to_owned());
            if roots.iter().any(|root| root == folder) {
                above.extend(folder.parent().map(Path::to_owned));
                break;
            }
        }
    }
    above
}

/// Brings the names in these folders to the disk.
pub(crate) fn sync(folders: &BTreeSet<PathBuf>) -> io::Result<()> {
    folders.iter().try_for_each(|folder| {
        let told = |error: io::Error| io::Error::other(format!("{}: {error}", folder.display()));
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(told)
    })
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn every_folder_with_a_new_name_in_it_is_brought_to_the_disk() {
        let files = [
            "/h/c/creel/skills/s/deep/run",
            "/h/c/creel/config.toml",
            "/h/d/creel/creel.db",
        ];
        let roots = ["/h/d/creel", "/h/s/creel", "/h/c/creel"].map(PathBuf::from);
        let found = above(files.iter().map(Path::new), &roots);
        let expected = [
            "/h/c",
            "/h/c/creel",
            "/h/c/creel/skills",
            "/h/c/creel/skills/s",
            "/h/c/creel/skills/s/deep",
            "/h/d",
            "/h/d/creel",
        ];
        assert_eq!(found, expected.map(PathBuf::from).into());
    }
}
