//! One command: in a session of its own (so there is no terminal to write to or to ask on), or at least in a process group of
//! its own; standard input empty, both outputs through one pipe in their true order. It ends with everything it began, except
//! what gave up the pipe (`server >log 2>&1 &`). How it begins is `start`'s.
//!
//! Memory is bounded: the model's part is digested as it comes, the whole is kept up to a bound, and a command that puts out
//! four times that bound is ended.

use std::ffi::OsString;
use std::fmt;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::agent::visible;
use crate::sandbox::adopted::{self, Adopted};
use crate::sandbox::child::{Gone, Waiting};
use crate::sandbox::guard::Differs;
use crate::tool::shared::economy::Digest;
use crate::tool::shared::kept::Kept;
use crate::tool::shared::output::{self, LOOK_EVERY, MUCH, read};
use crate::tool::shared::start::{Leader, begin};

/// A stop is done within a tenth of a second: so long a command may take leave, then it is killed.
const LEAVE_ON_STOP: Duration = Duration::from_millis(80);
const LEAVE_ON_TIMEOUT: Duration = Duration::from_secs(2);
/// How long after the kill the last output is awaited.
const LAST_OUTPUT: Duration = Duration::from_millis(15);
/// How long the pipe may be held open by others once the command itself has ended.
const DRAIN: Duration = Duration::from_secs(1);
const TAIL_EVERY: Duration = Duration::from_millis(50);
/// What is kept for the live tail, and how many lines of it are shown.
const TAIL_BYTES: usize = 4096;
const TAIL_LINES: usize = 12;
/// A command is ended when it put out this many times what is kept.
const TOO_MUCH: u64 = 4;
/// However little is kept.
const TOO_MUCH_LEAST: u64 = 1 << 20;

/// What to run and within which bounds.
pub struct Job {
    pub argv: Vec<String>,
    pub cwd: PathBuf,
    pub environment: Vec<(OsString, OsString)>,
    pub timeout: Duration,
    /// Bytes of the output kept whole.
    pub kept_bytes: u64,
    /// Bytes of it for the model.
    pub budget: usize,
    pub tail: Arc<dyn Fn(&str) + Send + Sync>,
    pub stop: CancellationToken,
    /// The command of another Creel, which has begun.
    pub adopted: Option<Adopted>,
    /// The command as it waits to be let go, or why it does not; `None`: it is started as it is.
    pub waiting: Option<Result<Waiting, String>>,
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("argv", &self.argv)
            .field("cwd", &self.cwd)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Why a command did not end by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Alone,
    Stopped,
    TimedOut,
    /// It put out too much.
    Flooded,
}

#[derive(Debug)]
pub struct Finished {
    pub ended: Ended,
    /// `None` when it was killed and has not been seen to die yet, and of one that was taken over.
    pub status: Option<ExitStatus>,
    pub digest: Digest,
    pub kept: Kept,
    /// Something it started still held the pipe, and was ended.
    pub left_behind: bool,
    /// Guarded places that are not as they were before it.
    pub changed: Differs,
}

/// Where the command stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    /// The command has ended; others hold the pipe.
    Draining,
    /// Asked to end.
    Asked,
    /// Killed; the last output is awaited.
    Killed,
}

/// Runs the job. The error says why it could not be started.
pub async fn run(mut job: Job) -> Result<Finished, String> {
    let mut begun = begin(&mut job)?;
    let leader = &mut begun.leader;
    let mut group = Group::of(leader);
    let mut pipe = begun.output;
    let mut buffer = vec![0; 64 << 10];
    let mut finished = Finished {
        ended: Ended::Alone,
        status: None,
        digest: Digest::new(job.budget),
        kept: Kept::new(job.kept_bytes),
        left_behind: false,
        changed: Differs::default(),
    };
    let mut tail = Tail::default();
    let mut look = Instant::now();
    let mut phase = Phase::Running;
    let mut deadline = Instant::now() + job.timeout;
    while pipe.is_some() || !group.leader_is_gone {
        let ended = tokio::select! {
            () = job.stop.cancelled(), if finished.ended != Ended::Stopped => {
                let leave = match phase {
                    Phase::Running | Phase::Draining => LEAVE_ON_STOP,
                    // It was asked before, by the clock.
                    Phase::Asked | Phase::Killed => Duration::ZERO,
                };
                (phase, deadline) = (Phase::Asked, Instant::now() + leave);
                Some(Ended::Stopped)
            }
            () = tokio::time::sleep_until(deadline) => match phase {
                Phase::Running => {
                    (phase, deadline) = (Phase::Asked, Instant::now() + LEAVE_ON_TIMEOUT);
                    Some(Ended::TimedOut)
                }
                Phase::Draining => {
                    finished.left_behind = true;
                    break;
                }
                Phase::Asked => {
                    group.signal(Signal::KILL);
                    (phase, deadline) = (Phase::Killed, Instant::now() + LAST_OUTPUT);
                    None
                }
                Phase::Killed => break,
            },
            read = read(pipe.as_ref(), &mut buffer, look), if pipe.is_some() => {
                match read {
                    Ok(0) | Err(_) => pipe = None,
                    Ok(count) => {
                        if count < MUCH && !group.leader_is_gone {
                            look = Instant::now() + LOOK_EVERY;
                        }
                        finished.digest.push(&buffer[..count]);
                        finished.kept.push(&buffer[..count]);
                        tail.push(&buffer[..count]);
                    }
                }
                let most = job.kept_bytes.saturating_mul(TOO_MUCH).max(TOO_MUCH_LEAST);
                let flooded = finished.kept.total() > most;
                if flooded && finished.ended == Ended::Alone {
                    (phase, deadline) = (Phase::Asked, Instant::now());
                    Some(Ended::Flooded)
                } else {
                    None
                }
            }
            status = leader.wait(), if !group.leader_is_gone => {
                finished.status = status;
                group.leader_is_gone = true;
                look = Instant::now();
                if phase == Phase::Running {
                    (phase, deadline) = (Phase::Draining, Instant::now() + DRAIN);
                }
                None
            }
            () = tokio::time::sleep_until(tail.due), if tail.fresh => {
                (job.tail)(&tail.show());
                None
            }
        };
        if let Some(ended) = ended {
            finished.ended = ended;
            group.signal(Signal::TERM);
            // A stopped process takes the signal only once it goes on.
            group.signal(Signal::CONT);
        }
    }
    if finished.ended == Ended::Alone && !finished.left_behind {
        group.release();
    }
    if let Some(pipe) = pipe {
        output::drain(pipe);
    }
    finished.changed = begun.gone.as_ref().map(Gone::changed).unwrap_or_default();
    let gone = begun.gone.filter(|_| finished.ended == Ended::Alone);
    if let Some(why) = gone.and_then(Gone::failure) {
        return Err(never_began(&why, finished.digest));
    }
    Ok(finished)
}

