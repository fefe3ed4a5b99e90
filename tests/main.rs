//! The one integration binary.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod architecture;
mod attempt;
mod board;
mod cache;
mod command;
mod composing;
mod crash;
mod drawings;
mod fault;
mod given_back;
mod hostile;
mod import;
mod inbox;
mod keys;
mod matrix;
mod notice;
mod pick;
mod picture;
mod plain;
mod remembered;
mod route;
mod sandbox;
mod scenario;
mod screen;
mod security;
mod support;
mod switch;
mod terminal;
mod theme;
mod twelve;
mod typing;
mod unlike;
mod wire;
mod worktree;
