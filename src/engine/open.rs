//! Opens a new session, or takes hold of one of the log and closes what a crash left open in it.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::agent::known::Known;
use crate::agent::picture::Pictures;
use crate::agent::prompt::Placed;
use crate::agent::recover::{self, Broke};
use crate::agent::session::{FOLD_VERSION, Session};
use crate::engine::adoption;
use crate::engine::begun;
use crate::engine::effect::derive;
use crate::engine::house::House;
use crate::engine::lost::Lost;
use crate::engine::owner::Held;
use crate::engine::picture;
use crate::engine::session::{Task, Word};
use crate::engine::walls;
use crate::note::{self, Shelf};
use crate::project::{self, Project};
use crate::protocol::event::{Event, Fact, Signal};
use crate::protocol::id::{CallId, ModelRef, Seq, SessionId};
use crate::protocol::query::Page;
use crate::protocol::session::{Card, OpenRequest, SessionSpec, State};
use crate::protocol::time::Time;
use crate::protocol::usage::Usage;
use crate::sandbox::adopted::Adopted;
use crate::store::Batch;
use crate::store::append::step_draft;
use crate::store::fault::StoreError;
use crate::store::read::Reader;

type Inbox = mpsc::UnboundedReceiver<Word>;

/// What every model is told first; the folder, the date and the project's own instructions follow.
pub const SYSTEM: &str = include_str!("../../assets/prompts/system.md");

/// The system text of a session that begins now. `notes`: the folder of the config file.
pub fn system_text(cwd: &Path, project: &Project, notes: &Path, date: &str) -> String {
    let mut text = own_text(cwd, date);
    if let Some(instructions) = project::instructions::read(cwd, &project.top) {
        let (name, own) = (&instructions.file_name, instructions.text.trim_end());
        text.push_str(&instructions_text(name, &note::without_head(own)));
    }
    // Read once, so that what the provider cached of it stays what it is.
    text.push_str(&Shelf::new(notes, &project.root).told());
    text
}

/// What Creel says itself.
pub(crate) fn own_text(cwd: &Path, date: &str) -> String {
    format!(
        "{}\n\nFolder: {}\nDate: {date}\nSystem: {}\n",
        SYSTEM.trim_end(),
        cwd.display(),
        std::env::consts::OS
    )
}

pub(crate) fn instructions_text(name: &str, own: &str) -> String {
    format!("\n# {name} of this project\n\n{own}\n")
}

pub(crate) async fn new(
    house: &Arc<House>,
    id: SessionId,
    request: OpenRequest,
    inbox: Inbox,
) -> Result<Task, (String, Inbox)> {
    match begin(house, id, request).await {
        Ok((session, opened, held)) => {
            let mut task = Task::new(Arc::clone(house), session, Vec::new(), inbox, held);
            task.opened = Some(opened);
            match task.keep_opened().await {
                Ok(()) => Ok(task),
                Err(why) => {
                    let why = why.to_string();
                    if let Some(Word::Command(command)) = task.first.take() {
                        task.refuse(command.id, &why);
                    }
                    Err((why, task.inbox))
                }
            }
        }
        Err(why) => Err((why, inbox)),
    }
}

/// The fact is not kept yet: the task keeps it with what was said first, or alone ([`Task::keep_opened`]).
async fn begin(
    house: &Arc<House>,
    id: SessionId,
    request: OpenRequest,
) -> Result<(Session, Fact, Held), String> {
    house.check_model(&request.model)?;
    let held = house.hold(id).await?;
    if house.read(move |reader| reader.card(id)).await?.is_some() {
        return Err(format!(
            "session {} is in the log already: take it up instead of opening it",
            id.short()
        ));
    }
    let at = house.clock.now();
    let date = house.clock.day(at);
    let notes = house.notes().to_owned();
    let mut spec = tokio::task::spawn_blocking(move || spec(request, &notes, &date))
        .await
        .map_err(|error| error.to_string())??;
    spec.system = house.redactor().redact(&spec.system).into_owned();
    let event = Event {
        session: id,
        seq: Seq(0),
        at,
        fact: Fact::SessionOpened { spec },
    };
    let session = Session::fold(None, std::slice::from_ref(&event))
        .ok_or("the session could not be opened")?;
    Ok((session, event.fact, held))
}

fn spec(request: OpenRequest, notes: &Path, date: &str) -> Result<SessionSpec, String> {
    let cwd = std::fs::canonicalize(&request.cwd).map_err(|error| {
        let cwd = request.cwd.display();
        format!("cannot work in {cwd}: {error}; /new FOLDER begins in another one")
    })?;
    if !cwd.is_dir() {
        return Err(format!("cannot work in {}: it is no folder", cwd.display()));
    }
    let project = project::find(&cwd);
    Ok(SessionSpec {
        system: system_text(&cwd, &project, notes, date),
        project: project.root.clone(),
        cwd,
        model: request.model,
        mode: request.mode,
        effort: request.effort,
        parent: None,
        worktree: request.worktree.map(|worktree| *worktree),
        forked: None,
        source: None,
    })
}

