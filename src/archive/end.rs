//! The end of an archive: a member of gzip that unpacks to nothing and says the hash of all that stands before it.

use std::io::{self, BufRead, Read, Write};

use sha2::{Digest, Sha256};

use crate::archive::hexadecimal;

/// The first bytes of a member of gzip with a comment, of no time and no system.
const FIRST: [u8; 10] = [0x1f, 0x8b, 8, 0x10, 0, 0, 0, 0, 0, 0xff];

/// The end of the comment; a last block with nothing in it, the check of nothing and the length of it.
const LAST: [u8; 11] = [0; 11];
const NOTHING: u8 = 3;

/// The end that belongs behind what has this hash.
pub(crate) fn of(hash: &[u8]) -> Vec<u8> {
    let mut end = FIRST.to_vec();
    end.extend(format!("sha256 {}", hexadecimal(hash)).bytes());
    let comment = end.len();
    end.extend(LAST);
    if let Some(block) = end.get_mut(comment + 1) {
        *block = NOTHING;
    }
    end
}

/// What passes through it is hashed.
#[derive(Debug)]
pub(crate) struct Hashed<T> {
    pub inner: T,
    hash: Sha256,
}

impl<T> Hashed<T> {
    pub(crate) fn new(inner: T) -> Self {
        Self {
            inner,
            hash: Sha256::new(),
        }
    }

    /// The end that belongs behind what has passed.
    pub(crate) fn end(&self) -> Vec<u8> {
        of(&self.hash.clone().finalize())
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<R: BufRead> Read for Hashed<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(bytes)?;
        self.hash.update(&bytes[..read]);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Hashed<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    /// The bytes are those that were filled in before, so they are at hand.
    fn consume(&mut self, count: usize) {
        if let Ok(bytes) = self.inner.fill_buf() {
            self.hash.update(&bytes[..count.min(bytes.len())]);
        }
        self.inner.consume(count);
    }
}
