//! What is under way in a session: calls and requests that have no end yet.

use serde::{Deserialize, Serialize};

use crate::agent::{at, unknown};
use crate::protocol::call::{Outcome, Rewrite, ToolCall, Untrusted};
use crate::protocol::id::ModelRef;
use crate::protocol::money::Money;
use crate::protocol::sandbox::Birth;
use crate::protocol::time::Time;

/// What the model must know of a command that was taken over, and by which its result is known.
pub const TAKEN_OVER: &str = "\n(Creel ended while this ran, and took it over when it was back: what it put out before that is not here, and its exit status is not known. It was not run again. Verify before repeating it.)";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCall {
    pub turn: u32,
    pub step: u32,
    pub name: String,
    /// What it is about, in a few words.
    pub subject: String,
    /// The command it runs, where it is one ([`unknown::mark`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The arguments that the person gave it in the place of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited: Option<String>,
    /// `CallStarted` is in the log: it may have taken effect.
    pub started: bool,
    /// The number its whole output is kept under, once started.
    pub number: u32,
    /// Its process, where it is a command that waited to be let go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth: Option<Box<Birth>>,
    /// When it was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<Time>,
    /// The change of a file that it makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Box<Rewrite>>,
    /// It changes nothing, and was begun a second time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}

impl OpenCall {
    /// As it was asked for.
    pub fn of(turn: u32, step: u32, call: &ToolCall) -> Self {
        Self {
            turn,
            step,
            name: call.name.clone(),
            subject: at::subject(&call.name, &call.arguments, at::LONGEST),
            command: unknown::command(&call.name, &call.arguments),
            edited: None,
            started: false,
            number: 0,
            birth: None,
            began: None,
            change: None,
            again: false,
        }
    }

    /// The person gave it other arguments: from here on it is the call with those.
    pub fn edit(&mut self, arguments: &str) {
        self.subject = at::subject(&self.name, arguments, at::LONGEST);
        self.command = unknown::command(&self.name, arguments);
        self.edited = Some(arguments.to_owned());
    }

    /// What of what it may have read by now nobody trusted wrote.
    pub fn untrusted(&self) -> Option<&Untrusted> {
        self.birth.as_ref()?.untrusted.as_ref()
    }

    /// However it ended, what it may have read counts, and the model is told what it was.
    pub fn brought(&self, mut outcome: Outcome) -> Outcome {
        if outcome.untrusted.is_none() {
            outcome.untrusted = self.untrusted().cloned();
        }
        if let Some(edited) = &self.edited {
            outcome.text = told_edited(edited, &outcome.text);
        }
        outcome
    }
}

/// The result of a call that ran with other arguments than the model gave it.
pub fn told_edited(edited: &str, text: &str) -> String {
    format!("(the person changed the arguments to {edited})\n{text}")
}

/// A model call under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRequestOut {
    pub turn: u32,
    pub step: u32,
    pub attempt: u32,
    pub model: ModelRef,
    pub reserved: Option<Money>,
}

impl OpenRequestOut {
    /// A call beside the steps of a turn: these count from 1.
    pub fn is_aside(&self) -> bool {
        self.step == 0
    }
}
