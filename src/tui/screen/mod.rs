//! The state as cells: where everything goes on the screen. Drawing reads the state and changes nothing but the cache of
//! what was laid out; what a frame showed is told back as [`Seen`].

pub mod ask_body;
pub mod ask_card;
pub mod body;
pub mod composer;
pub mod desk;
pub mod empty;
pub mod entry;
pub mod failure_card;
pub mod first_run;
pub mod kept;
pub mod live;
pub mod look;
pub mod meter;
pub mod middle;
pub mod money;
pub mod overlay;
pub mod pane;
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

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::app::wake::STRIP;
use crate::tui::app::{App, Seen};
use crate::tui::screen::kept::Kept;
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::rows::Row;
use crate::tui::screen::spots::Spots;

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

/// Draws the state into the buffer that was drawn into last, or into a new one of another size. What did not change is left as
/// it is.
pub fn draw(app: &App, kept: &mut Kept, buffer: &mut Buffer, look: &Look) -> Shown {
    let area = buffer.area;
    let small = area.width < SMALLEST.0 || area.height < SMALLEST.1;
    let strip = app
        .leader
        .filter(|pressed| app.now.since >= pressed.since + STRIP);
    // Pages, overlays and the strip lie over panes: nothing under them is left as it was.
    let covered = small || app.first_run.is_some() || app.overlay.is_some() || strip.is_some();
    if covered {
        kept.forget();
    }
    if small {
        blank(buffer, area, look);
        return too_small(app, buffer, area, look);
    }
    let mut shown = match &app.first_run {
        Some(page) => {
            blank(buffer, area, look);
            first_run::draw(app, page, buffer, area, look)
        }
        None => desk::draw(app, kept, buffer, area, look),
    };
    if let Some(overlay) = &app.overlay {
        shown.cursor = overlay::draw(app, overlay, buffer, area, look);
        shown.moved.clear();
        shown.spots = Spots::default();
        // What lies under an overlay was not seen.
        shown.seen.last_line = false;
    }
    if let Some(pressed) = strip {
        strip::draw(pressed.leader, buffer, area, look);
        shown.moved.clear();
    }
    if covered {
        kept.forget();
    }
    shown
}

pub fn blank(buffer: &mut Buffer, area: Rect, look: &Look) {
    let style = look.style(Role::Text);
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.reset();
                cell.set_style(style);
            }
        }
    }
}

fn too_small(app: &App, buffer: &mut Buffer, area: Rect, look: &Look) -> Shown {
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
    for (text, y) in texts.into_iter().zip(area.top()..area.bottom()) {
        Row::of(text, Role::Muted).draw(buffer, area.left(), y, area.right(), look);
    }
    Shown::default()
}
