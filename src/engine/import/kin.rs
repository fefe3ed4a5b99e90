//! Takes in what another home of Creel has: its sessions with all their facts under their own ids, its notes, and its rules as
//! proposals. That home is only read.
//!
//! A session is known by its id and its facts by their kinds and times: what is here is the beginning of what is there, and then the
//! rest is added, or it has gone on here, and then it stays. So twice adds nothing, and a kill costs nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::agent::session::Session;
use crate::engine::belongings::config_folder;
use crate::engine::effect::derive;
use crate::engine::house::House;
use crate::engine::import::home::{Other, find, is_same};
use crate::engine::import::{alone, note_problem, notes};
use crate::engine::open::folded;
use crate::engine::redaction::redacted;
use crate::protocol::event::{Event, Fact};
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::import::{HomeReport, ProposedRule, Report};
use crate::protocol::item::Item;
use crate::protocol::rule::{Bounds, By, KeptRule, Rule};
use crate::protocol::session::Change;
use crate::protocol::time::Time;
use crate::store::Batch;
use crate::store::fault::StoreError;
use crate::store::imports::Import;
use crate::store::kin::{Kin, Mark, Origin, Past};
use crate::store::read::Reader;

/// Bytes of outputs that are kept in one piece.
const TOGETHER: usize = 16 << 20;

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// Takes in what a home has that this one has not.
pub(crate) async fn import(house: &Arc<House>, path: PathBuf) -> Result<HomeReport, String> {
    let _lock = alone(house)?;
    let db = house.db.clone();
    let from = path.display().to_string();
    let opened = tokio::task::spawn_blocking(move || {
        let other = find(&path)?;
        if is_same(&other.log, &db) {
            return Err(format!("{} is this home itself", path.display()));
        }
        let kin = Kin::open(&other.log)?;
        let sessions = kin.sessions().map_err(|error| error.to_string())?;
        Ok((other, kin, sessions))
    });
    let (other, kin, sessions) = opened.await.map_err(|error| error.to_string())??;
    let kin = Arc::new(Mutex::new(kin));
    let mut told = HomeReport::default();
    for session in sessions {
        take(house, &kin, (&other, session), &mut told.report).await?;
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

async fn ask<T: Send + 'static>(
    kin: &Arc<Mutex<Kin>>,
    question: impl FnOnce(&Kin) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, String> {
    let kin = Arc::clone(kin);
    let answered = tokio::task::spawn_blocking(move || {
        question(&kin.lock().unwrap_or_else(PoisonError::into_inner))
    });
    let answered = answered.await.map_err(|error| error.to_string())?;
    answered.map_err(|error| error.to_string())
}

async fn take(
    house: &Arc<House>,
    kin: &Arc<Mutex<Kin>>,
    (other, id): (&Other, SessionId),
    report: &mut Report,
) -> Result<(), String> {
    let Past {
        mut events,
        unread,
        days,
    } = ask(kin, move |kin| kin.past(id)).await?;
    let temporary = |event: &Event| match &event.fact {
        Fact::SessionChanged {
            change: Change::Temporary { temporary },
        } => Some(*temporary),
        _ => None,
    };
    // It is to be forgotten there, so nobody else keeps it.
    if events.iter().rev().find_map(temporary) == Some(true) {
        return Ok(());
    }
    if unread > 0 {
        let why = format!("{unread} facts of session {} cannot be read", id.short());
        note_problem(report, other.log.clone(), why);
    }
    // The rest of a turn that runs there comes with the next import; one that was cut is closed there first.
    end_with_a_turn(&mut events);
    let all = items(&events);
    if events.is_empty() {
        return Ok(());
    }
    // What was deleted here was deleted on purpose.
    if house.read(move |reader| reader.is_purged(id)).await? {
        report.already += all;
        return Ok(());
    }
    let origin = ask(kin, move |kin| kin.origin(id)).await?;
    if let Some(Origin { source, name, .. }) = origin.clone() {
        let known = house
            .read(move |reader| reader.imported(&source, &name))
            .await?;
        // It was taken in here from that program itself, where what it writes later comes from too.
        if known.is_some_and(|known| known.session != id || known.purged) {
            report.already += all;
            return Ok(());
        }
    }
    let ours = house.read(move |reader| reader.marks(id)).await?;
    let same = same(&ours, &events);
    if same == events.len() {
        report.already += all;
        return Ok(());
    }
    let held = if same < ours.len() {
        Err("it went on in both homes: here it stays as it is".to_owned())
    } else {
        house.hold(id).await
    };
    let held = match held {
        Ok(held) => held,
        Err(why) => {
            let why = format!("session {}: {why}", id.short());
            note_problem(report, other.log.clone(), why);
            report.already += items(&events[..same]);
            return Ok(());
        }
    };
    if house.read(move |reader| reader.marks(id)).await? != ours {
        let why = "was changed meanwhile: try again";
        return Err(format!("session {} {why}", id.short()));
    }
    let fold = folded(house, id).await?;
    let blobs = blobs(house, kin, id).await?;
    let rest = events.split_off(same);
    let added = items(&rest);
    let import = match origin {
        Some(origin) => known_there(house, kin, origin).await?,
        None => Import {
            source: "creel".to_owned(),
            name: id.to_string(),
            items: all,
            ..Import::default()
        },
    };
    keep(house, id, (rest, &days), (fold, blobs, import)).await?;
    drop(held);
    report.sessions += u64::from(ours.is_empty());
    report.items += added;
    report.already += all - added;
    Ok(())
}

/// A session of another program as that home knows it, with what its answers were counted as there and are not here.
async fn known_there(
    house: &Arc<House>,
    kin: &Arc<Mutex<Kin>>,
    Origin {
        source,
        name,
        items,
    }: Origin,
) -> Result<Import, String> {
    let of = source.clone();
    let mut spent = ask(kin, move |kin| kin.spent(&of)).await?;
    let keys: Vec<String> = spent.iter().map(|(key, _)| key.clone()).collect();
    let of = source.clone();
    let here = house.read(move |reader| reader.spent(&of, &keys)).await?;
    spent.retain(|(key, _)| !here.contains_key(key));
    Ok(Import {
        source,
        name,
        items,
        spent,
        ..Import::default()
    })
}

/// Keeps the facts, whole or not at all.
async fn keep(
    house: &Arc<House>,
    id: SessionId,
    (events, days): (Vec<Event>, &BTreeMap<Seq, String>),
    (fold, blobs, import): (Option<Session>, Vec<Vec<u8>>, Import),
) -> Result<(), String> {
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
        .map(|event| redacted(foreign(event.fact), &redactor));
    let batch = Batch {
        facts: facts.collect(),
        derive: derive(fold),
        import: Some(import),
        ..outputs(house, id, last, blobs)
    };
    let kept = house.append(batch).await;
    kept.map(drop).map_err(|error| error.to_string())
}

/// A batch of no facts.
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
        import: None,
    }
}

