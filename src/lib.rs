//! The house, from the ground up. A room may import rooms on lower floors, never its own floor, never above;
//! `tests/architecture.rs` holds that.

#[cfg(not(unix))]
compile_error!("Creel needs a Unix: on Windows build and run it within WSL");

// floor 0: words, pure data
pub mod protocol;
// floor 1: decisions, pure
pub mod agent;
// floor 2: what the person wished for, and how files are reached
pub mod config;
pub mod disk;
// floor 3: devices, each knows one outside thing
pub mod archive;
pub mod import;
pub mod memory;
pub mod note;
pub mod picture;
pub mod project;
pub mod provider;
pub mod sandbox;
pub mod skill;
pub mod store;
// floor 4: hands, what the model may ask for
pub mod tool;
// floor 5: acts, keeps the log first
pub mod engine;
// floor 6: faces, speak only through the door
pub mod command;
pub mod tui;
