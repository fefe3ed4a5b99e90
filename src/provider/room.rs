//! A request that is refused because its answer might not fit: what the server says of the room there is. Servers count the most an
//! answer may have as if it were said already, and which window they run with they often tell only so.

/// An answer with fewer tokens than this is of no use: the prompt is too long then.
const LEAST: u64 = 256;

/// How much can be asked for instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// The most tokens of an answer; fewer than were asked for.
    pub output: u64,
    /// Tokens of the window, where that was what it would not fit.
    pub window: Option<u64>,
}

/// What a refusal says in its own words; `asked`: the most tokens the answer was asked to have. `None` where the words are of
/// something else, or where there is no room.
pub fn of(words: &str, asked: u64) -> Option<Room> {
    let words = words.to_lowercase();
    // Where our own figure does not stand, it is not what is refused.
    if !numbers(&words).any(|(_, number, _)| number == asked) {
        return None;
    }
    let room = match window(&words) {
        Some(window) => {
            let prompt = prompt(&words, asked);
            let left = prompt.map(|prompt| window.saturating_sub(prompt));
            // Where half was refused, half of that is tried.
            let half = asked.min(window).saturating_sub(1) / 2;
            Room {
                output: match left {
                    // Some stop counting a prompt that is longer than what the answer leaves.
                    Some(left) if words.contains("at least") => left.min(half),
                    Some(left) => left,
                    None => half,
                },
                window: Some(window),
            }
        }
        None => Room {
            output: most_output(&words)?,
            window: None,
        },
    };
    (LEAST..asked).contains(&room.output).then_some(room)
}

/// The window, as each server names it. `words` are in small letters.
pub(crate) fn window(words: &str) -> Option<u64> {
    behind(
        words,
        &[
            "maximum context length is",
            "maximum context length of",
            // llama.cpp.
            "available context size (",
        ],
    )
    .or_else(|| {
        // `input length and max_tokens exceed context limit: 190000 + 32000 > 200000`.
        let (_, rest) = words.split_once("exceed context limit")?;
        behind(rest, &[">"])
    })
}

/// The most an answer may have, whatever the prompt.
fn most_output(words: &str) -> Option<u64> {
    const NAMES: [&str; 3] = ["max_tokens", "max_completion_tokens", "max_output_tokens"];
    const BOUNDS: [&str; 4] = ["at most", "[1,", "less than or equal to", "<="];
    // Anthropic: `max_tokens: 32000 > 8192, which is the maximum allowed number of output tokens for …`.
    let bounds: &[&str] = if words.contains("maximum allowed number of output tokens") {
        &[">"]
    } else {
        &BOUNDS
    };
    NAMES
        .iter()
        .any(|name| words.contains(name))
        .then(|| behind(words, bounds))?
}

/// Tokens of the prompt: what was requested in all, less the answer; else as it is told for itself.
fn prompt(words: &str, asked: u64) -> Option<u64> {
    let all = behind(
        words,
        &["requested about", "requested a total of", "requested"],
    );
    let rest = all.and_then(|all| all.checked_sub(asked));
    rest.filter(|rest| *rest > 0).or_else(|| {
        let told = |(_, number, behind): (&str, u64, &str)| {
            let behind = behind.trim_start();
            let is_prompt = ["input tokens", "tokens from the input", "in the messages"];
            let sum = behind.strip_prefix('+').is_some_and(|sum| {
                numbers(sum)
                    .next()
                    .is_some_and(|(_, next, _)| next == asked)
            });
            let is = sum || is_prompt.iter().any(|name| behind.starts_with(name));
            is.then_some(number)
        };
        numbers(words).find_map(told)
    })
}

/// The number that follows the first of these phrases that is there, with nothing but blanks between.
fn behind(words: &str, phrases: &[&str]) -> Option<u64> {
    phrases.iter().find_map(|phrase| {
        words.match_indices(phrase).find_map(|(at, _)| {
            let rest = &words[at + phrase.len()..];
            let (before, number, _) = numbers(rest).next()?;
            before.trim().is_empty().then_some(number)
        })
    })
}

