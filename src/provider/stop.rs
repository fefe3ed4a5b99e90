//! The words by which a server says why an answer ended, where none is the dialect's own.

use crate::protocol::failure::Stop;

/// Words for an answer that ended well, of any dialect: servers and bridges mix them, and say that they ended although calls
/// wait, or the other way round. As [`plain`] writes them.
const WELL: &[&str] = &[
    "",
    "call",
    "calls",
    "complete",
    "completed",
    "done",
    "end",
    "end_of_text",
    "end_of_turn",
    "end_turn",
    "eos",
    "eos_found",
    "eos_token",
    "eot",
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
    if !WELL.contains(&&*plain(word)) {
        return Stop::Error;
    }
    if calls { Stop::Tool } else { Stop::End }
}

/// A word in small letters, with `_` between its parts however they were put together, and without the name of its field.
fn plain(word: &str) -> String {
    let mut plain = String::with_capacity(word.len() + 2);
    let mut small = false;
    for letter in word.trim().chars() {
        if letter.is_ascii_uppercase() && small {
            plain.push('_');
        }
        small = letter.is_ascii_lowercase();
        plain.push(match letter {
            '-' | ' ' => '_',
            letter => letter.to_ascii_lowercase(),
        });
    }
    match plain.strip_prefix("finish_reason_") {
        Some(rest) => rest.to_owned(),
        None => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_end_is_one_however_it_is_spelled() {
        for (word, expected) in [
            ("toolCalls", Stop::Tool),
            ("TOOL_CALLS", Stop::Tool),
            ("ToolUse", Stop::Tool),
            ("eosFound", Stop::Tool),
            ("finish_reason_stop", Stop::Tool),
            ("FINISH_REASON_TOOL_CALLS", Stop::Tool),
            ("finishReasonStop", Stop::Tool),
            ("end_of_text", Stop::Tool),
            ("EOT", Stop::Tool),
            ("end-turn", Stop::Tool),
            ("maxTokens", Stop::Error),
            ("FINISH_REASON_UNSPECIFIED", Stop::Error),
            ("finish_reason_length", Stop::Error),
            ("userStopped", Stop::Error),
        ] {
            assert_eq!(otherwise(word, true), expected, "{word}");
        }
        assert_eq!(otherwise("eosFound", false), Stop::End);
    }
}
