//! A command that waits: its process is there, within its walls or about to raise them, and has done nothing yet. It begins when
//! it is let go; when Creel dies before that, it ends without having begun.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use tokio::process::{Child, Command};

use crate::agent::digest;
use crate::protocol::sandbox::{Birth, Level, Pipe};
use crate::sandbox::guard::{Differs, Guard};
use crate::sandbox::plan::{Plan, Walls};
use crate::sandbox::wire::{self, Request, Said};

/// A helper that does not even read what it is sent is none.
const PATIENCE: Duration = Duration::from_secs(5);

/// What shall run, and where.
#[derive(Debug)]
pub struct Order<'a> {
    /// Creel's own program.
    pub program: &'a Path,
    pub argv: &'a [String],
    pub environment: &'a [(OsString, OsString)],
    pub plan: &'a Plan,
    /// As measured with the plan's walls.
    pub level: Level,
}

/// A command that was not let go yet; dropped so, it never begins.
pub struct Waiting {
    pub child: Child,
    /// Both outputs of the command in their true order; nothing waits on it.
    pub output: OwnedFd,
    pub birth: Birth,
    control: UnixStream,
    /// What lets it go.
    go: Vec<u8>,
    guard: Guard,
}

/// A command that was let go.
pub struct Gone {
    control: UnixStream,
    guard: Guard,
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting")
            .field("birth", &self.birth)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gone").finish_non_exhaustive()
    }
}

/// Starts the helper that will become the command.
pub fn start(order: &Order<'_>) -> io::Result<Waiting> {
    let (reader, writer) = io::pipe()?;
    rustix::io::ioctl_fionbio(&reader, true)?;
    let (mut own, theirs) = UnixStream::pair()?;
    let request = wire::frame(&Request::Run {
        plan: order.plan.clone(),
    })?;
    let output = lasting(writer);
    let mut command = Command::new(order.program);
    command
        .arg(wire::OUTER)
        .args(order.argv)
        .current_dir(&order.plan.cwd)
        .env_clear()
        .envs(order.environment.iter().cloned())
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(output.try_clone()?)
        .stderr(output)
        .kill_on_drop(true);
    let child = command.spawn()?;
    // With the command go our own copies of the other ends; else they would never be at their end.
    drop(command);
    own.set_write_timeout(Some(PATIENCE))?;
    own.write_all(&request)?;
    own.set_nonblocking(true)?;
    let mut go = vec![wire::GO];
    if matches!(order.plan.walls, Walls::Namespaces { .. }) {
        // The helper within the namespaces reads it once more.
        go.extend(request);
    }
    let pid = child.id().unwrap_or_default();
    Ok(Waiting {
        birth: Birth {
            pid,
            ticks: ticks(pid),
            boot: boot(),
            argv: hash(order.argv),
            level: order.level,
            network: order.plan.network,
            pipe: identity(&reader),
            untrusted: None,
        },
        child,
        output: OwnedFd::from(reader),
        control: own,
        go,
        guard: Guard::look(&order.plan.guarded, &order.plan.watched),
    })
}

/// The end that a command writes to, made one that could read too: so the pipe is never without a reader, and a command whose
/// Creel was killed does not die of its next line. What it puts out then waits for whoever takes it over, as much as a pipe
/// holds; after that the command waits.
#[cfg(target_os = "linux")]
fn lasting(writer: io::PipeWriter) -> OwnedFd {
    use std::os::fd::AsRawFd;

    use rustix::fs::{Mode, OFlags};

    let path = format!("/proc/self/fd/{}", writer.as_raw_fd());
    let flags = OFlags::RDWR | OFlags::CLOEXEC;
    rustix::fs::open(path.as_str(), flags, Mode::empty()).unwrap_or_else(|_| writer.into())
}

#[cfg(not(target_os = "linux"))]
fn lasting(writer: io::PipeWriter) -> OwnedFd {
    writer.into()
}

impl Waiting {
    /// Lets it begin.
    pub fn go(self) -> (Child, OwnedFd, Gone) {
        send(&self.control, self.go);
        let gone = Gone {
            control: self.control,
            guard: self.guard,
        };
        (self.child, self.output, gone)
    }
}

