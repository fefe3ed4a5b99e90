//! The folders of tours: made where temporary files go, and taken away a day later by the next tour. What the tour says of the
//! disk at its end is true for as long as its session is open, so a folder that a session still works in stays.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use creel::config::paths::Paths;
use creel::engine::owner::Owners;
use creel::protocol::query::Whereabouts;
use creel::provider::rehearsal;
use creel::store::read::Reader;

/// Before the letters that tell folders apart.
const PREFIX: &str = "creel-tour-";
/// How many letters those are.
const LETTERS: usize = 6;
/// In each folder: that Creel made it, and for which home, whose log tells whether a session still works there.
const MARKER: &str = ".creel-tour";
/// A folder in which nothing was written for so long is that of an earlier tour.
const OLD: Duration = Duration::from_hours(24);

/// A new folder with the tour's files, which the tour names at its end. Folders of earlier tours are taken away before.
pub fn folder(paths: &Paths) -> Result<PathBuf, String> {
    let (place, marker) = (std::env::temp_dir(), marker(paths));
    let old = old(&place, &marker, SystemTime::now());
    if !old.is_empty() {
        // Where the log does not tell who works where, all of them stay.
        let works = working(paths).unwrap_or_else(|| old.clone());
        let is_free = |old: &&PathBuf| !works.iter().any(|work| work.starts_with(old));
        for folder in old.iter().filter(is_free) {
            if let Err(error) = fs::remove_dir_all(folder) {
                // The next tour tries again.
                tracing::warn!("cannot remove {}: {error}", folder.display());
            }
        }
    }
    made(&place, &marker).map_err(|error| format!("cannot make the tour's folder: {error}"))
}

fn made(place: &Path, marker: &str) -> io::Result<PathBuf> {
    let folder = tempfile::Builder::new()
        .prefix(PREFIX)
        .rand_bytes(LETTERS)
        .permissions(fs::Permissions::from_mode(0o700))
        .tempdir_in(place)?;
    fs::write(folder.path().join(MARKER), marker)?;
    for (name, content) in rehearsal::tour_files() {
        fs::write(folder.path().join(name), content)?;
    }
    Ok(folder.keep())
}

fn marker(paths: &Paths) -> String {
    format!("made by creel for a tour, home of {}\n", paths.db.display())
}

/// Folders of earlier tours of this person and this home. A link is never followed, and what differs in anything is left alone.
fn old(place: &Path, marker: &str, now: SystemTime) -> Vec<PathBuf> {
    let me = rustix::process::getuid().as_raw();
    let own = |found: &Metadata| found.uid() == me;
    let Ok(entries) = fs::read_dir(place) else {
        return Vec::new();
    };
    let folders = entries.flatten().filter(|entry| {
        let name = entry.file_name();
        let letters = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        letters.is_some_and(|letters| {
            letters.len() == LETTERS && letters.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
    });
    folders
        .map(|entry| entry.path())
        .filter(|folder| {
            let private = |found: &Metadata| found.permissions().mode() & 0o777 == 0o700;
            let found = fs::symlink_metadata(folder);
            found.is_ok_and(|found| found.is_dir() && own(&found) && private(&found))
        })
        .filter(|folder| {
            let file = folder.join(MARKER);
            let found = fs::symlink_metadata(&file);
            let short = |found: &Metadata| found.len() == marker.len() as u64;
            found.is_ok_and(|found| found.is_file() && own(&found) && short(&found))
                && fs::read_to_string(&file).is_ok_and(|text| text == marker)
        })
        .filter(|folder| touched(folder).is_some_and(|at| is_old(at, now)))
        .collect()
}

fn is_old(at: SystemTime, now: SystemTime) -> bool {
    // A clock that went back makes nothing old.
    now.duration_since(at).is_ok_and(|age| age > OLD)
}

/// When something in a folder was written last; `None`: that cannot be told.
fn touched(folder: &Path) -> Option<SystemTime> {
    let mut last = fs::symlink_metadata(folder).ok()?.modified().ok()?;
    for entry in fs::read_dir(folder).ok()? {
        let found = fs::symlink_metadata(entry.ok()?.path()).ok()?;
        last = last.max(found.modified().ok()?);
    }
    Some(last)
}

/// Folders of the sessions that are open, in this process and in others; `None`: that cannot be told.
fn working(paths: &Paths) -> Option<Vec<PathBuf>> {
    let held = Owners::new(paths.locks.clone(), Whereabouts::default()).held();
    let reader = Reader::new(&paths.db);
    let folder = |session| Some(reader.card(session).ok()??.cwd);
    held.into_iter()
        .map(|(session, _)| folder(session))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    const MARK: &str = "made by creel for a tour, home of /h\n";

    fn like(place: &Path, name: &str, marker: Option<&str>) -> PathBuf {
        let folder = place.join(name);
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        fs::write(folder.join("tide.sh"), "x").unwrap();
        if let Some(marker) = marker {
            fs::write(folder.join(MARKER), marker).unwrap();
        }
        folder
    }

    #[test]
    fn only_old_folders_of_ones_own_tours_go() {
        let scratch = tempfile::tempdir().unwrap();
        let place = scratch.path();
        let own = made(place, MARK).unwrap();
        like(place, "creel-tour-nomark", None);
        like(
            place,
            "creel-tour-other0",
            Some("made by creel for a tour, home of /g\n"),
        );
        like(place, "creel-tour-toolong", Some(MARK));
        like(place, "creel-tour-a_b_c_", Some(MARK));
        like(place, "creel-tour", Some(MARK));
        like(place, "my-tour-aB3x9Z", Some(MARK));
        let shared = like(place, "creel-tour-shared", Some(MARK));
        fs::set_permissions(&shared, fs::Permissions::from_mode(0o755)).unwrap();
        // A link to a folder that would go, and one in the place of the marker.
        symlink(&own, place.join("creel-tour-linked")).unwrap();
        let file = place.join("marker");
        fs::write(&file, MARK).unwrap();
        let linked = like(place, "creel-tour-linkin", None);
        symlink(&file, linked.join(MARKER)).unwrap();
        fs::write(place.join("creel-tour-isfile"), MARK).unwrap();

        let written = touched(&own).unwrap();
        assert_eq!(old(place, MARK, written + OLD), Vec::<PathBuf>::new());
        let later = written + OLD + Duration::from_mins(1);
        assert_eq!(old(place, MARK, later), [own.clone()]);
        assert_eq!(
            old(place, MARK, SystemTime::UNIX_EPOCH),
            Vec::<PathBuf>::new()
        );
        // Something was written in it meanwhile.
        let file = fs::File::options()
            .append(true)
            .open(own.join("tide.sh"))
            .unwrap();
        file.set_modified(later).unwrap();
        assert_eq!(old(place, MARK, later), Vec::<PathBuf>::new());
    }
}
