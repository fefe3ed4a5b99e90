//! Takes in what another home of Creel has: its sessions with all their facts under their own ids, its notes, and its rules as
//! proposals. That home is only read.
//!
//! A session is known by its id and its facts by their kinds and times: what is here is the beginning of what is there, and then the
//! rest is added, or it has gone on here, and then it stays. So twice adds nothing, and a kill costs nothing.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::agent::digest;
use crate::agent::session::Session;
use crate::engine::belongings::config_folder;
use crate::engine::effect::derive;
use crate::engine::house::House;
use crate::engine::import::home::{Other, find, is_same};
use crate::engine::import::rules::proposed;
use crate::engine::import::standing::{Standing, ended, items, pieces, standing};
use crate::engine::import::{TELL, alone, note_problem, notes};
use crate::engine::open::folded;
use crate::engine::redaction::redacted;
use crate::picture;
use crate::protocol::call::Outcome;
use crate::protocol::event::{Event, Fact, Signal};
use crate::protocol::id::SessionId;
use crate::protocol::import::{HomeProgress, HomeReport, ImportNews, Reached, Report};
use crate::protocol::item::Item;
use crate::protocol::money::Money;
use crate::protocol::rule::By;
use crate::protocol::time::Time;
use crate::store::Batch;
use crate::store::imports::Import;
use crate::store::kin::{Kin, Origin, Outlined, Past};
use crate::store::read::Reader;

/// Bytes of outputs that are kept in one piece.
const TOGETHER: usize = 16 << 20;

/// Takes in what a home has that this one has not, until it is told to stop.
pub(crate) async fn import(house: &Arc<House>, path: PathBuf) -> Result<HomeReport, String> {
    let _lock = alone(house)?;
    house.imports.begin();
    // What one that was killed has left.
    let swept = house.log.sweep().await;
    swept.map_err(|error| error.to_string())?;
    let db = house.db.clone();
    let from = path.display().to_string();
    let opened = tokio::task::spawn_blocking(move || {
        let other = find(&path)?;
        if is_same(&other.log, &db) {
            return Err(format!("{} is this home itself", path.display()));
        }
        let kin = Kin::open(&other.log)?;
        let sessions = kin.sessions()?;
        Ok((other, kin, sessions))
    });
    let (other, kin, sessions) = opened.await.map_err(|error| error.to_string())??;
    let kin = Arc::new(Mutex::new(kin));
    let mut told = HomeReport::default();
    told.report.reached.of_files = sessions.len() as u64;
    let mut last = None;
    let mut origins = BTreeMap::new();
    for session in sessions {
        tell(house, &told.report, &mut last);
        let took = take(
            house,
            &kin,
            (&other, session),
            (&mut told.report, &mut origins),
        )
        .await?;
        let reached = &mut told.report.reached;
        reached.files += u64::from(took == Took::Whole);
        if reached.files < reached.of_files && house.imports.stops() {
            told.report.stopped = true;
            return Ok(told);
        }
    }
    // Not before: what answers took of sessions that are yet to come would be counted as there, and be nowhere.
    for (session, origin) in origins.into_values() {
        keep_spent(house, &kin, session, origin).await?;
    }
    let theirs = ask(&kin, Kin::rules).await?;
    let ours = house.read(Reader::kept_rules).await?;
    told.rules = proposed(&theirs, &ours, house.clock.now());
    if let Some(config) = other.config {
        let (here, redactor) = (config_folder(&house.paths).to_owned(), house.redactor());
        let taken =
            tokio::task::spawn_blocking(move || notes::take_in(&config, &here, &from, &redactor));
        let taken = taken.await.map_err(|error| error.to_string())?;
        told.notes = taken.lines;
        for (path, why) in taken.faults {
            note_problem(&mut told.report, path, why);
        }
    }
    Ok(told)
}

/// Tells how far it is, now and then.
fn tell(house: &House, report: &Report, last: &mut Option<Instant>) {
    if last.is_some_and(|last| last.elapsed() < TELL) {
        return;
    }
    *last = Some(Instant::now());
    let Reached {
        files, of_files, ..
    } = report.reached;
    let progress = HomeProgress {
        sessions: files,
        of_sessions: of_files,
        taken: report.sessions,
        items: report.items,
    };
    house.tell(Signal::Import(ImportNews::Home(progress)));
}

async fn ask<T: Send + 'static>(
    kin: &Arc<Mutex<Kin>>,
    question: impl FnOnce(&Kin) -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let kin = Arc::clone(kin);
    let answered = tokio::task::spawn_blocking(move || {
        question(&kin.lock().unwrap_or_else(PoisonError::into_inner))
    });
    answered.await.map_err(|error| error.to_string())?
}

/// What became of a session.
#[derive(Debug, PartialEq, Eq)]
enum Took {
    Whole,
    /// The rest comes with the next import.
    Stopped,
}

