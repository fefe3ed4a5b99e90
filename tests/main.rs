//! The one integration binary.

mod architecture;
mod scenario;
mod screen;
mod wire;
