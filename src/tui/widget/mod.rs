//! Drawing without meaning: text in, lines of cells out, pure and fast. A widget knows neither sessions nor keys; what it
//! draws is passed in, and how it looks is asked of [`paint::Paint`].
//!
//! Text that came from outside is laid out once per width into a [`sheet::Sheet`] and drawn from there, only the rows that
//! are on the screen. Text from outside is cleaned by the functions that take it, unless their comment says otherwise.

pub mod address;
pub mod beside;
pub mod canvas;
pub mod cells;
pub mod diff;
pub mod frame;
pub mod fuzzy;
pub mod gauge;
pub mod highlight;
pub mod intake;
pub mod list;
pub mod markdown;
pub mod paint;
pub mod plain;
pub mod scroll;
pub mod sheet;
pub mod stream;
pub mod text;
pub mod wrap;
