//! Which level of the sandbox was measured last, kept between processes: a run in mode `auto` would else wait for the canary
//! before its first word, and a screen before it can say what holds. It is what these are told and no more: what holds a command
//! is measured before the first one runs, and each measure is kept here, or takes away what is.
//! It is true until the machine is started anew, the program or bubblewrap is another, or Creel stands in other namespaces.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use crate::agent::digest;
use crate::config::paths;
use crate::protocol::sandbox::Level;

const NAME: &str = "sandbox";

/// Where Creel itself stands: in a container of this machine something else holds.
const NAMESPACES: &[&str] = &["/proc/self/ns/user", "/proc/self/ns/mnt"];

/// Longer files are none of ours.
const LONGEST: u64 = 200;

/// What was measured with these programs since the machine was started.
pub(crate) fn read(state: &Path, programs: &[&Path]) -> Option<Level> {
    let path = state.join(NAME);
    let is_ours =
        fs::symlink_metadata(&path).is_ok_and(|data| data.is_file() && data.len() <= LONGEST);
    let text = is_ours.then(|| fs::read_to_string(&path).ok()).flatten()?;
    let (key, level) = text.trim_end().split_once(' ')?;
    let known = [
        Level::None,
        Level::Partial,
        Level::Restricted,
        Level::Contained,
    ];
    let level = known.into_iter().find(|known| known.name() == level)?;
    (key == of(programs)?).then_some(level)
}

/// Keeps it where that can be written; where it cannot, the next run measures again.
pub(crate) fn write(state: &Path, programs: &[&Path], level: Level) {
    let Some(key) = of(programs) else { return };
    // The first to write in a new home.
    if paths::ensure(state).is_err() {
        return;
    }
    let new = state.join(format!("{NAME}.{}", std::process::id()));
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new);
    let written = file.and_then(|mut file| writeln!(file, "{key} {level}"));
    if written
        .and_then(|()| fs::rename(&new, state.join(NAME)))
        .is_err()
    {
        let _ = fs::remove_file(new);
    }
}

/// It is not so any more.
pub(crate) fn forget(state: &Path) {
    let _ = fs::remove_file(state.join(NAME));
}

/// This start of the machine, where Creel stands in it, and these files as they are, as a hash.
fn of(programs: &[&Path]) -> Option<String> {
    let named: Option<Vec<String>> = NAMESPACES
        .iter()
        .map(|path| Some(fs::read_link(path).ok()?.to_string_lossy().into_owned()))
        .collect();
    key(&named?, programs)
}

fn key(namespaces: &[String], programs: &[&Path]) -> Option<String> {
    let mut text = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    for namespace in namespaces {
        let _ = writeln!(text, "{namespace}");
    }
    for program in programs {
        let data = fs::metadata(program).ok()?;
        let (dev, ino, time, nanos) = (data.dev(), data.ino(), data.mtime(), data.mtime_nsec());
        let _ = writeln!(text, "{} {dev} {ino} {time} {nanos}", program.display());
    }
    Some(digest::hex(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    #[cfg_attr(not(target_os = "linux"), ignore = "there is no boot id")]
    fn a_level_is_remembered_for_the_programs_it_was_measured_with() {
        let folder = tempfile::tempdir().unwrap();
        let (state, program) = (
            &folder.path().join("new/state"),
            folder.path().join("program"),
        );
        fs::write(&program, "one").unwrap();
        let programs = [program.as_path()];
        assert_eq!(read(state, &programs), None);
        // Nothing of this home is there yet.
        write(state, &programs, Level::Restricted);
        assert_eq!(read(state, &programs), Some(Level::Restricted));
        let mode = fs::metadata(state.join(NAME)).unwrap().mode();
        assert_eq!(mode & 0o777, 0o600);
        write(state, &programs, Level::Contained);
        assert_eq!(read(state, &programs), Some(Level::Contained));
        // Another program under its name.
        fs::remove_file(&program).unwrap();
        fs::write(state.join("other"), "two").unwrap();
        fs::write(&program, "two").unwrap();
        assert_eq!(read(state, &programs), None);
        write(state, &programs, Level::None);
        forget(state);
        assert_eq!(read(state, &programs), None);
        for text in ["", "x restricted\n", "restricted", &"x".repeat(999)] {
            fs::write(state.join(NAME), text).unwrap();
            assert_eq!(read(state, &programs), None, "{text}");
        }
        assert_eq!(fs::read_dir(state).unwrap().count(), 2);
    }

    #[test]
    #[cfg_attr(not(target_os = "linux"), ignore = "there is no boot id")]
    fn a_level_is_of_the_namespaces_it_was_measured_in() {
        let named = |names: [&str; 2]| key(&names.map(str::to_owned), &[]).unwrap();
        let here = named(["user:[1]", "mnt:[2]"]);
        assert_eq!(here, named(["user:[1]", "mnt:[2]"]));
        assert_ne!(here, named(["user:[3]", "mnt:[2]"]));
        assert_ne!(here, named(["user:[1]", "mnt:[3]"]));
    }
}
