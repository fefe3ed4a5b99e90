//! Sessions of other programs that are gone on with here. Until then they are only read; what goes on with one needs a folder that
//! is there, Creel's own system text, and a result for each call that the other program left open.

use std::path::{Path, PathBuf};

use crate::agent::folder::not_here;
use crate::engine::house::House;
use crate::engine::import::facts::LOST;
use crate::engine::open::system_text;
use crate::engine::session::Task;
use crate::project;
use crate::protocol::call::Outcome;
use crate::protocol::event::Fact;
use crate::protocol::id::{CommandId, SessionId};
use crate::protocol::item::Item;
use crate::protocol::op::Op;
use crate::protocol::session::{Change, SessionSpec};

/// Whether a word has a model asked in a session that nothing is open in.
pub(crate) fn goes_on(op: &Op) -> bool {
    matches!(op, Op::Submit { .. } | Op::SetUp)
}

impl Task {
    /// Makes a session of another program one of Creel's, in the folder it had or in `folder`; refuses the command where it cannot
    /// be gone on with, and then answers `false`.
    pub(crate) async fn take_up(&mut self, command: CommandId, folder: Option<PathBuf>) -> bool {
        let taken = self.try_to_take_up(folder).await;
        if let Err(why) = &taken {
            self.refuse(command, why);
        }
        taken.is_ok()
    }

    async fn try_to_take_up(&mut self, folder: Option<PathBuf>) -> Result<(), String> {
        let spec = &self.session.spec;
        if !spec.is_foreign() {
            return match folder.map(|folder| folder.canonicalize()) {
                Some(Ok(folder)) if folder != spec.cwd => Err(format!(
                    "this session works in {} and stays there: begin a new one for another folder",
                    spec.cwd.display()
                )),
                _ => Ok(()),
            };
        }
        let change = taken_up(&self.house, self.session.id, spec, folder).await?;
        let left = self.session.open_calls.iter();
        let lost = left.map(|(call, open)| Fact::ItemAdded {
            turn: open.turn,
            step: open.step,
            item: Item::Result {
                call: call.clone(),
                outcome: Outcome::lost(LOST),
            },
            imported: None,
        });
        let mut facts: Vec<Fact> = lost.collect();
        facts.push(Fact::SessionChanged { change });
        self.commit(facts).await.map_err(|why| why.to_string())?;
        self.settle_in();
        Ok(())
    }
}

/// The change that makes such a session one of Creel's.
pub(crate) async fn taken_up(
    house: &House,
    session: SessionId,
    spec: &SessionSpec,
    folder: Option<PathBuf>,
) -> Result<Change, String> {
    let date = house.clock.day(house.clock.now());
    let (then, chosen) = (spec.cwd.clone(), folder.is_some());
    let notes = house.notes().to_owned();
    let looked = tokio::task::spawn_blocking(move || {
        let cwd = folder.unwrap_or(then);
        // A session whose folder nobody knows has the root for one, which no agent gets unasked.
        let cwd = cwd.canonicalize().ok().filter(|cwd| cwd.is_dir());
        let cwd = cwd.filter(|cwd| chosen || cwd != Path::new("/"))?;
        let project = project::find(&cwd);
        let system = system_text(&cwd, &project, &notes, &date);
        Some((cwd, project.root.clone(), system))
    });
    let looked = looked.await.map_err(|error| error.to_string())?;
    let Some((cwd, project, system)) = looked else {
        return Err(gone(session, spec, chosen));
    };
    let system = house.redactor().redact(&system).into_owned();
    Ok(Change::TakenUp {
        cwd,
        project,
        system,
    })
}

fn gone(session: SessionId, spec: &SessionSpec, chosen: bool) -> String {
    if chosen {
        return "there is no such folder to go on in".to_owned();
    }
    let cwd = spec.cwd.display().to_string();
    let known = (spec.cwd != Path::new("/")).then_some(cwd.as_str());
    format!(
        "{}, or creel run --session {} --cwd DIR",
        not_here(known),
        session.short()
    )
}
