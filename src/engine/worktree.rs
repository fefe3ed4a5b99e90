//! Git worktrees for sessions: what a face asks of them and has done with them. Which worktree a session stands in is told by
//! the log, never by the face. A list beside the log names what was made, so that one whose session is gone is found again.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::agent::turn::Turn;
use crate::agent::visible::escaped;
use crate::engine::house::House;
use crate::engine::open;
use crate::engine::session::Task;
use crate::engine::worktree_list::List;
use crate::engine::written;
use crate::project;
use crate::project::git::run::Git;
use crate::project::git::{look, make, merge};
use crate::protocol::id::{CommandId, SessionId};
use crate::protocol::query::{Check, CheckState};
use crate::protocol::session::State;
use crate::protocol::worktree::{Done, Errand, Look, Sight, Worktree, Writer};

/// Orphans that are named.
const NAMED: usize = 20;

pub(crate) async fn see(house: &Arc<House>, look: Look) -> Sight {
    let seen = match look {
        Look::Plan { cwd, text } => plan(house, &cwd, &text).await,
        Look::Standing { session } => {
            async {
                let (git, worktree) = of(house, session).await?;
                let standing = look::standing(&git, &worktree, &house.worktree.copy).await?;
                Ok(Sight::Standing(standing))
            }
            .await
        }
        Look::Files { session } => {
            async {
                if !has_worktree(house, session).await? {
                    return written::files(house, session).await.map(Sight::Files);
                }
                let (git, worktree) = of(house, session).await?;
                let files = look::files(&git, &worktree, &house.worktree.copy).await?;
                Ok(Sight::Files(files))
            }
            .await
        }
        Look::Diff { session, path } => {
            async {
                if !has_worktree(house, session).await? {
                    let patch = written::patch(house, session, &path).await?;
                    return Ok(Sight::Diff { path, patch });
                }
                let (git, worktree) = of(house, session).await?;
                let patch = look::patch(&git, &worktree, &path).await?;
                Ok(Sight::Diff { path, patch })
            }
            .await
        }
        Look::Merge { session } => {
            async {
                let (git, worktree) = of(house, session).await?;
                let preview = merge::preview(&git, &worktree, &house.worktree.copy).await?;
                Ok(Sight::Merge(preview))
            }
            .await
        }
        Look::Loss { session } => {
            async {
                let (git, worktree) = remains(house, session).await?;
                let loss = merge::loss(&git, &worktree, &house.worktree.copy).await?;
                Ok(Sight::Loss(loss))
            }
            .await
        }
        Look::Writers { cwd, beside } => {
            writers(house, &cwd, Some(beside)).await.map(Sight::Writers)
        }
    };
    seen.unwrap_or_else(Sight::Failed)
}

async fn plan(house: &Arc<House>, cwd: &Path, text: &str) -> Result<Sight, String> {
    let project = make::repository(cwd)?;
    let git = git(&project.top).await?;
    let plan = make::plan(&git, &project, text, &house.worktree).await?;
    Ok(Sight::Plan(plan))
}

async fn git(top: &Path) -> Result<Git, String> {
    Git::open(top, std::env::vars_os().collect()).await
}

/// The worktree that was made for a session and is still there; none where that cannot be read.
pub(crate) async fn still_there(house: &Arc<House>, session: SessionId) -> Option<Worktree> {
    let worktree = worktree_of(house, session).await.ok()?;
    worktree.path.is_dir().then_some(worktree)
}

/// The worktree of a session, with git in it.
async fn of(house: &Arc<House>, session: SessionId) -> Result<(Git, Worktree), String> {
    let worktree = worktree_of(house, session).await?;
    if !worktree.path.is_dir() {
        return Err(format!(
            "the worktree {} is no more",
            escaped(&worktree.path.to_string_lossy())
        ));
    }
    Ok((git(&worktree.path).await?, worktree))
}

/// The worktree of a session, with git in it, or in its repository where the folder is gone.
async fn remains(house: &Arc<House>, session: SessionId) -> Result<(Git, Worktree), String> {
    let worktree = worktree_of(house, session).await?;
    let top = if worktree.path.is_dir() {
        &worktree.path
    } else {
        &worktree.repository
    };
    Ok((git(top).await?, worktree))
}

