//! What was taken in of other programs' sessions.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The programs whose sessions can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Program {
    /// The neutral form, for whatever has no reader of its own.
    Jsonl,
    Claude,
    Codex,
    Openclaw,
    Pi,
    Nanobot,
    Hermes,
}

impl Program {
    pub const ALL: [Self; 7] = [
        Self::Claude,
        Self::Codex,
        Self::Openclaw,
        Self::Pi,
        Self::Nanobot,
        Self::Hermes,
        Self::Jsonl,
    ];

    /// Its name on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Openclaw => "openclaw",
            Self::Pi => "pi",
            Self::Nanobot => "nanobot",
            Self::Hermes => "hermes",
        }
    }
}

/// What an import came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Sessions that are new in the log.
    pub sessions: u64,
    /// Items that are new in the log.
    pub items: u64,
    /// Lines that could not be read.
    pub skipped: u64,
    /// Items that were in the log.
    pub already: u64,
    /// The first of the lines that could not be read.
    pub problems: Vec<Trouble>,
}

/// A line that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    pub path: PathBuf,
    pub line: u64,
    pub text: String,
}
