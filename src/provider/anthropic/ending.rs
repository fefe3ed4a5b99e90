//! Why a Messages answer ended.

use serde_json::Value;

use crate::protocol::failure::Stop;
use crate::provider::stop::otherwise;

/// A refusal in the vendor's words, where it says more than that it is one.
pub(crate) fn refusal(details: &Value) -> Option<String> {
    ["explanation", "category"]
        .iter()
        .find_map(|field| details[field].as_str())
        .map(ToOwned::to_owned)
}

/// Why it stopped, by the dialect's words for it.
pub(crate) fn stop_of(stop: &str, calls: bool) -> Stop {
    match stop {
        "max_tokens" | "model_context_window_exceeded" => Stop::Length,
        "refusal" => Stop::Refusal,
        // A bridge from another dialect.
        "content_filter" => Stop::Filter,
        "pause_turn" => Stop::Pause,
        "stop_sequence" => Stop::StopSequence,
        _ => otherwise(stop, calls),
    }
}
