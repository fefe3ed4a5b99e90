//! Text in which every byte has a tone, and some belong to links: what rows are made of.

use std::ops::Range;
use std::sync::Arc;

use crate::tui::terminal::link::Link;
use crate::tui::widget::address::addresses;
use crate::tui::widget::paint::{Ink, Tone};

/// More text than this is not taken into one sheet; positions are 32 bits.
pub const MOST: usize = 1 << 30;

/// Text in which every byte has a tone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flat {
    text: String,
    runs: Vec<Run>,
    /// In their order; none where there are none, as in most texts.
    links: Vec<Linked>,
}

/// A stretch of text that is a link. Stretches rise; two of one link that touch may be one or two.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Linked {
    start: u32,
    end: u32,
    link: Arc<Link>,
}

/// A stretch of text of one tone, up to `end`. Ends rise, and the last is the text's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    end: u32,
    tone: Tone,
}

impl Flat {
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn len(&self) -> usize {
        self.text.len()
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub fn put(&mut self, text: &str, tone: impl Into<Tone>) {
        if text.is_empty() || self.text.len() + text.len() > MOST {
            return;
        }
        let tone = tone.into();
        self.text.push_str(text);
        let end = self.text.len() as u32;
        match self.runs.last_mut() {
            Some(run) if run.tone == tone => run.end = end,
            _ => self.runs.push(Run { end, tone }),
        }
    }

    /// Says that a part of what was put is a link; what is one already, or stands before one, stays as it is.
    pub fn link(&mut self, part: &Range<usize>, link: &Arc<Link>) {
        let known = self.links.last().map_or(0, |last| last.end);
        let start = known.max(part.start as u32);
        let end = part.end.min(self.text.len()) as u32;
        if start >= end {
            return;
        }
        match self.links.last_mut() {
            Some(last) if last.end == start && last.link == *link => last.end = end,
            _ => self.links.push(Linked {
                start,
                end,
                link: Arc::clone(link),
            }),
        }
    }

    /// The links of a part, each with the bytes of the text that it reaches over within that part.
    pub fn links(&self, part: &Range<usize>) -> impl Iterator<Item = (Range<usize>, &Arc<Link>)> {
        let first = self
            .links
            .partition_point(|linked| linked.end as usize <= part.start);
        let (start, end) = (part.start, part.end);
        self.links[first..]
            .iter()
            .take_while(move |linked| (linked.start as usize) < end)
            .map(move |linked| {
                let own = (linked.start as usize).max(start)..(linked.end as usize).min(end);
                (own, &linked.link)
            })
            // A part without text, as a blank row between two links to one place, has none.
            .filter(|(own, _)| !own.is_empty())
    }

    /// Takes over a part of another text with its tones.
    pub fn put_part(&mut self, other: &Self, part: Range<usize>) {
        if self.text.len() + part.len() > MOST {
            return;
        }
        let (at, from) = (self.text.len(), part.start);
        other.each(part.clone(), &mut |text, tone| self.put(text, tone));
        for (own, link) in other.links(&part) {
            self.link(&(at + own.start - from..at + own.end - from), link);
        }
    }

    #[must_use]
    pub fn clone_part(&self, part: Range<usize>) -> Self {
        let mut copy = Self::default();
        copy.put_part(self, part);
        copy
    }

    /// The same text in other tones.
    #[must_use]
    pub fn toned(&self, other: &dyn Fn(Tone) -> Tone) -> Self {
        let mut toned = Self {
            links: self.links.clone(),
            ..Self::default()
        };
        self.each(0..self.len(), &mut |text, tone| {
            toned.put(text, other(tone));
        });
        toned
    }

    /// Makes links of the addresses that stand in the text as they are, unless they touch what is a link already.
    pub fn link_addresses(&mut self) {
        // Nearly all texts have none.
        if !self.text.contains("://") {
            return;
        }
        let mut linked = Self::default();
        let mut at = 0;
        for part in addresses(&self.text) {
            let free = self.links(&part).next().is_none();
            let Some(link) = Link::new(&self.text[part.clone()]).filter(|_| free) else {
                continue;
            };
            linked.put_part(self, at..part.start);
            self.each(part.clone(), &mut |text, tone| {
                let plain = tone.ink == Ink::Text;
                linked.put(
                    text,
                    Tone {
                        ink: if plain { Ink::Link } else { tone.ink },
                        ..tone
                    },
                );
            });
            linked.link(&part, &link);
            at = part.end;
        }
        if at > 0 {
            linked.put_part(self, at..self.len());
            *self = linked;
        }
    }

    pub fn truncate(&mut self, length: usize) {
        if length < self.text.len() {
            self.text.truncate(length);
            let whole = self.runs.partition_point(|run| (run.end as usize) < length);
            self.runs.truncate(whole + usize::from(length > 0));
            if let Some(run) = self.runs.last_mut() {
                run.end = length as u32;
            }
            while let Some(last) = self.links.pop_if(|last| last.end as usize > length) {
                self.link(&(last.start as usize..length), &last.link);
            }
        }
    }

    pub fn clear(&mut self) {
        self.text.clear();
        self.runs.clear();
        self.links.clear();
    }

    /// The bytes of memory held.
    pub fn size(&self) -> usize {
        self.text.capacity()
            + self.runs.capacity() * size_of::<Run>()
            + self.links.capacity() * size_of::<Linked>()
    }

    pub fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.runs.shrink_to_fit();
        self.links.shrink_to_fit();
    }

    /// The tone of a byte.
    pub fn tone(&self, at: usize) -> Option<Tone> {
        let run = self.runs.partition_point(|run| run.end as usize <= at);
        self.runs.get(run).map(|run| run.tone)
    }

    /// The stretches of one tone within a part.
    pub fn each<'a>(&'a self, part: Range<usize>, then: &mut dyn FnMut(&'a str, Tone)) {
        let mut at = part.start;
        let first = self.runs.partition_point(|run| run.end as usize <= at);
        for run in &self.runs[first..] {
            if at >= part.end {
                break;
            }
            let end = (run.end as usize).min(part.end);
            then(&self.text[at..end], run.tone);
            at = end;
        }
    }
}
