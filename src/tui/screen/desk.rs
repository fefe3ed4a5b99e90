//! The workstation as drawn: top line, panes, status line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::app::{App, Seen};
use crate::tui::screen::kept::{Kept, Print};
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::pane::Drawn;
use crate::tui::screen::rows::Row;
use crate::tui::screen::site::Site;
use crate::tui::screen::spots::PaneSpots;
use crate::tui::screen::{Shown, blank, pane, status, top};

pub fn draw(app: &App, kept: &mut Kept, buffer: &mut Buffer, area: Rect, look: &Look) -> Shown {
    let line = |y| Rect {
        y,
        height: 1,
        ..area
    };
    let rooms = app.rooms();
    let same = kept.begin(app, area, &rooms);
    if !same {
        blank(buffer, area, look);
    }
    let mut shown = Shown::default();
    let foot = area.bottom() - 1;
    for y in [area.y, foot] {
        blank(buffer, line(y), look);
    }
    shown.spots.tabs = top::draw(app, buffer, line(area.y), look);
    status::draw(app, buffer, line(foot), look);
    if app.has_tab_line() {
        blank(buffer, line(foot - 1), look);
        shown.spots.tabs = top::others(app, buffer, line(foot - 1), look);
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
        if let Some(drawn) = own.same(&print) {
            take(&mut shown, &site, drawn, outer);
            if drawn.alone {
                passing(app, buffer, line(area.y), look);
            }
            continue;
        }
        if same {
            blank(buffer, outer, look);
        }
        let drawn = pane::draw(&site, &mut own.cache, buffer, outer);
        own.keep(print, &drawn);
        take(&mut shown, &site, &drawn, outer);
        // Only the full width of the screen can be moved.
        let moved = drawn.moved.filter(|_| outer.width == area.width);
        shown.moved.extend(moved);
        let alone = drawn.alone;
        shown.seen.panes.push(drawn.seen);
        if alone {
            passing(app, buffer, line(area.y), look);
        }
    }
    shown
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
            panes: std::mem::take(&mut shown.seen.panes),
        };
    }
}

/// What passes, where the key line that would say it is not there.
fn passing(app: &App, buffer: &mut Buffer, line: Rect, look: &Look) {
    if let Some(note) = &app.note {
        blank(buffer, line, look);
        Row::of(format!(" {}", note.text), Role::Accent).draw(
            buffer,
            line.left(),
            line.y,
            line.right(),
            look,
        );
    }
}
