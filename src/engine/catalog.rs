//! What sessions are of, in memory: filters by project, program and session are asked with every key, of every session there is.

use std::collections::HashMap;

use crate::memory::limit::Sessions;
use crate::protocol::id::{Seq, SessionId};
use crate::protocol::search::Filters;
use crate::store::fault::StoreError;
use crate::store::read::Reader;

/// All sessions of the log, each with the folder and the program it is of: these change where a session of another program is
/// gone on with, here or in another process, and all are read again then. What is told by them to a model is looked up once more.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    entries: Vec<Entry>,
    projects: Names,
    sources: Names,
    /// The number of the last session, and of the last fact when it was read.
    last: u64,
    end: Seq,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    id: SessionId,
    project: usize,
    source: usize,
}

/// Names with their places.
#[derive(Debug, Default)]
struct Names {
    names: Vec<String>,
    places: HashMap<String, usize>,
}

impl Names {
    fn place(&mut self, name: &str) -> usize {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = self.names.len();
        self.names.push(name.to_owned());
        self.places.insert(name.to_owned(), place);
        place
    }

    /// Of each name whether it fits.
    fn fitting(&self, fits: impl Fn(&str) -> bool) -> Vec<bool> {
        self.names.iter().map(|name| fits(name)).collect()
    }
}

/// The one session and the projects that a question is kept to, whatever it says itself.
#[derive(Clone, Copy)]
pub(crate) struct Bound<'a> {
    /// Left out.
    pub(crate) session: SessionId,
    pub(crate) holds: &'a dyn Fn(&str) -> bool,
}

impl Catalog {
    /// Takes in the sessions that came since.
    pub(crate) fn follow(&mut self, reader: &Reader) -> Result<(), StoreError> {
        let end = reader.end()?.seq;
        // Another log was put in the place of this one, or sessions are of other folders now.
        let others = end < self.end;
        if others || (end > self.end && self.last > 0 && reader.has_taken_up(self.end)?) {
            *self = Self::default();
        }
        self.end = end;
        for (number, heading) in reader.headings_after(self.last)? {
            self.last = self.last.max(number);
            let (project, source) = (
                self.projects.place(&heading.project),
                self.sources.place(&heading.source),
            );
            self.entries.push(Entry {
                number,
                id: heading.id,
                project,
                source,
            });
        }
        Ok(())
    }

    /// The folders that sessions are of.
    pub(crate) fn projects(&self) -> impl Iterator<Item = &str> {
        self.projects.names.iter().map(String::as_str)
    }

    /// The sessions that filters leave; `None` where they leave none.
    pub(crate) fn within(&self, filters: &Filters, bound: Option<Bound<'_>>) -> Option<Sessions> {
        let wanted = filters.project.as_ref().map(|part| part.to_lowercase());
        let projects = self.projects.fitting(|name| {
            wanted
                .as_ref()
                .is_none_or(|part| name.to_lowercase().contains(part))
                && bound.is_none_or(|bound| (bound.holds)(name))
        });
        let sources = self.sources.fitting(|name| {
            let wanted = filters.source.as_ref();
            wanted.is_none_or(|source| name.eq_ignore_ascii_case(source))
        });
        let part = filters
            .session
            .as_ref()
            .map(|part| part.replace('-', "").to_lowercase());
        let fits = |entry: &&Entry| {
            let of = |names: &[bool], place: usize| names.get(place).copied().unwrap_or_default();
            of(&projects, entry.project)
                && of(&sources, entry.source)
                && bound.is_none_or(|bound| bound.session != entry.id)
                && part
                    .as_ref()
                    .is_none_or(|part| entry.id.0.simple().to_string().contains(part))
        };
        let mut any = false;
        let found = self.entries.iter().filter(fits);
        let sessions: Sessions = found
            .map(|entry| {
                any = true;
                entry.number
            })
            .collect();
        any.then_some(sessions)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::PathBuf;

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::agent::session::Session;
    use crate::engine::effect::derive;
    use crate::protocol::event::Fact;
    use crate::protocol::id::ModelRef;
    use crate::protocol::rule::Mode;
    use crate::protocol::session::{Change, SessionSpec};
    use crate::protocol::time::Time;
    use crate::store::Batch;
    use crate::store::log::Log;

    #[tokio::test]
    async fn a_session_that_another_process_goes_on_with_is_of_its_new_folder() {
        let scratch = tempfile::tempdir().unwrap();
        let log = Log::open(&scratch.path().join("creel.db")).unwrap().log;
        let session = SessionId(uuid::Uuid::from_u128(1));
        let keep = |fold: Option<Session>, fact: Fact| {
            log.append(Batch {
                session,
                at: Time(5),
                day: "2026-11-28".to_owned(),
                facts: vec![fact],
                reserved: None,
                blobs: Vec::new(),
                derive: derive(fold),
                clears_draft: false,
                outcomes_after: None,
                import: None,
            })
        };
        let spec = SessionSpec {
            cwd: PathBuf::from("/there"),
            project: PathBuf::from("/there"),
            model: ModelRef {
                provider: "claude".to_owned(),
                model: "m".to_owned(),
            },
            mode: Mode::Ask,
            system: String::new(),
            effort: None,
            parent: None,
            worktree: None,
            forked: None,
            source: Some("claude".to_owned()),
        };
        let opened = keep(None, Fact::SessionOpened { spec }).await.unwrap();
        let reader = log.reader();
        let mut catalog = Catalog::default();
        catalog.follow(&reader).unwrap();
        assert_eq!(catalog.projects().collect::<Vec<_>>(), ["/there"]);
        for (folder, system) in [("/here", "brief"), ("/far", &*"long ".repeat(5_000))] {
            let change = Change::TakenUp {
                cwd: PathBuf::from(folder),
                project: PathBuf::from(folder),
                system: system.to_owned(),
            };
            let fold = Session::fold(None, &opened.events);
            keep(fold, Fact::SessionChanged { change }).await.unwrap();
            catalog.follow(&reader).unwrap();
            assert_eq!(catalog.projects().collect::<Vec<_>>(), [folder]);
        }
    }
}
