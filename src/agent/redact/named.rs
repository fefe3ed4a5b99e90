//! Secrets that only what stands before them gives away: a name (`DB_PASSWORD=`, `"api_key": `, `--token `), a header, a
//! user in an address. Whether what follows is a value is judged in
//! [`crate::agent::redact::value`].

use crate::agent::redact::format::Body;
use crate::agent::redact::secret::{Found, Look, has_both};
use crate::agent::redact::value::{Class, Style, bare, is_reference, judged, own_kind};

/// No name is longer.
const LONGEST_NAME: usize = 64;

/// So much of a line is looked at.
const LOOKED_AT: usize = 128;

/// Endings of names, in small letters and without `_`, `-` and `.`, and what they name.
const NAMES: &[(&str, Class)] = &[
    ("password", Class::Password),
    ("passwd", Class::Password),
    ("passphrase", Class::Password),
    ("passcode", Class::Password),
    ("pwd", Class::Password),
    ("secret", Class::Secret),
    ("secretkey", Class::Secret),
    ("secretkeybase", Class::Secret),
    ("apikey", Class::Key),
    ("accesskey", Class::Key),
    ("accountkey", Class::Key),
    ("authkey", Class::Key),
    ("encryptionkey", Class::Key),
    ("masterkey", Class::Key),
    ("privatekey", Class::Key),
    ("presharedkey", Class::Key),
    ("sessionkey", Class::Key),
    ("signingkey", Class::Key),
    ("token", Class::Token),
    ("auth", Class::Thing),
    ("credential", Class::Thing),
    ("credentials", Class::Thing),
];

/// Words in the names of tokens that let nobody in.
const NO_SECRETS: &[&str] = &[
    "next", "page", "continu", "cursor", "bos", "eos", "pad", "unk", "stop", "special", "max",
    "count", "limit",
];

/// The value behind `=` or `:`, where the name before says that it is secret.
pub(crate) fn assigned(look: &mut Look<'_>, at: usize) -> Option<Found> {
    let is_path =
        look.starts(at, "::") || at.checked_sub(1).is_some_and(|at| look.starts(at, "::"));
    if is_path {
        return None;
    }
    let (from, to) = name_before(look, at)?;
    let name = look.text.get(from..to)?;
    let value = value_after(look, at)?;
    if is_header(name) {
        return header(look, name, value);
    }
    // Most names are none of these, whatever their style.
    class(name, Style::Shell).or_else(|| class(name, Style::Query))?;
    let before = from.checked_sub(1).and_then(|at| look.byte(at));
    let in_query = matches!(before, Some(b'?' | b'&'));
    let style = if in_query {
        Style::Query
    } else if (is_capital(name) || name.starts_with("--")) && to == at && value == at + 1 {
        Style::Shell
    } else if is_line(look, from, value) && look.starts(at, ": ") {
        Style::Line
    } else {
        Style::Code
    };
    let class = class(name, style)?;
    judged(look, value, class, style)
}

/// `--password VALUE`, and `curl -u NAME:VALUE`.
pub(crate) fn flag(look: &mut Look<'_>, at: usize) -> Option<Found> {
    if !look.is_word_start(at) {
        return None;
    }
    if look.starts(at, "-u ") || look.starts(at, "--user ") {
        return user(look, at);
    }
    if !look.starts(at, "--") {
        return None;
    }
    let name = name_at(look, at + 2)?;
    let to = at + 2 + name.len();
    if look.byte(to) != Some(b' ') || matches!(look.byte(to + 1)?, b'-' | b' ') {
        return None;
    }
    let class = class(name, Style::Shell)?;
    judged(look, to + 1, class, Style::Shell)
}

fn user(look: &mut Look<'_>, at: usize) -> Option<Found> {
    let line = look.bytes().get(at.saturating_sub(256)..at)?;
    let line = line.rsplit(|byte| *byte == b'\n').next()?;
    if !line.windows(5).any(|word| word == b"curl ") {
        return None;
    }
    let rest = look.bytes().get(at..)?;
    let rest = rest.get(..rest.len().min(256))?;
    let space = rest.iter().position(|byte| *byte == b' ')?;
    let word = rest.get(space + 1..)?;
    let quote = matches!(word.first(), Some(b'"' | b'\'')).then(|| word[0]);
    let ends = |byte: &u8| match quote {
        Some(quote) => *byte == quote,
        None => byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'\\'),
    };
    let first = usize::from(quote.is_some());
    let length = word
        .iter()
        .skip(first)
        .take_while(|byte| !ends(byte))
        .count();
    let word = word.get(first..first + length)?;
    let colon = word.iter().position(|byte| *byte == b':')?;
    let from = at + space + 1 + first + colon + 1;
    let value = word.get(colon + 1..)?;
    if value.is_empty() || is_reference(value) {
        return None;
    }
    Some(Found {
        kind: "password",
        from,
        to: from + value.len(),
    })
}

