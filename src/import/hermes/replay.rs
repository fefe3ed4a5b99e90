//! What is copied when a session is compressed: the first messages, a summary, the last messages, and then what is new.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Whether a message is new.
#[derive(Debug, PartialEq, Eq)]
pub enum Told {
    Now,
    Before,
}

/// Tells the copies from what is new: copies stand together, at the beginning of what goes on and around its summary.
#[derive(Debug, Default)]
pub struct Replay {
    /// The session and whether its messages were put away in place; another one begins with copies.
    part: Option<(String, bool)>,
    copies: bool,
    seen: HashSet<u64>,
}

impl Replay {
    pub fn hear(&mut self, part: (&str, bool), message: &[&str], summary: bool) -> Told {
        let (session, archived) = part;
        let same = self
            .part
            .as_ref()
            .is_some_and(|(last, put)| last == session && *put == archived);
        if !same {
            self.copies = self.part.is_some();
            self.part = Some((session.to_owned(), archived));
        }
        self.copies |= summary;
        let mut hasher = DefaultHasher::new();
        message.hash(&mut hasher);
        let known = !self.seen.insert(hasher.finish());
        if self.copies && known {
            return Told::Before;
        }
        self.copies &= summary;
        Told::Now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_told_from_what_is_said_again() {
        let mut replay = Replay::default();
        for (session, archived, text, expected) in [
            ("a", false, "hello", Told::Now),
            ("a", false, "go on", Told::Now),
            ("a", false, "go on", Told::Now),
            ("b", false, "hello", Told::Before),
            ("b", false, "summary", Told::Now),
            ("b", false, "go on", Told::Before),
            ("b", false, "new", Told::Now),
            ("b", false, "go on", Told::Now),
            ("c", true, "put away", Told::Now),
            ("c", false, "put away", Told::Before),
            ("c", false, "new again", Told::Now),
        ] {
            let told = replay.hear((session, archived), &["user", text], text == "summary");
            assert_eq!(told, expected, "{session} {text}");
        }
    }
}
