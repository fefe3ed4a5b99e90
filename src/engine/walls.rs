//! The sandbox as the engine uses it: measured once before it is needed, and again after the machine slept; each command of a
//! model waits within its walls until its start is kept.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::time::timeout;

use crate::agent::permission::{Cage, Shut};
use crate::agent::session::Session;
use crate::agent::turn::effect::Effect;
use crate::engine::belongings;
use crate::engine::clock::Clocks;
use crate::engine::house::House;
use crate::engine::remembered;
use crate::engine::session::Task;
use crate::note;
use crate::protocol::event::Fact;
use crate::protocol::id::CallId;
use crate::protocol::sandbox::{Birth, Hold, Level, Network};
use crate::sandbox::canary::{self, Measured};
use crate::sandbox::child::{self, Order, Waiting};
use crate::sandbox::folder::Folder;
use crate::sandbox::ground::Ground;
use crate::sandbox::plan::{Plan, TEMPORARY, Walls as Raised};
use crate::tool::deed::Deed;
use crate::tool::shared::environment::Whose;

/// A measure ends long before; so long it may hold up all who wait for one, should the system not end what was killed.
const LONGEST: Duration = Duration::from_secs(20);

/// How the commands of models are to be held.
#[derive(Debug, Clone)]
pub enum Sandbox {
    /// As well as this machine can. `program` is Creel's own, which is started as the helper; `bubblewrap` makes namespaces.
    On {
        program: PathBuf,
        bubblewrap: Option<PathBuf>,
    },
    /// Not at all, as the person said.
    Off { program: Option<PathBuf> },
    /// Not at all, since Creel cannot find its own program, which raises the walls. Nobody said that it may be so.
    Lost,
}

impl Sandbox {
    /// By what this machine has.
    pub fn of_machine(wanted: bool) -> Self {
        // The running program itself, also where its file was replaced meanwhile.
        let program = if cfg!(target_os = "linux") {
            Some(PathBuf::from("/proc/self/exe"))
        } else {
            std::env::current_exe().ok()
        };
        Self::with(wanted, program, canary::bubblewrap)
    }

    fn with(
        wanted: bool,
        program: Option<PathBuf>,
        bubblewrap: impl FnOnce() -> Option<PathBuf>,
    ) -> Self {
        match program {
            Some(program) if wanted => Self::On {
                program,
                bubblewrap: bubblewrap(),
            },
            None if wanted => Self::Lost,
            program => Self::Off { program },
        }
    }

    /// Why nothing is measured, where nothing is.
    fn lacks(&self) -> Option<&'static str> {
        match self {
            Self::On { .. } => None,
            Self::Off { .. } => Some("--no-sandbox was given"),
            Self::Lost => Some("Creel cannot find its own program, which raises the walls"),
        }
    }
}

/// The sandbox of one engine.
pub(crate) struct Walls {
    sandbox: Sandbox,
    measured: tokio::sync::Mutex<Option<(Measured, Clocks)>>,
    /// How often it was.
    round: AtomicU64,
    /// Made for the first command, and gone with the engine; what others could not take away with them goes then too.
    temporary: OnceLock<Option<Folder>>,
}

impl fmt::Debug for Walls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Walls")
            .field("sandbox", &self.sandbox)
            .finish_non_exhaustive()
    }
}

impl Walls {
    pub(crate) fn new(sandbox: Sandbox) -> Self {
        Self {
            sandbox,
            measured: tokio::sync::Mutex::default(),
            round: AtomicU64::new(0),
            temporary: OnceLock::new(),
        }
    }

