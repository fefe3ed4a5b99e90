//! Tabs and panes between two runs: one small file for each folder Creel is started in, for the owner alone. It is no part of
//! the log, and a file that cannot be used costs the order of the panes and nothing else.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use creel::agent::digest;
use creel::config::paths::{Paths, ensure};
use creel::config::write::write_whole;
use creel::tui::app::arrangement::Arrangement;

/// A larger file was not written by Creel.
const LONGEST: u64 = 1 << 20;

/// The file of a folder.
pub fn file(paths: &Paths, folder: &Path) -> PathBuf {
    let name = digest::hex(folder.as_os_str().as_encoded_bytes());
    paths.layouts.join(format!("{}.json", &name[..16]))
}

/// What was kept; the error is a notice for the person.
pub fn read(file: &Path) -> Result<Option<Arrangement>, String> {
    let broken = |why: &str| {
        format!(
            "tabs and panes of the last time are not restored: {why} ({})",
            file.display()
        )
    };
    let mut text = String::new();
    match File::open(file).and_then(|open| open.take(LONGEST).read_to_string(&mut text)) {
        Ok(_) => Arrangement::parse(&text)
            .map(Some)
            .map_err(|why| broken(&why)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == ErrorKind::InvalidData => Err(broken("it is damaged")),
        Err(error) => Err(broken(&error.to_string())),
    }
}

/// Keeps it, or takes away what was kept.
pub fn keep(file: &Path, arrangement: Option<&Arrangement>) -> Result<(), String> {
    let Some(arrangement) = arrangement else {
        return match fs::remove_file(file) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(format!("cannot remove {}: {error}", file.display()))
            }
            _ => Ok(()),
        };
    };
    if let Some(folder) = file.parent() {
        ensure(folder)?;
    }
    write_whole(file, &arrangement.text())
}
