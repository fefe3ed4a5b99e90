//! What of the config holds at once when its file has changed, and what waits for the next start.

use crate::config::ComposerKeys;
use crate::config::address;
use crate::config::display::{Motion, Mouse};
use crate::config::notify::NotifyConfig;
use crate::config::show::Setting;
use crate::config::theme::ThemeChoice;
use crate::tui::app::App;
use crate::tui::app::keymap::live::Keymap;
use crate::tui::app::message::Cmd;
use crate::tui::app::overlay::Overlay;
use crate::tui::app::saying::Matter;

/// Settings named in one line; the rest is counted.
const NAMED: usize = 3;

/// The config as the workstation needs it while it runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    pub keymap: Keymap,
    pub mouse: Mouse,
    pub motion: Motion,
    /// Whose keys the composer has.
    pub composer: ComposerKeys,
    pub notify: NotifyConfig,
    pub theme: ThemeChoice,
    /// Every setting with its value and its place, in the order of the file's chapters.
    pub settings: Vec<Setting>,
    /// Where the file is, and whether it is there.
    pub file: String,
    /// What is wrong in it, one line each: rules of no tool, keys that cannot be used. The rest holds.
    pub faults: Vec<String>,
}

impl Wishes {
    /// The line of the file a setting stands on; `None` where it does not.
    pub fn line(&self, key: &str) -> Option<usize> {
        let mut settings = self.settings.iter();
        let setting = settings.find(|setting| setting.key == key)?;
        let rest = setting.origin.strip_prefix(&self.file)?;
        rest.strip_prefix(':')?.parse().ok()
    }

    /// The last line of the file that a setting of a table stands on.
    pub fn last_line(&self, table: &str) -> Option<usize> {
        let settings = self.settings.iter();
        let of_table = settings.filter(|setting| {
            let rest = setting.key.strip_prefix(table);
            !table.is_empty() && rest.is_some_and(|rest| rest.starts_with('.'))
        });
        of_table.filter_map(|setting| self.line(&setting.key)).max()
    }

    /// Whether the config has a provider of this name, or another one for the server at this port of this machine.
    pub fn has_server(&self, provider: &str, port: u16) -> bool {
        self.settings.iter().any(|setting| {
            let Some(rest) = setting.key.strip_prefix("providers.") else {
                return false;
            };
            let named = rest.strip_prefix(provider);
            named.is_some_and(|rest| rest.starts_with('.'))
                || rest.ends_with(".base_url")
                    && address::is_at_port(setting.value.trim_matches('"'), port)
        })
    }

    /// What is wrong in it, as one notice.
    pub fn notice(&self) -> Option<String> {
        let first = self.faults.first()?;
        Some(match self.faults.len() {
            1 => first.clone(),
            _ => format!("{first} (and more: `creel config check` lists them)"),
        })
    }
}

/// It changes while Creel runs.
fn is_live(key: &str) -> bool {
    key.starts_with("keymap.")
        || key.starts_with("notify.")
        || matches!(key, "ui.leader" | "ui.mouse" | "ui.motion" | "ui.composer")
        || key.starts_with("ui.theme")
}

/// The first page and the list of models write it.
fn is_written_here(key: &str) -> bool {
    key == "model" || key.starts_with("providers.")
}

/// The settings that are not the same in both, in the order of the newer.
fn changed(before: &[Setting], after: &[Setting]) -> Vec<String> {
    let value = |all: &[Setting], key: &str| {
        let mut all = all.iter();
        all.find(|setting| setting.key == key)
            .map(|setting| setting.value.clone())
    };
    let mut keys: Vec<&String> = after.iter().map(|setting| &setting.key).collect();
    keys.extend(before.iter().map(|setting| &setting.key));
    let mut changed: Vec<String> = Vec::new();
    for key in keys {
        if value(before, key) != value(after, key) && !changed.contains(key) {
            changed.push(key.clone());
        }
    }
    changed
}

fn named(keys: &[&String]) -> String {
    let mut names: Vec<&str> = keys.iter().map(|key| key.as_str()).collect();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let first = names.join(", ");
    if more > 0 {
        format!("{first} and {more} more")
    } else {
        first
    }
}

impl App {
    /// The config was read again: what can change does, and the rest is told. A broken one leaves all as it was.
    pub fn wished(&mut self, read: Result<Box<Wishes>, String>) -> Vec<Cmd> {
        let mut extends = false;
        let notice = match read {
            Err(why) => Some(format!("{why}; what held before holds on")),
            Ok(wishes) => {
                let notice = wishes.notice();
                extends = self.taken_up(*wishes);
                notice
            }
        };
        self.notice_of(Matter::Config, notice);
        // It may be another program by now; where it is not, that is found out anew.
        self.notice_of(Matter::Notifier, None);
        Vec::from_iter(extends.then_some(Cmd::Extend))
    }

