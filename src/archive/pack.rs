//! Writes an archive, file by file.

use std::io::{self, Read, Write};

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};

use crate::archive::end::Hashed;
use crate::archive::tar::{self, BLOCK, Member};
use crate::archive::{HEAD, Head, SUMS, hexadecimal, holds};

/// Bytes that are read and packed at a time.
const PART: usize = 1 << 16;

/// An archive while it is written. Without [`Pack::finish`] it is none.
#[derive(Debug)]
pub struct Pack<W: Write> {
    out: GzEncoder<Hashed<W>>,
    /// When it is made, in seconds.
    at: u64,
    sums: String,
    files: usize,
}

impl<W: Write> Pack<W> {
    pub fn begin(out: W, head: &Head, at: u64) -> io::Result<Self> {
        // Of a log a better level gains a tenth of the size for three times the time.
        let out = GzBuilder::new().write(Hashed::new(out), Compression::fast());
        let mut pack = Self {
            out,
            at,
            sums: String::new(),
            files: 0,
        };
        let text = head.written();
        pack.put(HEAD, text.as_bytes())?;
        Ok(pack)
    }

    /// Adds a file of so many bytes; `step` hears of each part of it, and ends it with a no. A sound name, see
    /// [`crate::archive::is_sound`].
    pub fn add(
        &mut self,
        member: &Member,
        from: &mut dyn Read,
        step: &mut dyn FnMut(u64) -> bool,
    ) -> io::Result<()> {
        let hash = self.plain(member, from, step)?;
        let line = format!("{hash}  {}\n", member.name);
        self.sums.push_str(&line);
        self.files += 1;
        // Nobody could read one with more.
        if !holds(self.files, self.sums.len()) {
            return Err(io::Error::other(format!(
                "these are more files than a backup holds ({} of them)",
                self.files
            )));
        }
        Ok(())
    }

    /// A small file that is at hand.
    pub fn put(&mut self, name: &str, text: &[u8]) -> io::Result<()> {
        let member = Member {
            name: name.to_owned(),
            bytes: text.len() as u64,
            runs: false,
        };
        self.add(&member, &mut &*text, &mut |_| true)
    }

    fn plain(
        &mut self,
        member: &Member,
        from: &mut dyn Read,
        step: &mut dyn FnMut(u64) -> bool,
    ) -> io::Result<String> {
        self.out.write_all(&tar::before(member, self.at))?;
        let mut hash = Sha256::new();
        let mut part = vec![0; PART];
        let mut left = member.bytes;
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(PART).min(PART);
            let read = match from.read(&mut part[..wanted]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            if read == 0 {
                return Err(io::Error::other(
                    "was made shorter while it was read: try again",
                ));
            }
            hash.update(&part[..read]);
            self.out.write_all(&part[..read])?;
            left -= read as u64;
            if !step(read as u64) {
                return Err(io::ErrorKind::Interrupted.into());
            }
        }
        let zeros = [0; BLOCK];
        self.out.write_all(&zeros[..tar::padding(member.bytes)])?;
        Ok(hexadecimal(&hash.finalize()))
    }

    /// Writes what makes it whole, and gives back what it was written to.
    pub fn finish(mut self) -> io::Result<W> {
        let sums = std::mem::take(&mut self.sums);
        let member = Member {
            name: SUMS.to_owned(),
            bytes: sums.len() as u64,
            runs: false,
        };
        self.plain(&member, &mut sums.as_bytes(), &mut |_| true)?;
        self.out.write_all(&[0; 2 * BLOCK])?;
        let mut out = self.out.finish()?;
        let end = out.end();
        out.inner.write_all(&end)?;
        Ok(out.inner)
    }
}
