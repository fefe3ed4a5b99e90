//! In what vendors differ from the dialect they speak, as data: a request is shaped by it, an answer never is, because
//! reading is tolerant of all of them at once.

use serde::Deserialize;

use crate::agent::picture::Cap;
use crate::config::Wire;
use crate::config::preset::{self, PRESETS, Preset};

/// The quirks of one vendor, as `assets/presets.toml` writes them; what it leaves out is as in [`NONE`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about a vendor"
)]
pub struct Quirks {
    /// The preset they are of; empty for a provider without one.
    #[serde(skip)]
    pub preset: &'static str,
    /// The vendor's name in the price table.
    pub vendor: Option<&'static str>,
    /// What is paid is a plan, so the table's prices do not hold.
    pub plan: bool,
    /// The limit of the answer is called `max_tokens`; the newer `max_completion_tokens` is refused or ignored.
    pub old_limit: bool,
    /// Usage comes by itself, and asking for it with `stream_options` is refused.
    pub usage_unasked: bool,
    /// Which assistant messages are refused without `reasoning_content`: a blank one is sent then.
    pub reasoning_expected: Expected,
    /// `tool_stream: true` is needed for arguments that arrive in pieces.
    pub tool_stream: bool,
    /// `usage: {include: true}` asks for the cost.
    pub asks_cost: bool,
    /// Models whose name begins so cache only what `cache_control` marks, or at a better price.
    pub marked: Vec<&'static str>,
    /// Models of those whose name begins so get one mark for the whole request in a dialect that has none for its parts, and
    /// the gateway sets the marks (openrouter.ai/docs, `AnthropicCacheControlDirective`). Of the other models that want marks
    /// nothing says that they can have any there.
    pub marked_whole: Vec<&'static str>,
    /// Models whose name begins so bill what is written to the cache, and find it again only where a
    /// `prompt_cache_breakpoint` stood.
    pub breakpoints: Vec<&'static str>,
    /// The field of the body that names the session, so that its requests come to the machine that has its cache.
    pub session_field: Option<SessionField>,
    /// The header that does the same.
    pub session_header: Option<&'static str>,
    /// A call's id must be nine letters or digits.
    pub short_call_ids: bool,
    /// The person may not speak right after results: a word of the model must stand between.
    pub results_answered: bool,
    /// The most pictures that one request may have.
    pub most_images: u64,
    /// The most bytes that all of them may have, as base64.
    pub most_image_bytes: u64,
    /// A prompt that is longer than the window is answered all the same, from a part of it: only the count of its tokens tells.
    pub silent_overflow: bool,
    /// Reasoning may stand in the text of an answer in Chat Completions, between `<think>` and `</think>`. Where nothing is said
    /// it may, in every dialect, of a server whose vendor is not known.
    pub thought_tags: Option<bool>,
    /// The key is sent as a bearer token also where the dialect has a header of its own.
    pub bearer: bool,
    /// `/props` beside the interface tells which window the server runs with, and whether its model sees.
    pub props: bool,
    /// Lists of models are public there; this path is not, and so tells whether a key is good.
    pub key_path: Option<&'static str>,
}

/// Where a vendor insists on getting back what its model thought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    Nowhere,
    /// In answers that called tools.
    WithCalls,
    /// In every answer.
    Always,
}

/// Where a vendor wants the name of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionField {
    PromptCacheKey,
    SessionId,
}

/// A server that keeps to its dialect.
pub const NONE: Quirks = Quirks {
    preset: "",
    vendor: None,
    plan: false,
    old_limit: false,
    usage_unasked: false,
    reasoning_expected: Expected::Nowhere,
    tool_stream: false,
    asks_cost: false,
    marked: Vec::new(),
    marked_whole: Vec::new(),
    breakpoints: Vec::new(),
    session_field: None,
    session_header: None,
    short_call_ids: false,
    results_answered: false,
    // What the vendors that say anything let through, but for those that have figures of their own.
    most_images: 100,
    most_image_bytes: 20_000_000,
    silent_overflow: false,
    thought_tags: None,
    bearer: false,
    props: false,
    key_path: None,
};

impl Default for Quirks {
    fn default() -> Self {
        NONE
    }
}

/// Models whose name begins so have their reasoning told apart from their words by whoever serves them.
const TOLD_APART: &[&str] = &[
    "claude-", "gemini-", "gpt-3", "gpt-4", "gpt-5", "gpt-6", "gpt-7", "chatgpt-", "o1", "o3",
    "o4-mini",
];

impl Quirks {
    /// Whether reasoning may stand in the text of an answer; else a model that speaks of `<think>` there means the word.
    pub(crate) fn has_thought_tags(&self, wire: Wire, model: &str) -> bool {
        let name = model.rsplit('/').next().unwrap_or(model);
        // A cloud writes its region and the vendor before the name: `us.anthropic.claude-…`.
        let is_of = |start: &&str| name.starts_with(*start) || name.contains(&format!(".{start}"));
        match self.thought_tags {
            // Who sends it so in this dialect has parts for it in the others.
            Some(tags) => tags && wire == Wire::OpenAiChat,
            None => self.vendor.is_none() && !TOLD_APART.iter().any(is_of),
        }
    }

