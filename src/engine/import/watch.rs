//! `[import] watch`: what other programs write while the workstation is open is taken in. Nothing is asked of the system for it: now
//! and then the files are looked at, and where none has changed that is all that is done.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::config::import::ImportConfig;
use crate::engine::house::House;
use crate::engine::import::sources::usual;
use crate::engine::import::take::Patience;
use crate::engine::import::{Import, lock};
use crate::import::find::{self, Found};
use crate::protocol::event::Signal;
use crate::protocol::import::{ImportNews, Program, Report};
use crate::protocol::time::Time;
use crate::store::read::Reader;

/// When the files are first looked at: a start has other things to do.
const FIRST: Duration = Duration::from_secs(10);

/// How often they are looked at.
const EVERY: Duration = Duration::from_secs(45);

/// What is read may take the fiftieth part of the time, so that a large file that never rests costs no more.
const REST: u32 = 50;

/// What is known of the files from look to look.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// The files as they were when they were last dealt with.
    seen: HashMap<PathBuf, (u64, Time)>,
    /// The files whose faults were told.
    told: HashSet<PathBuf>,
}

/// Watches for as long as it is let.
pub(crate) async fn run(house: Arc<House>, config: ImportConfig) {
    let mut watch = Watch::default();
    let mut rest = FIRST;
    loop {
        tokio::time::sleep(rest).await;
        let began = Instant::now();
        if let Err(why) = watch.look(&house, &config).await {
            tracing::warn!("imports were not brought up to date: {why}");
        }
        rest = EVERY.max(began.elapsed().saturating_mul(REST));
    }
}

impl Watch {
    /// Takes in what has changed since the last look.
    pub(crate) async fn look(
        &mut self,
        house: &Arc<House>,
        config: &ImportConfig,
    ) -> Result<(), String> {
        for (program, root) in roots(house, config).await? {
            let path = root.clone();
            let found = tokio::task::spawn_blocking(move || find::find(program, &path));
            // A folder that is not there now may come back.
            let Ok(found) = found.await.map_err(|error| error.to_string())? else {
                continue;
            };
            let changed: Vec<Found> = found
                .into_iter()
                .filter(|file| self.seen.get(&file.path) != Some(&(file.bytes, file.modified)))
                .collect();
            if changed.is_empty() {
                continue;
            }
            let states: Vec<_> = changed
                .iter()
                .map(|file| (file.path.clone(), (file.bytes, file.modified)))
                .collect();
            // What is wrong with one place keeps nobody from the others, and is said once for a state of its files.
            if let Err(why) = self.take_in(house, (program, root), changed).await {
                tracing::warn!("the watch of imports: {why}");
                self.seen.extend(states);
            }
        }
        Ok(())
    }

    async fn take_in(
        &mut self,
        house: &Arc<House>,
        (program, root): (Program, PathBuf),
        changed: Vec<Found>,
    ) -> Result<(), String> {
        // Somebody takes in more than this.
        let Some(_lock) = lock(house)? else {
            return Ok(());
        };
        let mut import = Import::new(house, program, root, Patience::Leaves);
        house.imports.begin();
        let states: Vec<_> = changed
            .iter()
            .map(|file| (file.path.clone(), (file.bytes, file.modified)))
            .collect();
        let fresh = import.leave_out(changed).await?;
        let report = if fresh.is_empty() {
            Report::default()
        } else {
            import.take_in(fresh).await?
        };
        if report.stopped {
            return Ok(());
        }
        let later: HashSet<&PathBuf> = report.later.iter().collect();
        for (path, state) in states {
            if !later.contains(&path) {
                self.seen.insert(path, state);
            }
        }
        for problem in report.problems {
            if self.told.insert(problem.path.clone()) {
                let text = format!(
                    "{}:{}: not taken in: {}",
                    problem.path.display(),
                    problem.line,
                    problem.text
                );
                tracing::warn!("{text}");
                house.tell(Signal::Import(ImportNews::Fault(text)));
            }
        }
        Ok(())
    }
}

/// Where to look: what was imported before, and for programs that the config names where they keep their sessions.
async fn roots(
    house: &Arc<House>,
    config: &ImportConfig,
) -> Result<Vec<(Program, PathBuf)>, String> {
    let known = house.read(Reader::import_roots).await?;
    let wanted =
        |program: &Program| config.programs.is_empty() || config.programs.contains(program);
    let mut roots: Vec<(Program, PathBuf)> = known
        .into_iter()
        .filter_map(|(source, root)| Some((Program::named(&source)?, PathBuf::from(root))))
        .filter(|(program, _)| wanted(program))
        .collect();
    for program in &config.programs {
        if !roots.iter().any(|(known, _)| known == program) {
            roots.extend(usual(house, *program).map(|path| (*program, path)));
        }
    }
    Ok(roots)
}
