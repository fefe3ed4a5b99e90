//! Reads the beginning of a file, and nothing that only looks like one.

use std::fs::{File, Metadata, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags};

use crate::disk::folder::open_exactly;

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
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = open_exactly(path, flags, Mode::empty()).ok()?;
    head(File::from(file), limit)
}

/// A whole regular file of at most `limit` bytes, of a path that has its links resolved; `None` for anything else.
pub fn whole(path: &Path, limit: u64) -> Option<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = File::from(open_exactly(path, flags, Mode::empty()).ok()?);
    file.metadata().ok().filter(Metadata::is_file)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= limit).then_some(bytes)
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
