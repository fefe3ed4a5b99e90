//! What a folder brings that would let something run: data, until a person trusted exactly that.

use std::collections::BTreeSet;

use crate::protocol::rule::Effect;

/// All of it, as it is now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    pub brought: Vec<Brought>,
    /// What else stands in those files and is not used, such as `hooks in .claude/settings.json`.
    pub unused: Vec<String>,
    /// Files that could not be read, and why.
    pub faults: Vec<String>,
}

impl Trust {
    /// How many wait to be trusted; one that two files bring is one.
    pub fn waiting(&self) -> usize {
        let waits = self
            .brought
            .iter()
            .filter(|brought| brought.standing == Standing::New);
        let texts: BTreeSet<&str> = waits.map(|brought| brought.text.as_str()).collect();
        texts.len()
    }
}

/// A rule that a file of the folder brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brought {
    /// As seen from the top of the folder.
    pub file: String,
    pub effect: Effect,
    pub text: String,
    pub standing: Standing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It only takes away, so it holds as it is.
    Narrows,
    /// Would let something run, and nobody trusted it: it does nothing.
    New,
    /// A person trusted it, under this number of a kept rule.
    Trusted(u32),
    /// Was trusted, and no file brings it any more: it does nothing.
    Gone(u32),
    /// Says nothing to Creel, and why.
    Unread(String),
}