pub(crate) async fn resume(
    house: &Arc<House>,
    id: SessionId,
    inbox: Inbox,
) -> Result<Task, (String, Inbox)> {
    match take_hold(house, id, Survivors::GoOn).await {
        Ok(taken) => {
            let house = Arc::clone(house);
            let mut task = Task::new(house, taken.session, Vec::new(), inbox, taken.held);
            task.unread = true;
            task.adopt(taken.adopted, taken.heard).await;
            task.do_again(taken.again).await;
            Ok(task)
        }
        Err(why) => Err((why, inbox)),
    }
}

/// Facts of calls that are read of a session to find one without an end: that of a step, and one beside it.
const NEWEST_CALLS: u32 = 8;

/// A session of the log, held.
pub(crate) struct Taken {
    session: Session,
    held: Held,
    /// Commands of it that live on.
    adopted: Vec<(CallId, Adopted)>,
    /// Calls of it that change nothing, and may be done again.
    again: BTreeSet<CallId>,
    /// When its own Creel kept the last of it.
    heard: Time,
}

/// What becomes of commands that outlived the Creel of their session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Survivors {
    GoOn,
    End,
}

/// What was said in a session before it was taken up, as prompts need it.
pub(crate) struct Past {
    pub(crate) items: Vec<Placed>,
    pub(crate) pictures: Pictures,
    pub(crate) answered: Option<Answered>,
}

/// The last answer that came whole.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) model: ModelRef,
    pub(crate) usage: Usage,
    /// Items of the conversation up to it and with it.
    pub(crate) items: usize,
}

/// Holds a session and closes what was open in it, as facts. What was said in it is not read: who only looks at a long session
/// needs none of it here.
pub(crate) async fn take_hold(
    house: &Arc<House>,
    id: SessionId,
    survivors: Survivors,
) -> Result<Taken, String> {
    let held = house.hold(id).await?;
    let mut session = folded(house, id)
        .await?
        .ok_or_else(|| format!("session {} is not in the log", id.short()))?;
    let is_asked = session.open_request.is_some() || session.open_aside.is_some();
    let (draft, calls) = house
        .read(move |reader| {
            let calls = if is_asked {
                reader.calls_of(id, NEWEST_CALLS)?
            } else {
                Vec::new()
            };
            Ok((reader.draft(&step_draft(id))?, calls))
        })
        .await?;
    let heard = session.heard;
    let adopted = match survivors {
        Survivors::GoOn => adoption::take_over(&session),
        Survivors::End => Vec::new(),
    };
    let mut on: BTreeSet<CallId> = adopted.iter().map(|(call, _)| call.clone()).collect();
    let ended = walls::end_survivors(&session, &on);
    let known = begun::known(house, &session, ended).await;
    let again = match survivors {
        Survivors::GoOn => begun::to_do_again(&session, &known),
        Survivors::End => BTreeSet::new(),
    };
    on.extend(again.iter().cloned());
    let facts = recover::closing(&session, draft.clone(), Broke::Process, &known);
    let mut facts = recover::but_for(facts, &on);
    let lost = Lost {
        calls: &calls,
        draft: draft.as_deref(),
    };
    house.estimate_lost(&mut facts, &lost);
    if !facts.is_empty() {
        let at = house.clock.now();
        let batch = Batch {
            session: id,
            at,
            day: house.clock.day(at),
            facts,
            reserved: None,
            blobs: Vec::new(),
            derive: derive(Some(session.clone())),
            clears_draft: true,
            outcomes_after: None,
            import: None,
        };
        let events = house
            .append(batch)
            .await
            .map_err(|error| error.to_string())?
            .events;
        for event in events {
            session.apply(&event);
            house.tell(Signal::Event(Box::new(event)));
        }
    }
    Ok(Taken {
        session,
        held,
        adopted,
        again,
        heard,
    })
}

/// Reads what was said in a session.
pub(crate) async fn past(house: &Arc<House>, id: SessionId) -> Result<Past, String> {
    let events = house
        .read(move |reader| reader.history(id, Page::After(Seq(0)), u32::MAX))
        .await?;
    let pictures = picture::gather(house, events.iter().map(|event| &event.fact)).await?;
    let mut items = Vec::new();
    let mut answered = None;
    for event in events {
        if let Fact::ModelAnswered {
            model,
            usage,
            step: 1..,
            stop: Some(_),
            failure: None,
            ..
        } = &event.fact
        {
            answered = Some(Answered {
                model: model.clone(),
                usage: *usage,
                items: items.len(),
            });
        }
        items.extend(placed(event));
    }
    Ok(Past {
        items,
        pictures,
        answered,
    })
}

