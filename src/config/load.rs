//! Reading `config.toml`: defaults, then the person's file, then the environment. Flags are laid over it by those who have
//! them. Anything wrong in the file is an error of the whole file, so that a broken line never makes permissions looser.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use crate::config::described::first_described;
use crate::config::document::{Document, Fault, cut};
use crate::config::keymap::KeymapConfig;
use crate::config::paths::{Environment, Paths};
use crate::config::{
    Config, import, keymap, memory, notify, provider, route, secret, section, worktree,
};
use crate::protocol::effort::Effort;
use crate::protocol::rule::Mode;

/// A config is a page or two; more than this is another file by mistake.
const MOST_BYTES: u64 = 1024 * 1024;

/// Places that cannot be read, of which each is named.
const MOST_BROKEN: usize = 100;

/// The config as read, and what else the reading brought to light.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    pub config: Config,
    /// The line of the file each key that was read stands on, by its full name: `providers.local.base_url`.
    pub lines: BTreeMap<String, usize>,
    /// One line each: taken, but worth a look.
    pub warnings: Vec<String>,
}

/// Why a config cannot be used. It prints as one line that begins with the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    pub file: PathBuf,
    pub problem: Problem,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The file as a whole.
    File(String),
    /// In the order of the file, never empty.
    Faults(Vec<Fault>),
}

impl ConfigError {
    /// All that is wrong, one line each.
    pub fn lines(&self) -> Vec<String> {
        let file = self.file.display();
        match &self.problem {
            Problem::File(text) => vec![format!("{file}: {text}")],
            Problem::Faults(faults) => faults
                .iter()
                .map(|fault| format!("{file}:{fault}"))
                .collect(),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines();
        if let Some(first) = lines.first() {
            f.write_str(first)?;
        }
        if lines.len() > 1 {
            // How many is for who has looked at all of it, the keys too.
            f.write_str(" (and more: `creel config check` lists them)")?;
        }
        Ok(())
    }
}

/// The config of this home. A file that is not there is an empty one.
pub fn load(paths: &Paths, env: Environment<'_>) -> Result<Config, ConfigError> {
    read(paths, env).map(|loaded| loaded.config)
}

/// The config as it is without a file: what a face falls back to, with the error shown, when the file is broken.
pub fn defaults(env: Environment<'_>) -> Config {
    let mut config = Config::default();
    provider::add_found(&mut config.providers, env);
    config
}

/// As [`load`], with the places of all values and with warnings.
pub fn read(paths: &Paths, env: Environment<'_>) -> Result<Loaded, ConfigError> {
    let fail = |text: String| ConfigError {
        file: paths.config_file.clone(),
        problem: Problem::File(text),
    };
    let text = read_file(&paths.config_file).map_err(fail)?;
    let mut loaded = parse(&text, &paths.config_file, env).map_err(|faults| ConfigError {
        file: paths.config_file.clone(),
        problem: Problem::Faults(faults),
    })?;
    for entry in loaded.config.providers.values() {
        loaded.warnings.extend(secret::exposed(&entry.key));
    }
    Ok(loaded)
}

/// The keys that are wished for, whatever is wrong elsewhere in the file.
pub fn keymap(paths: &Paths) -> KeymapConfig {
    let Ok(text) = read_file(&paths.config_file) else {
        return KeymapConfig::default();
    };
    let (root, _) = DeTable::parse_recoverable(&text);
    let top = Document::new(&text).root(&root, TOP_KEYS);
    let mut keys = Document::new(&text);
    let wishes = keymap::read(&mut keys, &text, &top);
    KeymapConfig {
        wishes,
        faults: keys.finish().0,
    }
}

/// The text of the file, empty when it is not there.
pub(crate) fn read_file(file: &Path) -> Result<String, String> {
    match fs::metadata(file) {
        Ok(metadata) if metadata.is_dir() => {
            return Err("is a folder, where a file belongs".to_owned());
        }
        // Opening a pipe would wait for its other end.
        Ok(metadata) if !metadata.is_file() => return Err("is no ordinary file".to_owned()),
        Ok(_) => {}
        // A part of the path that is a file is reported by whoever makes folders.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(String::new());
        }
        Err(error) => return Err(format!("cannot be read: {error}")),
    }
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|opened| opened.take(MOST_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err("is larger than 1 MiB: this is no config".to_owned());
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error
            .as_bytes()
            .iter()
            .take(good)
            .filter(|&&byte| byte == b'\n')
            .count()
            + 1;
        format!("is not UTF-8 at line {line}: save it as UTF-8")
    })
}

