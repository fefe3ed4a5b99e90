//! What stands behind a name that says it is secret: where it ends, and whether it is a value at all, and not code, a word or
//! a reference to where the value is.

use crate::agent::redact::secret::{Found, Look, has_both};

/// What is longer than this is no name of a variable and no word.
const LONGEST_WORD: usize = 128;

/// Escapes before a quote: of texts of JSON within each other three deep.
const DEEPEST: usize = 7;

/// By so much of a value it is told whether it is one.
const SEEN: usize = 256;

/// From so many signs on, letters with digits are a token behind many a name.
const LONG: usize = 16;

/// Parts of what stands where a token would.
const STAND_INS: &[&str] = &[
    "your",
    "example",
    "placeholder",
    "change",
    "dummy",
    "sample",
    "fake",
    "xxx",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Password,
    Secret,
    Key,
    /// From its name alone it may let somebody in or not: the value must look like chance.
    Token,
    /// Many things have such names: the value must be long as well.
    Thing,
}

impl Class {
    fn kind(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Secret => "secret",
            Self::Key => "key",
            Self::Token | Self::Thing => "token",
        }
    }
}

/// How a name and its value are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `DB_PASSWORD=…`, `--password …`: what follows is the value, whatever it looks like.
    Shell,
    /// `password=…&` within an address.
    Query,
    /// A line of its own with nothing else on it, as in YAML.
    Line,
    /// May be code.
    Code,
}

/// The value at this place, if it may be one of this class.
pub(crate) fn judged(look: &mut Look<'_>, at: usize, class: Class, style: Style) -> Option<Found> {
    let value = Value::at(look, at, style)?;
    let (from, to) = (value.from, value.end(look, SEEN));
    let seen = look.bytes().get(from..to)?;
    let free = value.quote.is_none() && matches!(style, Style::Code | Style::Line);
    if is_reference(seen) || (free && is_code(look, seen, to, style)) {
        return None;
    }
    let digits = seen.iter().any(u8::is_ascii_digit);
    let letters_only = seen.iter().all(u8::is_ascii_alphabetic);
    let spaces = seen.contains(&b' ');
    let least = match (class, digits) {
        (Class::Thing, _) => LONG,
        (Class::Password, true) => 6,
        _ => 8,
    };
    let looks_so = match class {
        Class::Token | Class::Thing if is_path(seen) => false,
        Class::Token | Class::Thing if seen.len() >= LONG => !spaces && has_both(seen),
        Class::Token | Class::Thing => is_short_token(seen, style, free),
        // What a builder is told of where a secret lies.
        Class::Secret if seen.starts_with(b"id=") => false,
        _ if style == Style::Shell => true,
        _ if spaces => false,
        _ if letters_only => seen.len() >= 10 || style == Style::Query,
        _ => true,
    };
    if seen.len() < least || !looks_so {
        return None;
    }
    let to = value.end(look, usize::MAX);
    own_kind(look, from, class.kind(), to)
}

/// Whether a value says where the token lies.
fn is_path(value: &[u8]) -> bool {
    let is_other = |byte: &u8| byte.is_ascii_uppercase() || matches!(byte, b'+' | b'=');
    value.contains(&b'/') && !value.iter().any(is_other)
}

/// Whether a few signs are rather a token than a word, a number or a path.
fn is_short_token(value: &[u8], style: Style, free: bool) -> bool {
    let lower = value.to_ascii_lowercase();
    let stands_in = |word: &str| {
        let mut parts = lower.windows(word.len());
        parts.any(|part| part == word.as_bytes())
    };
    let fits =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'=');
    if !value.iter().all(fits) || STAND_INS.iter().any(|word| stands_in(word)) {
        return false;
    }
    let mixed =
        value.iter().any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase);
    if style == Style::Shell {
        return has_both(value);
    }
    if mixed && is_numbered_name(value) {
        return false;
    }
    // Words have a digit at their end, or one number in them.
    let changes = value.windows(2).filter(|pair| {
        let [first, second] = pair else { return false };
        let (first, second) = (first.is_ascii_digit(), second.is_ascii_digit());
        first != second
    });
    let changes = changes.count();
    let code = free && style == Style::Code;
    has_both(value) && changes >= if mixed && !code { 2 } else { 3 } && (mixed || !code)
}

/// `Int64Lit`, `sha256Hash`: one number within words.
fn is_numbered_name(value: &[u8]) -> bool {
    let numbers = value.split(|byte| !byte.is_ascii_digit());
    let words = value.split(u8::is_ascii_digit);
    let is_word = |word: &[u8]| {
        let mut humps = word.chunk_by(|_, next| !next.is_ascii_uppercase());
        word.len() >= 3
            && word.iter().all(u8::is_ascii_alphabetic)
            && humps.all(|hump| hump.len() >= 2)
    };
    numbers.filter(|number| !number.is_empty()).count() == 1
        && words.filter(|word| !word.is_empty()).all(is_word)
}