/// The fold of a session as JSON ([`Session`]): what a face begins from before it reads items in pages.
pub(crate) async fn fold(house: &Arc<House>, id: SessionId) -> Result<Option<String>, String> {
    let session = folded(house, id).await?;
    Ok(session.and_then(|session| serde_json::to_string(&session).ok()))
}

/// Events that are read at once for a fold: of a long session without a stored one they are half a gigabyte together. The
/// tests have it go on from page to page.
const FOLDED: u32 = if cfg!(test) { 4 } else { 128 };

/// The fold of a session: as stored last, and what came after.
pub(crate) async fn folded(house: &Arc<House>, id: SessionId) -> Result<Option<Session>, String> {
    house.read(move |reader| fold_of(reader, id)).await
}

/// The same on a thread that may block.
pub(crate) fn fold_of(reader: &Reader, id: SessionId) -> Result<Option<Session>, StoreError> {
    // A stored fold that cannot be read is a cache that is lost, no more.
    let stored = reader
        .state(id)?
        .filter(|(_, state)| state.version == FOLD_VERSION)
        .and_then(|(seq, state)| {
            let session = serde_json::from_str::<Session>(&state.body).ok()?;
            Some((seq, session))
        });
    let (mut at, mut session) =
        stored.map_or((Seq(0), None), |(seq, session)| (seq, Some(session)));
    loop {
        let events = reader.history(id, Page::After(at), FOLDED)?;
        let Some(last) = events.last() else {
            return Ok(session);
        };
        at = last.seq;
        session = Session::fold(session, &events);
    }
}

pub(crate) fn placed(event: Event) -> Option<Placed> {
    match event.fact {
        Fact::ItemAdded {
            turn, step, item, ..
        } => Some((turn, step, item)),
        _ => None,
    }
}

/// Closes what crashed sessions left open, so that no list shows work that nobody does. Where a command lives on, it is done.
/// Those are left as they are in which only calls were cut off that can be done again: they are told, to be listed as
/// interrupted, and whoever takes them up does that.
pub(crate) async fn close_abandoned(house: &Arc<House>) -> HashSet<SessionId> {
    let mut left = HashSet::new();
    let Ok(mut sessions) = house.read(Reader::unfinished).await else {
        return left;
    };
    if sessions.is_empty() {
        return left;
    }
    // What somebody runs is not looked at any further: a list is asked for every few seconds while one is seen.
    let owners = house.owners.clone();
    let held = tokio::task::spawn_blocking(move || owners.held()).await;
    let held: HashSet<SessionId> = held.into_iter().flatten().map(|(id, _)| id).collect();
    sessions.retain(|session| !held.contains(session));
    for id in sessions {
        // A turn that a budget or a guard ended leaves a card that looks the same; its fold tells, and is short to read.
        let Ok(Some(session)) = folded(house, id).await else {
            continue;
        };
        let nothing = Known::default();
        let is_open = || !recover::closing(&session, None, Broke::Process, &nothing).is_empty();
        if begun::waits(house, &session) {
            left.insert(id);
        } else if !adoption::lives_on(&session) && is_open() {
            // One that another process takes meanwhile is closed there.
            let _ = take_hold(house, id, Survivors::End).await;
        }
    }
    left
}

/// Lists sessions as interrupted that nobody has taken up yet.
pub(crate) fn interrupted(cards: &mut [Card], left: &HashSet<SessionId>) {
    for card in cards.iter_mut().filter(|card| left.contains(&card.id)) {
        card.state = State::Interrupted;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::tool::Toolbox;

    /// What every call pays for again, in tokens of four bytes: the limit of the design, with what memory may add.
    const MOST_TOKENS: usize = 950 + 150;

    #[test]
    fn what_every_call_carries_is_small() {
        let specs = Toolbox::shipped().specs();
        let tools: Vec<_> = specs
            .iter()
            .map(|spec| {
                serde_json::json!({"type": "function", "function": {
                    "name": spec.name, "description": spec.description, "parameters": spec.schema,
                }})
            })
            .collect();
        let tools = serde_json::to_string(&tools).unwrap().len();
        let tokens = (SYSTEM.len() + tools).div_ceil(4);
        assert!(tokens <= MOST_TOKENS, "{tokens} tokens");
    }

    #[test]
    fn the_system_text_is_that_of_its_folder_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let notes = tempfile::tempdir().unwrap();
        let project = project::find(folder.path());
        let bare = system_text(folder.path(), &project, notes.path(), "2026-11-23");
        let head = format!(
            "{}\n\nFolder: {}\nDate: 2026-11-23\n",
            SYSTEM.trim_end(),
            folder.path().display()
        );
        assert!(bare.starts_with(&head), "{bare}");
        std::fs::write(folder.path().join("AGENTS.md"), "Be brief.\n").unwrap();
        let told = system_text(folder.path(), &project, notes.path(), "2026-11-23");
        assert_eq!(
            told,
            format!("{bare}\n# AGENTS.md of this project\n\nBe brief.\n")
        );
    }
}