/// Brings over what is kept beside the facts, before any fact names it; the last of it is to be kept with them.
async fn blobs(
    house: &Arc<House>,
    kin: &Arc<Mutex<Kin>>,
    id: SessionId,
) -> Result<Vec<Vec<u8>>, String> {
    let names = ask(kin, move |kin| kin.blobs(id)).await?;
    let (mut part, mut bytes) = (Vec::new(), 0);
    for name in names {
        let Some(blob) = ask(kin, move |kin| kin.blob(&name)).await? else {
            continue;
        };
        bytes += blob.len();
        part.push(blob);
        if bytes > TOGETHER {
            let batch = outputs(house, id, house.clock.now(), std::mem::take(&mut part));
            bytes = 0;
            let kept = house.append(batch).await;
            kept.map_err(|error| error.to_string())?;
        }
    }
    Ok(part)
}

fn items(events: &[Event]) -> u64 {
    let item = |event: &&Event| matches!(event.fact, Fact::ItemAdded { .. });
    events.iter().filter(item).count() as u64
}

/// How many facts from the first on are here as they are there.
fn same(ours: &[Mark], theirs: &[Event]) -> usize {
    let pairs = ours.iter().zip(theirs);
    pairs.take_while(|(mark, event)| mark.is_of(event)).count()
}

/// Leaves out what came after the last turn that ended.
fn end_with_a_turn(events: &mut Vec<Event>) {
    let mut open = None;
    for (at, event) in events.iter().enumerate() {
        match event.fact {
            Fact::TurnStarted { .. } => open = open.or(Some(at)),
            Fact::TurnEnded { .. } => open = None,
            _ => {}
        }
    }
    if let Some(at) = open {
        events.truncate(at);
    }
}

