//! How much the sandbox holds, by trying: a canary is sent where a command would go, and tells what it could do there. What a
//! library or a program says of itself counts for nothing.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::protocol::sandbox::{Level, Network};
use crate::sandbox::bubblewrap;
use crate::sandbox::folder::{self, Folder};
use crate::sandbox::ground::Ground;
use crate::sandbox::plan::{Plan, Walls};
use crate::sandbox::probe::{self, Told};
use crate::sandbox::wire::{self, Bait, Request, Said};

/// A canary that takes longer in all is ended; it needs some hundredths of a second.
const PATIENCE: Duration = Duration::from_secs(5);
/// A canary that says more is none.
const LONGEST: usize = 64 << 10;
/// On every system, written by all and of no plan.
const BEYOND: &str = "/var/tmp";

/// What was measured, and the walls it was measured with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measured {
    pub level: Level,
    pub walls: Walls,
    /// Why it is not the highest, in one line; empty where it is.
    pub lacks: String,
}

/// Measures what holds on this machine: namespaces where their program is, else the walls of the kernel alone. Blocks for two
/// processes at most. `program` is Creel's own, started as the helper.
pub fn measure(program: &Path, bubblewrap: Option<PathBuf>) -> Measured {
    let mut lacks = "bubblewrap is not installed".to_owned();
    if let Some(bubblewrap) = bubblewrap {
        let name = bubblewrap.display().to_string();
        let walls = Walls::Namespaces { bubblewrap };
        match send(program, &walls) {
            Ok(told) if judge(&told, &probe::namespaces()) == Level::Contained => {
                return Measured {
                    level: Level::Contained,
                    walls,
                    lacks: String::new(),
                };
            }
            Ok(_) => lacks = format!("{name} is there and does not isolate"),
            Err(why) => lacks = format!("{name} is there and cannot be used: {why}"),
        }
    }
    let walls = Walls::Kernel;
    match send(program, &walls) {
        Ok(told) => {
            let level = judge(&told, &probe::namespaces()).min(Level::Restricted);
            Measured {
                level,
                walls,
                lacks: if level == Level::Restricted {
                    lacks
                } else {
                    missing(&told)
                },
            }
        }
        Err(why) => Measured {
            level: Level::None,
            walls: Walls::None,
            lacks: why,
        },
    }
}

/// The level that what was tried amounts to. `own` are the namespaces of the one who asks.
fn judge(told: &Told, own: &BTreeMap<String, String>) -> Level {
    let files = told.write_outside && told.read_outside && told.memory;
    let network = told.internet && told.machine_socket;
    if !(files && network && told.signal && told.works_inside) {
        return if files || network {
            Level::Partial
        } else {
            Level::None
        };
    }
    let apart = probe::NAMESPACES.iter().all(|kind| {
        let of = |names: &BTreeMap<String, String>| names.get(*kind).cloned();
        of(&told.namespaces).is_some() && of(&told.namespaces) != of(own)
    });
    if apart && told.guarded {
        Level::Contained
    } else {
        Level::Restricted
    }
}

/// What did not hold, in one line.
fn missing(told: &Told) -> String {
    let could: Vec<&str> = [
        (told.write_outside, "write files outside the folder"),
        (told.read_outside, "read files outside the folder"),
        (told.memory, "read the memory of other processes"),
        (told.internet, "use the network"),
        (told.machine_socket, "use sockets of this machine"),
        (told.signal, "send signals to other processes"),
    ]
    .into_iter()
    .filter_map(|(refused, act)| (!refused).then_some(act))
    .collect();
    match could.as_slice() {
        [] => "a command cannot even work in its own folder".to_owned(),
        could => format!("a command could {}", could.join(", ")),
    }
}

/// Sends a canary, and answers what it told.
fn send(program: &Path, walls: &Walls) -> Result<Told, String> {
    let failed = |error: io::Error| format!("the sandbox cannot be tried: {error}");
    let folder = Folder::make(&std::env::temp_dir()).map_err(failed)?;
    let at = folder.path().canonicalize().map_err(failed)?;
    let beyond = beyond().map_err(failed)?;
    let bait = Bait {
        inside: at.join("inside"),
        outside: beyond.path().canonicalize().map_err(failed)?,
        process: std::process::id(),
        processes: probe::namespaces().remove(probe::PROCESSES),
    };
    let temporary = at.join("temporary");
    for made in [&bait.inside.join(probe::GUARDED), &temporary] {
        std::fs::create_dir_all(made).map_err(failed)?;
    }
    std::fs::write(bait.outside.join(probe::SECRET), "secret").map_err(failed)?;
    let ground = Ground {
        cwd: &bait.inside,
        roots: std::slice::from_ref(&bait.inside),
        repository: None,
        home: None,
        own: &[],
        temporary: &temporary,
        environment: &[],
    };
    let plan = ground.plan(walls.clone(), Network::Off);
    let (bytes, ended) = converse(program, plan, bait, PATIENCE).map_err(failed)?;
    match wire::said(&bytes) {
        Said::Told(told) => serde_json::from_slice(&told)
            .map_err(|error| format!("what the canary told cannot be read: {error}")),
        Said::Failed(why) => Err(why),
        Said::Up | Said::Nothing => Err(format!("the sandbox could not be set up: {ended}")),
    }
}

/// Where a canary must not get: a place that is there within namespaces too, where only their temporary folder is another's.
/// Without one these are taken not to hold.
fn beyond() -> io::Result<Folder> {
    Folder::make(Path::new(BEYOND)).or_else(|_| Folder::make(&std::env::temp_dir()))
}

/// Takes away what was left, by canaries too, of processes that are gone.
pub fn sweep(place: &Path) {
    folder::sweep(place);
    folder::sweep(Path::new(BEYOND));
}

