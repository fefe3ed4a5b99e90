//! What a turn asks the engine to do.

use std::time::Duration;

use crate::protocol::call::ToolCall;
use crate::protocol::event::{Delta, Fact};
use crate::protocol::failure::Failure;
use crate::protocol::usage::Cause;

#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    Append(Fact),
    Emit(Delta),
    /// Reserve the worst case and ask the model; answered by `Held`, `Answered` or `Failed`. With `once` no budget or guard
    /// is looked at: the person said to go on.
    CallModel {
        step: u32,
        attempt: u32,
        cause: Cause,
        once: bool,
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
        wait: Duration,
    },
}
