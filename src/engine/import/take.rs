//! Takes sessions into the log: a batch for each, so that it is there whole or not at all, and those that were read together in
//! one go, since each commit waits for the disk.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use tokio::sync::mpsc;
use tokio::task::yield_now;

use crate::agent::visible::{brief, first_line};
use crate::engine::effect::derive;
use crate::engine::house::House;
use crate::engine::import::facts::Facts;
use crate::engine::import::parts::PRIORITY;
use crate::engine::indexing::give_way;
use crate::engine::open::folded;
use crate::engine::owner::Held as Hold;
use crate::import::read::count;
use crate::import::{self, Entry, What};
use crate::protocol::event::Fact;
use crate::protocol::id::{ModelRef, SessionId};
use crate::protocol::import::{Report, Trouble};
use crate::protocol::rule::Mode;
use crate::protocol::session::{Change, SessionSpec};
use crate::protocol::time::Time;
use crate::protocol::usage::Usage;
use crate::store::Batch;
use crate::store::fault::StoreError;
use crate::store::imports::{Counted, Held, Import, Known};
use crate::store::log::{Formed, Log};
use crate::store::read::Reader;

/// Characters of a title that is made of the first thing that was said.
const TITLE: usize = 60;

/// Batches that wait in their form for the log.
const FORMED: usize = 64;

/// Problems that are told one by one.
pub(crate) const TOLD: usize = 100;

/// Whether a session that somebody works in here is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    Waits,
    Leaves,
}

/// Takes sessions of one program in.
pub(crate) struct Taking<'h> {
    pub(crate) house: &'h Arc<House>,
    pub(crate) source: &'static str,
    pub(crate) patience: Patience,
    pub(crate) report: Report,
}

/// A session with what the log has of it.
struct Looked {
    session: import::Session,
    known: Option<Known>,
    parent: Option<SessionId>,
    held: Held,
    counted: BTreeMap<String, Counted>,
}

impl Taking<'_> {
    /// Takes in what is new of sessions that were read together, of which no two are one; answers whether all of it is in the log
    /// now.
    pub(crate) async fn take(&mut self, sessions: Vec<import::Session>) -> Result<bool, String> {
        let source = self.source;
        let looked = self
            .house
            .read(move |reader| look(reader, source, sessions));
        let mut made = Making {
            ids: HashMap::new(),
            counted: HashMap::new(),
            holds: Vec::new(),
            batches: Vec::new(),
            sessions: 0,
            items: 0,
        };
        let mut whole = true;
        for looked in looked.await? {
            whole &= self.make(looked, &mut made).await?;
            // Whoever asks something is answered in between.
            yield_now().await;
        }
        let kept = keep(self.house, std::mem::take(&mut made.batches)).await;
        kept.map_err(|error| error.to_string())?;
        drop(made.holds);
        self.report.sessions += made.sessions;
        self.report.items += made.items;
        Ok(whole)
    }

    /// The batch of what is new of one session.
    async fn make(&mut self, looked: Looked, made: &mut Making) -> Result<bool, String> {
        let Looked {
            session,
            known,
            parent,
            held,
            mut counted,
        } = looked;
        let all = count(&session);
        // What was deleted here was deleted on purpose.
        if known.is_some_and(|known| known.purged) {
            self.report.already += all;
            return Ok(true);
        }
        // What sessions before it said of the same answers is not in the log yet.
        for (key, _) in spent(&session) {
            counted.extend(made.counted.get(key).map(|said| (key.to_owned(), *said)));
        }
        let is_new = |entry: &Entry| match &entry.what {
            What::Spent(spent) => says_more(counted.get(&spent.key), spent),
            _ => !held.ids.contains(&entry.id),
        };
        if known.is_some() && !session.entries.iter().any(is_new) {
            self.report.already += all;
            return Ok(true);
        }
        let mut fold = None;
        if let Some(known) = known {
            // Who works in it would not know of what is added.
            let held = match self.patience {
                Patience::Waits => self.house.hold(known.session).await,
                Patience::Leaves => self.house.owners.hold(known.session),
            };
            match held {
                Ok(one) => made.holds.push(one),
                Err(why) => {
                    if self.patience == Patience::Waits {
                        self.in_use(&session, &why);
                    }
                    return Ok(false);
                }
            }
            fold = folded(self.house, known.session).await?;
        }
        let id = known.map_or_else(|| self.house.clock.session_id(), |known| known.session);
        let beside = session
            .parent
            .as_ref()
            .and_then(|name| made.ids.get(name))
            .copied();
        let begins = session.entries.first().map_or(Time(0), |entry| entry.at);
        let opening = if fold.is_none() {
            opening(self.source, &session, beside.or(parent))
        } else {
            Vec::new()
        };
        let import::Session { name, entries, .. } = session;
        // What came with the session out of another home is charged by the facts it came with, also where that import was cut
        // before it told which answers those were.
        let charged = fold
            .as_ref()
            .filter(|fold| counted.is_empty() && fold.session_sum.usage != Usage::default());
        let told = |entry: &&Entry| held.ids.contains(&entry.id);
        let last = charged.and_then(|_| entries.iter().filter(told).map(|entry| entry.at).max());
        let fresh: Vec<Entry> = entries
            .into_iter()
            .filter(|entry| match &entry.what {
                What::Spent(_) => last.is_none_or(|last| entry.at > last),
                _ => !held.ids.contains(&entry.id),
            })
            .collect();
        let items = fresh
            .iter()
            .filter(|entry| !matches!(entry.what, What::Spent(_)));
        let items = items.count() as u64;
        let tariff = |model: &ModelRef| self.house.tariff_elsewhere(model);
        let mut facts = Facts::new(fold.as_ref(), held.lost, counted, tariff);
        for fact in opening {
            facts.put(begins, fact);
        }
        facts.take_all(fresh, &self.house.rates);
        self.report.already += all - items;
        let Some(facts) = facts.end() else {
            return Ok(true);
        };
        made.ids.insert(name.clone(), id);
        made.sessions += u64::from(known.is_none());
        made.items += items;
        made.counted.extend(facts.spent.iter().cloned());
        let last = facts.times.last().copied().unwrap_or(begins);
        made.batches.push(Batch {
            session: id,
            at: last,
            day: self.house.clock.day(last),
            facts: facts.facts,
            reserved: None,
            blobs: Vec::new(),
            derive: derive(fold),
            clears_draft: false,
            outcomes_after: None,
            import: Some(Import {
                source: self.source.to_owned(),
                name,
                items: all,
                days: days(&facts.times, |at| self.house.clock.day(at)),
                times: facts.times,
                spent: facts.spent,
                unnamed: false,
            }),
        });
        Ok(true)
    }

    fn in_use(&mut self, session: &import::Session, why: &str) {
        self.report.skipped += 1;
        if self.report.problems.len() < TOLD {
            self.report.problems.push(Trouble {
                path: PathBuf::from(&session.name),
                line: 1,
                text: format!("not brought up to date: {why}"),
            });
        }
    }
}

