//! The workstation: a full-screen face. It speaks to the engine through the door and draws from state, never into it.

pub mod terminal;
pub mod theme;
pub mod widget;