/// `Bearer VALUE` wherever it stands, and `login NAME password VALUE` of a `.netrc`.
pub(crate) fn after_word(look: &mut Look<'_>, at: usize) -> Option<Found> {
    if look.starts(at, "Bearer ") || look.starts(at, "bearer ") {
        let from = at + 7;
        let to = value_of_header(look, from);
        let value = look.bytes().get(from..to)?;
        let fits = value.len() >= 16 && has_both(value);
        return fits
            .then(|| own_kind(look, from, "bearer token", to))
            .flatten();
    }
    if look.starts(at, "password ") {
        let line = look.bytes().get(at.saturating_sub(128)..at)?;
        let logs_in = line.windows(6).any(|word| word == b"login ");
        let from = at + 9;
        let to = from + bare(look, from, |byte| byte.is_ascii_whitespace());
        return (logs_in && to - from >= 4).then_some(Found {
            kind: "password",
            from,
            to,
        });
    }
    None
}

/// The password in `scheme://name:password@host`; seen at the first colon.
pub(crate) fn in_address(look: &mut Look<'_>, at: usize) -> Option<Found> {
    if !look.starts(at, "://") {
        return None;
    }
    let first = at + 3;
    let rest = look.bytes().get(first..)?;
    let rest = rest.get(..rest.len().min(512))?;
    let ends = |byte: &u8| {
        byte.is_ascii_whitespace()
            || matches!(byte, b'/' | b'"' | b'\'' | b'<' | b'>' | b'\\' | b'`')
    };
    let length = rest.iter().take_while(|byte| !ends(byte)).count();
    let who = rest.get(..length)?;
    let at_sign = who.iter().rposition(|byte| *byte == b'@')?;
    let colon = who.iter().position(|byte| *byte == b':')?;
    let value = who.get(colon + 1..at_sign)?;
    if value.is_empty() || is_reference(value) {
        return None;
    }
    own_kind(look, first + colon + 1, "password", first + at_sign)
}

/// The name before an operator, behind spaces, quotes and brackets: `"name": `, `os.environ["NAME"] = `, `NAME: &str = `.
fn name_before(look: &Look<'_>, at: usize) -> Option<(usize, usize)> {
    let bytes = look.bytes();
    let back = |mut at: usize, most: usize, passes: fn(u8) -> bool| {
        for _ in 0..most {
            match at.checked_sub(1).and_then(|before| bytes.get(before)) {
                Some(&byte) if passes(byte) => at -= 1,
                _ => break,
            }
        }
        at
    };
    let at = back(at, 4, |byte| {
        matches!(byte, b' ' | b'\t' | b'=' | b'!' | b':')
    });
    let at = back(at, 4, |byte| matches!(byte, b'"' | b'\'' | b'\\' | b']'));
    let from = back(at, LONGEST_NAME, is_name);
    if from < at && class(look.text.get(from..at)?, Style::Shell).is_none() {
        // It may be a type.
        let type_from = back(from, 16, |byte| {
            matches!(byte, b'&' | b' ' | b'\'' | b'<') || byte.is_ascii_alphanumeric()
        });
        if let Some(to) = type_from
            .checked_sub(1)
            .filter(|to| look.byte(*to) == Some(b':'))
        {
            let from = back(to, LONGEST_NAME, is_name);
            let name = look.text.get(from..to)?;
            if class(name, Style::Code).is_some() {
                return Some((from, to));
            }
        }
    }
    let from = from + escape_at(look, from);
    (from < at).then_some((from, at))
}

/// Of `\nNAME` the `n` is none of the name's.
fn escape_at(look: &Look<'_>, from: usize) -> usize {
    let before = from.checked_sub(1).and_then(|at| look.byte(at));
    let escapes = before == Some(b'\\') && matches!(look.byte(from), Some(b'n' | b't' | b'r'));
    usize::from(escapes)
}

fn is_name(byte: u8) -> bool {
    Body::Dotted.has(byte)
}

fn name_at<'t>(look: &Look<'t>, from: usize) -> Option<&'t str> {
    let rest = look.bytes().get(from..)?;
    let name = rest.iter().take(LONGEST_NAME);
    let length = name.take_while(|byte| is_name(**byte)).count();
    look.text.get(from..from + length)
}

