//! The window of a session's items that a face keeps: read in pages, added to by facts, given up at its top when it grows
//! long. How it looks is for the screen.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::protocol::ask::{About, Answer, Ask, Verdict};
use crate::protocol::call::{Outcome, ToolCall};
use crate::protocol::event::{Ending, Event, Fact};
use crate::protocol::id::{AskId, CallId, Seq};
use crate::protocol::item::{Block, Item, Origin, Recalled};
use crate::protocol::session::Change;
use crate::protocol::time::Time;
use crate::protocol::usage::Spending;

/// The text that streams, where it is named like an entry: it stands behind all of them.
pub const LIVE: Seq = Seq(u64::MAX);

/// Entries kept while the newest is followed; a page more may stand above it.
const KEPT: usize = 1_000;
const SLACK: usize = 400;

/// One entry of a transcript, as far as it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub seq: Seq,
    pub at: Time,
    pub turn: u32,
    pub what: What,
    /// Rises when the entry changes, so that what was laid out of it is laid out anew.
    pub version: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    Prompt { blocks: Vec<Block>, origin: Origin },
    Answer { text: String, cut: bool },
    Thought { text: String },
    Call(Box<CallEntry>),
    Notice { text: String },
    Shell { command: String, outcome: Outcome },
    Recalled(Box<Recalled>),
    Changed(Change),
    Ended { ending: Ending, spent: Spent },
}

