//! What the hands of a session may use: its folder, its notes, its outputs, what was said before.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use futures_util::FutureExt;

use crate::agent::permission;
use crate::agent::rule::Bases;
use crate::engine::house::House;
use crate::engine::recall;
use crate::engine::session::Task;
use crate::note::line::Link;
use crate::note::{self, Shelf};
use crate::protocol::call::ToolCall;
use crate::protocol::event::{Delta, Signal};
use crate::tool::{Place, Scene};

impl House {
    /// The folder of the config file, where notes lie too.
    pub(crate) fn notes(&self) -> &Path {
        self.paths.notes()
    }

    /// Where a session of this folder and project works.
    pub(crate) fn place(&self, cwd: &Path, roots: &[PathBuf], project: &Path) -> Place {
        Place {
            cwd: cwd.to_owned(),
            roots: roots.to_vec(),
            project: project.to_owned(),
            notes: Shelf::new(self.notes(), project),
        }
    }
}

impl Task {
    /// Leaves out of what models are told the notes that are gone. What is new waits for the next session, so that what a
    /// provider cached stays as it is.
    pub(crate) fn forget_notes(&mut self) {
        let now = Shelf::new(self.house.notes(), &self.session.spec.project);
        let redactor = self.house.redactor();
        let kept = |line: &str| redactor.redact(line).into_owned();
        if let Some(system) = note::without_forgotten(&self.system, &now, kept) {
            self.system = system.into();
        }
    }

    pub(crate) fn place(&self) -> Place {
        let spec = &self.session.spec;
        self.house.place(&spec.cwd, &self.roots, &spec.project)
    }

    pub(crate) fn scene(&self, call: &ToolCall, number: u32) -> Scene {
        let house = Arc::clone(&self.house);
        let outputs = Arc::clone(&self.outputs);
        let teller = Arc::clone(&self.house);
        let session = self.session.id;
        let id = call.id.clone();
        let spec = &self.session.spec;
        let place = self.place();
        let asked = Arc::clone(&self.house);
        let asking = recall::Asking {
            session,
            project: place.project.clone(),
            shelf: place.notes.clone(),
        };
        let bases = Bases {
            cwd: &spec.cwd,
            home: self.house.home.as_deref(),
        };
        let denied = permission::denied_paths(&self.rules(), &call.name, bases);
        Scene {
            link: Link::new(session, self.session.turn),
            recall: Arc::new(move |wanted| {
                let (asked, asking) = (Arc::clone(&asked), asking.clone());
                async move { recall::recall(&asked, asking, wanted).await }.boxed()
            }),
            place,
            number,
            limits: self.house.limits.clone(),
            seen: Arc::clone(&self.seen),
            reached: None,
            hidden: Arc::new(move |path| denied.iter().any(|paths| paths.fits(path))),
            output: Arc::new(move |number| {
                let hash = outputs
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .get(&number)
                    .cloned();
                let house = Arc::clone(&house);
                async move {
                    let hash = hash?;
                    house
                        .read(move |reader| reader.blob(&hash))
                        .await
                        .ok()
                        .flatten()
                }
                .boxed()
            }),
            tail: Arc::new(move |text| {
                let delta = Delta::Tail {
                    call: id.clone(),
                    text: teller.redactor().redact(text).into_owned(),
                };
                teller.tell(Signal::Delta { session, delta });
            }),
            stop: self.stop.clone(),
            waiting: Arc::default(),
        }
    }
}
