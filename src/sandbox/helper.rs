//! The helper: Creel started again as one thread, which leaves the terminal behind, raises the walls around itself, waits to be
//! let go, and then becomes the command. Done here and not between fork and exec of the many-threaded program, since building
//! the walls takes memory.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use rustix::io::FdFlags;
use rustix::process::{Resource, Rlimit};

use crate::sandbox::plan::{Plan, Walls};
use crate::sandbox::wire::{self, Request};
use crate::sandbox::{bubblewrap, leaks, probe, walls};

/// The program that runs, by no name of its own. Only where there are namespaces.
const RUNNING: &str = "/proc/self/exe";
/// As a shell ends when it cannot run a command.
const CANNOT_RUN: u8 = 126;

/// Where the helper stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Outer,
    /// Within the namespaces, started by the program that made them.
    Inner,
}

/// Does the helper's work where this process was started for it, and comes back only when it could not become the command; `None`
/// where it was not. To be asked before anything else: nothing of Creel may be loaded into what becomes a command.
pub fn entered() -> Option<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    let first = words.next()?;
    let stage = match first.to_str() {
        Some(wire::OUTER) => Stage::Outer,
        Some(wire::INNER) => Stage::Inner,
        _ => return None,
    };
    Some(match become_command(stage, words.collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(code) => ExitCode::from(code),
    })
}

fn become_command(stage: Stage, argv: Vec<OsString>) -> Result<(), u8> {
    let no_socket = |error: io::Error| {
        let line =
            format!("creel: this is how Creel starts commands, and nothing to type: {error}\n");
        let _ = io::stderr().write_all(line.as_bytes());
        2
    };
    // A copy that ends with the exec, so that the command does not have it.
    let control = rustix::stdio::stdin().try_clone_to_owned();
    let mut control = UnixStream::from(control.map_err(no_socket)?);
    let request = wire::read(&mut control).map_err(no_socket)?;
    match run(stage, &request, argv, &mut control) {
        Ok(()) => Ok(()),
        Err(why) => {
            wire::fail(&mut control, &why);
            Err(CANNOT_RUN)
        }
    }
}

fn run(
    stage: Stage,
    request: &Request,
    argv: Vec<OsString>,
    control: &mut UnixStream,
) -> Result<(), String> {
    let plan = request.plan();
    if stage == Stage::Outer {
        // Without a terminal to write to or to ask on, and the leader of a group of its own. It is one already where this fails.
        let _ = rustix::process::setsid();
        // A crash of a command leaves no file with its memory in it.
        rustix::process::setrlimit(
            Resource::Core,
            Rlimit {
                current: Some(0),
                maximum: Some(0),
            },
        )
        .map_err(|error| format!("the sandbox cannot forbid core files: {error}"))?;
    }
    let makes_namespaces = matches!(plan.walls, Walls::Namespaces { .. }) && stage == Stage::Outer;
    if !makes_namespaces && plan.walls != Walls::None {
        walls::raise(plan)?;
    }
    if stage == Stage::Outer && !wire::wait_for_go(control) {
        return Ok(());
    }
    if makes_namespaces {
        return Err(namespaces(plan, argv));
    }
    tell(control, &[wire::UP])?;
    if let Request::Canary { bait, .. } = request {
        let told = probe::attempt(bait);
        return tell(control, &[&[wire::TOLD], told.as_slice()].concat());
    }
    Err(exec(plan, argv))
}

fn tell(control: &mut UnixStream, bytes: &[u8]) -> Result<(), String> {
    control
        .write_all(bytes)
        .map_err(|error| format!("the sandbox cannot be heard: {error}"))
}

/// Becomes the program that makes the namespaces, which starts the helper again within them. Its standard input stays the
/// socket: the request waits there a second time.
fn namespaces(plan: &Plan, argv: Vec<OsString>) -> String {
    let own = match Own::find() {
        Ok(own) => own,
        Err(error) => return format!("the sandbox cannot find Creel's own program: {error}"),
    };
    let Walls::Namespaces { bubblewrap } = &plan.walls else {
        return String::new();
    };
    let error = Command::new(bubblewrap)
        .args(bubblewrap::arguments(plan, &Path::exists))
        .args(own.placed())
        .arg("--")
        .arg(bubblewrap::HELPER)
        .arg(wire::INNER)
        .args(argv)
        .exec();
    format!("{} cannot be started: {error}", bubblewrap.display())
}

/// Creel's own program, which is the one that runs here and not what its file is by now: an upgrade may have replaced that.
enum Own {
    At(PathBuf),
    /// Without a name any more. Stays open over the exec, and whoever takes it closes it.
    Open(File),
}

impl Own {
    fn find() -> io::Result<Self> {
        let at = std::env::current_exe()?;
        // Follows to the very file, whatever its name.
        let running = fs::metadata(RUNNING)?;
        let is_it =
            |there: fs::Metadata| (there.dev(), there.ino()) == (running.dev(), running.ino());
        if fs::metadata(&at).is_ok_and(is_it) {
            return Ok(Self::At(at));
        }
        let open = File::open(RUNNING)?;
        rustix::io::fcntl_setfd(&open, FdFlags::empty())?;
        Ok(Self::Open(open))
    }

    /// The words that put it where it is started within.
    fn placed(&self) -> Vec<OsString> {
        match self {
            Self::At(at) => vec!["--ro-bind".into(), at.into(), bubblewrap::HELPER.into()],
            Self::Open(open) => {
                let number = open.as_raw_fd().to_string();
                let words = [
                    "--perms",
                    "0500",
                    "--ro-bind-data",
                    &number,
                    bubblewrap::HELPER,
                ];
                words.map(OsString::from).into()
            }
        }
    }
}

/// Becomes the command, or answers why not.
fn exec(plan: &Plan, argv: Vec<OsString>) -> String {
    // What the helper itself would not find is named as it was asked for.
    let Some(named) = argv.first().cloned() else {
        return "no command was given".to_owned();
    };
    let mut argv = leaks::sealed(argv).into_iter();
    let program = argv.next().unwrap_or_default();
    let nothing =
        File::open("/dev/null").and_then(|nothing| Ok(rustix::stdio::dup2_stdin(nothing.as_fd())?));
    if let Err(error) = nothing {
        return format!("/dev/null cannot be opened within the sandbox: {error}");
    }
    let error = command(plan, &program).args(argv).exec();
    format!("{} cannot be run: {error}", named.display())
}

/// Here the walls are raised with the command.
#[cfg(target_os = "macos")]
fn command(plan: &Plan, program: &OsStr) -> Command {
    use crate::sandbox::seatbelt;
    if plan.walls == Walls::None {
        return Command::new(program);
    }
    let mut command = Command::new(seatbelt::PROGRAM);
    command.arg("-p").arg(seatbelt::profile(plan)).arg(program);
    command
}

/// Here they stand by now.
#[cfg(not(target_os = "macos"))]
fn command(_: &Plan, program: &OsStr) -> Command {
    Command::new(program)
}
