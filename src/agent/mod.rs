//! The agent decides; it never acts. Pure functions over the words of `protocol`: no IO, no clock, no async, so that every
//! decision can be tried in microseconds and none can fail for a reason outside itself.

pub mod at;
pub mod bound;
pub mod cache;
pub mod carrier;
pub mod check;
pub mod command_line;
pub mod cost;
pub mod decimal;
pub mod digest;
pub mod figure;
pub mod folder;
pub mod fork;
pub mod guard;
pub mod loan;
pub mod network;
pub mod offer;
pub mod permission;
pub mod picture;
pub mod prefix;
pub mod prompt;
pub mod recover;
pub mod redact;
pub mod retry;
pub mod risk;
pub mod route;
pub mod rule;
pub mod server_tool;
pub mod session;
pub mod size;
pub(crate) mod taint;
pub mod title;
pub mod turn;
pub mod unmarked;
pub mod visible;
pub mod words;
