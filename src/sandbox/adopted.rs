//! A command whose Creel is gone and that lives on, as another one takes it over: what it puts out is read on, and its end is
//! seen. How it ended is told to the one that started it alone, and so to nobody.

use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::sync::oneshot;

use crate::protocol::sandbox::Birth;
use crate::sandbox::child::lives;

/// A command of another Creel.
pub struct Adopted {
    pub pid: u32,
    /// What it puts out; `None` where it sends that elsewhere.
    pub output: Option<OwnedFd>,
    process: OwnedFd,
}

impl fmt::Debug for Adopted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adopted")
            .field("pid", &self.pid)
            .finish_non_exhaustive()
    }
}

/// Takes hold of the very process of a birth, if it lives; `None` also where the system has no way to.
#[cfg(target_os = "linux")]
pub fn adopt(birth: &Birth) -> Option<Adopted> {
    use rustix::process::{PidfdFlags, pidfd_open};

    let pid = Pid::from_raw(i32::try_from(birth.pid).ok()?)?;
    let process = pidfd_open(pid, PidfdFlags::empty()).ok()?;
    // What was taken hold of is what is looked at now: the number cannot be another's any more.
    lives(birth).then(|| Adopted {
        pid: birth.pid,
        output: [1, 2]
            .into_iter()
            .find_map(|number| pipe(birth.pid, number)),
        process,
    })
}

/// The other end of a pipe that a process writes to.
#[cfg(target_os = "linux")]
fn pipe(pid: u32, number: u32) -> Option<OwnedFd> {
    use rustix::fs::{FileType, Mode, OFlags};

    let path = format!("/proc/{pid}/fd/{number}");
    let about = rustix::fs::stat(path.as_str()).ok()?;
    if FileType::from_raw_mode(about.st_mode) != FileType::Fifo {
        return None;
    }
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    rustix::fs::open(path.as_str(), flags, Mode::empty()).ok()
}

#[cfg(not(target_os = "linux"))]
pub fn adopt(_: &Birth) -> Option<Adopted> {
    None
}

/// Whether the command of a birth could be taken over.
pub fn waits(birth: &Birth) -> bool {
    cfg!(target_os = "linux") && lives(birth)
}

/// The end of a command that was taken over.
#[derive(Debug)]
pub struct End {
    seen: oneshot::Receiver<()>,
}

impl Adopted {
    /// Ends it with all that did not leave its group.
    pub fn end(self) {
        let group = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        // The error is that it has ended.
        let _ = group.map(|group| kill_process_group(group, Signal::KILL));
    }

    /// What it puts out, and its end. That is seen by a thread that ends with it: there are few of these, and for no time long.
    pub fn parts(self) -> io::Result<(Option<OwnedFd>, End)> {
        let (sender, seen) = oneshot::channel();
        let process = self.process;
        thread::Builder::new().spawn(move || {
            let mut watched = [PollFd::new(&process, PollFlags::IN)];
            while poll(&mut watched, None) == Err(Errno::INTR) {}
            // Nobody waits for it any more.
            let _ = sender.send(());
        })?;
        Ok((self.output, End { seen }))
    }
}

impl End {
    pub async fn wait(&mut self) {
        // The error is that nothing watches any more: there is nothing to wait for.
        let _ = (&mut self.seen).await;
    }
}
