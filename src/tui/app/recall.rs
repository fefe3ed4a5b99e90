//! The memory as it is searched over the screen: a question with every letter, and what was said around the marked hit.

use crate::protocol::id::Seq;
use crate::protocol::query::Query;
use crate::protocol::search::{Hits, Search};
use crate::tui::app::App;
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::memory::LIMIT;

/// Items before and after a hit that are read for it.
const AROUND: u32 = 4;

impl App {
    /// Opens it with what was last said everywhere.
    pub fn search_memory(&mut self) -> Vec<Cmd> {
        self.show(Overlay::Memory(Box::default()));
        self.recall()
    }

    /// Asks for what is typed now.
    pub fn recall(&mut self) -> Vec<Cmd> {
        let Some(Overlay::Memory(overlay)) = &mut self.overlay else {
            return Vec::new();
        };
        overlay.asked += 1;
        let search = Search {
            text: overlay.pick.filter.as_str().to_owned(),
            typing: true,
            limit: LIMIT,
            ..Search::default()
        };
        vec![Cmd::Ask(Tag::Memory(overlay.asked), Query::Search(search))]
    }

    /// An answer. While the index is behind, the rest is asked for again.
    pub fn recalled(&mut self, asked: u64, hits: Hits) -> Vec<Cmd> {
        let Some(Overlay::Memory(overlay)) = &mut self.overlay else {
            return Vec::new();
        };
        if overlay.found(asked, hits) {
            self.look_around()
        } else {
            Vec::new()
        }
    }

    /// Asks what was said around the marked hit, unless that is known.
    pub fn look_around(&mut self) -> Vec<Cmd> {
        let Some(Overlay::Memory(overlay)) = &self.overlay else {
            return Vec::new();
        };
        let Some((session, item)) = overlay.unseen() else {
            return Vec::new();
        };
        let items = AROUND;
        vec![Cmd::Ask(
            Tag::Around(Seq(item.0)),
            Query::Around {
                session,
                item,
                items,
            },
        )]
    }
}
