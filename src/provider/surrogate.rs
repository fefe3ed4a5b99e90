//! Halves of characters in JSON: servers that cut a text between the two of a pair write one alone as `\\ud83c`, which no JSON
//! may hold. It is read as the mark of a character that is lost, and the event goes on.

use std::borrow::Cow;

use serde_json::Value;

/// The mark of a lost character, escaped.
const LOST: &str = "\\ufffd";

/// The value of an event, and the text it was read from where that had to be mended.
pub(crate) fn read(text: &str) -> (serde_json::Result<Value>, Cow<'_, str>) {
    let read = serde_json::from_str(text);
    if read.is_ok() {
        return (read, Cow::Borrowed(text));
    }
    match mended(text) {
        Some(mended) => (serde_json::from_str(&mended), Cow::Owned(mended)),
        None => (read, Cow::Borrowed(text)),
    }
}

/// The text with a mark in the place of each half that stands alone; `None` where none does.
fn mended(text: &str) -> Option<String> {
    let mut mended = String::new();
    let mut kept = 0;
    let mut rest = 0;
    while let Some(at) = text[rest..].find('\\').map(|found| rest + found) {
        let first = unit(text, at);
        let is_pair = |unit| (0xd800..0xdc00).contains(&unit) && is_low(unit_behind(text, at));
        let half = first.filter(|unit| (0xd800..0xe000).contains(unit));
        rest = match half {
            Some(unit) if is_pair(unit) => at + 12,
            Some(_) => {
                mended.push_str(&text[kept..at]);
                mended.push_str(LOST);
                kept = at + 6;
                kept
            }
            // The backslash and what it covers, which may be one as well.
            None => at + 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
        };
    }
    (kept > 0).then(|| {
        mended.push_str(&text[kept..]);
        mended
    })
}

fn is_low(unit: Option<u32>) -> bool {
    unit.is_some_and(|unit| (0xdc00..0xe000).contains(&unit))
}

fn unit_behind(text: &str, at: usize) -> Option<u32> {
    unit(text, at + 6)
}

/// What `\\uXXXX` at this place is.
fn unit(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    let all = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    all.then(|| u32::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn only_a_half_that_stands_alone_is_lost() {
        let cases = [
            (r#"{"a":"\ud83c"}"#, Some(r#"{"a":"\ufffd"}"#)),
            (r#"{"a":"x\uDF89y"}"#, Some(r#"{"a":"x\ufffdy"}"#)),
            (
                r#"{"a":"\ud83c\ud83c\udf89"}"#,
                Some(r#"{"a":"\ufffd\ud83c\udf89"}"#),
            ),
            (r#"{"a":"\ud83c\u0041"}"#, Some(r#"{"a":"\ufffd\u0041"}"#)),
            (r#"{"a":"\\\ud83c"}"#, Some(r#"{"a":"\\\ufffd"}"#)),
            (r#"{"a":"\ud83c\udf89"}"#, None),
            // A backslash, and four letters behind a `u`.
            (r#"{"a":"\\ud83c"}"#, None),
            (r#"{"a":"\ué汉"}"#, None),
            (r#"{"a":"\"#, None),
            (r#"{"a":"\ud8"#, None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(mended(text).as_deref(), expected, "{text}");
            if let (Some(_), (read, _)) = (expected, read(text)) {
                assert!(read.is_ok(), "{text}");
            }
        }
    }
}
