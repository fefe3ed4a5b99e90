//! Vendors as data: where each is reached, in which dialects, and under which variable its key usually stands.
//!
//! They stand in `assets/presets.toml`, which comes with the program. It is read once and before the first frame, since a
//! config can name a preset: 0.1 ms, and 0.3 ms when the machine has forgotten the program. What the file says of requests
//! belongs to `provider::quirks` and `provider::reasoning`, and is kept here unread.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use crate::config::provider::WIRES;
use crate::config::{KeySource, ProviderConfig, Wire};
use crate::protocol::usage::CacheLife;

const SHIPPED: &str = include_str!("../../assets/presets.toml");

/// The line between what is read at start and what is not.
const SEAM: &str = "# ---- reasoning ----\n";

/// What the file says of reasoning, as TOML: three times as long as the rest, and not needed before the first request.
pub fn reasoning() -> &'static str {
    SHIPPED
        .split_once(SEAM)
        .map_or("", |(_, reasoning)| reasoning)
}

fn places() -> &'static str {
    SHIPPED
        .split_once(SEAM)
        .map_or(SHIPPED, |(places, _)| places)
}

/// One vendor, or one kind of server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    pub name: &'static str,
    /// Addresses by dialect, at least one; the first is taken when no wire is named.
    #[serde(borrow, deserialize_with = "spoken")]
    pub endpoints: Vec<(Wire, &'static str)>,
    /// Variables its key usually stands in; the first that is set wins. Empty: no key is needed.
    #[serde(borrow, default)]
    pub key_variables: Vec<&'static str>,
    /// What its keys begin with and no other vendor's do; empty where that is not certain.
    #[serde(borrow, default)]
    pub key_prefixes: Vec<&'static str>,
    /// It has keys without such a beginning, too.
    #[serde(default)]
    pub other_keys: bool,
    /// Whether a key in its variable is enough for it to be offered. Two presets may share a variable.
    #[serde(default = "yes")]
    pub found_by_key: bool,
    /// Taken when no model is named anywhere.
    pub default_model: Option<&'static str>,
    /// `HOST` or `HOST/PATH`: addresses that are its own, for a provider without a preset.
    #[serde(borrow, default)]
    pub hosts: Vec<&'static str>,
    /// What is different in its requests, as a table of TOML; empty where nothing is.
    #[serde(default, deserialize_with = "unread")]
    pub quirks: &'static str,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct File {
    preset: Vec<Preset>,
}

fn yes() -> bool {
    true
}

/// The endpoints whose wire this version speaks.
fn spoken<'de: 'static, D>(deserializer: D) -> Result<Vec<(Wire, &'static str)>, D::Error>
where
    D: Deserializer<'de>,
{
    let named = Vec::<(&'static str, &'static str)>::deserialize(deserializer)?;
    let wire = |name: &str| WIRES.iter().find(|(known, _)| *known == name);
    Ok(named
        .into_iter()
        .filter_map(|(name, address)| Some((wire(name)?.1, address)))
        .collect())
}

/// The text of a value, as it stands in the file.
fn unread<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static str, D::Error> {
    let value = Spanned::<IgnoredAny>::deserialize(deserializer)?;
    Ok(SHIPPED.get(value.span()).unwrap_or(""))
}

/// In the order in which a default is looked for.
pub static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
    // A test reads the file, so it cannot be unreadable here.
    toml::from_str::<File>(places()).map_or_else(|_| Vec::new(), |file| file.preset)
});

pub fn find(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

/// The vendor of a key, where its beginning says so.
pub fn of_key(key: &str) -> Option<&'static Preset> {
    let fits = |preset: &&Preset| {
        preset
            .key_prefixes
            .iter()
            .any(|start| key.starts_with(start))
    };
    PRESETS.iter().find(fits)
}

