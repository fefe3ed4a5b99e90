//! What names of programs are made of: `parseConfigFile`, `parse-config-file`, flags of commands and hashes.

use std::ops::Range;

use crate::memory::fold::is_word;

/// Names of more parts are no names but sentences with dashes.
const LONGEST_NAME: usize = 8;

/// As many signs of a hash as programs show of it.
const SHORT_HASH: usize = 7;

/// What a run of letters, digits, `_`, `-` and apostrophes is made of: `parseHTTPResponse2` is `parse`, `HTTP`, `Response`, `2`;
/// `don't` is one word, `Anna's` is `Anna`. What looks like a hash stays whole.
pub fn parts(run: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = None;
    let mut previous: Option<char> = None;
    let mut chars = run.char_indices().peekable();
    let id = is_hash(run);
    let mut hash = id;
    while let Some((at, c)) = chars.next() {
        if !is_word(c) {
            let apostrophe = matches!(c, '\'' | '’');
            let next = chars.peek().map(|&(_, next)| next);
            if apostrophe && start.is_some() && next.is_some_and(is_word) {
                // Within a word: `don't` goes on, a possessive `'s` is dropped.
                let possessive = matches!(next, Some('s' | 'S'))
                    && !chars
                        .clone()
                        .nth(1)
                        .is_some_and(|(_, after)| is_word(after));
                if !possessive {
                    continue;
                }
                chars.next();
            }
            parts.extend(start.take().map(|from| from..at));
            previous = None;
            continue;
        }
        let next = chars.peek().map(|&(_, next)| next);
        if start.is_none() {
            let rest = run.get(at..).unwrap_or_default();
            hash = id || rest.split(|c| !is_word(c)).next().is_some_and(is_hash);
        }
        let border = !hash && previous.is_some_and(|before| borders(before, c, next));
        if border {
            parts.extend(start.replace(at).map(|from| from..at));
        }
        start.get_or_insert(at);
        previous = Some(c);
    }
    parts.extend(start.map(|from| from..run.len()));
    parts
}

/// Whether a new part begins between two characters of a name: at a change of case, and between letters and digits.
fn borders(before: char, c: char, next: Option<char>) -> bool {
    let to_upper = before.is_lowercase() && c.is_uppercase();
    let last_upper =
        before.is_uppercase() && c.is_uppercase() && next.is_some_and(char::is_lowercase);
    let digits =
        before.is_alphabetic() && c.is_numeric() || before.is_numeric() && c.is_alphabetic();
    to_upper || last_upper || digits
}

/// Whether two parts of a name side by side may be one word elsewhere: `web` and `socket`, but not `v` and `2`.
pub fn joins(part: &str) -> bool {
    part.len() > 1 && part.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// How many dashes at the end of what stands before a word make a flag of it; 0 where it is none.
pub fn dashes(before: &str) -> usize {
    let rest = before.trim_end_matches('-');
    let dashes = before.len() - rest.len();
    let free = rest.chars().next_back().is_none_or(|c| {
        c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '(' | '[' | '{' | ',' | '=' | '|')
    });
    if free && dashes <= 2 { dashes } else { 0 }
}

/// Whether a name of so many parts is found by two of them as well; one of two is the whole.
pub fn has_halves(parts: usize) -> bool {
    (3..=LONGEST_NAME).contains(&parts)
}

/// The beginning of a longer hash.
pub fn short_hash(folded: &str) -> Option<&str> {
    let short = folded.get(..SHORT_HASH)?;
    (short.len() < folded.len() && is_hash(folded)).then_some(short)
}

/// Hexadecimal digits with both letters and digits among them, sixteen signs and more, or seven where letters and digits
/// change more than once: split, it would be many words that mean nothing.
fn is_hash(run: &str) -> bool {
    let plain = || run.bytes().filter(|byte| *byte != b'-');
    if run.len() < SHORT_HASH || !plain().all(|byte| byte.is_ascii_hexdigit()) {
        return false;
    }
    let kinds = || plain().map(|byte| byte.is_ascii_digit());
    let changes = kinds().zip(kinds().skip(1)).filter(|(a, b)| a != b).count();
    changes >= if run.len() < 16 { 2 } else { 1 }
}
