//! A command whose Creel is gone and that lives on, as another one takes it over: what it puts out is read on, and its end is
//! seen. How it ended is told to the one that started it alone, and so to nobody.

use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
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
        output: [1, 2].into_iter().find_map(|number| pipe(birth, number)),
        process,
    })
}

/// The other end of our pipe, where the process still writes to it: one that it made itself has a reader of its own, who would
/// miss what is read here.
#[cfg(target_os = "linux")]
fn pipe(birth: &Birth, number: u32) -> Option<OwnedFd> {
    use std::os::unix::fs::MetadataExt;

    use rustix::fs::{Mode, OFlags};

    use crate::sandbox::child::identity;

    let own = birth.pipe?;
    let path = format!("/proc/{}/fd/{number}", birth.pid);
    let about = std::fs::metadata(&path).ok()?;
    if (about.dev(), about.ino()) != (own.device, own.inode) {
        return None;
    }
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened = rustix::fs::open(path.as_str(), flags, Mode::empty()).ok()?;
    // It may have been another's by then.
    (identity(&opened) == Some(own)).then_some(opened)
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
    /// The process itself.
    pub(crate) process: Arc<OwnedFd>,
}

impl Adopted {
    /// Ends it with all that did not leave its group.
    pub fn end(self) {
        send(&self.process, Signal::KILL);
        let group = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        // The error is that it has ended.
        let _ = group.map(|group| kill_process_group(group, Signal::KILL));
    }

    /// What it puts out, and its end. That is seen by a thread that ends with it: there are few of these, and for no time long.
    pub fn parts(self) -> io::Result<(Option<OwnedFd>, End)> {
        let (sender, seen) = oneshot::channel();
        let process = self.process.try_clone()?;
        thread::Builder::new().spawn(move || {
            let mut watched = [PollFd::new(&process, PollFlags::IN)];
            while poll(&mut watched, None) == Err(Errno::INTR) {}
            // Nobody waits for it any more.
            let _ = sender.send(());
        })?;
        let end = End {
            seen,
            process: Arc::new(self.process),
        };
        Ok((self.output, end))
    }
}

/// Sends a signal to the very process that is held; its number may be another's by now.
#[cfg(target_os = "linux")]
pub(crate) fn send(process: &OwnedFd, signal: Signal) {
    // The error is that it has ended.
    let _ = rustix::process::pidfd_send_signal(process, signal);
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn send(_: &OwnedFd, _: Signal) {}

impl End {
    pub async fn wait(&mut self) {
        // The error is that nothing watches any more: there is nothing to wait for.
        let _ = (&mut self.seen).await;
    }
}