    /// The most pictures that one request may have.
    pub fn cap(&self) -> Cap {
        Cap {
            pictures: self.most_images,
            bytes: self.most_image_bytes,
        }
    }

    /// Whether the model is one of [`Quirks::marked_whole`].
    pub(crate) fn marks_itself(&self, model: &str) -> bool {
        self.marked_whole
            .iter()
            .any(|start| model.starts_with(start))
    }

    /// Whether the model is one of [`Quirks::breakpoints`].
    pub(crate) fn has_breakpoints(&self, model: &str) -> bool {
        self.breakpoints
            .iter()
            .any(|start| model.starts_with(start))
    }
}

/// The quirks of a preset; `None` for a name that is no preset.
pub fn of(preset: &str) -> Option<Quirks> {
    preset::find(preset).map(read)
}

/// A few millionths of a second: it is not kept. A test reads them all, so none can be unreadable here.
fn read(preset: &Preset) -> Quirks {
    Quirks {
        preset: preset.name,
        ..parse(preset.quirks).unwrap_or(NONE)
    }
}

fn parse(text: &'static str) -> Result<Quirks, toml::de::Error> {
    if text.is_empty() {
        return Ok(NONE);
    }
    Quirks::deserialize(toml::de::ValueDeserializer::parse(text)?)
}

/// The names of all presets, for messages.
pub fn names() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().map(|preset| preset.name)
}

/// The quirks of the vendor at an address, for a provider without a preset; none for an unknown one.
pub fn at(base_url: &str) -> Quirks {
    let place = base_url
        .split_once("://")
        .map_or(base_url, |(_, place)| place)
        .to_ascii_lowercase();
    let lies_at = |host: &str| {
        place
            .strip_prefix(host)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let fitting = PRESETS.iter().flat_map(|preset| {
        let hosts = preset.hosts.iter().filter(|host| lies_at(host));
        hosts.map(move |host| (host.len(), preset))
    });
    fitting
        .max_by_key(|(length, _)| *length)
        .map_or(NONE, |(_, preset)| read(preset))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn every_preset_has_its_quirks() {
        for preset in PRESETS.iter() {
            assert!(parse(preset.quirks).is_ok(), "{}", preset.quirks);
        }
        assert!(parse("{ vendr = \"x\" }").is_err());
        assert_eq!(of("zai").unwrap().vendor, Some("zai"));
        // An address that a preset gives is known as that preset's, whether or not the preset is named.
        for preset in PRESETS.iter().filter(|preset| preset.found_by_key) {
            for (_, address) in &preset.endpoints {
                assert_eq!(Some(at(address)), of(preset.name), "{address}");
            }
        }
        assert_eq!(of("nobody"), None);
    }

    #[test]
    fn what_looks_like_reasoning_is_taken_for_it_where_models_say_it_so() {
        let anywhere = [true, true, true];
        let nowhere = [false, false, false];
        let cases = [
            ("", "qwen3:4b", anywhere),
            ("llamacpp", "gpt-oss-20b", anywhere),
            ("vllm", "Qwen/Qwen3-8B-Claude-Distill", anywhere),
            ("lmstudio", "openai/gpt-oss-20b", anywhere),
            // A gateway to models that do not.
            ("", "claude-sonnet-5-5", nowhere),
            ("", "anthropic/claude-sonnet-5-5", nowhere),
            ("", "gemini-3.8-flash", nowhere),
            ("", "gpt-5.6-terra", nowhere),
            ("anthropic", "m", nowhere),
            ("openai", "m", nowhere),
            ("google", "m", nowhere),
            ("openrouter", "deepseek/deepseek-r1", nowhere),
            ("minimax", "MiniMax-M3", [true, false, false]),
        ];
        for (preset, model, expected) in cases {
            let quirks = of(preset).unwrap_or(NONE);
            let found = [Wire::OpenAiChat, Wire::OpenAiResponses, Wire::Anthropic]
                .map(|wire| quirks.has_thought_tags(wire, model));
            assert_eq!(found, expected, "{preset} {model}");
        }
    }

    #[test]
    fn a_vendor_is_known_by_its_address() {
        let cases = [
            ("https://api.anthropic.com", of("anthropic")),
            ("https://api.z.ai/api/paas/v4", of("zai")),
            ("https://api.z.ai/api/coding/paas/v4", of("zai-coding")),
            ("https://api.z.ai", of("zai")),
            ("https://open.bigmodel.cn/api/paas/v4", of("zai")),
            ("https://open.bigmodel.cn/api/anthropic", of("zai")),
            (
                "https://open.bigmodel.cn/api/coding/paas/v4",
                of("zai-coding"),
            ),
            ("https://api.z.ai.example.org/v1", None),
            ("https://OpenRouter.ai/api/v1", of("openrouter")),
            ("https://example.org/api.openai.com", None),
            ("http://127.0.0.1:8080/v1", None),
        ];
        for (address, expected) in cases {
            assert_eq!(at(address), expected.unwrap_or(NONE), "{address}");
        }
    }
}
