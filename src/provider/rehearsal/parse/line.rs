//! Reads what stands behind `< ` in a script: one thing the played model does.

use std::time::Duration;

use crate::agent::visible;
use crate::protocol::failure::FailureKind;
use crate::provider::rehearsal::script::Line;

/// Longer pauses are a slip of the pen.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);

/// The kinds `< error` may name, in the words of the command line.
const ERRORS: [(&str, FailureKind); 8] = [
    ("auth", FailureKind::Auth),
    ("rate", FailureKind::Rate),
    ("overloaded", FailureKind::Overloaded),
    ("network", FailureKind::Network),
    ("too_long", FailureKind::TooLong),
    ("refused", FailureKind::Refused),
    ("bad_request", FailureKind::BadRequest),
    ("protocol", FailureKind::Protocol),
];

/// One thing the played model does, from what stands behind `< `.
pub fn read_line(text: &str, make: impl Fn(&str) -> Option<&'static str>) -> Result<Line, String> {
    // Calls look for their own end: their JSON may hold what looks like a comment.
    if let Some(call) = text.strip_prefix("call ") {
        return read_call(call);
    }
    let text = without_comment(text);
    if let Some(words) = text.strip_prefix("text:") {
        return Ok(Line::Text(
            words.strip_prefix(' ').unwrap_or(words).to_owned(),
        ));
    }
    if let Some(words) = text.strip_prefix("think:") {
        return Ok(Line::Think(
            words.strip_prefix(' ').unwrap_or(words).to_owned(),
        ));
    }
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let rest = rest.trim();
    match word {
        "make" => make(rest)
            .map(|content| Line::Call {
                name: "write".to_owned(),
                arguments: serde_json::json!({"path": rest, "content": content}).to_string(),
            })
            .ok_or_else(|| {
                format!(
                    "no file `{}` comes with Creel: expected one of the tour's",
                    excerpt(rest)
                )
            }),
        "as" if !rest.is_empty() => Ok(Line::As(rest.to_owned())),
        "words" if rest.is_empty() => Ok(Line::Words),
        "usage" => read_usage(rest).ok_or_else(|| {
            "no usage: expected `< usage IN OUT`, as in `< usage 120 14`".to_owned()
        }),
        "pause" => read_pause(rest).ok_or_else(|| {
            "no pause: expected `< pause 200ms` or `< pause 2s`, up to 600s".to_owned()
        }),
        "error" => read_error(rest),
        _ => Err(format!(
            "`< {}` is nothing a model does: expected `< text: `, `< think: `, `< call `, `< make `, `< words`, `< as `, `< usage `, `< pause ` or `< error `",
            excerpt(text)
        )),
    }
}

fn read_call(text: &str) -> Result<Line, String> {
    let expected = "expected `< call NAME {json}`";
    let (name, rest) = text
        .trim_start()
        .split_once(' ')
        .ok_or_else(|| format!("a call without arguments: {expected}"))?;
    let rest = rest.trim_start();
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<serde_json::Value>();
    match values.next() {
        Some(Ok(serde_json::Value::Object(_))) => {}
        Some(Err(error)) => {
            return Err(format!(
                "the arguments are not valid JSON ({error}): {expected}"
            ));
        }
        _ => return Err(format!("the arguments are no object: {expected}")),
    }
    let (arguments, behind) = rest.split_at(values.byte_offset());
    if !without_comment(behind).is_empty() {
        return Err(format!(
            "`{}` stands behind the arguments: {expected}",
            excerpt(behind.trim())
        ));
    }
    Ok(Line::Call {
        name: name.to_owned(),
        arguments: arguments.to_owned(),
    })
}

fn read_usage(text: &str) -> Option<Line> {
    let mut numbers = text.split_whitespace().map(|word| word.parse::<u64>().ok());
    let (input, output) = (numbers.next()??, numbers.next()??);
    let cached = numbers.next().unwrap_or(Some(0))?;
    numbers.next().is_none().then_some(Line::Usage {
        input,
        output,
        cached,
    })
}

