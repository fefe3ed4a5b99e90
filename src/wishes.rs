//! The part of the config that changes while the workstation runs: read at the start, looked at again when something happens
//! anyway, and written when a key is bound on the screen.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use creel::config::LeaderKey;
use creel::config::load::{self, Loaded};
use creel::config::paths::{Paths, process_environment};
use creel::config::set::{self, Change};
use creel::config::show;
use creel::config::theme::ThemeChoice;
use creel::tui::app::keymap::leader::Leader;
use creel::tui::app::keymap::spelling::{self, Stroke};
use creel::tui::app::keymap::wished::{self, Rebind};
use creel::tui::app::wishes::Wishes;
use creel::tui::terminal::ability::Ability;

/// The file of one home.
pub struct ConfigFile {
    paths: Paths,
    /// As it was when it was read last. Held from before the file is read until what came of it was told: of two changes none
    /// is lost, and an older answer never comes after a newer.
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
        let (mut keymap, judged) = wished::apply(leader, &config.keymap);
        keymap.between = Ability::of_environment().between;
        let file = self.paths.config_file.display();
        let faults = judged.faults.iter().map(|fault| format!("{file}:{fault}"));
        Wishes {
            keymap,
            mouse: config.ui.mouse,
            motion: config.ui.motion,
            composer: config.ui.composer,
            notify: config.notify.clone(),
            theme: config.ui.theme.clone(),
            settings: show::settings(loaded, &self.paths.config_file),
            file: file.to_string(),
            // A rule that means nothing comes first: it may be one that was to forbid.
            faults: loaded.warnings.iter().cloned().chain(faults).collect(),
        }
    }

    /// Tells the config anew, if its file is another than it was.
    pub fn look(&self, tell: impl FnOnce(Result<Wishes, String>)) {
        let mut last = self.last();
        let now = stamp(&self.paths.config_file);
        if *last != now {
            *last = now;
            tell(self.read());
        }
    }

    fn last(&self) -> MutexGuard<'_, Option<Stamp>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> Result<Wishes, String> {
        let loaded = load::read(&self.paths, &process_environment);
        loaded
            .map_err(|error| error.to_string())
            .map(|loaded| self.wishes(&loaded))
    }

    /// Gives actions other keys, as the config writes them, or those they are shipped with: all or none.
    pub fn bind(&self, rebinds: &[Rebind], tell: impl FnOnce(Result<Wishes, String>)) {
        let mut last = self.last();
        let changes: Vec<Change> = rebinds.iter().map(change).collect();
        let loaded = set::set(&self.paths, &changes, &process_environment);
        if loaded.is_ok() {
            // What was written here need not be read again.
            *last = stamp(&self.paths.config_file);
        }
        tell(loaded.map(|loaded| self.wishes(&loaded)));
    }

    /// Writes a provider, with what keeps it, and tells the config as it is then. Nothing of that is told again.
    pub fn keep<T>(
        &self,
        keep: impl FnOnce() -> Result<T, String>,
        tell: impl FnOnce(Result<(T, Option<Box<Wishes>>), String>),
    ) {
        let mut last = self.last();
        let kept = keep().map(|kept| {
            // From before it is read: what is written meanwhile is looked at again.
            *last = stamp(&self.paths.config_file);
            (kept, self.read().ok().map(Box::new))
        });
        tell(kept);
    }

    /// Writes the theme that was chosen. The file is looked at again afterwards: what else has changed in it is not told here.
    pub fn keep_theme(&self, choice: &ThemeChoice, tell: impl FnOnce(Result<(), String>)) {
        let _last = self.last();
        let kept = set::set(&self.paths, &[choice.change()], &process_environment);
        tell(kept.map(drop));
    }
}

fn change(rebind: &Rebind) -> Change {
    let list = |keys: &Vec<Stroke>| {
        let keys = keys.iter().map(|stroke| spelling::written(*stroke));
        let keys: Vec<String> = keys
            .map(|key| toml::Value::String(key).to_string())
            .collect();
        format!("[{}]", keys.join(", "))
    };
    Change {
        table: format!("keymap.{}", rebind.place.name()),
        name: rebind.name,
        value: rebind.keys.as_ref().map(list),
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_rule_that_means_nothing_is_told_at_the_start() {
        let scratch = tempfile::tempdir().unwrap();
        let home = |name: &str| (name == "CREEL_HOME").then(|| scratch.path().as_os_str().into());
        let paths = Paths::from_environment(&home).unwrap();
        let text =
            "[permissions]\ndeny = [\"Bahs(rm *)\"]\n[keymap.everywhere]\nzoom = \"no key\"\n";
        std::fs::write(&paths.config_file, text).unwrap();
        let file = paths.config_file.display().to_string();
        let loaded = load::read(&paths, &home).unwrap();
        let notice = ConfigFile::new(paths).wishes(&loaded).notice().unwrap();
        let said = "permissions.deny: `Bahs(rm *)` names no tool of Creel: did you mean `bash`?";
        let more = " (and more: `creel config check` lists them)";
        assert_eq!(notice, format!("{file}:2: {said}{more}"));
    }
}
