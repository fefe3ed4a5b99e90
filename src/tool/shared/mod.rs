//! What several tools need: arguments, paths, files, differences, and the economy of what the model reads.

pub mod arguments;
pub mod change;
pub mod diff;
pub mod difference;
pub mod economy;
pub mod environment;
pub mod files;
pub mod fuzzy;
pub mod hits;
mod ignores;
pub mod kept;
pub(crate) mod left;
pub mod listing;
pub mod output;
pub mod page;
pub mod paths;
pub mod pattern;
pub mod process;
pub mod refused;
pub mod replace;
pub mod schema;
mod start;
pub mod thread;
#[cfg(test)]
pub mod trial;
pub mod trouble;