/// What a turn came to, as far as its calls are in the window.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spent {
    pub steps: u32,
    pub millis: i64,
    pub charged: Spending,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CallEntry {
    pub call: ToolCall,
    /// When the tool began, once it did.
    pub started: Option<Time>,
    pub outcome: Option<Outcome>,
    /// What the person decided, in a word or two.
    pub decided: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Transcript {
    entries: Vec<Entry>,
    /// Results whose calls are on an earlier page.
    orphans: BTreeMap<CallId, (Option<Time>, Option<Outcome>)>,
    asked: BTreeMap<AskId, CallId>,
    /// The first event read; `None` before the first page.
    first: Option<Seq>,
    /// The last event read.
    last: Seq,
    /// The first page of the log is in the window.
    pub whole: bool,
    /// The newest is not in the window: what is heard is left to the log.
    pub cut: bool,
    /// Entries unfolded by hand, and folded by hand while all are unfolded.
    pub turned: BTreeSet<Seq>,
    pub unfolded: bool,
    /// How long thoughts took that were seen to be thought.
    pub thought: BTreeMap<Seq, Duration>,
    /// When the turn being read began, and what it came to.
    began: Time,
    spent: Spent,
    /// The first and the last time that a call began: under which mode, is not to be hidden.
    acted: Option<(Seq, Seq)>,
}

impl Transcript {
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub fn first(&self) -> Option<Seq> {
        self.first
    }

    pub fn is_unfolded(&self, seq: Seq) -> bool {
        self.unfolded != self.turned.contains(&seq)
    }

    pub fn last(&self) -> Seq {
        self.last
    }

    /// Adds one event at the foot. Events already there are passed over, and all where the foot is cut off.
    pub fn apply(&mut self, event: &Event) {
        if event.seq <= self.last || self.cut {
            return;
        }
        self.last = event.seq;
        self.first.get_or_insert(event.seq);
        let what = match &event.fact {
            Fact::SessionOpened { .. } => {
                self.whole = true;
                return;
            }
            Fact::TurnStarted { .. } => {
                self.began = event.at;
                self.spent = Spent::default();
                return;
            }
            Fact::SessionChanged { change } => match change {
                Change::DayRaised { .. }
                | Change::PriceAccepted { .. }
                | Change::RuleKept { .. }
                | Change::Archived { .. }
                | Change::Pinned { .. }
                | Change::Unseen { .. } => return,
                change => What::Changed(change.clone()),
            },
            Fact::ItemAdded { item, .. } => match self.item(item) {
                Some(what) => what,
                None => return,
            },
            Fact::CallStarted { call, .. } => {
                let (first, _) = self.acted.unwrap_or((event.seq, event.seq));
                self.acted = Some((first, event.seq));
                self.change_call(call, |entry| entry.started = Some(event.at));
                return;
            }
            Fact::AskRaised { ask } => {
                self.asked(ask);
                return;
            }
            Fact::AskAnswered { ask, answer } => {
                self.answered(ask, answer);
                return;
            }
            // A step that is asked again is the same step.
            Fact::ModelCalled { step, .. } => {
                self.spent.steps = self.spent.steps.max(*step);
                return;
            }
            Fact::ModelAnswered {
                step: step @ 1.., charge, ..
            } => {
                self.spent.steps = self.spent.steps.max(*step);
                self.spent.charged.add(*charge);
                return;
            }
            Fact::TurnEnded { ending, .. } => {
                let mut spent = std::mem::take(&mut self.spent);
                if self.began != Time::default() {
                    spent.millis = event.at.0 - self.began.0;
                }
                What::Ended {
                    ending: ending.clone(),
                    spent,
                }
            }
            Fact::MessageQueued { .. }
            | Fact::MessageWithdrawn { .. }
            | Fact::AskVoided { .. }
            // A call beside the turn is none of its steps.
            | Fact::ModelAnswered { .. } => return,
        };
        let turn = match &event.fact {
            Fact::ItemAdded { turn, .. } | Fact::TurnEnded { turn, .. } => *turn,
            _ => self.entries.last().map_or(0, |entry| entry.turn),
        };
        // Between two words only the mode that is in force then is worth a line.
        let acted = self.acted.map(|(_, last)| last);
        if let Some(last) = self.entries.last_mut()
            && is_mode(&last.what)
            && is_mode(&what)
            && acted.is_none_or(|acted| acted < last.seq)
        {
            (last.at, last.what) = (event.at, what);
            last.version += 1;
            return;
        }
        self.entries.push(Entry {
            seq: event.seq,
            at: event.at,
            turn,
            what,
            version: 0,
        });
    }

    /// Puts a page before what is there. `limit` is the number asked for: a shorter page was the first one.
    pub fn prepend(&mut self, events: &[Event], limit: usize) {
        let mut page = Self::default();
        for event in events {
            if self.first.is_none_or(|first| event.seq < first) {
                page.apply(event);
            }
        }
        self.whole |= page.whole || events.len() < limit;
        let Some(first) = page.first else {
            return;
        };
        self.first = Some(first);
        self.last = self.last.max(page.last);
        for entry in &mut page.entries {
            if let What::Call(call) = &mut entry.what
                && let Some((started, outcome)) = self.orphans.remove(&call.call.id)
            {
                call.started = call.started.or(started);
                call.outcome = call.outcome.take().or(outcome);
            }
        }
        if self.entries.is_empty() {
            self.spent = page.spent;
            self.began = page.began;
        }
        if let (Some(last), Some(first)) = (page.entries.last(), self.entries.first())
            && is_mode(&last.what)
            && is_mode(&first.what)
            && page.acted.is_none_or(|(_, acted)| acted < last.seq)
            && self.acted.is_none_or(|(acted, _)| acted > first.seq)
        {
            page.entries.pop();
        }
        let acted = [page.acted, self.acted].into_iter().flatten();
        self.acted = acted.reduce(|(first, _), (_, last)| (first, last));
        page.entries.append(&mut self.entries);
        self.entries = page.entries;
        self.orphans.append(&mut page.orphans);
        self.asked.append(&mut page.asked);
    }

    /// Gives up the top when the window is long. Only while the newest is followed, so that nothing read is taken away.
    pub fn trim(&mut self) {
        if self.entries.len() > KEPT + SLACK {
            let gone = self.entries.len() - KEPT;
            self.entries.drain(..gone);
            self.first = self.entries.first().map(|entry| entry.seq);
            self.whole = false;
        }
    }

    /// Another part of the log takes the window's place; `cut` says that more follows it.
    pub fn replace(&mut self, events: &[Event], limit: usize, cut: bool) {
        let before = std::mem::take(self);
        self.prepend(events, limit);
        self.cut = cut;
        self.turned = before.turned;
        self.unfolded = before.unfolded;
        self.thought = before.thought;
    }

    /// The page after a window that is cut at its foot. A shorter one than was asked for is the last.
    pub fn append(&mut self, events: &[Event], limit: usize) {
        self.cut = false;
        for event in events {
            self.apply(event);
        }
        self.cut = events.len() >= limit;
    }

    /// Gives up the foot when the window is long, while one reads at its top: it is read again on the way back.
    pub fn trim_foot(&mut self) {
        if self.entries.len() > KEPT + SLACK {
            // Behind a turn the next one is counted from its beginning; within one only the rest of it would be.
            let ended = |entry: &Entry| matches!(entry.what, What::Ended { .. });
            let end = self.entries[..KEPT].iter().rposition(ended);
            let kept = end.map_or(KEPT, |end| end + 1);
            self.entries
                .truncate(if kept < KEPT / 2 { KEPT } else { kept });
            if let Some(last) = self.entries.last() {
                self.last = last.seq;
                self.cut = true;
                // What was counted lies beyond, and is counted when it is read again.
                self.asked.clear();
                self.began = Time::default();
                self.spent = Spent::default();
            }
        }
    }

    /// Hands over what needs nothing that comes later; calls without a result stay.
    pub fn take_finished(&mut self) -> Vec<Entry> {
        let (kept, finished) = std::mem::take(&mut self.entries)
            .into_iter()
            .partition(is_open);
        self.entries = kept;
        finished
    }

    /// Hands over all there is; what was read of calls further up stays.
    pub fn take_all(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.entries)
    }

    /// Hands over what stands before the first call without a result.
    pub fn take_settled(&mut self) -> Vec<Entry> {
        let end = self.settled();
        self.entries.drain(..end).collect()
    }

    /// For what stands above this window: an empty one that knows the results of calls there.
    #[must_use]
    pub fn above(&self) -> Self {
        Self {
            orphans: self.orphans.clone(),
            first: self.first,
            last: self.last,
            ..Self::default()
        }
    }

    /// How many entries stand before the first call whose result is not known.
    pub fn settled(&self) -> usize {
        let open = self.entries.iter().position(is_open);
        open.unwrap_or(self.entries.len())
    }

    /// For what stands below it: one of what is not settled, since some results are there.
    #[must_use]
    pub fn below(&self) -> Self {
        Self {
            entries: self.entries[self.settled()..].to_vec(),
            first: self.first,
            last: self.last,
            ..Self::default()
        }
    }

    /// Whether all of a turn is in the window, as far as it has come.
    pub fn has_turn(&self, turn: u32) -> bool {
        let mut turns = self.entries.iter().map(|entry| entry.turn);
        let begins = self.whole || turns.clone().any(|other| (1..turn).contains(&other));
        begins && (!self.cut || turns.any(|other| other > turn))
    }

    /// Calls shown as running: begun, without a result.
    pub fn running(&self) -> impl Iterator<Item = &CallEntry> {
        self.entries
            .iter()
            .rev()
            .take(64)
            .filter_map(|entry| match &entry.what {
                What::Call(call) if call.started.is_some() && call.outcome.is_none() => {
                    Some(call.as_ref())
                }
                _ => None,
            })
    }

    /// The newest entry that can be unfolded and is at or above this one.
    pub fn find(&self, seq: Seq) -> Option<&Entry> {
        let index = self
            .entries
            .binary_search_by_key(&seq, |entry| entry.seq)
            .ok()?;
        self.entries.get(index)
    }

    fn item(&mut self, item: &Item) -> Option<What> {
        Some(match item {
            Item::Prompt { blocks, origin } => What::Prompt {
                blocks: blocks.clone(),
                origin: *origin,
            },
            Item::Answer { text, cut, .. } => What::Answer {
                text: text.clone(),
                cut: *cut,
            },
            Item::Thought { text, .. } if text.trim().is_empty() => return None,
            Item::Thought { text, .. } => What::Thought { text: text.clone() },
            Item::Call(call) => What::Call(Box::new(CallEntry {
                call: call.clone(),
                started: None,
                outcome: None,
                decided: None,
            })),
            Item::Result { call, outcome } => {
                let outcome = outcome.clone();
                self.change_call(call, |entry| entry.outcome = Some(outcome));
                return None;
            }
            Item::Notice { text } => What::Notice { text: text.clone() },
            Item::Recalled(recalled) => What::Recalled(Box::new(recalled.clone())),
            Item::Shell { command, outcome } => What::Shell {
                command: command.clone(),
                outcome: outcome.clone(),
            },
        })
    }

    fn change_call(&mut self, id: &CallId, change: impl FnOnce(&mut CallEntry)) {
        let found = self.entries.iter_mut().rev().find_map(|entry| {
            if let What::Call(call) = &mut entry.what
                && call.call.id == *id
            {
                entry.version += 1;
                Some(call)
            } else {
                None
            }
        });
        if let Some(call) = found {
            change(call);
            return;
        }
        let mut entry = CallEntry {
            call: ToolCall {
                id: id.clone(),
                wire_id: None,
                name: String::new(),
                arguments: String::new(),
                opaque: None,
            },
            started: None,
            outcome: None,
            decided: None,
        };
        change(&mut entry);
        let orphan = self.orphans.entry(id.clone()).or_default();
        orphan.0 = orphan.0.or(entry.started);
        orphan.1 = orphan.1.take().or(entry.outcome);
    }

    fn asked(&mut self, ask: &Ask) {
        if let About::Approval(approval) = &ask.about {
            self.asked.insert(ask.id.clone(), approval.call.clone());
        }
    }

    fn answered(&mut self, ask: &AskId, answer: &Answer) {
        let Some(call) = self.asked.remove(ask) else {
            return;
        };
        let Answer::Verdict { verdict } = answer else {
            return;
        };
        let word = match verdict {
            Verdict::Once => "yes, once".to_owned(),
            Verdict::Session => "yes, this session".to_owned(),
            Verdict::Kept { rule } => {
                format!(
                    "yes, and the rule {}",
                    crate::agent::visible::one_line(&rule.text)
                )
            }
            Verdict::No { reason: None } => "no".to_owned(),
            Verdict::No {
                reason: Some(reason),
            } => format!("no: {}", crate::agent::visible::one_line(reason)),
            Verdict::Edited { .. } | Verdict::Hunks { .. } => "yes, edited".to_owned(),
        };
        self.change_call(&call, |entry| {
            entry.decided = Some(word);
            // What ran is what the person made of it.
            if let Verdict::Edited { arguments } = verdict {
                entry.call.arguments.clone_from(arguments);
            }
        });
    }
}

/// Another mode was chosen, or lent: until something is said with it the next one takes its place.
fn is_mode(what: &What) -> bool {
    let What::Changed(change) = what else {
        return false;
    };
    matches!(change, Change::Mode { .. } | Change::ModeLent { .. })
}

/// A call without a result.
fn is_open(entry: &Entry) -> bool {
    matches!(&entry.what, What::Call(call) if call.outcome.is_none())
}

#[cfg(test)]
mod tests;
