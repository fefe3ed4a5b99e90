//! Modes and permission rules: how much may be done without asking.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

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

/// Where a rule comes from, and so how long it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Given to one run on the command line, and gone with it.
    Run,
    /// Kept by an answer, for this session.
    Session,
    /// Written in `config.toml`.
    Config,
}

/// A kept answer to future asks: `Tool` or `Tool(specifier)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rule {
    pub effect: Effect,
    /// As the person wrote it: `Bash(git diff *)`, `Read(./src/**)`, `edit`.
    pub text: String,
    pub scope: Scope,
}
