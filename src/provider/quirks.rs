//! In what vendors differ from the dialect they speak, as data: a request is shaped by it, an answer never is, because
//! reading is tolerant of all of them at once.

/// The quirks of one vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about a vendor"
)]
pub struct Quirks {
    /// The vendor's name in the price table.
    pub vendor: Option<&'static str>,
    /// What is paid is a plan, so the table's prices do not hold.
    pub plan: bool,
    /// The limit of the answer is called `max_tokens`; the newer `max_completion_tokens` is refused or ignored.
    pub old_limit: bool,
    /// Usage comes by itself, and asking for it with `stream_options` is refused.
    pub usage_unasked: bool,
    /// An assistant message without `reasoning_content` is refused once tools are used: an empty one is sent then.
    pub reasoning_expected: bool,
    /// `tool_stream: true` is needed for arguments that arrive in pieces.
    pub tool_stream: bool,
    /// `usage: {include: true}` asks for the cost.
    pub asks_cost: bool,
    /// Models whose name begins so cache only what `cache_control` marks, or at a better price.
    pub marked: &'static [&'static str],
    /// Models whose name begins so bill what is written to the cache, and find it again only where a
    /// `prompt_cache_breakpoint` stood.
    pub breakpoints: &'static [&'static str],
    /// The field of the body that names the session, so that its requests come to the machine that has its cache.
    pub session_field: Option<SessionField>,
    /// The header that does the same.
    pub session_header: Option<&'static str>,
    /// A call's id must be nine letters or digits.
    pub short_call_ids: bool,
    /// The key is sent as a bearer token also where the dialect has a header of its own.
    pub bearer: bool,
    /// Lists of models are public there; this path is not, and so tells whether a key is good.
    pub key_path: Option<&'static str>,
}

/// Where a vendor wants the name of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionField {
    PromptCacheKey,
    SessionId,
}

/// A server that keeps to its dialect.
pub const NONE: Quirks = Quirks {
    vendor: None,
    plan: false,
    old_limit: false,
    usage_unasked: false,
    reasoning_expected: false,
    tool_stream: false,
    asks_cost: false,
    marked: &[],
    breakpoints: &[],
    session_field: None,
    session_header: None,
    short_call_ids: false,
    bearer: false,
    key_path: None,
};

const fn vendor(name: &'static str) -> Quirks {
    Quirks {
        vendor: Some(name),
        bearer: true,
        ..NONE
    }
}

/// By the name of the preset.
const TABLE: &[(&str, Quirks)] = &[
    (
        "anthropic",
        Quirks {
            bearer: false,
            ..vendor("anthropic")
        },
    ),
    (
        "openai",
        Quirks {
            breakpoints: &["gpt-5.6", "gpt-5.7", "gpt-5.8", "gpt-5.9", "gpt-6", "gpt-7"],
            session_field: Some(SessionField::PromptCacheKey),
            ..vendor("openai")
        },
    ),
    (
        "google",
        // Takes a key there for a token of another kind, and refuses it.
        Quirks {
            bearer: false,
            ..vendor("google")
        },
    ),
    (
        "deepseek",
        Quirks {
            old_limit: true,
            reasoning_expected: true,
            ..vendor("deepseek")
        },
    ),
    (
        "moonshot",
        Quirks {
            session_field: Some(SessionField::PromptCacheKey),
            ..vendor("moonshotai")
        },
    ),
    (
        "moonshot-coding",
        Quirks {
            plan: true,
            session_field: Some(SessionField::PromptCacheKey),
            ..vendor("moonshotai")
        },
    ),
    (
        "zai",
        Quirks {
            old_limit: true,
            tool_stream: true,
            ..vendor("zai")
        },
    ),
    (
        "zai-coding",
        Quirks {
            plan: true,
            old_limit: true,
            tool_stream: true,
            ..vendor("zai")
        },
    ),
    ("mimo", vendor("xiaomi")),
    ("minimax", vendor("minimax")),
    (
        "qwen",
        Quirks {
            old_limit: true,
            // Read at half the price of what is cached unmarked, and surely: that pays from the fourth request on.
            marked: &["qwen3", "qwen4"],
            ..vendor("alibaba")
        },
    ),
    (
        "xai",
        Quirks {
            session_header: Some("x-grok-conv-id"),
            ..vendor("xai")
        },
    ),
    (
        "mistral",
        Quirks {
            old_limit: true,
            usage_unasked: true,
            short_call_ids: true,
            // Without it nothing is cached there.
            session_field: Some(SessionField::PromptCacheKey),
            ..vendor("mistral")
        },
    ),
    ("groq", NONE),
    (
        "openrouter",
        Quirks {
            asks_cost: true,
            marked: &["anthropic/", "qwen/"],
            breakpoints: &[
                "openai/gpt-5.6",
                "openai/gpt-5.7",
                "openai/gpt-5.8",
                "openai/gpt-5.9",
                "openai/gpt-6",
            ],
            session_field: Some(SessionField::SessionId),
            key_path: Some("/key"),
            ..vendor("openrouter")
        },
    ),
    ("ollama", NONE),
    (
        "llamacpp",
        Quirks {
            old_limit: true,
            ..NONE
        },
    ),
    ("lmstudio", NONE),
    ("vllm", NONE),
];