async fn has_worktree(house: &Arc<House>, session: SessionId) -> Result<bool, String> {
    let folded = open::folded(house, session).await?;
    Ok(folded.is_some_and(|folded| folded.spec.worktree.is_some()))
}

async fn worktree_of(house: &Arc<House>, session: SessionId) -> Result<Worktree, String> {
    let folded = open::folded(house, session).await?;
    let folded = folded.ok_or_else(|| format!("session {} is not in the log", session.short()))?;
    let none = "this session works in no worktree of its own";
    folded.spec.worktree.ok_or_else(|| none.to_owned())
}

/// Sessions whose turn runs in the checkout that a folder lies in, by whichever process.
async fn writers(
    house: &Arc<House>,
    cwd: &Path,
    beside: Option<SessionId>,
) -> Result<Vec<Writer>, String> {
    let top = project::find(cwd).top;
    let mut found = Vec::new();
    for (session, _) in house.owners.held() {
        if Some(session) == beside {
            continue;
        }
        let card = house.read(move |reader| reader.card(session)).await?;
        let works = |state| matches!(state, State::Working | State::Waiting | State::Paused);
        if let Some(card) = card.filter(|card| works(card.state))
            && project::find(&card.cwd).top == top
        {
            found.push(Writer {
                session,
                title: card.title,
            });
        }
    }
    Ok(found)
}

async fn nobody_works(house: &Arc<House>, worktree: &Worktree) -> Result<(), String> {
    match writers(house, &worktree.path, None).await?.first() {
        None => Ok(()),
        Some(writer) => Err(format!(
            "{} is at work there: wait for its end, or stop it",
            crate::agent::visible::brief(&writer.title, 60)
        )),
    }
}

/// `gone` ends when nobody waits for the answer any more.
pub(crate) async fn run(
    house: &Arc<House>,
    errand: Errand,
    gone: impl Future<Output = ()>,
) -> Result<Done, String> {
    let copied = &house.worktree.copy;
    match errand {
        Errand::Make { cwd, name } => make_one(house, &cwd, &name, gone).await,
        Errand::Commit { session, message } => {
            let (git, worktree) = of(house, session).await?;
            nobody_works(house, &worktree).await?;
            let (commit, files) = merge::commit_all(&git, copied, &message).await?;
            Ok(Done::Committed { commit, files })
        }
        Errand::Merge { session } => {
            let (git, worktree) = of(house, session).await?;
            nobody_works(house, &worktree).await?;
            let (into, commits) = merge::merge(&git, &worktree, copied).await?;
            Ok(Done::Merged { into, commits })
        }
        Errand::Remove { session, lose } => {
            let (git, worktree) = remains(house, session).await?;
            nobody_works(house, &worktree).await?;
            merge::remove(&git, &worktree, copied, lose).await?;
            list(house).forget(&worktree)?;
            Ok(Done::Removed { worktree })
        }
    }
}

fn list(house: &House) -> List {
    List::new(&house.paths.data)
}

async fn make_one(
    house: &Arc<House>,
    cwd: &Path,
    name: &str,
    gone: impl Future<Output = ()>,
) -> Result<Done, String> {
    let cwd = cwd
        .canonicalize()
        .map_err(|error| format!("cannot work in {}: {error}", cwd.display()))?;
    let project = make::repository(&cwd)?;
    let git = git(&project.top).await?;
    let worktree = make::prepare(&git, &project, name).await?;
    // Before git makes it: after a crash on the way somebody still knows of it.
    let made = match list(house).note(&worktree) {
        Ok(()) => fill_one(house, &git, &worktree, cwd, gone).await,
        Err(why) => Err(why),
    };
    match made {
        Ok(made) => Ok(Done::Made {
            worktree: made.worktree,
            cwd: made.cwd,
            copied: made.copied.files,
            notes: made.copied.notes,
            setup: house.worktree.setup.is_some(),
        }),
        Err(why) => {
            if make::undo(&git, &worktree).await {
                list(house).forget(&worktree)?;
            }
            Err(why)
        }
    }
}