/// Sends all of it. What does not fit into the socket now is sent by a thread: it is read only when the namespaces stand, and
/// nobody waits for these. A helper that has died already says so at its end.
fn send(mut control: &UnixStream, mut bytes: Vec<u8>) {
    let sent = match control.write(&bytes) {
        Ok(sent) => sent,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
        Err(_) => return,
    };
    bytes.drain(..sent);
    if bytes.is_empty() {
        return;
    }
    let rest = control.try_clone().and_then(|rest| {
        thread::Builder::new().spawn(move || {
            if send_rest(&rest, &bytes).is_err() {
                let _ = rest.shutdown(Shutdown::Both);
            }
        })
    });
    if rest.is_err() {
        // A part of it is none: the helper ends, and says so.
        let _ = control.shutdown(Shutdown::Both);
    }
}

/// Ends with the helper too.
fn send_rest(mut control: &UnixStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match poll(&mut [PollFd::new(control, PollFlags::OUT)], None) {
            Err(rustix::io::Errno::INTR) => continue,
            ready => ready?,
        };
        match control.write(bytes) {
            Ok(sent) => bytes = bytes.get(sent..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl Gone {
    /// The guarded places that are not as they were before it began.
    pub fn changed(&self) -> Differs {
        self.guard.changed()
    }

    /// Why the command never began, once its process has ended; `None` where it did.
    pub fn failure(mut self) -> Option<String> {
        let mut bytes = Vec::new();
        // It does not block: all that was said is there, since the one who said it has ended.
        let _ = self.control.read_to_end(&mut bytes);
        match wire::said(&bytes) {
            Said::Up | Said::Told(_) => None,
            Said::Failed(why) => Some(why),
            Said::Nothing => Some("the sandbox could not be set up".to_owned()),
        }
    }
}

/// Whether the very process of a birth is there still.
pub fn lives(birth: &Birth) -> bool {
    birth.ticks.is_some()
        && birth.boot.is_some()
        && birth.boot == boot()
        && ticks(birth.pid) == birth.ticks
}

/// What names the pipe that this is an end of.
pub(crate) fn identity(end: impl AsFd) -> Option<Pipe> {
    let about = fs::File::from(end.as_fd().try_clone_to_owned().ok()?);
    let about = about.metadata().ok()?;
    Some(Pipe {
        device: about.dev(),
        inode: about.ino(),
    })
}

fn hash(argv: &[String]) -> String {
    let ended: Vec<u8> = argv
        .iter()
        .flat_map(|word| word.bytes().chain([0]))
        .collect();
    digest::hex(&ended)
}

/// When a process was started; `None` where it is gone or only waited for.
fn ticks(pid: u32) -> Option<u64> {
    started(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The 22nd field, counted behind the name, which may hold anything. A process that has ended has none.
fn started(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

fn boot() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(boot.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::sandbox::Network;

    #[test]
    fn the_start_of_a_process_is_read_whatever_its_name() {
        let stat = |name: &str, state: &str| {
            format!(
                "7 ({name}) {state} 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 123456 1 1 18446744073709551615"
            )
        };
        assert_eq!(started(&stat("sh", "S")), Some(123_456));
        assert_eq!(started(&stat(") R 9 (x", "R")), Some(123_456));
        assert_eq!(started(&stat("sh", "Z")), None);
        assert_eq!(started("nothing"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_is_the_same_one_only_from_the_same_start() {
        let pid = std::process::id();
        let birth = Birth {
            pid,
            ticks: ticks(pid),
            boot: boot(),
            argv: String::new(),
            level: Level::None,
            network: Network::Off,
            pipe: None,
            untrusted: None,
        };
        assert!(lives(&birth));
        let changes: [fn(&mut Birth); 3] = [
            |birth| birth.ticks = birth.ticks.map(|ticks| ticks + 1),
            |birth| birth.boot = Some("another".into()),
            |birth| (birth.ticks, birth.boot) = (None, None),
        ];
        for change in changes {
            let mut other = birth.clone();
            change(&mut other);
            assert!(!lives(&other), "{other:?}");
        }
    }
}
