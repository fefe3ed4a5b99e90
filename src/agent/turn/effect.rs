//! What a turn asks the engine to do.

use std::time::Duration;

use crate::protocol::ask::BudgetName;
use crate::protocol::call::ToolCall;
use crate::protocol::event::{Delta, Fact};
use crate::protocol::failure::Failure;
use crate::protocol::id::ModelRef;
use crate::protocol::usage::Cause;

#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    Append(Fact),
    Emit(Delta),
    /// Reserve the worst case and ask the model; answered by `Held`, `Postponed`, `NoWay`, `Answered` or `Failed`.
    CallModel {
        step: u32,
        attempt: u32,
        cause: Cause,
        waived: Waived,
        /// Endpoints that refused this very request, and how.
        refused: Vec<(ModelRef, Failure)>,
        /// A wait is over: nothing else is waited for.
        waited: bool,
    },
    StopModel,
    /// Answered by `Judged`.
    Judge(ToolCall),
    /// Answered by `Ended`.
    Run(ToolCall),
    /// Running tools shall end now; those that do not are given up at `Deadline`.
    StopCalls,
    /// Answered by `Woke`.
    Sleep {
        failure: Failure,
        attempt: u32,
        attempts: u32,
        /// After that many it is tried on, for as long as it takes.
        endless: bool,
        wait: Duration,
    },
}

/// What the person said to go on over, for one step: a yes to one thing is no yes to another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waived {
    /// That these budgets could be passed.
    pub budgets: Vec<BudgetName>,
}
