//! What the dialects share in reading an answer: events into JSON, the end that came or did not, and the one last chunk.
//! What an event means is the dialect's own matter (`Assembly`).

use serde_json::Value;

use crate::config::Wire;
use crate::protocol::failure::{Failure, FailureKind, Stop};
use crate::protocol::reply::Reply;
use crate::protocol::usage::Usage;
use crate::provider::Chunk;
use crate::provider::envelope::excerpt;
use crate::provider::framing::Framing;
use crate::provider::mistaken;
use crate::provider::settled::{is_cut, lengthen, overflow};
use crate::provider::sse::Event;
use crate::provider::surrogate;

/// The most parts one answer may have: texts, calls, blocks, items. An honest one has some tens; each event is looked for among
/// the parts before it, so that without a bound a broken server could keep the machine busy for hours.
pub(crate) const MOST_PARTS: usize = 1000;

/// The longest name of a tool that is shown while its call grows, in bytes.
const LONGEST_NAME: usize = 256;

/// The growth of a call. Of a name that is none only the beginning is told, with every piece.
pub(crate) fn growth(name: &str, bytes: usize) -> Chunk {
    Chunk::CallGrows {
        name: name[..name.floor_char_boundary(LONGEST_NAME)].to_owned(),
        bytes: bytes as u64,
    }
}

/// After how many events in a row that were more than text no further one is tried as such: some servers have something more in
/// every one.
const TRIED: u32 = 16;

/// An answer being put together.
pub(crate) trait Assembly: Send + std::fmt::Debug {
    /// The wire whose answers it reads.
    fn wire(&self) -> Wire;

    /// An event that brings nothing but more text, read the quick way. False when it is any other: then nothing was taken.
    fn piece(&mut self, _text: &str, _chunks: &mut Vec<Chunk>) -> bool {
        false
    }

    /// One event; `text` is the JSON it was read from. An error is the server's own, or says what cannot be understood.
    fn event(
        &mut self,
        name: &str,
        event: &Value,
        text: &str,
        chunks: &mut Vec<Chunk>,
    ) -> Result<(), Failure>;

    /// The mark `[DONE]` has come.
    fn done(&mut self);

    /// Nothing more comes: what was held back until it was clear what it is has to be told.
    fn flush(&mut self, _chunks: &mut Vec<Chunk>) {}

    /// The answer said why it stopped: a body that ends now ended well.
    fn is_over(&self) -> bool;

    /// The dialect's own mark of the end has come; nothing that matters follows.
    fn is_closed(&self) -> bool;

    /// What a body is that ended without anything of an answer in it, where that can be told from one that broke off.
    fn stranger(&self) -> Option<Failure> {
        None
    }

    /// What makes an answer that ended a failure all the same.
    fn fault(&self) -> Option<Failure>;

    /// How many parts have come. Beyond [`MOST_PARTS`] none needs to be kept any more.
    fn parts(&self) -> usize;

    /// What has come; `whole` when the answer ended as it should.
    fn reply(&self, whole: bool) -> Reply;

    /// What was counted so far, in the dialects that count before the end of an answer.
    fn usage(&self) -> Option<Usage> {
        None
    }

    /// The usage object itself and what else its price goes by, where [`Assembly::usage`] tells one.
    fn counts(&self) -> Reply {
        Reply::default()
    }
}

/// Whether more bytes are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    More,
    /// It was said why the answer stopped, and there is one. What comes soon is still of it: usage mostly does, and errors may.
    Late,
    /// All that matters is there; late usage may follow, and a connection read to its end can be used again.
    Rest,
    /// The answer cannot be understood any more.
    Nothing,
}

/// How far an answer has come, by what was said of its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    Speaking,
    /// It was said why it stopped, and nothing of it has come since.
    Ended,
    /// That was said beside more of the answer, which some servers do with every piece.
    EndedSpeaking,
    /// More of the answer came after it was said why it stopped: only the end of the body is believed then.
    Resumed,
}

