//! Which level of the sandbox was measured last, kept between processes: a run in mode `auto` would else wait for the canary
//! before its first word. It says only whether such a run may begin; what holds a command is measured before the first one runs.
//! It is true until the machine is started anew, or the program or bubblewrap is another.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use crate::agent::digest;
use crate::protocol::sandbox::Level;

const NAME: &str = "sandbox";

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

/// This start of the machine and these files as they are, as a hash.
fn of(programs: &[&Path]) -> Option<String> {
    let mut text = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
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
        let (state, program) = (folder.path(), folder.path().join("program"));
        fs::write(&program, "one").unwrap();
        let programs = [program.as_path()];
        assert_eq!(read(state, &programs), None);
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
        assert_eq!(fs::read_dir(state).unwrap().count(), 3);
    }
}
