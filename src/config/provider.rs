//! `[providers.NAME]`: where calls are sent, with which key, and what the person says of the models there.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::config::document::{Document, Section, cut, listed, nearest};
use crate::config::paths::Environment;
use crate::config::preset::{self, Preset};
use crate::config::{KeySource, ProviderConfig, Wire, address, model};
use crate::protocol::money::Currency;
use crate::protocol::usage::CacheLife;

/// The provider that plays a model offline. It is always there.
pub const REHEARSAL: &str = "rehearsal";

pub(crate) const KEYS: &[&str] = &[
    "wire",
    "base_url",
    "key_env",
    "key_file",
    "key_command",
    "preset",
    "models",
    "cache",
    "script",
    "subscription",
    "currency",
    // Named so that a person who writes a key here is told where it belongs.
    "key",
    "api_key",
];

pub(crate) const WIRES: &[(&str, Wire)] = &[
    ("anthropic", Wire::Anthropic),
    ("openai-chat", Wire::OpenAiChat),
    ("openai-responses", Wire::OpenAiResponses),
    ("gemini", Wire::Gemini),
    ("ollama", Wire::Ollama),
    ("rehearsal", Wire::Rehearsal),
];

impl Wire {
    /// As the config file names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::OpenAiChat => "openai-chat",
            Self::OpenAiResponses => "openai-responses",
            Self::Gemini => "gemini",
            Self::Ollama => "ollama",
            Self::Rehearsal => "rehearsal",
        }
    }
}

/// The entries of the file. An entry with a fault is left out; the faults make the whole file fail.
pub fn read(
    document: &mut Document<'_>,
    top: &Section<'_>,
    file: &Path,
    env: Environment<'_>,
) -> BTreeMap<String, ProviderConfig> {
    let mut entries = BTreeMap::new();
    let Some(providers) = document.open(top, "providers") else {
        return entries;
    };
    for key in providers.table.keys() {
        let name: &str = key.get_ref();
        if !is_name(name) {
            let text = format!(
                "`{}` is no name for a provider: letters, digits, `-`, `_` and `.`",
                cut(name)
            );
            document.fault(&key.span(), &text);
            continue;
        }
        let Some(section) = document.section(&providers, name, KEYS) else {
            continue;
        };
        let entry = Entry {
            document: &mut *document,
            section: &section,
            name,
            span: key.span(),
            file,
            env,
        };
        if let Some(entry) = entry.read() {
            entries.insert(name.to_owned(), entry);
        }
    }
    entries
}

/// Whether a text can stand before the slash of `PROVIDER/MODEL` and as the name of a key file.
pub fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=64).contains(&name.len()) && name.bytes().all(fits) && !name.starts_with('.')
}

/// Adds what needs no entry: vendors whose key stands in its usual variable, and the rehearsal.
pub fn add_found(entries: &mut BTreeMap<String, ProviderConfig>, env: Environment<'_>) {
    for preset in preset::PRESETS.iter().filter(|preset| preset.found_by_key) {
        let Some(variable) = first_set(preset, env) else {
            continue;
        };
        if !entries.contains_key(preset.name)
            && let Some(entry) = preset.entry(Some(variable), variable.to_owned())
        {
            entries.insert(preset.name.to_owned(), entry);
        }
    }
    entries
        .entry(REHEARSAL.to_owned())
        .or_insert_with(|| ProviderConfig {
            wire: Wire::Rehearsal,
            base_url: String::new(),
            key: KeySource::None,
            preset: None,
            models: BTreeMap::new(),
            cache: CacheLife::Short,
            script: None,
            subscription: None,
            currency: None,
            origin: "built in".to_owned(),
        });
}

pub(crate) fn first_set(preset: &Preset, env: Environment<'_>) -> Option<&'static str> {
    preset
        .key_variables
        .iter()
        .copied()
        .find(|variable| env(variable).is_some_and(|value| !value.is_empty()))
}

/// An entry while it is read.
pub(crate) struct Entry<'r, 'd, 't> {
    pub(crate) document: &'r mut Document<'t>,
    pub(crate) section: &'r Section<'d>,
    name: &'r str,
    span: Range<usize>,
    file: &'r Path,
    pub(crate) env: Environment<'r>,
}

