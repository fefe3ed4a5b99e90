//! The strip of keys that can follow the leader, over the foot of the screen.

use ratatui::layout::Rect;

use crate::tui::app::keymap::group;
use crate::tui::app::keymap::leader::Leader;
use crate::tui::app::keymap::live::Keymap;
use crate::tui::screen::blank;
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::rows::Row;
use crate::tui::widget::canvas::Canvas;

/// Cells of a column: what most of the help lines need, where there is room for that.
const COLUMN: usize = 28;

pub fn draw(keymap: &Keymap, leader: Leader, canvas: &mut Canvas, area: Rect, look: &Look) {
    let keymap = &Keymap {
        leader,
        rows: keymap.rows.clone(),
    };
    let all: Vec<(char, String)> = keymap
        .rows
        .iter()
        .filter_map(|live| Some((keymap.led(leader, live)?, group::said(keymap, live)?)))
        .collect();
    // As many columns as it takes to list them all: a key that is not listed is not found.
    let room = usize::from(area.height) - 1;
    let columns = (usize::from(area.width) / COLUMN)
        .max(all.len().div_ceil(room))
        .max(1);
    let column = usize::from(area.width) / columns;
    let rows = all.len().div_ceil(columns).min(room);
    let top = area.bottom() - rows as u16 - 1;
    let place = Rect {
        y: top,
        height: rows as u16,
        ..area
    };
    blank(canvas, place, look);
    for (index, (key, what)) in all.iter().enumerate() {
        let (x, y) = (index / rows.max(1), index % rows.max(1));
        let left = area.x + 1 + (x * column) as u16;
        Row::of(format!("{key}  "), Role::Key)
            .put(what.as_str(), Role::Text)
            .draw(
                canvas,
                left,
                top + y as u16,
                (left + column as u16 - 1).min(area.right()),
                look,
            );
    }
}