    /// What holds on this machine now. The first to ask waits some hundredths of a second for it, and what comes out is
    /// remembered for other processes. Where nothing holds the next one tries again: that may have been a passing trouble.
    pub(crate) async fn measured(&self, house: &House) -> Measured {
        let Sandbox::On {
            program,
            bubblewrap,
        } = &self.sandbox
        else {
            return Measured {
                lacks: self.sandbox.lacks().unwrap_or_default().to_owned(),
                ..Measured::default()
            };
        };
        let clocks = house.clock.clocks();
        let round = self.round.load(Ordering::Acquire);
        // Held while a canary is away, which is for some seconds at most.
        let mut kept = self.measured.lock().await;
        // Who waited for another's try has its answer in that.
        let tried = self.round.load(Ordering::Acquire) != round;
        if let Some((measured, at)) = &*kept
            && (tried || measured.level != Level::None && clocks.slept_since(*at).is_none())
        {
            return measured.clone();
        }
        let (program, bubblewrap) = (program.clone(), bubblewrap.clone());
        let state = &house.paths.state;
        let measured = {
            let (program, bubblewrap) = (program.clone(), bubblewrap.clone());
            in_time(LONGEST, move || canary::measure(&program, bubblewrap)).await
        };
        // Only what came in time is remembered: who waited goes by something else.
        let level = measured.as_ref().map(|measured| measured.level);
        let (state, program, bubblewrap) = (state.clone(), program.clone(), bubblewrap.clone());
        let remember = tokio::task::spawn_blocking(move || match level {
            Some(level) if level.holds() => {
                let programs = programs(&program, bubblewrap.as_deref());
                remembered::write(&state, &programs, level);
            }
            _ => remembered::forget(&state),
        });
        // An error only where the process ends.
        let _ = remember.await;
        let measured = measured.unwrap_or_else(|| Measured {
            lacks: "the sandbox cannot be tried: it hangs".to_owned(),
            ..Measured::default()
        });
        *kept = Some((measured.clone(), clocks));
        self.round.fetch_add(1, Ordering::Release);
        measured
    }

    /// What would hold a command of a model, for the decision whether it may run.
    pub(crate) async fn cage(&self, house: &House) -> Cage {
        if matches!(self.sandbox, Sandbox::Off { .. }) {
            return Cage::GIVEN_UP;
        }
        Cage {
            level: self.measured(house).await.level,
            given_up: false,
            shut: if house.unattended {
                Shut::Quietly
            } else {
                Shut::Asking
            },
        }
    }

    /// What holds, for those who show it.
    pub(crate) async fn hold(&self, house: &House) -> Hold {
        let measured = self.measured(house).await;
        Hold {
            level: measured.level,
            given_up: matches!(self.sandbox, Sandbox::Off { .. }),
            lacks: measured.lacks,
        }
    }

    /// The same as it was measured last, by whichever process; measured now only where nobody did, or where the machine slept
    /// since this one did.
    pub(crate) async fn last(&self, house: &House) -> Hold {
        if let Sandbox::On {
            program,
            bubblewrap,
        } = &self.sandbox
            && !self.is_old(house)
        {
            let programs = programs(program, bubblewrap.as_deref());
            if let Some(level) = remembered::read(&house.paths.state, &programs) {
                return Hold {
                    level,
                    ..Hold::default()
                };
            }
        }
        self.hold(house).await
    }

    /// The machine slept since it was measured. While one measures that is found out by the next who asks.
    fn is_old(&self, house: &House) -> bool {
        let clocks = house.clock.clocks();
        let kept = self.measured.try_lock();
        kept.is_ok_and(|kept| {
            kept.as_ref()
                .is_some_and(|(_, at)| clocks.slept_since(*at).is_some())
        })
    }

    fn program(&self) -> Option<&Path> {
        match &self.sandbox {
            Sandbox::On { program, .. } => Some(program),
            Sandbox::Off { program } => program.as_deref(),
            Sandbox::Lost => None,
        }
    }