impl Entry<'_, '_, '_> {
    pub(crate) fn fault(&mut self, text: &str) {
        let text = format!("`{}` {text}", self.section.name);
        self.document.fault(&self.span.clone(), &text);
    }

    fn read(mut self) -> Option<ProviderConfig> {
        let wire_named = self.document.parsed(self.section, "wire", wire);
        let address = self
            .document
            .parsed(self.section, "base_url", address::check);
        let preset = self.preset();
        let currency = model::read_currency(self.document, self.section);
        let models = model::read(
            self.document,
            self.section,
            currency.unwrap_or(Currency::USD),
        );
        let cache = self.document.parsed(self.section, "cache", |text| {
            text.parse::<CacheLife>()
                .map_err(|expected| format!("is `{}`: {expected}", cut(text)))
        });
        let script = self.path("script");
        let subscription = self.document.flag(self.section, "subscription");
        for key in ["key", "api_key"] {
            if let Some(value) = self.section.table.get(key) {
                let text = format!(
                    "`{}` must not stand here, where it could be read or shared: use key_env, key_file or key_command",
                    self.section.key(key)
                );
                self.document.fault(&value.span(), &text);
            }
        }
        let has = |key: &str| self.section.table.contains_key(key);
        let wire = match wire_named.or_else(|| preset?.endpoints.first().map(|(wire, _)| *wire)) {
            Some(wire) => wire,
            // The wire or the preset is there and has its fault already.
            None if has("wire") || has("preset") => return None,
            None => {
                let names: Vec<&str> = WIRES.iter().map(|(name, _)| *name).collect();
                self.fault(&format!(
                    "has no `wire`: expected {}, or a `preset`",
                    listed(&names)
                ));
                return None;
            }
        };
        let (no_address, script_given) = (!has("base_url"), has("script"));
        if (self.name == REHEARSAL) != (wire == Wire::Rehearsal) && self.name == REHEARSAL {
            self.fault("is the name of the provider that plays a model offline: give this one another name");
        }
        if script_given && wire != Wire::Rehearsal {
            self.fault("has a `script`, which only `wire = \"rehearsal\"` plays");
        }
        // OpenRouter passes the marks of one dialect on from the other.
        let marks =
            wire == Wire::Anthropic || preset.is_some_and(|preset| preset.name == "openrouter");
        if cache == Some(CacheLife::Long) && !marks {
            self.fault("has `cache = \"1h\"`, which only `wire = \"anthropic\"` and `preset = \"openrouter\"` can ask for");
        }
        let base_url = match (address, wire) {
            (Some(address), _) => address,
            (None, Wire::Rehearsal) => String::new(),
            (None, _) => {
                let usual = preset.and_then(|preset| preset.endpoint(wire));
                if usual.is_none() && no_address {
                    self.fault("has no `base_url`: the address of the server, as https://host/v1");
                }
                usual?.to_owned()
            }
        };
        let key = self.key(preset, &base_url);
        Some(ProviderConfig {
            wire,
            base_url,
            key,
            preset: preset.map(|preset| preset.name.to_owned()),
            models,
            cache: cache.unwrap_or_default(),
            script,
            subscription,
            currency,
            origin: self.file.display().to_string(),
        })
    }

    /// The preset named, or the one whose name the entry bears when it says neither that nor where its server is.
    fn preset(&mut self) -> Option<&'static Preset> {
        if !self.section.table.contains_key("preset") {
            let own = preset::find(self.name);
            return own.filter(|_| !self.section.table.contains_key("base_url"));
        }
        self.document.parsed(self.section, "preset", |text| {
            preset::find(text).ok_or_else(|| {
                let names: Vec<&str> = preset::PRESETS.iter().map(|preset| preset.name).collect();
                match nearest(text, &names) {
                    Some(near) => format!(
                        "is `{}`: did you mean `{near}`? There are {}",
                        cut(text),
                        listed(&names)
                    ),
                    None => format!("is `{}`: expected {}", cut(text), listed(&names)),
                }
            })
        })
    }

    /// A path: `~/` is the home folder, a relative one starts beside the config file.
    pub(crate) fn path(&mut self, key: &str) -> Option<PathBuf> {
        let (file, env) = (self.file, self.env);
        self.document.parsed(self.section, key, |text| {
            if text.is_empty() || text.contains('\0') {
                return Err("must be the path of a file".to_owned());
            }
            let Some(rest) = text.strip_prefix("~/") else {
                return Ok(file.parent().unwrap_or(file).join(text));
            };
            match env("HOME").filter(|home| !home.is_empty()) {
                Some(home) => Ok(PathBuf::from(home).join(rest)),
                None => Err("begins with ~/, but HOME is not set".to_owned()),
            }
        })
    }
}

