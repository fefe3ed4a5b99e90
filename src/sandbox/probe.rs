//! What a canary does within the walls: each act that they forbid, and one that they allow.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io;
use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};

use crate::sandbox::wire::Bait;

/// The namespaces that make a command contained.
pub(crate) const NAMESPACES: [&str; 5] = ["mnt", "pid", "net", "ipc", "uts"];
/// Of the folder inside, guarded.
pub(crate) const GUARDED: &str = ".git/hooks";
/// Of the folder outside: what nobody may read.
pub(crate) const SECRET: &str = "secret";

/// What a canary tells: of each act whether it was refused, and which namespaces it is in.
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
    let process = format!("/proc/{}", bait.process);
    let told = Told {
        works_inside: write(&bait.inside.join("works")).is_ok(),
        write_outside: write(&bait.outside.join("escaped")).is_err(),
        read_outside: fs::read(bait.outside.join(SECRET)).is_err(),
        guarded: write(&bait.inside.join(GUARDED).join("escaped")).is_err(),
        internet: UdpSocket::bind(("127.0.0.1", 0)).is_err(),
        machine_socket: UnixDatagram::unbound().is_err(),
        signal: i32::try_from(bait.process)
            .ok()
            .and_then(Pid::from_raw)
            .is_none_or(|pid| test_kill_process(pid).is_err()),
        memory: fs::read(format!("{process}/environ")).is_err(),
        namespaces: namespaces(),
    };
    serde_json::to_vec(&told).unwrap_or_default()
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