    /// Temporary folders whose files only commands of this engine write.
    pub(crate) fn own_temporary(&self, level: Level) -> Vec<PathBuf> {
        let made = self.temporary.get().and_then(Option::as_ref);
        let made = made.and_then(|folder| folder.path().canonicalize().ok());
        // In namespaces it is seen under this name.
        let seen = (level == Level::Contained).then(|| PathBuf::from(TEMPORARY));
        made.into_iter().chain(seen).collect()
    }

    fn temporary(&self) -> Result<PathBuf, String> {
        let folder = self.temporary.get_or_init(|| {
            let place = std::env::temp_dir();
            let made = Folder::make(&place);
            // Nobody waits for it, and what it has not done when the process ends is the next one's.
            let _ = thread::Builder::new().spawn(move || canary::sweep(&place));
            made.inspect_err(|error| tracing::warn!("no temporary folder: {error}"))
                .ok()
        });
        let folder = folder
            .as_ref()
            .and_then(|folder| folder.path().canonicalize().ok());
        folder.ok_or_else(|| {
            format!(
                "the sandbox has no temporary folder: none can be made in {}",
                std::env::temp_dir().display()
            )
        })
    }
}

/// What a measure on a thread of its own came to, where it did within that time. One that comes later is nobody's.
async fn in_time(
    limit: Duration,
    measure: impl FnOnce() -> Measured + Send + 'static,
) -> Option<Measured> {
    let measured = tokio::task::spawn_blocking(measure);
    // An error only where the process ends.
    let measured = timeout(limit, measured).await.ok()?;
    Some(measured.unwrap_or_default())
}

/// The files that what was measured goes by.
fn programs<'a>(program: &'a Path, bubblewrap: Option<&'a Path>) -> Vec<&'a Path> {
    std::iter::once(program).chain(bubblewrap).collect()
}

impl Task {
    /// Has the commands that are about to begin wait within their walls, and adds to the facts of their start who they are; to
    /// those of changes, what their file holds before and after.
    pub(crate) async fn prepare(&mut self, facts: &mut [Fact], acts: &[Effect]) {
        for act in acts {
            let Effect::Run(asked) = act else { continue };
            let Some(deed) = self.deeds.get(&asked.id).cloned() else {
                continue;
            };
            let rewrite = deed.change().map(|change| Box::new(change.rewrite()));
            let kept = facts.iter_mut().find_map(|fact| match fact {
                Fact::CallStarted { call, change, .. } if *call == asked.id => Some(change),
                _ => None,
            });
            if let Some(change) = kept {
                *change = rewrite;
            }
            let Some(waiting) = self.wait(&deed, Whose::Model).await else {
                continue;
            };
            for fact in &mut *facts {
                if let (Fact::CallStarted { call, birth, .. }, Ok(waiting)) = (fact, &waiting)
                    && *call == asked.id
                {
                    *birth = Some(Box::new(Birth {
                        untrusted: deed.untrusted.clone(),
                        ..waiting.birth.clone()
                    }));
                }
            }
            self.waiting.insert(asked.id.clone(), waiting);
        }
    }

    /// A command that waits to be let go; `None` where it is none, or Creel cannot start itself as its helper.
    pub(crate) async fn wait(
        &mut self,
        deed: &Deed,
        whose: Whose,
    ) -> Option<Result<Waiting, String>> {
        let argv = deed.argv()?;
        let house = Arc::clone(&self.house);
        let walls = &house.walls;
        let program = walls.program()?;
        let measured = match whose {
            Whose::Model => walls.measured(&house).await,
            Whose::Person => Measured::default(),
        };
        Some(self.within(program, (argv, deed), &measured))
    }

