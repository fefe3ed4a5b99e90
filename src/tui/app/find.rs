//! Searching a session: what is in the window at once, the rest of the log page by page, until it is read or given up. And
//! what else is read of the log for a transcript: another place of it, all of it.

use std::ops::Range;

use regex::{Regex, RegexBuilder};

use crate::protocol::event::Event;
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::query::{Page, Query};
use crate::tui::app::logical::shown;
use crate::tui::app::message::{Cmd, Tag};
use crate::tui::app::open::{LONG_PAGE, WINDOW_PAGE};
use crate::tui::app::transcript::{Entry, Transcript};
use crate::tui::app::view::View;

/// Events read at a time where all of a session is gone through: with large outputs a page is some megabytes.
pub const SEARCH_PAGE: u32 = 500;

/// More hits than this are not counted.
const MOST: usize = 100_000;

/// What of the log a transcript asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetch {
    /// The start of the session.
    Start,
    /// The newest page, after another place was read.
    Newest,
    /// What follows a window that is cut.
    Later,
    /// The page that ends with an event; the caret goes to this place of it.
    Around(Seq, usize),
    /// The next page of a search, by the number of that search.
    Search(u64),
    /// The next page of the whole, by the number of the gathering it is for.
    Whole(u64),
    /// The next page below or above what is loaded, by the number of the jump that looks there.
    Below(u64),
    Above(u64),
}

impl Fetch {
    /// The question for it. `after`: the last event that was read; for what is read upwards, the first.
    pub fn ask(self, session: SessionId, after: Seq) -> Cmd {
        let (page, limit) = match self {
            Self::Start => (Page::After(Seq(0)), WINDOW_PAGE),
            Self::Newest => (Page::Before(None), WINDOW_PAGE),
            Self::Later => (Page::After(after), WINDOW_PAGE),
            Self::Around(seq, _) => (Page::Before(Some(Seq(seq.0 + 1))), WINDOW_PAGE),
            Self::Search(_) | Self::Whole(_) | Self::Below(_) => (Page::After(after), SEARCH_PAGE),
            Self::Above(_) => (Page::Before(Some(after)), SEARCH_PAGE),
        };
        let query = Query::History {
            session,
            page,
            limit,
        };
        Cmd::Ask(Tag::Reading(session, self), query)
    }
}

/// Where the text that is sought was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    pub seq: Seq,
    /// In the text of the entry, as it is shown.
    pub at: Range<usize>,
}

/// A search in one session.
#[derive(Debug, Clone)]
pub struct Search {
    pub text: String,
    /// The keys go to the text.
    pub typing: bool,
    /// Where the caret was when it began.
    pub from: Option<(Seq, usize)>,
    /// In their order.
    pub hits: Vec<Hit>,
    /// The one that was gone to.
    pub at: Option<usize>,
    /// Events of the log that were read; `None`: they need not be, or all are.
    pub reading: Option<u64>,
    /// All of the session was searched, up to the last entry looked at.
    pub whole: bool,
    looked: Seq,
    pub number: u64,
    pattern: Option<Regex>,
    scratch: Transcript,
    found: Vec<Hit>,
}

impl Search {
    pub fn new(number: u64, from: Option<(Seq, usize)>) -> Self {
        Self {
            text: String::new(),
            typing: true,
            from,
            hits: Vec::new(),
            at: None,
            reading: None,
            whole: false,
            looked: Seq(0),
            number,
            pattern: None,
            scratch: Transcript::default(),
            found: Vec::new(),
        }
    }

    /// Another text: the window is searched again. Small letters find large ones too.
    pub fn set(&mut self, text: &str, transcript: &Transcript) {
        text.clone_into(&mut self.text);
        self.hits.clear();
        self.at = None;
        self.looked = Seq(0);
        let small = !text.chars().any(char::is_uppercase);
        self.pattern = RegexBuilder::new(&regex::escape(text))
            .case_insensitive(small)
            .build()
            .ok()
            .filter(|_| !text.is_empty());
        self.look(transcript);
        self.whole = transcript.whole && !transcript.cut;
        self.near();
    }

    /// Looks at entries of the window that have come since.
    pub fn look(&mut self, transcript: &Transcript) {
        let entries = transcript.entries();
        let new = entries.partition_point(|entry| entry.seq <= self.looked);
        let Some(pattern) = &self.pattern else { return };
        for entry in &entries[new..] {
            find(pattern, entry, &mut self.hits);
        }
        if let Some(last) = entries.last() {
            self.looked = self.looked.max(last.seq);
        }
    }

    /// The hit at or after where the search began.
    fn near(&mut self) {
        let Some(last) = self.hits.len().checked_sub(1) else {
            self.at = None;
            return;
        };
        let from = self.from.unwrap_or((Seq(0), 0));
        let after = self
            .hits
            .partition_point(|hit| (hit.seq, hit.at.start) < from);
        self.at = Some(if after > last { 0 } else { after });
    }

