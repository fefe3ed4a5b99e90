//! What the person wished for: the config file as data. A session logs what is changed later; the config only gives defaults.

pub mod address;
pub mod clipboard;
mod described;
pub mod display;
pub(crate) mod document;
pub mod import;
mod key_of_entry;
pub mod keymap;
pub mod load;
pub mod memory;
mod model;
pub mod notify;
pub mod paths;
pub mod preset;
pub mod provider;
pub mod rekey;
pub mod route;
pub mod schema;
pub mod secret;
pub mod section;
pub mod set;
pub mod show;
pub mod theme;
pub mod worktree;
pub mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::agent::guard;
use crate::agent::route::Route;
use crate::config::clipboard::Clipboard;
use crate::config::display::{Ambiguous, Motion, Mouse};
use crate::config::keymap::KeymapConfig;
use crate::config::memory::MemoryConfig;
use crate::config::notify::NotifyConfig;
use crate::config::secret::{no_file, not_set};
use crate::config::theme::ThemeChoice;
use crate::config::worktree::WorktreeConfig;
use crate::protocol::effort::Effort;
use crate::protocol::id::ModelRef;
use crate::protocol::money::{Currency, Money, Rates, UNIT};
use crate::protocol::route::Abilities;
use crate::protocol::rule::{Mode, Rule};
use crate::protocol::usage::{CacheLife, Price};

/// Everything `config.toml` can say, with the defaults filled in. Rooms receive only the part that is theirs.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The model used when none is named.
    pub model: Option<ModelRef>,
    /// The first model that an entry of the file describes, in the order of the file.
    pub described: Option<ModelRef>,
    pub mode: Mode,
    /// How much the model of a new session reasons; `None` leaves it to the model.
    pub effort: Option<Effort>,
    pub providers: BTreeMap<String, ProviderConfig>,
    /// Those of them whose key would stand in a variable that is not set.
    pub without_key: BTreeSet<String>,
    pub budget: BudgetConfig,
    /// `[rates.CURRENCY]`: what a person says it is worth in dollars.
    pub rates: Rates,
    pub guards: guard::Settings,
    pub limits: LimitConfig,
    /// `[permissions]` allow, ask and deny, as rules.
    pub rules: Vec<Rule>,
    pub ui: UiConfig,
    /// `[keymap.PLACE]`: keys by action.
    pub keymap: KeymapConfig,
    /// `[routes.NAME]`, by name.
    pub routes: BTreeMap<String, Route>,
    pub roles: RoleConfig,
    pub worktree: WorktreeConfig,
    pub notify: NotifyConfig,
    pub memory: MemoryConfig,
    pub import: import::ImportConfig,
}

/// The dialect a provider speaks. More come with the issue that builds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wire {
    Anthropic,
    OpenAiChat,
    OpenAiResponses,
    Gemini,
    Ollama,
    Rehearsal,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ProviderConfig {
    pub wire: Wire,
    /// Without a trailing slash; the wire adds its own path.
    pub base_url: String,
    pub key: KeySource,
    /// The quirks of a vendor, one of [`preset::PRESETS`].
    pub preset: Option<String>,
    pub models: BTreeMap<String, ModelConfig>,
    /// `subscription`: calls are covered by a plan, whatever the list says; `None` leaves it to the preset.
    pub subscription: Option<bool>,
    /// `currency`: what the account is billed in, where that is said; prices of its models are in it unless they say otherwise.
    pub currency: Option<Currency>,
    /// `cache`: how long the server is asked to keep what it cached of a prompt.
    pub cache: CacheLife,
    /// A rehearsal script (`wire = "rehearsal"`).
    pub script: Option<PathBuf>,
    /// Where this entry comes from, for messages: the config file, or the environment variable that was found.
    pub origin: String,
}

/// Where a key is found. The key itself is read when first needed and never printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    None,
    Env(String),
    File(PathBuf),
    Command(Vec<String>),
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelConfig {
    /// Tokens of the context window.
    pub context: Option<u64>,
    pub max_output: Option<u64>,
    pub price: Option<Price>,
    /// `tools`, `images`: whether it takes them; asked about by routes, and before a picture is sent.
    pub abilities: Abilities,
}