/// All that a canary said, and how it ended. One that takes too long is killed, whatever it is at.
fn converse(
    program: &Path,
    plan: Plan,
    bait: Bait,
    patience: Duration,
) -> io::Result<(Vec<u8>, String)> {
    let (own, theirs) = UnixStream::pair()?;
    let twice = matches!(plan.walls, Walls::Namespaces { .. });
    let request = wire::frame(&Request::Canary { plan, bait })?;
    let mut bytes = request.clone();
    bytes.push(wire::GO);
    if twice {
        bytes.extend(request);
    }
    // A file, since a pipe may be held open by others.
    let mut error = tempfile::tempfile()?;
    let mut command = Command::new(program);
    command
        .arg(wire::OUTER)
        .arg("canary")
        .env_clear()
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        .stderr(error.try_clone()?)
        .process_group(0);
    let shutter = own.try_clone()?;
    let mut child = command.spawn()?;
    drop(command);
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let kill = || pid.is_some_and(|pid| kill_process_group(pid, Signal::KILL).is_ok());
    let (done, over) = mpsc::channel::<()>();
    let told = thread::scope(|scope| {
        let watch = thread::Builder::new().spawn_scoped(scope, move || {
            let late = over.recv_timeout(patience) == Err(RecvTimeoutError::Timeout);
            if late {
                kill();
                let _ = shutter.shutdown(Shutdown::Both);
            }
            late
        });
        let told = match &watch {
            Ok(_) => heard(own, &bytes),
            Err(_) => Vec::new(),
        };
        if watch.is_err() || told.len() >= LONGEST {
            kill();
        }
        if let Some(pid) = pid {
            // Not taken from the system yet: its number is not another's while it may still be killed.
            let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            let _ = waitid(WaitId::Pid(pid), ended);
        }
        drop(done);
        if let Ok(false) = watch?.join() {
            Ok(told)
        } else {
            let seconds = patience.as_secs();
            Err(io::Error::other(format!("no answer within {seconds} s")))
        }
    });
    // What it left in its group goes with it.
    kill();
    let status = child.wait()?;
    let told = told?;
    let mut said = String::new();
    // Only for the line that says why; without it the line is shorter.
    let _ = error
        .rewind()
        .and_then(|()| error.take(4096).read_to_string(&mut said));
    let said = said.lines().next_back().unwrap_or_default();
    let ended = if said.is_empty() {
        status.to_string()
    } else {
        said.to_owned()
    };
    Ok((told, ended))
}

/// What is said on a socket until its end; nothing more where it breaks off.
fn heard(mut own: UnixStream, bytes: &[u8]) -> Vec<u8> {
    let mut told = Vec::new();
    if own.write_all(bytes).is_ok() {
        let most = u64::try_from(LONGEST).unwrap_or(u64::MAX);
        let _ = own.take(most).read_to_end(&mut told);
    }
    told
}

/// The program that makes namespaces, where it is.
pub fn bubblewrap() -> Option<PathBuf> {
    bubblewrap::find()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    type Change = fn(&mut Told);

    #[test]
    fn the_level_is_what_was_refused() {
        let own = probe::NAMESPACES.map(|kind| (kind.to_owned(), "1".to_owned()));
        let other = probe::NAMESPACES.map(|kind| (kind.to_owned(), "2".to_owned()));
        let (own, other) = (own.into_iter().collect(), other.into_iter().collect());
        let all = Told {
            works_inside: true,
            write_outside: true,
            read_outside: true,
            guarded: true,
            internet: true,
            machine_socket: true,
            signal: true,
            memory: true,
            namespaces: other,
        };
        let cases: [(Change, Level); 12] = [
            (|_| {}, Level::Contained),
            (|told| told.guarded = false, Level::Restricted),
            // A program that only says that it isolates.
            (|told| _ = told.namespaces.remove("pid"), Level::Restricted),
            (
                |told| _ = told.namespaces.insert("net".into(), "1".into()),
                Level::Restricted,
            ),
            (|told| told.write_outside = false, Level::Partial),
            (|told| told.read_outside = false, Level::Partial),
            (|told| told.memory = false, Level::Partial),
            (|told| told.internet = false, Level::Partial),
            (|told| told.machine_socket = false, Level::Partial),
            (|told| told.signal = false, Level::Partial),
            (|told| told.works_inside = false, Level::Partial),
            (
                |told| (told.internet, told.write_outside) = (false, false),
                Level::None,
            ),
        ];
        for (index, (change, expected)) in cases.into_iter().enumerate() {
            let mut told = all.clone();
            change(&mut told);
            assert_eq!(judge(&told, &own), expected, "case {index}");
        }
        assert_eq!(
            missing(&Told::default()).matches("could").count(),
            1,
            "one line says all"
        );
    }

    #[test]
    fn no_canary_is_waited_for_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("helper");
        for act in [
            "exec sleep 1000",
            // It says that it is at its end, and is not.
            "exec sleep 1000 <&- 2>&-",
            "while :; do printf x >&0; sleep 0.001; done",
            // What it leaves behind holds all it had.
            "exec 3>&0; sleep 1000 & exit 0",
        ] {
            std::fs::write(&program, format!("#!/bin/sh\n{act}\n")).unwrap();
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(&program, mode).unwrap();
            let bait = Bait {
                inside: "/".into(),
                outside: "/".into(),
                process: 1,
                processes: None,
            };
            let patience = Duration::from_millis(50);
            let told = converse(&program, Plan::default(), bait, patience);
            assert!(
                told.is_err_and(|why| why.to_string().contains("no answer")),
                "{act}"
            );
        }
    }
}
