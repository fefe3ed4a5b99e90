//! A session as it is opened, changed, and listed.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::protocol::effort::Effort;
use crate::protocol::id::{CallId, ModelRef, Seq, SessionId};
use crate::protocol::money::{Amounts, Money};
use crate::protocol::rule::{Bounds, Mode, Rule};
use crate::protocol::time::Time;
use crate::protocol::usage::Spending;
use crate::protocol::worktree::Worktree;

/// How a session begins. Everything the prompt's prefix depends on is in it, and is never renewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionSpec {
    /// The folder the agent works in, absolute.
    pub cwd: PathBuf,
    /// The git repository the folder lies in, else the folder.
    pub project: PathBuf,
    pub model: ModelRef,
    pub mode: Mode,
    /// The system text as of the start: instructions, date, folder, the project's AGENTS.md.
    pub system: String,
    /// How much the model shall reason; `None` leaves it to the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    /// The session this one was forked from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<SessionId>,
    /// The git worktree that was made for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worktree: Option<Worktree>,
    /// What of it this one began with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked: Option<Forked>,
    /// The program whose session this is, where it was imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl SessionSpec {
    /// Of another program, and nobody has gone on with it here: it has no system text that Creel could send.
    pub fn is_foreign(&self) -> bool {
        self.source.is_some() && self.system.is_empty()
    }

    /// Becomes what a [`Change::TakenUp`] says.
    pub fn take_up(&mut self, change: &Change) {
        if let Change::TakenUp {
            cwd,
            project,
            system,
        } = change
        {
            self.cwd.clone_from(cwd);
            self.project.clone_from(project);
            self.system.clone_from(system);
        }
    }
}

/// What a fork began with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forked {
    /// The last event of the other session that was taken.
    pub at: Seq,
    /// Tokens of the conversation, as its model had counted them.
    pub tokens: u64,
}

/// What a face says when it opens a session; the engine fills in the rest of [`SessionSpec`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRequest {
    /// The folder the agent works in, absolute.
    pub cwd: PathBuf,
    pub model: ModelRef,
    pub mode: Mode,
    /// How much the model shall reason; `None` leaves it to the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    /// The worktree that was made for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worktree: Option<Box<Worktree>>,
}

/// What a face says when it opens a session that begins with the conversation of another; folder and system text are those
/// of that one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForkRequest {
    pub from: SessionId,
    pub model: ModelRef,
    pub mode: Mode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    /// The turn whose prompt and all that followed are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u32>,
}

/// What bounds one run, from its prompt to its end; a session has none of these.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunLimits {
    /// The most calls to a model; the tool calls of the last answer are not run.
    pub max_steps: Option<u32>,
    pub budget: Option<Money>,
    /// A failed call ends the turn at once.
    pub no_retry: bool,
    /// Rules beside those of the config and the session (`--allow`, `--deny`).
    pub rules: Vec<Rule>,
}

/// What of a mode that was lent came to its end first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Used {
    Time,
    Sum,
}

impl Used {
    pub fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Sum => "sum",
        }
    }
}

/// A change of a session that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Change {
    Model {
        model: ModelRef,
    },
    Mode {
        mode: Mode,
    },
    /// A mode for a while: the one of before comes back by itself when the time is over by the wall, or the sum is spent.
    ModeLent {
        mode: Mode,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Time>,
        /// In dollars, as budgets count.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sum: Option<Money>,
    },
    /// What was lent is used up; this mode holds again.
    ModeReturned {
        mode: Mode,
        used: Used,
    },
    /// How much the model shall reason from the next request on; `None` leaves it to the model. It stands before the
    /// conversation in a request, so what a prompt cache holds of it may be lost.
    Effort {
        effort: Option<Effort>,
    },
    /// The model of the role `plan` answers from now on; `None`: the session's own again.
    PlanModel {
        model: Option<ModelRef>,
    },
    Title {
        title: String,
    },
    Archived {
        archived: bool,
    },
    /// Stands first in its group of the board.
    Pinned {
        pinned: bool,
    },
    /// A turn ended while the person looked elsewhere (`true`), or they have looked since.
    Unseen {
        unseen: bool,
    },
    /// Whether earlier sessions are recalled by themselves in this one.
    Recall {
        on: bool,
    },
    /// Goes out of the log when it is closed, or when Creel ends.
    Temporary {
        temporary: bool,
    },
    /// The session's own budget in dollars; `None` takes it away.
    Budget {
        limit: Option<Money>,
    },
    /// More for the budget of one local day, given by an answer. The day as `2026-11-23`.
    DayRaised {
        day: String,
        by: Money,
    },
    /// The person said that this model may be called though no price is known for it; holds in all sessions of the home.
    PriceAccepted {
        model: ModelRef,
    },
    /// A session of another program is gone on with here: in this folder, with this system text. A face names the folder alone,
    /// and the engine fills in the rest.
    TakenUp {
        cwd: PathBuf,
        #[serde(default)]
        project: PathBuf,
        #[serde(default)]
        system: String,
    },
    /// The person says that what was read up to that fact is fine, though nobody trusted wrote it.
    Vouched {
        until: Seq,
    },
    /// Kept in the home, where it holds for all sessions within its bounds. Without bounds: a face's wish, and what logs from
    /// before kept for their session.
    RuleKept {
        rule: Rule,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bounds: Option<Box<Bounds>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Time>,
        /// The call whose ask it answered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call: Option<CallId>,
    },
}

/// What a list says a session is doing; the command line's `state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// A turn runs.
    Working,
    /// An approval waits.
    Waiting,
    /// The last turn ended well, or there was none yet.
    Done,
    Failed,
    /// A budget or a guard stopped the turn.
    Paused,
    /// The last turn was stopped by the person, a signal or a crash.
    Interrupted,
    Archived,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Paused => "paused",
            Self::Interrupted => "interrupted",
            Self::Archived => "archived",
        }
    }
}

/// One row of the list of sessions, written in the transaction of the facts it sums up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Card {
    pub id: SessionId,
    /// The first line of the first prompt until the person gives another.
    pub title: String,
    pub state: State,
    pub model: ModelRef,
    pub cwd: PathBuf,
    pub project: PathBuf,
    pub created: Time,
    pub active: Time,
    pub turns: u32,
    /// Real money only, never the rehearsal's.
    pub cost: Amounts,
    /// Calls whose cost is not known.
    pub unpriced: u32,
    /// Calls that a subscription covers, and what they would have cost by list price.
    pub included: u32,
    pub list: Amounts,
    pub parent: Option<SessionId>,
    /// What it is at, in one line: what waits, what runs, how it stopped, else the last answer's first line.
    pub gist: String,
    pub pinned: bool,
    /// It goes out of the log when it is closed.
    pub temporary: bool,
    /// A turn ended while the person looked elsewhere, and they have not looked since.
    pub unseen: bool,
    /// Steps of all its turns.
    pub steps: u32,
    /// A part of `cost` is an estimate.
    pub estimated: bool,
    /// A part of `list` is an estimate.
    pub list_estimated: bool,
    /// The program it comes from: `creel`, or one whose sessions were imported.
    pub source: String,
}

/// Where sessions come from that were begun here.
pub const OURS: &str = "creel";

impl Card {
    /// What it cost, each kind for itself.
    pub fn spending(&self) -> Spending {
        Spending {
            cost: self.cost.clone(),
            estimated: self.estimated,
            unpriced: self.unpriced,
            included: self.included,
            list: self.list.clone(),
            list_estimated: self.list_estimated,
            ..Spending::default()
        }
    }
}
