//! The whole of an output up to a bound: in memory while small, then in a file without a name.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

/// Up to here in memory.
const IN_MEMORY: usize = 4 << 20;

#[derive(Debug)]
pub struct Kept {
    most: u64,
    memory: Vec<u8>,
    /// Once there is one it holds all; it has no name in any folder and is gone with its last handle.
    file: Option<File>,
    /// Bytes that are kept.
    size: u64,
    total: u64,
}

impl Kept {
    pub fn new(most: u64) -> Self {
        Self {
            most,
            memory: Vec::new(),
            file: None,
            size: 0,
            total: 0,
        }
    }

    /// All bytes ever offered.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Those that are kept, from the first on.
    pub fn kept(&self) -> u64 {
        self.size
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let room = self.most - self.size;
        let bytes = &bytes[..bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX))];
        if bytes.is_empty() {
            return;
        }
        if self.file.is_none() && self.memory.len() + bytes.len() > IN_MEMORY {
            self.file = tempfile::tempfile()
                .and_then(|mut file| file.write_all(&self.memory).map(|()| file))
                .ok();
            if self.file.is_some() {
                self.memory = Vec::new();
            } else {
                self.close();
                return;
            }
        }
        match &mut self.file {
            Some(file) => {
                if file.write_all(bytes).is_err() {
                    self.close();
                    return;
                }
            }
            None => self.memory.extend_from_slice(bytes),
        }
        self.size += bytes.len() as u64;
    }

    /// No room on the disk: what is kept so far is all that will be.
    fn close(&mut self) {
        self.most = self.size;
    }

    /// Of what is kept no more than so many bytes from the first on.
    pub fn shorten(&mut self, most: u64) {
        self.most = self.most.min(most);
        self.size = self.size.min(most);
        self.memory
            .truncate(usize::try_from(most).unwrap_or(usize::MAX));
    }

    pub fn into_bytes(self) -> Vec<u8> {
        let Some(mut file) = self.file else {
            return self.memory;
        };
        let mut bytes = Vec::with_capacity(usize::try_from(self.size).unwrap_or(0));
        if file.seek(SeekFrom::Start(0)).is_ok() {
            // What cannot be read back is missing at the end; there is no better source.
            let _ = file.take(self.size).read_to_end(&mut bytes);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_are_kept_wherever_they_lie() {
        let piece: Vec<u8> = (0..=255).cycle().take(100_000).collect();
        for (pieces, most) in [
            (0, 10),
            (3, 1 << 30),
            (3, 150_001),
            (60, 1 << 30),
            (60, 5_000_001),
        ] {
            let mut kept = Kept::new(most);
            (0..pieces).for_each(|_| kept.push(&piece));
            let mut expected = piece.repeat(pieces);
            assert_eq!(kept.total(), expected.len() as u64);
            expected.truncate(usize::try_from(most).unwrap_or(usize::MAX));
            assert_eq!(kept.kept(), expected.len() as u64);
            let shorter = expected.len().min(123_456);
            kept.shorten(u64::MAX);
            assert_eq!(kept.kept(), expected.len() as u64);
            kept.shorten(123_456);
            assert_eq!(kept.kept(), shorter as u64);
            assert!(kept.into_bytes() == expected[..shorter], "{pieces} {most}");
        }
    }
}
