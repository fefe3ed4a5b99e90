//! What looks like a secret, by its form or by the name before it: for texts that leave Creel. Nothing is made ready before
//! the first text is looked at, and the time is a multiple of the length of the text, whoever wrote it: a stretch of bytes is
//! measured once ([`Stretches`]), and every look around a place has a limit.

use std::borrow::Cow;

use crate::agent::redact::format::{Body, Format, starting};
use crate::agent::redact::{block, form, named, option};

/// A secret at a place: what it is, and which bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub kind: &'static str,
    pub from: usize,
    pub to: usize,
}

/// The text with each secret replaced by a mark that says of what kind it was: `‹redacted:github token›`.
pub fn redacted(text: &str) -> Cow<'_, str> {
    let mut look = Look::new(text);
    let mut out = String::new();
    let (mut kept, mut at) = (0, 0);
    while at < text.len() {
        let found = look.at(at).filter(|found| found.from >= kept);
        let Some(Found { kind, from, to }) = found else {
            at = look.after(at);
            continue;
        };
        let Some(before) = text.get(kept..from).filter(|_| text.is_char_boundary(to)) else {
            at = look.after(at);
            continue;
        };
        out.push_str(before);
        out.push_str("‹redacted:");
        out.push_str(kind);
        out.push('›');
        kept = to;
        at = to.max(at + 1);
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(kept..).unwrap_or_default());
    Cow::Owned(out)
}

/// A text while it is looked through from its beginning to its end.
#[derive(Debug)]
pub(crate) struct Look<'t> {
    pub text: &'t str,
    stretches: [[Stretch; KEPT]; Body::COUNT],
    /// Which of those is given up next.
    oldest: [usize; Body::COUNT],
    /// The first end of an armoured block at or after the place that was asked about last.
    pub armour: Option<block::NextEnd>,
}

/// So many stretches of each kind are remembered: more than a token has parts.
const KEPT: usize = 8;

/// A stretch of bytes of one kind, as it was measured.
#[derive(Debug, Clone, Copy, Default)]
struct Stretch {
    from: usize,
    to: usize,
    /// What begins before this and reaches to the end has too little in it.
    dull: usize,
}

