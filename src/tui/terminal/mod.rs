//! The terminal itself.

pub mod colour;
pub mod emitter;
pub mod glyph;
pub mod screen;
