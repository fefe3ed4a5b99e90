//! The one integration binary.

mod architecture;
mod screen;
mod wire;