/// What the helper said, and the last line of what a program put out that it needed.
fn never_began(why: &str, digest: Digest) -> String {
    let told = digest.finish("").text;
    let last = told.lines().next_back().unwrap_or_default();
    let told = if last.is_empty() {
        String::new()
    } else {
        format!(" ({})", visible::one_line(last))
    };
    format!("the command was not run: {why}{told}; `creel doctor` tells of the sandbox")
}

/// All processes of the command that did not leave its group; killed when dropped.
struct Group {
    id: Option<Pid>,
    /// The leader itself where it is no child of ours, so that its number may be another's at any time.
    held: Option<Arc<OwnedFd>>,
    /// Waited for, so that its number may soon be another's.
    leader_is_gone: bool,
}

impl Group {
    fn of(leader: &Leader) -> Self {
        Self {
            id: leader
                .id()
                .and_then(|id| i32::try_from(id).ok())
                .and_then(Pid::from_raw),
            held: leader.held(),
            leader_is_gone: false,
        }
    }

    fn signal(&self, signal: Signal) {
        let Some(id) = self.id else { return };
        let group = rustix::process::kill_process_group(id, signal);
        if let Some(held) = &self.held {
            // It may have left its group.
            adopted::send(held, signal);
        } else if group.is_err() && !self.leader_is_gone {
            // For an instant after its start the command has no group of its own yet.
            let _ = rustix::process::kill_process(id, signal);
        }
    }

    fn release(&mut self) {
        self.id = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// The newest lines, shown at most every [`TAIL_EVERY`].
struct Tail {
    bytes: Vec<u8>,
    /// Something came that was not shown yet.
    fresh: bool,
    due: Instant,
}

impl Default for Tail {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            fresh: false,
            due: Instant::now(),
        }
    }
}

