//! Tokens that are told by how their parts stand together.

use crate::agent::redact::format::Body;
use crate::agent::redact::secret::{Found, Look, has_both};

/// Those that are seen at the first letter of a word.
pub(crate) fn at(look: &mut Look<'_>, at: usize) -> Option<Found> {
    let byte = look.byte(at)?;
    let found = match byte {
        b'e' => web_token(look, at),
        b'M' | b'N' | b'O' => discord(look, at),
        b'p' => airtable(look, at),
        b'0'..=b'9' => telegram(look, at),
        _ => None,
    };
    found.or_else(|| {
        let is_hex = Body::Hex.has(byte);
        is_hex.then(|| hex_and_more(look, at)).flatten()
    })
}

/// JSON web tokens, signed (three parts) or sealed (five, of which the second may be empty).
fn web_token(look: &mut Look<'_>, at: usize) -> Option<Found> {
    if !look.starts(at, "eyJ") {
        return None;
    }
    let mut to = look.end(Body::Url, at);
    let mut lengths = vec![to - at];
    while lengths.len() < 5 && look.byte(to) == Some(b'.') {
        let end = look.end(Body::Url, to + 1);
        if end == to + 1 && lengths.len() != 1 {
            break;
        }
        lengths.push(end - to - 1);
        to = end;
    }
    let fits = match lengths.as_slice() {
        [head, body, signature] => *head >= 12 && *body >= 4 && *signature >= 4,
        [head, _, ..] => *head >= 12 && lengths.len() == 5,
        _ => false,
    };
    fits.then_some(Found {
        kind: "json web token",
        from: at,
        to,
    })
}

/// The number of a bot in base64, a time, a signature.
fn discord(look: &mut Look<'_>, at: usize) -> Option<Found> {
    let first = look.end(Body::Url, at);
    let second = look.end(Body::Url, first + 1);
    let third = look.end(Body::Url, second + 1);
    let points = look.byte(first) == Some(b'.') && look.byte(second) == Some(b'.');
    let fits = points
        && (23..=28).contains(&(first - at))
        && (6..=7).contains(&(second - first - 1))
        && (27..=40).contains(&(third - second - 1));
    fits.then_some(Found {
        kind: "discord token",
        from: at,
        to: third,
    })
}

fn airtable(look: &mut Look<'_>, at: usize) -> Option<Found> {
    let first = look.end(Body::Plain, at);
    let to = look.end(Body::Hex, first + 1);
    let fits = look.starts(at, "pat")
        && first - at == 17
        && look.byte(first) == Some(b'.')
        && to - first - 1 == 64;
    fits.then_some(Found {
        kind: "airtable token",
        from: at,
        to,
    })
}

/// The number of a bot, a colon, a secret that begins with `AA`.
fn telegram(look: &mut Look<'_>, at: usize) -> Option<Found> {
    let colon = look.end(Body::Plain, at);
    let number = look.bytes().get(at..colon)?;
    let fits = (8..=10).contains(&number.len())
        && number.iter().all(u8::is_ascii_digit)
        && look.starts(colon, ":AA");
    let to = look.end(Body::Url, colon + 1);
    (fits && to - colon - 1 == 35).then_some(Found {
        kind: "telegram token",
        from: at,
        to,
    })
}

/// 32 hexadecimal digits say nothing alone; what follows makes them a key.
fn hex_and_more(look: &mut Look<'_>, at: usize) -> Option<Found> {
    let end = look.end(Body::Hex, at);
    if end - at != 32 {
        return None;
    }
    if look.starts(end, "-us") {
        let to = look.end(Body::Plain, end + 1);
        let center = look.bytes().get(end + 3..to)?;
        let fits = (1..=2).contains(&center.len()) && center.iter().all(u8::is_ascii_digit);
        return fits.then_some(Found {
            kind: "mailchimp key",
            from: at,
            to,
        });
    }
    let to = look.end(Body::Plain, end + 1);
    let rest = look.bytes().get(end + 1..to)?;
    let fits = look.byte(end) == Some(b'.') && rest.len() == 16 && has_both(rest);
    fits.then_some(Found {
        kind: "zai key",
        from: at,
        to,
    })
}

/// Azure's secrets of programs: three characters, a digit, `Q~`, and 31 to 34 more. Seen at the `~`.
pub(crate) fn azure(look: &mut Look<'_>, at: usize) -> Option<Found> {
    let has = |byte: &u8| Body::Dotted.has(*byte) || *byte == b'~';
    let from = at.checked_sub(5)?;
    let before = look.bytes().get(from..at)?;
    let fits = before.iter().all(has)
        && before.last() == Some(&b'Q')
        && before.get(3).is_some_and(u8::is_ascii_digit)
        && look.is_word_start(from);
    let rest = look.bytes().get(at + 1..)?;
    let length = rest.iter().take(40).take_while(|byte| has(byte)).count();
    (fits && (31..=34).contains(&length)).then_some(Found {
        kind: "azure secret",
        from,
        to: at + 1 + length,
    })
}

/// Terraform's: 14 letters and digits, `.atlasv1.`, and at least 60 more. Seen at the first point.
pub(crate) fn terraform(look: &mut Look<'_>, at: usize) -> Option<Found> {
    const MIDDLE: &str = ".atlasv1.";
    if !look.starts(at, MIDDLE) {
        return None;
    }
    let from = at.checked_sub(14)?;
    let before = look.bytes().get(from..at)?;
    let body = at + MIDDLE.len();
    let to = look.end(Body::Url, body);
    let fits = before.iter().all(|byte| Body::Plain.has(*byte)) && look.is_word_start(from);
    (fits && to - body >= 60).then_some(Found {
        kind: "terraform token",
        from,
        to,
    })
}
