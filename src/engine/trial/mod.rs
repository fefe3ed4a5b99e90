//! The engine as a face sees it, with the rehearsal as its model.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod asks;
mod begun;
mod board;
mod budget;
mod closing;
mod deed;
mod full;
mod kept;
mod lent;
mod measured;
mod recalled;
mod shell;
mod sleep;
mod supply;
mod tour;
mod trust;
mod waiting;
mod watched;
mod worktree;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use crate::agent::session::Session;
use crate::config::load;
use crate::config::paths::Paths;
use crate::engine::clock::Clock;
use crate::engine::door::Door;
use crate::engine::feed::Feed;
use crate::engine::walls::Sandbox;
use crate::engine::{Engine, Options};
use crate::protocol::ask::{Answer, Ask};
use crate::protocol::event::{Delta, Ending, Event, Fact, Signal, When};
use crate::protocol::id::{AskId, CommandId, SessionId};
use crate::protocol::item::Block;
use crate::protocol::op::{Command, Op};
use crate::protocol::query::{Found, Page, Query};
use crate::protocol::rule::Mode;
use crate::protocol::session::{OpenRequest, RunLimits};
use crate::store::fault::StoreError;

/// What a trial can do to an engine that a face cannot.
#[derive(Debug, Clone, Default)]
pub(crate) struct Switches {
    /// The disk is full.
    full: Arc<AtomicBool>,
    appends: Arc<AtomicU32>,
    /// Bytes that are left on the disk, one more so that none is 0; 0: as it is.
    room: Arc<AtomicU64>,
}

impl Switches {
    pub(crate) fn fill_disk(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }

    pub(crate) fn leave_room(&self, bytes: u64) {
        self.room.store(bytes + 1, Ordering::SeqCst);
    }

    pub(crate) fn room(&self) -> Option<u64> {
        self.room.load(Ordering::SeqCst).checked_sub(1)
    }

