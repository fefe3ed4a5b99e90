//! The contract by the true program: how a run ends, what each command prints, what bad input gets, and processes side by side.

mod beside;
mod brought;
mod denied;
mod disk;
mod ending;
mod form;
pub mod keeping;
mod killed;
mod kin;
mod left;
pub mod memory;
mod odd_homes;
mod price;
mod providers;
mod recalled;
mod rules;
mod secrets;
mod tainted;
mod trouble;
mod trust;
