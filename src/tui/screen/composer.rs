//! The composer as drawn: its rows with the cursor in sight, what is queued, and the list of commands over it.

use ratatui::layout::Rect;

use crate::protocol::event::When;
use crate::tui::app::App;
use crate::tui::app::command::preview;
use crate::tui::app::composer::drawn::Drawn;
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::live::Keymap;
use crate::tui::app::keymap::place::Place;
use crate::tui::app::price::Estimate;
use crate::tui::app::view::{Stage, View};
use crate::tui::screen::look::Role;
use crate::tui::screen::money;
use crate::tui::screen::rows::{Row, wrapped};
use crate::tui::screen::site::Site;
use crate::tui::widget::canvas::Canvas;

const PROMPT: u16 = 2;

/// The composer laid out for a width.
#[derive(Debug)]
pub struct Laid {
    drawn: Drawn,
    queued: Vec<Row>,
    /// Rows of text that are shown, and rows in all.
    rows: u16,
    pub height: u16,
    pub width: u16,
}

impl Laid {
    /// The first row that is seen: the one of before, moved only as far as keeps the cursor in sight.
    pub fn top(&self, site: &Site, area: Rect) -> usize {
        let seen = usize::from(self.rows.min(area.height)).max(1);
        let row = self.drawn.row;
        let last = self.drawn.lines.len().saturating_sub(seen);
        let top = site.pane.composer_top.min(last);
        top.clamp((row + 1).saturating_sub(seen), row)
    }
}

pub fn lay(view: &View, keymap: &Keymap, width: u16, height: u16) -> Laid {
    let text_width = width.saturating_sub(PROMPT + 1).max(8);
    let drawn = view.composer.drawn(usize::from(text_width));
    let queued: Vec<Row> = view
        .session
        .iter()
        .flat_map(|session| session.queued.iter())
        .filter(|queued| !view.taken_back.contains(&queued.id))
        .enumerate()
        .map(|(index, queued)| {
            let kind = match queued.when {
                // Nothing sends it by itself.
                _ if !view.running() => "waits",
                When::Step => "steers",
                When::Turn => "queued",
            };
            Row::of(format!("  {kind} {}: ", index + 1), Role::Muted)
                .put(format!("\"{}\"", preview(&queued.blocks)), Role::Text)
        })
        .collect();
    let mut queued = queued;
    if let Some(last) = queued.pop() {
        let key = keymap.key(Place::Composer, Action::TakeBack);
        queued.push(last.end(key.unwrap_or_default(), Role::Key));
    }
    let shown = queued.len().min(3);
    queued.drain(..queued.len() - shown);
    let most = (height / 3).max(1);
    let rows = u16::try_from(drawn.lines.len())
        .unwrap_or(u16::MAX)
        .clamp(1, most);
    // An empty place under a short text, where there is room: the composer does not jump with the second line.
    let floor = if height >= 24 { 2 } else { 1 };
    Laid {
        height: rows.max(floor.min(most)) + shown as u16,
        rows,
        drawn,
        queued,
        width: text_width,
    }
}

