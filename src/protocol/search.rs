//! Memory as faces ask for it and are answered.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::protocol::id::{Seq, SessionId};
use crate::protocol::time::Time;

/// What a hit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// What was said.
    Turn,
    /// A call of a tool, or what it gave back.
    Call,
    /// A command line.
    Command,
    /// A change of a file.
    Diff,
    /// A line that was kept on purpose.
    Note,
    Skill,
    /// A title, or what was summed up.
    Summary,
}

impl Kind {
    pub const ALL: [Self; 7] = [
        Self::Turn,
        Self::Call,
        Self::Command,
        Self::Diff,
        Self::Note,
        Self::Skill,
        Self::Summary,
    ];

    /// Its name in filters and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Turn => "turn",
            Self::Call => "call",
            Self::Command => "command",
            Self::Diff => "diff",
            Self::Note => "note",
            Self::Skill => "skill",
            Self::Summary => "summary",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("`{name}` is no kind of hit: {names}")
        })
    }
}

/// Who speaks in an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    User,
    Assistant,
    Tool,
}

impl Role {
    /// What it is called where it has no name.
    pub fn who(self) -> &'static str {
        match self {
            Self::User => "you",
            Self::Assistant => "agent",
            Self::Tool => "tool",
        }
    }
}

/// A question to the memory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// As it was typed, with filters such as `kind:command` in it.
    pub text: String,
    /// The last word may be the beginning of a longer one.
    #[serde(default)]
    pub typing: bool,
    pub limit: u32,
    /// Filters beside those of the text.
    #[serde(default)]
    pub filters: Filters,
    /// The hits are counted by what they are told apart by.
    #[serde(default)]
    pub facets: bool,
}

/// What hits are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    Kind,
    Project,
    Source,
    Who,
}

impl By {
    pub const ALL: [Self; 4] = [Self::Kind, Self::Project, Self::Source, Self::Who];
}

/// How many of the hits there are of each name, the most first. Where the question keeps one of them, as if it did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facet {
    pub by: By,
    pub counts: Vec<(String, u32)>,
}

/// A word that nothing holds, and those that are written nearly so, with how many items hold each: the most first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nearest {
    pub word: String,
    pub words: Vec<(String, u64)>,
}

/// What hits are limited to; each empty one limits nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filters {
    pub kinds: Vec<Kind>,
    /// A part of the project's folder.
    pub project: Option<String>,
    /// Which program it comes from.
    pub source: Option<String>,
    /// A part of a session's id.
    pub session: Option<String>,
    pub who: Option<String>,
    /// The first moment meant.
    pub since: Option<Time>,
    /// The first moment not meant.
    pub until: Option<Time>,
}

impl Nearest {
    /// `no hit for `retyr`; nearest: retry (212)`.
    pub fn said(&self) -> String {
        let words = self
            .words
            .iter()
            .map(|(word, count)| format!("{word} ({count})"));
        let words = words.collect::<Vec<_>>().join(", ");
        format!("no hit for `{}`; nearest: {words}", self.word)
    }
}

/// An item that answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    pub session: SessionId,
    pub item: Seq,
    pub kind: Kind,
    pub who: String,
    pub role: Role,
    pub at: Time,
    pub project: String,
    pub source: String,
    pub score: f32,
    pub text: String,
    /// Of a command its line alone.
    pub command: Option<String>,
    /// A part of the text with the places that were found, in bytes of it.
    pub snippet: String,
    pub marks: Vec<(u32, u32)>,
    pub title: String,
    pub turn: u32,
    pub external_id: Option<String>,
    /// Nothing of the question stands in it: it was said beside what does, as answers stand behind questions.
    #[serde(default)]
    pub beside: bool,
    /// Of a note where it stands; its `item` is the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Box<NotePlace>>,
}

/// Where a note stands and where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotePlace {
    pub path: PathBuf,
    /// A part of the session's id, and the turn.
    pub from: Option<(String, u32)>,
}

/// An item as it stands around another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    pub item: Seq,
    pub kind: Kind,
    pub role: Role,
    pub who: String,
    pub text: String,
}

/// The items that answer, best first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Hits {
    pub hits: Vec<Hit>,
    /// Entries of the log that were not searched, because they are being put into the index.
    pub behind: u64,
    /// How long it took.
    #[serde(default)]
    pub micros: u64,
    /// Where they were wished for.
    #[serde(default)]
    pub facets: Vec<Facet>,
    /// Without a hit: the words of the question that nothing holds, whatever its filters are.
    #[serde(default)]
    pub nearest: Vec<Nearest>,
    /// The question with the nearest word in the place of each of those.
    #[serde(default)]
    pub instead: Option<String>,
    /// A filter that fits no session, in words.
    #[serde(default)]
    pub unfit: Option<String>,
}

/// What there is of the index.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexStatus {
    /// Items in it.
    pub indexed: u64,
    /// Items that are searched beside it until they are in it.
    pub waiting: u64,
    /// Entries of the log that neither holds yet.
    pub behind: u64,
    /// Bytes on the disk.
    pub bytes: u64,
    /// The last fact of the log that was looked at.
    pub up_to: Seq,
}
