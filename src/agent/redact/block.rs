//! Private keys that are blocks of lines: armoured ones, whole or cut off, and those of `PuTTY`. Their lines may be those of a
//! text in JSON, where an end of a line is `\n`.

use crate::agent::redact::format::Body;
use crate::agent::redact::secret::{Found, Look};

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";

/// The words between `BEGIN` and the dashes are at most so long.
const LONGEST_NAME: usize = 64;

/// No key is longer; what ends further away is another block's end.
const LONGEST: usize = 64 * 1024;

/// So many letters of base64 stand at the beginning of a key before anything else.
const LEAST: usize = 16;

/// Where the first `-----END ` is for every place from `from` on up to it; `at`: there is none to the end of the text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NextEnd {
    from: usize,
    at: Option<usize>,
}

/// `-----BEGIN … PRIVATE KEY-----` with a key behind it.
pub(crate) fn armoured(look: &mut Look<'_>, at: usize) -> Option<Found> {
    if !look.starts(at, BEGIN) {
        return None;
    }
    let name = at + BEGIN.len();
    let head = look.bytes().get(name..)?;
    let head = head.get(..head.len().min(LONGEST_NAME))?;
    let length = head.windows(5).position(|window| window == b"-----")?;
    let name = head.get(..length)?;
    let is_private = name.ends_with(b"PRIVATE KEY")
        || name.ends_with(b"PRIVATE KEY BLOCK")
        || name == b"OpenVPN Static key V1";
    if !is_private {
        return None;
    }
    let body = at + BEGIN.len() + length + 5;
    let first = begins(look, body)?;
    let end = next_end(look, first).filter(|end| *end <= first + LONGEST);
    let to = match end {
        Some(end) => {
            // Up to the dashes behind the name.
            let tail = look.bytes().get(end + END.len()..)?;
            let tail = tail.get(..tail.len().min(LONGEST_NAME))?;
            let dashes = tail.windows(5).position(|window| window == b"-----");
            end + END.len() + dashes.map_or(0, |dashes| dashes + 5)
        }
        None => cut_off(look, first),
    };
    Some(Found {
        kind: "private key",
        from: at,
        to,
    })
}

/// Where the base64 of a key begins, behind ends of lines and lines such as `Proc-Type: 4,ENCRYPTED`.
fn begins(look: &mut Look<'_>, body: usize) -> Option<usize> {
    let rest = look.bytes().get(body..)?;
    let rest = rest.get(..rest.len().min(512))?;
    let mut at = 0;
    // Ends of lines, and what shows them in code, quotes and differences.
    let between = |byte: u8| {
        byte.is_ascii_whitespace()
            || matches!(
                byte,
                b'\\' | b'"' | b'\'' | b'+' | b'>' | b'|' | b'#' | b','
            )
    };
    while at < rest.len() {
        let byte = *rest.get(at)?;
        if between(byte) {
            // The letter of `\n` belongs to it.
            let escapes = byte == b'\\' && matches!(rest.get(at + 1), Some(b'n' | b'r' | b't'));
            at += if escapes { 2 } else { 1 };
            continue;
        }
        let from = body + at;
        let to = look.end(Body::Base64, from);
        if to - from >= LEAST {
            return Some(from);
        }
        // A line with a name ends with its line.
        let line = rest.get(at..)?;
        let length = line
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'\\'))
            .unwrap_or(line.len());
        let names = line.get(..length)?.windows(2).any(|pair| pair == b": ");
        if !names {
            return None;
        }
        at += length;
    }
    None
}

fn next_end(look: &mut Look<'_>, from: usize) -> Option<usize> {
    match look.armour {
        Some(known) if known.from <= from && known.at.is_none_or(|at| from <= at) => known.at,
        _ => {
            let rest = look.text.get(from..)?;
            let at = rest.find(END).map(|at| from + at);
            look.armour = Some(NextEnd { from, at });
            at
        }
    }
}

/// How far base64 and the ends of its lines reach.
fn cut_off(look: &Look<'_>, from: usize) -> usize {
    let rest = look.bytes().get(from..).unwrap_or_default();
    let is_body = |byte: &u8| {
        Body::Base64.has(*byte) || byte.is_ascii_whitespace() || matches!(byte, b'\\' | b'>' | b'|')
    };
    let length = rest.iter().take_while(|byte| is_body(byte)).count();
    let body = rest.get(..length).unwrap_or_default();
    let blank = body
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_whitespace());
    from + length - blank.count()
}

/// `Private-Lines: N` of a `.ppk` with its lines.
pub(crate) fn putty(look: &mut Look<'_>, at: usize) -> Option<Found> {
    const NAME: &str = "Private-Lines: ";
    if !look.starts(at, NAME) {
        return None;
    }
    let number = at + NAME.len();
    let rest = look.bytes().get(number..)?;
    let digits = rest.iter().take(4).take_while(|byte| byte.is_ascii_digit());
    let end = number + digits.count();
    let lines: usize = look.text.get(number..end)?.parse().ok()?;
    let first = begins(look, end)?;
    let mut to = look.end(Body::Base64, first);
    for _ in 1..lines {
        let next = begins(look, to).unwrap_or(to);
        to = look.end(Body::Base64, next);
    }
    Some(Found {
        kind: "private key",
        from: first,
        to,
    })
}
