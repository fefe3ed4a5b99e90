//! What is kept from frame to frame: what was laid out for each pane, and what each pane showed when it was drawn last. A pane
//! of which nothing changed is not drawn again; its cells are still in the canvas.

use std::collections::HashMap;

use ratatui::layout::Rect;

use crate::protocol::id::SessionId;
use crate::tui::app::App;
use crate::tui::app::pane::PaneId;
use crate::tui::app::view::Scroll;
use crate::tui::screen::pane::Drawn;
use crate::tui::screen::site::Site;
use crate::tui::screen::transcript::Cache;
use crate::tui::widget::canvas::Canvas;

#[derive(Debug, Default)]
pub struct Kept {
    /// The top line, the line of sessions and the status line.
    pub head: Canvas,
    pub tabs: Canvas,
    pub foot: Canvas,
    panes: HashMap<PaneId, PaneKept>,
    /// What the last frame was made of; `None`: nothing of it may be used.
    frame: Option<(Rect, Vec<(PaneId, Rect)>)>,
}

/// Of one pane.
#[derive(Debug, Default)]
pub struct PaneKept {
    pub cache: Cache,
    pub canvas: Canvas,
    drawn: Option<(Print, Drawn)>,
}

/// All that the drawing of a pane depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Print {
    area: Rect,
    session: SessionId,
    number: usize,
    changes: u64,
    scroll: Scroll,
    several: bool,
    /// What changes everywhere, and what changes only where the keys go.
    everywhere: u64,
    in_focus: Option<u64>,
    /// Time as far as it is shown.
    second: i64,
    minute: i64,
}

impl Print {
    pub fn of(site: &Site, area: Rect) -> Self {
        let Site {
            app, view, pane, ..
        } = *site;
        let counts = view.counts_seconds() || view.retrying().is_some();
        let number = app.views.iter().position(|other| other.id == view.id);
        Self {
            area,
            session: view.id,
            number: number.unwrap_or(0),
            changes: view.changes,
            scroll: pane.scroll,
            several: site.several,
            everywhere: app.changes.everywhere,
            in_focus: site.focus.map(|_| app.changes.in_focus),
            second: if counts { app.now.wall.0 / 1_000 } else { 0 },
            minute: app.now.wall.0 / 60_000,
        }
    }
}

impl Kept {
    /// The next frame is drawn whole: what the cells show is something else, or was not seen.
    pub fn forget(&mut self) {
        self.frame = None;
        for line in [&mut self.head, &mut self.tabs, &mut self.foot] {
            line.forget();
        }
        for pane in self.panes.values_mut() {
            pane.drawn = None;
            pane.canvas.forget();
        }
    }

    /// Begins a frame of panes; `true` when the cells still show the last one in the same places. What was laid out for panes
    /// that are gone is given back.
    pub fn begin(&mut self, app: &App, area: Rect, rooms: &[(PaneId, Rect)]) -> bool {
        let same = self
            .frame
            .as_ref()
            .is_some_and(|(last, places)| *last == area && places == rooms);
        if !same {
            self.forget();
            self.frame = Some((area, rooms.to_vec()));
            self.panes.retain(|id, _| app.panes.get(*id).is_some());
        }
        same
    }

    pub fn of(&mut self, pane: PaneId) -> &mut PaneKept {
        self.panes.entry(pane).or_default()
    }
}

impl PaneKept {
    /// What the pane showed, if nothing has changed since.
    pub fn same(&self, print: &Print) -> Option<&Drawn> {
        let (last, drawn) = self.drawn.as_ref()?;
        (last == print).then_some(drawn)
    }

    pub fn keep(&mut self, print: Print, drawn: &Drawn) {
        let scroll = Scroll {
            // Where the drawing has led to is where the pane will stand.
            anchor: drawn.seen.anchor,
            by: 0,
        };
        let mut kept = drawn.clone();
        kept.moved = None;
        self.drawn = Some((Print { scroll, ..print }, kept));
    }
}
