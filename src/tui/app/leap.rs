//! Jumps to the next place of a kind. What is loaded is gone through at once, the rest of the log page by page in the
//! direction of the jump, until it is found, given up or at its end.

use crate::agent::visible::clean;
use crate::protocol::event::Event;
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::item::Origin;
use crate::tui::app::find::{Fetch, SEARCH_PAGE};
use crate::tui::app::logical;
use crate::tui::app::message::Cmd;
use crate::tui::app::transcript::{Entry, Transcript, What};
use crate::tui::app::view::Stage;
use crate::tui::app::{App, Focus};
use crate::tui::widget::markdown::source;

/// What is jumped to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Turn,
    /// A part of a change in a file.
    Change,
    Failure,
    Block,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Turn => "turn",
            Self::Change => "change",
            Self::Failure => "failure",
            Self::Block => "block",
        }
    }

    /// Where such places begin in the text of an entry, rising.
    pub fn places(self, entry: &Entry) -> Vec<usize> {
        let asked = |what: &What| {
            matches!(
                what,
                What::Prompt {
                    origin: Origin::Person,
                    ..
                }
            )
        };
        let whole = match self {
            Self::Change => return logical::hunks(entry),
            Self::Turn => asked(&entry.what),
            Self::Failure => logical::is_failure(entry),
            Self::Block => match &entry.what {
                What::Answer { text, .. } => return source::blocks(&clean(text)),
                what => !matches!(what, What::Changed(_) | What::Ended { .. }),
            },
        };
        Vec::from_iter(whole.then_some(0))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Down,
    Up,
}

/// A jump under way.
#[derive(Debug, Clone)]
pub struct Leap {
    pub number: u64,
    kind: Kind,
    way: Way,
    /// So many places on; the last of them is gone to, or the last there is.
    left: u64,
    from: (Seq, usize),
    found: Option<(Seq, usize)>,
    /// Events of the log that were read.
    events: usize,
    scratch: Transcript,
}

impl Leap {
    /// By so many places, down being positive.
    pub fn new(number: u64, kind: Kind, by: i64, from: (Seq, usize)) -> Self {
        Self {
            number,
            kind,
            way: if by > 0 { Way::Down } else { Way::Up },
            left: by.unsigned_abs(),
            from,
            found: None,
            events: 0,
            scratch: Transcript::default(),
        }
    }

    /// Goes through entries in their order, or back from the last of them.
    fn look<'e>(&mut self, entries: impl DoubleEndedIterator<Item = &'e Entry>) {
        match self.way {
            Way::Down => entries.for_each(|entry| self.look_at(entry)),
            Way::Up => entries.rev().for_each(|entry| self.look_at(entry)),
        }
    }

    /// Goes through what is loaded: where more follows, as far as is known what each call came to.
    fn look_through(&mut self, loaded: &Transcript, streaming: Option<&Entry>) {
        let entries = loaded.entries();
        let known = if self.way == Way::Down && loaded.cut {
            loaded.settled()
        } else {
            entries.len()
        };
        self.look(entries[..known].iter().chain(streaming));
    }

    fn look_at(&mut self, entry: &Entry) {
        let beyond = match self.way {
            Way::Down => entry.seq < self.from.0,
            Way::Up => entry.seq > self.from.0,
        };
        if self.left == 0 || beyond {
            return;
        }
        let mut places = self.kind.places(entry);
        if self.way == Way::Up {
            places.reverse();
        }
        for at in places {
            let place = (entry.seq, at);
            let on = match self.way {
                Way::Down => place > self.from,
                Way::Up => place < self.from,
            };
            if on && self.left > 0 {
                self.left -= 1;
                self.found = Some(place);
            }
        }
    }

    /// Begins to read the log beyond what is loaded.
    fn read_on(&mut self, loaded: &Transcript) -> (Fetch, Seq) {
        match self.way {
            Way::Down => {
                self.scratch = loaded.below();
                (Fetch::Below(self.number), loaded.last())
            }
            Way::Up => {
                self.scratch = loaded.above();
                let first = loaded.first().unwrap_or(Seq(u64::MAX));
                (Fetch::Above(self.number), first)
            }
        }
    }

    /// A page of the log; gives the event that the next page begins behind, or ends before, where one is wanted.
    fn read(&mut self, events: &[Event]) -> Option<Seq> {
        self.events += events.len();
        let full = events.len() >= SEARCH_PAGE as usize;
        let edge = match self.way {
            Way::Down => {
                for event in events {
                    self.scratch.apply(event);
                }
                events.last()
            }
            Way::Up => {
                self.scratch.prepend(events, SEARCH_PAGE as usize);
                events.first()
            }
        };
        let entries = match self.way {
            // What a call without its result is, only a later page tells, and nothing behind it comes before it.
            Way::Down if full => self.scratch.take_settled(),
            _ => self.scratch.take_all(),
        };
        self.look(entries.iter());
        edge.filter(|_| full && self.left > 0)
            .map(|event| event.seq)
    }

    /// How it stands, in words.
    pub fn said(&self) -> String {
        let name = self.kind.name();
        let way = match self.way {
            Way::Down => "further down",
            Way::Up => "further up",
        };
        match self.events {
            0 => format!("looking for a {name} {way}"),
            events => format!("looking for a {name} {way}, {events} events so far"),
        }
    }

    fn none(&self) -> String {
        let way = match self.way {
            Way::Down => "down",
            Way::Up => "up",
        };
        format!("no {} further {way}", self.kind.name())
    }
}

