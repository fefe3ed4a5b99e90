//! What is made of a whole answer by what was asked for: a prompt beyond the window, a cut at the limit, how long what was
//! written to a cache lives.

use serde_json::Value;

use crate::protocol::failure::{Failure, FailureKind, Stop};
use crate::protocol::reply::Reply;
use crate::protocol::usage::Usage;

/// What a whole answer to a prompt that was longer than the window fails for.
pub(crate) fn overflow(reply: &Reply, window: u64) -> Option<Failure> {
    let read = reply.usage?.prompt();
    let text = format!(
        "the prompt has {read} tokens and the model's window {window}: the server answered without a part of it; start a new \
         session or choose a model with a larger window"
    );
    (read > window).then(|| Failure::new(FailureKind::TooLong, text))
}

/// Tokens that some count beyond the limit of an answer.
const CLOSING: u64 = 4;

/// Whether an answer that is said to have ended well has as many tokens as it was asked to have at most: bridges between
/// dialects lose the true reason. Some count a closing token more. An answer that is far longer is of a server that does not hold
/// to the limit, or counts no reasoning, or adds up several calls.
pub(crate) fn is_cut(reply: &Reply, most: u64) -> bool {
    let ended = matches!(reply.stop, None | Some(Stop::End | Stop::Tool));
    let reached = |usage: Usage| {
        let said = usage.output.saturating_sub(usage.reasoning.unwrap_or(0));
        let full = most..=most.saturating_add(CLOSING);
        full.contains(&usage.output) || full.contains(&said)
    };
    ended && reply.iterations.is_empty() && reply.usage.is_some_and(reached)
}

/// Takes what was written to the cache as of the longer life, unless its server says how long each part of it lives.
pub(crate) fn lengthen(reply: &mut Reply) {
    if reply.usage_raw.as_ref().is_some_and(tells_lives) {
        return;
    }
    let each = reply.iterations.iter_mut();
    for usage in reply
        .usage
        .iter_mut()
        .chain(each.map(|each| &mut each.usage))
    {
        usage.cache_write_long += std::mem::take(&mut usage.cache_write);
    }
}

/// Whether a usage object says how long what was written lives: `ephemeral_1h_input_tokens` and the like, wherever it stands.
fn tells_lives(usage: &Value) -> bool {
    match usage {
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| name.starts_with("ephemeral_") || tells_lives(value)),
        Value::Array(list) => list.iter().any(tells_lives),
        _ => false,
    }
}
