//! The sandbox of commands: what one may reach is a plan of plain data, which a helper, Creel itself started again, turns into
//! walls around itself before it becomes the command. How much they hold is measured, never assumed.
//!
//! It decides nothing: who may run what is asked elsewhere, and here only what that then can do.

pub mod adopted;
mod bubblewrap;
pub mod canary;
pub mod child;
#[cfg(target_os = "linux")]
mod filter;
pub mod folder;
pub mod ground;
pub mod guard;
pub mod helper;
mod leaks;
pub mod places;
pub mod plan;
mod probe;
pub mod seatbelt;
mod walls;
mod wire;
