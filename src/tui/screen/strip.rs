//! The strip of keys that can follow the leader, over the foot of the screen: all of them where they can be read, else in
//! pages, those that are needed most on the first.

use ratatui::layout::Rect;

use crate::tui::app::Pressed;
use crate::tui::app::keymap::leader::Leader;
use crate::tui::app::keymap::live::Keymap;
use crate::tui::app::keymap::{Action, group};
use crate::tui::screen::blank;
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::rows::Row;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::cells;

/// Blanks before a column and behind it.
const AROUND: usize = 2;
/// Cells of a key with the blanks behind it.
const KEY: usize = 3;
/// What is needed most, where not all keys fit.
const FIRST: &[Action] = &[
    Action::NextAsk,
    Action::Inbox,
    Action::Sessions,
    Action::NewSession,
    Action::Tab(1),
    Action::Models,
    Action::Palette,
    Action::Help,
    Action::Read,
    Action::Quit,
    Action::CloseTab,
    Action::Files,
    Action::NewWorktree,
    Action::Cost,
    Action::StopAll,
    Action::Settings,
];

pub fn draw(keymap: &Keymap, pressed: Pressed, canvas: &mut Canvas, area: Rect, look: &Look) {
    let leader = pressed.leader;
    let keymap = &Keymap {
        leader,
        ..keymap.clone()
    };
    let mut all: Vec<(char, String, Action)> = keymap
        .rows
        .iter()
        .filter_map(|live| {
            let key = keymap.led(leader, live)?;
            Some((key, group::said(keymap, live)?, live.row.action))
        })
        .collect();
    // The status line stays in sight.
    let room = usize::from(area.height).saturating_sub(1).max(2);
    // Words that are cut name nothing: there are as many columns as hold all of them.
    let widest = all
        .iter()
        .map(|(_, what, _)| KEY + cells::of(what) + AROUND)
        .max();
    let columns = (usize::from(area.width) / widest.unwrap_or(1)).max(1);
    let paged = all.len() > columns * room;
    // A key that is not listed is not found: what does not fit is on the next page.
    let on_page = if paged {
        columns * (room - 1)
    } else {
        all.len()
    };
    if paged {
        let place = |action| FIRST.iter().position(|first| *first == action);
        all.sort_by_key(|(_, _, action)| place(*action).unwrap_or(FIRST.len()));
    }
    let count = all.len().div_ceil(on_page.max(1)).max(1);
    let page = pressed.page.rem_euclid(i32::try_from(count).unwrap_or(1));
    let page = usize::try_from(page).unwrap_or(0);
    let rows = on_page.min(all.len()).div_ceil(columns);
    let shown: Vec<_> = all.iter().skip(page * on_page).take(on_page).collect();
    let height = rows + usize::from(paged);
    let top = area.bottom().saturating_sub(height as u16 + 1);
    let place = Rect {
        y: top,
        height: height as u16,
        ..area
    };
    blank(canvas, place, look);
    let column = usize::from(area.width) / columns;
    for (index, (key, what, _)) in shown.into_iter().enumerate() {
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
    if paged {
        let said = format!(" more   {} of {count}   ", page + 1);
        // In the composer a second ^B is the key itself.
        let keys = match leader {
            Leader::CtrlB => "PgDn".to_owned(),
            Leader::CtrlX => format!("PgDn {}", leader.label()),
        };
        Row::of(keys, Role::Key)
            .put(said, Role::Muted)
            .put("Esc", Role::Key)
            .put(" ends it", Role::Muted)
            .draw(canvas, area.x + 1, place.bottom() - 1, area.right(), look);
    }
}
