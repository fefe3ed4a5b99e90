//! Notes as they are searched: the files as they are now, so that what the person changed a moment ago is what is found.

use std::path::PathBuf;
use std::sync::Arc;

use crate::agent::visible;
use crate::engine::house::House;
use crate::memory::analysis::Analyser;
use crate::memory::ask::Question;
use crate::memory::document::{self, Document};
use crate::memory::limit::Limits;
use crate::memory::search;
use crate::memory::snippet;
use crate::memory::tail::Tail;
use crate::note::line::{self, Link, Note};
use crate::note::{NoteFile, Of, Shelf};
use crate::protocol::event::Fact;
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::op::Managed;
use crate::protocol::search::{Filters, Hit, Kind, NotePlace, Role};
use crate::protocol::session::OURS;
use crate::protocol::time::Time;
use crate::store::read::Reader;
use crate::tool::shared::files::{self, Trouble};
use crate::tool::shared::paths;

/// The session of a note that came from none.
const NOWHERE: SessionId = SessionId(uuid::Uuid::nil());

/// Names the sessions that notes came from, and their turns, where these are in the log.
pub(crate) fn place(reader: &Reader, notes: &mut [Hit]) {
    for hit in notes {
        let from = hit.note.as_ref().and_then(|note| note.from.clone());
        let Some((part, turn)) = from else {
            continue;
        };
        if let Ok(Ok(card)) = reader.find(&part) {
            hit.session = card.id;
            hit.turn = turn;
        }
    }
}

/// Characters of what is pinned: a note is a line.
const PINNED: usize = 300;

/// Keeps what an item says in the notes of its project, where the person wished it.
pub(crate) async fn pin(
    house: &Arc<House>,
    session: SessionId,
    item: Seq,
) -> Result<Managed, String> {
    let look = move |reader: &Reader| {
        let found = reader.facts(&[item])?.into_iter().next();
        let project = reader.card(session)?.map(|card| card.project);
        Ok(found.zip(project))
    };
    let gone = || "this is no longer in the log".to_owned();
    let ((_, event), project) = house.read(look).await?.ok_or_else(gone)?;
    let Fact::ItemAdded { turn, .. } = &event.fact else {
        return Err(gone());
    };
    let said = document::command_of(&event)
        .or_else(|| document::of(&event, 0).map(|document| document.text))
        .ok_or_else(gone)?;
    let text = visible::brief(&said, PINNED);
    let line = Note::written(&text, Some(&Link::new(session, *turn)))?;
    let path = Shelf::new(house.notes(), &project).file("", false)?;
    change(path, move |before| {
        let said = Note::all(&line).into_iter().next().map(|note| note.text);
        if Note::all(before)
            .into_iter()
            .any(|note| Some(note.text) == said)
        {
            return Err("this is a note already".to_owned());
        }
        Ok((line::added(before, &line), text, true))
    })
    .await
}

/// Takes a note out of its file.
pub(crate) async fn forget(
    house: &Arc<House>,
    path: PathBuf,
    text: String,
) -> Result<Managed, String> {
    if !Shelf::is_note(house.notes(), &path) {
        return Err(format!("{} is no file of notes", path.display()));
    }
    change(path, move |before| {
        let after = line::replaced(before, &text, None);
        let after = after.ok_or("it is gone already: the file was changed")?;
        Ok((after, text, false))
    })
    .await
}

/// Changes a file of notes, unless somebody else does at that moment.
async fn change(
    path: PathBuf,
    make: impl FnOnce(&str) -> Result<(String, String, bool), String> + Send + 'static,
) -> Result<Managed, String> {
    let done = tokio::task::spawn_blocking(move || {
        let path = paths::real(&path)?;
        let before = match files::load(&path) {
            Ok(bytes) => Some(bytes),
            Err(Trouble::Missing) => None,
            Err(trouble) => return Err(trouble.about(&path.display().to_string())),
        };
        let text = std::str::from_utf8(before.as_deref().unwrap_or_default());
        let text = text.map_err(|_| format!("{} is no text", path.display()))?;
        let (after, text, kept) = make(text)?;
        files::replace_own(&path, before.as_deref(), after.as_bytes())
            .map_err(|why| format!("{} {why}", path.display()))?;
        Ok(Managed::Noted { path, text, kept })
    });
    done.await.map_err(|error| error.to_string())?
}

/// The share of a question's words that a note must hold: all notes are few, and each has some common word.
const SHARE: f32 = 0.5;

/// The notes that answer, best first. `filters`: those that speak of notes hold.
pub(crate) fn found(files: &[NoteFile], question: &Question, filters: &Filters) -> Vec<Hit> {
    let notes_wanted = filters.kinds.is_empty() || filters.kinds.contains(&Kind::Note);
    let elsewhere = filters.session.is_some()
        || filters.who.is_some()
        || filters.source.as_ref().is_some_and(|source| source != OURS);
    if !notes_wanted || elsewhere {
        return Vec::new();
    }
    let mut tail = Tail::new();
    let mut notes: Vec<(&NoteFile, Note)> = Vec::new();
    for file in files.iter().filter(|file| fits(file, filters)) {
        for note in Note::all(&file.text) {
            notes.push((file, note));
        }
    }
    for (nth, (file, note)) in notes.iter().enumerate() {
        tail.add(&Document {
            seq: Seq(nth as u64 + 1),
            // Each stands alone: what lies beside it in its file says nothing of it.
            session: nth as u64 + 1,
            at: Time(file.changed),
            kind: Kind::Note,
            role: Role::User,
            who: String::new(),
            text: note.text.clone(),
        });
    }
    let answers = search::search(None, &tail, question, &Limits::default(), notes.len(), None);
    let analyser = Analyser::default();
    answers
        .unwrap_or_default()
        .into_iter()
        .filter(|answer| answer.share >= SHARE || question.words.is_empty())
        .filter_map(|answer| {
            let nth = usize::try_from(answer.seq).ok()?.checked_sub(1)?;
            let (file, note) = notes.get(nth)?;
            Some(hit(&analyser, question, (file, note), answer.score))
        })
        .collect()
}

fn fits(file: &NoteFile, filters: &Filters) -> bool {
    let at = Time(file.changed);
    let project = filters
        .project
        .as_ref()
        .is_none_or(|wanted| match &file.of {
            Of::Home => false,
            Of::Project(name) => name.to_lowercase().contains(&wanted.to_lowercase()),
        });
    project
        && filters.since.is_none_or(|since| at >= since)
        && filters.until.is_none_or(|until| at < until)
}

fn hit(
    analyser: &Analyser,
    question: &Question,
    (file, note): (&NoteFile, &Note),
    score: f32,
) -> Hit {
    let snippet = snippet::of(analyser, question, &note.text);
    let project = match &file.of {
        Of::Home => String::new(),
        Of::Project(name) => name.clone(),
    };
    let title = match &file.of {
        Of::Home => file.name.clone(),
        Of::Project(name) => format!("{} of {name}", file.name),
    };
    Hit {
        session: NOWHERE,
        item: Seq(u64::from(note.line)),
        kind: Kind::Note,
        who: "note".to_owned(),
        role: Role::User,
        at: Time(file.changed),
        project,
        source: OURS.to_owned(),
        score,
        text: note.text.clone(),
        command: None,
        marks: snippet.told_marks(),
        snippet: snippet.text,
        title,
        turn: 0,
        external_id: None,
        beside: false,
        note: Some(Box::new(NotePlace {
            path: file.path.clone(),
            from: note
                .link
                .as_ref()
                .map(|link| (link.session.clone(), link.turn)),
        })),
    }
}