impl<'t> Look<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            stretches: [[Stretch::default(); KEPT]; Body::COUNT],
            oldest: [0; Body::COUNT],
            armour: None,
        }
    }

    pub(crate) fn bytes(&self) -> &'t [u8] {
        self.text.as_bytes()
    }

    pub(crate) fn byte(&self, at: usize) -> Option<u8> {
        self.bytes().get(at).copied()
    }

    pub(crate) fn starts(&self, at: usize, with: &str) -> bool {
        self.bytes()
            .get(at..)
            .is_some_and(|rest| rest.starts_with(with.as_bytes()))
    }

    /// The secret that is recognised at this byte. It may begin before it.
    fn at(&mut self, at: usize) -> Option<Found> {
        let byte = self.byte(at)?;
        match byte {
            b'=' => named::assigned(self, at),
            b':' => named::in_address(self, at).or_else(|| named::assigned(self, at)),
            b'-' => block::armoured(self, at)
                .or_else(|| named::flag(self, at))
                .or_else(|| option::option(self, at)),
            b'~' => form::azure(self, at),
            b'.' => form::terraform(self, at),
            _ if byte.is_ascii_alphanumeric() && self.is_word_start(at) => self
                .token(at)
                .or_else(|| form::at(self, at))
                .or_else(|| block::putty(self, at))
                .or_else(|| named::after_word(self, at)),
            _ => None,
        }
    }

    /// The next place where one can be recognised. Within a word nothing begins, except where the word is the end of an escape.
    fn after(&self, at: usize) -> usize {
        let is_in_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let begins = self.byte(at).is_some_and(is_in_word) && self.is_word_start(at);
        let before = at.checked_sub(1).and_then(|before| self.byte(before));
        if !begins || matches!(before, Some(b'\\' | b'%')) {
            return at + 1;
        }
        let rest = self.bytes().get(at..).unwrap_or_default();
        at + rest.iter().take_while(|byte| is_in_word(**byte)).count()
    }

    /// A token of a vendor that begins here.
    pub(crate) fn token(&mut self, at: usize) -> Option<Found> {
        let rows = starting(self.byte(at)?);
        let format = rows.iter().find(|format| self.fits(at, format))?;
        let body = at + format.start.len();
        Some(Found {
            kind: format.kind,
            from: at,
            to: self.end(format.body, body),
        })
    }

    fn fits(&mut self, at: usize, format: &Format) -> bool {
        if !self.starts(at, format.start) {
            return false;
        }
        // In base64 every few letters are a word somewhere.
        let is_bare = format
            .start
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric());
        let before = at.checked_sub(1).and_then(|before| self.byte(before));
        if is_bare && matches!(before, Some(b'+' | b'/')) {
            return false;
        }
        let from = at + format.start.len();
        let to = self.end(format.body, from);
        let length = to.saturating_sub(from);
        let goes_on = self
            .byte(to)
            .is_some_and(|byte| byte.is_ascii_alphanumeric());
        length >= format.least
            && length <= format.most
            && !goes_on
            && !self.is_dull(format.body, from, to)
    }

    /// Where the stretch of such bytes that holds this place ends.
    pub(crate) fn end(&mut self, body: Body, from: usize) -> usize {
        let to = match self.known(body, from) {
            Some(known) => known.to,
            None => self.measured(body, from),
        };
        // A point ends a sentence more often than a token.
        let points = self.bytes().get(from..to).unwrap_or_default();
        let points = points.iter().rev().take_while(|byte| **byte == b'.');
        to - points.take(8).count()
    }

    fn known(&mut self, body: Body, at: usize) -> Option<&mut Stretch> {
        let known = self.stretches.get_mut(body as usize)?;
        known
            .iter_mut()
            .find(|known| known.from <= at && at < known.to)
    }

    fn measured(&mut self, body: Body, from: usize) -> usize {
        let rest = self.bytes().get(from..).unwrap_or_default();
        let to = from + rest.iter().take_while(|byte| body.has(**byte)).count();
        let kept = self.stretches.get_mut(body as usize);
        let oldest = self.oldest.get_mut(body as usize);
        if let (Some(kept), Some(oldest), true) = (kept, oldest, to > from) {
            kept[*oldest] = Stretch {
                from,
                to,
                dull: from,
            };
            *oldest = (*oldest + 1) % KEPT;
        }
        to
    }

    /// Whether what stands here is more like words than like chance.
    fn is_dull(&mut self, body: Body, from: usize, to: usize) -> bool {
        if self.known(body, from).is_none_or(|known| from < known.dull) {
            return true;
        }
        let text = self.bytes().get(from..to).unwrap_or_default();
        let dull = if body == Body::Mixed {
            !text
                .split(|byte| !byte.is_ascii_alphanumeric())
                .any(|part| part.len() >= 16 && has_both(part))
        } else {
            let digits = text.iter().any(u8::is_ascii_digit);
            let capitals = text.iter().any(u8::is_ascii_uppercase);
            let small = text.iter().any(u8::is_ascii_lowercase);
            let one = text.first();
            !(digits || capitals && small) || text.iter().all(|byte| Some(byte) == one)
        };
        if dull && let Some(known) = self.known(body, from) {
            known.dull = to;
        }
        dull
    }

    /// Whether no word reaches into this place. A letter behind `\` or `%` is none.
    pub(crate) fn is_word_start(&self, at: usize) -> bool {
        let back = |count: usize| at.checked_sub(count).and_then(|at| self.byte(at));
        let Some(before) = back(1) else {
            return true;
        };
        if !before.is_ascii_alphanumeric() && before != b'_' {
            return true;
        }
        let hex = |count| back(count).is_some_and(|byte| byte.is_ascii_hexdigit());
        matches!(
            (back(2), before),
            (Some(b'\\'), b'n' | b't' | b'r' | b'b' | b'f')
        ) || (back(3) == Some(b'%') && hex(1) && hex(2))
            || (back(6) == Some(b'\\') && back(5) == Some(b'u') && (1..=4).all(hex))
    }
}

/// Letters and digits.
pub(crate) fn has_both(part: &[u8]) -> bool {
    part.iter().any(u8::is_ascii_digit) && part.iter().any(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_begins_at_a_place_that_is_passed_over() {
        let parts = [
            "\\n",
            "\\u0041",
            "%3D",
            "%",
            "\\",
            "_",
            "=",
            ":",
            "-",
            ".",
            "~",
            " ",
            "é",
            "ghp_",
            "eyJ",
            "sk-",
            "AKIA",
            "Q~",
            "token",
            "0123456789abcdef",
            "Zx9",
            "\"",
        ];
        let mut state = 1_u64;
        let mut passed = 0;
        for _ in 0..3_000 {
            let mut text = String::new();
            for _ in 0..12 {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                text.push_str(parts[(state >> 33) as usize % parts.len()]);
            }
            let look = Look::new(&text);
            let mut at = 0;
            while at < text.len() {
                let next = look.after(at);
                for within in at + 1..next {
                    passed += 1;
                    assert_eq!(Look::new(&text).at(within), None, "{text} at {within}");
                }
                at = next;
            }
        }
        assert!(passed > 10_000, "{passed}");
    }
}
