//! Memory: everything said and done, found by words. The index is a projection of the log and may be deleted at any time; what
//! it does not hold yet is searched beside it, by the same words and the same figures.
//!
//! It knows no log and no screen: documents go in, numbers of facts come out.

pub mod analysis;
pub mod ask;
mod directory;
pub mod document;
mod fold;
mod gather;
pub mod guard;
pub mod index;
pub mod limit;
mod name;
pub mod nearest;
mod packed;
mod pool;
mod rank;
mod schema;
pub mod search;
mod simplified;
pub mod snippet;
mod sound;
pub mod tail;
mod vocabulary;

#[cfg(test)]
mod tests;
