//! What looks like a key, by pattern: for texts that leave this machine. Keys Creel itself holds never reach the log at all.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What stands where something was.
const MARK: &str = "‹redacted›";

/// Each with what it finds. A group named `keep` stays.
const PATTERNS: &[&str] = &[
    // Private keys in their armour.
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
    // Model providers and others with a prefix of their own.
    r"\bsk-[A-Za-z0-9_-]{16,}",
    r"\b(?:gsk|xai|hf|pplx|r8)[-_][A-Za-z0-9_-]{20,}",
    r"\bAIza[A-Za-z0-9_-]{30,}",
    // Forges.
    r"\b(?:ghp|gho|ghu|ghs|ghr|glpat|npm)[-_][A-Za-z0-9_-]{16,}",
    r"\bgithub_pat_[A-Za-z0-9_]{20,}",
    // Clouds, chat, payment.
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    r"\bxox[abposr]-[A-Za-z0-9-]{10,}",
    r"\b(?:sk|rk|whsec)_(?:live_|test_)?[A-Za-z0-9]{16,}",
    // JSON web tokens.
    r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}",
    // Headers, and passwords in addresses.
    r"(?i)(?P<keep>\b(?:authorization|x-api-key|api-key)\s*:\s*(?:bearer|basic|token)?\s*)[A-Za-z0-9._~+/=-]{12,}",
    r"(?P<keep>\b[a-z][a-z0-9+.-]*://[^\s:/@]+:)[^\s:/@]+@",
    // Assignments to a name that says what it is.
    r#"(?i)(?P<keep>\b[a-z0-9_]*(?:secret|password|passwd|api_?key|access_?token|auth_?token)["']?\s*[:=]\s*["']?)[^\s"',;]{8,}"#,
];

static COMPILED: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    PATTERNS
        .iter()
        .filter_map(|pattern| Regex::new(pattern).ok())
        .collect()
});

/// The text with every such place marked.
pub fn redacted(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for pattern in COMPILED.iter() {
        if pattern.is_match(&text) {
            let marked = pattern.replace_all(&text, |found: &Captures<'_>| {
                let kept = found.name("keep").map_or("", |kept| kept.as_str());
                let at = if found[0].ends_with('@') { "@" } else { "" };
                format!("{kept}{MARK}{at}")
            });
            text = Cow::Owned(marked.into_owned());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_sound() {
        assert_eq!(COMPILED.len(), PATTERNS.len());
    }

    #[test]
    fn keys_are_marked_and_words_are_left() {
        let cases = [
            (
                "key sk-ant-api03-AbCdEfGhIjKlMnOp_qr-st.",
                "key ‹redacted›.",
            ),
            ("AKIAIOSFODNN7EXAMPLE", "‹redacted›"),
            (
                "ghp_0123456789abcdefghij and glpat-0123456789abcdefghij",
                "‹redacted› and ‹redacted›",
            ),
            (
                "Authorization: Bearer abcdefghijklmnop",
                "Authorization: Bearer ‹redacted›",
            ),
            (
                "postgres://me:hunter22@db/x",
                "postgres://me:‹redacted›@db/x",
            ),
            (
                "DB_PASSWORD=\"correct horse\" x",
                "DB_PASSWORD=\"correct horse\" x",
            ),
            ("DB_PASSWORD=correcthorse x", "DB_PASSWORD=‹redacted› x"),
            (
                "{\"api_key\": \"0123456789\"}",
                "{\"api_key\": \"‹redacted›\"}",
            ),
            (
                "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb",
                "a\n‹redacted›\nb",
            ),
            ("-----BEGIN PRIVATE KEY-----\ncut off", "‹redacted›"),
            (
                "the task-list is on disk-0123456789",
                "the task-list is on disk-0123456789",
            ),
            (
                "see https://example.com:8080/a@b",
                "see https://example.com:8080/a@b",
            ),
            (
                "the password is kept elsewhere",
                "the password is kept elsewhere",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(redacted(text), expected, "{text}");
        }
    }
}
