//! The words everybody shares: plain data, serialised in one form for log, headless output and any later wire.
//! Nothing here does IO, knows a clock or imports another room.
//!
//! A *session* is one conversation with one agent in one folder. A face sends [`op::Command`]s and asks [`query::Query`]s;
//! the engine answers with [`event::Signal`]s: an [`event::Event`] is a [`event::Fact`] that is on disk for good, a
//! [`event::Delta`] merely passes by. A *turn* runs from a prompt to the agent's last word; a *step* of it is one call to a
//! model with the tool [`call::ToolCall`]s it asked for; what a transcript shows are [`item::Item`]s.

pub mod ask;
pub mod board;
pub mod cache;
pub mod call;
pub mod decided;
pub mod effort;
pub mod event;
pub mod failure;
pub mod id;
pub mod image;
pub mod import;
pub mod item;
pub mod money;
pub mod offer;
pub mod op;
pub mod provider;
pub mod query;
pub mod reply;
pub mod route;
pub mod rule;
pub mod sandbox;
pub mod search;
pub mod session;
pub mod time;
pub mod told;
pub mod trust;
pub mod usage;
pub mod worktree;
