//! Creel without a screen, from its start to its end.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::Output;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::limit::{Limit, Trouble};
use crate::machine::of_children;
use crate::support::Home;
use crate::support::task::commits;

/// A run that is over.
#[derive(Debug)]
pub struct Ran {
    pub started: Instant,
    pub ended: Instant,
    /// CPU time of the commands it ran, in ticks.
    pub commands: Duration,
    pub output: Output,
}

impl Ran {
    pub fn wall(&self) -> Duration {
        self.ended - self.started
    }
}

fn read(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut all = Vec::new();
        if let Some(mut pipe) = pipe {
            pipe.read_to_end(&mut all).unwrap();
        }
        all
    })
}

/// How many commits it makes to a log that is there already. The log is held open meanwhile, so that its file of writes keeps
/// all of them; that makes each a little slower, and such a run is not timed.
pub fn commits_of(
    home: &Home,
    run: impl FnOnce() -> Result<(), Trouble>,
) -> Result<usize, Trouble> {
    let log = rusqlite::Connection::open(home.db()).unwrap();
    log.execute_batch("begin; select count(*) from event")
        .unwrap();
    let before = commits(&home.db());
    run()?;
    Ok(commits(&home.db()) - before)
}

/// Runs it and tells its id as soon as it is started; one that takes too long is killed with all it began.
pub fn run(
    home: &Home,
    arguments: &[&str],
    limit: Limit,
    tell: impl FnOnce(u32),
) -> Result<Ran, Trouble> {
    let mut command = home.creel(arguments);
    let started = Instant::now();
    let mut child = command.spawn().unwrap();
    let id = child.id();
    // What it says is read while it says it: it may be more than a pipe holds.
    let said = read(child.stdout.take());
    let told = read(child.stderr.take());
    tell(id);
    let process = Pid::from_raw(i32::try_from(id).unwrap()).unwrap();
    let (done, wait) = mpsc::channel::<()>();
    let guard = thread::spawn(move || {
        let late = wait.recv_timeout(limit.left()) == Err(mpsc::RecvTimeoutError::Timeout);
        if late {
            // It leads a group of its own, and is not waited for until this guard has ended: the id is still its.
            let _ = kill_process_group(process, Signal::KILL);
        }
        late
    });
    // Its end is seen and its times are read before it is waited for, which would take them away.
    while let Err(error) = waitid(
        WaitId::Pid(process),
        WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
    ) {
        assert_eq!(error, rustix::io::Errno::INTR);
    }
    let ended = Instant::now();
    let commands = of_children(&id.to_string());
    drop(done);
    let late = guard.join().unwrap();
    let output = Output {
        status: child.wait().unwrap(),
        stdout: said.join().unwrap(),
        stderr: told.join().unwrap(),
    };
    if late || output.status.signal().is_some() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Trouble::Late(format!(
            "`creel {}` did not end: {said}",
            arguments.join(" ")
        )));
    }
    assert!(output.status.success(), "creel {arguments:?}: {output:?}");
    Ok(Ran {
        started,
        ended,
        commands: commands?,
        output,
    })
}
