//! Takes sessions of other programs into the log. Each session is one batch, so that it is there whole or not at all, and what
//! was taken before is known by the name the other program has for it: twice adds nothing, and of one that has grown the rest.

mod facts;

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::agent::visible::{brief, first_line};
use crate::engine::effect::derive;
use crate::engine::house::House;
use crate::engine::import::facts::Facts;
use crate::engine::indexing;
use crate::engine::open::folded;
use crate::import::{self, Entry, Problem, What, find, read};
use crate::protocol::event::Fact;
use crate::protocol::id::{ModelRef, SessionId};
use crate::protocol::import::{Program, Report, Trouble};
use crate::protocol::rule::Mode;
use crate::protocol::session::{Change, SessionSpec};
use crate::protocol::time::Time;
use crate::store::Batch;
use crate::store::imports::Import;

/// Characters of a title that is made of the first thing that was said.
const TITLE: usize = 60;

/// Problems that are told one by one.
const TOLD: usize = 100;

/// Files of which no more than so many bytes are held at once are read together, so that what one of them says of a session of
/// another is known.
const TOGETHER: u64 = 64 << 20;

/// Reads the sessions of a program and takes in what is not in the log yet; of many files the newest first.
pub(crate) async fn import(
    house: &Arc<House>,
    program: Program,
    path: PathBuf,
) -> Result<Report, String> {
    let fault = |path: &Path, error: &io::Error| format!("{}: {error}", path.display());
    // Two at once would take one session in as two.
    let _lock = indexing::lock(&house.paths.index.with_file_name("import"), false)?
        .ok_or("another import is under way: try again when it is done")?;
    let mut report = Report::default();
    let (send, mut read) = mpsc::channel(1);
    let reading = tokio::task::spawn_blocking(move || {
        let files = find::find(program, &path).map_err(|error| fault(&path, &error))?;
        let bytes: u64 = files.iter().map(|file| file.bytes).sum();
        let parts = if bytes <= TOGETHER {
            vec![path]
        } else {
            files.into_iter().map(|file| file.path).collect()
        };
        let alone = parts.len() == 1;
        for part in parts {
            let sessions = match read::read(program, &part) {
                Ok(sessions) => sessions,
                Err(error) if alone => return Err(fault(&part, &error)),
                Err(error) => {
                    let problem = Problem {
                        line: 1,
                        text: error.to_string(),
                        path: part,
                    };
                    (Vec::new(), vec![problem])
                }
            };
            if send.blocking_send(sessions).is_err() {
                break;
            }
        }
        Ok(())
    });
    while let Some((sessions, problems)) = read.recv().await {
        report.skipped += problems.len() as u64;
        let room = TOLD.saturating_sub(report.problems.len());
        let problems = problems.into_iter().take(room);
        report.problems.extend(problems.map(told));
        for session in sessions {
            take(house, program.name(), session, &mut report).await?;
        }
    }
    reading.await.map_err(|error| error.to_string())??;
    Ok(report)
}

fn told(problem: Problem) -> Trouble {
    Trouble {
        path: problem.path,
        line: problem.line,
        text: problem.text,
    }
}

async fn take(
    house: &Arc<House>,
    source: &str,
    session: import::Session,
    report: &mut Report,
) -> Result<(), String> {
    let (from, name, parent) = (
        source.to_owned(),
        session.name.clone(),
        session.parent.clone(),
    );
    let (known, parent) = house
        .read(move |reader| {
            let parent = match parent {
                Some(parent) => reader.imported(&from, &parent)?,
                None => None,
            };
            Ok((reader.imported(&from, &name)?, parent))
        })
        .await?;
    let all = count(&session.entries);
    // What was deleted here was deleted on purpose.
    if known.is_some_and(|known| known.purged) {
        report.already += all;
        return Ok(());
    }
    // Who works in it would not know of what is added.
    let held = match known {
        Some(known) if !session.entries.is_empty() => match house.hold(known.session).await {
            Ok(held) => Some(held),
            Err(why) => {
                report.skipped += 1;
                report.problems.push(Trouble {
                    path: PathBuf::from(&session.name),
                    line: 1,
                    text: format!("not brought up to date: {why}"),
                });
                return Ok(());
            }
        },
        _ => None,
    };
    let there = match known {
        Some(known) => {
            house
                .read(move |reader| reader.imported_ids(known.session))
                .await?
        }
        None => HashSet::new(),
    };
    let fold = match known {
        Some(known) => folded(house, known.session).await?,
        None => None,
    };
    let id = known.map_or_else(|| house.clock.session_id(), |known| known.session);
    let begins = session.entries.first().map_or(Time(0), |entry| entry.at);
    let parent = parent.map(|parent| parent.session);
    let opening = if fold.is_none() {
        opening(source, &session, parent)
    } else {
        Vec::new()
    };
    let import::Session { name, entries, .. } = session;
    let spent = entries.iter().filter_map(|entry| match &entry.what {
        What::Spent(spent) => Some(spent.key.clone()),
        _ => None,
    });
    let (keys, from): (Vec<String>, _) = (spent.collect(), source.to_owned());
    let counted = house.read(move |reader| reader.spent(&from, &keys)).await?;
    let fresh: Vec<Entry> = entries
        .into_iter()
        .filter(|entry| matches!(entry.what, What::Spent(_)) || !there.contains(&entry.id))
        .collect();
    let count = count(&fresh);
    report.already += all - count;
    let mut facts = Facts::new(fold.as_ref(), counted, |model| house.tariff(model));
    for fact in opening {
        facts.put(begins, fact);
    }
    for entry in fresh {
        facts.take(entry, &house.rates);
    }
    let Some(made) = facts.end() else {
        return Ok(());
    };
    let last = made.times.last().copied().unwrap_or(begins);
    let redactor = house.redactor();
    let batch = Batch {
        session: id,
        at: last,
        day: house.clock.day(last),
        facts: made
            .facts
            .into_iter()
            .map(|fact| crate::engine::redaction::redacted(fact, &redactor))
            .collect(),
        reserved: None,
        blobs: Vec::new(),
        derive: derive(fold),
        clears_draft: false,
        outcomes_after: None,
        import: Some(Import {
            source: source.to_owned(),
            name,
            items: all,
            days: made.times.iter().map(|at| house.clock.day(*at)).collect(),
            times: made.times,
            spent: made.spent,
        }),
    };
    drop(redactor);
    house
        .append(batch)
        .await
        .map_err(|error| error.to_string())?;
    drop(held);
    report.sessions += u64::from(known.is_none());
    report.items += count;
    Ok(())
}

/// Items, which tokens are not.
fn count(entries: &[Entry]) -> u64 {
    let items = entries
        .iter()
        .filter(|entry| !matches!(entry.what, What::Spent(_)));
    items.count() as u64
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
    let spent = session.entries.iter().find_map(|entry| match &entry.what {
        What::Spent(spent) => Some(spent.model.clone()),
        _ => None,
    });
    SessionSpec {
        cwd,
        project,
        model: spent.unwrap_or_else(|| ModelRef {
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
