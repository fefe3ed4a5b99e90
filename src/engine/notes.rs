//! Notes as they are searched: the files as they are now, so that what the person changed a moment ago is what is found.

use crate::memory::analysis::Analyser;
use crate::memory::ask::Question;
use crate::memory::document::Document;
use crate::memory::limit::Limits;
use crate::memory::search;
use crate::memory::snippet;
use crate::memory::tail::Tail;
use crate::note::line::Note;
use crate::note::{NoteFile, Of};
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::search::{Filters, Hit, Kind, NotePlace, Role};
use crate::protocol::session::OURS;
use crate::protocol::time::Time;

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
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let project = match &file.of {
        Of::Home => String::new(),
        Of::Project(name) => name.clone(),
    };
    let title = match &file.of {
        Of::Home => file.name.clone(),
        Of::Project(name) => format!("{} of {name}", file.name),
    };
    Hit {
        session: SessionId(uuid::Uuid::nil()),
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
        marks: snippet
            .marks
            .iter()
            .map(|mark| (place(mark.start), place(mark.end)))
            .collect(),
        snippet: snippet.text,
        title,
        turn: 0,
        external_id: None,
        note: Some(Box::new(NotePlace {
            path: file.path.clone(),
            from: note
                .link
                .as_ref()
                .map(|link| (link.session.clone(), link.turn)),
        })),
    }
}
