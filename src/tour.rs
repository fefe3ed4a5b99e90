//! The folder of a tour: made where temporary files go, for its person alone. It stays, because what the tour says of the disk at its
//! end shall be true for as long as somebody may look.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use creel::provider::rehearsal;

/// What the names of folders begin with that stay in the folder for what passes: those of tours, and those that were made for a
/// session without one.
const TOUR: &str = "creel-tour-";
pub const SCRATCH: &str = "creel-scratch-";

/// Those that are there and are this person's, in the order of their names.
pub fn left() -> Vec<PathBuf> {
    let person = rustix::process::getuid().as_raw();
    let entries = fs::read_dir(std::env::temp_dir())
        .into_iter()
        .flatten()
        .flatten();
    let mut left: Vec<PathBuf> = entries
        .filter(|entry| {
            let name = entry.file_name();
            let named = name
                .to_str()
                .is_some_and(|name| name.starts_with(TOUR) || name.starts_with(SCRATCH));
            // Not what a link leads to.
            let is_own = |data: fs::Metadata| data.is_dir() && data.uid() == person;
            named && entry.metadata().is_ok_and(is_own)
        })
        .map(|entry| entry.path())
        .collect();
    left.sort();
    left
}

/// A new folder with the tour's files, which the tour names at its end.
pub fn folder() -> Result<PathBuf, String> {
    made(&std::env::temp_dir()).map_err(|error| format!("cannot make the tour's folder: {error}"))
}

fn made(place: &Path) -> io::Result<PathBuf> {
    let folder = tempfile::Builder::new()
        .prefix(TOUR)
        .permissions(fs::Permissions::from_mode(0o700))
        .tempdir_in(place)?;
    for (name, content) in rehearsal::tour_files() {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(folder.path().join(name))?;
        file.write_all(content.as_bytes())?;
    }
    Ok(folder.keep())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_the_persons_alone() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = made(scratch.path()).unwrap();
        let mode = fs::metadata(&folder).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        for (name, content) in rehearsal::tour_files() {
            assert_eq!(fs::read_to_string(folder.join(name)).unwrap(), *content);
            let mode = fs::metadata(folder.join(name))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }
}
