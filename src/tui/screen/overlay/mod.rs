//! Overlays over the pane: lists of sessions, models, skills and prompts, help, cost, the question before quitting.

mod cost;
mod decided;
mod files;
mod help;
mod imports;
pub mod inbox;
mod memory;
mod models;
mod notices;
mod palette;
mod prompts;
mod question;
mod rules;
mod settings;
mod skills;
mod stopped;
mod themes;
mod trust;
mod turns;
mod worktree;

use ratatui::layout::Rect;

use crate::tui::app::App;
use crate::tui::app::drawn::SeenPage;
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::pick::Pick;
use crate::tui::screen::hints::Named;
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::rows::{self, Row, wrapped};
use crate::tui::screen::{ask_line, beyond, blank};
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::frame::{Frame, Segment, Weight};

/// What an overlay is made of before it is drawn.
struct Page {
    title: String,
    right: String,
    /// The line that narrows the list.
    filter: Option<crate::tui::app::text::Text>,
    rows: Vec<Row>,
    /// The row to be kept in sight.
    at: usize,
    foot: Vec<Row>,
    keys: Vec<(String, String)>,
}

/// What an overlay showed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drawn {
    /// Where something is typed.
    pub cursor: Option<(u16, u16)>,
    /// Of a page that is scrolled; `None`: it is no such page.
    pub page: Option<SeenPage>,
}

/// Draws it and tells what is to be seen.
pub fn draw(app: &App, overlay: &Overlay, canvas: &mut Canvas, area: Rect, look: &Look) -> Drawn {
    let margin = match area.width {
        // The table of models needs all there is.
        0..112 if matches!(overlay, Overlay::Models(_)) => 0,
        100.. => 6,
        76.. => 3,
        _ => 0,
    };
    let width = area.width - 2 * margin;
    let room = usize::from(width.saturating_sub(4));
    let named = Named {
        keymap: app.keymap(),
        place: overlay.place(),
    };
    let page = match overlay {
        // It has the whole screen, and is drawn in the place of the rest.
        Overlay::Inbox(_) => return Drawn::default(),
        Overlay::NewWorktree(overlay) => worktree::new(app, overlay, named, room),
        Overlay::Files(overlay) => {
            let Some(page) = worktree::page(app, overlay, named, room) else {
                files::draw(app, overlay, canvas, area, look);
                return Drawn::default();
            };
            page
        }
        Overlay::Turns(turns) => turns::page(turns, named, room, look),
        Overlay::Models(overlay) => models::page(app, overlay, (room, area.height), look),
        Overlay::Help(overlay) => help::page(overlay, named, room, look),
        Overlay::Skills(overlay) => skills::page(overlay, named, room, look),
        Overlay::Stopped(overlay) => stopped::page(app, overlay, named, room, look),
        Overlay::Memory(overlay) => {
            return memory::draw(app, overlay, canvas, area, (named, look));
        }
        Overlay::Imports(overlay) => imports::page(app, overlay, named, room, look),
        Overlay::Prompts(overlay) => prompts::page(overlay, named, (room, area.height), look),
        Overlay::Stash(overlay) => prompts::stash(app, overlay, (room, area.height), look),
        Overlay::Rules(overlay) => rules::page(app, overlay, room, look),
        Overlay::Trust(overlay) => trust::page(overlay, named, room, look),
        Overlay::Themes(overlay) => themes::page(overlay, named, room, look),
        Overlay::Palette(overlay) => palette::page(overlay, named, room, look),
        Overlay::Settings(overlay) => settings::page(app, overlay, room, look),
        Overlay::Cost(overlay) => cost::page(app, overlay, named, room),
        Overlay::Notices(_) => notices::page(app, named, room),
        Overlay::Quit(overlay) => question::quit(overlay, named, room, look),
        Overlay::Discard(overlay) => question::discard(overlay, named, room, look),
        Overlay::Forget(overlay) => question::forget(overlay, named, room, look),
        Overlay::Auto(overlay) => question::auto(app, overlay, room, look),
    };
    let scroll = match overlay {
        Overlay::Help(overlay) => Some(overlay.pick.at),
        Overlay::Cost(overlay) => Some(overlay.scroll),
        Overlay::Notices(overlay) => Some(overlay.scroll),
        _ => None,
    };
    show(&page, scroll, margin, canvas, area, look)
}