/// All whole numbers, each with what stands before and behind it.
fn numbers(words: &str) -> impl Iterator<Item = (&str, u64, &str)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + words[from..].find(|c: char| c.is_ascii_digit())?;
            let rest = &words[start..];
            let length = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            from = start + length;
            if let Ok(number) = rest[..length].parse() {
                return Some((&words[..start], number, &words[from..]));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn what_a_server_says_of_its_room_is_read() {
        let room = |output, window| Some(Room { output, window });
        let cases = [
            // vLLM, older and newer.
            (
                "This model's maximum context length is 8192 tokens. However, you requested 32100 tokens (100 in the messages, \
                 32000 in the completion). Please reduce the length of the messages or completion.",
                room(8092, Some(8192)),
            ),
            (
                "This model's maximum context length is 8192 tokens. However, you requested 32100 tokens (60 in the messages, 40 in the \
                 functions, and 32000 in the completion).",
                room(8092, Some(8192)),
            ),
            (
                "'max_tokens' or 'max_completion_tokens' is too large: 32000. This model's maximum context length is 8192 tokens and \
                 your request has 100 input tokens (32000 > 8192 - 100).",
                room(8092, Some(8192)),
            ),
            (
                "This model's maximum context length is 8192 tokens. However, you requested 32000 output tokens and your prompt \
                 contains at least 1 input tokens, for a total of at least 32001 tokens.",
                room(4095, Some(8192)),
            ),
            // SGLang, OpenRouter, Anthropic.
            (
                "Requested token count exceeds the model's maximum context length of 8192 tokens. You requested a total of 32100 \
                 tokens: 100 tokens from the input messages and 32000 tokens for the completion.",
                room(8092, Some(8192)),
            ),
            (
                "This endpoint's maximum context length is 131072 tokens. However, you requested about 140000 tokens (108000 of text \
                 input, 32000 in the output).",
                room(23_072, Some(131_072)),
            ),
            (
                "input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000, decrease input length or `max_tokens`",
                room(10_000, Some(200_000)),
            ),
            (
                "maximum context length is 8192, and 32000 is more",
                room(4095, Some(8192)),
            ),
            // The answer alone is too long, whatever the prompt.
            (
                "max_tokens is too large: 32000. This model supports at most 16384 completion tokens.",
                room(16_384, None),
            ),
            (
                "Invalid max_tokens value 32000, the valid range of max_tokens is [1, 8192]",
                room(8192, None),
            ),
            (
                "max_tokens: 32000 > 8192, which is the maximum allowed number of output tokens for claude-3-5-sonnet-20241022",
                room(8192, None),
            ),
            // The prompt leaves no room, or it is about something else.
            (
                "This model's maximum context length is 8192 tokens. However, you requested 40100 tokens (8100 in the messages, 32000 \
                 in the completion).",
                None,
            ),
            (
                "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
                None,
            ),
            ("prompt is too long: 9000 tokens > 8192 maximum", None),
            ("max_tokens is too large: 32000", None),
            ("tools: at most 128 items, 32000 were given", None),
            (
                "maximum context length is 99999999999999999999999, not 32000",
                None,
            ),
            ("", None),
        ];
        for (words, expected) in cases {
            assert_eq!(of(words, 32_000), expected, "{words}");
        }
        // Half of it was refused as well.
        let again = "maximum context length is 8192 tokens. However, you requested 4096 output tokens and your prompt contains at \
                     least 4097 input tokens, for a total of at least 8193 tokens.";
        assert_eq!(of(again, 4096), room(2047, Some(8192)));
        let again = "maximum context length is 8192 tokens, and 4096 were asked for";
        assert_eq!(of(again, 4096), room(2047, Some(8192)));
    }
}
