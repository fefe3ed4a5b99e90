//! The config while the workstation runs: looked at when something happens anyway, opened in the person's editor at a line,
//! and written when a key is bound or a theme chosen.

use std::fmt;
use std::path::PathBuf;
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

/// Nothing wakes for it: it is asked when the person has done something.
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
    use super::*;

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
