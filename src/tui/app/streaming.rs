//! The text that streams, as far as it can be read like an entry: moved in, selected, copied. When it has become one, places in
//! it are places in that.

use crate::protocol::event::{Event, Fact};
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::item::Item;
use crate::protocol::time::Time;
use crate::tui::app::App;
use crate::tui::app::caret::{Caret, Reading};
use crate::tui::app::transcript::{Entry, LIVE, What};
use crate::tui::app::view::{Anchor, View};

impl View {
    /// The text that streams, as the entry it will become.
    pub fn streaming(&self) -> Option<Entry> {
        (!self.live.text.is_empty()).then(|| Entry {
            seq: LIVE,
            at: Time::default(),
            turn: self.session.as_ref().map_or(0, |session| session.turn),
            what: What::Answer {
                text: self.live.text.clone(),
                cut: false,
            },
            version: 0,
        })
    }
}

impl Reading {
    /// The text that streamed is this entry now, or gone.
    fn settle(&mut self, entry: Option<Seq>) {
        let lives = |caret: &Caret| caret.seq == LIVE;
        let selects = self
            .selection
            .as_ref()
            .is_some_and(|selection| lives(&selection.from));
        let stands = self.caret.as_ref().is_some_and(lives);
        if let Some(seq) = entry {
            let from = self.selection.as_mut().map(|selection| &mut selection.from);
            for caret in from.into_iter().chain(&mut self.caret) {
                if lives(caret) {
                    caret.seq = seq;
                    // Its rows may be others.
                    caret.line = None;
                }
            }
            return;
        }
        if selects || stands {
            self.selection = None;
        }
        if stands {
            self.caret = None;
        }
    }
}

impl App {
    /// An event was heard before which the text had begun anew so often: it may have become an answer.
    pub fn settle_after(&mut self, event: &Event, before: u64) {
        if self.generation(event.session) == before {
            return;
        }
        let answer = matches!(
            event.fact,
            Fact::ItemAdded {
                item: Item::Answer { .. },
                ..
            }
        );
        self.settle(event.session, answer.then_some(event.seq));
    }

    /// The text that streamed in a session is this entry now, or gone: whoever reads in it goes on reading there.
    pub fn settle(&mut self, id: SessionId, entry: Option<Seq>) {
        for pane in self.panes.all_mut() {
            if pane.session != id {
                continue;
            }
            pane.eyes.settle(entry);
            if let Anchor::At { seq: LIVE, line } = pane.scroll.anchor {
                // The rows of an answer are those of the text that became it.
                pane.scroll.anchor = entry.map_or(Anchor::Foot, |seq| Anchor::At { seq, line });
            }
        }
    }

    /// How often the text of a session has begun anew.
    pub fn generation(&self, id: SessionId) -> u64 {
        let view = self.views.iter().find(|view| view.id == id);
        view.map_or(0, |view| view.live.generation)
    }
}
