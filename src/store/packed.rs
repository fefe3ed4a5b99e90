//! What imports keep, packed: sessions of other programs and homes can be the most of a log, and are looked at seldom. What is said
//! here stays as it is written.
//!
//! A value says by itself that it is packed: it begins with a byte that no fact begins with, and bytes under their hash are believed to
//! be packed only where the unpacked have it. So tables and rows of before stay as they are.

use std::borrow::Cow;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::agent::digest;

/// Begins what is packed; then the length of what it holds, and that as a zlib stream, whose sum tells damage.
const MARK: u8 = 1;
const HEAD: usize = 1 + size_of::<u32>();

/// Below this much packing takes more time than it saves room: of a hundred megabytes of transcripts another 2 % for a third of the time.
const LEAST: usize = 1024;

/// The fastest level: each further one halves the speed for some percent.
const LEVEL: u32 = 1;

/// No stream of this kind holds more than so many times its own length.
const MOST: usize = 1040;

/// What is longer stays as it is: another home may tell of any length, and whatever is told of is once in memory as a whole.
const LONGEST: usize = 64 << 20;

/// Room that is made at once for what a value tells of; for more as it comes.
const AT_ONCE: usize = 1 << 20;

/// Packs one value after another.
pub(crate) struct Packer(Compress);

impl Packer {
    pub(crate) fn new() -> Self {
        Self(Compress::new(Compression::new(LEVEL), true))
    }

    /// The bytes packed; `None` where too little is gained by it.
    pub(crate) fn pack(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        if !(LEAST..=LONGEST).contains(&bytes.len()) {
            return None;
        }
        let length = u32::try_from(bytes.len()).ok()?;
        // What is not an eighth smaller is not worth unpacking: pictures are packed already.
        let mut packed = Vec::with_capacity(bytes.len() - bytes.len() / 8);
        packed.push(MARK);
        packed.extend(length.to_le_bytes());
        self.0.reset();
        let end = self
            .0
            .compress_vec(bytes, &mut packed, FlushCompress::Finish);
        matches!(end, Ok(Status::StreamEnd)).then(|| {
            packed.shrink_to_fit();
            packed
        })
    }
}

/// How many bytes a value holds when it is unpacked, by as much of its beginning as tells whether it is packed.
pub(crate) fn length(head: &[u8], bytes: u64) -> u64 {
    told(head).map_or(bytes, u64::from)
}

/// Bytes of a beginning that tells it.
pub(crate) const TELLING: usize = HEAD;

fn told(head: &[u8]) -> Option<u32> {
    let rest = head.strip_prefix(&[MARK])?;
    let length = rest.first_chunk().map(|length| u32::from_le_bytes(*length));
    length.filter(|length| *length as usize <= LONGEST)
}

/// What a packed value holds; `None` where it is not packed, or damaged.
fn unpacked(bytes: &[u8]) -> Option<Vec<u8>> {
    let length = told(bytes)? as usize;
    let stream = bytes.get(HEAD..)?;
    if length > stream.len().saturating_mul(MOST) {
        return None;
    }
    let plain = inflated(stream, length)?;
    (plain.len() == length).then_some(plain)
}

/// A stream to its end, which may come after `length` bytes at the latest; `None` where there is none, or no room for it.
fn inflated(stream: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut inflates = Decompress::new(true);
    // One byte more than it tells of, so that its end is reached where it has that length.
    let room = length + 1;
    let mut plain = Vec::new();
    // What was told is believed no further than bytes come.
    let mut step = room.min(AT_ONCE);
    loop {
        plain.try_reserve_exact(step).ok()?;
        // Said of a stream that does not end in the room it has, this is an error that stays.
        let flush = if step == room {
            FlushDecompress::Finish
        } else {
            FlushDecompress::None
        };
        let (read, wrote) = (inflates.total_in(), plain.len());
        let rest = stream.get(usize::try_from(read).ok()?..)?;
        match inflates.decompress_vec(rest, &mut plain, flush) {
            Ok(Status::StreamEnd) => return Some(plain),
            Ok(_) if plain.len() > length => return None,
            Ok(_) if inflates.total_in() == read && plain.len() == wrote => return None,
            Ok(_) => step = plain.len().min(room - plain.len()),
            Err(_) => return None,
        }
    }
}