/// `[roles]`: models or routes for what is not the work itself. The model of the work is `model`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleConfig {
    /// `small`: titles. Without it none are asked for.
    pub small: Option<ModelRef>,
    /// `plan`: answers while the mode is `plan`.
    pub plan: Option<ModelRef>,
}

/// `[budget]`, in dollars. `None`: no limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetConfig {
    /// `day`: default 10 dollars.
    pub day: Option<Money>,
    /// `session`: default none.
    pub session: Option<Money>,
}

/// `[limits]`: how much of an output the model reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitConfig {
    /// `output_tokens`: of a command's output, head and tail together. Default 2000 (a token is taken as 4 bytes).
    pub output_tokens: u64,
    /// `file_bytes`: a file up to this size is read whole. Default 32768.
    pub file_bytes: u64,
    /// `file_head_bytes`: of a larger one this much. Default 8192.
    pub file_head_bytes: u64,
    /// `command_seconds`: a command's time when the model names none. Default 120.
    pub command_seconds: u64,
    /// `kept_bytes`: of one output at most this much is kept whole. Default 64 MiB.
    pub kept_bytes: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UiConfig {
    /// `theme`: the name of a shipped theme or of one in the folder `themes`, or one for each kind of terminal.
    pub theme: ThemeChoice,
    /// `mouse`: what the pointer does.
    pub mouse: Mouse,
    /// `ambiguous`: how wide the terminal draws what others draw narrow.
    pub ambiguous: Ambiguous,
    /// `motion`: how often the screen may change by itself.
    pub motion: Motion,
    /// `leader`: the key that keys for everywhere follow.
    pub leader: LeaderKey,
    /// `clipboard`: the way a text is copied by.
    pub clipboard: Clipboard,
    /// `composer`: whose keys the composer has.
    pub composer: ComposerKeys,
}

/// Whose keys a text is edited with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ComposerKeys {
    /// Those of emacs and of shells.
    #[default]
    Emacs,
    /// Those of vi, with INSERT, NORMAL and VISUAL.
    Vim,
}

impl ComposerKeys {
    pub const ALL: [Self; 2] = [Self::Emacs, Self::Vim];

    /// As the file says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Emacs => "emacs",
            Self::Vim => "vim",
        }
    }
}

/// Ctrl+X always leads; `ctrl-b` does too where it is wished for, and then tmux's keys follow it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LeaderKey {
    #[default]
    CtrlX,
    CtrlB,
}

impl LeaderKey {
    pub const ALL: [Self; 2] = [Self::CtrlX, Self::CtrlB];

    /// As the file says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::CtrlX => "ctrl-x",
            Self::CtrlB => "ctrl-b",
        }
    }
}

impl Config {
    /// The model used when none is named: the one in the config, else that of the first vendor whose key was found, in the
    /// order of [`preset::PRESETS`], else the first one an entry of the file describes.
    pub fn default_model(&self) -> Option<ModelRef> {
        let of_vendor = || {
            preset::PRESETS.iter().find_map(|preset| {
                self.providers
                    .get(preset.name)
                    .filter(|entry| entry.preset.as_deref() == Some(preset.name))
                    .filter(|_| !self.without_key.contains(preset.name))?;
                Some(ModelRef {
                    provider: preset.name.to_owned(),
                    model: preset.default_model?.to_owned(),
                })
            })
        };
        let model = self.model.clone().or_else(of_vendor);
        model.or_else(|| self.described.clone())
    }

    /// Of so many sessions the models are looked at for [`Config::usual_model`].
    pub const NEWEST: u32 = 20;

    /// Which of several vendors is meant is said nowhere: the keys of more than one were found.
    pub fn has_several_vendors(&self) -> bool {
        let found = |preset: &&preset::Preset| {
            let entry = self.providers.get(preset.name);
            preset.default_model.is_some()
                && !self.without_key.contains(preset.name)
                && entry.is_some_and(|entry| entry.preset.as_deref() == Some(preset.name))
        };
        self.model.is_none() && preset::PRESETS.iter().filter(found).count() > 1
    }

    /// Which of several providers is meant is said nowhere, whether a key was found or an entry stands in the file.
    pub fn has_several_providers(&self) -> bool {
        self.model.is_none() && self.usable().nth(1).is_some()
    }

