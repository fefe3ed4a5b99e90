//! How a command begins: one that waits within its walls is let go; where there is none, it is started as it is. One that was
//! taken over has begun.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use tokio::process::{Child, Command};

use crate::sandbox::adopted::End;
use crate::sandbox::child::Gone;
use crate::tool::shared::process::Job;

/// The first process of a command.
pub(crate) enum Leader {
    Own(Child),
    /// Another Creel started it.
    Adopted(u32, End),
}

impl Leader {
    pub(crate) fn id(&self) -> Option<u32> {
        match self {
            Self::Own(child) => child.id(),
            Self::Adopted(pid, _) => Some(*pid),
        }
    }

    /// A handle of one that is no child of ours.
    pub(crate) fn held(&self) -> Option<Arc<OwnedFd>> {
        match self {
            Self::Own(_) => None,
            Self::Adopted(_, end) => Some(Arc::clone(&end.process)),
        }
    }

    /// Waits for its end; `None` where nobody is told how it ended.
    pub(crate) async fn wait(&mut self) -> Option<ExitStatus> {
        match self {
            // The error is that it is no child of ours any more; there is nothing left to wait for.
            Self::Own(child) => Some(child.wait().await.unwrap_or_default()),
            Self::Adopted(_, end) => {
                end.wait().await;
                None
            }
        }
    }
}

/// A command that has begun.
pub(crate) struct Begun {
    pub(crate) leader: Leader,
    /// Both outputs of the command in their true order; nothing waits on it. `None` where it sends them elsewhere.
    pub(crate) output: Option<OwnedFd>,
    /// Of a command within walls.
    pub(crate) gone: Option<Gone>,
}

/// The error is one line.
pub(crate) fn begin(job: &mut Job) -> Result<Begun, String> {
    if let Some(adopted) = job.adopted.take() {
        let pid = adopted.pid;
        let parts = adopted.parts();
        let (output, end) = parts.map_err(|error| format!("cannot be watched: {error}"))?;
        return Ok(Begun {
            leader: Leader::Adopted(pid, end),
            output,
            gone: None,
        });
    }
    match job.waiting.take() {
        Some(Ok(waiting)) => {
            let (child, output, gone) = waiting.go();
            Ok(Begun {
                leader: Leader::Own(child),
                output: Some(output),
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
        leader: Leader::Own(child),
        output: Some(OwnedFd::from(reader)),
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