async fn take(
    house: &Arc<House>,
    kin: &Arc<Mutex<Kin>>,
    (other, id): (&Other, SessionId),
    (report, origins): (&mut Report, &mut Origins),
) -> Result<Took, String> {
    let looked = ask(kin, move |kin| {
        Ok((kin.is_temporary(id)?, kin.outline(id)?, kin.origin(id)?))
    });
    let (temporary, mut outline, origin) = looked.await?;
    // One that was cut is closed there first.
    let over = ended(&outline).len();
    let cut = over < outline.len();
    outline.truncate(over);
    // A temporary one is to be forgotten there, so nobody else keeps it.
    if temporary {
        return Ok(Took::Whole);
    }
    // Where somebody works in it, it comes with the next import.
    if cut && ask(kin, |kin| Ok(kin.is_closed())).await? {
        let why = format!(
            "session {}: its last turn is not over there and is left out; once Creel has closed it there, import again",
            id.short()
        );
        note_problem(report, other.log.clone(), why);
    }
    if outline.is_empty() {
        return Ok(Took::Whole);
    }
    let all = items(&outline);
    // What was deleted here was deleted on purpose.
    if house.read(move |reader| reader.is_purged(id)).await? {
        report.already += all;
        return Ok(Took::Whole);
    }
    if let Some(Origin { source, name, .. }) = origin.clone() {
        let known = house
            .read(move |reader| reader.imported(&source, &name))
            .await?;
        // It was taken in here from that program itself, where what it writes later comes from too.
        if known.is_some_and(|known| known.session != id || known.purged) {
            report.already += all;
            return Ok(Took::Whole);
        }
    }
    let ours = house.read(move |reader| reader.marks(id)).await?;
    let held = match standing(&ours, &outline) {
        Standing::Here => {
            // An import that was stopped may have come no further than its facts.
            origins.extend(origin.map(|origin| (origin.source.clone(), (id, origin))));
            report.already += all;
            return Ok(Took::Whole);
        }
        Standing::Apart(same) => Err((
            same,
            "it went on in both homes: here it stays as it is".to_owned(),
        )),
        Standing::Rest(from) => match house.hold(id).await {
            Ok(held) => Ok((from, held)),
            Err(why) => Err((from, why)),
        },
    };
    let (from, held) = match held {
        Ok(held) => held,
        Err((same, why)) => {
            let why = format!("session {}: {why}", id.short());
            note_problem(report, other.log.clone(), why);
            report.already += items(&outline[..same]);
            return Ok(Took::Whole);
        }
    };
    if house.read(move |reader| reader.marks(id)).await? != ours {
        let why = "was changed meanwhile: try again";
        return Err(format!("session {} {why}", id.short()));
    }
    report.already += items(&outline[..from]);
    if let Some(origin) = &origin {
        origins.insert(origin.source.clone(), (id, origin.clone()));
    }
    let rest = Rest {
        house,
        kin,
        id,
        origin,
    };
    let (took, unread) = rest.take((&outline, from), report).await?;
    let is_kept = unread < (outline.len() - from) as u64;
    report.sessions += u64::from(ours.is_empty() && is_kept);
    if unread > 0 {
        let why = format!("{unread} facts of session {} cannot be read", id.short());
        note_problem(report, other.log.clone(), why);
    }
    drop(held);
    Ok(took)
}

/// What of a session is to be taken in.
struct Rest<'a> {
    house: &'a Arc<House>,
    kin: &'a Arc<Mutex<Kin>>,
    id: SessionId,
    /// Of another program.
    origin: Option<Origin>,
}

impl Rest<'_> {
    /// Takes it in piece by piece; tells how many facts cannot be read.
    async fn take(
        self,
        (outline, from): (&[Outlined], usize),
        report: &mut Report,
    ) -> Result<(Took, u64), String> {
        let (house, id) = (self.house, self.id);
        let (mut blobs, named) = self.blobs().await?;
        let rest = &outline[from..];
        let mut unread = 0;
        for piece in pieces(rest) {
            if piece.start > 0 && house.imports.stops() {
                return Ok((Took::Stopped, unread));
            }
            let until = from + piece.end;
            let part = rest[piece].to_vec();
            let read = ask(self.kin, move |kin| kin.past(id, &part)).await?;
            unread += read.unread;
            if read.events.is_empty() {
                continue;
            }
            let facts = read.events.iter();
            let added = facts.filter(|event| matches!(event.fact, Fact::ItemAdded { .. }));
            let added = added.count() as u64;
            let (source, name, items) = match &self.origin {
                Some(origin) => (origin.source.clone(), origin.name.clone(), origin.items),
                None => ("creel".to_owned(), id.to_string(), items(&outline[..until])),
            };
            let import = Import {
                source,
                name,
                items,
                ..Import::default()
            };
            let fold = folded(house, id).await?;
            let blobs = std::mem::take(&mut blobs);
            keep(house, id, (read, &named), (fold, blobs, import)).await?;
            report.items += added;
        }
        Ok((Took::Whole, unread))
    }

    /// Brings over what is kept beside the facts, before any fact names it; the last of it is to be kept with them. Keys that are
    /// held here are taken out of it.
    async fn blobs(&self) -> Result<(Vec<Vec<u8>>, Renamed), String> {
        let (house, id) = (self.house, self.id);
        let redactor = house.redactor();
        let names = ask(self.kin, move |kin| kin.blobs(id)).await?;
        let (mut part, mut bytes) = (Vec::new(), 0);
        let mut renamed = Renamed::new();
        for name in names {
            let old = name.clone();
            let Some(mut blob) = ask(self.kin, move |kin| kin.blob(&old)).await? else {
                continue;
            };
            // Of a picture nothing would be left.
            if !picture::is_one(&blob) {
                blob = redactor.redact_bytes(blob);
                let new = digest::hex(&blob);
                if new != name {
                    renamed.insert(name, (new, blob.len() as u64));
                }
            }
            bytes += blob.len();
            part.push(blob);
            if bytes > TOGETHER {
                let batch = outputs(house, id, house.clock.now(), std::mem::take(&mut part));
                bytes = 0;
                let kept = house.append(batch).await;
                kept.map_err(|error| error.to_string())?;
            }
        }
        Ok((part, renamed))
    }
}

