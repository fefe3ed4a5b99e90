//! The hall behind the door: hands commands to the tasks of their sessions, begins and ends those tasks, answers queries.
//! It only routes; what a word means is known further in.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::signal::unix::Signal as UnixSignal;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use crate::engine::door::Knock;
use crate::engine::files;
use crate::engine::fork;
use crate::engine::house::House;
use crate::engine::import::watch;
use crate::engine::open::{self, Survivors};
use crate::engine::session::Word;
use crate::engine::{answer, board};
use crate::protocol::event::Signal;
use crate::protocol::id::{CommandId, SessionId};
use crate::protocol::op::{Command, Manage, Op, Stopper};

/// How long sessions have to end when the engine does.
const END_WAIT: Duration = Duration::from_secs(2);

pub(crate) struct Hall {
    pub(crate) house: Arc<House>,
    pub(crate) knocks: mpsc::UnboundedReceiver<Knock>,
    /// Another process asks that sessions here be stopped.
    pub(crate) asked_to_stop: Option<UnixSignal>,
    pub(crate) sessions: HashMap<SessionId, Running>,
    /// Sessions and answers under way. Each holds the house, whose log is closed in order only when all have let go of it.
    pub(crate) works: JoinSet<()>,
}

pub(crate) struct Running {
    words: mpsc::UnboundedSender<Word>,
    /// A turn runs, as the task says.
    busy: Arc<AtomicBool>,
}

