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
use crate::protocol::search::{By, Facet, Filters, Hit, Said, Search};
use crate::protocol::time::Time;
use crate::store::fault::StoreError;
use crate::store::memory::Heading;
use crate::store::read::Reader;

/// A question with its filters looked up in the log.
pub(crate) struct Asked {
    pub question: Question,
    /// Those that were given and those of the text.
    pub filters: Filters,
    /// Where nothing can fit, why: no such project.
    pub limits: Result<Limits, String>,
    /// By what the hits are kept to some.
    pub kept: Vec<By>,
}

impl Asked {
    /// `besides`: as if the question did not keep hits by this. `bound`: what it is kept to, whatever its text says.
    pub(crate) fn new(
        catalog: &Catalog,
        search: &Search,
        now: Time,
        (besides, bound): (Option<By>, Option<Bound<'_>>),
    ) -> Result<Self, String> {
        let analyser = Analyser::default();
        let parts = parts(&search.text);
        let question = Question::new(&analyser, &parts, search.typing);
        let mut filters = search.filters.clone();
        let now = Now {
            time: now,
            zone: local_zone(),
        };
        narrow(&mut filters, &parts, &now)?;
        let kept = By::ALL.into_iter().filter(|by| keeps(&filters, *by));
        let kept = kept.collect();
        match besides {
            None => {}
            Some(By::Kind) => filters.kinds.clear(),
            Some(By::Project) => filters.project = None,
            Some(By::Source) => filters.source = None,
            Some(By::Who) => filters.who = None,
        }
        Ok(Self {
            limits: limits(catalog, &analyser, &filters, bound),
            question,
            filters,
            kept,
        })
    }
}

fn keeps(filters: &Filters, by: By) -> bool {
    match by {
        By::Kind => !filters.kinds.is_empty(),
        By::Project => filters.project.is_some(),
        By::Source => filters.source.is_some(),
        By::Who => filters.who.is_some(),
    }
}

/// What filters come to; else which of them fits no session of the log.
fn limits(
    catalog: &Catalog,
    analyser: &Analyser,
    filters: &Filters,
    bound: Option<Bound<'_>>,
) -> Result<Limits, String> {
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
    if let (Some(since), Some(until)) = (limits.since, limits.until)
        && since >= until
    {
        return Err("since: is later than until:".to_owned());
    }
    let by_session = bound.is_some()
        || filters.project.is_some()
        || filters.source.is_some()
        || filters.session.is_some();
    if by_session {
        limits.sessions = catalog.within(filters, bound);
        if limits.sessions.is_none() {
            let none = alone(filters)
                .into_iter()
                .find(|(alone, _)| catalog.within(alone, bound).is_none());
            return Err(none.map_or_else(
                || "no session fits all of project:, source: and session:".to_owned(),
                |(_, why)| why,
            ));
        }
    }
    Ok(limits)
}

/// Each filter by what a session is called, by itself, with what is said where it fits none.
fn alone(filters: &Filters) -> Vec<(Filters, String)> {
    let mut alone = Vec::new();
    if let Some(part) = &filters.project {
        let one = Filters {
            project: filters.project.clone(),
            ..Filters::default()
        };
        alone.push((one, format!("no project's folder holds `{part}`")));
    }
    if let Some(source) = &filters.source {
        let one = Filters {
            source: filters.source.clone(),
            ..Filters::default()
        };
        alone.push((one, format!("there is no session of `{source}`")));
    }
    if let Some(part) = &filters.session {
        let one = Filters {
            session: filters.session.clone(),
            ..Filters::default()
        };
        alone.push((one, format!("no session's id holds `{part}`")));
    }
    alone
}

/// The answers with what a person sees of them.
pub(crate) fn hits(
    reader: &Reader,
    question: &Question,
    answers: &[Answer],
) -> Result<Vec<Hit>, String> {
    let analyser = Analyser::default();
    seen(reader, answers, |answer, session, event, heading| {
        hit(&analyser, question, answer, session, event, heading)
    })
}

/// How many of the answers there are of each name.
pub(crate) fn counted(reader: &Reader, answers: &[Answer], by: By) -> Result<Facet, String> {
    let names = seen(reader, answers, |_, session, event, heading| {
        Some(match by {
            By::Project => heading.project.clone(),
            By::Source => heading.source.clone(),
            By::Kind => document::of(event, session)?.kind.name().to_owned(),
            By::Who => document::of(event, session)?.who,
        })
    })?;
    Ok(facet(by, names.iter().map(String::as_str)))
}

/// The same of hits that are there.
pub(crate) fn facets(hits: &[Hit]) -> impl Iterator<Item = Facet> + '_ {
    By::ALL.into_iter().map(|by| {
        let name = move |hit: &Hit| match by {
            By::Kind => hit.kind.name().to_owned(),
            By::Project => hit.project.clone(),
            By::Source => hit.source.clone(),
            By::Who => hit.who.clone(),
        };
        let names: Vec<String> = hits.iter().map(name).collect();
        facet(by, names.iter().map(String::as_str))
    })
}

/// Of a project the last name of its folder.
fn facet<'n>(by: By, names: impl Iterator<Item = &'n str>) -> Facet {
    let mut counts: Vec<(String, u32)> = Vec::new();
    for name in names {
        let name = match by {
            By::Project => name.trim_end_matches('/').rsplit('/').next(),
            By::Kind | By::Source | By::Who => Some(name),
        };
        let name = name.unwrap_or_default().trim();
        match counts.iter_mut().find(|(known, _)| known == name) {
            _ if name.is_empty() => {}
            Some((_, count)) => *count += 1,
            None => counts.push((name.to_owned(), 1)),
        }
    }
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Facet { by, counts }
}

/// What is made of each answer whose fact is still there, in their order.
fn seen<T>(
    reader: &Reader,
    answers: &[Answer],
    made: impl Fn(&Answer, u64, &Event, &Heading) -> Option<T>,
) -> Result<Vec<T>, String> {
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
    let made = answers.iter().filter_map(|answer| {
        let (session, event) = facts.get(&answer.seq)?;
        let heading = headings.get(session)?;
        made(answer, *session, event, heading)
    });
    Ok(made.collect())
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
        marks: snippet.told_marks(),
        snippet: snippet.text,
        title: heading.title.clone(),
        turn,
        external_id: imported
            .and_then(|imported| imported.external_id.clone())
            .filter(|id| !id.starts_with('#')),
        beside: answer.words == 0 && !question.words.is_empty(),
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
