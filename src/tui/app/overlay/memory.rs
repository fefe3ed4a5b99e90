//! Everything that was said and done, found while one types: the hits, and what was said around the one that is marked.

use crate::protocol::id::{Seq, SessionId};
use crate::protocol::search::{Hit, Hits, Said};
use crate::tui::app::keymap::Action;
use crate::tui::app::keymap::press::Press;
use crate::tui::app::overlay::pick::{Pick, Picked};
use crate::tui::app::overlay::{Reply, Wish};

/// Hits that are shown: what is further down is found by another word.
pub const LIMIT: u32 = 50;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Memory {
    /// What is typed, and which hit is marked.
    pub pick: Pick,
    /// The keys are at the hits, where letters are keys.
    pub at_hits: bool,
    /// The number of the newest question, so that a late answer to one before it is dropped.
    pub asked: u64,
    /// What was found for what was typed then; `None` before the first answer.
    pub hits: Option<Hits>,
    /// What the hits are for.
    pub answered: String,
    /// What was said around a hit, by its item.
    pub around: Option<(Seq, Vec<Said>)>,
    pub failed: Option<String>,
}

impl Memory {
    pub fn shown(&self) -> &[Hit] {
        self.hits.as_ref().map_or(&[], |hits| &hits.hits)
    }

    pub fn marked(&self) -> Option<&Hit> {
        self.shown().get(self.pick.at)
    }

    /// An answer; `false`: it is of a question before the newest one. Where the hits stay as they are the mark does too.
    pub fn found(&mut self, asked: u64, hits: Hits) -> bool {
        if asked != self.asked {
            return false;
        }
        let place = self.marked().map(|hit| hit.item);
        let same = self.answered == self.pick.filter.as_str();
        let at = hits
            .hits
            .iter()
            .position(|hit| same && Some(hit.item) == place);
        self.pick.at = at.unwrap_or_default();
        self.answered = self.pick.filter.as_str().to_owned();
        self.failed = None;
        self.hits = Some(hits);
        true
    }

    /// The hit whose surroundings are not known yet.
    pub fn unseen(&self) -> Option<(SessionId, Seq)> {
        let hit = self.marked()?;
        let known = self
            .around
            .as_ref()
            .is_some_and(|(item, _)| *item == hit.item);
        (!known).then_some((hit.session, hit.item))
    }

    pub fn insert(&mut self, text: &str) -> Reply {
        self.pick.insert(text);
        self.at_hits = false;
        Reply::Do(Wish::Recall)
    }

    pub fn key(&mut self, press: Press) -> Reply {
        let hit = self.marked();
        match (press.action, hit) {
            (Some(Action::MemoryHits), Some(_)) if !self.at_hits => {
                self.at_hits = true;
                return Reply::Stay;
            }
            (Some(Action::MemoryWords), _) => {
                self.at_hits = false;
                return Reply::Stay;
            }
            (Some(Action::MemoryInsert), Some(hit)) => {
                return Reply::Do(Wish::Add(taken(hit).to_owned()));
            }
            (Some(Action::MemoryCopy), Some(hit)) => {
                return Reply::Do(Wish::Copy(taken(hit).to_owned()));
            }
            _ => {}
        }
        let chosen = hit.map(|hit| (hit.session, hit.turn));
        let (before, at) = (self.pick.filter.as_str().to_owned(), self.pick.at);
        let count = self.shown().len();
        // Among the hits a letter without a meaning is none of a word.
        if self.at_hits && press.action.is_none() {
            return Reply::Stay;
        }
        let picked = self.pick.key(press, count);
        let typed = before != self.pick.filter.as_str();
        match (picked, chosen) {
            (Picked::Closed, _) => Reply::Close,
            (Picked::Chosen, Some((session, turn))) => {
                Reply::Do(Wish::Open(session, (turn > 0).then_some(turn)))
            }
            _ if typed => Reply::Do(Wish::Recall),
            _ if at != self.pick.at => Reply::Do(Wish::Around),
            _ => Reply::Stay,
        }
    }
}

/// What is taken of a hit: of a command its line, and all of any other.
pub fn taken(hit: &Hit) -> &str {
    hit.command.as_ref().unwrap_or(&hit.text)
}

/// How many of the hits there are of each name, the most first.
pub fn counted<'h>(hits: &'h [Hit], of: impl Fn(&'h Hit) -> &'h str) -> Vec<(&'h str, usize)> {
    let mut counted: Vec<(&str, usize)> = Vec::new();
    for hit in hits {
        let name = of(hit);
        match counted.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counted.push((name, 1)),
        }
    }
    counted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counted
}
