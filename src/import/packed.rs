//! What is packed with Zstandard (RFC 8878), unpacked to a bound: a few bytes can stand for any number of them.

use std::io::{self, BufReader, Read};

use ruzstd::decoding::StreamingDecoder;

/// The most that is unpacked of one file or one event. `OpenClaw` packs events of 1 KiB to 4 MiB, and whole sessions of the like.
const UNPACKED: u64 = 64 << 20;

/// The unpacked bytes; where they are more than are read, or cannot be, reading fails.
pub fn reader(packed: impl Read) -> io::Result<impl Read> {
    let decoder = StreamingDecoder::new(BufReader::new(packed)).map_err(io::Error::other)?;
    Ok(Bounded {
        inner: decoder,
        left: UNPACKED,
    })
}

/// A whole text that was packed.
pub fn text(packed: &[u8]) -> io::Result<String> {
    let mut text = String::new();
    reader(packed)?.read_to_string(&mut text)?;
    Ok(text)
}

struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => {
                return Err(io::Error::other(format!(
                    "unpacks to more than {} MB",
                    UNPACKED >> 20
                )));
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    #[test]
    fn what_was_packed_is_unpacked_and_what_was_not_is_refused() {
        let packed = compress_to_vec(&b"one\ntwo"[..], CompressionLevel::Fastest);
        assert_eq!(text(&packed).expect("unpacked"), "one\ntwo");
        for cut in 0..packed.len() {
            assert!(text(&packed[..cut]).is_err(), "cut at {cut}");
        }
        assert!(text(b"{\"type\":\"session\"}").is_err());
    }

    #[test]
    fn a_bomb_is_put_out() {
        // A frame of a window of 128 KiB, and blocks that each say one byte so many times.
        let window = 0x38;
        let mut bomb = vec![0x28, 0xb5, 0x2f, 0xfd, 0, window];
        let block: u32 = 128 << 10;
        // The last ones are held back until there is more to unpack.
        for _ in 0..UNPACKED / u64::from(block) + 8 {
            bomb.extend_from_slice(&(block << 3 | 1 << 1).to_le_bytes()[..3]);
            bomb.push(b'0');
        }
        assert!(bomb.len() < 4000);
        let error = text(&bomb).expect_err("too large").to_string();
        assert_eq!(error, "unpacks to more than 64 MB");
    }
}
