//! The list of themes. It is drawn in the theme that is marked, so that what one looks at is what one gets.

use crate::agent::visible::one_line;
use crate::config::theme::ThemeChoice;
use crate::tui::app::keymap::Action;
use crate::tui::app::overlay::themes::{BY_TERMINAL, Offered, Row as Theme, Themes, kind};
use crate::tui::screen::hints::Hint::{self, Does};
use crate::tui::screen::hints::Named;
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::overlay::{Page, list, listed};
use crate::tui::screen::rows::{Row, wrapped};
use crate::tui::terminal::eye::Ground;

/// Cells of the column of names.
const NAMES: usize = 20;
/// With less room the keys are said in fewer words.
const WIDE: usize = 60;

pub fn page(overlay: &Themes, named: Named, room: usize, look: &Look) -> Page {
    let shown = overlay.shown();
    let rows: Vec<Row> = shown
        .iter()
        .enumerate()
        .map(|(index, theme)| {
            let marked = index == overlay.pick.at;
            row(overlay, *theme, (marked, room >= WIDE), look)
        })
        .collect();
    let empty = match overlay.offered {
        None => "reading the themes",
        Some(_) => "No theme has these words.",
    };
    let ground = match shown.get(overlay.pick.at) {
        Some(Theme::Theme(listed)) => listed.ground.as_ref().ok().copied().flatten(),
        _ => None,
    };
    let wide = room >= WIDE;
    let half = ground.map(|ground| match (ground, wide) {
        (Ground::Dark, true) => "keep it for dark terminals",
        (Ground::Light, true) => "keep it for light terminals",
        (Ground::Dark, false) => "if dark",
        (Ground::Light, false) => "if light",
    });
    let [keep, back] = if wide {
        ["keep it", "as before"]
    } else {
        ["keep", "back"]
    };
    let keys = [
        Some(Does(Action::Choose, keep)),
        half.map(|what| Does(Action::ThemesHalf, what)),
        Some(Does(Action::Close, back)),
    ];
    let keys: Vec<Hint> = keys.into_iter().flatten().collect();
    let keys = named.keys(&keys);
    let mut page = list("theme", &overlay.pick, rows, (empty, room), keys);
    if let Some(why) = &overlay.failed {
        page.foot = wrapped(&one_line(why), room, 0, Role::Warn);
    }
    page.foot.push(sample(room >= WIDE, look));
    page
}

fn row(overlay: &Themes, theme: Theme<'_>, (marked, wide): (bool, bool), look: &Look) -> Row {
    let row = listed(marked, look);
    let (row, chosen) = match (theme, &overlay.offered) {
        (Theme::ByTerminal, Some(offered)) => {
            let pair = overlay.by_terminal();
            let [dark, light] =
                [Ground::Dark, Ground::Light].map(|ground| pair.name(ground, offered.depth));
            let what = if dark == light {
                dark.to_owned()
            } else if wide {
                format!("{dark} when dark, {light} when light")
            } else {
                format!("{dark}, {light}")
            };
            let chosen = !matches!(offered.choice, ThemeChoice::One(_));
            let row = row.put(format!("{BY_TERMINAL:NAMES$} "), Role::Strong);
            (row.put(one_line(&what), Role::Muted), chosen)
        }
        (Theme::Theme(listed), offered) => {
            let own = if listed.own { ", yours" } else { "" };
            let role = if listed.ground.is_ok() {
                Role::Muted
            } else {
                Role::Warn
            };
            let what = match listed.ground {
                _ if wide => kind(listed),
                Ok(Some(ground)) => ground.name(),
                Ok(None) => "terminal's",
                Err(_) => "unreadable",
            };
            let row = row
                .put(format!("{:NAMES$} ", one_line(&listed.name)), Role::Strong)
                .put(format!("{what}{own}"), role);
            (
                row,
                offered
                    .as_ref()
                    .is_some_and(|offered| is_chosen(offered, &listed.name)),
            )
        }
        (Theme::ByTerminal, None) => (row, false),
    };
    if chosen && !wide {
        row.end(look.mark(Mark::Done), Role::Good)
    } else if chosen {
        row.end(format!("{} chosen", look.mark(Mark::Done)), Role::Good)
    } else {
        row
    }
}

fn is_chosen(offered: &Offered, name: &str) -> bool {
    matches!(&offered.choice, ThemeChoice::One(one) if one == name)
}

/// A few of the roles, so that a theme is seen where little else is on the screen.
fn sample(wide: bool, look: &Look) -> Row {
    let row = Row::of("text ", Role::Text).put("muted ", Role::Muted);
    let row = if wide {
        row.put("accent ", Role::Accent)
    } else {
        row
    };
    row.put(format!("{} done ", look.mark(Mark::Done)), Role::Good)
        .put(format!("{} asks ", look.mark(Mark::Ask)), Role::Warn)
        .put(format!("{} failed", look.mark(Mark::Failed)), Role::Bad)
}