/// `scroll`: the row that is seen first, in place of one that is kept in sight; the last ones fill the page at least.
fn show(
    page: &Page,
    scroll: Option<usize>,
    margin: u16,
    canvas: &mut Canvas,
    area: Rect,
    look: &Look,
) -> Drawn {
    let chrome = 3 + page.foot.len() as u16 + u16::from(page.filter.is_some());
    let wanted = page.rows.len() as u16 + chrome;
    let most = area.height - u16::from(area.height > 14) * 3;
    let height = wanted
        .clamp(chrome + 1, most.max(chrome + 1))
        .min(area.height);
    let outer = Rect {
        x: area.x + margin,
        y: area.y + (area.height - height).min(2),
        width: area.width - 2 * margin,
        height,
    };
    blank(canvas, outer, look);
    let right = [Segment::new(&page.right, look.style(Role::Muted))];
    let inner = Frame {
        weight: Weight::Heavy,
        glyphs: look.glyphs,
        left: &[Segment::new(&page.title, look.style(Role::Strong))],
        right: if page.right.is_empty() { &[] } else { &right },
        style: look.style(Role::Focus),
    }
    .draw(canvas, outer);
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    };
    let mut y = inner.y;
    let mut cursor = None;
    if let Some(filter) = &page.filter {
        cursor = Some(ask_line::draw_line(canvas, inner, y, "> ", filter, look));
        y += 1;
    }
    let foot = page.foot.len() as u16 + 1;
    let rows = Rect {
        y,
        height: inner.bottom().saturating_sub(y + foot),
        ..inner
    };
    let height = usize::from(rows.height);
    let most = page.rows.len().saturating_sub(height);
    let skip = match scroll {
        Some(from) => from.min(most),
        None => (page.at + 1).saturating_sub(height),
    };
    rows::draw(&page.rows, canvas, rows, skip, look);
    beyond(canvas, outer, skip, most.saturating_sub(skip), look);
    let below = Rect {
        y: rows.bottom(),
        height: inner.bottom().saturating_sub(rows.bottom()),
        ..inner
    };
    let mut under = page.foot.clone();
    under.push(rows::key_line(&page.keys, usize::from(inner.width)));
    rows::draw(&under, canvas, below, 0, look);
    Drawn {
        cursor,
        page: scroll.map(|_| SeenPage { most, rows: height }),
    }
}

/// At most so many rows; the last of them says that there are more.
fn cut(rows: &mut Vec<Row>, most: usize, room: usize, look: &Look) {
    let is_cut = rows.len() > most;
    rows.truncate(most);
    if let Some(last) = rows.last_mut().filter(|_| is_cut) {
        *last = last.leading_on(room, look);
    }
}

fn listed(marked: bool, look: &Look) -> Row {
    let mark = if marked { look.mark(Mark::Here) } else { " " };
    Row::of(format!("{mark} "), Role::Accent).mark(marked)
}

/// `empty`: what is said in place of rows, read whole in so many cells.
fn list(
    title: &str,
    pick: &Pick,
    mut rows: Vec<Row>,
    (empty, room): (&str, usize),
    keys: Vec<(String, String)>,
) -> Page {
    if rows.is_empty() {
        rows = wrapped(empty, room, 2, Role::Muted);
    }
    Page {
        title: title.to_owned(),
        right: String::new(),
        filter: Some(pick.filter.clone()),
        at: pick.at,
        foot: Vec::new(),
        keys,
        rows,
    }
}
