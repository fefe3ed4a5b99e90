//! What is said of an answer by why it stopped.

use crate::agent::visible;
use crate::protocol::failure::Stop;
use crate::protocol::reply::Reply;

/// Characters of a server's own word that are told.
const LONGEST_WORD: usize = 60;

/// Why no call of an answer that stopped so is run.
pub(super) fn not_run(stop: Stop) -> Option<&'static str> {
    match stop {
        Stop::Length => Some(
            "not run: the answer was cut off by the output limit, so this call may be incomplete",
        ),
        Stop::Refusal | Stop::Filter => Some("not run: the answer was broken off by a refusal"),
        Stop::Error => Some(
            "not run: why the server ended the answer is not known, so this call may be incomplete",
        ),
        Stop::End | Stop::Tool | Stop::StopSequence | Stop::Pause => None,
    }
}

/// What a person must know of an answer without calls that is not all it should be, and does not look so.
pub(super) fn shortfall(reply: &Reply, stop: Stop) -> Option<String> {
    match stop {
        Stop::Length => {
            let said = reply.usage.map_or(0, |usage| usage.output);
            let count = if said > 0 {
                format!(" ({said} tokens)")
            } else {
                String::new()
            };
            Some(format!("cut off by the output limit{count}"))
        }
        Stop::Error => Some(unknown_end(reply)),
        Stop::End | Stop::Tool | Stop::StopSequence if reply.text().trim().is_empty() => {
            Some("the model said nothing".to_owned())
        }
        _ => None,
    }
}

/// That the server ended an answer in a way nobody knows, by its own word.
fn unknown_end(reply: &Reply) -> String {
    let word = reply.stop_native.as_deref().map(visible::one_line);
    let word = word.filter(|word| !word.is_empty());
    let word = word.map_or_else(|| "an error".to_owned(), |word| format!("`{}`", cut(&word)));
    format!("the server ended the answer with {word}: it may not be whole")
}

/// The beginning of a word that may be of any length.
fn cut(word: &str) -> String {
    word.chars().take(LONGEST_WORD).collect()
}

pub(super) fn is_refused(stop: Stop) -> bool {
    matches!(stop, Stop::Refusal | Stop::Filter)
}
