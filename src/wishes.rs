//! The part of the config that changes while the workstation runs: read at the start, looked at again when something happens
//! anyway, and written when a key is bound on the screen.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use creel::config::LeaderKey;
use creel::config::load::{self, Loaded};
use creel::config::paths::{Paths, process_environment};
use creel::config::{set, show};
use creel::tui::app::keymap::leader::Leader;
use creel::tui::app::keymap::spelling;
use creel::tui::app::keymap::wished::{self, Rebind};
use creel::tui::app::wishes::Wishes;

/// The file of one home.
pub struct ConfigFile {
    paths: Paths,
    /// As it was when it was read last.
    last: Mutex<Option<Stamp>>,
}

/// What of a file changes with it: when it was written, its size, and which file it is, since editors put another one in its
/// place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    seconds: i64,
    nanoseconds: i64,
    size: u64,
    inode: u64,
}

impl ConfigFile {
    /// Remembers how the file is now: called before it is read, so that no change is missed.
    pub fn new(paths: Paths) -> Self {
        let last = Mutex::new(stamp(&paths.config_file));
        Self { paths, last }
    }

    pub fn path(&self) -> PathBuf {
        self.paths.config_file.clone()
    }

    /// What a config that was read comes to.
    pub fn wishes(&self, loaded: &Loaded) -> Wishes {
        let config = &loaded.config;
        let leader = match config.ui.leader {
            LeaderKey::CtrlX => Leader::CtrlX,
            LeaderKey::CtrlB => Leader::CtrlB,
        };
        let (keymap, judged) = wished::apply(leader, &config.keymap);
        let file = self.paths.config_file.display();
        let faults = judged.faults.iter();
        Wishes {
            keymap,
            mouse: config.ui.mouse,
            motion: config.ui.motion,
            notify: config.notify.clone(),
            theme: config.ui.theme.clone(),
            settings: show::settings(loaded, &self.paths.config_file),
            file: file.to_string(),
            faults: faults.map(|fault| format!("{file}:{fault}")).collect(),
        }
    }

    /// The config anew, if its file is another than it was.
    pub fn look(&self) -> Option<Result<Wishes, String>> {
        let now = stamp(&self.paths.config_file);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if *last == now {
            return None;
        }
        *last = now;
        drop(last);
        Some(self.read())
    }

    fn read(&self) -> Result<Wishes, String> {
        let loaded = load::read(&self.paths, &process_environment);
        loaded
            .map_err(|error| error.to_string())
            .map(|loaded| self.wishes(&loaded))
    }

    /// Gives an action other keys, as the config writes them, or with `None` those it is shipped with.
    pub fn bind(&self, rebind: &Rebind) -> Result<Wishes, String> {
        let list = rebind.keys.as_ref().map(|keys| {
            let keys = keys.iter().map(|stroke| spelling::written(*stroke));
            let keys: Vec<String> = keys
                .map(|key| toml::Value::String(key).to_string())
                .collect();
            format!("[{}]", keys.join(", "))
        });
        let table = format!("keymap.{}", rebind.place.name());
        let (name, env) = (rebind.name, &process_environment);
        let loaded = set::set(&self.paths, &table, name, list.as_deref(), env)?;
        // What was written here need not be read again.
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = stamp(&self.paths.config_file);
        Ok(self.wishes(&loaded))
    }
}

/// `None`: there is no file, or it cannot be looked at.
fn stamp(file: &std::path::Path) -> Option<Stamp> {
    let metadata = fs::metadata(file).ok()?;
    Some(Stamp {
        seconds: metadata.mtime(),
        nanoseconds: metadata.mtime_nsec(),
        size: metadata.size(),
        inode: metadata.ino(),
    })
}
