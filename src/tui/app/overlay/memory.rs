//! Everything that was said and done, found while one types: the hits, and what was said around the one that is marked.

use crate::agent::search_line::{Filter, filtered, with_filter, written};
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::search::{By, Facet, Hit, Hits, Said};
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
    /// A hit is chosen for what called Creel, and no session is opened.
    pub picks: bool,
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
    /// None while what is typed cannot be asked.
    pub fn shown(&self) -> &[Hit] {
        match &self.hits {
            Some(hits) if self.failed.is_none() => &hits.hits,
            _ => &[],
        }
    }

    /// How many of the hits there are of each name, where there is something to choose from.
    pub fn facets(&self) -> impl Iterator<Item = &Facet> {
        let known = self.hits.iter().filter(|_| self.failed.is_none());
        known
            .flat_map(|hits| &hits.facets)
            .filter(move |facet| facet.counts.len() > 1 || self.kept(facet.by).is_some())
    }

    /// The name that hits are kept to.
    pub fn kept(&self, by: By) -> Option<String> {
        filtered(self.pick.filter.as_str(), Filter::of(by))
    }

    /// Keeps hits to the next name of a facet; behind the last one to all again.
    fn turn(&mut self, by: By) -> Reply {
        let filter = Filter::of(by);
        let kept = self.kept(by);
        let Some(facet) = self.facets().find(|facet| facet.by == by) else {
            return Reply::Stay;
        };
        let mut names = facet
            .counts
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|name| written(filter, name).is_some());
        let next = match kept.as_deref() {
            Some(kept) if names.clone().any(|name| name == kept) => {
                names.skip_while(|name| *name != kept).nth(1)
            }
            _ => names.next(),
        };
        let line = with_filter(self.pick.filter.as_str(), filter, next);
        self.write(&line)
    }

    /// Another line than the one that was typed.
    fn write(&mut self, line: &str) -> Reply {
        self.pick.filter.replace(line);
        self.pick.at = 0;
        Reply::Do(Wish::Recall)
    }

    /// What is asked in place of a question without a hit.
    pub fn instead(&self) -> Option<&str> {
        let hits = self.hits.as_ref().filter(|_| self.failed.is_none())?;
        let answered = self.answered == self.pick.filter.as_str();
        hits.instead.as_deref().filter(|_| answered)
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
        // Without a hit letters are words again.
        self.at_hits &= !hits.hits.is_empty();
        self.hits = Some(hits);
        true
    }

    /// The hit whose surroundings are not known yet.
    pub fn unseen(&self) -> Option<(SessionId, Seq)> {
        // What stands around a note is said in its file.
        let hit = self.marked().filter(|hit| hit.note.is_none())?;
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
        match press.action {
            Some(Action::MemoryHits) if !self.at_hits && self.marked().is_some() => {
                self.at_hits = true;
                return Reply::Stay;
            }
            Some(Action::MemoryHits) => {
                let instead = self.instead().map(str::to_owned);
                return instead.map_or(Reply::Stay, |line| self.write(&line));
            }
            Some(Action::MemoryKind) => return self.turn(By::Kind),
            Some(Action::MemoryProject) => return self.turn(By::Project),
            Some(Action::MemorySource) => return self.turn(By::Source),
            Some(Action::MemoryWho) => return self.turn(By::Who),
            _ => {}
        }
        let hit = self.marked();
        match (press.action, hit) {
            (Some(Action::MemoryWords), _) => {
                self.at_hits = false;
                return Reply::Stay;
            }
            (
                Some(
                    Action::MemoryInsert
                    | Action::MemoryCopy
                    | Action::MemoryPin
                    | Action::MemoryEdit
                    | Action::MemoryForget,
                ),
                _,
            ) if self.picks => return Reply::Stay,
            (Some(Action::MemoryInsert), Some(hit)) => {
                let text = taken(hit).to_owned();
                return Reply::Do(match hit.command {
                    Some(_) => Wish::Command(text),
                    None => Wish::Add(text),
                });
            }
            (Some(Action::MemoryCopy), Some(hit)) => {
                return Reply::Do(Wish::Copy(taken(hit).to_owned()));
            }
            (Some(Action::MemoryPin), Some(hit)) if hit.note.is_none() => {
                return Reply::Do(Wish::Pin(hit.session, hit.item));
            }
            (Some(Action::MemoryEdit), Some(hit)) => {
                let line = hit.item.0;
                return Reply::Do(match &hit.note {
                    Some(note) => Wish::EditNote(note.path.clone(), line),
                    None => Wish::Tell("what was said stays as it was; notes can be edited"),
                });
            }
            (Some(Action::MemoryForget), Some(hit)) => {
                // A note is a line of a file, and goes with no session.
                return Reply::Do(match &hit.note {
                    Some(note) => Wish::ForgetNote(note.path.clone(), hit.text.clone()),
                    None => Wish::AskForget(hit.session, hit.title.clone()),
                });
            }
            _ => {}
        }
        let chosen = hit.map(|hit| {
            if self.picks {
                Wish::Take(taken(hit).to_owned())
            } else {
                Wish::Open(hit.session, (hit.turn > 0).then_some(hit.turn))
            }
        });
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
            (Picked::Chosen, Some(wish)) => Reply::Do(wish),
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
