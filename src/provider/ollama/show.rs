//! What `/api/show` says of a model.

use serde_json::Value;

use crate::protocol::told::{Thinking, Told};
use crate::provider::tally::count;

/// The most tokens of a window that nobody chose. The server keeps room for all of a window in its memory before the first
/// word, and models are trained for windows of some hundred thousand tokens that few machines can hold; its own default is
/// this on a card of 24 GiB, a quarter of it on smaller ones and less than the tools of an agent need. A `context` in the
/// config goes before it.
pub const USUAL_WINDOW: u64 = 32_768;

/// The part of the answer that matters for a request.
pub fn told(answer: &Value) -> Told {
    Told {
        window: window(answer),
        thinking: thinking(answer),
        images: images(answer),
    }
}

/// The window the model's own file sets, because somebody chose it for this machine; else the one it was trained for, as
/// far as [`USUAL_WINDOW`].
fn window(answer: &Value) -> Option<u64> {
    let set = answer["parameters"].as_str().and_then(|lines| {
        lines.lines().find_map(|line| {
            let mut words = line.split_whitespace();
            (words.next() == Some("num_ctx")).then(|| words.next()?.parse().ok())?
        })
    });
    let trained = || {
        let details = answer["model_info"].as_object()?;
        // The name begins with the architecture: `qwen3.context_length`.
        details
            .iter()
            .filter(|(name, _)| {
                name.strip_suffix("context_length")
                    .is_some_and(|start| start.is_empty() || start.ends_with('.'))
            })
            .find_map(|(_, value)| count(Some(value)))
    };
    set.or_else(|| trained().map(|trained| trained.min(USUAL_WINDOW)))
        .filter(|window| *window > 0)
}

fn thinking(answer: &Value) -> Option<Thinking> {
    // One family is asked in steps, cannot be silenced, and takes no other word.
    if is_gpt_oss(answer["details"]["family"].as_str().unwrap_or_default()) {
        return Some(Thinking::Steps);
    }
    // Servers before mid-2025 have no such list.
    let able = answer["capabilities"].as_array()?;
    Some(if able.iter().any(|able| able == "thinking") {
        Thinking::Switched
    } else {
        Thinking::Never
    })
}

fn images(answer: &Value) -> Option<bool> {
    let able = answer["capabilities"].as_array()?;
    Some(able.iter().any(|able| able == "vision"))
}

/// Whether a family's or a model's name is of the one that reasons in steps.
pub fn is_gpt_oss(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    name.starts_with("gptoss") || name.starts_with("gpt-oss")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_model_is_known_by_what_its_server_shows() {
        let cases = [
            (
                json!({
                    "parameters": "stop           \"<|im_end|>\"\nnum_ctx                        40960\nmin_p 0",
                    "details": {"family": "qwen3"},
                    "model_info": {"general.architecture": "qwen3", "qwen3.context_length": 262_144},
                    "capabilities": ["completion", "tools", "thinking"],
                }),
                (Some(40_960), Some(Thinking::Switched)),
            ),
            (
                json!({
                    "details": {"family": "llama"},
                    "model_info": {"llama.rope.original_context_length": 8192, "llama.context_length": 131_072},
                    "capabilities": ["completion", "tools"],
                }),
                (Some(USUAL_WINDOW), Some(Thinking::Never)),
            ),
            (
                json!({
                    "details": {"family": "gptoss"},
                    "model_info": {"gptoss.context_length": 131_072},
                    "capabilities": ["completion", "tools", "thinking"],
                }),
                (Some(USUAL_WINDOW), Some(Thinking::Steps)),
            ),
            (
                json!({"model_info": {"context_length": 1000}}),
                (Some(1000), None),
            ),
            (
                json!({"parameters": "num_ctx many", "model_info": {"x.context_length": -1}}),
                (None, None),
            ),
            (json!({"error": "model 'x' not found"}), (None, None)),
            (json!([]), (None, None)),
        ];
        for (answer, expected) in cases {
            let told = told(&answer);
            assert_eq!((told.window, told.thinking), expected, "{answer}");
        }
    }
}
