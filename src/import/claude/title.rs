//! What sessions of Claude Code are called: the person's title before that of the program, and that before the summary, which a
//! program of version 1 wrote into whichever file it had open.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::import::Session;
use crate::import::claude::line::{Index, Titled};
use crate::import::lines;
use crate::import::value::filled;

/// A title for the session that has a certain line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// The `uuid` of the line.
    pub leaf: String,
    pub title: String,
}

/// Titles as they come in the lines of a file; a later one replaces one of its kind.
#[derive(Debug, Default)]
pub struct Titles {
    by_person: Option<String>,
    by_program: Option<String>,
    summaries: Vec<Stray>,
}

impl Titles {
    pub fn take(&mut self, titled: Titled) {
        self.by_person = filled(titled.custom_title).or(self.by_person.take());
        self.by_program = filled(titled.ai_title).or(self.by_program.take());
        if let (Some(title), Some(leaf)) = (filled(titled.summary), filled(titled.leaf_uuid)) {
            self.summaries.push(Stray { leaf, title });
        }
    }

    /// The title of the file's own session, whose lines are `seen`, and those of others.
    pub fn finish(self, seen: &HashSet<String>) -> (Option<String>, Vec<Stray>) {
        let (own, strays): (Vec<_>, Vec<_>) = self
            .summaries
            .into_iter()
            .partition(|stray| seen.contains(&stray.leaf));
        let summary = own.into_iter().next_back().map(|own| own.title);
        (self.by_person.or(self.by_program).or(summary), strays)
    }
}

/// The title of a session in the index of its project.
pub fn indexed(path: &Path, session: &str) -> Option<String> {
    let index = lines::small(&path.with_file_name("sessions-index.json"))?;
    if !index.contains(session) {
        return None;
    }
    let index: Index = serde_json::from_str(&index).ok()?;
    let entry = index
        .entries
        .into_iter()
        .find(|entry| entry.session_id == session)?;
    let titles = [entry.custom_title, entry.summary];
    titles
        .into_iter()
        .flatten()
        .find(|title| !title.trim().is_empty())
}

/// Gives sessions without a title those that stood in files of other sessions.
pub fn give(sessions: &mut [Session], strays: &[Stray]) {
    if strays.is_empty() {
        return;
    }
    let titles: HashMap<&str, &str> = strays
        .iter()
        .map(|stray| (stray.leaf.as_str(), stray.title.as_str()))
        .collect();
    for session in sessions
        .iter_mut()
        .filter(|session| session.title.is_none())
    {
        let last = session.entries.iter().rev();
        // Ids of what one line says begin with that of the line.
        let title = last
            .map(|entry| entry.id.split(['.', ':']).next().unwrap_or_default())
            .find_map(|line| titles.get(line));
        session.title = title.map(|title| (*title).to_owned());
    }
}