    /// What Creel itself wrote is no news, and what it wrote holds already. What a person wrote beside it is told.
    pub fn wrote_config(&mut self, wishes: Wishes) -> Vec<Cmd> {
        let settings = &mut self.setup.wishes.settings;
        settings.retain(|setting| !is_written_here(&setting.key));
        let written = wishes.settings.iter();
        settings.extend(
            written
                .filter(|setting| is_written_here(&setting.key))
                .cloned(),
        );
        self.wished(Ok(Box::new(wishes)))
    }

    /// Whether a provider is new in it, which can be used at once.
    fn taken_up(&mut self, wishes: Wishes) -> bool {
        let mut changed = changed(&self.setup.wishes.settings, &wishes.settings);
        if wishes.theme == self.setup.wishes.theme {
            // It was chosen on the screen of themes, and said there.
            changed.retain(|key| !key.starts_with("ui.theme"));
        }
        let is_new = |key: &&String| self.is_of_new_provider(key);
        let extends = changed.iter().any(|key| is_new(&key));
        let (now, later): (Vec<&String>, Vec<&String>) =
            changed.iter().partition(|key| is_live(key) || is_new(key));
        let said = match (now.is_empty(), later.is_empty()) {
            (true, true) => None,
            (false, true) => Some(format!("config read again: {}", named(&now))),
            (true, false) => Some(format!(
                "config read again: {} from the next start",
                named(&later)
            )),
            (false, false) => Some(format!(
                "config read again: {}; {} from the next start",
                named(&now),
                named(&later)
            )),
        };
        let preset = self.setup.wishes.composer;
        let from_file = |setting: &Setting| setting.origin.starts_with(&wishes.file);
        if wishes.settings.iter().any(from_file) {
            // There may have been none at the start.
            self.setup.config_place.clone_from(&wishes.file);
        }
        self.setup.wishes = wishes;
        self.list_unkept();
        if self.setup.wishes.composer != preset {
            // Nobody is left in a mode that has no way out under the other keys.
            for view in &mut self.views {
                view.composer.type_on();
                view.changes += 1;
            }
        }
        self.changes.everywhere += 1;
        if let Some(Overlay::Settings(overlay)) = &mut self.overlay {
            overlay.read(&self.setup.wishes);
        }
        if let Some(said) = said {
            self.say(said);
        }
        extends
    }

    /// Whether a setting is of a provider that the engine does not know yet.
    fn is_of_new_provider(&self, key: &str) -> bool {
        let Some(rest) = key.strip_prefix("providers.") else {
            return false;
        };
        let mut known = self.setup.key_places.keys();
        let is_of = |name: &String| {
            let rest = rest.strip_prefix(name.as_str());
            rest.is_some_and(|rest| rest.starts_with('.'))
        };
        !known.any(is_of)
    }

    /// Said where the key was pressed.
    pub fn not_bound(&mut self, why: String) -> Vec<Cmd> {
        match &mut self.overlay {
            Some(Overlay::Settings(overlay)) => overlay.failed = Some(why),
            _ => self.notices.push(why),
        }
        Vec::new()
    }

    pub fn keymap(&self) -> &Keymap {
        &self.setup.wishes.keymap
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn what_changed_is_named_in_the_order_of_the_file() {
        let settings = |rows: &[(&str, &str)]| -> Vec<Setting> {
            let rows = rows.iter();
            rows.map(|(key, value)| Setting {
                key: (*key).to_owned(),
                value: (*value).to_owned(),
                origin: "default".to_owned(),
            })
            .collect()
        };
        let before = settings(&[("mode", "1"), ("ui.mouse", "true"), ("effort", "low")]);
        let after = settings(&[
            ("mode", "1"),
            ("ui.mouse", "false"),
            ("keymap.everywhere.zoom", "[]"),
        ]);
        let found = changed(&before, &after);
        assert_eq!(found, ["ui.mouse", "keymap.everywhere.zoom", "effort"]);
        let live: Vec<bool> = found.iter().map(|key| is_live(key)).collect();
        assert_eq!(live, [true, true, false]);
        let many = ["a", "b", "c", "d", "e"].map(str::to_owned);
        assert_eq!(
            named(&many.iter().collect::<Vec<_>>()),
            "a, b, c and 2 more"
        );
    }
}