fn read_pause(text: &str) -> Option<Line> {
    let pause = match text.strip_suffix("ms") {
        Some(millis) => Duration::from_millis(millis.trim().parse().ok()?),
        None => Duration::from_secs(text.strip_suffix('s')?.trim().parse().ok()?),
    };
    (pause <= LONGEST_PAUSE).then_some(Line::Pause(pause))
}

fn read_error(text: &str) -> Result<Line, String> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let Some(&(_, kind)) = ERRORS.iter().find(|(name, _)| *name == word) else {
        let names = ERRORS.map(|(name, _)| name).join(", ");
        return Err(format!(
            "`{}` is no error: expected one of {names}",
            excerpt(word)
        ));
    };
    let (head, tail) = rest.split_once(' ').unwrap_or((rest, ""));
    let times = head.strip_prefix('x').and_then(|times| times.parse().ok());
    let words = if times.is_some() { tail } else { rest };
    Ok(Line::Error {
        kind,
        times,
        words: words.trim().to_owned(),
    })
}

/// The line without a comment at its end: three blanks, `--` and words.
pub fn without_comment(text: &str) -> &str {
    let end = text.find("   -- ").unwrap_or(text.len());
    text[..end].trim_end()
}

/// The beginning of a line, fit for a message.
pub fn excerpt(text: &str) -> String {
    let shown: String = text.chars().take(40).collect();
    let dots = if shown.len() < text.len() { "…" } else { "" };
    format!("{}{dots}", visible::one_line(&visible::escaped(&shown)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_says_what_was_expected() {
        let cases = [
            (
                "call read",
                "a call without arguments: expected `< call NAME {json}`",
            ),
            (
                "call read [1]",
                "the arguments are no object: expected `< call NAME {json}`",
            ),
            (
                "call read {\"path\"}",
                "the arguments are not valid JSON (expected `:` at line 1 column 8): expected `< call NAME {json}`",
            ),
            (
                "call read {} x",
                "`x` stands behind the arguments: expected `< call NAME {json}`",
            ),
            (
                "make b.txt",
                "no file `b.txt` comes with Creel: expected one of the tour's",
            ),
            (
                "usage 12",
                "no usage: expected `< usage IN OUT`, as in `< usage 120 14`",
            ),
            (
                "pause 700s",
                "no pause: expected `< pause 200ms` or `< pause 2s`, up to 600s",
            ),
            (
                "error fire",
                "`fire` is no error: expected one of auth, rate, overloaded, network, too_long, refused, bad_request, protocol",
            ),
            (
                "nod",
                "`< nod` is nothing a model does: expected `< text: `, `< think: `, `< call `, `< make `, `< words`, `< as `, `< usage `, `< pause ` or `< error `",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(
                read_line(text, |_| None),
                Err(expected.to_owned()),
                "{text:?}"
            );
        }
    }

    #[test]
    fn lines_read_as_written() {
        let error = |kind, times, words: &str| Line::Error {
            kind,
            times,
            words: words.to_owned(),
        };
        let cases = [
            ("text: a  -- b", Line::Text("a  -- b".to_owned())),
            ("text:", Line::Text(String::new())),
            ("text:  indented", Line::Text(" indented".to_owned())),
            (
                "pause 200ms   -- short",
                Line::Pause(Duration::from_millis(200)),
            ),
            ("pause 2 s", Line::Pause(Duration::from_secs(2))),
            ("error auth", error(FailureKind::Auth, None, "")),
            (
                "error network xerox",
                error(FailureKind::Network, None, "xerox"),
            ),
            (
                "error too_long x3",
                error(FailureKind::TooLong, Some(3), ""),
            ),
            (
                "error refused x1 no, never",
                error(FailureKind::Refused, Some(1), "no, never"),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(read_line(text, |_| None), Ok(expected), "{text:?}");
        }
    }
}
