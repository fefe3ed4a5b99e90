//! What was decided today, in the rows that the inbox has left.

use ratatui::layout::Rect;

use crate::agent::visible::one_line;
use crate::protocol::decided::Decided;
use crate::tui::app::App;
use crate::tui::app::decided::who;
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::rows::{self, Row, wrapped};
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::cells;
use crate::tui::widget::text::{self, age};

/// Fewer rows than these say nothing.
const LEAST: u16 = 4;

pub fn draw(app: &App, decided: &Decided, canvas: &mut Canvas, area: Rect, look: &Look) {
    if decided.is_empty() || area.height < LEAST {
        return;
    }
    let width = usize::from(area.width);
    let mut all = vec![Row::new(), Row::of(" decided today", Role::Muted)];
    let counts = [
        (decided.by_person, "by you"),
        (decided.by_rule, "by rule"),
        (decided.by_mode, "by mode"),
        (decided.denied, "denied"),
    ];
    let counts: Vec<String> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{} {words}", text::count(count)))
        .collect();
    let line = wrapped(&counts.join(", "), width.saturating_sub(2), 1, Role::Text);
    all.extend(line);
    for row in &decided.rows {
        let (mark, role) = if row.denied {
            (look.mark(Mark::Failed), Role::Bad)
        } else {
            (look.mark(Mark::Done), Role::Good)
        };
        let age = age(app.now.wall.since(row.at));
        let what = format!("{} {}", one_line(&row.tool), row.subject);
        let by = one_line(&who(&row.by));
        let room = width.saturating_sub(6 + cells::of(&age));
        all.push(
            Row::of(format!(" {mark} "), role)
                .put(text::fit(&what, room, look.glyphs).into_owned(), Role::Text)
                .end(format!(" {age} "), Role::Muted),
        );
        let by = text::fit(&by, width.saturating_sub(4), look.glyphs).into_owned();
        all.push(Row::of(format!("   {by}"), Role::Muted));
        if all.len() > usize::from(area.height) {
            break;
        }
    }
    // Never half of one.
    all.truncate(usize::from(area.height));
    rows::draw(&all, canvas, area, 0, look);
}