    pub(crate) fn before_append(&self, db: &Path) -> Result<(), StoreError> {
        if self.full.load(Ordering::SeqCst) {
            return Err(StoreError::Full(db.to_owned()));
        }
        self.appends.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// An engine in a home and a folder of its own, its model playing a script, with somebody to ask.
struct Stage {
    home: tempfile::TempDir,
    folder: tempfile::TempDir,
    config: String,
}

/// One engine on that stage.
struct Play {
    engine: Engine,
    door: Door,
    feed: Feed,
    session: SessionId,
    folder: std::path::PathBuf,
    commands: AtomicU64,
    /// All events heard, in order.
    events: Vec<Event>,
}

impl Stage {
    fn new(script: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = home.path().join("script.md");
        std::fs::write(&file, script).unwrap();
        let config = format!(
            "[providers.play]\nwire = \"rehearsal\"\nscript = \"{}\"\n",
            file.display()
        );
        Self {
            home,
            folder,
            config,
        }
    }

    fn options(&self, unattended: bool) -> Options {
        let home = self.home.path();
        std::fs::write(home.join("config.toml"), &self.config).unwrap();
        let env = |name: &str| (name == "CREEL_HOME").then(|| home.as_os_str().to_owned());
        let paths = Paths::from_environment(&env).unwrap();
        let config = load::load(&paths, &env).unwrap();
        Options {
            config,
            paths,
            clock: Clock::system(),
            home: None,
            unattended,
            redactor: Arc::default(),
            sandbox: Sandbox::Off { program: None },
        }
    }

    /// Starts an engine, and opens a session in mode `auto`.
    fn open(&self) -> Play {
        let play = self.start(self.engine(false), None);
        play.send(Op::Open {
            request: OpenRequest {
                cwd: self.folder.path().to_owned(),
                model: "play/any".parse().unwrap(),
                mode: Mode::Auto,
                worktree: None,
                effort: None,
            },
        });
        play
    }

    fn engine(&self, unattended: bool) -> Engine {
        let runtime = tokio::runtime::Handle::current();
        Engine::start(self.options(unattended), &runtime).unwrap()
    }

    /// Speaks to a session of an engine, a new one by default.
    fn start(&self, engine: Engine, session: Option<SessionId>) -> Play {
        let door = engine.door.clone();
        Play {
            feed: door.listen(),
            session: session.unwrap_or_else(|| door.new_session()),
            door,
            engine,
            folder: self.folder.path().to_owned(),
            commands: AtomicU64::new(1),
            events: Vec::new(),
        }
    }
}

impl Play {
    fn send(&self, op: Op) -> CommandId {
        let id = CommandId(self.commands.fetch_add(1, Ordering::SeqCst));
        self.door.send(Command {
            id,
            session: self.session,
            op,
        });
        id
    }

    fn say(&self, text: &str, when: When) -> CommandId {
        self.send(Op::Submit {
            blocks: vec![Block::text(text)],
            when,
            limits: RunLimits::default(),
        })
    }

    fn answer(&self, ask: AskId, answer: Answer) -> CommandId {
        self.send(Op::Answer { ask, answer })
    }

    async fn hear(&mut self) -> Signal {
        let heard = tokio::time::timeout(std::time::Duration::from_secs(30), self.feed.next());
        let signal = heard
            .await
            .unwrap_or_else(|_| panic!("nothing is heard after {:#?}", self.events.last()))
            .expect("the engine runs");
        if let Signal::Event(event) = &signal {
            self.events.push((**event).clone());
        }
        signal
    }

    /// Waits for what a signal shows; a refusal that is not waited for ends the test.
    async fn until<T>(&mut self, wanted: impl Fn(&Signal) -> Option<T>) -> T {
        loop {
            let signal = self.hear().await;
            if let Some(found) = wanted(&signal) {
                return found;
            }
            if let Signal::Refused { why, .. } = signal {
                panic!("refused: {why}");
            }
        }
    }

    async fn fact<T>(&mut self, wanted: impl Fn(&Fact) -> Option<T>) -> T {
        self.until(|signal| match signal {
            Signal::Event(event) => wanted(&event.fact),
            _ => None,
        })
        .await
    }

    async fn ending(&mut self) -> Ending {
        self.fact(|fact| match fact {
            Fact::TurnEnded { ending, .. } => Some(ending.clone()),
            _ => None,
        })
        .await
    }

    async fn ask(&mut self) -> Ask {
        self.fact(|fact| match fact {
            Fact::AskRaised { ask } => Some(ask.clone()),
            _ => None,
        })
        .await
    }

    async fn refusal(&mut self) -> (CommandId, String) {
        self.until(|signal| match signal {
            Signal::Refused { command, why, .. } => Some((*command, why.clone())),
            _ => None,
        })
        .await
    }

    /// Waits for words in the output of a running command.
    async fn tail(&mut self, words: &str) {
        self.until(|signal| match signal {
            Signal::Delta {
                delta: Delta::Tail { text, .. },
                ..
            } => text.contains(words).then_some(()),
            _ => None,
        })
        .await;
    }

    /// The session as the log has it, its events with it.
    async fn log(&self) -> (Session, Vec<Fact>) {
        let query = Query::History {
            session: self.session,
            page: Page::After(crate::protocol::id::Seq(0)),
            limit: u32::MAX,
        };
        let Found::History(events) = self.door.ask(query).await else {
            panic!("no history")
        };
        let session = Session::fold(None, &events).expect("the session is in the log");
        (
            session,
            events.into_iter().map(|event| event.fact).collect(),
        )
    }

    /// Ends the engine as a face does that goes away.
    async fn end(self) {
        drop(self.feed);
        drop(self.door);
        self.engine.ended().await;
    }
}

/// Writes facts into a session's log as a process that is gone did.
async fn append(stage: &Stage, session: SessionId, facts: Vec<Fact>) {
    let paths = stage.options(false).paths;
    let log = crate::store::log::Log::open(&paths.db).unwrap().log;
    let reader = log.reader();
    let events = reader
        .history(session, Page::After(crate::protocol::id::Seq(0)), u32::MAX)
        .unwrap();
    let clock = Clock::system();
    let batch = crate::store::Batch {
        session,
        at: clock.now(),
        day: clock.day(clock.now()),
        facts,
        reserved: None,
        blobs: Vec::new(),
        derive: crate::engine::effect::derive(Session::fold(None, &events)),
        clears_draft: false,
        outcomes_after: None,
        import: None,
    };
    log.append(batch).await.unwrap();
}
