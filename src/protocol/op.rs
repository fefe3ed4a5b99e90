//! What a face may have done.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::protocol::ask::Answer;
use crate::protocol::effort::Effort;
use crate::protocol::event::When;
use crate::protocol::id::{AskId, CommandId, MessageId, ModelRef, Seq, SessionId};
use crate::protocol::image::{Image, Source};
use crate::protocol::import::{HomeReport, Program, Report};
use crate::protocol::item::Block;
use crate::protocol::provider::{Reached, Tried};
use crate::protocol::rule::NewRule;
use crate::protocol::search::IndexStatus;
use crate::protocol::session::{Change, ForkRequest, OpenRequest, RunLimits};
use crate::protocol::worktree::{Done, Errand};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Command {
    pub id: CommandId,
    pub session: SessionId,
    pub op: Op,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Op {
    /// Opens a new session under an id the face chose (see `engine::door::Door::new_session`).
    Open {
        request: OpenRequest,
    },
    /// Opens a new session, under an id the face chose, with the conversation of another; that one stays as it is.
    Fork {
        request: ForkRequest,
    },
    /// Takes hold of a session of the log, so that it can be spoken to. Closes what a crash left open.
    Resume,
    /// Starts a turn; while one runs, steers or queues.
    Submit {
        blocks: Vec<Block>,
        when: When,
        /// Of the turn this starts; those of a message that steers or queues are not looked at.
        #[serde(default)]
        limits: RunLimits,
    },
    Withdraw {
        message: MessageId,
    },
    Answer {
        ask: AskId,
        answer: Answer,
    },
    /// Looks whether what an ask shows is still what would happen: where a file is another by now, it is asked anew.
    Recheck {
        ask: AskId,
    },
    /// Stops the turn: idle within 200 ms.
    Interrupt,
    /// The same, because the terminal is gone.
    HangUp,
    /// Goes on with a turn that failed or was interrupted: asks the model again with what is there.
    Continue,
    /// The same, as if nothing had come of an answer that was cut off: its words stay in the log and are not sent.
    Again,
    /// What a script plays is spoken faster until a turn begins.
    Hurry,
    /// A change of the model while a turn runs is made when it ends; one whose window is too small for the conversation is
    /// refused.
    Change {
        change: Change,
    },
    /// Runs the command of the config that makes a new worktree ready, as a call that asks; the model is not asked.
    SetUp,
    /// The person's own command: runs as the person, unasked, and is not sent to the model.
    Shell {
        command: String,
    },
    /// Lets go of the session; a running turn is stopped first.
    Close,
}

/// Where a person said that turns shall stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopper {
    /// `creel stop`.
    Command,
    /// The board of a workstation.
    Board,
}

impl Stopper {
    /// Who it was, as a turn that was stopped says it.
    pub fn told(self) -> &'static str {
        match self {
            Self::Command => "`creel stop`",
            Self::Board => "you, from the board",
        }
    }
}

/// What a face may have done beyond one open session. Unlike a [`Command`] it is answered when it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "manage", rename_all = "snake_case")]
pub enum Manage {
    /// Stops the turns that run in other processes and in this one: of one session, or of all.
    Stop {
        session: Option<SessionId>,
        by: Stopper,
    },
    /// Reads the config again for the providers it names now, and their keys anew.
    Reload,
    /// The same for what the config names beside what it did: an entry that did not change keeps its key as it was read.
    Extend,
    /// Keeps a picture in the log, as small as models want it, so that a prompt can refer to it. Until one does it may be
    /// taken out by a purge.
    Attach { source: Source },
    /// Asks a provider for its models, which costs nothing; `model` is the one a try would be of, where the person has one.
    Reach {
        provider: String,
        model: Option<ModelRef>,
    },
    /// Asks a model one short question, with this much reasoning, within the budgets. Broken off when nobody waits for the answer any more.
    Try {
        model: ModelRef,
        effort: Option<Effort>,
    },
    /// Asks again before the next call of a model whose price is not known.
    AskPrice { model: ModelRef },
    /// Keeps a rule for what a folder belongs to, or for everywhere.
    KeepRule { rule: NewRule, cwd: PathBuf },
    /// Takes rules away, by their numbers.
    RemoveRules { numbers: Vec<u32> },
    /// Trusts these rules that the folder brings.
    Accept { cwd: PathBuf, texts: Vec<String> },
    /// Takes sessions out of the log for good. One that is held by a process is not taken, and named in the failure.
    Purge { sessions: Vec<SessionId> },
    /// Something with a git worktree.
    Worktree { errand: Errand },
    /// Takes in the sessions of another program that are not in the log yet.
    Import { program: Program, path: PathBuf },
    /// Takes in what another home of Creel has and this one has not.
    ImportHome { path: PathBuf },
    /// Puts all that the log holds into the index; `anew`: into a new one.
    Index { anew: bool },
    /// Keeps what an item says as a note of its project, by the person's own wish.
    Pin { session: SessionId, item: Seq },
    /// Takes a note out of its file, by what it says.
    ForgetNote { path: PathBuf, text: String },
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "managed", rename_all = "snake_case")]
pub enum Managed {
    /// Turns that were told to stop.
    Stopped {
        turns: u32,
    },
    Purged {
        sessions: u32,
        events: u64,
        blobs: u64,
        /// Why the others are still there, where not all of them are gone.
        stopped: Option<String>,
        /// What is left of homes and logs of before, and may hold them still.
        #[serde(default)]
        copies: Vec<PathBuf>,
    },
    Reloaded,
    RuleKept {
        number: u32,
    },
    /// Rules of the folder are trusted, kept under these numbers.
    Accepted {
        numbers: Vec<u32>,
    },
    /// Those that were there.
    RulesRemoved {
        numbers: Vec<u32>,
    },
    Attached {
        image: Image,
    },
    /// What was to be attached is no picture, or not there.
    NoPicture {
        why: String,
    },
    Reached(Box<Reached>),
    Tried(Box<Tried>),
    Worktree(Done),
    /// `false`: nobody had said yes to it.
    PriceAsked {
        was_accepted: bool,
    },
    Imported(Report),
    HomeImported(Box<HomeReport>),
    /// The import did not come to its end; what it took in until then is there.
    NotImported {
        why: String,
    },
    Indexed(IndexStatus),
    /// A file of notes was changed: what stands there now, or is gone.
    Noted {
        path: PathBuf,
        text: String,
        kept: bool,
    },
    /// Nothing changed.
    Failed {
        why: String,
    },
}
