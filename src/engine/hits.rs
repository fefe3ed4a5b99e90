//! A question to memory as it was typed, and its answers as a person sees them.

use std::collections::BTreeMap;

use crate::agent::moment::Now;
use crate::agent::search_line::{narrow, parts};
use crate::engine::catalog::{Bound, Catalog};
use crate::engine::clock::local_zone;
use crate::memory::analysis::Analyser;
use crate::memory::ask::Question;
use crate::memory::document;
use crate::memory::limit::Limits;
use crate::memory::search::Answer;
use crate::memory::snippet;
use crate::protocol::event::{Event, Fact};
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::query::Page;
use crate::protocol::search::{Filters, Hit, Said, Search};
use crate::protocol::time::Time;
use crate::store::fault::StoreError;
use crate::store::memory::Heading;
use crate::store::read::Reader;

/// A question with its filters looked up in the log.
pub(crate) struct Asked {
    pub question: Question,
    /// Those that were given and those of the text.
    pub filters: Filters,
    /// `None` where nothing can fit: no such project.
    pub limits: Option<Limits>,
    pub now: Time,
}

impl Asked {
    /// `bound`: what it is kept to, whatever its text says.
    pub(crate) fn new(
        catalog: &Catalog,
        search: &Search,
        now: Time,
        bound: Option<Bound<'_>>,
    ) -> Result<Self, String> {
        let now = Now {
            time: now,
            zone: local_zone(),
        };
        let analyser = Analyser::default();
        let parts = parts(&search.text);
        let question = Question::new(&analyser, &parts, search.typing);
        let mut filters = search.filters.clone();
        narrow(&mut filters, &parts, &now)?;
        let who = filters
            .who
            .iter()
            .flat_map(|who| analyser.tokens(who))
            .map(|token| token.text);
        let mut limits = Limits {
            kinds: filters.kinds.clone(),
            sessions: None,
            since: filters.since.map(|time| time.0),
            until: filters.until.map(|time| time.0),
            who: who.collect(),
        };
        let by_session = bound.is_some()
            || filters.project.is_some()
            || filters.source.is_some()
            || filters.session.is_some();
        let mut nobody = false;
        if by_session {
            limits.sessions = catalog.within(&filters, bound);
            nobody = limits.sessions.is_none();
        }
        Ok(Self {
            question,
            filters,
            limits: (!nobody).then_some(limits),
            now: now.time,
        })
    }
}

/// The answers with what a person sees of them.
pub(crate) fn hits(
    reader: &Reader,
    question: &Question,
    answers: &[Answer],
) -> Result<Vec<Hit>, String> {
    let wanted: Vec<Seq> = answers.iter().map(|answer| Seq(answer.seq)).collect();
    let facts = reader.facts(&wanted).map_err(|error| error.to_string())?;
    let mut sessions: Vec<u64> = answers.iter().map(|answer| answer.session).collect();
    sessions.sort_unstable();
    sessions.dedup();
    let headings = reader
        .headings(&sessions)
        .map_err(|error| error.to_string())?;
    let facts: BTreeMap<u64, (u64, Event)> = facts
        .into_iter()
        .map(|(session, event)| (event.seq.0, (session, event)))
        .collect();
    let analyser = Analyser::default();
    let hits = answers.iter().filter_map(|answer| {
        let (session, event) = facts.get(&answer.seq)?;
        let heading = headings.get(session)?;
        hit(&analyser, question, answer, *session, event, heading)
    });
    Ok(hits.collect())
}

fn hit(
    analyser: &Analyser,
    question: &Question,
    answer: &Answer,
    session: u64,
    event: &Event,
    heading: &Heading,
) -> Option<Hit> {
    let document = document::of(event, session)?;
    let snippet = snippet::of(analyser, question, &document.text);
    let (turn, imported) = match &event.fact {
        Fact::ItemAdded { turn, imported, .. } => (*turn, imported.as_ref()),
        _ => (0, None),
    };
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Some(Hit {
        session: event.session,
        item: event.seq,
        kind: document.kind,
        who: document.who,
        role: document.role,
        at: event.at,
        project: heading.project.clone(),
        source: heading.source.clone(),
        score: answer.score,
        text: document.text,
        command: document::command_of(event),
        marks: snippet
            .marks
            .iter()
            .map(|mark| (place(mark.start), place(mark.end)))
            .collect(),
        snippet: snippet.text,
        title: heading.title.clone(),
        turn,
        external_id: imported
            .and_then(|imported| imported.external_id.clone())
            .filter(|id| !id.starts_with('#')),
        note: None,
    })
}

/// What was said around an item.
pub(crate) fn around(
    reader: &Reader,
    session: SessionId,
    item: Seq,
    items: u32,
) -> Result<Vec<Said>, StoreError> {
    // A step has facts that nobody said.
    let facts = items.saturating_mul(4);
    let next = Seq(item.0.saturating_add(1));
    let mut events = reader.history(session, Page::Before(Some(next)), facts)?;
    events.extend(reader.history(session, Page::After(item), facts)?);
    let said: Vec<Said> = events
        .iter()
        .filter(|event| matches!(event.fact, Fact::ItemAdded { .. }))
        .filter_map(|event| document::of(event, 0))
        .map(|document| Said {
            item: document.seq,
            kind: document.kind,
            role: document.role,
            who: document.who,
            text: document.text,
        })
        .collect();
    let at = said
        .iter()
        .position(|said| said.item >= item)
        .unwrap_or(said.len());
    let items = items as usize;
    let from = at.saturating_sub(items);
    Ok(said
        .into_iter()
        .skip(from)
        .take(at - from + items + 1)
        .collect())
}