/// A session that was taken in of each program, with what it is called there.
type Origins = BTreeMap<String, (SessionId, Origin)>;

/// Keeps which answers of a program were counted there, so that its own files do not count them once more.
async fn keep_spent(
    house: &Arc<House>,
    kin: &Arc<Mutex<Kin>>,
    session: SessionId,
    origin: Origin,
) -> Result<(), String> {
    let of = origin.source.clone();
    let mut spent = ask(kin, move |kin| kin.spent(&of)).await?;
    let keys: Vec<String> = spent.iter().map(|(key, _)| key.clone()).collect();
    let of = origin.source.clone();
    let here = house.read(move |reader| reader.spent(&of, &keys)).await?;
    spent.retain(|(key, _)| !here.contains_key(key));
    if spent.is_empty() {
        return Ok(());
    }
    let import = Import {
        source: origin.source,
        name: origin.name,
        items: origin.items,
        spent,
        ..Import::default()
    };
    let batch = Batch {
        import: Some(import),
        ..outputs(house, session, house.clock.now(), Vec::new())
    };
    let kept = house.append(batch).await;
    kept.map(drop).map_err(|error| error.to_string())
}

/// Keeps the facts, whole or not at all.
async fn keep(
    house: &Arc<House>,
    id: SessionId,
    (past, named): (Past, &Renamed),
    (fold, blobs, import): (Option<Session>, Vec<Vec<u8>>, Import),
) -> Result<(), String> {
    let Past { events, days, .. } = past;
    let redactor = house.redactor();
    let times: Vec<Time> = events.iter().map(|event| event.at).collect();
    let last = times.last().copied().unwrap_or(Time(0));
    let day = |event: &Event| {
        let known = days.get(&event.seq).cloned();
        known.unwrap_or_else(|| house.clock.day(event.at))
    };
    let import = Import {
        days: events.iter().map(day).collect(),
        times,
        ..import
    };
    let facts = events
        .into_iter()
        .map(|event| redacted(foreign(event.fact, named), &redactor));
    let batch = Batch {
        facts: facts.collect(),
        derive: derive(fold),
        import: Some(import),
        ..outputs(house, id, last, blobs)
    };
    let kept = house.append(batch).await;
    kept.map(drop).map_err(|error| error.to_string())
}

/// A batch of no facts. It is of an import: what was said there is packed, and nobody worked in its session here.
fn outputs(house: &House, session: SessionId, at: Time, blobs: Vec<Vec<u8>>) -> Batch {
    Batch {
        session,
        at,
        day: house.clock.day(at),
        facts: Vec::new(),
        reserved: None,
        blobs,
        derive: Box::new(|_| None),
        clears_draft: false,
        outcomes_after: None,
        import: Some(Import {
            unnamed: true,
            ..Import::default()
        }),
    }
}

/// A fact without the process and the file that were of that machine, and without the numbers that rules have there. No budget counts what it
/// cost: that was spent elsewhere. `named`: what is kept of outputs under another name here.
fn foreign(mut fact: Fact, named: &Renamed) -> Fact {
    match &mut fact {
        Fact::CallStarted {
            birth, by, change, ..
        } => {
            *birth = None;
            *change = None;
            unnumber(by);
        }
        Fact::ItemAdded {
            item: Item::Result { outcome, .. } | Item::Shell { outcome, .. },
            ..
        } => {
            unnumber(&mut outcome.by);
            rename(outcome, named);
        }
        Fact::ModelCalled {
            reserved: Some(reserved),
            ..
        } => *reserved = Money::usd(0),
        Fact::ModelAnswered { counted, .. } => *counted = Money::usd(0),
        _ => {}
    }
    fact
}

fn unnumber(by: &mut Option<By>) {
    if let Some(By::Rules { rules }) = by {
        for rule in rules {
            rule.number = None;
        }
    }
}

/// What is kept of outputs under another name here, since a key was taken out of it: by its old name, and with its bytes.
type Renamed = HashMap<String, (String, u64)>;

fn rename(outcome: &mut Outcome, named: &Renamed) {
    if let Some(whole) = &mut outcome.whole
        && let Some((name, bytes)) = named.get(&whole.hash)
    {
        whole.hash.clone_from(name);
        whole.bytes = *bytes;
    }
}
