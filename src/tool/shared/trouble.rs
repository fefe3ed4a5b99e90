//! Which lines of an output look like errors. Word by word and not by patterns: every command's output comes through here,
//! and to build the patterns once took longer than all the rest of a short command.

/// Words of trouble, in any case.
const WORDS: [&str; 13] = [
    "error",
    "errors",
    "fatal",
    "panicked",
    "panic",
    "exception",
    "traceback",
    "failed",
    "failure",
    "fail",
    "undefined",
    "unresolved",
    "denied",
];
/// The same, where it takes more words than one: the first of them, and what follows it.
const PHRASES: [(&str, &str); 6] = [
    ("segmentation", " fault"),
    ("core", " dumped"),
    ("assertion", ""),
    ("not", " found"),
    ("no", " such file"),
    ("cannot", " find"),
];
/// How names of errors end: `TypeError`.
const NAMES: [&str; 2] = ["error", "exception"];
/// What follows `0` or `no` in a line that says there is none.
const NONE_OF: [&str; 5] = [" error", " errors", " failure", " failures", " failed"];
/// How a line begins that says all is well.
const WELL: [&str; 2] = ["PASS", "ok"];

/// Whether the line tells of trouble, and does not say that there is none.
pub fn is_told(line: &str) -> bool {
    // No error is told in so few letters; endless output of short lines is spared the search.
    line.len() > 3 && has_trouble(line.as_bytes()) && !is_well(line.as_bytes())
}

fn has_trouble(line: &[u8]) -> bool {
    // As pytest marks them.
    let is_marked = line.starts_with(b"E ") || line.starts_with(b"E\t");
    is_marked
        || words(line).any(|(word, after)| {
            WORDS.iter().any(|bad| is(word, bad))
                || NAMES.iter().any(|name| is_name(word, name))
                || PHRASES
                    .iter()
                    .any(|(first, rest)| is(word, first) && goes_on(after, rest))
        })
}

fn is_well(line: &[u8]) -> bool {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = line.iter().take_while(|byte| blank(byte)).count();
    WELL.iter().any(|well| begins(line, well))
        || line[start..].starts_with("✓".as_bytes())
        || words(line).any(|(word, after)| {
            is(word, "ok") && after.is_empty()
                || (word == b"0" || is(word, "no"))
                    && NONE_OF.iter().any(|none| goes_on(after, none))
        })
}

/// Each word, in the letters of ASCII, with all that follows it.
fn words(line: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let start = rest.iter().position(|&byte| is_letter(byte))?;
        let word = &rest[start..];
        let length = word.iter().take_while(|&&byte| is_letter(byte)).count();
        rest = &word[length..];
        Some((&word[..length], rest))
    })
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is(word: &[u8], known: &str) -> bool {
    word.eq_ignore_ascii_case(known.as_bytes())
}

fn begins(text: &[u8], known: &str) -> bool {
    text.get(..known.len())
        .is_some_and(|start| is(start, known))
}

/// Whether the text begins with this, and its last word ends there.
fn goes_on(text: &[u8], known: &str) -> bool {
    begins(text, known) && text.get(known.len()).is_none_or(|&byte| !is_letter(byte))
}

fn is_name(word: &[u8], end: &str) -> bool {
    let Some(before) = word.len().checked_sub(end.len()) else {
        return false;
    };
    let (name, kind) = word.split_at(before);
    is(kind, end) && name.last().is_some_and(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::is_told;

    #[test]
    fn trouble_is_told_from_what_only_sounds_like_it() {
        let cases = [
            ("error[E0308]: mismatched types", true),
            ("TypeError: x is not a function", true),
            ("thread 'main' panicked at src/main.rs:3", true),
            ("bash: line 1: nope: command not found", true),
            ("ls: cannot access 'x': No such file or directory", true),
            ("Segmentation fault (core dumped)", true),
            ("E   assert 1 == 2", true),
            ("assertion `left == right` failed", true),
            ("test result: FAILED. 1 passed; 2 failed", true),
            ("0 errors, 3 warnings", false),
            ("no failures", false),
            ("test parse_error ... ok", false),
            ("PASS src/error.test.js", false),
            ("  ✓ throws an exception", false),
            ("terrors of the deep", false),
            ("the errata of fail2ban", false),
            ("err", false),
            ("naïve_error", false),
            ("naïveError", true),
        ];
        for (line, told) in cases {
            assert_eq!(is_told(line), told, "{line}");
        }
    }

    fn by_patterns(line: &str) -> bool {
        let wrong = Regex::new(
            r"(?ix-u) \b(error|errors|fatal|panicked|panic|exception|traceback|failed|failure|fail|undefined|unresolved
                |denied|segmentation\ fault|core\ dumped|assertion|not\ found|no\ such\ file|cannot\ find)\b
                | [a-z](Error|Exception)\b | (?-i:^E[\ \t])",
        );
        let well =
            Regex::new(r"(?i-u)\b(0|no) (errors?|failures?|failed)\b|\bok$|^(PASS|ok|[ \t]*✓)");
        line.len() > 3 && wrong.unwrap().is_match(line) && !well.unwrap().is_match(line)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn it_is_what_the_patterns_say(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "error", "Errors", "Error", "exception", "FAIL", "failed", "failures", "failure", "panic", "core", "dumped",
                "segmentation", "fault", "assertion", "not", "no", "No", "0", "such", "file", "found", "cannot", "find",
                "ok", "OK", "PASS", "E", "a", "é", "✓", "_", "1", "type", " ", " ", " ", "  ", "\t", ":", "-", "denied",
            ]), 0..12),
        ) {
            let line = pieces.concat();
            prop_assert_eq!(is_told(&line), by_patterns(&line), "{:?}", line);
        }
    }
}
