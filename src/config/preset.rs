//! Vendors as data: where each is reached, in which dialects, and under which variable its key usually stands.

use std::collections::BTreeMap;

use crate::config::{KeySource, ProviderConfig, Wire};
use crate::protocol::usage::CacheLife;

/// One vendor, or one kind of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    pub name: &'static str,
    /// Addresses by dialect; the first is taken when no wire is named.
    pub endpoints: &'static [(Wire, &'static str)],
    /// Variables its key usually stands in; the first that is set wins. Empty: no key is needed.
    pub key_variables: &'static [&'static str],
    /// Whether a key in its variable is enough for it to be offered. Two presets may share a variable.
    pub found_by_key: bool,
    /// Taken when no model is named anywhere.
    pub default_model: Option<&'static str>,
}

const fn vendor(
    name: &'static str,
    endpoints: &'static [(Wire, &'static str)],
    key_variables: &'static [&'static str],
    default_model: Option<&'static str>,
) -> Preset {
    Preset {
        name,
        endpoints,
        key_variables,
        found_by_key: true,
        default_model,
    }
}

const fn server(name: &'static str, endpoints: &'static [(Wire, &'static str)]) -> Preset {
    Preset {
        name,
        endpoints,
        key_variables: &[],
        found_by_key: false,
        default_model: None,
    }
}

use Wire::{Anthropic, Gemini, Ollama, OpenAiChat, OpenAiResponses};

/// In the order in which a default is looked for.
pub const PRESETS: &[Preset] = &[
    vendor(
        "anthropic",
        &[(Anthropic, "https://api.anthropic.com")],
        &["ANTHROPIC_API_KEY"],
        Some("claude-sonnet-5-5"),
    ),
    vendor(
        "openai",
        &[
            (OpenAiChat, "https://api.openai.com/v1"),
            (OpenAiResponses, "https://api.openai.com/v1"),
        ],
        &["OPENAI_API_KEY"],
        Some("gpt-5.6-terra"),
    ),
    vendor(
        "google",
        &[
            (Gemini, "https://generativelanguage.googleapis.com/v1beta"),
            (
                OpenAiChat,
                "https://generativelanguage.googleapis.com/v1beta/openai",
            ),
        ],
        &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
        Some("gemini-3.8-flash"),
    ),
    vendor(
        "deepseek",
        &[
            (OpenAiChat, "https://api.deepseek.com"),
            (OpenAiResponses, "https://api.deepseek.com"),
            (Anthropic, "https://api.deepseek.com/anthropic"),
        ],
        &["DEEPSEEK_API_KEY"],
        Some("deepseek-v4-pro"),
    ),
    vendor(
        "moonshot",
        &[(OpenAiChat, "https://api.moonshot.ai/v1")],
        &["MOONSHOT_API_KEY"],
        Some("kimi-k3"),
    ),
    vendor(
        "moonshot-coding",
        &[(OpenAiChat, "https://api.kimi.com/coding/v1")],
        &["KIMI_API_KEY"],
        None,
    ),
    vendor(
        "zai",
        &[
            (OpenAiChat, "https://api.z.ai/api/paas/v4"),
            (Anthropic, "https://api.z.ai/api/anthropic"),
        ],
        &["ZAI_API_KEY"],
        Some("glm-5.3"),
    ),
    // The same variable as `zai`, another contract: taken only when it is written down.
    Preset {
        name: "zai-coding",
        endpoints: &[(OpenAiChat, "https://api.z.ai/api/coding/paas/v4")],
        key_variables: &["ZAI_API_KEY"],
        found_by_key: false,
        default_model: None,
    },
    vendor(
        "mimo",
        &[
            (OpenAiChat, "https://api.xiaomimimo.com/v1"),
            (Anthropic, "https://api.xiaomimimo.com/anthropic"),
        ],
        &["MIMO_API_KEY"],
        Some("mimo-v2.6-pro"),
    ),
    // Its own documents favour this dialect; in the other one reasoning arrives inside the text.
    vendor(
        "minimax",
        &[
            (Anthropic, "https://api.minimax.io/anthropic"),
            (OpenAiChat, "https://api.minimax.io/v1"),
        ],
        &["MINIMAX_API_KEY"],
        Some("MiniMax-M3"),
    ),
    vendor(
        "qwen",
        &[(
            OpenAiChat,
            "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        )],
        &["DASHSCOPE_API_KEY"],
        Some("qwen3.8-max"),
    ),
    vendor(
        "xai",
        &[
            (OpenAiChat, "https://api.x.ai/v1"),
            (OpenAiResponses, "https://api.x.ai/v1"),
        ],
        &["XAI_API_KEY"],
        Some("grok-4.7"),
    ),
    vendor(
        "mistral",
        &[(OpenAiChat, "https://api.mistral.ai/v1")],
        &["MISTRAL_API_KEY"],
        Some("mistral-large-4"),
    ),
    vendor(
        "groq",
        &[(OpenAiChat, "https://api.groq.com/openai/v1")],
        &["GROQ_API_KEY"],
        None,
    ),
    vendor(
        "openrouter",
        &[
            (OpenAiChat, "https://openrouter.ai/api/v1"),
            (OpenAiResponses, "https://openrouter.ai/api/v1"),
        ],
        &["OPENROUTER_API_KEY"],
        None,
    ),
    // Only its own dialect can say how large the window shall be.
    server(
        "ollama",
        &[
            (Ollama, "http://127.0.0.1:11434"),
            (OpenAiChat, "http://127.0.0.1:11434/v1"),
        ],
    ),
    server(
        "llamacpp",
        &[
            (OpenAiChat, "http://127.0.0.1:8080/v1"),
            (OpenAiResponses, "http://127.0.0.1:8080/v1"),
        ],
    ),
    server(
        "lmstudio",
        &[
            (OpenAiChat, "http://127.0.0.1:1234/v1"),
            (OpenAiResponses, "http://127.0.0.1:1234/v1"),
        ],
    ),
    server(
        "vllm",
        &[
            (OpenAiChat, "http://127.0.0.1:8000/v1"),
            (OpenAiResponses, "http://127.0.0.1:8000/v1"),
        ],
    ),
];

pub fn find(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
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
            origin,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_the_promised_names_and_is_sound() {
        let names: Vec<_> = PRESETS.iter().map(|preset| preset.name).collect();
        assert_eq!(
            names.join(" "),
            "anthropic openai google deepseek moonshot moonshot-coding zai zai-coding mimo minimax qwen xai mistral groq \
             openrouter ollama llamacpp lmstudio vllm"
        );
        let mut found: Vec<&str> = Vec::new();
        for preset in PRESETS {
            assert!(!preset.endpoints.is_empty(), "{}", preset.name);
            for (_, address) in preset.endpoints {
                assert_eq!(
                    crate::config::address::check(address),
                    Ok((*address).to_owned())
                );
            }
            if preset.found_by_key {
                found.extend(preset.key_variables);
            }
        }
        let mut unique = found.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), found.len(), "one variable offers one vendor");
    }
}