impl App {
    /// To the next place of a kind, or one before; the log is read for it where it is not loaded.
    pub fn leap(&mut self, by: i64, kind: Kind) -> Vec<Cmd> {
        if let Some(leap) = &self.view().leap {
            let said = leap.said();
            self.say(format!("{said}; Esc stops it"));
            return Vec::new();
        }
        let from = self.here().map(|(_, caret)| (caret.seq, caret.at));
        let number = self.number();
        let mut leap = Leap::new(number, kind, by, from.unwrap_or((Seq(u64::MAX), 0)));
        let view = self.view();
        let transcript = &view.transcript;
        // What streams stands behind all, which is not here yet.
        let streaming = view.streaming().filter(|_| !transcript.cut);
        leap.look_through(transcript, streaming.as_ref());
        let all = match leap.way {
            Way::Down => !transcript.cut,
            Way::Up => transcript.whole,
        };
        if leap.left == 0 || all || view.stage == Stage::Fresh {
            return self.land(&leap);
        }
        let (fetch, edge) = leap.read_on(transcript);
        let view = self.view_mut();
        view.leap = Some(leap);
        vec![fetch.ask(view.id, edge)]
    }

    /// A page of the log that a jump asked for.
    pub fn leapt(
        &mut self,
        id: SessionId,
        fetch: Fetch,
        number: u64,
        events: &[Event],
    ) -> Vec<Cmd> {
        let Some(view) = self.view_of(id) else {
            return Vec::new();
        };
        // A page for one that was stopped is nothing to the next.
        let Some(leap) = view.leap.as_mut().filter(|leap| leap.number == number) else {
            return Vec::new();
        };
        if let Some(edge) = leap.read(events) {
            return vec![fetch.ask(id, edge)];
        }
        let Some(leap) = view.leap.take() else {
            return Vec::new();
        };
        if self.pane().session != id || self.focus != Focus::Transcript {
            // Who has gone elsewhere is not taken away from there.
            return Vec::new();
        }
        self.land(&leap)
    }

