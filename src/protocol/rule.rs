//! Modes and permission rules: how much may be done without asking.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::protocol::id::{CallId, SessionId};
use crate::protocol::time::Time;

/// How much may be done without asking. The tools sent to the model are the same in every mode, so a change of mode never
/// breaks the cached prefix.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Reads inside the roots run, and what a rule allows; everything else is denied and the model told.
    Plan,
    /// Reads inside the roots run; the rest asks.
    #[default]
    Ask,
    /// Also `edit` and `write` inside the roots, except protected paths.
    Edits,
    /// Also commands.
    Auto,
}

impl Mode {
    /// The order Shift+Tab goes through, from the tightest to the widest and round again.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Plan => Self::Ask,
            Self::Ask => Self::Edits,
            Self::Edits => Self::Auto,
            Self::Auto => Self::Plan,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Ask => "ask",
            Self::Edits => "edits",
            Self::Auto => "auto",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Plan, Self::Ask, Self::Edits, Self::Auto]
            .into_iter()
            .find(|mode| mode.name() == text)
            .ok_or_else(|| format!("`{text}` is no mode: expected ask, edits, plan or auto"))
    }
}

/// What a rule says of the calls it matches. Deny is looked at first, then ask, then allow; the first match wins and a
/// narrower rule does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    Deny,
    Ask,
    Allow,
}

/// Where a rule comes from, and so where and how long it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Given to one run on the command line, and gone with it.
    Run,
    /// Kept, for one session.
    Session,
    /// Kept, for all sessions in one checkout of a repository, or in one folder.
    Worktree,
    /// Kept, for all sessions of a repository, whatever worktree they stand in.
    Repository,
    /// Kept, for all sessions.
    Everywhere,
    /// Written in `config.toml`.
    Config,
    /// Brought by the folder, in a file of another agent; one that allows holds only while a person trusts it.
    Project,
}

impl Scope {
    /// Those a kept rule can have, the narrowest first.
    pub const KEPT: [Self; 4] = [
        Self::Session,
        Self::Worktree,
        Self::Repository,
        Self::Everywhere,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Session => "session",
            Self::Worktree => "worktree",
            Self::Repository => "repository",
            Self::Everywhere => "everywhere",
            Self::Config => "config",
            Self::Project => "project",
        }
    }
}

/// A kept answer to future asks: `Tool` or `Tool(specifier)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rule {
    pub effect: Effect,
    /// As the person wrote it: `Bash(git diff *)`, `Read(./src/**)`, `edit`.
    pub text: String,
    pub scope: Scope,
    /// Of one that was kept: what `creel rules` calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
}

impl Rule {
    pub fn new(effect: Effect, text: impl Into<String>, scope: Scope) -> Self {
        Self {
            effect,
            text: text.into(),
            scope,
            number: None,
        }
    }
}

/// What bounds a kept rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Bounds {
    Session {
        session: SessionId,
    },
    /// The top of a checkout, or a folder that is in none.
    Worktree {
        folder: PathBuf,
    },
    /// The repository's main folder.
    Repository {
        project: PathBuf,
    },
    Everywhere,
    /// What a repository or folder brings and a person trusted: it holds only while it is still brought.
    Project {
        project: PathBuf,
    },
}

/// Where a session stands, for the bounds of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stand<'a> {
    pub session: SessionId,
    pub cwd: &'a Path,
    pub project: &'a Path,
}

impl Bounds {
    pub fn scope(&self) -> Scope {
        match self {
            Self::Session { .. } => Scope::Session,
            Self::Worktree { .. } => Scope::Worktree,
            Self::Repository { .. } => Scope::Repository,
            Self::Everywhere => Scope::Everywhere,
            Self::Project { .. } => Scope::Project,
        }
    }

    /// Whether a kept rule holds there by this alone.
    pub fn hold(&self, stand: Stand<'_>) -> bool {
        match self {
            Self::Session { session } => *session == stand.session,
            Self::Worktree { folder } => stand.cwd.starts_with(folder),
            Self::Repository { project } => stand.project == project,
            Self::Everywhere => true,
            // What is brought is looked at beside this.
            Self::Project { .. } => false,
        }
    }
}

/// A rule that was kept in the home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRule {
    /// Never given twice in a home.
    pub number: u32,
    pub effect: Effect,
    pub text: String,
    pub bounds: Bounds,
    pub since: Time,
    /// From then on it holds no more.
    pub until: Option<Time>,
    /// The call it was kept at; none where it was typed.
    pub from: Option<(SessionId, CallId)>,
    /// Calls that ran by it, and when the last of them began.
    pub used: u64,
    pub last_used: Option<Time>,
}

/// A rule that allows and was not used for so long is offered for removal.
pub const UNUSED: Duration = Duration::from_hours(90 * 24);

impl KeptRule {
    pub fn rule(&self) -> Rule {
        Rule {
            effect: self.effect,
            text: self.text.clone(),
            scope: self.bounds.scope(),
            number: Some(self.number),
        }
    }

    pub fn holds_at(&self, now: Time) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// Whether it did nothing for [`UNUSED`], or is past its end. One that forbids is not used up by lying still.
    pub fn is_unused(&self, now: Time) -> bool {
        let last = self.last_used.unwrap_or(self.since);
        !self.holds_at(now) || (self.effect == Effect::Allow && now.since(last) >= UNUSED)
    }
}

/// A rule that a face wants kept; the engine fills in what bounds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRule {
    pub effect: Effect,
    pub text: String,
    /// One of [`Scope::KEPT`].
    pub scope: Scope,
    pub lasts: Lasting,
}

/// How long a rule is to hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lasting {
    #[default]
    Always,
    /// To the end of the local day.
    Today,
    /// So many times 24 hours.
    Days(u32),
}

impl Lasting {
    /// Those that are offered.
    pub const OFFERED: [Self; 4] = [Self::Always, Self::Today, Self::Days(7), Self::Days(30)];
}

impl fmt::Display for Lasting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => f.write_str("no end"),
            Self::Today => f.write_str("today"),
            Self::Days(1) => f.write_str("1 day"),
            Self::Days(days) => write!(f, "{days} days"),
        }
    }
}

/// Who decided on a call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum By {
    Person,
    /// All that were needed, in the order of the parts of the call.
    Rules {
        rules: Vec<Rule>,
    },
    Mode {
        mode: Mode,
    },
}

/// What a rule would have done, tried on calls of before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replay {
    /// Calls of its tool that were looked at, within its bounds.
    pub looked: u64,
    /// Of these the ones it is about, and among them the ones the person had denied.
    pub covers: u64,
    pub denied: u64,
    /// The newest of those it covers, one of each text; those that were denied first.
    pub samples: Vec<Sample>,
    /// Older calls than these were not looked at.
    pub cut: bool,
    /// Why this rule cannot be kept at the call it is for.
    pub refused: Option<String>,
}

/// A call of before that a rule covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    pub session: SessionId,
    pub at: Time,
    pub tool: String,
    /// What it was about, in one line.
    pub subject: String,
    pub denied: bool,
    /// How many such there were.
    pub count: u64,
}