    fn within(
        &self,
        program: &Path,
        (argv, deed): (&[String], &Deed),
        measured: &Measured,
    ) -> Result<Waiting, String> {
        let Deed { cwd, network, .. } = deed;
        let network = *network;
        let mut environment = deed.environment.clone();
        let plan = if measured.walls == Raised::None {
            // Nothing will be raised, so nothing of it is asked of the disk.
            Plan {
                cwd: cwd.clone(),
                network,
                ..Plan::default()
            }
        } else {
            let temporary = self.house.walls.temporary()?;
            let named = measured.walls.temporary(&temporary);
            environment.retain(|(name, _)| name != "TMPDIR");
            environment.push(("TMPDIR".into(), named.into()));
            self.plan(measured, (cwd, &temporary), &environment, network)
        };
        let order = Order {
            program,
            argv,
            environment: &environment,
            plan: &plan,
            level: measured.level,
        };
        child::start(&order).map_err(|error| {
            if cwd.is_dir() {
                format!("the command cannot be started: {error}")
            } else {
                format!("the folder {} is gone", cwd.display())
            }
        })
    }

    /// Made anew for each command: the one before may have moved what it names.
    fn plan(
        &self,
        measured: &Measured,
        (cwd, temporary): (&Path, &Path),
        environment: &[(OsString, OsString)],
        network: Network,
    ) -> Plan {
        let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let home = self.house.home.as_deref().map(canonical);
        let paths = &self.house.paths;
        let own = [&paths.data, &paths.state, &paths.keys, &paths.config_file];
        let mut own: Vec<PathBuf> = own.iter().map(|path| canonical(path)).collect();
        // Sessions to come are told of these.
        own.extend(
            note::places(paths.notes())
                .iter()
                .map(|path| canonical(path)),
        );
        // Keys and config are in these too.
        own.extend(
            belongings::of_before(paths)
                .iter()
                .map(|path| canonical(path)),
        );
        let ground = Ground {
            cwd,
            roots: &self.roots,
            repository: self.repository.clone(),
            home: home.as_deref(),
            own: &own,
            temporary,
            environment,
        };
        ground.plan(measured.walls.clone(), network)
    }
}

/// Ends the commands of a session whose Creel is gone, where they live on and nobody goes on with them, as with those of `taken`.
/// Answers with the calls they were of.
pub(crate) fn end_survivors(session: &Session, taken: &BTreeSet<CallId>) -> BTreeSet<CallId> {
    let mut ended = BTreeSet::new();
    let left = session
        .open_calls
        .iter()
        .filter(|(call, _)| !taken.contains(*call));
    for (call, open) in left {
        let Some(birth) = open.birth.as_ref().filter(|birth| child::lives(birth)) else {
            continue;
        };
        let group = i32::try_from(birth.pid).ok().and_then(Pid::from_raw);
        if group.is_some_and(|group| kill_process_group(group, Signal::KILL).is_ok()) {
            ended.insert(call.clone());
        }
    }
    ended
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_cannot_find_itself_has_given_nothing_up() {
        let program = || Some(PathBuf::from("/creel"));
        let cases = [
            (true, program(), None),
            (false, program(), Some("--no-sandbox was given")),
            (false, None, Some("--no-sandbox was given")),
            (
                true,
                None,
                Some("Creel cannot find its own program, which raises the walls"),
            ),
        ];
        for (wanted, program, expected) in cases {
            let sandbox = Sandbox::with(wanted, program.clone(), || None);
            assert_eq!(sandbox.lacks(), expected, "{wanted} {program:?}");
            // Nobody said that commands may run without walls but who gave the flag.
            let given_up = matches!(sandbox, Sandbox::Off { .. });
            assert_eq!(given_up, !wanted);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_measured_too_late_is_nobodys() {
        let (ends, waits) = std::sync::mpsc::channel::<()>();
        let measure = move || {
            let _ = waits.recv();
            Measured {
                level: Level::Contained,
                ..Measured::default()
            }
        };
        assert!(in_time(Duration::from_millis(1), measure).await.is_none());
        drop(ends);
        let level = in_time(LONGEST, || Measured {
            level: Level::Restricted,
            ..Measured::default()
        });
        assert_eq!(
            level.await.map(|measured| measured.level),
            Some(Level::Restricted)
        );
    }
}