/// A fact as text, packed or not, with replacement characters where it is no UTF-8. Of one that is damaged there is nothing that
/// could be taken for a fact.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    match unpacked(bytes) {
        None => String::from_utf8_lossy(bytes),
        Some(plain) => Cow::Owned(match String::from_utf8(plain) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }),
    }
}

/// Bytes that are kept under a hash, packed or not.
pub(crate) fn named(name: &str, bytes: Vec<u8>) -> Vec<u8> {
    match unpacked(&bytes) {
        Some(plain) if digest::hex(&plain) == name => plain,
        _ => bytes,
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn packed(bytes: &[u8]) -> Option<Vec<u8>> {
        Packer::new().pack(bytes)
    }

    #[test]
    fn what_is_packed_is_read_as_it_was() {
        let mut packs = Packer::new();
        for plain in [
            "{\"turn\":1}".repeat(200),
            "a".repeat(LEAST),
            "词 und é ".repeat(40_000),
        ] {
            let packed = packs.pack(plain.as_bytes()).expect("it is smaller");
            assert!(packed.len() < plain.len() / 8, "{}", packed.len());
            assert_eq!(text(&packed), plain);
            let name = digest::hex(plain.as_bytes());
            assert_eq!(named(&name, packed.clone()), plain.as_bytes());
            let head = &packed[..TELLING];
            let told = length(head, packed.len() as u64);
            assert_eq!(told, plain.len() as u64);
        }
    }

    #[test]
    fn what_would_gain_little_stays_as_it_is() {
        // Of such bytes none foretells the next.
        let mut seed = 7_u32;
        let noise: Vec<u8> = (0..5_000)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 24) as u8
            })
            .collect();
        for bytes in [&noise[..], b"", &[b'a'; LEAST - 1]] {
            assert_eq!(packed(bytes), None);
            assert_eq!(length(bytes, 9), 9);
        }
    }

    #[test]
    fn bytes_that_only_look_packed_are_what_they_are() {
        let inner = packed(&[b'a'; 2_000]).expect("it is smaller");
        // A file can be such a value itself: its hash is not that of what is in it.
        assert_eq!(named(&digest::hex(&inner), inner.clone()), inner);
        let twice = packed(&inner.repeat(90)).expect("it is smaller");
        let name = digest::hex(&inner.repeat(90));
        assert_eq!(named(&name, twice), inner.repeat(90));
    }

    #[test]
    fn nothing_damaged_is_taken_for_a_fact() {
        let whole = packed("{\"turn\":1}".repeat(300).as_bytes()).expect("it is smaller");
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            assert!(!text(&damaged).starts_with('{'), "{at}");
            assert!(!text(&whole[..at]).starts_with('{'), "{at}");
        }
        // Nor is there room made for what cannot be in it.
        let mut boasting = whole;
        boasting[1..HEAD].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(unpacked(&boasting), None);
    }

    #[test]
    fn room_is_made_only_for_what_comes() {
        // A stream that is broken from the beginning, and as long as what it tells of would need it to be.
        let told = |length: usize| {
            let head = [&[MARK][..], &(length as u32).to_le_bytes()].concat();
            [head, vec![0xff; length / MOST + 1]].concat()
        };
        assert_eq!(unpacked(&told(LONGEST)), None);
        // Nobody packs more than this, so it is not even looked at, and such bytes are as long as they are.
        let beyond = told(LONGEST + 1);
        assert_eq!(unpacked(&beyond), None);
        assert_eq!(length(&beyond[..TELLING], 9), 9);
        assert_eq!(packed(&vec![b'a'; LONGEST + 1]), None);
    }

    #[test]
    fn what_is_long_is_read_as_it_was() {
        for bytes in [AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 5 * AT_ONCE + 7] {
            let plain: Vec<u8> = (0..bytes).map(|at| (at / 300) as u8).collect();
            let packed = packed(&plain).expect("it is smaller");
            assert_eq!(unpacked(&packed).map(|read| read == plain), Some(true));
            // One that ends earlier or later than it tells is damaged.
            for wrong in [bytes - 1, bytes + 1] {
                let mut packed = packed.clone();
                packed[1..HEAD].copy_from_slice(&(wrong as u32).to_le_bytes());
                assert_eq!(unpacked(&packed), None);
            }
            assert_eq!(unpacked(&packed[..packed.len() - 9]), None);
        }
    }
}
