//! One text put in the place of another in a file's bytes, which otherwise stay as they are: byte order mark, line ends, a
//! missing last line end, bytes that are not UTF-8. Pure.

use std::ops::Range;

use crate::tool::shared::fuzzy::{self, Found};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    pub after: Vec<u8>,
    /// Numbers of the lines where a replaced text began.
    pub lines: Vec<u64>,
    /// The place was found though its blanks differ.
    pub fuzzy: bool,
}

const BOM: &[u8] = b"\xef\xbb\xbf";
/// So many line numbers help; more are only long.
const LINES_NAMED: usize = 8;

/// The bytes with `old` replaced by `new`: at its one place, or with `all` at all of them. The error is meant for the model.
pub fn replace(bytes: &[u8], old: &str, new: &str, all: bool) -> Result<Replaced, String> {
    let (mark, body) = match bytes.strip_prefix(BOM) {
        Some(body) => (BOM, body),
        None => (&[][..], bytes),
    };
    let old = old.strip_prefix('\u{feff}').unwrap_or(old);
    let new = new.strip_prefix('\u{feff}').unwrap_or(new);
    if old == new {
        return Err("old_string and new_string are the same".to_owned());
    }
    if old.is_empty() {
        return Err("old_string is empty".to_owned());
    }
    if let Some(mut replaced) = exact(body, old, new, all)? {
        replaced.after.splice(..0, mark.iter().copied());
        return Ok(replaced);
    }
    let Ok(text) = std::str::from_utf8(body) else {
        return Err("old_string was not found, and the file is not UTF-8 text".to_owned());
    };
    let (old, new) = (as_in(body, old), as_in(body, new));
    match fuzzy::find(text, &old, &new) {
        Found::One(spot) => Ok(Replaced {
            after: [
                mark,
                &body[..spot.range.start],
                spot.new.as_bytes(),
                &body[spot.range.end..],
            ]
            .concat(),
            lines: vec![spot.line],
            fuzzy: true,
        }),
        Found::Several(lines) => Err(format!(
            "old_string was not found as it is, and with other blanks in {} places (lines {}): copy the text exactly",
            lines.len(),
            named(&lines)
        )),
        Found::Nowhere => {
            let nearest = fuzzy::nearest(text, &old);
            Err(if nearest.is_empty() {
                "old_string was not found, nor anything like it: read the file".to_owned()
            } else {
                format!("old_string was not found; nearest are the lines:{nearest}")
            })
        }
    }
}

fn exact(body: &[u8], old: &str, new: &str, all: bool) -> Result<Option<Replaced>, String> {
    let (ended_old, ended_new) = (as_in(body, old), as_in(body, new));
    // First in the file's own line ends; in a file that mixes them, also as it was written.
    for (old, new) in [(ended_old.as_str(), ended_new.as_str()), (old, new)] {
        let places = places(body, old.as_bytes());
        let Some(first) = places.first() else {
            continue;
        };
        let overlaps = !all && find(body, old.as_bytes(), first.start + 1).is_some();
        if !all && (places.len() > 1 || overlaps) {
            let lines = line_numbers(body, &places);
            return Err(format!(
                "old_string occurs {} times (lines {}): add lines around it so that it names one place, or set replace_all",
                places.len().max(2),
                named(&lines)
            ));
        }
        let mut after = Vec::with_capacity(body.len() + places.len() * new.len());
        let mut copied = 0;
        for place in &places {
            after.extend_from_slice(&body[copied..place.start]);
            after.extend_from_slice(new.as_bytes());
            copied = place.end;
        }
        after.extend_from_slice(&body[copied..]);
        return Ok(Some(Replaced {
            after,
            lines: line_numbers(body, &places),
            fuzzy: false,
        }));
    }
    Ok(None)
}

