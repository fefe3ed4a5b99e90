//! The turns of a session.

use crate::tui::app::keymap::Action;
use crate::tui::app::overlay::turns::Turns;
use crate::tui::screen::hints::Hint::{Does, Said};
use crate::tui::screen::hints::Named;
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::overlay::{Page, listed};
use crate::tui::screen::rows::{Row, wrapped};
use crate::tui::widget::text;

pub fn page(turns: &Turns, named: Named, room: usize, look: &Look) -> Page {
    let mut rows: Vec<Row> = turns
        .shown()
        .iter()
        .enumerate()
        .map(|(index, turn)| {
            listed(index == turns.pick.at, look)
                .put(format!("{:>4}  ", turn.number), Role::Muted)
                .put(turn.line.clone(), Role::Text)
        })
        .collect();
    if rows.is_empty() {
        let said = match &turns.failed {
            Some(why) => why,
            None if !turns.rows.is_empty() => "No turn has these words.",
            None if turns.whole => "It has no turn yet.",
            None => "reading the log",
        };
        rows = wrapped(said, room, 2, Role::Muted);
    }
    Page {
        title: format!("turns of {}", text::fit(&turns.title, 40, look.glyphs)),
        right: turns.session.short(),
        filter: Some(turns.pick.filter.clone()),
        at: turns.pick.at,
        foot: Vec::new(),
        keys: named.keys(&[
            Does(Action::Choose, "open at this turn"),
            Said("type", "to find"),
            Does(Action::Close, "back to the board"),
        ]),
        rows,
    }
}
