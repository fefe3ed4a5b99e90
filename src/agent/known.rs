//! What is found out of calls that had begun when Creel ended, and what the model is told of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::protocol::call::Outcome;
use crate::protocol::id::CallId;

/// What happened while they ran.
pub(crate) const ENDED: &str = "Creel ended";

/// What is known of calls that had begun, beside what the log says of them.
#[derive(Debug, Default)]
pub struct Known {
    /// Their process was still there and was ended.
    pub ended: BTreeSet<CallId>,
    /// They were to change a file, and so it is.
    pub changes: BTreeMap<CallId, Came>,
    /// They change nothing.
    pub looks: BTreeSet<CallId>,
}

/// What came of the change of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// It holds what it was to hold.
    Made,
    /// It holds what it held before.
    NotMade,
    /// It holds something else.
    Neither,
}

impl Came {
    /// The outcome of its call.
    pub(crate) fn outcome(self, happened: &str) -> Outcome {
        match self {
            Self::Made => Outcome::done(format!(
                "{happened} while this ran. The file holds what this was to make of it: the change was made, and not a second time."
            )),
            Self::NotMade => Outcome::failed(format!(
                "{happened} while this ran. The file is as it was before: nothing was changed, and it was not run again."
            )),
            Self::Neither => Outcome::lost(format!(
                "{happened} while this ran. The file is neither as it was before nor as this was to make it, so whether it took effect is not known. It was not run again. Read the file before you change it."
            )),
        }
    }

    /// For a person, after the name of its call.
    pub(crate) fn told(self) -> &'static str {
        match self {
            Self::Made => "ran: its change was made",
            Self::NotMade => "ran: nothing was changed",
            Self::Neither => "ran: its outcome is not known",
        }
    }
}

/// What the model reads before the result of a call that changes nothing and was done again.
pub fn done_again(mut outcome: Outcome) -> Outcome {
    outcome.text = format!(
        "({} while this ran. It changes nothing, so it was done again.)\n{}",
        ENDED, outcome.text
    );
    outcome
}

/// The outcome of a call that changes nothing and was not done again.
pub fn not_seen() -> Outcome {
    unseen(ENDED)
}

pub(crate) fn unseen(happened: &str) -> Outcome {
    Outcome::lost(format!(
        "{happened} while this ran. It changes nothing: make the call again where its result is still needed."
    ))
}
