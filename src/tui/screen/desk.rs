//! The workstation as drawn: top line, panes, status line.

use ratatui::layout::Rect;

use crate::tui::app::App;
use crate::tui::app::drawn::Seen;
use crate::tui::screen::kept::{Kept, Print};
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::pane::Drawn;
use crate::tui::screen::rows::Row;
use crate::tui::screen::site::Site;
use crate::tui::screen::spots::PaneSpots;
use crate::tui::screen::{Shown, blank, pane, status, top};
use crate::tui::terminal::surface::Surface;
use crate::tui::widget::canvas::Canvas;

pub fn draw(app: &App, kept: &mut Kept, surface: &mut Surface, area: Rect, look: &Look) -> Shown {
    let ground = look.style(Role::Text);
    let rooms = app.rooms();
    if !kept.begin(app, area, &rooms) {
        Canvas::on(area, ground).paint(surface);
    }
    let mut shown = Shown::default();
    let (head, foot) = (line(area, area.y), line(area, area.bottom() - 1));
    kept.head.begin(head, Some(ground));
    shown.spots.tabs = top::draw(app, &mut kept.head, head, look);
    kept.foot.begin(foot, Some(ground));
    status::draw(app, &mut kept.foot, foot, look);
    kept.foot.paint(surface);
    if app.has_tab_line() {
        let tabs = line(area, foot.y - 1);
        kept.tabs.begin(tabs, Some(ground));
        shown.spots.tabs = top::others(app, &mut kept.tabs, tabs, look);
        kept.tabs.paint(surface);
    }
    let several = rooms.len() > 1;
    for (id, outer) in rooms {
        let Some(site) = app
            .panes
            .get(id)
            .and_then(|pane| Site::of(app, pane, several, look))
        else {
            continue;
        };
        let own = kept.of(id);
        let print = Print::of(&site, outer);
        let alone = if let Some(drawn) = own.same(&print) {
            take(&mut shown, &site, drawn, outer);
            drawn.alone
        } else {
            own.canvas.begin(outer, Some(ground));
            let drawn = pane::draw(&site, &mut own.cache, &mut own.canvas, outer);
            own.canvas.paint(surface);
            own.keep(print, &drawn);
            take(&mut shown, &site, &drawn, outer);
            // Only the full width of the screen can be moved.
            let moved = drawn.moved.filter(|_| outer.width == area.width);
            shown.moved.extend(moved);
            shown.seen.panes.push(drawn.seen);
            drawn.alone
        };
        if alone {
            passing(app, &mut kept.head, head, look);
        }
    }
    kept.head.paint(surface);
    shown
}

fn line(area: Rect, y: u16) -> Rect {
    Rect {
        y,
        height: 1,
        ..area
    }
}

/// What a pane showed, now or when it was drawn last.
fn take(shown: &mut Shown, site: &Site, drawn: &Drawn, outer: Rect) {
    shown.spots.panes.push(PaneSpots {
        pane: site.pane.id,
        outer,
        card: drawn.card,
        transcript: drawn.transcript,
        composer: drawn.composer,
    });
    if site.focus.is_some() {
        shown.cursor = drawn.cursor;
        shown.seen = Seen {
            last_line: drawn.last_line,
            ask_scroll_max: drawn.ask_scroll_max,
            ask_page: drawn.ask_page,
            ask_scroll: drawn.ask_scroll,
            page: None,
            panes: std::mem::take(&mut shown.seen.panes),
        };
    }
}

/// What passes, where the key line that would say it is not there.
fn passing(app: &App, canvas: &mut Canvas, line: Rect, look: &Look) {
    if let Some(note) = &app.note {
        blank(canvas, line, look);
        Row::of(format!(" {}", note.text), Role::Accent).draw(
            canvas,
            line.left(),
            line.y,
            line.right(),
            look,
        );
    }
}
