//! The state as cells: where everything goes on the screen. Drawing reads the state and changes nothing but the cache of
//! what was laid out; what a frame showed is told back as [`Seen`].

pub mod ask_body;
pub mod ask_card;
mod ask_hunks;
mod ask_line;
mod ask_rule;
mod asked;
pub mod board;
pub mod body;
pub mod card_keys;
pub mod composer;
pub mod desk;
pub mod empty;
pub mod entry;
pub mod failure_card;
pub mod first_facts;
pub mod first_run;
mod first_ways;
pub mod going_on;
pub mod hints;
pub mod kept;
pub mod live;
pub mod look;
pub mod marks;
pub mod meter;
pub mod middle;
pub mod money;
pub mod offers;
pub mod overlay;
pub mod pane;
pub mod reading;
pub mod rooms;
pub mod rows;
pub mod site;
pub mod spots;
pub mod status;
pub mod strip;
pub mod title;
pub mod tool_card;
pub mod top;
pub mod tour;
pub mod transcript;
pub mod window;

use std::ops::Range;

use ratatui::layout::Rect;

use crate::tui::app::App;
use crate::tui::app::drawn::{Seen, SeenPage};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::wake::STRIP;
use crate::tui::screen::kept::Kept;
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::rows::{Row, wrapped};
use crate::tui::screen::spots::Spots;
use crate::tui::terminal::surface::Surface;
use crate::tui::widget::canvas::Canvas;

/// The smallest screen everything fits on.
pub const SMALLEST: (u16, u16) = (40, 12);

/// What a frame came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// Where the next character goes; hidden when nothing is typed.
    pub cursor: Option<(u16, u16)>,
    pub seen: Seen,
    pub spots: Spots,
    /// Rows whose content moved up by so many lines since the last frame.
    pub moved: Vec<(Range<u16>, i16)>,
}

/// Draws the state onto the surface that was drawn onto last, or a new one of another size. What did not change is left as
/// it is.
pub fn draw(app: &App, kept: &mut Kept, surface: &mut Surface, look: &Look) -> Shown {
    let area = surface.area();
    let small = area.width < SMALLEST.0 || area.height < SMALLEST.1;
    let strip = app
        .leader
        .filter(|pressed| app.now.since >= pressed.since + STRIP);
    // Pages, overlays and the strip lie over panes: nothing under them is left as it was.
    let covered = small
        || app.board.is_some()
        || app.first_run.is_some()
        || app.overlay.is_some()
        || app.help.is_some()
        || strip.is_some();
    if covered {
        kept.forget();
    }
    if small {
        let mut canvas = Canvas::on(area, look.style(Role::Text));
        let shown = too_small(app, &mut canvas, area, look);
        canvas.paint(surface);
        return shown;
    }
    if let Some(Overlay::Inbox(inbox)) = &app.overlay {
        let mut canvas = Canvas::on(area, look.style(Role::Text));
        let shown = overlay::inbox::draw(app, inbox, &mut canvas, area, look);
        canvas.paint(surface);
        return shown;
    }
    let mut shown = match (&app.board, &app.first_run) {
        (Some(board), _) => {
            let mut canvas = Canvas::on(area, look.style(Role::Text));
            let shown = board::draw(app, board, &mut canvas, area, look);
            canvas.paint(surface);
            shown
        }
        (None, Some(page)) => {
            let mut canvas = Canvas::on(area, look.style(Role::Text));
            let shown = first_run::draw(app, page, &mut canvas, area, look);
            canvas.paint(surface);
            shown
        }
        (None, None) => desk::draw(app, kept, surface, area, look),
    };
    let mut above = Canvas::over(area);
    if let Some(overlay) = &app.overlay {
        let drawn = overlay::draw(app, overlay, &mut above, area, look);
        lies_over(&mut shown, drawn.cursor, drawn.page);
    }
    if let Some(help) = &app.help {
        let drawn = overlay::draw(app, &Overlay::Help(help.clone()), &mut above, area, look);
        lies_over(&mut shown, drawn.cursor, drawn.page);
    }
    if let Some(pressed) = strip {
        strip::draw(app.keymap(), pressed, &mut above, area, look);
        shown.moved.clear();
    }
    above.paint(surface);
    if covered {
        kept.forget();
    }
    shown
}

/// What lies under an overlay or the help was not seen, and no click goes there.
fn lies_over(shown: &mut Shown, cursor: Option<(u16, u16)>, page: Option<SeenPage>) {
    shown.cursor = cursor;
    shown.moved.clear();
    shown.spots = Spots::default();
    shown.seen.page = page;
    shown.seen.last_line = false;
    shown.seen.ask_page = 0;
}

pub fn blank(canvas: &mut Canvas, area: Rect, look: &Look) {
    canvas.blank(area, look.style(Role::Text));
}

/// Says in the lower line of a frame how much of a list is not seen.
pub fn beyond(canvas: &mut Canvas, frame: Rect, above: usize, below: usize, look: &Look) {
    let said = match (above, below) {
        (0, 0) => return,
        (0, below) => format!(" {below} below "),
        (above, 0) => format!(" {above} above "),
        (above, below) => format!(" {above} above, {below} below "),
    };
    let end = frame.right().saturating_sub(2);
    let row = Row::of(said, Role::Muted);
    let start = end.saturating_sub(row.width() as u16).max(frame.left() + 1);
    row.draw(canvas, start, frame.bottom().saturating_sub(1), end, look);
}

fn too_small(app: &App, canvas: &mut Canvas, area: Rect, look: &Look) -> Shown {
    let (width, height) = SMALLEST;
    let waiting = app.waiting().len();
    let texts = [
        format!("needs {width}x{height}"),
        if waiting > 0 {
            format!("{waiting} waiting for you")
        } else {
            "nothing is lost".to_owned()
        },
    ];
    let room = usize::from(area.width);
    let rows: Vec<Row> = texts
        .iter()
        .flat_map(|text| wrapped(text, room, 0, Role::Muted))
        .collect();
    rows::draw(&rows, canvas, area, 0, look);
    Shown::default()
}
