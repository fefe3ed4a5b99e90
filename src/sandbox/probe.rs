//! What a canary does within the walls: each act that they forbid, and one that they allow.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};

use crate::sandbox::wire::Bait;

/// The namespaces that make a command contained.
pub(crate) const NAMESPACES: [&str; 5] = ["mnt", "pid", "net", "ipc", "uts"];
/// The one of them that says which processes there are.
pub(crate) const PROCESSES: &str = "pid";
/// Of the folder inside, guarded.
pub(crate) const GUARDED: &str = ".git/hooks";
/// Of the folder outside: what nobody may read.
pub(crate) const SECRET: &str = "secret";

/// What a canary tells: of each act whether it was refused by the system, and which namespaces it is in.
#[expect(clippy::struct_excessive_bools, reason = "each is an act of its own")]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) works_inside: bool,
    pub(crate) write_outside: bool,
    pub(crate) read_outside: bool,
    pub(crate) guarded: bool,
    pub(crate) internet: bool,
    pub(crate) machine_socket: bool,
    pub(crate) signal: bool,
    pub(crate) memory: bool,
    pub(crate) namespaces: BTreeMap<String, String>,
}

/// Tries everything, and answers with what is to be told.
pub(crate) fn attempt(bait: &Bait) -> Vec<u8> {
    let namespaces = namespaces();
    let pid = i32::try_from(bait.process).ok().and_then(Pid::from_raw);
    let signalled = pid.map_or(Ok(()), |pid| {
        test_kill_process(pid).map_err(io::Error::from)
    });
    let process = format!("/proc/{}", bait.process);
    // In a namespace of its own that process is not there at all.
    let apart = namespaces.get(PROCESSES) != bait.processes.as_ref();
    let told = Told {
        works_inside: write(&bait.inside.join("works")).is_ok(),
        write_outside: refused(write(&bait.outside.join("escaped"))),
        read_outside: refused(fs::read(bait.outside.join(SECRET))),
        guarded: refused(write(&bait.inside.join(GUARDED).join("escaped"))),
        internet: refused(UdpSocket::bind(("127.0.0.1", 0))),
        machine_socket: refused(UnixDatagram::unbound()),
        signal: refused_or_gone(signalled, apart),
        memory: refused_or_gone(fs::read(format!("{process}/environ")), apart),
        namespaces,
    };
    serde_json::to_vec(&told).unwrap_or_default()
}

/// Whether the system said no. What fails in another way, such as for want of what was tried, says nothing of the walls.
fn refused<T>(tried: io::Result<T>) -> bool {
    let kind = tried.err().map(|error| error.kind());
    matches!(
        kind,
        Some(ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
    )
}

fn refused_or_gone<T>(tried: io::Result<T>, apart: bool) -> bool {
    let gone = |error: &io::Error| {
        let no_process = Errno::SRCH.raw_os_error();
        error.kind() == ErrorKind::NotFound || error.raw_os_error() == Some(no_process)
    };
    apart && tried.as_ref().err().is_some_and(gone) || refused(tried)
}

fn write(path: &Path) -> io::Result<()> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(path)
        .map(drop)
}

/// The namespaces of this process, as the kernel names them.
pub(crate) fn namespaces() -> BTreeMap<String, String> {
    let named = |kind: &str| {
        let name = fs::read_link(format!("/proc/self/ns/{kind}")).ok()?;
        Some((kind.to_owned(), name.to_string_lossy().into_owned()))
    };
    NAMESPACES.into_iter().filter_map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_no_of_the_system_is_a_refusal() {
        let told = |error: Errno| {
            let tried = || io::Result::<()>::Err(error.into());
            (
                refused(tried()),
                refused_or_gone(tried(), false),
                refused_or_gone(tried(), true),
            )
        };
        for (error, expected) in [
            (Errno::ACCESS, (true, true, true)),
            (Errno::PERM, (true, true, true)),
            (Errno::ROFS, (true, true, true)),
            // Nothing there, in a place that was replaced by another.
            (Errno::NOENT, (false, false, true)),
            (Errno::SRCH, (false, false, true)),
            (Errno::NOSPC, (false, false, false)),
            (Errno::AFNOSUPPORT, (false, false, false)),
        ] {
            assert_eq!(told(error), expected, "{error:?}");
        }
        assert!(!refused(Ok(())) && !refused_or_gone(Ok(()), true));
    }
}
