//! What holds for every shipped theme, in every number of colours.
#![allow(clippy::unwrap_used)]

use pretty_assertions::assert_eq;
use ratatui::style::{Color, Modifier, Style};

use crate::tui::terminal::colour::{Depth, tones_of};
use crate::tui::terminal::eye::{Tones, contrast};
use crate::tui::theme::Theme;
use crate::tui::theme::grounds::{CHANGES, behind, needed};
use crate::tui::theme::parse::{Draft, parse};
use crate::tui::theme::role::Role;
use crate::tui::theme::shipped;

/// A theme from its text.
pub fn read(text: &str) -> Theme {
    let inherit = |name: &str| shipped::draft(name).ok_or_else(|| format!("no theme `{name}`"));
    parse(text, Draft::default(), &inherit).unwrap().theme()
}

/// The roles that have not the contrast they need, each with what it has.
pub fn illegible(theme: &Theme) -> Vec<String> {
    let mut faults = Vec::new();
    for &role in Role::ALL {
        let fg = theme.style(role).fg.and_then(tones_of);
        for ground in behind(theme, role).into_iter().filter_map(tones_of) {
            let found = fg.map_or(0.0, |fg: Tones| contrast(fg, ground));
            if found < needed(role) {
                faults.push(format!("{} has {found:.2} on {ground:02x?}", role.name()));
            }
        }
    }
    faults
}

fn all() -> impl Iterator<Item = (&'static str, Theme)> {
    shipped::ALL
        .iter()
        .map(|shipped| (shipped.name, Theme::shipped(shipped.name).unwrap()))
}

#[test]
fn every_shipped_theme_says_every_role() {
    for shipped in shipped::ALL {
        let draft = shipped::draft(shipped.name).unwrap();
        assert_eq!(draft.silent().collect::<Vec<_>>(), [], "{}", shipped.name);
        assert_eq!(draft.theme().ground(), shipped.ground, "{}", shipped.name);
    }
    assert!(shipped::ALL.len() >= 12);
}

#[test]
fn text_is_legible_on_every_ground_it_stands_on() {
    for (name, theme) in all() {
        assert_eq!(illegible(&theme), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn it_stays_legible_with_fewer_colours() {
    for (name, theme) in all() {
        for depth in [Depth::Indexed, Depth::Sixteen] {
            let fitted = theme.fitted(depth);
            let faults = illegible(&fitted);
            assert_eq!(faults, Vec::<String>::new(), "{name} at {depth:?}");
            for &role in Role::ALL {
                let style = fitted.style(role);
                for color in [style.fg, style.bg].into_iter().flatten() {
                    let fits = match color {
                        Color::Rgb(..) => false,
                        Color::Indexed(index) => depth == Depth::Indexed || index < 16,
                        _ => true,
                    };
                    assert!(fits, "{name} at {depth:?}: {role:?} is {color:?}");
                }
            }
        }
    }
}

/// Roles that stand beside each other and mean different things.
const OPPOSITES: [(Role, Role); 8] = [
    (Role::Text, Role::Selection),
    (Role::DiffAdd, Role::DiffRemove),
    (Role::DiffAdd, Role::DiffAddWord),
    (Role::DiffRemove, Role::DiffRemoveWord),
    (Role::Ok, Role::Danger),
    (Role::Tab, Role::TabFocus),
    (Role::Text, Role::BadgeWaiting),
    (Role::RiskLow, Role::RiskHigh),
];

#[test]
fn what_differs_in_meaning_differs_with_fewer_colours() {
    for (name, theme) in all() {
        for depth in [Depth::True, Depth::Indexed, Depth::Sixteen] {
            let fitted = theme.fitted(depth);
            for (one, other) in OPPOSITES {
                let (one, other) = (fitted.style(one), fitted.style(other));
                assert_ne!(one, other, "{name} at {depth:?}");
            }
        }
    }
}

#[test]
fn changed_lines_are_seen_on_their_ground_or_by_their_text() {
    for (name, theme) in all() {
        for depth in [Depth::Indexed, Depth::Sixteen] {
            let fitted = theme.fitted(depth);
            let grounds: Vec<_> = CHANGES.map(|role| fitted.style(role).bg).into();
            let by_ground = grounds.iter().all(Option::is_some);
            let by_text = grounds.iter().all(Option::is_none);
            assert!(by_ground || by_text, "{name} at {depth:?}: {grounds:?}");
        }
    }
}

#[test]
fn a_colour_becomes_the_one_that_looks_like_it() {
    let text = |role: &str| {
        format!(
            "inherits = \"dusk\"\n[palette]\nground = \"#000000\"\nraised = \"#000000\"\n[roles]\nnotice = \"{role}\""
        )
    };
    let cases = [
        ("#ff0000", Depth::Indexed, Color::Indexed(196)),
        ("#8fcf8a", Depth::Indexed, Color::Indexed(114)),
        ("#ffffff", Depth::Sixteen, Color::Indexed(15)),
        ("#ff5555", Depth::Sixteen, Color::Indexed(9)),
        // Too dark to be read: another green, and no other hue.
        ("#006000", Depth::Sixteen, Color::Indexed(2)),
    ];
    for (role, depth, expected) in cases {
        let found = read(&text(role)).fitted(depth).style(Role::Notice).fg;
        assert_eq!(found, Some(expected), "{role} at {depth:?}");
    }
}

#[test]
fn the_terminals_own_theme_assumes_no_ground() {
    let theme = Theme::ansi();
    for &role in Role::ALL {
        let style = theme.style(role);
        let grounds = [Color::Black, Color::White, Color::Gray, Color::DarkGray];
        let fg = style.fg.unwrap_or(Color::Reset);
        assert!(!grounds.contains(&fg), "{role:?}");
        assert!(matches!(fg, Color::Reset) || !matches!(fg, Color::Rgb(..) | Color::Indexed(_)));
        assert_eq!(style.bg.unwrap_or(Color::Reset), Color::Reset, "{role:?}");
    }
    for depth in [Depth::True, Depth::Indexed, Depth::Sixteen] {
        assert_eq!(theme.fitted(depth), theme, "{depth:?}");
    }
}

#[test]
fn without_colours_the_weight_remains() {
    for (name, theme) in all() {
        let theme = theme.fitted(Depth::None);
        for &role in Role::ALL {
            let style = theme.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{name} {role:?}");
        }
        let telling = [
            (Role::Selection, Modifier::REVERSED),
            (Role::Muted, Modifier::DIM),
            (Role::Danger, Modifier::BOLD),
            (Role::DiffAddWord, Modifier::UNDERLINED),
            (Role::BorderFocus, Modifier::BOLD),
            (Role::TabFocus, Modifier::REVERSED),
            (Role::BadgeWaiting, Modifier::REVERSED),
            (Role::RiskHigh, Modifier::REVERSED),
        ];
        for (role, attribute) in telling {
            let style: Style = theme.style(role);
            assert!(style.add_modifier.contains(attribute), "{name} {role:?}");
        }
    }
}