    /// The hit so many further; after the last comes the first.
    pub fn step(&mut self, by: i64, from: Option<(Seq, usize)>) -> Option<&Hit> {
        let count = i64::try_from(self.hits.len())
            .ok()
            .filter(|count| *count > 0)?;
        let from = from.unwrap_or((Seq(0), 0));
        let place = |hit: &Hit| (hit.seq, hit.at.start);
        let here = i64::try_from(if by > 0 {
            self.hits.partition_point(|hit| place(hit) <= from)
        } else {
            self.hits.partition_point(|hit| place(hit) < from)
        })
        .unwrap_or(0);
        let to = if by > 0 { here + by - 1 } else { here + by };
        let at = usize::try_from(to.rem_euclid(count)).ok()?;
        self.at = Some(at);
        self.hits.get(at)
    }

    pub fn hit(&self) -> Option<&Hit> {
        self.hits.get(self.at?)
    }

    /// The hits in one entry.
    pub fn within(&self, seq: Seq) -> &[Hit] {
        let start = self.hits.partition_point(|hit| hit.seq < seq);
        let end = self.hits.partition_point(|hit| hit.seq <= seq);
        &self.hits[start..end]
    }

    /// Begins to read the whole log.
    pub fn read_all(&mut self) {
        self.reading = Some(0);
        self.scratch = Transcript::default();
        self.found.clear();
    }

    /// A page of the log; gives the last event of it where more follows.
    pub fn read(&mut self, events: &[Event]) -> Option<Seq> {
        let read = self.reading.as_mut()?;
        *read += events.len() as u64;
        for event in events {
            self.scratch.apply(event);
        }
        let more = events
            .last()
            .filter(|_| events.len() >= SEARCH_PAGE as usize);
        let mut finished = self.scratch.take_finished();
        if more.is_none() {
            finished.extend_from_slice(self.scratch.entries());
        }
        if let Some(pattern) = &self.pattern {
            for entry in &finished {
                find(pattern, entry, &mut self.found);
            }
        }
        if let (Some(more), true) = (more, self.found.len() < MOST) {
            return Some(more.seq);
        }
        let here = self.hit().map(|hit| (hit.seq, hit.at.start)).or(self.from);
        self.hits = std::mem::take(&mut self.found);
        // Calls come when they have their result, which may be after others.
        self.hits.sort_by_key(|hit| (hit.seq, hit.at.start));
        self.looked = self.looked.max(self.scratch.last());
        self.scratch = Transcript::default();
        self.reading = None;
        self.whole = true;
        self.from = here;
        self.near();
        None
    }

    /// Stops reading; what was found in the window stays.
    pub fn give_up(&mut self) {
        self.reading = None;
        self.scratch = Transcript::default();
        self.found.clear();
    }

    /// How it stands, in words: `3 of 17`.
    pub fn said(&self) -> String {
        if self.text.is_empty() {
            return String::new();
        }
        let count = match self.at {
            Some(at) => format!("{} of {}", at + 1, self.hits.len()),
            None => "no hit".to_owned(),
        };
        match self.reading {
            Some(events) => format!("{count} so far, {events} events searched, Esc stops"),
            None if self.whole => count,
            None => format!("{count} in what is loaded"),
        }
    }
}

fn find(pattern: &Regex, entry: &Entry, hits: &mut Vec<Hit>) {
    let text = shown(entry);
    let room = MOST.saturating_sub(hits.len());
    hits.extend(pattern.find_iter(&text).take(room).map(|hit| Hit {
        seq: entry.seq,
        at: hit.range(),
    }));
}

/// A session as it is gathered of the log from its start: all of it for the pager, or one turn to be copied.
#[derive(Debug, Clone)]
pub struct Gather {
    pub number: u64,
    /// Only this turn is wanted.
    pub turn: Option<u32>,
    /// Events that were read.
    pub events: usize,
    scratch: Transcript,
    pub entries: Vec<Entry>,
}

impl Gather {
    pub fn new(number: u64, turn: Option<u32>) -> Self {
        Self {
            number,
            turn,
            events: 0,
            scratch: Transcript::default(),
            entries: Vec::new(),
        }
    }

    /// A page of the log; gives the last event of it where more follows that is wanted.
    pub fn read(&mut self, events: &[Event]) -> Option<Seq> {
        self.events += events.len();
        for event in events {
            self.scratch.apply(event);
        }
        let last = self.scratch.entries().last().map_or(0, |entry| entry.turn);
        let beyond = self.turn.is_some_and(|turn| last > turn);
        let more = events
            .last()
            .filter(|_| !beyond && events.len() >= SEARCH_PAGE as usize);
        if more.is_none() {
            self.entries = self.scratch.take_finished();
            self.entries.extend_from_slice(self.scratch.entries());
            self.entries.sort_by_key(|entry| entry.seq);
            self.entries
                .retain(|entry| self.turn.is_none_or(|turn| entry.turn == turn));
        }
        more.map(|event| event.seq)
    }