    /// Goes to what was found, and reads the log there where it is not loaded.
    fn land(&mut self, leap: &Leap) -> Vec<Cmd> {
        let Some((seq, at)) = leap.found else {
            self.say(leap.none());
            return Vec::new();
        };
        let view = self.view();
        let streams = view.streaming().is_some_and(|entry| entry.seq == seq);
        if !streams && view.transcript.find(seq).is_none() {
            return self.fetch(Fetch::Around(seq, at));
        }
        self.pane_mut().eyes.go(seq, at);
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use uuid::Uuid;

    use super::*;
    use crate::protocol::call::{Outcome, ToolCall};
    use crate::protocol::event::Fact;
    use crate::protocol::id::CallId;
    use crate::protocol::item::Item;
    use crate::protocol::time::Time;

    /// A long log: calls that fail here and there, whose results come two events later, other calls between.
    fn log(failures: &[u64], length: u64) -> Vec<Event> {
        let call = |seq: u64| CallId::new(1, 1, usize::try_from(seq).unwrap_or_default());
        let item = |seq: u64| match seq {
            seq if seq > 2 && failures.contains(&(seq - 2)) => {
                let mut outcome = Outcome::done("boom");
                outcome.exit = Some(1);
                Item::Result {
                    call: call(seq - 2),
                    outcome,
                }
            }
            seq if failures.contains(&seq) => Item::Call(ToolCall {
                id: call(seq),
                wire_id: None,
                name: "bash".to_owned(),
                arguments: "{}".to_owned(),
                opaque: None,
            }),
            seq => Item::Notice {
                text: format!("event {seq}"),
            },
        };
        let event = |seq| Event {
            seq: Seq(seq),
            session: SessionId(Uuid::nil()),
            at: Time(0),
            fact: Fact::ItemAdded {
                turn: 1,
                step: 1,
                item: item(seq),
                imported: None,
            },
        };
        (1..=length).map(event).collect()
    }

    fn window(events: &[Event], from: usize, to: usize) -> Transcript {
        let mut window = Transcript::default();
        window.replace(&events[from..to], 0, to < events.len());
        window.whole = from == 0;
        window
    }

    /// Where a jump leads whose pages are read as the log gives them, and how many were.
    fn leapt(events: &[Event], loaded: (usize, usize), by: i64, from: u64) -> (Option<u64>, usize) {
        let loaded = window(events, loaded.0, loaded.1);
        let mut leap = Leap::new(1, Kind::Failure, by, (Seq(from), 0));
        leap.look_through(&loaded, None);
        let mut pages = 0;
        let (fetch, edge) = leap.read_on(&loaded);
        let mut edge = Some(edge).filter(|_| leap.left > 0);
        while let Some(at) = edge {
            pages += 1;
            let size = SEARCH_PAGE as usize;
            let page = if let Fetch::Below(_) = fetch {
                let start = events.partition_point(|event| event.seq <= at);
                &events[start..(start + size).min(events.len())]
            } else {
                let end = events.partition_point(|event| event.seq < at);
                &events[end.saturating_sub(size)..end]
            };
            edge = leap.read(page);
        }
        (leap.found.map(|(seq, _)| seq.0), pages)
    }

    #[test]
    fn the_log_is_read_until_the_place_is_found() {
        // The result of 2500 is on the next page down, and that of 1000 in what is loaded.
        let events = log(&[40, 1_000, 2_500, 2_501, 2_900], 4_000);
        let loaded = (1_001, 2_000);
        let cases = [
            (1, 1_500, (Some(2_500), 2)),
            (2, 1_500, (Some(2_501), 2)),
            (3, 1_500, (Some(2_900), 2)),
            (9, 1_500, (Some(2_900), 5)),
            (1, 2_900, (None, 5)),
            (-1, 1_500, (Some(1_000), 1)),
            (-2, 1_500, (Some(40), 2)),
            (-9, 1_500, (Some(40), 3)),
        ];
        for (by, from, expected) in cases {
            assert_eq!(
                leapt(&events, loaded, by, from),
                expected,
                "{by} from {from}"
            );
        }
        // A call at the foot of what is loaded whose result lies beyond.
        let (found, _) = leapt(&events, (1_001, 2_501), 1, 1_500);
        assert_eq!(found, Some(2_500));
        // Two at once there: the result of the second is loaded, and that of the first is not.
        let events = log(&[2_499, 2_500], 4_000);
        for (by, expected) in [(1, 2_499), (2, 2_500)] {
            let (found, _) = leapt(&events, (1_001, 2_500), by, 1_500);
            assert_eq!(found, Some(expected), "{by}");
        }
    }
}