/// Turns the bytes of one answer into chunks. It does no IO and knows no time; however the bytes are cut, what it gives adds
/// up to the same, and the last chunk is the only `Done` or `Failed`.
#[derive(Debug)]
pub struct Decoder {
    framing: Framing,
    dialect: Box<dyn Assembly>,
    failure: Option<Failure>,
    wants: Wants,
    course: Course,
    events: u64,
    /// Something came of it that is more than an error or the mark of the end, whatever was in it.
    begun: bool,
    /// The wire that what came instead of an answer is of.
    other: Option<Wire>,
    /// Events in a row that were not read the quick way.
    missed: u32,
    /// Tokens of the window, where only the count of the prompt tells that it was longer.
    window: Option<u64>,
    /// All that was asked to be cached was asked to be kept for the longer life.
    long: bool,
    /// The most tokens the answer was asked to have.
    most_output: Option<u64>,
    /// The usage that was told last before the end.
    counted: Option<Usage>,
}

impl Decoder {
    /// Of an answer that comes as server-sent events.
    pub(crate) fn new(dialect: impl Assembly + 'static) -> Self {
        Self::framed(Framing::sse(), dialect)
    }

    pub(crate) fn framed(framing: Framing, dialect: impl Assembly + 'static) -> Self {
        Self {
            framing,
            dialect: Box::new(dialect),
            failure: None,
            wants: Wants::More,
            course: Course::Speaking,
            events: 0,
            begun: false,
            other: None,
            missed: 0,
            window: None,
            long: false,
            most_output: None,
            counted: None,
        }
    }

    /// Holds the answer to a window of so many tokens: one to a longer prompt is none.
    pub(crate) fn held_to(self, window: Option<u64>) -> Self {
        Self { window, ..self }
    }

    /// The most tokens the answer was asked to have: one that has as many was cut, whatever its server says of its end.
    pub(crate) fn limited_to(self, most_output: u64) -> Self {
        let most_output = Some(most_output);
        Self {
            most_output,
            ..self
        }
    }

    /// Whether all marks of the request were of the longer life: what is told as written, and not for how long, is of it then.
    pub(crate) fn written_long(self, long: bool) -> Self {
        Self { long, ..self }
    }

    /// Takes the next bytes of the body and appends what they bring.
    pub fn feed(&mut self, bytes: &[u8], chunks: &mut Vec<Chunk>) {
        if self.wants == Wants::Nothing {
            return;
        }
        let mut events = Vec::new();
        let fed = self.framing.feed(bytes, &mut events);
        for event in events {
            self.take(&event, chunks);
        }
        if let Err(too_large) = fed {
            // So much of it came that it is paid for.
            self.begun = true;
            self.fail(
                Failure::new(FailureKind::Protocol, too_large.to_string()),
                Wants::Nothing,
            );
        }
    }

    /// The wire whose answers it reads.
    pub fn wire(&self) -> Wire {
        self.dialect.wire()
    }

    /// How the body must be cut.
    pub fn framing(&self) -> &Framing {
        &self.framing
    }

    /// Takes a whole body that is no stream but JSON, as servers and gateways send it that do not stream: one answer in one
    /// piece, or a list of what would have been the events. False when it is no answer; nothing was taken then.
    pub fn whole(&mut self, body: &str, chunks: &mut Vec<Chunk>) -> bool {
        let Ok(value) = serde_json::from_str::<Value>(body) else {
            return false;
        };
        let events = value
            .as_array()
            .map_or(std::slice::from_ref(&value), Vec::as_slice);
        let before = chunks.len();
        for (index, event) in events.iter().enumerate() {
            // The text of a list's part is not at hand; what is read from it digit by digit is in no list.
            if let Err(failure) = self.dialect.event("", event, body, chunks) {
                if index == 0 {
                    return false;
                }
                self.fail(failure, Wants::Rest);
                return true;
            }
            if self.is_too_much() {
                return true;
            }
        }
        let is_over = self.dialect.is_over();
        if !is_over {
            chunks.truncate(before);
        }
        is_over
    }

    pub fn wants(&self) -> Wants {
        self.wants
    }

