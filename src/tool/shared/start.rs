//! How a command begins: one that waits within its walls is let go; where there is none, it is started as it is.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Stdio;

use tokio::process::{Child, Command};

use crate::sandbox::child::Gone;
use crate::tool::shared::process::Job;

/// A command that has begun.
pub(crate) struct Begun {
    pub(crate) child: Child,
    /// Both outputs of the command in their true order; nothing waits on it.
    pub(crate) output: OwnedFd,
    /// Of a command within walls.
    pub(crate) gone: Option<Gone>,
}

/// The error is one line.
pub(crate) fn begin(job: &mut Job) -> Result<Begun, String> {
    match job.waiting.take() {
        Some(Ok(waiting)) => {
            let (child, output, gone) = waiting.go();
            Ok(Begun {
                child,
                output,
                gone: Some(gone),
            })
        }
        Some(Err(why)) => Err(why),
        None => alone(job).map_err(|error| cannot_start(&job.cwd, &error)),
    }
}

fn alone(job: &Job) -> io::Result<Begun> {
    let (reader, writer) = io::pipe()?;
    rustix::io::ioctl_fionbio(&reader, true)?;
    let setsid = setsid();
    let mut argv = setsid
        .iter()
        .map(|path| path.as_os_str().to_owned())
        .chain(job.argv.iter().map(OsString::from));
    let mut command = Command::new(argv.next().unwrap_or_default());
    command
        .args(argv)
        .current_dir(&job.cwd)
        .env_clear()
        .envs(job.environment.iter().cloned())
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .kill_on_drop(true);
    if setsid.is_none() {
        command.process_group(0);
    }
    let child = command.spawn()?;
    // With the command goes our own copy of the pipe's other end; else it would never be at its end.
    drop(command);
    Ok(Begun {
        child,
        output: OwnedFd::from(reader),
        gone: None,
    })
}

/// The system's `setsid`, at its own places and not by the `PATH`: it leaves the terminal behind, becomes the leader of a new
/// group and then the command itself. Only for a Creel that cannot start itself as its helper, which does the same.
fn setsid() -> Option<&'static Path> {
    [
        "/usr/bin/setsid",
        "/bin/setsid",
        "/run/current-system/sw/bin/setsid",
    ]
    .into_iter()
    .map(Path::new)
    .find(|path| path.is_file())
}

pub(crate) fn cannot_start(cwd: &Path, error: &io::Error) -> String {
    if !cwd.is_dir() {
        return format!("the folder {} is gone", cwd.display());
    }
    format!("the command cannot be started: {error}")
}
