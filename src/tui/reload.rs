//! The config while the workstation runs: looked at when something happens anyway, and where the system tells of changes when
//! it does; opened in the person's editor at a line, and written when a key is bound or a theme chosen.

#[cfg(target_os = "linux")]
use std::ffi::OsStr;
use std::fmt;
#[cfg(target_os = "linux")]
use std::mem::MaybeUninit;
#[cfg(target_os = "linux")]
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::config::theme::ThemeChoice;
use crate::tui::app::keymap::wished::Rebind;
use crate::tui::app::message::Msg;
use crate::tui::app::wishes::Wishes;

/// The file is looked at no oftener than this.
const OFTEN: Duration = Duration::from_millis(500);

/// Is told what came of something while nothing else is done to the file, so that an older answer never comes after a newer.
/// It must not wait.
pub type Tell<T> = Box<dyn FnOnce(Result<T, String>) + Send>;
/// Reads the config again if its file has changed, and else tells nothing.
pub type Look = Arc<dyn Fn(Tell<Wishes>) + Send + Sync>;
/// Writes the keys of actions into it, all or none.
pub type Bind = Arc<dyn Fn(&[Rebind], Tell<Wishes>) + Send + Sync>;
/// Writes the theme that was chosen into it.
pub type KeepTheme = Arc<dyn Fn(&ThemeChoice, Tell<()>) + Send + Sync>;

/// What the workstation may do with the config.
#[derive(Clone)]
pub struct ConfigFile {
    pub path: PathBuf,
    pub look: Look,
    pub bind: Bind,
    pub keep_theme: KeepTheme,
}

impl fmt::Debug for ConfigFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigFile")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Nothing is woken by the time: it is asked when the person has done something, or the file has changed.
pub(crate) struct Watch {
    last: Option<Instant>,
}

impl Watch {
    pub(crate) fn new() -> Self {
        Self { last: None }
    }

    /// Whether it is time to look again. A window that is come back to is looked at at once.
    pub(crate) fn is_due(&mut self, back: bool, now: Instant) -> bool {
        let due = back || self.last.is_none_or(|last| now >= last + OFTEN);
        if due {
            self.last = Some(now);
        }
        due
    }
}

/// Tells each time the file may have become another one, until it is not wanted any more. The system wakes the thread for
/// changes in the file's folder and for nothing else. Where it cannot, the next key has the file looked at.
#[cfg(target_os = "linux")]
pub(crate) fn tell_changes(path: &Path, tell: impl Fn() -> bool + Send + 'static) {
    use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};
    use rustix::io::Errno;

    // Editors put a new file in the place of the old one, so it is the folder that is watched: that of a link, and that of
    // what it leads to.
    let real = std::fs::canonicalize(path).ok();
    let paths: Vec<PathBuf> = std::iter::once(path.to_owned()).chain(real).collect();
    let Ok(watch) = inotify::init(CreateFlags::CLOEXEC) else {
        return;
    };
    let changes = WatchFlags::CLOSE_WRITE | WatchFlags::MOVED_TO | WatchFlags::DELETE;
    let mut names = Vec::new();
    for path in paths {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            continue;
        };
        if inotify::add_watch(&watch, folder, changes).is_ok() {
            names.push(name.to_owned());
        }
    }
    if names.is_empty() {
        return;
    }
    let listen = move || {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut events = Reader::new(watch, &mut buffer);
        loop {
            let event = match events.next() {
                Ok(event) => event,
                Err(Errno::INTR) => continue,
                Err(_) => return,
            };
            let name = event
                .file_name()
                .map(|name| OsStr::from_bytes(name.to_bytes()));
            let ours = name.is_some_and(|name| names.iter().any(|ours| ours == name));
            if ours && !tell() {
                return;
            }
        }
    };
    // Without the thread it is as where the system does not tell.
    let _ = std::thread::Builder::new()
        .name("config".to_owned())
        .spawn(listen);
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn tell_changes(_path: &Path, _tell: impl Fn() -> bool + Send + 'static) {}

/// Looks on a thread that may wait for a disk; the answer comes as a message, and none where nothing has changed.
pub(crate) fn look(
    file: &ConfigFile,
    runtime: &tokio::runtime::Handle,
    tell: impl FnOnce(Msg) + Send + 'static,
) {
    let look = Arc::clone(&file.look);
    runtime.spawn_blocking(move || {
        look(Box::new(|read| tell(Msg::Wished(read.map(Box::new)))));
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn changes_are_told_however_an_editor_makes_them_and_others_are_not() {
        use std::fs;
        use std::sync::mpsc::channel;
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("dotfiles");
        fs::create_dir(&real).unwrap();
        let (path, aim) = (folder.path().join("config.toml"), real.join("creel.toml"));
        fs::write(&aim, "a").unwrap();
        std::os::unix::fs::symlink(&aim, &path).unwrap();
        let (told, hears) = channel();
        tell_changes(&path, move || told.send(()).is_ok());
        let patience = Duration::from_secs(30);
        let other = || fs::write(folder.path().join("other"), "x").unwrap();
        // What it leads to is written, then the link is replaced by a file, then that is taken away.
        other();
        fs::write(&aim, "b").unwrap();
        hears.recv_timeout(patience).unwrap();
        fs::write(folder.path().join("new"), "c").unwrap();
        fs::rename(folder.path().join("new"), &path).unwrap();
        hears.recv_timeout(patience).unwrap();
        other();
        fs::remove_file(&path).unwrap();
        hears.recv_timeout(patience).unwrap();
        assert!(hears.try_recv().is_err(), "others are not told");
    }

    #[test]
    fn a_flood_of_keys_looks_once() {
        let mut watch = Watch::new();
        let began = Instant::now();
        let looks = [0, 10, 499, 500, 600]
            .map(|millis| watch.is_due(false, began + Duration::from_millis(millis)));
        assert_eq!(looks, [true, false, false, true, false]);
        assert!(watch.is_due(true, began + Duration::from_millis(601)));
    }
}