/// Draws it and gives the place of the cursor.
pub fn draw(site: &Site, laid: &Laid, canvas: &mut Canvas, area: Rect) -> Option<(u16, u16)> {
    let Site {
        app, view, look, ..
    } = *site;
    if area.height == 0 || area.width <= PROMPT + 1 {
        return None;
    }
    let focused = site.types();
    let role = if focused { Role::Accent } else { Role::Muted };
    canvas.write(area.x, area.y, area.right(), ">", look.style(role));
    let rows = laid.rows.min(area.height);
    let from = laid.top(site, area);
    let role = if focused { Role::Text } else { Role::Muted };
    let shown = laid.drawn.lines.iter().zip(&laid.drawn.selected).skip(from);
    for ((line, selected), y) in shown.zip(area.top()..area.top() + rows) {
        let marked = look.style(role).patch(look.style(Role::Marked));
        let parts = [
            (&line[..selected.start], look.style(role)),
            (&line[selected.clone()], marked),
            (&line[selected.end..], look.style(role)),
        ];
        let mut x = area.x + PROMPT;
        for (part, style) in parts {
            x = canvas.write(x, y, area.right(), part, style);
        }
    }
    let hidden = laid.drawn.lines.len().saturating_sub(usize::from(rows));
    if hidden > 0 {
        let said = if hidden == 1 { "row" } else { "rows" };
        Row::new()
            .end(format!(" {hidden} more {said}"), Role::Muted)
            .draw(canvas, area.x, area.top() + rows - 1, area.right(), look);
    }
    if view.composer.is_empty() {
        // What waits stands under it.
        let height = area.height.saturating_sub(laid.queued.len() as u16).max(1);
        if focused && let Some(hint) = hint(app, view, (area.width - PROMPT - 1, height)) {
            let from = area.x + PROMPT + 1;
            let rows = wrapped(&hint, usize::from(area.right() - from), 0, Role::Muted);
            for (row, y) in rows.iter().zip(area.top()..area.top() + height) {
                row.draw(canvas, from, y, area.right(), look);
            }
        }
    } else if let Some(cost) = cost(app, view) {
        let y = area.top() + rows.min(area.height - 1);
        if y < area.bottom() && laid.queued.is_empty() && y >= area.top() + rows {
            Row::new()
                .end(cost, Role::Muted)
                .draw(canvas, area.x, y, area.right(), look);
        }
    }
    let foot = area.bottom().saturating_sub(laid.queued.len() as u16);
    for (row, y) in laid.queued.iter().zip(foot..area.bottom()) {
        if y >= area.top() + rows {
            row.draw(canvas, area.x, y, area.right(), look);
        }
    }
    let y = area.y + (laid.drawn.row - from) as u16;
    let x = area.x + PROMPT + laid.drawn.column as u16;
    (y < area.bottom()).then_some((x.min(area.right().saturating_sub(1)), y))
}

/// `room`: columns and rows.
fn hint(app: &App, view: &View, room: (u16, u16)) -> Option<String> {
    let asking = app.waiting().iter().any(|(id, _)| *id == view.id);
    if let Some(held) = &view.read_only {
        let mut said = vec![format!("to read only: {}", held.why)];
        // Where there is no room for all of it, what leads on is worth most.
        said.extend(held.way.iter().map(|way| format!("to read only: {way}")));
        said.extend(held.way.clone());
        return fitting(&said, room);
    }
    let waits = app.newest_queued_in(view.id).is_some();
    if waits && !view.running() && view.stage == Stage::Live {
        let send = app.keymap().key(Place::Composer, Action::Send)?;
        let said = [
            format!(
                "nothing sends what waits below: {send} brings it back, to send or to delete it; after a prompt of yours it follows"
            ),
            format!("{send} brings back what waits; after a prompt it follows"),
            format!("{send} brings back what waits"),
        ];
        return fitting(&said, room);
    }
    match view.stage {
        Stage::Loading if view.session.is_none() => Some("reading its past".to_owned()),
        _ if asking => Some("something waits for you above".to_owned()),
        _ => None,
    }
}

/// The first that has room, else the first.
fn fitting(said: &[String], room: (u16, u16)) -> Option<String> {
    let fits = |said: &&String| {
        let rows = wrapped(said, usize::from(room.0), 0, Role::Muted);
        rows.len() <= usize::from(room.1)
    };
    said.iter().find(fits).or(said.first()).cloned()
}

/// What the first prompt will cost, said before it is sent; afterwards the meter tells.
fn cost(app: &App, view: &View) -> Option<String> {
    if view.stage != Stage::Fresh {
        return None;
    }
    Some(match app.next_prompt(view)? {
        estimate @ Estimate::About(_) => {
            format!("first prompt {} and the answer", money::estimate(estimate))
        }
        estimate => format!("first prompt: {}", money::estimate(estimate)),
    })
}
