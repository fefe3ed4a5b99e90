//! The memory as it is searched over the screen: a question with every letter, and what was said around the marked hit.

use crate::agent::search_line::{Part, parts};
use crate::protocol::board::Weight;
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::query::Query;
use crate::protocol::search::{Hits, Search};
use crate::tui::app::App;
use crate::tui::app::board::entries::{Entry, Group};
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::overlay::forget::Forget;
use crate::tui::app::overlay::memory::{LIMIT, Memory};
use crate::tui::app::overlay::quit::NO;

/// Items before and after a hit that are read for it.
const AROUND: u32 = 4;

impl App {
    /// Opens it with what was last said everywhere.
    pub fn search_memory(&mut self) -> Vec<Cmd> {
        self.show(Overlay::Memory(Box::default()));
        self.recall()
    }

    /// Opens it over nothing, for what called Creel to be given a hit: with this line, and the cursor behind it.
    pub fn pick_from_memory(&mut self, line: &str) -> Vec<Cmd> {
        self.first_run = None;
        let mut memory = Memory {
            picks: true,
            ..Memory::default()
        };
        memory.pick.insert(line);
        if matches!(parts(line).last(), Some(Part::Filter(..))) {
            // What is typed next is no part of it.
            memory.pick.insert(" ");
        }
        self.show(Overlay::Memory(Box::new(memory)));
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
            facets: true,
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

    /// Asks whether a session shall be deleted, with what would go.
    pub fn ask_forget(&mut self, session: SessionId, title: String) -> Vec<Cmd> {
        if let Some(why) = self.why_not(self.entry_of(session)) {
            self.say(why);
            return Vec::new();
        }
        let Some(Overlay::Memory(memory)) = self.overlay.take() else {
            return Vec::new();
        };
        self.show(Overlay::Forget(Forget {
            memory,
            session,
            title,
            weight: None,
            highlight: NO,
        }));
        vec![Cmd::Ask(Tag::Weight(session), Query::Weight { session })]
    }

    /// What would go with a session that is asked about, where that is here.
    pub fn weighs(&mut self, session: SessionId, weight: &Weight) {
        if let Some(Overlay::Forget(forget)) = &mut self.overlay
            && forget.session == session
        {
            forget.weight = Some(weight.clone());
        }
    }

    /// Deletes it, and goes back to the search.
    pub fn forget(&mut self) -> Vec<Cmd> {
        let Some(Overlay::Forget(forget)) = self.overlay.take() else {
            return Vec::new();
        };
        self.show(Overlay::Memory(forget.memory));
        let worktree = forget.weight.and_then(|weight| weight.worktree);
        self.delete(self.entry_of(forget.session), worktree)
    }

    fn entry_of(&self, session: SessionId) -> Entry {
        Entry {
            id: session,
            group: Group::Earlier,
            pinned: false,
            tab: self.views.iter().position(|view| view.id == session),
            card: None,
        }
    }
}
