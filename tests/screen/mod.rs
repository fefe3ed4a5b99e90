//! What is on the screen in each state, drawn into a buffer and kept as text: from a log that is folded and keys that are
//! pressed, as a person would come to it.

macro_rules! screen {
    ($name:expr, $desk:expr) => {
        insta::with_settings!({ snapshot_path => ".", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!($name, $desk.text());
        })
    };
}

mod any_size;
mod around;
mod asks;
mod board;
mod composing;
mod desk;
mod exact;
mod failures;
mod fifty;
mod first_page;
mod given;
mod imports;
mod inbox;
mod loaded;
mod memory;
mod models;
mod over;
mod palette;
mod panes;
mod questions;
mod reading;
mod rules;
mod streaming;
mod themes;
mod trust;
mod turn;
mod worktrees;
