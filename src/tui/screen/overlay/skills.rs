//! The skills at hand.

use crate::agent::visible::one_line;
use crate::tui::app::keymap::Action;
use crate::tui::app::overlay::skills::Skills;
use crate::tui::screen::hints::Hint::Does;
use crate::tui::screen::hints::Named;
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::overlay::{Page, list, listed};
use crate::tui::screen::rows::{Row, wrapped};

/// With less room only the marked one is described, below the list.
const WIDE: usize = 60;
/// Rows of that.
const DESCRIBED: usize = 4;

pub fn page(overlay: &Skills, named: Named, room: usize, look: &Look) -> Page {
    let wide = room >= WIDE;
    let shown = overlay.shown();
    let rows: Vec<Row> = shown
        .iter()
        .enumerate()
        .map(|(index, (_, skill))| {
            let row = listed(index == overlay.pick.at, look)
                .put(format!("/{:<16} ", one_line(&skill.name)), Role::Strong);
            if wide {
                row.put(one_line(&skill.description), Role::Muted)
            } else {
                row
            }
        })
        .collect();
    let take = if wide {
        "put it into the composer"
    } else {
        "take it"
    };
    let keys = named.keys(&[Does(Action::Choose, take), Does(Action::Close, "close")]);
    let empty = ("No skill has these words.", room);
    let mut page = list("skills", &overlay.pick, rows, empty, keys);
    if let Some((_, skill)) = shown.get(overlay.pick.at).filter(|_| !wide) {
        page.foot = wrapped(&one_line(&skill.description), room, 0, Role::Muted);
        page.foot.truncate(DESCRIBED);
    }
    page
}
