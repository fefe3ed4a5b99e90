//! Reads the beginning of a file of a project, and nothing that only looks like one.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags};

/// The beginning of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub head: Vec<u8>,
    /// Of the whole file.
    pub bytes: u64,
}

/// At most `limit` bytes of a regular file; `None` for anything else. A pipe or a device is neither waited for nor touched.
pub fn read(path: &Path, limit: u64) -> Option<Head> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
        .open(path)
        .ok()?;
    head(file, limit)
}

/// The same of a path that has its links resolved; where one appeared in it since, there is nothing to read.
pub fn read_exactly(path: &Path, limit: u64) -> Option<Head> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = open_exactly(path, flags, Mode::empty()).ok()?;
    head(File::from(file), limit)
}

/// Opens the path as it stands, with no link anywhere in it (Linux 5.6 or newer; else the last part only).
pub fn open_exactly(path: &Path, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::ResolveFlags;
        use rustix::io::Errno;
        match rustix::fs::openat2(CWD, path, flags, mode, ResolveFlags::NO_SYMLINKS) {
            // An old kernel, or a filter that does not know the call.
            Err(Errno::NOSYS | Errno::PERM) => {}
            done => return Ok(done?),
        }
    }
    Ok(rustix::fs::openat(
        CWD,
        path,
        flags | OFlags::NOFOLLOW,
        mode,
    )?)
}

fn head(file: File, limit: u64) -> Option<Head> {
    let metadata = file.metadata().ok()?;
    if !metadata.is_file() {
        return None;
    }
    let mut head = Vec::new();
    file.take(limit).read_to_end(&mut head).ok()?;
    Some(Head {
        bytes: metadata.len().max(head.len() as u64),
        head,
    })
}
