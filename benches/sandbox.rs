//! What the sandbox adds to the time of a command: the same command begun as it is and within its walls, in turn.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use creel::protocol::sandbox::Network;
use creel::sandbox::canary::{self, Measured};
use creel::sandbox::child::{self, Order};
use creel::sandbox::ground::Ground;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::limit::{Limit, Trouble, samples};
use crate::report::{Finding, Of, Samples, millis};
use crate::support::CREEL;

const RUNS: usize = 101;
const COMMAND: [&str; 3] = ["sh", "-c", "true"];

pub fn measure(limit: Limit) -> Result<Vec<Finding>, Trouble> {
    let began = Instant::now();
    let best = canary::measure(Path::new(CREEL), canary::bubblewrap());
    let took = began.elapsed();
    let kernel = canary::measure(Path::new(CREEL), None);
    if !kernel.level.holds() {
        return Err(Trouble::Missing(format!(
            "the kernel's walls: {}",
            kernel.lacks
        )));
    }
    let mut findings = vec![
        added(&kernel, limit)?.target(Of::Median, 10.0),
        Finding::new(
            "measuring what holds, once",
            "ms",
            Samples::one(millis(took)),
        )
        .note(format!("level {}", best.level)),
    ];
    if best != kernel {
        findings.push(added(&best, limit)?.target(Of::Median, 40.0));
    }
    Ok(findings)
}

fn added(measured: &Measured, limit: Limit) -> Result<Finding, Trouble> {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let folder = TempDir::new().unwrap();
    let work = folder.path().canonicalize().unwrap();
    // The first of each reads the programs into memory.
    plain(&work);
    walled(measured, &work, &runtime);
    let pairs = samples(limit, RUNS, |_| {
        Ok((plain(&work), walled(measured, &work, &runtime)))
    })?;
    let more = |(plain, walled): &(Duration, Duration)| millis(*walled) - millis(*plain);
    let plain = Samples::of(pairs.iter().map(|(plain, _)| *plain));
    Ok(Finding::new(
        format!("added time of a command at level {}", measured.level),
        "ms",
        Samples::new(pairs.iter().map(more).collect()),
    )
    .note(format!(
        "`sh -c true` takes {} ms without it (median)",
        crate::report::number(plain.median())
    )))
}

fn plain(work: &Path) -> Duration {
    let began = Instant::now();
    let mut command = std::process::Command::new("setsid");
    command.args(COMMAND).current_dir(work).stdin(Stdio::null());
    command.output().unwrap();
    began.elapsed()
}

fn walled(measured: &Measured, work: &Path, runtime: &Runtime) -> Duration {
    let began = Instant::now();
    let environment: Vec<(OsString, OsString)> = ["PATH", "HOME"]
        .into_iter()
        .filter_map(|name| Some((name.into(), std::env::var_os(name)?)))
        .collect();
    let home = std::env::home_dir();
    let roots: [PathBuf; 1] = [work.to_owned()];
    let ground = Ground {
        cwd: work,
        roots: &roots,
        repository: None,
        home: home.as_deref(),
        own: &[],
        temporary: work,
        environment: &environment,
    };
    let plan = ground.plan(measured.walls.clone(), Network::Off);
    let argv = COMMAND.map(str::to_owned);
    let order = Order {
        program: Path::new(CREEL),
        argv: &argv,
        environment: &environment,
        plan: &plan,
        level: measured.level,
    };
    let _inside = runtime.enter();
    let (mut child, output, gone) = child::start(&order).unwrap().go();
    rustix::io::ioctl_fionbio(&output, false).unwrap();
    File::from(output).read_to_end(&mut Vec::new()).unwrap();
    runtime.block_on(child.wait()).unwrap();
    let took = began.elapsed();
    assert_eq!(gone.failure(), None);
    took
}