/// Where the value begins, behind `=>`, spaces and the letter of a Python text. At its quote, if it has one.
fn value_after(look: &Look<'_>, at: usize) -> Option<usize> {
    let mut at = at + 1;
    if matches!(look.byte(at), Some(b'=' | b'>')) {
        at += 1;
    }
    for _ in 0..4 {
        if matches!(look.byte(at), Some(b' ' | b'\t')) {
            at += 1;
        }
    }
    if matches!(look.byte(at), Some(b'b' | b'r' | b'f' | b'u'))
        && matches!(look.byte(at + 1), Some(b'"' | b'\''))
    {
        at += 1;
    }
    look.byte(at).map(|_| at)
}

fn is_capital(name: &str) -> bool {
    !name.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// Whether a name and its value are all there is on a line, and the value is no code.
fn is_line(look: &Look<'_>, from: usize, value: usize) -> bool {
    let before = look.bytes().get(from.saturating_sub(32)..from);
    let before = before.unwrap_or_default().rsplit(|byte| *byte == b'\n');
    let is_first = before
        .take(1)
        .all(|part| part.iter().all(|byte| matches!(byte, b' ' | b'-')));
    let rest = look.bytes().get(value..).unwrap_or_default();
    let length = bare(look, value, |byte| byte.is_ascii_whitespace());
    let word = rest.get(..length).unwrap_or_default();
    let code = word.ends_with(b",") || word.ends_with(b";") || word.ends_with(b"{");
    let code = code
        || word
            .iter()
            .take(LOOKED_AT)
            .any(|byte| matches!(byte, b'(' | b'<'));
    is_first && !code && matches!(rest.get(length), None | Some(b'\n' | b'\r'))
}

fn class(name: &str, style: Style) -> Option<Class> {
    let plain: String = name
        .chars()
        .filter(|c| !matches!(c, '_' | '-' | '.'))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let named = NAMES.iter().rev().find(|(end, _)| plain.ends_with(end));
    let last = name.rsplit(['_', '-', '.']).next().unwrap_or_default();
    let last = last.to_ascii_lowercase();
    let is_part = last != name.to_ascii_lowercase();
    match named {
        // `auth` and the like are words of their own only where something says so.
        Some((_, Class::Thing))
            if last == "auth" && !name.starts_with(['_', ':']) && !is_capital(name) =>
        {
            None
        }
        // Places in a list, and signs that models know.
        Some((_, Class::Token)) if NO_SECRETS.iter().any(|word| plain.contains(word)) => {
            Some(Class::Thing)
        }
        Some((_, class)) => Some(*class),
        None if last == "pass" && is_part => Some(Class::Password),
        None if last == "key" && is_part && style == Style::Shell && is_capital(name) => {
            Some(Class::Thing)
        }
        None if matches!(last.as_str(), "sig" | "signature" | "key") && style == Style::Query => {
            Some(Class::Thing)
        }
        None => None,
    }
}

fn is_header(name: &str) -> bool {
    let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
    is("authorization") || is("proxy-authorization") || is("cookie") || is("set-cookie")
}

/// The value of a header that lets somebody in; of a cookie the whole. The word before it, as `Basic`, stays.
fn header(look: &mut Look<'_>, name: &str, at: usize) -> Option<Found> {
    let quote = usize::from(look.byte(at) == Some(b'\\'));
    let at = at + quote + usize::from(matches!(look.byte(at + quote), Some(b'"' | b'\'')));
    if name.to_ascii_lowercase().ends_with("cookie") {
        let to = at
            + bare(look, at, |byte| {
                matches!(byte, b'\n' | b'\r' | b'"' | b'\'' | b'\\')
            });
        let value = look.bytes().get(at..to)?;
        let fits = value.len() >= 8 && value.contains(&b'=') && !is_reference(value);
        return fits.then_some(Found {
            kind: "cookie",
            from: at,
            to,
        });
    }
    let word = name_at(look, at)?;
    let behind = at + word.len() + 1;
    let (from, kind) = match word.to_ascii_lowercase().as_str() {
        "bearer" => (behind, "bearer token"),
        "basic" => (behind, "basic credentials"),
        "token" | "apikey" | "digest" | "negotiate" => (behind, "token"),
        _ => (at, "authorization"),
    };
    let to = value_of_header(look, from);
    let value = look.bytes().get(from..to)?;
    (value.len() >= 8 && !is_reference(value))
        .then(|| own_kind(look, from, kind, to))
        .flatten()
}

fn value_of_header(look: &Look<'_>, from: usize) -> usize {
    from + bare(look, from, |byte| {
        !(byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'.' | b'_' | b'~' | b'+' | b'/' | b'=' | b'-' | b'%' | b':'
            ))
    })
}
