//! Servers of this machine that only hand on what a vendor answers and bills: they are no supply of their own, and what they
//! answer is not free. What runs on the machine itself is.

use crate::config::{ProviderConfig, Wire};
use crate::provider::catalog::{Catalog, Entry};

/// Vendors whose models nobody can run: a server that has one of these has it from them. Models of other vendors may be
/// here for anyone to run under the same name.
const CLOSED: [&str; 4] = ["anthropic", "openai", "google", "xai"];

/// Presets of places that are not on this machine, whatever stands before them.
const ELSEWHERE: [&str; 6] = ["anthropic", "openai", "google", "xai", "openrouter", "groq"];

/// Whether the entry itself says that the server hands on.
pub(crate) fn is_surely(config: &ProviderConfig) -> bool {
    let preset = config.preset.as_deref();
    preset.is_some_and(is_elsewhere)
}

/// Whether no server of this preset can be on this machine.
pub(crate) fn is_elsewhere(preset: &str) -> bool {
    ELSEWHERE.contains(&preset)
}

/// What the table says of a model that only its vendor runs, with or without the vendor before its name. Where the entry says
/// which kind of server it is, a name tells nothing.
pub(crate) fn listed(config: &ProviderConfig, catalog: &Catalog, model: &str) -> Option<Entry> {
    if config.preset.is_some() || config.wire == Wire::Ollama {
        return None;
    }
    let name = model.rsplit('/').next().unwrap_or(model);
    let mut vendors = CLOSED.iter();
    vendors.find_map(|vendor| catalog.lookup(vendor, name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;
    use std::sync::Arc;

    use crate::config::load::parse;
    use crate::provider::rehearsals::Rehearsals;
    use crate::provider::table::Providers;

    #[test]
    fn a_server_here_that_hands_on_is_not_free_and_one_that_runs_models_is() {
        let cases = [
            // Wire and preset, the model, its input price, whether it counts as nothing.
            (("anthropic", ""), "claude-sonnet-5-5", true, false),
            (
                ("openai-chat", ""),
                "anthropic/claude-sonnet-5.5",
                true,
                false,
            ),
            (("gemini", ""), "claude-sonnet-5-5", true, false),
            (("gemini", ""), "m", false, true),
            (("openai-chat", "openrouter"), "m", false, false),
            (("anthropic", "anthropic"), "m", false, false),
            // What anyone may run, or is of a kind that runs it.
            (("anthropic", ""), "m", false, true),
            (("openai-chat", ""), "deepseek-v4-pro", false, true),
            (("openai-chat", ""), "openai/gpt-oss-20b", false, true),
            (("openai-chat", "llamacpp"), "gpt-4o-mini", false, true),
            (("openai-chat", "vllm"), "claude-sonnet-5-5", false, true),
            (("openai-chat", "lmstudio"), "m", false, true),
            (("ollama", ""), "gpt-5", false, true),
            (("openai-chat", "deepseek"), "my-model", false, true),
        ];
        for ((wire, preset), model, priced, local) in cases {
            let preset = match preset {
                "" => String::new(),
                preset => format!("preset = \"{preset}\""),
            };
            let text = format!(
                "[providers.p]\nwire = \"{wire}\"\nbase_url = \"http://127.0.0.1:4000/v1\"\n{preset}"
            );
            let config = parse(&text, Path::new("/c/config.toml"), &|_| None).unwrap();
            let providers = Providers::new(
                config.config.providers,
                Arc::new(|_| Ok(None)),
                Rehearsals::default(),
            );
            let card = providers.card(&format!("p/{model}").parse().unwrap());
            let found = (card.price.is_some(), card.local);
            assert_eq!(found, (priced, local), "{text} {model}");
        }
    }
}
