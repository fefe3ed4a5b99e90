//! A pane: which session it shows and where the eyes are in it. What is said in a session, and what is typed to it, belongs to
//! the session; where one reads belongs to the pane. So two panes may show two places of one session, and a text begun in one
//! of them is the same text in the other: there is one thing that can be sent, and it is never sent twice.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::protocol::id::SessionId;
use crate::tui::app::caret::Reading;
use crate::tui::app::drawn::SeenPane;
use crate::tui::app::view::{Anchor, Scroll};

/// Names a pane as long as it is there; never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PaneId(pub u32);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pane {
    pub id: PaneId,
    pub session: SessionId,
    pub scroll: Scroll,
    /// The window follows a search for a turn: it moves there when that has been read.
    pub seek: Option<u32>,
    /// The transcript had the keys when the focus left: it has them again when it comes back.
    pub reading: bool,
    /// Where one is in it, and what is selected.
    pub eyes: Reading,
    /// Rises from focus to focus: which pane was used last.
    pub used: u64,
    /// Rows of the transcript's window, for moves by pages.
    pub rows: u16,
    /// Cells of the composer, for moves by rows.
    pub composer_width: u16,
    /// The first row of the composer that is seen: it scrolls only as far as the cursor makes it.
    pub composer_top: usize,
    /// Where the eyes were in sessions it showed before; the foot is not kept.
    left: BTreeMap<SessionId, Scroll>,
}

impl Pane {
    pub fn new(id: PaneId, session: SessionId) -> Self {
        Self {
            id,
            session,
            scroll: Scroll::default(),
            seek: None,
            reading: false,
            eyes: Reading::default(),
            used: 0,
            rows: 0,
            composer_width: 0,
            composer_top: 0,
            left: BTreeMap::new(),
        }
    }

    /// Shows another session, at the place where it was left.
    pub fn show(&mut self, session: SessionId) {
        if session == self.session {
            return;
        }
        let scroll = self.left.remove(&session).unwrap_or_default();
        let before = std::mem::replace(&mut self.scroll, scroll);
        if before.anchor != Anchor::Foot {
            self.left.insert(self.session, before);
        }
        self.session = session;
        self.seek = None;
        self.reading = false;
        self.eyes = Reading::default();
    }

    /// Follows the newest line again.
    pub fn follow(&mut self) {
        self.scroll = Scroll::default();
    }

    /// Whether it reads older lines of this session, or will when it shows it again.
    pub fn reads_back(&self, session: SessionId) -> bool {
        if session == self.session {
            self.scroll.anchor != Anchor::Foot
        } else {
            self.left.contains_key(&session)
        }
    }

    /// Where the frame put things.
    pub fn drawn(&mut self, seen: &SeenPane) {
        self.scroll = Scroll {
            anchor: seen.anchor,
            by: 0,
        };
        self.eyes.drawn(seen.caret.as_ref(), seen.caret_at_end);
        self.rows = seen.rows;
        self.composer_width = seen.composer_width;
        self.composer_top = seen.composer_top;
    }

    pub fn forget(&mut self, session: SessionId) {
        self.left.remove(&session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::id::Seq;
    use uuid::Uuid;

    fn id(n: u128) -> SessionId {
        SessionId(Uuid::from_u128(n))
    }

    #[test]
    fn a_pane_finds_its_place_again_in_each_session() {
        let place = |line| Scroll {
            anchor: Anchor::At { seq: Seq(7), line },
            by: 0,
        };
        let mut pane = Pane::new(PaneId(1), id(1));
        pane.scroll = place(3);
        pane.show(id(2));
        assert_eq!(pane.scroll, Scroll::default());
        assert!(pane.reads_back(id(1)) && !pane.reads_back(id(2)));
        pane.scroll = place(5);
        pane.show(id(1));
        assert_eq!(pane.scroll, place(3));
        pane.follow();
        pane.show(id(2));
        assert_eq!(pane.scroll, place(5));
        assert!(!pane.reads_back(id(1)), "it followed when it was left");
    }
}
