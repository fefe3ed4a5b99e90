//! What was taken in of other programs' sessions.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::protocol::rule::{Effect, Scope};

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

    /// As people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Jsonl => "JSON lines",
            Self::Claude => "Claude Code",
            Self::Codex => "Codex",
            Self::Openclaw => "OpenClaw",
            Self::Pi => "pi",
            Self::Nanobot => "nanobot",
            Self::Hermes => "hermes",
        }
    }

    /// Its sessions lie in a database, and not in a file each.
    pub fn keeps_databases(self) -> bool {
        self == Self::Hermes
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|program| program.name() == name)
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
    /// It was told to stop before its end: how far it came is in the log, and the same import goes on there.
    #[serde(default)]
    pub stopped: bool,
    /// Files with sessions that somebody works in: what is new of them comes later.
    #[serde(default)]
    pub later: Vec<PathBuf>,
    /// Where it ended.
    #[serde(default)]
    pub reached: Reached,
}

/// A line that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    pub path: PathBuf,
    pub line: u64,
    pub text: String,
}

/// How far an import has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// Files that are done with, and all there are; of another home its sessions.
    pub files: u64,
    pub of_files: u64,
    /// Their bytes, and those of all.
    pub bytes: u64,
    pub of_bytes: u64,
}

impl Reached {
    /// How much of the bytes that is, as a person reads it.
    pub fn percent(&self) -> String {
        let percent = self.bytes.saturating_mul(100).checked_div(self.of_bytes);
        format!("{} %", percent.unwrap_or(0).min(100))
    }
}

/// An import under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    pub program: Program,
    pub path: PathBuf,
    pub reached: Reached,
    /// Bytes of these that were read now, and for how many milliseconds: the rest was so before.
    pub read: u64,
    pub millis: u64,
    /// New in the log.
    pub sessions: u64,
    pub items: u64,
}

impl Progress {
    /// Bytes that are read in a second; `None` before that can be told.
    pub fn rate(&self) -> Option<u64> {
        let millis = Some(self.millis).filter(|millis| *millis >= 500 && self.read > 0)?;
        Some(self.read.saturating_mul(1000) / millis)
    }
}

/// What is told of imports while nobody waits for their end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImportNews {
    Progress(Box<Progress>),
    Home(HomeProgress),
    /// The watch could not read a file.
    Fault(String),
}

/// An import of another home under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HomeProgress {
    /// Its sessions that are done with, and all it has.
    pub sessions: u64,
    pub of_sessions: u64,
    /// New in the log.
    pub taken: u64,
    pub items: u64,
}

/// Where a program keeps its sessions on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub program: Program,
    pub path: PathBuf,
    /// Files with sessions, which mostly are one each, and their bytes.
    pub files: u64,
    pub bytes: u64,
    /// Of those, what was taken in as it is now.
    pub taken_files: u64,
    pub taken_bytes: u64,
    /// Its sessions in the log.
    pub sessions: u64,
    /// What is new in it is taken in by itself.
    pub watched: bool,
}

/// What an import of another home came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HomeReport {
    pub report: Report,
    /// Lines of notes that are new here.
    pub notes: u64,
    /// Rules that hold there and not here: none of them holds here by this.
    pub rules: Vec<ProposedRule>,
}

/// A rule of another home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposedRule {
    pub effect: Effect,
    pub text: String,
    pub scope: Scope,
    /// What bounds it there.
    pub folder: Option<PathBuf>,
    /// For how many days it holds yet, where it has an end.
    pub days: Option<u32>,
}