/// Makes what was prepared, with its files. Nothing writes there any more when this has ended.
async fn fill_one(
    house: &House,
    git: &Git,
    worktree: &Worktree,
    cwd: PathBuf,
    gone: impl Future<Output = ()>,
) -> Result<make::Made, String> {
    let stopped = || Err("stopped; nothing of it was kept".to_owned());
    let mut gone = pin!(gone);
    tokio::select! {
        made = make::make(git, worktree) => made?,
        () = &mut gone => return stopped(),
    }
    let stop = Arc::new(AtomicBool::new(false));
    let mut filling = {
        let (git, worktree, stop) = (git.clone(), worktree.clone(), Arc::clone(&stop));
        let patterns = house.worktree.copy.clone();
        tokio::task::spawn_blocking(move || make::fill(&git, worktree, &cwd, &patterns, &stop))
    };
    tokio::select! {
        filled = &mut filling => filled.unwrap_or_else(|error| Err(error.to_string())),
        () = &mut gone => {
            stop.store(true, Ordering::Relaxed);
            // A thread cannot be ended from outside. Its answer is of no use to anybody.
            let _ = filling.await;
            stopped()
        }
    }
}

/// Worktrees that were made here and that no session of the log works in.
pub(crate) async fn orphans(house: &Arc<House>) -> Vec<Check> {
    let check = |state, text: String, remedy: String| Check {
        name: "worktrees".to_owned(),
        state,
        text,
        remedy,
        sizes: None,
    };
    let noted = match list(house).read() {
        Ok(noted) => noted,
        Err(why) => return vec![check(CheckState::Warn, why, String::new())],
    };
    let there: Vec<Worktree> = noted
        .into_iter()
        .filter(|worktree| worktree.path.symlink_metadata().is_ok())
        .collect();
    if there.is_empty() {
        return Vec::new();
    }
    // The database has a check of its own.
    let Ok(cards) = house.read(|reader| reader.sessions(None, true)).await else {
        return Vec::new();
    };
    let folders: Vec<PathBuf> = cards.into_iter().map(|card| card.cwd).collect();
    let owned = |worktree: &&Worktree| folders.iter().any(|cwd| cwd.starts_with(&worktree.path));
    let count = there.len();
    let lone: Vec<&Worktree> = there.iter().filter(|worktree| !owned(worktree)).collect();
    if lone.is_empty() {
        let text = format!("{count} made here, each with its session");
        return vec![check(CheckState::Ok, text, String::new())];
    }
    let more = lone.len().saturating_sub(NAMED);
    let mut checks: Vec<Check> = lone
        .into_iter()
        .take(NAMED)
        .map(|worktree| {
            let path = escaped(&worktree.path.to_string_lossy());
            let text = format!("{path}, branch {}: no session works in it", worktree.branch);
            check(CheckState::Warn, text, worktree.removal())
        })
        .collect();
    if more > 0 {
        let text = format!("{more} more without a session");
        checks.push(check(CheckState::Warn, text, String::new()));
    }
    checks
}

impl Task {
    /// Runs what the config says makes a worktree ready, as the first turn of its session.
    pub(crate) async fn set_up(&mut self, command: CommandId) {
        let setup = self.house.worktree.setup.clone();
        let (Some(setup), Some(worktree)) = (setup, self.session.spec.worktree.clone()) else {
            self.refuse(command, "there is nothing to set up");
            return;
        };
        if self.turn.is_some() || self.session.turn > 0 {
            self.refuse(command, "this session has begun already");
            return;
        }
        let from = worktree.from.as_deref().unwrap_or("a commit");
        let at: String = worktree.base.chars().take(7).collect();
        let note = format!(
            "This folder is a new git worktree on the branch {}, made from {from} at {at}. The command that the person has \
             set for new worktrees is run first.",
            worktree.branch
        );
        let arguments = serde_json::json!({ "command": setup }).to_string();
        let number = self.session.turn + 1;
        let readers = self.house.tools.readers();
        let begun = Turn::begin_call(number, note, ("bash", arguments), readers);
        self.take_turn(command, number, begun).await;
    }
}