/// What becomes of sessions that were read together.
struct Making {
    /// By the names that the program has for them.
    ids: HashMap<String, SessionId>,
    /// What answers took, with what is told of them here.
    counted: HashMap<String, Counted>,
    holds: Vec<Hold>,
    batches: Vec<Batch>,
    sessions: u64,
    items: u64,
}

/// Keeps batches of sessions in one go. They are brought into their form on a thread of its own, which goes behind those who type.
async fn keep(house: &House, batches: Vec<Batch>) -> Result<(), StoreError> {
    #[cfg(test)]
    house.trial.before_append(&house.db)?;
    let (send, formed) = mpsc::channel(FORMED);
    let of = batches.len();
    let form = move || {
        give_way(PRIORITY);
        for batch in batches {
            if send.blocking_send(Formed::new(batch)).is_err() {
                break;
            }
        }
    };
    let begun = thread::Builder::new().name("import".to_owned()).spawn(form);
    begun.map_err(|error| StoreError::Unfit(error.to_string()))?;
    let (kept, failed) = hand_over(&house.log, formed, of).await;
    for facts in kept {
        house.memory.kept((facts, None), || house.log.reader());
    }
    failed
}

/// Hands `of` batches to the log as they come; tells how many facts of each are kept, also where others are not.
async fn hand_over(
    log: &Log,
    mut formed: mpsc::Receiver<Result<Formed, StoreError>>,
    of: usize,
) -> (Vec<usize>, Result<(), StoreError>) {
    let mut answers = Vec::with_capacity(of);
    let mut failed = Ok(());
    while let Some(one) = formed.recv().await {
        let handed = match one {
            Ok(formed) => log.hand_over(formed).await,
            Err(why) => Err(why),
        };
        match handed {
            Ok(answer) => answers.push(answer),
            Err(why) => {
                failed = Err(why);
                break;
            }
        }
    }
    // Where the thread that forms them ends before its time, it says nothing.
    if failed.is_ok() && answers.len() < of {
        let why = "what was read could not be brought into its form";
        failed = Err(StoreError::Unfit(why.to_owned()));
    }
    let mut kept = Vec::with_capacity(answers.len());
    for answer in answers {
        match answer.await {
            Ok(appended) => kept.push(appended.events.len()),
            Err(why) => failed = failed.and(Err(why)),
        }
    }
    (kept, failed)
}

