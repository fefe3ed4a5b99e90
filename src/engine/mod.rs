//! The engine acts: one task a session carries out what the agent decides, and keeps the log first. Faces reach it through the
//! [`door::Door`] alone.

mod adoption;
mod answer;
pub mod backup;
mod begun;
mod belongings;
mod bill;
mod board;
mod book;
mod bound;
mod cache;
mod call;
pub mod carried;
mod catalog;
mod changed;
mod check;
pub mod clock;
mod command;
mod configured;
pub mod crash;
pub mod door;
mod edited;
mod effect;
pub mod feed;
pub mod files;
mod following;
mod fork;
pub mod frame;
mod half;
mod hall;
pub mod health;
mod heard;
mod hits;
mod house;
mod hunks;
mod import;
mod indexing;
pub mod journal;
mod judge;
mod kept;
pub mod leaving;
mod lent;
mod lost;
mod memory;
mod model_call;
mod notes;
mod offer;
pub mod open;
mod outside;
pub mod owner;
mod paced;
mod picture;
mod private;
mod recall;
mod recalled;
mod redaction;
mod remembered;
mod request;
pub mod restore;
mod room;
mod route_report;
mod routes;
mod scene;
mod session;
mod sleep;
mod staging;
mod streams;
mod supply;
mod switch;
mod taken_up;
mod title;
mod tool_run;
#[cfg(test)]
mod trial;
mod trust;
pub mod walls;
mod weigh;
mod window;
mod worktree;
mod worktree_list;
mod written;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, OnceLock, RwLock};

use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use crate::agent::permission;
use crate::agent::redact::Redactor;
use crate::config::Config;
use crate::config::paths::Paths;
use crate::engine::clock::Clock;
use crate::engine::door::Door;
use crate::engine::feed::Signals;
use crate::engine::hall::Hall;
use crate::engine::house::House;
use crate::engine::owner::{Owners, whereabouts};
use crate::engine::routes::Routes;
use crate::engine::walls::{Sandbox, Walls};
use crate::protocol::call::ToolSpec;
use crate::protocol::rule::Rule;
use crate::store::log::Log;
use crate::tool::Toolbox;

/// What an engine is started with.
#[derive(Debug)]
pub struct Options {
    pub config: Config,
    pub paths: Paths,
    pub clock: Clock,
    /// The person's own folder: never a root of a session.
    pub home: Option<PathBuf>,
    /// Nobody can be asked: an ask is denied at once, and what would wait for a budget or a guard ends the turn.
    pub unattended: bool,
    /// Keys read from now on are known to it.
    pub redactor: Arc<Mutex<Redactor>>,
    /// What holds the commands of models.
    pub sandbox: Sandbox,
}

/// A running engine.
#[derive(Debug)]
pub struct Engine {
    pub door: Door,
    /// What the person should be told about the opening of the log.
    pub notices: Vec<String>,
    /// The log can only be read; a notice says why.
    pub read_only: bool,
    hall: JoinHandle<()>,
    #[cfg(test)]
    trial: trial::Switches,
    #[cfg(test)]
    house: std::sync::Weak<House>,
}

/// The tools that no rule takes away.
pub(crate) fn shown(rules: &[Rule]) -> Arc<[ToolSpec]> {
    let specs = Toolbox::shipped().specs();
    let shown = specs
        .iter()
        .filter(|spec| !permission::hides(rules, &spec.name));
    shown.cloned().collect()
}

impl Engine {
    /// Opens the log and starts the hall. Blocks for as long as the opening takes.
    pub fn start(options: Options, runtime: &Handle) -> Result<Self, String> {
        Self::with(options, runtime, Toolbox::shipped())
    }

    fn with(options: Options, runtime: &Handle, tools: Toolbox) -> Result<Self, String> {
        let Options {
            config,
            paths,
            clock,
            home,
            unattended,
            redactor,
            sandbox,
        } = options;
        let opened = Log::open(&paths.db).map_err(|error| error.to_string())?;
        let (knock, knocks) = mpsc::unbounded_channel();
        let signals = Signals::new();
        let last_key = Arc::new(AtomicI64::new(if unattended { 0 } else { clock.now().0 }));
        let door = Door::new(knock, signals.clone(), clock.clone(), Arc::clone(&last_key));
        #[cfg(test)]
        let trial = trial::Switches::default();
        let house = Arc::new(House {
            log: opened.log,
            db: paths.db.clone(),
            memory: Arc::new(memory::Memory::new(
                paths.index.clone(),
                paths.notes().to_owned(),
            )),
            readers: Mutex::new(Vec::new()),
            providers: RwLock::new(Arc::new(house::table(
                config.providers,
                &redactor,
                unattended,
            ))),
            routes: RwLock::new(Arc::new(Routes {
                routes: config.routes,
                roles: config.roles,
                usual: config.model,
            })),
            health: Mutex::default(),
            tools,
            walls: Walls::new(sandbox),
            owners: Owners::new(
                paths.locks.clone(),
                whereabouts(|name| std::env::var(name).ok(), clock.now()),
            ),
            clock,
            paths,
            signals,
            redactor,
            budget: config.budget,
            rates: config.rates,
            guards: config.guards,
            limits: config.limits,
            shown: shown(&config.rules),
            rules: config.rules,
            worktree: config.worktree,
            recalls: config.memory.recall,
            import: config.import,
            imports: import::Imports::default(),
            home,
            unattended,
            streams: OnceLock::new(),
            last_key,
            #[cfg(test)]
            trial: trial.clone(),
        });
        let mut notices = opened.notices;
        if let Ok((text, true)) = room::told(&house) {
            notices.push(format!("only {text}: free some space before it runs out"));
        }
        for notice in &notices {
            tracing::warn!("{notice}");
        }
        #[cfg(test)]
        let shared = Arc::downgrade(&house);
        let _inside = runtime.enter();
        // Without the handler `SIGUSR1` would end the process; it is in place before any session is held.
        let asked_to_stop = signal(SignalKind::user_defined1()).ok();
        let hall = runtime.spawn(
            Hall {
                house,
                knocks,
                asked_to_stop,
                sessions: HashMap::new(),
                works: JoinSet::new(),
            }
            .run(),
        );
        Ok(Self {
            door,
            notices,
            read_only: opened.read_only,
            hall,
            #[cfg(test)]
            trial,
            #[cfg(test)]
            house: shared,
        })
    }

    /// From now on the disk is full.
    #[cfg(test)]
    pub(crate) fn fill_disk(&self) {
        self.trial.fill_disk(true);
    }

    /// Ends when every door is gone and all turns have ended or been stopped.
    pub async fn ended(self) {
        drop(self.door);
        let _ = self.hall.await;
    }
}
