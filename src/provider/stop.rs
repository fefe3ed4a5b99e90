//! The words by which a server says why an answer ended, where none is the dialect's own.

use crate::protocol::failure::Stop;

/// Words for an answer that ended well, of any dialect: servers and bridges mix them, and say that they ended although calls
/// wait, or the other way round. In small letters, with `_` for `-`.
const WELL: &[&str] = &[
    "",
    "call",
    "calls",
    "complete",
    "completed",
    "done",
    "end",
    "end_of_turn",
    "end_turn",
    "eos",
    "eos_token",
    "finish",
    "finished",
    "function_call",
    "function_calls",
    "load",
    "normal",
    "stop",
    "stop_sequence",
    "stop_token",
    "stopped",
    "success",
    "tool",
    "tool_call",
    "tool_calls",
    "tool_use",
    "unload",
];

/// What a word comes to that has no meaning of its own in the dialect. One that nobody knows may have cut the answer, so none of its
/// calls may run.
pub(crate) fn otherwise(word: &str, calls: bool) -> Stop {
    let word = word.to_ascii_lowercase().replace('-', "_");
    if !WELL.contains(&&*word) {
        return Stop::Error;
    }
    if calls { Stop::Tool } else { Stop::End }
}
