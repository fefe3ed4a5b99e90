//! Asks: everything that waits for the person, and the answers to them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::protocol::id::{AskId, CallId};
use crate::protocol::money::Money;
use crate::protocol::rule::NewRule;
use crate::protocol::sandbox::Level;

/// One thing that waits for the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    pub id: AskId,
    pub about: About,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(
    clippy::large_enum_variant,
    reason = "few asks wait at a time, and nearly all of them are approvals"
)]
pub enum About {
    /// A call wants to run.
    Approval(Approval),
    /// The next call could pass a budget.
    Budget {
        worst: Money,
        left: Money,
        limit: Money,
        which: BudgetName,
    },
    /// A guard stopped the turn before its next call.
    Guard { guard: Guard, text: String },
    /// A model without a price wants to be called for the first time in this session.
    Unpriced { model: String },
    /// The model asks the person something.
    Question(Question),
}

/// What a model wants to know, by its tool `question`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub call: CallId,
    pub text: String,
    /// Answers it offers, at most [`CHOICES_MOST`]; any other can be given in words.
    pub choices: Vec<String>,
}

/// As many answers as there are digits to choose one by.
pub const CHOICES_MOST: usize = 9;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetName {
    Day,
    Session,
    /// `--budget` of a run.
    Run,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// The same call too often among the last ones.
    Loop,
    /// Too many steps with nothing changed and nothing new.
    NoProgress,
    /// Too much money in too little time with nobody at the keys.
    Unattended,
    /// The run's own limit of steps.
    Steps,
    /// Too little is left on the disk that the log lies on.
    Room,
}

/// What a person must see before a call runs: what is shown here is what runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    pub call: CallId,
    pub tool: String,
    pub subject: Subject,
    /// The folder it runs in.
    pub cwd: PathBuf,
    pub risk: Risk,
    /// One line of facts behind the risk.
    pub risk_why: String,
    /// Why it is asked at all: the mode, or the rule that says so.
    pub reason: String,
    /// The rule that `s` would keep for this session; absent where it would cover more than what is shown.
    pub session_rule: Option<String>,
    /// The rules that it would keep beside that one: of a line of several commands, each has its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub session_rules_beside: Vec<String>,
    /// Of a command: the sandbox it runs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// It may use the network.
    #[serde(default, skip_serializing_if = "is_off")]
    pub network: bool,
    /// Rules that would cover it from now on, the narrowest first: what exactly it is, how it begins, what it is like. None
    /// where it is too risky or cannot be told in full.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// Why there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_rule: Option<String>,
    /// Of a command: what it is bound to beside what is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<Bound>,
}

impl Approval {
    /// What is open to the command that is shut to most of them: said to a person without their asking for more.
    pub fn open(&self) -> Option<&'static str> {
        match (self.level?, self.network) {
            (Level::None, _) | (Level::Restricted | Level::Contained, false) => None,
            (Level::Partial, false) => Some("files NOT protected"),
            (Level::Partial, true) => Some("files NOT protected, network on"),
            (Level::Restricted | Level::Contained, true) => Some("network on"),
        }
    }

    /// All rules that `s` would keep for this session.
    pub fn session_rules(&self) -> impl Iterator<Item = &str> {
        let all = self.session_rule.iter().chain(&self.session_rules_beside);
        all.map(String::as_str)
    }

    /// The rule that `s` would keep, where it gives more than to run what is shown.
    pub fn session_network(&self) -> Option<&str> {
        self.session_rule.as_deref().filter(|_| self.network)
    }

    /// What holds the command it is about, in a few words.
    pub fn held(&self) -> &'static str {
        match (self.level.unwrap_or_default(), self.network) {
            (Level::None, _) => "no sandbox: it runs with your rights",
            (Level::Partial, false) => {
                "sandbox partial: files are NOT protected; the network is off"
            }
            (Level::Partial, true) => "sandbox partial: files are NOT protected; the network is on",
            (Level::Restricted, false) => "sandbox restricted; the network is off",
            (Level::Restricted, true) => "sandbox restricted; the network is on",
            (Level::Contained, false) => "sandbox contained; the network is off",
            (Level::Contained, true) => "sandbox contained; the network is on",
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's skip_serializing_if passes a reference"
)]
fn is_off(network: &bool) -> bool {
    !network
}

/// What a command was when it was asked: the start of hashes, in hexadecimal. One that is another when it is answered, or when it
/// runs, was not approved.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// Of the line, byte for byte.
    pub line: String,
    /// Of the folder: its true path, device and inode.
    pub cwd: String,
    /// Of each program and script that the line names, in their order: its true path and what it is; empty where there is none.
    pub files: Vec<String>,
}

/// What exactly would happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Subject {
    /// The vector handed to the system, and the parts of its command line, each decided on its own.
    Command {
        argv: Vec<String>,
        parts: Vec<String>,
    },
    /// A file as it would be changed.
    Change {
        path: PathBuf,
        patch: String,
        added: u64,
        removed: u64,
        created: bool,
    },
    Read {
        path: PathBuf,
    },
    /// Anything else: the arguments as they are.
    Other {
        arguments: String,
    },
}

/// The command line a shell was given: the last word of `bash -c LINE`.
pub fn command_line(argv: &[String]) -> &str {
    argv.last().map_or("", String::as_str)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    Low,
    Medium,
    /// Needs two keys.
    High,
}

/// The person's answer to an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Verdict {
    Once,
    /// Yes, and the approval's `session_rule` from now on.
    Session,
    /// Yes, and this rule from now on.
    Kept {
        rule: NewRule,
    },
    No {
        reason: Option<String>,
    },
    /// Yes, with these of the hunks of the change that is shown, in their order.
    Hunks {
        kept: Vec<bool>,
    },
    /// Yes, with other arguments; the model is told what was changed. What the call was given and these do not name stays.
    Edited {
        arguments: String,
    },
}

/// An answer to any ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Answer {
    Verdict {
        verdict: Verdict,
    },
    /// Go on this once.
    Proceed,
    /// Raise the budget that stopped it by this much and go on.
    Raise {
        by: Money,
    },
    /// End the turn.
    End,
    /// To a question of the model; without a text it is left to the model.
    Said {
        text: Option<String>,
    },
}

impl Answer {
    /// The arguments that a call is run with in the place of its own.
    pub fn edited(&self) -> Option<&str> {
        match self {
            Self::Verdict {
                verdict: Verdict::Edited { arguments },
            } => Some(arguments),
            _ => None,
        }
    }
}
