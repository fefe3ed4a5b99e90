//! Many files in one: a tar file, packed with gzip, that says first what it is and last the hash of each of its files. Any `tar`
//! opens it. Behind it stands a second member of gzip, which holds nothing and in its comment the hash of all before it: what is
//! packed can be changed in ways that unpack to the same. What is read of one is believed only when its end was seen.
//!
//! It knows no home: which files there are, and where they go, is for others to know.

mod end;
pub mod pack;
pub mod tar;
pub mod unpack;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

/// What the first file of an archive is called. Its first line is [`MAGIC`] and the number of the form.
pub const HEAD: &str = "creel-backup";

/// What the last file is called: a line for each of the others, in their order, as `sha256sum --check` reads it.
pub const SUMS: &str = "checksums";

const MAGIC: &str = "creel backup ";

/// Files that an archive holds at most, and bytes of the lines about them: all of these stand in memory when it is read.
pub const MOST_FILES: usize = 100_000;
const MOST_SUMS: usize = 32 << 20;

/// The form that is written, and the newest that is read.
pub const FORM: u32 = 1;

/// What an archive says of itself, each a word and what follows it on its line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head(pub BTreeMap<String, String>);

/// A file of an archive, as it was found in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// With `/` between its parts; a sound one, see [`is_sound`].
    pub name: String,
    pub bytes: u64,
    /// It can be run.
    pub runs: bool,
    /// SHA-256 in hexadecimal.
    pub hash: String,
}

/// Why an archive is not read.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("is no backup of Creel")]
    Foreign,
    #[error("was written by a newer Creel: update this one")]
    Newer,
    #[error("ends too early")]
    Short,
    #[error("is damaged: {0}")]
    Damaged(String),
    /// Whole, and not what Creel writes.
    #[error("holds what no backup of Creel holds: {0}")]
    Odd(String),
    #[error("cannot be read: {0}")]
    Unread(io::Error),
    /// Whoever took what was read failed.
    #[error("{0}")]
    Taker(io::Error),
}

impl Head {
    fn written(&self) -> String {
        let mut text = format!("{MAGIC}{FORM}\n");
        for (word, rest) in &self.0 {
            text.push_str(word);
            text.push(' ');
            text.push_str(&rest.replace(char::is_control, " "));
            text.push('\n');
        }
        text
    }

    fn read(text: &str) -> Result<Self, Fault> {
        let mut lines = text.lines();
        let form = lines.next().and_then(|line| line.strip_prefix(MAGIC));
        let form: u32 = form
            .and_then(|form| form.trim().parse().ok())
            .ok_or(Fault::Foreign)?;
        if form > FORM {
            return Err(Fault::Newer);
        }
        let words = lines.filter_map(|line| line.split_once(' '));
        let words = words.map(|(word, rest)| (word.to_owned(), rest.to_owned()));
        Ok(Self(words.collect()))
    }

    /// A number it gives.
    pub fn number(&self, word: &str) -> Option<u64> {
        self.0.get(word)?.parse().ok()
    }

    /// A text it gives.
    pub fn text(&self, word: &str) -> &str {
        self.0.get(word).map_or("", String::as_str)
    }
}

/// Whether a name leads to a place below wherever it is put, and nowhere else, on one line.
pub fn is_sound(name: &str) -> bool {
    let part = |part: &str| !matches!(part, "" | "." | "..");
    name.len() <= LONGEST && !name.contains(char::is_control) && name.split('/').all(part)
}

/// Bytes as digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // A String takes all that is written to it.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// Whether so many files, with so many bytes of lines about them, are no more than an archive holds.
fn holds(files: usize, sums: usize) -> bool {
    files <= MOST_FILES && sums <= MOST_SUMS
}

/// Bytes of a name at most: what systems take of a path.
const LONGEST: usize = 4_000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_head_says_what_it_was_told() {
        let words = [("log", "7"), ("made", "2026-11-28 by\nme")];
        let words = words.map(|(word, rest)| (word.to_owned(), rest.to_owned()));
        let head = Head(words.into());
        let text = head.written();
        assert_eq!(text, "creel backup 1\nlog 7\nmade 2026-11-28 by me\n");
        let read = Head::read(&text).unwrap();
        assert_eq!(
            (read.number("log"), read.text("made"), read.number("made")),
            (Some(7), "2026-11-28 by me", None)
        );
        let newer = Head::read("creel backup 2\n").unwrap_err().to_string();
        assert!(newer.contains("newer Creel"), "{newer}");
        for text in ["", "creel backup", "creel backup x\n", "backup 1\n"] {
            assert!(matches!(Head::read(text), Err(Fault::Foreign)), "{text}");
        }
    }

    #[test]
    fn a_name_leads_nowhere_else() {
        for sound in ["a", "config/skills/x y/SKILL.md", "..a/b..", "数/é"] {
            assert!(is_sound(sound), "{sound}");
        }
        for odd in [
            "", "/a", "a/", "a//b", "../a", "a/../b", "a/..", "./a", "a/./b", "a\nb", "a\0b",
        ] {
            assert!(!is_sound(odd), "{odd}");
        }
        assert!(!is_sound(&"a".repeat(LONGEST + 1)));
    }
}