    /// The providers that can be meant where none is named: not those that only play, nor those whose key is in no variable.
    fn usable(&self) -> impl Iterator<Item = &str> {
        let all = self.providers.iter();
        let real = all.filter(|(_, entry)| entry.wire != Wire::Rehearsal);
        let names = real.map(|(name, _)| name.as_str());
        names.filter(|name| !self.without_key.contains(*name))
    }

    /// What a person is told where no model can be meant, of the entries that only lack their key.
    pub fn keys_not_set(&self) -> Option<String> {
        let lacking = self.without_key.iter().filter_map(|name| {
            let what = match &self.providers.get(name)?.key {
                KeySource::Env(variable) => not_set(variable),
                KeySource::File(path) => no_file(path),
                KeySource::None | KeySource::Command(_) => return None,
            };
            Some(format!("{name} has {what}"))
        });
        let lacking: Vec<String> = lacking.collect();
        (!lacking.is_empty()).then(|| lacking.join(", "))
    }

    /// The model used when none is named, given those of this home's newest sessions, newest first. Of several providers it is
    /// the one used last, so that a key or an entry that is new changes nothing by itself.
    pub fn usual_model<'m>(
        &self,
        mut used: impl Iterator<Item = &'m ModelRef>,
    ) -> Option<ModelRef> {
        let is_here = |model: &&ModelRef| match model.as_route() {
            Some(name) => self.routes.contains_key(name),
            None => self.usable().any(|name| name == model.provider),
        };
        let several = self.has_several_providers();
        let last = several.then(|| used.find(is_here).cloned()).flatten();
        last.or_else(|| self.default_model())
    }

    /// What a person is told of a model that was taken of several, none of which was named.
    pub fn taken_of_several(&self, model: &ModelRef) -> Option<String> {
        let names: Vec<&str> = self.usable().collect();
        self.has_several_providers().then(|| {
            format!(
                "{model} is used, of the providers {}: `model = \"{model}\"` in config.toml settles it",
                names.join(", ")
            )
        })
    }

    /// What a person is told where none was named, given the model that is used then, if any.
    pub fn told_of_unnamed(&self, model: Option<&ModelRef>) -> Option<String> {
        match model {
            Some(model) => self.taken_of_several(model),
            None => self.keys_not_set(),
        }
    }

    /// A vendor whose key was found, and the variable it stands in, where nothing says which of its models is meant.
    pub fn key_without_model(&self) -> Option<(&str, &str)> {
        if self.default_model().is_some() {
            return None;
        }
        self.providers.iter().find_map(|(name, entry)| {
            let KeySource::Env(variable) = &entry.key else {
                return None;
            };
            let of_vendor =
                entry.preset.as_deref() == Some(name) && !self.without_key.contains(name);
            of_vendor.then_some((name.as_str(), variable.as_str()))
        })
    }
}

impl Default for Config {
    /// As an empty file reads in an empty environment, but for the rehearsal, which reading adds.
    fn default() -> Self {
        Self {
            model: None,
            described: None,
            mode: Mode::Ask,
            effort: None,
            providers: BTreeMap::new(),
            without_key: BTreeSet::new(),
            budget: BudgetConfig::default(),
            rates: Rates::default(),
            guards: guard::Settings::default(),
            limits: LimitConfig::default(),
            rules: Vec::new(),
            ui: UiConfig::default(),
            keymap: KeymapConfig::default(),
            routes: BTreeMap::new(),
            roles: RoleConfig::default(),
            worktree: WorktreeConfig::default(),
            memory: MemoryConfig::default(),
            notify: NotifyConfig::default(),
            import: import::ImportConfig::default(),
        }
    }
}

impl Default for BudgetConfig {
    fn default() -> Self {
        Self {
            day: Some(Money::usd(10 * UNIT)),
            session: None,
        }
    }
}

impl Default for LimitConfig {
    fn default() -> Self {
        Self {
            output_tokens: 2000,
            file_bytes: 32 * 1024,
            file_head_bytes: 8 * 1024,
            command_seconds: 120,
            kept_bytes: 64 * 1024 * 1024,
        }
    }
}

#[cfg(test)]
mod tests;
