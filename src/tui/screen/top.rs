//! The top line: open sessions with their marks, what waits, the day's budget.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::protocol::money::Money;
use crate::protocol::session::State;
use crate::tui::app::App;
use crate::tui::app::view::View;
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::money;
use crate::tui::screen::rows::Row;
use crate::tui::widget::text;

pub fn draw(app: &App, buffer: &mut Buffer, area: Rect, look: &Look) {
    let wide = area.width >= 70;
    let mut row = Row::new();
    let waiting = app.waiting();
    if let Some((_, oldest)) = waiting.first() {
        let age = text::age(app.now.wall.since(oldest.since));
        let flag = look.mark(Mark::Ask);
        row = row.end(
            if wide {
                format!("{flag}{} waiting, oldest {age}   ", waiting.len())
            } else {
                format!("{flag}{}  ", waiting.len())
            },
            Role::Warn,
        );
        row = row.end("Alt+a", Role::Key).end("   ", Role::Text);
    }
    if app.read_only {
        row = row.end("read-only log   ", Role::Warn);
    }
    if wide {
        row = row.end(today(app), Role::Muted);
        row = row.end("   ", Role::Text);
        if area.width >= 90 {
            row = row.end("^X", Role::Key).end(" keys   ", Role::Muted);
        }
    }
    row = row.end("?", Role::Key).end(" help ", Role::Muted);
    // The names share what is left, and every mark stays in sight.
    let room = usize::from(area.width).saturating_sub(row.width() + 2);
    let name = (room / app.views.len()).saturating_sub(8).clamp(3, 24);
    row = row.put(" ", Role::Text);
    for (index, view) in app.views.iter().enumerate() {
        let current = index == app.at;
        let role = if current { Role::Strong } else { Role::Muted };
        let title = view.title();
        let title = text::fit(&title, name, look.glyphs);
        row = row.put(format!("{} {title}", index + 1), role);
        if let Some((mark, mark_role)) = mark(app, view, look) {
            row = row.put(format!(" {mark}"), mark_role);
        }
        row = row.put("   ", Role::Text);
    }
    row.draw(buffer, area.left(), area.y, area.right(), look);
}

/// What was spent of today's budget.
pub fn today(app: &App) -> String {
    let used = Money::usd(app.today.map_or(0, |today| today.used));
    let limit = app
        .today
        .map_or(app.setup.day_limit, |today| today.limit.map(Money::usd));
    match limit {
        Some(limit) => format!("today {used} of {}", money::round(limit)),
        None => format!("today {used}"),
    }
}

/// A session's mark in the top line; colour never carries it alone.
fn mark(app: &App, view: &View, look: &Look) -> Option<(String, Role)> {
    let asks = app
        .waiting()
        .iter()
        .filter(|(id, _)| *id == view.id)
        .count();
    if asks > 0 {
        let mark = if view.state() == State::Paused {
            look.mark(Mark::Budget)
        } else {
            look.mark(Mark::Ask)
        };
        return Some((format!("{mark}{asks}"), Role::Warn));
    }
    match view.state() {
        State::Working | State::Waiting => {
            Some((look.mark(Mark::Working).to_owned(), Role::Accent))
        }
        State::Failed => Some((look.mark(Mark::Failed).to_owned(), Role::Bad)),
        _ if view.unseen => Some((look.mark(Mark::Done).to_owned(), Role::Good)),
        _ => None,
    }
}
