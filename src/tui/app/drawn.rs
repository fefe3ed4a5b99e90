//! What a frame showed decides what the next keys do.

use crate::protocol::id::SessionId;
use crate::protocol::query::Page;
use crate::tui::app::arming::Sight;
use crate::tui::app::caret::Caret;
use crate::tui::app::find::Fetch;
use crate::tui::app::message::Cmd;
use crate::tui::app::pane::PaneId;
use crate::tui::app::view::{Anchor, Stage};
use crate::tui::app::{App, Focus};

/// What a frame showed, told back because it decides something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The ask with the focus, or a card, was drawn with its last line.
    pub last_line: bool,
    /// The furthest an ask can be scrolled, and the rows of it that are seen whole at once; 0: nothing of it is seen.
    pub ask_scroll_max: usize,
    pub ask_page: usize,
    /// The first row of it that is seen.
    pub ask_scroll: usize,
    /// Of the page that lies over all; `None`: there is none that is scrolled.
    pub page: Option<SeenPage>,
    /// The panes that were drawn.
    pub panes: Vec<SeenPane>,
}

/// What a frame showed of a page that lies over all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenPage {
    /// The furthest it can be scrolled.
    pub most: usize,
    /// Rows of it that are seen at once.
    pub rows: usize,
}

impl SeenPage {
    /// Rows that a page key moves: one of those that were seen stays in sight.
    pub fn page(self) -> usize {
        self.rows.saturating_sub(1).max(1)
    }
}

/// What a frame showed of one pane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenPane {
    pub pane: PaneId,
    /// Where the transcript's window came to lie.
    pub anchor: Anchor,
    /// The top of what is loaded is on the screen.
    pub at_top: bool,
    /// Rows of the transcript's window.
    pub rows: u16,
    /// Cells of the composer.
    pub composer_width: u16,
    /// The first row of the composer that is seen.
    pub composer_top: usize,
    /// Where the caret came to lie, and whether that is the last row; `None`: it was not looked for.
    pub caret: Option<Caret>,
    pub caret_at_end: bool,
    /// The foot of what is loaded is on the screen.
    pub at_foot: bool,
}

impl App {
    /// Where the frame put things decides what the next keys do.
    pub fn drawn(&mut self, seen: Seen) -> Vec<Cmd> {
        let now = self.now.since;
        if let Some(ask) = self.asking_mut() {
            let before = (ask.arming, ask.scroll);
            let sight = match (seen.last_line, seen.ask_page) {
                (true, _) => Sight::Whole,
                (false, 0) => Sight::Nothing,
                (false, _) => Sight::Part,
            };
            ask.arming.drawn(sight, now);
            ask.scroll = ask.scroll.min(seen.ask_scroll_max);
            ask.page = seen.ask_page;
            if let Some(picking) = &mut ask.picking
                && std::mem::take(&mut picking.shows)
            {
                ask.scroll = seen.ask_scroll;
            }
            let changed = (ask.arming, ask.scroll) != before;
            self.changes.in_focus += u64::from(changed);
        } else if let Focus::Card(card) = &mut self.focus {
            let before = card.arming;
            let whole = if seen.last_line {
                Sight::Whole
            } else {
                Sight::Nothing
            };
            card.arming.drawn(whole, now);
            self.changes.in_focus += u64::from(card.arming != before);
        }
        match (&mut self.help, &mut self.overlay, seen.page) {
            (Some(help), _, Some(page)) => help.scrolled(page),
            (None, Some(overlay), Some(page)) => overlay.scrolled(page),
            _ => {}
        }
        let (mut at_top, mut at_foot) = (Vec::new(), Vec::new());
        for drawn in &seen.panes {
            let Some(pane) = self.panes.get_mut(drawn.pane) else {
                continue;
            };
            pane.drawn(drawn);
            let id = pane.session;
            let live = || {
                let view = self.views.iter().find(|view| view.id == id);
                view.is_some_and(|view| view.stage == Stage::Live)
            };
            if drawn.at_top && (drawn.anchor != Anchor::Foot || live()) {
                at_top.push(id);
            } else if drawn.at_foot {
                at_foot.push(id);
            }
        }
        self.seen = seen;
        let mut cmds: Vec<Cmd> = at_top
            .into_iter()
            .flat_map(|id| self.read_earlier(id))
            .collect();
        for id in at_foot {
            cmds.extend(self.read_later(id));
        }
        cmds.extend(self.replay());
        cmds
    }

    /// The page after a window that is cut at its foot, unless it is being read.
    fn read_later(&mut self, id: SessionId) -> Vec<Cmd> {
        let Some(at) = self.views.iter().position(|view| view.id == id) else {
            return Vec::new();
        };
        let view = &mut self.views[at];
        let last = view.transcript.last();
        let unreadable = view.unreadable.contains(&Page::After(last));
        if !view.transcript.cut || view.reading || unreadable {
            return Vec::new();
        }
        view.reading = true;
        vec![Fetch::Later.ask(id, last)]
    }
}