/// A fact without the process that was of that machine, and without the numbers that rules have there.
fn foreign(fact: Fact) -> Fact {
    let by = |by: Option<By>| match by {
        Some(By::Rules { rules }) => Some(By::Rules {
            rules: rules
                .into_iter()
                .map(|rule| Rule {
                    number: None,
                    ..rule
                })
                .collect(),
        }),
        by => by,
    };
    match fact {
        Fact::CallStarted {
            call, by: whose, ..
        } => Fact::CallStarted {
            call,
            birth: None,
            by: by(whose),
        },
        Fact::ItemAdded {
            turn,
            step,
            item: Item::Result { call, mut outcome },
            imported,
        } => {
            outcome.by = by(outcome.by);
            Fact::ItemAdded {
                turn,
                step,
                item: Item::Result { call, outcome },
                imported,
            }
        }
        fact => fact,
    }
}

/// Rules that hold there for more than one session and are not here.
fn proposed(theirs: &[KeptRule], ours: &[KeptRule], now: Time) -> Vec<ProposedRule> {
    let here = |rule: &KeptRule| {
        ours.iter().any(|our| {
            (our.effect, &our.text, &our.bounds) == (rule.effect, &rule.text, &rule.bounds)
                && our.holds_at(now)
        })
    };
    let rules = theirs
        .iter()
        .filter(|rule| rule.holds_at(now) && !here(rule));
    rules
        .filter_map(|rule| {
            let folder = match &rule.bounds {
                Bounds::Worktree { folder } => Some(folder.clone()),
                Bounds::Repository { project } => Some(project.clone()),
                Bounds::Everywhere => None,
                // That session has them, and what a folder brings is to be trusted anew.
                Bounds::Session { .. } | Bounds::Project { .. } => return None,
            };
            let left = rule.until.map(|until| until.0.saturating_sub(now.0));
            let days = left.map(|left| left.saturating_add(DAY_MILLIS - 1) / DAY_MILLIS);
            Some(ProposedRule {
                effect: rule.effect,
                text: rule.text.clone(),
                scope: rule.bounds.scope(),
                folder,
                days: days.and_then(|days| u32::try_from(days).ok()),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::protocol::event::Ending;
    use crate::protocol::rule::Effect;

    fn rule(text: &str, bounds: Bounds, until: Option<i64>) -> KeptRule {
        KeptRule {
            number: 1,
            effect: Effect::Allow,
            text: text.to_owned(),
            bounds,
            since: Time(0),
            until: until.map(Time),
            from: None,
            used: 3,
            last_used: None,
        }
    }

    #[test]
    fn rules_are_proposed_where_they_hold_and_are_not_here() {
        let project = || PathBuf::from("/work/boat");
        let theirs = [
            rule("Bash(git *)", Bounds::Everywhere, None),
            rule("Bash(ls)", Bounds::Everywhere, None),
            rule(
                "edit",
                Bounds::Repository { project: project() },
                Some(DAY_MILLIS * 2 + 6),
            ),
            rule("write", Bounds::Everywhere, Some(4)),
            rule("read", Bounds::Project { project: project() }, None),
        ];
        let ours = [rule("Bash(ls)", Bounds::Everywhere, None)];
        let found: Vec<_> = proposed(&theirs, &ours, Time(5))
            .into_iter()
            .map(|rule| (rule.text, rule.folder, rule.days))
            .collect();
        let expected = [
            ("Bash(git *)".to_owned(), None, None),
            ("edit".to_owned(), Some(project()), Some(3)),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn of_a_turn_that_runs_nothing_is_taken() {
        let event = |seq: u64, fact: Fact| Event {
            seq: Seq(seq),
            session: SessionId(uuid::Uuid::nil()),
            at: Time(0),
            fact,
        };
        let started = |seq| event(seq, Fact::TurnStarted { turn: 1 });
        let ended = |seq| {
            let ending = Ending::Finished;
            event(seq, Fact::TurnEnded { turn: 1, ending })
        };
        let mut events = vec![started(1), ended(2), started(3), started(4)];
        end_with_a_turn(&mut events);
        assert_eq!(events.len(), 2);
        end_with_a_turn(&mut events);
        assert_eq!(events.len(), 2);
    }
}
