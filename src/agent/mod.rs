//! The agent decides; it never acts. Pure functions over the words of `protocol`: no IO, no clock, no async, so that every
//! decision can be tried in microseconds and none can fail for a reason outside itself.

pub mod prompt;
pub mod session;
pub mod visible;