/// What the log has of sessions; one look for all of them.
fn look(
    reader: &Reader,
    source: &str,
    sessions: Vec<import::Session>,
) -> Result<Vec<Looked>, StoreError> {
    let mut looked = Vec::with_capacity(sessions.len());
    for session in sessions {
        let known = reader.imported(source, &session.name)?;
        let parent = match (&session.parent, known) {
            (Some(parent), None) => reader.imported(source, parent)?,
            _ => None,
        };
        let held = match known {
            Some(known) if !known.purged => reader.held(known.session)?,
            _ => Held::default(),
        };
        let keys: Vec<String> = spent(&session).map(|(key, _)| key.to_owned()).collect();
        let counted = reader.spent(source, &keys)?;
        looked.push(Looked {
            session,
            known,
            parent: parent.map(|parent| parent.session),
            held,
            counted,
        });
    }
    Ok(looked)
}

/// The local day of each moment; most are that of the one before.
fn days(times: &[Time], day: impl Fn(Time) -> String) -> Vec<String> {
    const QUARTER: i64 = 15 * 60 * 1000;
    let mut last: Option<(i64, String)> = None;
    let days = times.iter().map(|at| {
        // No zone of the world changes its day within a quarter of an hour that begins with one.
        let quarter = at.0.div_euclid(QUARTER);
        match &last {
            Some((known, day)) if *known == quarter => day.clone(),
            _ => {
                let found = day(*at);
                last = Some((quarter, found.clone()));
                found
            }
        }
    });
    days.collect()
}

fn spent(session: &import::Session) -> impl Iterator<Item = (&str, &import::Spent)> {
    session
        .entries
        .iter()
        .filter_map(|entry| match &entry.what {
            What::Spent(spent) => Some((spent.key.as_str(), &**spent)),
            _ => None,
        })
}

/// Whether an answer took more than is counted of it, or cost more.
fn says_more(counted: Option<&Counted>, spent: &import::Spent) -> bool {
    let Some(counted) = counted else {
        return true;
    };
    let more = counted.usage.most(spent.usage).beyond(counted.usage);
    let owed = counted.owed(spent.cost);
    more != Usage::default() || owed.is_some_and(|owed| owed.parts > 0)
}

/// The facts that a session begins with.
fn opening(source: &str, session: &import::Session, parent: Option<SessionId>) -> Vec<Fact> {
    let title = session.title.clone().unwrap_or_else(|| made_title(session));
    vec![
        Fact::SessionOpened {
            spec: spec(source, session, parent),
        },
        Fact::SessionChanged {
            change: Change::Title { title },
        },
    ]
}

fn spec(source: &str, session: &import::Session, parent: Option<SessionId>) -> SessionSpec {
    // A name that is no whole path would mean another folder wherever Creel runs.
    let project = session.project.as_deref().map(Path::new);
    let cwd = project
        .filter(|project| project.is_absolute())
        .unwrap_or(Path::new("/"))
        .to_owned();
    let project = project
        .filter(|project| !project.as_os_str().is_empty())
        .unwrap_or(&cwd)
        .to_owned();
    let model = spent(session).next().map(|(_, spent)| spent.model.clone());
    SessionSpec {
        cwd,
        project,
        model: model.unwrap_or_else(|| ModelRef {
            provider: source.to_owned(),
            model: "imported".to_owned(),
        }),
        mode: Mode::Ask,
        system: String::new(),
        effort: None,
        parent,
        worktree: None,
        forked: None,
        source: Some(source.to_owned()),
    }
}

/// The first that a person said there, or anybody.
fn made_title(session: &import::Session) -> String {
    let said = |entry: &Entry| match &entry.what {
        What::Prompt { text, .. } => Some(text.clone()),
        _ => None,
    };
    let any = |entry: &Entry| match &entry.what {
        What::Answer { text, .. } | What::Result { text, .. } | What::Summary { text } => {
            Some(text.clone())
        }
        _ => None,
    };
    let mut entries = session.entries.iter();
    let first = entries
        .clone()
        .find_map(said)
        .or_else(|| entries.find_map(any));
    first.map_or_else(
        || session.name.clone(),
        |text| brief(&first_line(&text), TITLE),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;

    use super::*;

    #[tokio::test]
    async fn batches_that_never_come_are_not_taken_for_kept() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::open(&folder.path().join("creel.db")).unwrap().log;
        let batch = |number| Batch {
            session: SessionId(uuid::Uuid::from_u128(number)),
            at: Time(1),
            day: "2026-11-28".to_owned(),
            facts: vec![Fact::SessionChanged {
                change: Change::Title {
                    title: "a".to_owned(),
                },
            }],
            reserved: None,
            blobs: Vec::new(),
            derive: Box::new(|_| None),
            clears_draft: false,
            outcomes_after: None,
            import: None,
        };
        for (come, is_all) in [(2, true), (1, false), (0, false)] {
            let (send, formed) = mpsc::channel(FORMED);
            for number in 0..come {
                send.send(Formed::new(batch(number))).await.unwrap();
            }
            drop(send);
            let (kept, all) = hand_over(&log, formed, 2).await;
            assert_eq!((kept.len() as u128, all.is_ok()), (come, is_all));
        }
    }
}