/// The text with the file's line ends, where the file has only one kind.
fn as_in(body: &[u8], text: &str) -> String {
    let plain = text.replace("\r\n", "\n");
    match line_ends(body) {
        LineEnds::Dos => plain.replace('\n', "\r\n"),
        LineEnds::Unix => plain,
        LineEnds::Mixed => text.to_owned(),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineEnds {
    Unix,
    /// Every line ends with CR LF.
    Dos,
    Mixed,
}

fn line_ends(body: &[u8]) -> LineEnds {
    let (mut dos, mut unix) = (false, false);
    let mut before = 0;
    for &byte in body {
        if byte == b'\n' {
            if before == b'\r' {
                dos = true;
            } else {
                unix = true;
            }
        }
        before = byte;
    }
    match (dos, unix) {
        (true, false) => LineEnds::Dos,
        (true, true) => LineEnds::Mixed,
        (false, _) => LineEnds::Unix,
    }
}

fn places(body: &[u8], old: &[u8]) -> Vec<Range<usize>> {
    let mut places: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    while let Some(start) = find(body, old, from) {
        from = start + old.len();
        places.push(start..from);
    }
    places
}

fn find(body: &[u8], old: &[u8], from: usize) -> Option<usize> {
    let body = body.get(from..)?;
    let first = *old.first()?;
    let mut start = 0;
    loop {
        start += body[start..].iter().position(|&byte| byte == first)?;
        if body[start..].starts_with(old) {
            return Some(from + start);
        }
        start += 1;
    }
}

fn line_numbers(body: &[u8], places: &[Range<usize>]) -> Vec<u64> {
    let mut numbers = Vec::with_capacity(places.len());
    let (mut counted, mut line) = (0, 1);
    for place in places {
        let pieces = body[counted..place.start].split(|&byte| byte == b'\n');
        line += pieces.count() as u64 - 1;
        counted = place.start;
        numbers.push(line);
    }
    numbers
}

fn named(lines: &[u64]) -> String {
    let mut named = lines
        .iter()
        .take(LINES_NAMED)
        .map(u64::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    if lines.len() > LINES_NAMED {
        named.push('…');
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        body: &[u8],
        old: &str,
        new: &str,
        all: bool,
        expected: Result<(&[u8], &[u64]), &str>,
    ) {
        let replaced = replace(body, old, new, all);
        let replaced = replaced
            .as_ref()
            .map(|replaced| (&replaced.after[..], &replaced.lines[..]))
            .map_err(String::as_str);
        assert_eq!(
            replaced,
            expected,
            "{old:?} in {:?}",
            body.escape_ascii().to_string()
        );
    }

    #[test]
    fn the_one_place_is_replaced_and_all_else_stays() {
        check(b"a\nb\nc", "b", "x\ny", false, Ok((b"a\nx\ny\nc", &[2])));
        check(b"a\nb\nc", "c", "", false, Ok((b"a\nb\n", &[3])));
        // Line ends and byte order mark.
        check(
            b"a\r\nb\r\nc\r\n",
            "a\nb",
            "x\ny\nz",
            false,
            Ok((b"x\r\ny\r\nz\r\nc\r\n", &[1])),
        );
        check(b"a\nb\n", "a\r\nb", "x\r\ny", false, Ok((b"x\ny\n", &[1])));
        check(b"a\r\nb\nc\n", "a\r\nb", "x", false, Ok((b"x\nc\n", &[1])));
        check(
            b"\xef\xbb\xbfa\nb",
            "\u{feff}a",
            "x",
            false,
            Ok((b"\xef\xbb\xbfx\nb", &[1])),
        );
        check(
            b"\xef\xbb\xbfalpha\n  beta",
            "alpha\nbeta",
            "x",
            true,
            Err("old_string was not found; nearest are the lines:\n1:alpha\n2:  beta"),
        );
        check(
            b"\xef\xbb\xbfa\n  b\n",
            "b ",
            "x",
            false,
            Ok((b"\xef\xbb\xbfa\n  x\n", &[2])),
        );
        // Bytes that are no text.
        check(
            b"caf\xe9 one\n\xff\0",
            "one",
            "two",
            false,
            Ok((b"caf\xe9 two\n\xff\0", &[1])),
        );
        check(
            b"caf\xe9 one\n",
            "on e",
            "two",
            false,
            Err("old_string was not found, and the file is not UTF-8 text"),
        );
    }

    #[test]
    fn several_places_are_named_or_all_replaced() {
        let several = "old_string occurs 3 times (lines 1, 2, 2): add lines around it so that it names one place, or set replace_all";
        check(b"a\na a\n", "a", "b", false, Err(several));
        check(
            b"a\na a\n",
            "a",
            "aa",
            true,
            Ok((b"aa\naa aa\n", &[1, 2, 2])),
        );
        let overlapping = "old_string occurs 2 times (lines 1): add lines around it so that it names one place, or set replace_all";
        check(b"aba", "aba", "x", false, Ok((b"x", &[1])));
        check(b"ababa", "aba", "x", false, Err(overlapping));
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        check(
            b"a",
            "a",
            "a",
            false,
            Err("old_string and new_string are the same"),
        );
        check(b"a", "", "b", false, Err("old_string is empty"));
        check(
            b"a\n",
            "zzzz",
            "b",
            false,
            Err("old_string was not found, nor anything like it: read the file"),
        );
    }
}