    /// How many events brought something: pings and comments do not count.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Whether the model has begun to answer: something was told, or a part is open that has nothing in it yet.
    pub fn has_begun(&self) -> bool {
        self.events > 0 || self.dialect.parts() > 0
    }

    /// Whether more of an answer whose end is known is likely: text, where its end came with a piece of it, or the usage that
    /// it was asked to tell.
    pub fn may_go_on(&self) -> bool {
        self.wants == Wants::Late
            && (self.course == Course::EndedSpeaking || self.dialect.reply(true).usage.is_none())
    }

    /// Whether all of it has come that can: an answer that did not fail, its usage, and the dialect's own mark of the end.
    pub fn is_complete(&self) -> bool {
        let is_closed = self.failure.is_none() && self.dialect.is_closed();
        is_closed && self.dialect.reply(true).usage.is_some()
    }

    /// Whether nothing is missing but the usage, after the model's last word.
    pub fn waits_for_usage(&self) -> bool {
        self.may_go_on() && self.course == Course::Ended
    }

    /// The body has ended: appends the last chunk.
    pub fn finish(mut self, chunks: &mut Vec<Chunk>) {
        if let Some(event) = std::mem::replace(&mut self.framing, Framing::sse()).finish()
            && self.wants != Wants::Nothing
            // An event cut in the middle is an answer that broke off, not one that is not understood.
            && (is_done(&event) || serde_json::from_str::<serde::de::IgnoredAny>(&event.data).is_ok())
        {
            self.take(&event, chunks);
        }
        self.dialect.flush(chunks);
        let failure = self.failure.take().or_else(|| {
            if self.dialect.is_over() {
                self.dialect.fault()
            } else {
                Some(self.stranger().unwrap_or_else(|| {
                    Failure::new(
                        FailureKind::Network,
                        "the answer broke off before its end: ask again",
                    )
                }))
            }
        });
        self.end(failure, chunks);
    }

    /// The connection failed: appends the last chunk. An answer that was over before is not spoilt by it.
    pub fn break_off(mut self, failure: Failure, chunks: &mut Vec<Chunk>) {
        self.dialect.flush(chunks);
        let failure = match self.failure.take() {
            Some(failure) => Some(failure),
            None if self.dialect.is_over() => self.dialect.fault(),
            None => Some(self.stranger().unwrap_or(failure)),
        };
        self.end(failure, chunks);
    }

    /// What a body is that had nothing of an answer in it.
    fn stranger(&self) -> Option<Failure> {
        let other = self.other.filter(|_| !self.has_begun());
        other
            .map(mistaken::fault)
            .or_else(|| self.dialect.stranger())
    }

    /// The one last chunk.
    fn end(&self, failure: Option<Failure>, chunks: &mut Vec<Chunk>) {
        let too_long = |window| overflow(&self.dialect.reply(true), window);
        let failure = failure.or_else(|| self.window.and_then(too_long));
        let mut reply = self.dialect.reply(failure.is_none());
        let is_refused = |failure: &Failure| self.is_refusal(failure, &reply);
        let begun = failure.as_ref().is_some_and(|failure| !is_refused(failure));
        reply.begun = begun && self.begun && self.dialect.stranger().is_none();
        if self.long {
            lengthen(&mut reply);
        }
        if self.most_output.is_some_and(|most| is_cut(&reply, most)) {
            reply.stop = Some(Stop::Length);
        }
        chunks.push(match failure {
            None => Chunk::Done(reply),
            Some(failure) => Chunk::Failed {
                failure,
                partial: reply,
            },
        });
    }

    /// Whether the server refused the request within an answer of which nothing had come: as the same with a status of its own
    /// would, it costs nothing.
    fn is_refusal(&self, failure: &Failure, reply: &Reply) -> bool {
        let kind = matches!(
            failure.kind,
            FailureKind::TooLong
                | FailureKind::Overloaded
                | FailureKind::Rate
                | FailureKind::Auth
                | FailureKind::BadRequest
        );
        let counted = reply.usage.is_some_and(|usage| usage != Usage::default());
        kind && !counted && !self.has_begun()
    }