/// The quirks of a preset; `None` for a name that is no preset.
pub fn of(preset: &str) -> Option<Quirks> {
    TABLE
        .iter()
        .find(|(name, _)| *name == preset)
        .map(|&(_, quirks)| quirks)
}

/// The names of all presets, for messages.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(name, _)| *name)
}

/// The hosts of vendors, for a provider without a preset.
const HOSTS: &[(&str, &str)] = &[
    ("api.anthropic.com", "anthropic"),
    ("api.openai.com", "openai"),
    ("generativelanguage.googleapis.com", "google"),
    ("api.deepseek.com", "deepseek"),
    ("api.moonshot.ai", "moonshot"),
    ("api.moonshot.cn", "moonshot"),
    ("api.kimi.com", "moonshot-coding"),
    ("api.z.ai", "zai"),
    ("api.xiaomimimo.com", "mimo"),
    ("api.minimax.io", "minimax"),
    ("api.minimaxi.com", "minimax"),
    ("dashscope.aliyuncs.com", "qwen"),
    ("dashscope-intl.aliyuncs.com", "qwen"),
    ("api.x.ai", "xai"),
    ("api.mistral.ai", "mistral"),
    ("api.groq.com", "groq"),
    ("openrouter.ai", "openrouter"),
];

/// The quirks of the vendor at an address; none for an unknown one.
pub fn at(base_url: &str) -> Quirks {
    let (host, path) = base_url
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'))
        .unwrap_or((base_url.trim_start_matches("https://"), ""));
    let preset = HOSTS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(host));
    let name = match preset {
        // The plan has a path of its own.
        Some((_, "zai")) if path.contains("coding/") => "zai-coding",
        Some((_, name)) => name,
        None => return NONE,
    };
    of(name).unwrap_or(NONE)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::config::preset;

    #[test]
    fn every_preset_has_its_quirks_and_none_is_left_over() {
        let presets: Vec<_> = preset::PRESETS.iter().map(|preset| preset.name).collect();
        assert_eq!(super::names().collect::<Vec<_>>(), presets);
        // An address that a preset gives is known as that preset's, whether or not the preset is named.
        for preset in preset::PRESETS
            .iter()
            .filter(|preset| !preset.key_variables.is_empty())
        {
            for (_, address) in preset.endpoints {
                assert_eq!(Some(at(address)), of(preset.name), "{address}");
            }
        }
        assert_eq!(of("nobody"), None);
    }

    #[test]
    fn a_vendor_is_known_by_its_address() {
        let cases = [
            ("https://api.anthropic.com", of("anthropic")),
            ("https://api.z.ai/api/paas/v4", of("zai")),
            ("https://api.z.ai/api/coding/paas/v4", of("zai-coding")),
            ("https://OpenRouter.ai/api/v1", of("openrouter")),
            ("https://example.org/api.openai.com", None),
            ("http://127.0.0.1:8080/v1", None),
        ];
        for (address, expected) in cases {
            assert_eq!(at(address), expected.unwrap_or(NONE), "{address}");
        }
        for (_, preset) in HOSTS {
            assert!(of(preset).is_some(), "{preset}");
        }
    }
}
