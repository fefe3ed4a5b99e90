//! Sessions of other programs, read from their files and never changed. What a file holds becomes sessions of entries; what
//! becomes of them in the log is the engine's.

pub mod chat;
pub mod claude;
pub mod codex;
pub mod draft;
pub mod find;
pub mod hermes;
pub mod jsonl;
pub mod lines;
pub mod nanobot;
pub mod openclaw;
pub mod packed;
pub mod pi;
pub mod read;
pub mod sqlite;
pub mod tree;
pub mod value;

use std::path::PathBuf;

use crate::protocol::id::ModelRef;
use crate::protocol::money::Money;
use crate::protocol::time::Time;
use crate::protocol::usage::Usage;

/// Rises when the same file is read for more than it was: what was taken in by an earlier reading is then read again.
pub const READER: u32 = 1;

/// A session as another program left it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Session {
    /// With the program unique: what tells it from all others there.
    pub name: String,
    pub title: Option<String>,
    /// The folder or name of what it was about.
    pub project: Option<String>,
    /// The `name` of the session that this one is a part of: a sub-agent's, an abandoned branch, one that was forked.
    pub parent: Option<String>,
    /// In order.
    pub entries: Vec<Entry>,
}

/// One thing that was said or done.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub at: Time,
    /// Within the session unique, and the same whenever the file is read again, however it has grown: what is known by it is not
    /// taken in twice.
    pub id: String,
    pub what: What,
}

/// The id of an entry that its program has none for: its place in the session. It is never shown.
pub fn nameless(nth: usize) -> String {
    format!("#{nth}")
}

/// What was said or done.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// By a person; `who` where the program has a name for them.
    Prompt { text: String, who: Option<String> },
    /// By the model; `who` where the program has a name for it.
    Answer { text: String, who: Option<String> },
    /// Reasoning, as far as it can be read.
    Thought { text: String },
    /// A tool that the model called, its arguments as JSON.
    Call {
        id: String,
        name: String,
        arguments: String,
    },
    /// What came back; `call` is the `id` of its call.
    Result {
        call: String,
        /// The tool, where the program repeats it.
        name: Option<String>,
        text: String,
        failed: bool,
        exit: Option<i32>,
    },
    /// A command that the person ran themselves.
    Shell {
        command: String,
        output: String,
        exit: Option<i32>,
    },
    /// What a conversation was shortened to.
    Summary { text: String },
    /// Tokens of one answer.
    Spent(Box<Spent>),
}

/// What one answer of a model took.
#[derive(Debug, Clone, PartialEq)]
pub struct Spent {
    /// The same for the same answer wherever it is told of, in this file or another: it counts once, with the most that any of
    /// them says of each figure.
    pub key: String,
    pub model: ModelRef,
    pub usage: Usage,
    /// What the program knows it cost; `None` where it does not know, which is not nothing.
    pub cost: Option<Money>,
}

impl Spent {
    /// Takes in what another place says of the same answer: the most of each figure.
    pub fn raise(&mut self, other: &Self) {
        self.usage = self.usage.most(other.usage);
        let said = other.cost.filter(|cost| {
            let known = self.cost.is_some_and(|known| known.parts >= cost.parts);
            !known
        });
        self.cost = said.or(self.cost);
    }
}

/// A line that could not be read and was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub path: PathBuf,
    /// From 1.
    pub line: u64,
    pub text: String,
}