impl Hall {
    pub(crate) async fn run(mut self) {
        // Before anybody can take hold of one.
        board::forget_left(&self.house).await;
        let watching = self.watch_imports();
        loop {
            let asked = async {
                match &mut self.asked_to_stop {
                    Some(signal) => signal.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                knock = self.knocks.recv() => match knock {
                    Some(Knock::Command(command)) => self.command(command),
                    Some(Knock::Ask(query, reply)) => {
                        let house = Arc::clone(&self.house);
                        self.works.spawn(async move {
                            let _ = reply.send(answer::find(&house, query).await);
                        });
                    }
                    Some(Knock::Manage(manage, mut reply)) => {
                        let stopped = match &manage {
                            Manage::Stop { session, by } => self.stop_here(*session, &format!("stopped by {}", by.told())),
                            Manage::Attach { .. } | Manage::Purge { .. } | Manage::Reload | Manage::Extend | Manage::Reach { .. } | Manage::Try { .. } | Manage::AskPrice { .. } | Manage::KeepRule { .. } | Manage::RemoveRules { .. } | Manage::Accept { .. } | Manage::Worktree { .. } | Manage::Import { .. } | Manage::ImportHome { .. } | Manage::Index { .. } | Manage::Pin { .. } | Manage::ForgetNote { .. } => 0,
                        };
                        let house = Arc::clone(&self.house);
                        self.works.spawn(async move {
                            let managed = answer::manage(&house, manage, stopped, reply.closed()).await;
                            let _ = reply.send(managed);
                        });
                    }
                    Some(Knock::Draft(session, text)) => answer::draft(&self.house, session, text),
                    Some(Knock::Stash(stashed)) => answer::stash(&self.house, stashed),
                    Some(Knock::StopImport) => self.house.imports.stop(),
                    Some(Knock::Files(wanted)) => {
                        // Ends with its walk, or when nobody takes what it finds.
                        self.works.spawn(async move {
                            let _ = tokio::task::spawn_blocking(move || files::list(wanted)).await;
                        });
                    }
                    None => break,
                },
                Some(_) = self.works.join_next(), if !self.works.is_empty() => {}
                _ = asked => {
                    let wanted: Vec<(SessionId, Stopper)> = self.sessions.keys().filter_map(|session| Some((*session, self.house.owners.take_stop(*session)?))).collect();
                    for (session, by) in wanted {
                        self.stop_here(Some(session), &format!("stopped by {} in another terminal", by.told()));
                    }
                }
            }
        }
        // What is not indexed or imported now is with the next start.
        self.house.memory.close();
        self.house.imports.stop();
        if let Some(watching) = watching {
            watching.abort();
            let _ = watching.await;
        }
        self.sessions.clear();
        let ended = async { while self.works.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(END_WAIT, ended).await;
    }

    /// For as long as a person has the workstation open.
    fn watch_imports(&self) -> Option<JoinHandle<()>> {
        let config = self.house.import.clone();
        let watches = config.watch && !self.house.unattended;
        watches.then(|| tokio::spawn(watch::run(Arc::clone(&self.house), config)))
    }

    /// Tells how many turns there were to stop.
    fn stop_here(&self, session: Option<SessionId>, why: &str) -> u32 {
        let mut turns = 0;
        for (id, running) in &self.sessions {
            if session.is_none_or(|session| session == *id) {
                turns += u32::from(running.busy.load(Ordering::Relaxed));
                let _ = running.words.send(Word::Stop(why.to_owned()));
            }
        }
        turns
    }

    fn command(&mut self, command: Command) {
        let session = command.session;
        let closes = command.op == Op::Close;
        if closes && !self.sessions.contains_key(&session) {
            return;
        }
        let command = match self
            .sessions
            .get(&session)
            .map(|running| running.words.send(Word::Command(command.clone())))
        {
            Some(Ok(())) => {
                if closes {
                    self.sessions.remove(&session);
                }
                return;
            }
            // Its task has ended: it begins anew.
            Some(Err(_)) | None => command,
        };
        let (words, inbox) = mpsc::unbounded_channel();
        let house = Arc::clone(&self.house);
        let first = command.clone();
        let busy = Arc::new(AtomicBool::new(false));
        let says_busy = Arc::clone(&busy);
        self.works.spawn(async move {
            let begun = match &first.op {
                Op::Open { request } => open::new(&house, session, request.clone(), inbox).await,
                Op::Fork { request } => fork::new(&house, session, request.clone(), inbox).await,
                _ => open::resume(&house, session, inbox).await,
            };
            match begun {
                Ok(mut task) => {
                    task.busy = says_busy;
                    // A fault in one session must not look like work that goes on.
                    if AssertUnwindSafe(Box::pin(task.run()))
                        .catch_unwind()
                        .await
                        .is_err()
                    {
                        let why = "the session broke down; this is a fault of Creel".to_owned();
                        house.tell(Signal::Refused {
                            command: CommandId(0),
                            session,
                            why,
                        });
                        let _ = open::take_hold(&house, session, Survivors::End).await;
                    }
                    board::closed(&house, session).await;
                }
                Err((why, mut inbox)) => {
                    inbox.close();
                    house.tell(Signal::Refused {
                        command: first.id,
                        session,
                        why: why.clone(),
                    });
                    while let Some(word) = inbox.recv().await {
                        if let Word::Command(command) = word
                            && command.id != first.id
                        {
                            house.tell(Signal::Refused {
                                command: command.id,
                                session,
                                why: why.clone(),
                            });
                        }
                    }
                }
            }
        });
        if !matches!(command.op, Op::Open { .. } | Op::Fork { .. }) {
            let _ = words.send(Word::Command(command));
        }
        self.sessions.insert(session, Running { words, busy });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tokio::runtime::Handle;

    use crate::config::load;
    use crate::config::paths::Paths;
    use crate::engine::clock::Clock;
    use crate::engine::walls::Sandbox;
    use crate::engine::{Engine, Options};
    use crate::protocol::query::{Found, Query};

    #[tokio::test(flavor = "multi_thread")]
    async fn a_home_that_is_closed_holds_the_log_and_nothing_beside_it() {
        let home = tempfile::tempdir().unwrap();
        let env = |name: &str| (name == "CREEL_HOME").then(|| home.path().as_os_str().to_owned());
        let paths = Paths::from_environment(&env).unwrap();
        for _ in 0..2 {
            let options = Options {
                config: load::load(&paths, &env).unwrap(),
                paths: paths.clone(),
                clock: Clock::system(),
                home: None,
                unattended: true,
                redactor: std::sync::Arc::default(),
                sandbox: Sandbox::Off { program: None },
            };
            let engine = Engine::start(options, &Handle::current()).unwrap();
            assert_eq!(engine.notices, Vec::<String>::new());
            let list = Query::Sessions {
                limit: None,
                archived: false,
            };
            assert_eq!(engine.door.ask(list).await, Found::Sessions(Vec::new()));
            engine.ended().await;
            let mut names: Vec<_> = std::fs::read_dir(paths.db.parent().unwrap())
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .filter(|name| name.starts_with("creel.db"))
                .collect();
            names.sort();
            assert_eq!(names, ["creel.db", "creel.db.lock"]);
        }
    }
}