impl Tail {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes
            .extend_from_slice(&bytes[bytes.len().saturating_sub(TAIL_BYTES)..]);
        let over = self.bytes.len().saturating_sub(TAIL_BYTES);
        self.bytes.drain(..over);
        self.fresh = true;
    }

    fn show(&mut self) -> String {
        self.fresh = false;
        self.due = Instant::now() + TAIL_EVERY;
        let text = String::from_utf8_lossy(&self.bytes);
        let text = visible::clean(&text);
        let lines: Vec<_> = text.trim_end_matches('\n').lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use std::io::Read;
    use std::path::Path;
    use std::sync::mpsc;

    /// A job whose newest output may stop it: `stop` in a tail cancels.
    fn job(command: &str, timeout: Duration, cwd: &Path) -> Job {
        let stop = CancellationToken::new();
        let stopper = stop.clone();
        Job {
            argv: vec!["sh".to_owned(), "-c".to_owned(), command.to_owned()],
            cwd: cwd.to_owned(),
            environment: std::env::vars_os().collect(),
            timeout,
            kept_bytes: 1 << 20,
            budget: 8000,
            tail: Arc::new(move |tail| {
                if tail.contains("stop") {
                    stopper.cancel();
                }
            }),
            stop,
            adopted: None,
            waiting: None,
        }
    }

    fn wait<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(future)
    }

    const LONG: Duration = Duration::from_mins(1);

    /// A named pipe, and what tells when nobody holds its writing end any more: every process that inherited it is dead.
    fn dead_mans_pipe(folder: &Path) -> mpsc::Receiver<()> {
        let path = folder.join("pipe");
        assert!(
            std::process::Command::new("mkfifo")
                .arg(&path)
                .status()
                .unwrap()
                .success()
        );
        let (dead, told) = mpsc::channel();
        std::thread::spawn(move || {
            let mut pipe = std::fs::File::open(path).unwrap();
            pipe.read_to_end(&mut Vec::new()).unwrap();
            let _ = dead.send(());
        });
        told
    }

    #[test]
    fn a_stop_kills_all_that_was_begun_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let dead = dead_mans_pipe(folder.path());
        let command =
            "(trap '' TERM HUP; exec 3>pipe; (sleep 1000)& echo stop; wait; sleep 1000) & wait";
        let (finished, took) = wait(async {
            let job = job(command, LONG, folder.path());
            let stop = job.stop.clone();
            let stopped = async {
                stop.cancelled().await;
                Instant::now()
            };
            let (finished, stopped) = tokio::join!(run(job), stopped);
            (finished.unwrap(), stopped.elapsed())
        });
        assert_eq!(finished.ended, Ended::Stopped);
        assert_eq!(finished.digest.finish("output:1").text, "stop");
        // A tenth of a second is promised; a loaded machine is given more.
        assert!(took < Duration::from_secs(1), "{took:?}");
        dead.recv_timeout(LONG).unwrap();
    }

    #[test]
    fn a_command_out_of_time_is_asked_to_leave_first() {
        let folder = tempfile::tempdir().unwrap();
        let command = "trap 'echo bye; exit' TERM; echo hello; sleep 1000 & wait";
        let finished = wait(run(job(command, Duration::from_secs(2), folder.path()))).unwrap();
        assert_eq!(finished.ended, Ended::TimedOut);
        assert_eq!(finished.digest.finish("output:1").text, "hello\nbye");
    }

    #[test]
    fn a_stop_during_a_timeout_does_not_wait() {
        let folder = tempfile::tempdir().unwrap();
        let command = "trap 'echo stop' TERM; while :; do sleep 0.01; done";
        let finished = wait(run(job(command, Duration::from_millis(50), folder.path()))).unwrap();
        assert_eq!(finished.ended, Ended::Stopped);
    }

    #[test]
    fn who_holds_the_pipe_is_ended_and_who_does_not_lives() {
        let folder = tempfile::tempdir().unwrap();
        let dead = dead_mans_pipe(folder.path());
        let command = "sleep 1000 3>pipe & sleep 1000 >/dev/null 2>&1 & echo $!";
        let finished = wait(run(job(command, LONG, folder.path()))).unwrap();
        assert_eq!((finished.ended, finished.left_behind), (Ended::Alone, true));
        assert!(finished.status.unwrap().success());
        dead.recv_timeout(LONG).unwrap();

        let command = "sleep 1000 >/dev/null 2>&1 & echo $!";
        let finished = wait(run(job(command, LONG, folder.path()))).unwrap();
        assert_eq!(
            (finished.ended, finished.left_behind),
            (Ended::Alone, false)
        );
        let id: i32 = finished.digest.finish("output:1").text.parse().unwrap();
        let id = Pid::from_raw(id).unwrap();
        rustix::process::kill_process(id, Signal::KILL).unwrap();
    }

    /// One that left its group writes on, more than a pipe holds, as long as there is somebody to throw it away.
    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_left_behind_and_out_of_reach_is_not_held_up() {
        let folder = tempfile::tempdir().unwrap();
        let command = "setsid sh -c 'until [ -e go ]; do sleep 0.01; done; seq 1 100000 && touch end' & echo begun";
        wait(async {
            let finished = run(job(command, LONG, folder.path())).await.unwrap();
            assert_eq!((finished.ended, finished.left_behind), (Ended::Alone, true));
            std::fs::write(folder.path().join("go"), "").unwrap();
            let came = async {
                while !folder.path().join("end").exists() {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(LONG, came).await.unwrap();
        });
    }

    #[test]
    fn a_dropped_run_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let dead = dead_mans_pipe(folder.path());
        let command = "(trap '' TERM HUP; exec 3>pipe; echo stop; sleep 1000) & wait";
        wait(async {
            let job = job(command, LONG, folder.path());
            let stop = job.stop.clone();
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                _ = run(job) => panic!("it has no end"),
            }
        });
        dead.recv_timeout(LONG).unwrap();
    }

    #[test]
    fn the_tail_is_the_last_lines_cleaned() {
        let mut tail = Tail::default();
        let lines: Vec<_> = (1..=2000).map(|n| format!("\u{1b}[1mline {n}\n")).collect();
        let text = lines.concat();
        tail.push(text.as_bytes());
        assert!(tail.fresh && tail.bytes.len() <= TAIL_BYTES);
        let expected: Vec<_> = (1989..=2000).map(|n| format!("line {n}")).collect();
        assert_eq!(tail.show(), expected.join("\n"));
        assert!(!tail.fresh);
    }
}