fn wire(text: &str) -> Result<Wire, String> {
    if let Some((_, wire)) = WIRES.iter().find(|(name, _)| *name == text) {
        return Ok(*wire);
    }
    let names: Vec<&str> = WIRES.iter().map(|(name, _)| *name).collect();
    Err(format!("is `{}`: expected {}", cut(text), listed(&names)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::ffi::OsString;

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::config::document::Fault;
    use crate::config::load::{Loaded, parse};

    fn parsed(text: &str) -> Result<Loaded, Vec<Fault>> {
        let env = |name: &str| (name == "HOME").then(|| OsString::from("/home/me"));
        parse(text, Path::new("/c/config.toml"), &env)
    }

    fn faults(text: &str) -> Vec<String> {
        parsed(text).map_or_else(
            |faults| faults.iter().map(Fault::to_string).collect(),
            |_| Vec::new(),
        )
    }

    /// The lines below `[providers.p]`, with what a provider needs.
    fn in_provider(lines: &str) -> String {
        format!(
            "[providers.p]\nwire = \"openai-chat\"\nbase_url = \"http://127.0.0.1/v1\"\n{lines}"
        )
    }

    #[test]
    fn every_fault_of_a_provider_names_its_place_too() {
        let cases = [
            (
                "[providers.p]",
                "1:12: `providers.p` has no `wire`: expected anthropic, openai-chat, openai-responses, gemini, ollama or rehearsal, or a `preset`",
            ),
            (
                "[providers.p]\nwire = \"openai-chat\"",
                "1:12: `providers.p` has no `base_url`: the address of the server, as https://host/v1",
            ),
            (
                "[providers.p]\nwire = \"opnai\"",
                "2:8: `providers.p.wire` is `opnai`: expected anthropic, openai-chat, openai-responses, gemini, ollama or rehearsal",
            ),
            (
                "[providers.p]\npreset = \"deepsek\"",
                "2:10: `providers.p.preset` is `deepsek`: did you mean `deepseek`? There are anthropic, openai, google, deepseek, \
                 moonshot, moonshot-coding, zai, zai-coding, mimo, minimax, qwen, xai, mistral, groq, openrouter, ollama, \
                 llamacpp, lmstudio or vllm",
            ),
            (
                "[providers.groq]\nwire = \"anthropic\"",
                "1:12: `providers.groq` has no `base_url`: the address of the server, as https://host/v1",
            ),
            (
                "[providers.\"a/b\"]",
                "1:12: `a/b` is no name for a provider: letters, digits, `-`, `_` and `.`",
            ),
            (
                "[providers.\"..\"]",
                "1:12: `..` is no name for a provider: letters, digits, `-`, `_` and `.`",
            ),
            (
                "[providers.rehearsal]\nwire = \"anthropic\"\nbase_url = \"https://x\"",
                "1:12: `providers.rehearsal` is the name of the provider that plays a model offline: give this one another name",
            ),
            (
                "[providers.p]\nwire = \"rehearsal\"\nscript = \"\"",
                "3:10: `providers.p.script` must be the path of a file",
            ),
            (
                "[providers.anthropic]\ncache = \"2h\"",
                "2:9: `providers.anthropic.cache` is `2h`: expected 5m or 1h",
            ),
            (
                "[providers.openai]\ncache = \"1h\"",
                "1:12: `providers.openai` has `cache = \"1h\"`, which only `wire = \"anthropic\"` and `preset = \"openrouter\"` can ask for",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(faults(text), [expected], "{text}");
        }
        let cases = [
            (
                "key_evn = \"X\"",
                "4:1: unknown key `providers.p.key_evn`: did you mean `key_env`?",
            ),
            (
                "key = \"sk-secret\"",
                "4:7: `providers.p.key` must not stand here, where it could be read or shared: use key_env, key_file or key_command",
            ),
            (
                "key_env = \"sk-secret\"",
                "4:11: `providers.p.key_env` must be the name of a variable, not the key",
            ),
            (
                "key_command = []",
                "4:15: `providers.p.key_command` must name a program",
            ),
            (
                "key_command = \"pass show x\"",
                "4:15: `providers.p.key_command` must be a list of texts, not a text",
            ),
            (
                "key_env = \"X\"\nkey_file = \"~/x\"",
                "1:12: `providers.p` says more than once where its key is: keep one of key_env, key_file and key_command",
            ),
            (
                "script = \"x.md\"",
                "1:12: `providers.p` has a `script`, which only `wire = \"rehearsal\"` plays",
            ),
        ];
        for (lines, expected) in cases {
            assert_eq!(faults(&in_provider(lines)), [expected], "{lines}");
        }
    }

    #[test]
    fn a_vendor_is_found_by_its_key() {
        let env = |name: &str| match name {
            "GOOGLE_API_KEY" | "DEEPSEEK_API_KEY" => Some(OsString::from("k")),
            "OPENAI_API_KEY" => Some(OsString::new()),
            _ => None,
        };
        let loaded = parse(
            "[providers.deepseek]\nwire = \"anthropic\"",
            Path::new("/c/config.toml"),
            &env,
        )
        .unwrap();
        let entries: Vec<_> = loaded
            .config
            .providers
            .iter()
            .map(|(name, entry)| {
                (
                    name.as_str(),
                    entry.wire,
                    entry.base_url.as_str(),
                    entry.key.clone(),
                    entry.origin.as_str(),
                )
            })
            .collect();
        let variable = |name: &str| KeySource::Env(name.to_owned());
        let expected = [
            (
                "deepseek",
                Wire::Anthropic,
                "https://api.deepseek.com/anthropic",
                variable("DEEPSEEK_API_KEY"),
                "/c/config.toml",
            ),
            (
                "google",
                Wire::Gemini,
                "https://generativelanguage.googleapis.com/v1beta",
                variable("GOOGLE_API_KEY"),
                "GOOGLE_API_KEY",
            ),
            (
                "rehearsal",
                Wire::Rehearsal,
                "",
                KeySource::None,
                "built in",
            ),
        ];
        assert_eq!(entries, expected);
        assert_eq!(
            loaded.config.default_model().unwrap().to_string(),
            "google/gemini-3.8-flash"
        );
    }

    #[test]
    fn a_cache_lives_five_minutes_or_an_hour() {
        for (text, expected) in [
            ("[providers.anthropic]", CacheLife::Short),
            ("[providers.anthropic]\ncache = \"5m\"", CacheLife::Short),
            ("[providers.anthropic]\ncache = \"1h\"", CacheLife::Long),
            ("[providers.openrouter]\ncache = \"1h\"", CacheLife::Long),
        ] {
            let loaded = parsed(text).unwrap();
            let entry = loaded
                .config
                .providers
                .values()
                .find(|entry| entry.wire != Wire::Rehearsal);
            assert_eq!(entry.unwrap().cache, expected, "{text}");
        }
    }

    #[test]
    fn keys_are_named_in_three_ways() {
        for (line, expected) in [
            ("key_env = \"K\"", KeySource::Env("K".to_owned())),
            ("key_file = \"keys/p\"", KeySource::File("/c/keys/p".into())),
            ("key_file = \"~/k\"", KeySource::File("/home/me/k".into())),
            ("key_file = \"/k\"", KeySource::File("/k".into())),
            (
                "key_command = [\"pass\", \"show\"]",
                KeySource::Command(vec!["pass".to_owned(), "show".to_owned()]),
            ),
            ("", KeySource::None),
        ] {
            let loaded = parsed(&in_provider(line)).unwrap();
            assert_eq!(loaded.config.providers["p"].key, expected, "{line}");
        }
    }
}