/// A config text with the environment laid over it. `file` is where relative paths start from, and named in messages.
pub fn parse(text: &str, file: &Path, env: Environment<'_>) -> Result<Loaded, Vec<Fault>> {
    let mut document = Document::new(text);
    // What cannot be read is named, and beside it what is wrong in the rest of the file.
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut broken = Document::new(text);
    // A file with more of them is none that was written by hand: the first says so.
    let many = errors.len() > MOST_BROKEN;
    for error in errors.iter().take(if many { 1 } else { MOST_BROKEN }) {
        broken.syntax(error);
    }
    let (mut broken, _) = broken.finish();
    if many {
        return Err(broken);
    }
    // What follows one of them in its line mostly comes of it.
    broken.dedup_by_key(|fault| fault.line);
    let mut config = Config::default();
    let mut warnings = Vec::new();
    let top = document.root(&root, TOP_KEYS);
    if let Some(mode) = document.parsed(&top, "mode", mode) {
        config.mode = mode;
    }
    config.effort = document.parsed(&top, "effort", effort);
    config
        .providers
        .extend(provider::read(&mut document, &top, file, env));
    let entries = config.providers.iter();
    let lacking = entries.filter(|(_, entry)| secret::is_not_set(&entry.key, env));
    config.without_key = lacking.map(|(name, _)| name.clone()).collect();
    config.described = first_described(&top, &config);
    provider::add_found(&mut config.providers, env);
    config.routes = route::read_routes(&mut document, &top, &config);
    (config.roles, config.model) = route::read_roles(&mut document, &top, &config);
    section::read_budget(&mut document, &top, &mut config.budget);
    config.rates = section::read_rates(&mut document, &top);
    section::read_guards(&mut document, &top, &mut config.guards);
    section::read_limits(&mut document, &top, &mut config.limits);
    config.rules = section::read_rules(&mut document, &top, &mut warnings);
    section::read_ui(&mut document, &top, &mut config.ui);
    config.worktree = worktree::read(&mut document, &top);
    config.import = import::read(&mut document, &top);
    config.notify = notify::read(&mut document, &top);
    config.memory = memory::read(&mut document, &top);
    let mut keys = Document::new(text);
    config.keymap.wishes = keymap::read(&mut keys, text, &top);
    let (mut faults, mut lines) = document.finish();
    // What is missing in such a line is no further fault.
    faults.retain(|fault| broken.iter().all(|other| other.line != fault.line));
    faults.extend(broken);
    faults.sort();
    let (keymap_faults, keymap_lines) = keys.finish();
    config.keymap.faults = keymap_faults;
    lines.extend(keymap_lines);
    if faults.is_empty() {
        let named = |warning: String| format!("{}:{warning}", file.display());
        let warnings = warnings.into_iter().map(named).collect();
        Ok(Loaded {
            config,
            lines,
            warnings,
        })
    } else {
        Err(faults)
    }
}

pub(crate) const TOP_KEYS: &[&str] = &[
    "model",
    "mode",
    "effort",
    "providers",
    "budget",
    "rates",
    "guards",
    "limits",
    "permissions",
    "ui",
    "keymap",
    "routes",
    "roles",
    "worktree",
    "notify",
    "memory",
    "import",
];

fn mode(text: &str) -> Result<Mode, String> {
    text.parse()
        .map_err(|_| format!("is `{}`: expected ask, edits, plan or auto", cut(text)))
}

