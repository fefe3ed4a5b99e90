//! A refusal that is about one field of the request: which it is, and how a person has it left out. Gateways and older servers
//! refuse what they do not know, in words of their own; there is no common code.

use crate::provider::envelope::Envelope;

/// What is said of a field that is not taken, in small letters.
const WORDS: &[&str] = &[
    "does not support",
    "unsupported",
    "not supported",
    "unrecognized request argument",
    "unknown field",
    "unknown parameter",
    "unknown name",
    "extra inputs are not permitted",
    "unexpected keyword argument",
    "no endpoints found that support",
    // vLLM and llama.cpp, of tools.
    "requires --",
];

const EFFORT: &str = "`/effort default` leaves it out, and so does config.toml without `effort`";
const TOOLS: &str = "choose a model that calls tools, or start the server so that it does";
const UNSENT: &str = "Creel does not send it, so look for it in the settings of the proxy";
const PRESET: &str = "another `preset` in the provider's entry of config.toml may leave it out";

/// The fields, as they stand in the words, and the way out of each.
const FIELDS: &[(&str, &str)] = &[
    ("reasoning_effort", EFFORT),
    ("reasoning", EFFORT),
    ("reasoning.effort", EFFORT),
    ("thinking", EFFORT),
    ("think", EFFORT),
    ("output_config", EFFORT),
    ("enable_thinking", EFFORT),
    ("chat_template_kwargs", EFFORT),
    (
        "max_completion_tokens",
        "`preset = \"llamacpp\"` in the provider's entry of config.toml sends `max_tokens` instead",
    ),
    (
        "max_tokens",
        "without its `preset` in config.toml the provider is sent `max_completion_tokens` instead",
    ),
    (
        "max_output_tokens",
        "`wire = \"openai-chat\"` in the provider's entry of config.toml sends another",
    ),
    (
        "stream_options",
        "a newer version of the server takes it, or another `wire` in the provider's entry of config.toml does without",
    ),
    ("tools", TOOLS),
    ("tool use", TOOLS),
    ("tool choice", TOOLS),
    ("tool_choice", TOOLS),
    ("temperature", UNSENT),
    ("top_p", UNSENT),
    ("top_k", UNSENT),
    ("parallel_tool_calls", UNSENT),
    ("prompt_cache_key", PRESET),
    ("session_id", PRESET),
    ("tool_stream", PRESET),
    ("cache_control", PRESET),
    ("prompt_cache_breakpoint", PRESET),
    ("usage", PRESET),
    ("include", PRESET),
    ("store", PRESET),
];

/// What a person can do, with the name of the field; `None` where the refusal is about something else.
pub(crate) fn way_out(envelope: &Envelope) -> Option<String> {
    let text = envelope.message.to_lowercase();
    let code = envelope.code.as_str();
    let is_refused = matches!(
        code,
        "unsupported_parameter" | "unknown_parameter" | "unsupported_value"
    ) || WORDS.iter().any(|words| text.contains(words));
    if !is_refused {
        return None;
    }
    let by_itself = FIELDS.iter().find(|(name, _)| envelope.param == *name);
    let in_words = || {
        let places = FIELDS
            .iter()
            .filter_map(|field| Some((find(&text, field.0)?, field)));
        // What is offered instead, and what else is known, stands behind it.
        places
            .min_by_key(|(place, _)| *place)
            .map(|(_, field)| field)
    };
    let (name, way) = by_itself.or_else(in_words)?;
    Some(format!("`{name}` is refused there: {way}"))
}

/// Fields that are words of every sentence too: `include a PNG`.
const PLAIN_WORDS: &[&str] = &["include", "store", "usage", "think"];

