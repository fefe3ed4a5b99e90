//! The folder of a tour: made where temporary files go, for its person alone. It stays, because what the tour says of the disk at its
//! end shall be true for as long as somebody may look.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use creel::provider::rehearsal;

/// A new folder with the tour's files, which the tour names at its end.
pub fn folder() -> Result<PathBuf, String> {
    made(&std::env::temp_dir()).map_err(|error| format!("cannot make the tour's folder: {error}"))
}

fn made(place: &Path) -> io::Result<PathBuf> {
    let folder = tempfile::Builder::new()
        .prefix("creel-tour-")
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