/// A value behind a name: where it begins, without its quote, and what ends it.
struct Value {
    from: usize,
    quote: Option<u8>,
    /// It stands in a text of JSON, where its quotes are `\"`, or in one that stands in another, where they are `\\\"`.
    escaped: bool,
    style: Style,
}

impl Value {
    fn at(look: &Look<'_>, at: usize, style: Style) -> Option<Self> {
        let signs = (0..DEEPEST).take_while(|more| look.byte(at + more) == Some(b'\\'));
        let signs = signs.count();
        let escaped = signs > 0;
        let at = at + signs;
        let quote = look
            .byte(at)
            .filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
        if escaped && quote.is_none() {
            return None;
        }
        Some(Self {
            from: at + usize::from(quote.is_some()),
            quote,
            escaped,
            style,
        })
    }

    /// Where it ends, looking no further than `most` bytes.
    fn end(&self, look: &Look<'_>, most: usize) -> usize {
        let rest = look.bytes().get(self.from..).unwrap_or_default();
        let mut skipped = false;
        let length = rest.iter().take(most).take_while(|byte| {
            let goes_on = match self.quote {
                Some(quote) => {
                    let closes = **byte == quote && !skipped;
                    !closes && **byte != b'\n' && !(self.escaped && **byte == b'\\')
                }
                None => !self.ends_bare(**byte),
            };
            skipped = **byte == b'\\' && !skipped;
            goes_on
        });
        self.from + length.count()
    }

    fn ends_bare(&self, byte: u8) -> bool {
        byte.is_ascii_whitespace()
            || matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b';' | b',')
            || match self.style {
                Style::Query => matches!(byte, b'&' | b'#'),
                Style::Code => {
                    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}')
                }
                Style::Shell | Style::Line => false,
            }
    }
}

/// The word at this place, with or without quotes, which a program takes for a password if its beginning fits.
pub(crate) fn given(look: &Look<'_>, at: usize, fits: impl Fn(&[u8]) -> bool) -> Option<Found> {
    let value = Value::at(look, at, Style::Shell)?;
    let from = value.from;
    let seen = look.bytes().get(from..value.end(look, SEEN))?;
    fits(seen).then(|| Found {
        kind: Class::Password.kind(),
        from,
        to: value.end(look, usize::MAX),
    })
}

/// How many bytes stand before one that ends them; what is longer than a line of a terminal is no value.
pub(crate) fn bare(look: &Look<'_>, at: usize, ends: impl Fn(u8) -> bool) -> usize {
    let rest = look.bytes().get(at..).unwrap_or_default();
    let rest = rest.iter().take(4096);
    rest.take_while(|byte| !ends(**byte)).count()
}

/// Whether a value stands for another, or for none.
pub(crate) fn is_reference(value: &[u8]) -> bool {
    let Some(first) = value.first() else {
        return true;
    };
    let near = value.get(..value.len().min(16)).unwrap_or_default();
    let begins = matches!(first, b'$' | b'{' | b'<' | b'*' | b'[' | b'%' | b'(' | b'|')
        || value.starts_with("‹".as_bytes())
        || value.starts_with("…".as_bytes())
        || value.starts_with(b"-----BEGIN")
        || near.starts_with(b"xxx")
        || near.starts_with(b"XXX");
    begins || near.iter().all(|byte| byte == first)
}

/// Whether a value without quotes is a name, a type or a call.
fn is_code(look: &Look<'_>, value: &[u8], to: usize, style: Style) -> bool {
    if matches!(look.byte(to), Some(b'(' | b'<' | b'[' | b'{')) {
        return true;
    }
    if value.len() > LONGEST_WORD {
        return false;
    }
    let names = value.iter().all(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'&' | b'?' | b'!')
    });
    let digits = value.iter().any(u8::is_ascii_digit);
    let small = value.iter().all(u8::is_ascii_lowercase);
    let is_number = value.starts_with(b"0x") && value.len() <= 18;
    names
        && (is_number || value.contains(&b'_') || value.contains(&b'.') || !digits)
        && !(small && style == Style::Line)
}

/// A token of a known form is left for its own place, where it is named better.
pub(crate) fn own_kind(
    look: &mut Look<'_>,
    from: usize,
    kind: &'static str,
    to: usize,
) -> Option<Found> {
    let known = look.token(from);
    if known.is_some_and(|found| found.to >= to || look.byte(found.to) == Some(b'@')) {
        return None;
    }
    Some(Found { kind, from, to })
}
