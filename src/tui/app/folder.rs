//! Which folder is worked in, where Creel was started in one that is too much for an agent.

use std::path::{Path, PathBuf};

use crate::tui::app::App;
use crate::tui::app::first_run::{FirstRun, Page};
use crate::tui::app::message::Cmd;
use crate::tui::app::view::Stage;

/// Folders that are offered, beside a scratch folder.
pub const OFFERED: usize = 7;

impl App {
    /// Leaves the first page, for the choice of a folder where one has to be made.
    pub fn leave_page(&mut self) {
        let view = self.view();
        let fresh = view.stage == Stage::Fresh && !view.tour && view.cwd == self.setup.cwd;
        self.first_run = (self.setup.unsuitable && fresh).then(|| FirstRun {
            page: Page::Folder {
                folders: self.folders(),
                at: 0,
                chosen: None,
            },
            text: None,
            found: None,
            beside: false,
            tried: false,
            others: false,
            over: false,
        });
    }

    /// The list of sessions came, or what lies below this folder: those are offered.
    pub fn offer_folders(&mut self) {
        let found = self.folders();
        if let Some(FirstRun {
            page: Page::Folder { folders, at, .. },
            ..
        }) = &mut self.first_run
        {
            // A row that was marked stays what it was, also where it is the last.
            let is_last = *at > 0 && *at == folders.len();
            let new = found.into_iter().filter(|folder| !folders.contains(folder));
            let new: Vec<PathBuf> = new.collect();
            folders.extend(new);
            folders.truncate(OFFERED);
            if is_last {
                *at = folders.len();
            }
        }
    }

    /// Folders of the last sessions, the newest first, and then repositories below the one Creel was started in.
    fn folders(&self) -> Vec<PathBuf> {
        let mut all: Vec<PathBuf> = Vec::new();
        for card in self.recent.iter().flatten() {
            let holds_home = self
                .setup
                .person_home
                .as_ref()
                .is_some_and(|home| home.starts_with(&card.cwd));
            let played = card.model.provider == "rehearsal";
            if !holds_home && !played && !all.contains(&card.cwd) {
                all.push(card.cwd.clone());
            }
        }
        let others = self.below.iter().filter(|folder| !all.contains(folder));
        let others: Vec<PathBuf> = others.cloned().collect();
        all.extend(others);
        all.truncate(OFFERED);
        all
    }

    /// The folder that was chosen has been looked at.
    pub fn looked_at(&mut self, folder: &Path) {
        let Some(FirstRun {
            page: Page::Folder { chosen, .. },
            text,
            ..
        }) = &mut self.first_run
        else {
            return;
        };
        if chosen.as_deref() != Some(folder) {
            return;
        }
        if self.places.get(folder).is_some_and(|place| place.gone) {
            *chosen = None;
            *text = Some(format!(
                "{} is no more",
                crate::agent::visible::escaped(&folder.display().to_string())
            ));
            return;
        }
        self.work_in(folder.to_owned());
    }

    pub fn scratch(&mut self, made: Result<PathBuf, String>) -> Vec<Cmd> {
        match made {
            Ok(folder) => {
                self.work_in(folder.clone());
                vec![Cmd::LookAt(folder)]
            }
            Err(why) => {
                match &mut self.first_run {
                    Some(page) => page.text = Some(why),
                    None => self.say(why),
                }
                Vec::new()
            }
        }
    }

    /// New sessions work there from now on.
    fn work_in(&mut self, folder: PathBuf) {
        for view in &mut self.views {
            if view.stage == Stage::Fresh && !view.tour && view.cwd == self.setup.cwd {
                view.cwd.clone_from(&folder);
            }
        }
        self.setup.cwd = folder;
        self.setup.unsuitable = false;
        self.first_run = None;
    }
}