    /// How it stands, in words.
    pub fn said(&self) -> String {
        let what = match self.turn {
            Some(turn) => format!("turn {turn} to copy it"),
            None => "the whole session for the pager".to_owned(),
        };
        match self.events {
            0 => format!("reading {what}"),
            events => format!("reading {what}, {events} events so far"),
        }
    }
}

/// What came of a fetch that moves the window.
pub fn moved(view: &mut View, fetch: Fetch, events: &[Event]) -> Option<Cmd> {
    let (id, limit) = (view.id, WINDOW_PAGE as usize);
    view.reading = false;
    match fetch {
        Fetch::Start => {
            let cut = events.len() >= limit;
            view.transcript.replace(events, limit, cut);
            view.transcript.whole = true;
            None
        }
        Fetch::Newest => {
            view.transcript.replace(events, limit, false);
            Some(missed(view))
        }
        Fetch::Around(..) => {
            view.transcript.replace(events, limit, true);
            view.reading = true;
            Some(Fetch::Later.ask(id, view.transcript.last()))
        }
        Fetch::Later => {
            view.transcript.append(events, limit);
            // What was heard since the page was read was left to the log.
            (!view.transcript.cut).then(|| missed(view))
        }
        Fetch::Search(_) | Fetch::Whole(_) | Fetch::Below(_) | Fetch::Above(_) => None,
    }
}

/// What was heard while the window was elsewhere.
fn missed(view: &View) -> Cmd {
    let query = Query::History {
        session: view.id,
        page: Page::After(view.transcript.last()),
        limit: LONG_PAGE,
    };
    Cmd::Ask(Tag::Missed(view.id), query)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::event::Fact;
    use crate::protocol::item::Item;
    use crate::protocol::time::Time;
    use uuid::Uuid;

    fn events(texts: &[&str]) -> Vec<Event> {
        let event = |(index, text): (usize, &&str)| Event {
            seq: Seq(index as u64 + 1),
            session: SessionId(Uuid::nil()),
            at: Time(0),
            fact: Fact::ItemAdded {
                turn: 1,
                step: 1,
                item: Item::Notice {
                    text: (*text).to_owned(),
                },
                imported: None,
            },
        };
        texts.iter().enumerate().map(event).collect()
    }

    fn transcript(texts: &[&str]) -> Transcript {
        let mut transcript = Transcript::default();
        transcript.prepend(&events(texts), 1_000);
        transcript
    }

    #[test]
    fn small_letters_find_large_ones_and_large_ones_only_themselves() {
        let transcript = transcript(&["Retry retry", "RETRY (a.b)", "Straße 重试"]);
        for (text, hits) in [
            ("retry", 3),
            ("Retry", 1),
            ("(a.b)", 1),
            ("a.b", 1),
            ("axb", 0),
            ("STRASSE", 0),
            ("straße", 1),
            ("重", 1),
            ("", 0),
        ] {
            let mut search = Search::new(1, None);
            search.set(text, &transcript);
            assert_eq!(search.hits.len(), hits, "{text:?}");
        }
    }

    #[test]
    fn hits_are_gone_through_in_order_and_round() {
        let transcript = transcript(&["x", "a x", "x"]);
        let mut search = Search::new(1, Some((Seq(2), 0)));
        search.set("x", &transcript);
        assert_eq!(search.hit().map(|hit| hit.seq), Some(Seq(2)));
        assert_eq!(search.said(), "2 of 3");
        let mut at = Some((Seq(2), 2));
        let mut seen = Vec::new();
        for by in [1, 1, -1, -1, -1] {
            at = search.step(by, at).map(|hit| (hit.seq, hit.at.start));
            seen.push(at.map(|(seq, _)| seq.0));
        }
        assert_eq!(seen, [Some(3), Some(1), Some(3), Some(2), Some(1)]);
    }

    #[test]
    fn the_whole_log_takes_the_place_of_the_window() {
        let all = vec!["x"; SEARCH_PAGE as usize + 3];
        let all = events(&all);
        let mut search = Search::new(1, Some((Seq(5), 0)));
        search.set("x", &Transcript::default());
        assert_eq!(search.said(), "no hit in what is loaded");
        search.read_all();
        let more = search.read(&all[..SEARCH_PAGE as usize]);
        assert_eq!(more, Some(Seq(u64::from(SEARCH_PAGE))));
        assert_eq!(
            search.said(),
            "no hit so far, 500 events searched, Esc stops"
        );
        assert_eq!(search.read(&all[SEARCH_PAGE as usize..]), None);
        assert_eq!(search.said(), "5 of 503");
    }
}
