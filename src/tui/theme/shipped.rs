//! The themes that come with the program: their texts, of which only the chosen one is read. Who made the palettes they are
//! written from stands in each file and in `themes/NOTICE.md`.

use crate::tui::terminal::eye::Ground;
use crate::tui::theme::parse::{Draft, parse};

/// A shipped theme.
#[derive(Clone, Copy, Debug)]
pub struct Shipped {
    pub name: &'static str,
    /// What it brings; `None` for the terminal's own.
    pub ground: Option<Ground>,
    text: &'static str,
}

macro_rules! shipped {
    ($($name:literal $ground:expr,)*) => {
        /// In the order they are offered.
        pub const ALL: &[Shipped] = &[$(Shipped {
            name: $name,
            ground: $ground,
            text: include_str!(concat!("../../../themes/", $name, ".toml")),
        },)*];
    };
}

const DARK: Option<Ground> = Some(Ground::Dark);
const LIGHT: Option<Ground> = Some(Ground::Light);

shipped! {
    "ansi" None,
    "dusk" DARK,
    "dawn" LIGHT,
    "catppuccin-mocha" DARK,
    "catppuccin-latte" LIGHT,
    "dracula" DARK,
    "everforest-dark" DARK,
    "everforest-light" LIGHT,
    "gruvbox-dark" DARK,
    "gruvbox-light" LIGHT,
    "kanagawa" DARK,
    "rose-pine" DARK,
    "rose-pine-dawn" LIGHT,
    "solarized-dark" DARK,
    "solarized-light" LIGHT,
}

/// The theme for a terminal of so many colours, where the person chose none.
pub const fn usual(ground: Ground) -> &'static str {
    match ground {
        Ground::Dark => "dusk",
        Ground::Light => "dawn",
    }
}

/// The shipped theme of this name, as a draft. One that cannot be read is found by a test.
pub fn draft(name: &str) -> Option<Draft> {
    let shipped = ALL.iter().find(|shipped| shipped.name == name)?;
    // Each inherits at most one that inherits nothing.
    let inherit = |name: &str| draft(name).ok_or_else(|| format!("no theme `{name}`"));
    parse(shipped.text, Draft::default(), &inherit).ok()
}
