//! The engine acts: one task a session carries out what the agent decides, and keeps the log first. Faces reach it through the
//! [`door::Door`] alone.

pub mod clock;
pub mod door;
pub mod owner;