fn effort(text: &str) -> Result<Effort, String> {
    text.parse()
        .map_err(|expected: String| format!("is `{}`: {expected}", cut(text)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::ffi::OsString;

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::config::clipboard::Clipboard;
    use crate::config::display::{Ambiguous, Motion, Mouse};
    use crate::config::{
        BudgetConfig, ComposerKeys, KeySource, LeaderKey, ModelConfig, ProviderConfig, UiConfig,
        Wire,
    };
    use crate::protocol::money::{Currency, Money};
    use crate::protocol::route::Abilities;
    use crate::protocol::rule::{Effect, Rule, Scope};
    use crate::protocol::usage::{CacheLife, Price, Tier};

    fn home_only(name: &str) -> Option<OsString> {
        (name == "HOME").then(|| "/home/me".into())
    }

    fn parsed(text: &str) -> Result<Loaded, Vec<Fault>> {
        parse(text, Path::new("/c/config.toml"), &home_only)
    }

    fn faults(text: &str) -> Vec<String> {
        match parsed(text) {
            Ok(_) => Vec::new(),
            Err(faults) => faults.iter().map(Fault::to_string).collect(),
        }
    }

    #[test]
    fn the_promised_example_reads_as_written() {
        let text = "\u{feff}model = \"local/my-model\"\r\nmode = \"edits\"\r\n\r\n[providers.local]\r\n\
            wire = \"openai-chat\"\r\nbase_url = \"http://127.0.0.1:8080/v1/\"\r\nkey_env = \"LOCAL_KEY\"\r\n\
            preset = \"deepseek\"\r\n[providers.local.models.\"my-model\"]\r\ncontext = 128000\r\nmax_output = 8192\r\n\
            price = { input = 0.5, output = 1.5, cache_read = 0.05, cache_write = 0.6, currency = \"CNY\", \
            tiers = [{ above = 200000, input = 1 }] }\r\n\
            [budget]\r\nday = \"none\"\r\nsession = 2.5\r\n[guards]\r\nunattended = 0\r\nidle_steps = 20\r\n\
            [limits]\r\noutput_tokens = 3_000\r\n[permissions]\r\nallow = [\"Bash(git diff *)\", \"edit\"]\r\n\
            deny = [\" Read(./.env) \"]\r\n[ui]\r\ntheme = \"dusk\"\r\nmouse = false\r\nleader = \"ctrl-b\"\r\nclipboard = \"xsel\"\r\n\
            composer = \"vim\"\r\n";
        let loaded = parsed(text).unwrap();
        let price = Price {
            currency: Currency::CNY,
            input: 500_000,
            output: 1_500_000,
            cache_read: Some(50_000),
            cache_write: Some(600_000),
            cache_write_long: None,
            web_search: None,
            tiers: vec![Tier {
                above: 200_000,
                input: Some(1_000_000),
                output: None,
                cache_read: None,
                cache_write: None,
                cache_write_long: None,
            }],
        };
        let model = ModelConfig {
            context: Some(128_000),
            max_output: Some(8192),
            price: Some(price),
            abilities: Abilities::default(),
        };
        let local = ProviderConfig {
            wire: Wire::OpenAiChat,
            base_url: "http://127.0.0.1:8080/v1".to_owned(),
            key: KeySource::Env("LOCAL_KEY".to_owned()),
            preset: Some("deepseek".to_owned()),
            models: [("my-model".to_owned(), model)].into(),
            cache: CacheLife::Short,
            script: None,
            subscription: None,
            currency: None,
            origin: "/c/config.toml".to_owned(),
        };
        let rule = |effect, text: &str| Rule::new(effect, text, Scope::Config);
        let mut expected = defaults(&home_only);
        expected.model = Some("local/my-model".parse().unwrap());
        // Its key is in a variable that is not set.
        expected.without_key = ["local".to_owned()].into();
        expected.mode = Mode::Edits;
        expected.providers.insert("local".to_owned(), local);
        expected.budget = BudgetConfig {
            day: None,
            session: Some(Money::usd(2_500_000_000_000)),
        };
        expected.guards.unattended = None;
        expected.guards.idle_steps = 20;
        expected.limits.output_tokens = 3000;
        expected.rules = vec![
            rule(Effect::Deny, "Read(./.env)"),
            rule(Effect::Allow, "Bash(git diff *)"),
            rule(Effect::Allow, "edit"),
        ];
        expected.ui = UiConfig {
            theme: crate::config::theme::ThemeChoice::One("dusk".to_owned()),
            mouse: Mouse::Off,
            ambiguous: Ambiguous::default(),
            motion: Motion::default(),
            leader: LeaderKey::CtrlB,
            clipboard: Clipboard::Xsel,
            composer: ComposerKeys::Vim,
        };
        assert_eq!(loaded.config, expected);
        assert_eq!(loaded.warnings, Vec::<String>::new());
        assert_eq!(
            loaded
                .lines
                .get("providers.local.models.my-model.price.tiers"),
            Some(&12)
        );
        assert_eq!(loaded.lines.get("ui.mouse"), Some(&26));
    }

    #[test]
    fn nothing_written_is_the_defaults() {
        for text in ["", "\u{feff}", "# a comment only\r\n"] {
            assert_eq!(parsed(text).unwrap().config, defaults(&home_only));
        }
        let config = defaults(&home_only);
        assert_eq!(config.providers.keys().collect::<Vec<_>>(), ["rehearsal"]);
        assert_eq!(config.default_model(), None);
    }

    #[test]
    fn all_faults_are_found_at_once() {
        let text = "mode = 1\nmodell = \"x\"\n[budget]\nday = -3\n[permissions]\nallow = [\"(\"]\n";
        assert_eq!(
            faults(text),
            [
                "1:8: `mode` must be a text in quotes, not a whole number",
                "2:1: unknown key `modell`: did you mean `model`?",
                "4:7: `budget.day` must not be negative",
                "6:10: `permissions.allow`: rule `(` has no closing parenthesis",
            ]
        );
    }

    #[test]
    fn what_names_a_section_with_a_fault_has_none_of_its_own() {
        let cases = [
            (
                "model = \"local/x\"\n[providers.local]\nwire = \"openai-chat\"\nbase_url = \"127.0.0.1:1/v1\"\n",
                "4:12: `providers.local.base_url` must begin with https:// or http://",
            ),
            (
                "model = \"local/x\"\nroles.small = \"local/y\"\n[providers.local]\nwire = \"smoke\"\n",
                "4:8: `providers.local.wire` is `smoke`: expected anthropic, openai-chat, openai-responses, gemini, ollama or rehearsal",
            ),
            (
                "model = \"route/r\"\n[routes.r]\nendpoints = [\"local/x\", \"other/x\"]\n[providers.local]\n\
                 wire = \"openai-chat\"\nbase_url = \"https://h\"\n[providers.other]\nwire = \"openai-chat\"\n",
                "7:12: `providers.other` has no `base_url`: the address of the server, as https://host/v1",
            ),
            (
                "model = \"route/r\"\n[routes.r]\nendpoints = []\n",
                "2:1: `routes.r` has no endpoints: endpoints = [\"PROVIDER/MODEL\", …]",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(faults(text), [expected], "{text}");
        }
    }

    #[test]
    fn hostile_texts_are_one_fault_each() {
        let texts = [
            "a.".repeat(200_000) + "a = 1",
            format!("x = {}", "[".repeat(500_000)),
            format!("x = {}", "{a=".repeat(300_000)),
            "\u{0}".repeat(1000),
            "[".to_owned(),
            "\"".repeat(1_000_000),
        ];
        for text in texts {
            let found = faults(&text);
            assert_eq!(found.len(), 1, "{found:.200?}");
            assert!(found.iter().all(|fault| fault.len() < 200), "{found:.200?}");
        }
    }

    #[test]
    fn a_file_that_is_no_config_is_one_clear_line() {
        let scratch = tempfile::tempdir().unwrap();
        let file = scratch.path().join("config.toml");
        let paths = Paths::from_environment(&|name| {
            (name == "CREEL_HOME").then(|| scratch.path().as_os_str().to_owned())
        })
        .unwrap();
        let outcome = || load(&paths, &home_only).map_err(|error| error.to_string());
        let named = |text: &str| Err(format!("{}{text}", file.display()));
        assert_eq!(outcome(), Ok(defaults(&home_only)));

        fs::create_dir(&file).unwrap();
        assert_eq!(outcome(), named(": is a folder, where a file belongs"));
        fs::remove_dir(&file).unwrap();

        let pipe = std::process::Command::new("mkfifo")
            .arg(&file)
            .status()
            .unwrap();
        assert!(pipe.success());
        assert_eq!(outcome(), named(": is no ordinary file"));
        fs::remove_file(&file).unwrap();

        fs::write(&file, b"mode = \"ask\"\nmodel = \"\xff\"\n").unwrap();
        assert_eq!(
            outcome(),
            named(": is not UTF-8 at line 2: save it as UTF-8")
        );

        File::create(&file).unwrap().set_len(100 << 20).unwrap();
        assert_eq!(
            outcome(),
            named(": is larger than 1 MiB: this is no config")
        );

        fs::write(&file, "mode = 1\nmouse = 2\nui = 3\n").unwrap();
        assert_eq!(
            outcome(),
            named(
                ":1:8: `mode` must be a text in quotes, not a whole number (and more: `creel config check` lists them)"
            )
        );
    }
}
