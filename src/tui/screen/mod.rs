//! The state as cells: where everything goes on the screen. Drawing reads the state and changes nothing but the cache of
//! what was laid out; what a frame showed is told back as [`Seen`].

pub mod ask_body;
pub mod ask_card;
pub mod body;
pub mod composer;
pub mod empty;
pub mod entry;
pub mod failure_card;
pub mod first_run;
pub mod live;
pub mod look;
pub mod meter;
pub mod money;
pub mod overlay;
pub mod pane;
pub mod rows;
pub mod status;
pub mod tool_card;
pub mod top;
pub mod tour;
pub mod transcript;

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::app::pointer::Spot;
use crate::tui::app::{App, Seen};
use crate::tui::screen::look::{Look, Role};
use crate::tui::screen::rows::Row;
use crate::tui::screen::transcript::Cache;

/// The smallest screen everything fits on.
pub const SMALLEST: (u16, u16) = (40, 12);

/// Where what can be clicked was drawn; empty where it was not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spots {
    pub card: Rect,
    pub transcript: Rect,
    pub composer: Rect,
}

impl Spots {
    /// What lies in this cell.
    pub fn at(&self, x: u16, y: u16) -> Option<Spot> {
        [
            (self.card, Spot::Card),
            (self.transcript, Spot::Transcript),
            (self.composer, Spot::Composer),
        ]
        .into_iter()
        .find(|(area, _)| area.contains((x, y).into()))
        .map(|(_, spot)| spot)
    }
}

/// What a frame came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// Where the next character goes; hidden when nothing is typed.
    pub cursor: Option<(u16, u16)>,
    pub seen: Seen,
    pub spots: Spots,
    /// Rows whose content moved up by so many lines since the last frame.
    pub moved: Option<(Range<u16>, i16)>,
}

/// Draws the whole state; every cell of the buffer is written.
pub fn draw(app: &App, cache: &mut Cache, buffer: &mut Buffer, look: &Look) -> Shown {
    let area = buffer.area;
    blank(buffer, area, look);
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        return too_small(app, buffer, area, look);
    }
    let mut shown = match &app.first_run {
        Some(page) => first_run::draw(app, page, buffer, area, look),
        None => pane::draw(app, cache, buffer, area, look),
    };
    if let Some(overlay) = &app.overlay {
        shown.cursor = overlay::draw(app, overlay, buffer, area, look);
        shown.moved = None;
        shown.spots = Spots::default();
        // What lies under an overlay was not seen.
        shown.seen.last_line = false;
    }
    if app
        .leader
        .is_some_and(|since| app.now.since >= since + crate::tui::app::wake::STRIP)
    {
        status::strip(buffer, area, look);
        shown.moved = None;
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
    Shown {
        seen: Seen {
            anchor: app.view().scroll.anchor,
            ..Seen::default()
        },
        ..Shown::default()
    }
}
