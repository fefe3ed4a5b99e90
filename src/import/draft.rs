//! A session while it is put together: every entry gets an id of its own, made of what its program calls it.

use std::collections::HashSet;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::import::{Entry, Session, What, nameless};
use crate::protocol::time::Time;

/// A session that grows entry by entry.
#[derive(Debug, Default)]
pub struct Draft {
    pub session: Session,
    /// Of the entries; no two are the same.
    ids: HashSet<String>,
}

impl Draft {
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            session: Session {
                name: name.into(),
                ..Session::default()
            },
            ids: HashSet::new(),
        }
    }

    /// Adds an entry. One whose id there is already becomes known by its place as well: a file only grows at its end.
    pub fn put(&mut self, at: Time, id: impl Into<String>, what: What) {
        let mut id = id.into();
        while self.ids.contains(&id) {
            id.push_str(&nameless(self.session.entries.len()));
        }
        self.ids.insert(id.clone());
        self.session.entries.push(Entry { at, id, what });
    }
}

/// The ids of what one line says: the first is that of the line, the others count on.
#[derive(Debug)]
pub struct Ids {
    line: String,
    count: usize,
}

impl Ids {
    pub fn of(line: impl Into<String>) -> Self {
        Self {
            line: line.into(),
            count: 0,
        }
    }

    pub fn another(&mut self) -> String {
        self.count += 1;
        match self.count {
            1 => self.line.clone(),
            count => format!("{}.{}", self.line, count - 1),
        }
    }
}

/// 16 digits for what is said where its program has no name for it: the same wherever it stands.
pub fn hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let mut digits = String::with_capacity(16);
    for byte in hash.finalize().iter().take(8) {
        // A String takes all that is written to it.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_entries_have_one_id() {
        let mut draft = Draft::new("s");
        let mut ids = Ids::of("a");
        let text = || What::Thought {
            text: String::new(),
        };
        for id in [
            ids.another(),
            ids.another(),
            "a".into(),
            "a.1".into(),
            "a#2".into(),
        ] {
            draft.put(Time(0), id, text());
        }
        let ids: Vec<_> = draft
            .session
            .entries
            .iter()
            .map(|entry| entry.id.as_str())
            .collect();
        assert_eq!(ids, ["a", "a.1", "a#2", "a.1#3", "a#2#4"]);
    }
}
