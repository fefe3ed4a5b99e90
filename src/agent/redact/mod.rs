//! Keys that Creel itself holds, taken out of a text before it becomes an item: so before it is stored and before it is sent.
//! What leaves Creel as a file (exports, its own log file, reports of a crash or a fault) is looked through for secrets of
//! others as well ([`secret`]).

pub(crate) mod block;
#[cfg(test)]
mod corpus;
pub(crate) mod form;
pub(crate) mod format;
pub(crate) mod named;
pub(crate) mod option;
pub mod secret;
#[cfg(test)]
mod stays;
pub(crate) mod value;

use std::borrow::Cow;
use std::fmt;

/// What stands where a key stood.
const MARK: &str = "‹redacted:key›";

/// Shorter texts are no keys, and replacing them would garble ordinary words.
const SHORTEST: usize = 8;

/// The keys in use. They are never printed.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that a key that contains another is replaced whole.
    keys: Vec<String>,
}

impl Redactor {
    pub fn add(&mut self, key: &str) {
        if key.len() >= SHORTEST && !self.keys.iter().any(|known| known == key) {
            self.keys.push(key.to_owned());
            self.keys.sort_by_key(|key| std::cmp::Reverse(key.len()));
        }
    }

    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for key in &self.keys {
            if text.contains(key.as_str()) {
                text = Cow::Owned(text.replace(key.as_str(), MARK));
            }
        }
        text
    }

    /// The same for bytes of any kind, in one pass for each key.
    pub fn redact_bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        let mut bytes = bytes;
        for key in &self.keys {
            let key = key.as_bytes();
            let mut out: Vec<u8> = Vec::new();
            let mut rest = bytes.as_slice();
            while let Some(at) = find(rest, key) {
                out.extend_from_slice(&rest[..at]);
                out.extend_from_slice(MARK.as_bytes());
                rest = &rest[at + key.len()..];
            }
            if rest.len() != bytes.len() {
                out.extend_from_slice(rest);
                bytes = out;
            }
        }
        bytes
    }

    /// For what leaves Creel as a file: its own keys, and all that looks like a secret.
    pub fn redact_all(&self, text: &str) -> String {
        secret::redacted(&self.redact(text)).into_owned()
    }
}

/// Looks for the first byte and then at the rest: outputs are large and keys are rare.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let (first, rest) = wanted.split_first()?;
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| byte == first) {
        let at = from + at;
        if bytes[at + 1..].starts_with(rest) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor({} keys)", self.keys.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_replaced_wherever_they_stand() {
        let mut redactor = Redactor::default();
        redactor.add("sk-secret-1");
        redactor.add("sk-secret-1-longer");
        redactor.add("short");
        let cases = [
            ("KEY=sk-secret-1\n", "KEY=‹redacted:key›\n"),
            (
                "sk-secret-1-longer sk-secret-1",
                "‹redacted:key› ‹redacted:key›",
            ),
            ("short stays", "short stays"),
            ("nothing here", "nothing here"),
        ];
        for (text, expected) in cases {
            assert_eq!(redactor.redact(text), expected);
            assert_eq!(
                redactor.redact_bytes(text.as_bytes().to_vec()),
                expected.as_bytes()
            );
        }
        assert_eq!(format!("{redactor:?}"), "Redactor(2 keys)");
    }
}
