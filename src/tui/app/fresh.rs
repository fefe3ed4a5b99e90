//! New sessions: in which folder they begin, and with which model. Nothing of it is kept before a first prompt.

use std::path::{Component, Path, PathBuf};

use crate::protocol::id::ModelRef;
use crate::protocol::session::Change;
use crate::tui::app::message::Cmd;
use crate::tui::app::view::{Stage, View};
use crate::tui::app::{App, Focus};

impl App {
    /// A new session in the folder of the one with the focus: the one nothing was said in there, where there is one.
    pub fn new_session(&mut self) -> Vec<Cmd> {
        self.begin_in_folder(self.folder_for_new())
    }

    /// A new session in a folder that is named as in a shell, once it was looked at.
    pub fn new_session_in(&mut self, named: &str) -> Vec<Cmd> {
        let folder = self.named_folder(named);
        self.wanted = Some(folder.clone());
        vec![Cmd::LookAt(folder)]
    }

    /// `/folder`: where a session of another program is gone on with.
    pub fn take_up_in(&self, named: &str) -> Result<Change, String> {
        if named.trim().is_empty() {
            return Err("in which folder? /folder FOLDER".to_owned());
        }
        let session = self.view().session.as_ref();
        if session.is_none_or(|session| session.spec.source.is_none()) {
            let own =
                "a session that was begun here stays in its folder: /new FOLDER begins one there";
            return Err(own.to_owned());
        }
        Ok(Change::TakenUp {
            cwd: self.named_folder(named),
            project: PathBuf::new(),
            system: String::new(),
        })
    }

    /// The folder that was named has been looked at.
    pub fn wanted_looked_at(&mut self, folder: &Path) -> Vec<Cmd> {
        if self.wanted.as_deref() != Some(folder) {
            return Vec::new();
        }
        self.wanted = None;
        if self.places.get(folder).is_some_and(|place| place.gone) {
            let said = self.setup.path(folder);
            if self.view().composer.is_empty() {
                self.view_mut().composer.set(&format!("/new {said}"));
            }
            self.say(format!("there is no folder {said}, or it cannot be read"));
            return Vec::new();
        }
        self.begin_in_folder(folder.to_owned())
    }

    fn begin_in_folder(&mut self, folder: PathBuf) -> Vec<Cmd> {
        let model = self.model_for_new();
        // One that somebody has begun to write in, or chosen a model for, is theirs.
        let fits = |view: &View| {
            view.stage == Stage::Fresh
                && !view.tour
                && view.cwd == folder
                && view.composer.is_empty()
                && view.model() == model.as_ref()
        };
        if let Some(index) = self.views.iter().position(fits) {
            self.go_to(index);
            self.focus = Focus::Composer;
        } else {
            let view = self.fresh_view(folder);
            self.views.push(view);
            self.go_to(self.views.len() - 1);
            self.leave_page();
        }
        self.look_for_writers(self.view().id).into_iter().collect()
    }

    /// A session nothing was said in, with the model of the one in the focus.
    pub fn fresh_view(&self, folder: PathBuf) -> View {
        let model = self.model_for_new();
        let mut view = View::fresh(self.now.fresh, folder, model, self.setup.mode);
        view.effort = self.setup.effort;
        view
    }

    /// Where new sessions begin: where the one with the focus works. The folder of a tour is made for its story alone, and that of
    /// a worktree may be gone: beside these it is where Creel was started.
    pub fn folder_for_new(&self) -> PathBuf {
        let view = self.view();
        let gone = self.places.get(view.cwd()).is_some_and(|place| place.gone);
        if is_tour(view) || gone {
            self.setup.cwd.clone()
        } else {
            view.cwd().clone()
        }
    }

    /// The model that a new session begins with: that of the one in the focus, but for the tour's, which plays one story; else
    /// the one that was chosen for all, or in another session. Beside a tour, where nobody has chosen any, the script that
    /// takes tool words: it plays no story in the person's files, and is kept nowhere as a choice.
    pub fn model_for_new(&self) -> Option<ModelRef> {
        let own = |view: &&View| !is_tour(view);
        let real = |view: &&View| !view.played();
        let here = Some(self.view()).filter(own).and_then(View::model);
        let others = || self.views.iter().rev().filter(real).find_map(View::model);
        let played = || self.views.iter().rev().filter(own).find_map(View::model);
        here.or(self.setup.model.as_ref())
            .or_else(others)
            .or_else(played)
            .cloned()
            .or_else(|| is_tour(self.view()).then(tool_words))
    }

    /// A script answers in this session because there is no model yet: the ways to one are still offered.
    pub fn stands_in(&self, view: &View) -> bool {
        view.stage == Stage::Fresh && view.played() && !is_tour(view) && self.setup.model.is_none()
    }

    /// A folder as a person names it, from where new sessions begin. Taken as it is written: `..` leads to the folder above
    /// in the path, as in a shell.
    fn named_folder(&self, named: &str) -> PathBuf {
        let named = named.trim();
        let home = self.setup.person_home.as_ref();
        let below = named
            .strip_prefix('~')
            .filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let path = match home.zip(below) {
            Some((home, rest)) => home.join(rest.trim_start_matches('/')),
            None => self.folder_for_new().join(named),
        };
        let mut plain = PathBuf::new();
        for part in path.components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir => {
                    plain.pop();
                }
                part => plain.push(part),
            }
        }
        plain
    }
}

fn tool_words() -> ModelRef {
    ModelRef {
        provider: "rehearsal".to_owned(),
        model: "words".to_owned(),
    }
}

/// It plays one story and has nothing to say in another session. Of a session that was opened again only its model tells.
fn is_tour(view: &View) -> bool {
    let plays = |model: &ModelRef| model.provider == "rehearsal" && model.model == "tour";
    view.tour || view.model().is_some_and(plays)
}