    fn take(&mut self, event: &Event, chunks: &mut Vec<Chunk>) {
        if self.wants == Wants::Nothing || event.data.trim().is_empty() {
            return;
        }
        let (before, parts) = (chunks.len(), self.dialect.parts());
        let mut counted = None;
        if is_done(event) {
            self.dialect.done();
        } else if self.take_piece(event, chunks) {
            self.begun = true;
        } else {
            let (read, text) = surrogate::read(&event.data);
            match read {
                Ok(value) if self.failure.is_none() => {
                    if self.other.is_none() && !self.has_begun() {
                        let other = mistaken::wire_of(&value);
                        self.other = other.filter(|wire| *wire != self.dialect.wire());
                    }
                    let before = chunks.len();
                    let taken = self.dialect.event(&event.name, &value, &text, chunks);
                    self.events += u64::from(chunks.len() > before);
                    self.begun |= taken.is_ok();
                    counted = self.count();
                    if let Err(failure) = taken {
                        self.fail(failure, Wants::Rest);
                    } else if self.is_too_much() {
                        return;
                    }
                }
                Ok(value) => {
                    // Usage may still come after an error; anything else is late.
                    let _ = self
                        .dialect
                        .event(&event.name, &value, &text, &mut Vec::new());
                }
                // After its end an answer is not judged any more.
                Err(_) if self.wants == Wants::Rest => {}
                Err(error) => {
                    self.begun = true;
                    let text = format!(
                        "the answer has an event that is not JSON ({error}): {}",
                        excerpt(&event.data)
                    );
                    self.fail(Failure::new(FailureKind::Protocol, text), Wants::Nothing);
                }
            }
        }
        let has_more = chunks.len() > before || self.dialect.parts() > parts;
        chunks.extend(counted);
        self.course = match (self.course, self.dialect.is_over()) {
            (Course::Ended | Course::EndedSpeaking, _) if has_more => Course::Resumed,
            (Course::Speaking, true) if has_more => Course::EndedSpeaking,
            (Course::Speaking, true) => Course::Ended,
            (course, _) => course,
        };
        let ended = matches!(self.course, Course::Ended | Course::EndedSpeaking);
        self.wants = match self.wants {
            Wants::More | Wants::Late if self.dialect.is_closed() => Wants::Rest,
            // Of one that has not begun nothing is known but that its server is odd: it is waited for as before.
            Wants::More | Wants::Late if ended && self.has_begun() => Wants::Late,
            Wants::More | Wants::Late => Wants::More,
            wants => wants,
        };
    }

    /// What the server counts by now, where that is news.
    fn count(&mut self) -> Option<Chunk> {
        let usage = self.dialect.usage()?;
        if self.counted.replace(usage) == Some(usage) {
            return None;
        }
        let mut counts = self.dialect.counts();
        if self.long {
            lengthen(&mut counts);
        }
        Some(Chunk::Counted(Box::new(counts)))
    }

    fn take_piece(&mut self, event: &Event, chunks: &mut Vec<Chunk>) -> bool {
        if self.failure.is_some() || self.missed >= TRIED {
            return false;
        }
        let before = chunks.len();
        let taken = self.dialect.piece(&event.data, chunks);
        self.missed = if taken { 0 } else { self.missed + 1 };
        self.events += u64::from(chunks.len() > before);
        taken
    }

    /// Whether the answer has more parts than any has; it has failed then.
    fn is_too_much(&mut self) -> bool {
        let is_too_much = self.dialect.parts() > MOST_PARTS;
        if is_too_much {
            let text = format!("the answer has more than {MOST_PARTS} parts, which no model makes");
            self.fail(Failure::new(FailureKind::Protocol, text), Wants::Nothing);
        }
        is_too_much
    }

    fn fail(&mut self, failure: Failure, wants: Wants) {
        if self.failure.is_none() {
            self.failure = Some(failure);
        }
        self.wants = wants;
    }
}

fn is_done(event: &Event) -> bool {
    event.data.trim() == "[DONE]"
}