/// Where the name stands as a word of its own, and as a name where it could be any word.
fn find(text: &str, name: &str) -> Option<usize> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/');
    let is_mark = |c: char| matches!(c, '`' | '\'' | '"' | ':');
    let plain = PLAIN_WORDS.contains(&name);
    let whole = |place: &usize| {
        let (before, from) = text.split_at(*place);
        let behind = &from[name.len()..];
        let named = !plain || behind.starts_with(is_mark);
        named && !before.ends_with(is_part) && !behind.starts_with(is_part)
    };
    text.match_indices(name).map(|(place, _)| place).find(whole)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;
    use crate::provider::failure::{Advice, by_status};

    #[test]
    fn the_field_that_is_refused_is_named_with_the_way_out() {
        let litellm = "litellm.UnsupportedParamsError: openai does not support parameters: ['reasoning_effort'], for model=m. \
            To drop these, set `litellm.drop_params=True` or for proxy: `litellm_settings:\n drop_params: true`";
        let cases = [
            (litellm, "", Some("reasoning_effort")),
            (
                "Unrecognized request argument supplied: reasoning_effort",
                "",
                Some("reasoning_effort"),
            ),
            (
                "Unsupported value: 'reasoning_effort' does not support 'high' with this model.",
                "",
                Some("reasoning_effort"),
            ),
            (
                "reasoning_effort: Extra inputs are not permitted",
                "",
                Some("reasoning_effort"),
            ),
            ("\"m\" does not support thinking", "", Some("thinking")),
            (
                "thinking: unknown field `thinking`, expected one of `messages`, `tools`, `max_tokens`",
                "",
                Some("thinking"),
            ),
            (
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
                "max_tokens",
                Some("max_tokens"),
            ),
            (
                "Unrecognized request argument supplied: max_completion_tokens",
                "",
                Some("max_completion_tokens"),
            ),
            (
                "Unsupported parameter: max_output_tokens",
                "",
                Some("max_output_tokens"),
            ),
            (
                "this version is not supported",
                "stream_options",
                Some("stream_options"),
            ),
            (
                "Unsupported value: 'temperature' does not support 0.2 with this model.",
                "temperature",
                Some("temperature"),
            ),
            (
                "registry.ollama.ai/library/m does not support tools",
                "",
                Some("tools"),
            ),
            (
                "No endpoints found that support tool use",
                "",
                Some("tool use"),
            ),
            (
                "\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set",
                "",
                Some("tool choice"),
            ),
            ("tools param requires --jinja flag", "", Some("tools")),
            (
                "Unknown name \"prompt_cache_key\": Cannot find field.",
                "",
                Some("prompt_cache_key"),
            ),
            ("`think` is not supported", "", Some("think")),
            // About something else.
            (
                "This image type is not supported; please include a PNG and think again",
                "",
                None,
            ),
            ("the model `tools-7b` is not supported", "", None),
            ("tools[0].name must be a string", "", None),
            ("no", "reasoning_effort", None),
        ];
        for (message, param, expected) in cases {
            let body = json!({"error": {"message": message, "param": param, "code": null}});
            let way = way_out(&Envelope::of(&body).unwrap_or_default());
            let named = way.as_deref().and_then(|way| way.split('`').nth(1));
            assert_eq!(named, expected, "{message}");
        }
    }

    #[test]
    fn a_card_says_how_to_go_on_without_the_field() {
        let body = json!({"error": {"message": "m does not support parameters: ['reasoning_effort']", "type": "None", "param": "None", "code": "400"}});
        let refused = by_status(400, &body.to_string(), Advice::default(), "p", "k");
        assert_eq!(
            refused.message,
            "p answered 400: m does not support parameters: ['reasoning_effort'] (None): `reasoning_effort` is refused there: \
             `/effort default` leaves it out, and so does config.toml without `effort`"
        );
        // It is no matter of the model's name.
        let body =
            json!({"error": {"message": "No endpoints found that support tool use", "code": 404}});
        let refused = by_status(404, &body.to_string(), Advice::default(), "p", "k");
        assert!(refused.message.ends_with(TOOLS), "{}", refused.message);
    }
}