/// The vendor whose keys stand in this variable.
pub fn of_variable(variable: &str) -> Option<&'static Preset> {
    let has = |preset: &&Preset| preset.key_variables.contains(&variable);
    PRESETS.iter().find(has)
}

/// The vendors that have keys, those that a key without a known beginning can be of before the others.
pub fn keyed() -> Vec<&'static Preset> {
    let keyed = PRESETS
        .iter()
        .filter(|preset| !preset.key_variables.is_empty());
    let mut keyed: Vec<&Preset> = keyed.collect();
    keyed.sort_by_key(|preset| !preset.key_prefixes.is_empty() && !preset.other_keys);
    keyed
}

impl Preset {
    pub fn endpoint(&self, wire: Wire) -> Option<&'static str> {
        self.endpoints
            .iter()
            .find(|(spoken, _)| *spoken == wire)
            .map(|(_, address)| *address)
    }

    /// The entry a person would write for this vendor, with the key in the given variable.
    pub fn entry(&self, variable: Option<&str>, origin: String) -> Option<ProviderConfig> {
        let &(wire, address) = self.endpoints.first()?;
        Some(ProviderConfig {
            wire,
            base_url: address.to_owned(),
            key: variable
                .or(self.key_variables.first().copied())
                .map_or(KeySource::None, |variable| {
                    KeySource::Env(variable.to_owned())
                }),
            preset: Some(self.name.to_owned()),
            models: BTreeMap::new(),
            cache: CacheLife::Short,
            script: None,
            subscription: None,
            currency: None,
            origin,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_table_holds_the_promised_names_and_is_sound() {
        let names: Vec<_> = PRESETS.iter().map(|preset| preset.name).collect();
        assert_eq!(
            names.join(" "),
            "anthropic openai google deepseek moonshot moonshot-coding zai zai-coding mimo minimax qwen xai mistral groq \
             openrouter ollama llamacpp lmstudio vllm"
        );
        assert!(toml::from_str::<File>(places()).is_ok());
        assert_eq!(
            find("llamacpp").unwrap().quirks,
            "{ old_limit = true, props = true }"
        );
        let mut found: Vec<&str> = Vec::new();
        for preset in PRESETS.iter() {
            assert!(!preset.endpoints.is_empty(), "{}", preset.name);
            for (_, address) in &preset.endpoints {
                assert_eq!(
                    crate::config::address::check(address),
                    Ok((*address).to_owned())
                );
            }
            if preset.found_by_key {
                found.extend(&preset.key_variables);
            }
        }
        let mut unique = found.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), found.len(), "one variable offers one vendor");
    }

    #[test]
    fn a_key_is_known_by_its_beginning_only_where_that_is_certain() {
        let cases = [
            ("sk-ant-api03-x", Some("anthropic")),
            ("sk-or-v1-x", Some("openrouter")),
            ("sk-proj-x", Some("openai")),
            ("AIzaSyx", Some("google")),
            ("gsk_x", Some("groq")),
            ("xai-x", Some("xai")),
            ("sk-0123456789", None),
            ("0123.abc", None),
        ];
        for (key, expected) in cases {
            assert_eq!(of_key(key).map(|preset| preset.name), expected, "{key}");
        }
        // Nobody's beginning is that of another.
        let all: Vec<&str> = PRESETS
            .iter()
            .flat_map(|preset| preset.key_prefixes.clone())
            .collect();
        for start in &all {
            assert_eq!(
                all.iter().filter(|other| other.starts_with(start)).count(),
                1,
                "{start}"
            );
        }
        assert_eq!(
            of_variable("ZAI_API_KEY").map(|preset| preset.name),
            Some("zai")
        );
        let keyed: Vec<&str> = keyed().iter().map(|preset| preset.name).collect();
        assert_eq!(
            keyed.join(" "),
            "openai deepseek moonshot moonshot-coding zai zai-coding mimo minimax qwen mistral anthropic google xai groq openrouter"
        );
    }
}
