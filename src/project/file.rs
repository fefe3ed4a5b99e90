//! Reads the beginning of a file of a project, and nothing that only looks like one.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

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
        .custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed())
        .open(path)
        .ok()?;
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
