//! The contract by the true program: how a run ends, what each command prints, what bad input gets, and processes side by side.

mod beside;
mod brought;
mod denied;
mod disk;
mod ending;
mod form;
mod left;
mod memory;
mod price;
mod providers;
mod recalled;
mod rules;
mod secrets;
mod trouble;
mod trust;
