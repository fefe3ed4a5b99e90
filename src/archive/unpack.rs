//! Reads an archive from its beginning to its end. All of it is looked at: its form, its sizes, the hash of each file and its
//! own check at the end. So what is read twice can be believed the second time.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;
use sha2::{Digest, Sha256};

use crate::archive::end::Hashed;
use crate::archive::tar::{self, BLOCK, Instead, Member, Said};
use crate::archive::{Fault, HEAD, Head, MOST_SUMS, Packed, SUMS, hexadecimal, holds, is_sound};

/// Bytes that are unpacked at a time.
const PART: usize = 1 << 16;

/// Bytes of the texts that say something of the archive itself: of what it is, and of what stands before a file.
const HEADING: u64 = 64 << 10;

/// What is read of an archive, in its order.
#[derive(Debug, Clone, Copy)]
pub enum Piece<'a> {
    Begins(&'a Member),
    Bytes(&'a [u8]),
    /// The file that began is whole.
    Ends,
}

/// All that an archive holds: what it says of itself, and its files in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whole {
    pub head: Head,
    pub files: Vec<Packed>,
}

/// Reads it to its end; `take` hears of each file, which is to be believed only when this ends well. `may` is asked as soon as it is
/// known what the archive says of itself.
pub fn read(
    input: impl BufRead,
    may: impl FnOnce(&Head) -> Result<(), Fault>,
    take: &mut dyn FnMut(Piece<'_>) -> io::Result<()>,
) -> Result<Whole, Fault> {
    let mut reading = Reading {
        input: GzDecoder::new(Hashed::new(input)),
        sums: String::new(),
    };
    let first = reading.next().map_err(|fault| match fault {
        Fault::Damaged(_) | Fault::Odd(_) => Fault::Foreign,
        fault => fault,
    })?;
    let head = match first {
        Some(member) if member.name == HEAD => reading.text(&member, HEADING)?,
        _ => return Err(Fault::Foreign),
    };
    let head = Head::read(&head)?;
    may(&head)?;
    let mut whole = Whole {
        head,
        files: Vec::new(),
    };
    let mut names = HashSet::new();
    loop {
        let member = reading.next()?.ok_or(Fault::Short)?;
        if member.name == SUMS {
            let expected = std::mem::take(&mut reading.sums);
            if reading.text(&member, MOST_SUMS as u64)? != expected {
                return Err(damaged("its checksums are of other files"));
            }
            break;
        }
        if !is_sound(&member.name) {
            return Err(Fault::Odd(format!("a file named {:?}", member.name)));
        }
        // The first of the files is what the archive says of itself.
        if !holds(whole.files.len() + 2, reading.sums.len()) {
            return Err(Fault::Odd("more files than any".to_owned()));
        }
        let mut above = member
            .name
            .match_indices('/')
            .map(|(at, _)| &member.name[..at]);
        if above.any(|folder| names.contains(folder)) || !names.insert(member.name.clone()) {
            return Err(Fault::Odd(format!("{:?} twice", member.name)));
        }
        take(Piece::Begins(&member)).map_err(Fault::Taker)?;
        let hash = reading.plain(&member, &mut |bytes| take(Piece::Bytes(bytes)))?;
        take(Piece::Ends).map_err(Fault::Taker)?;
        whole.files.push(Packed {
            name: member.name,
            bytes: member.bytes,
            runs: member.runs,
            hash,
        });
    }
    reading.end()?;
    Ok(whole)
}

struct Reading<R> {
    input: GzDecoder<Hashed<R>>,
    /// As the archive's own last file should have them.
    sums: String,
}

impl<R: BufRead> Reading<R> {
    /// What stands before the next file; `None` at the end of all.
    fn next(&mut self) -> Result<Option<Member>, Fault> {
        let mut instead = Instead::default();
        let mut extended = false;
        loop {
            let mut block = [0; BLOCK];
            self.fill(&mut block)?;
            match tar::read(&block, std::mem::take(&mut instead)).map_err(Fault::Odd)? {
                Said::File(member) => return Ok(Some(member)),
                Said::Zero => return Ok(None),
                Said::Extended(_) if extended => {
                    return Err(damaged("what stands before a file has no end"));
                }
                Said::Extended(bytes) => {
                    extended = true;
                    let text = self.bounded(bytes, HEADING)?;
                    instead = tar::instead(&text)
                        .ok_or_else(|| damaged("what stands before a file is wrong"))?;
                }
            }
        }
    }

    /// A file that says something of the archive. Its line is added to the sums, unless it is the sums.
    fn text(&mut self, member: &Member, most: u64) -> Result<String, Fault> {
        let text = self.bounded(member.bytes, most)?;
        let hash = hexadecimal(&Sha256::digest(text.as_bytes()));
        self.note(&hash, &member.name);
        Ok(text)
    }

    fn bounded(&mut self, bytes: u64, most: u64) -> Result<String, Fault> {
        if bytes > most {
            return Err(damaged("a text in it is too long"));
        }
        let mut text = vec![0; bytes as usize];
        self.fill(&mut text)?;
        self.zeros(tar::padding(bytes))?;
        String::from_utf8(text).map_err(|_| damaged("a text in it is none"))
    }

    fn plain(
        &mut self,
        member: &Member,
        take: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<String, Fault> {
        let mut hash = Sha256::new();
        let mut part = vec![0; PART];
        let mut left = member.bytes;
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(PART).min(PART);
            let part = &mut part[..wanted];
            self.fill(part)?;
            hash.update(&part);
            take(part).map_err(Fault::Taker)?;
            left -= wanted as u64;
        }
        self.zeros(tar::padding(member.bytes))?;
        let hash = hexadecimal(&hash.finalize());
        self.note(&hash, &member.name);
        Ok(hash)
    }

    fn note(&mut self, hash: &str, name: &str) {
        // A String takes all that is written to it.
        let _ = writeln!(self.sums, "{hash}  {name}");
    }

    fn zeros(&mut self, count: usize) -> Result<(), Fault> {
        let mut zeros = [0; BLOCK];
        let zeros = &mut zeros[..count];
        self.fill(zeros)?;
        if zeros.iter().any(|byte| *byte != 0) {
            return Err(damaged("something stands behind a file"));
        }
        Ok(())
    }

    /// The end of the files, of what is packed, and of the file itself.
    fn end(mut self) -> Result<(), Fault> {
        for _ in 0..2 {
            self.zeros(BLOCK)?;
        }
        let mut more = [0];
        // Only here the check of all that was packed is looked at.
        let unpacked = self.input.read(&mut more).map_err(|error| fault(&error))?;
        if unpacked > 0 {
            return Err(damaged("something stands behind its last file"));
        }
        let input = self.input.into_inner();
        let expected = input.end();
        let mut found = Vec::new();
        let most = expected.len() as u64 + 1;
        let mut rest = input.inner.take(most);
        rest.read_to_end(&mut found).map_err(Fault::Unread)?;
        if found.len() < expected.len() {
            return Err(Fault::Short);
        }
        if found != expected {
            return Err(damaged("it is not what was written"));
        }
        Ok(())
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Fault> {
        self.input.read_exact(bytes).map_err(|error| fault(&error))
    }
}

fn damaged(why: &str) -> Fault {
    Fault::Damaged(why.to_owned())
}

/// What the system says of reading, told from what was packed wrongly.
fn fault(error: &io::Error) -> Fault {
    match (error.raw_os_error(), error.kind()) {
        (Some(_), _) => Fault::Unread(io::Error::new(error.kind(), error.to_string())),
        (None, io::ErrorKind::UnexpectedEof) => Fault::Short,
        (None, _) => damaged("what is packed in it cannot be unpacked"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::archive::MOST_FILES;
    use crate::archive::pack::Pack;

    fn member(name: &str, text: &[u8], runs: bool) -> Member {
        let (name, bytes) = (name.to_owned(), text.len() as u64);
        Member { name, bytes, runs }
    }

    /// Texts in which each byte tells where it stands.
    fn files(numbers: u32) -> Vec<(&'static str, Vec<u8>, bool)> {
        let text = |count: u32| (0..count).flat_map(u32::to_le_bytes).collect::<Vec<u8>>();
        vec![
            ("config/config.toml", b"model = \"a/b\"\n".to_vec(), false),
            ("config/skills/x/run", Vec::new(), true),
            ("data/creel.db", text(numbers), false),
            ("state/512", text(128), false),
        ]
    }

    fn packed(numbers: u32) -> Vec<u8> {
        let head = Head([("log".to_owned(), "7".to_owned())].into());
        let mut pack = Pack::begin(Vec::new(), &head, 5).unwrap();
        for (name, text, runs) in files(numbers) {
            let mut told = 0;
            let mut step = |bytes| {
                told += bytes;
                true
            };
            pack.add(&member(name, &text, runs), &mut text.as_slice(), &mut step)
                .unwrap();
            assert_eq!(told, text.len() as u64);
        }
        pack.finish().unwrap()
    }

    type Taken = Vec<(String, Vec<u8>, bool)>;

    fn unpacked(bytes: &[u8]) -> (Result<Whole, Fault>, Taken) {
        let mut taken: Taken = Vec::new();
        let whole = read(bytes, |_| Ok(()), &mut |piece| {
            match piece {
                Piece::Begins(member) => taken.push((member.name.clone(), Vec::new(), member.runs)),
                Piece::Bytes(bytes) => taken.last_mut().unwrap().1.extend(bytes),
                Piece::Ends => {}
            }
            Ok(())
        });
        (whole, taken)
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let (whole, taken) = unpacked(&packed(40_000));
        let whole = whole.unwrap();
        let expected: Taken = files(40_000)
            .into_iter()
            .map(|(name, text, runs)| (name.to_owned(), text, runs))
            .collect();
        assert_eq!(taken, expected);
        assert_eq!(whole.head.number("log"), Some(7));
        assert_eq!(whole.files[1].hash, hexadecimal(&Sha256::digest(b"")));
    }

    #[test]
    fn no_damage_is_passed_over() {
        let good = packed(200);
        for cut in 0..good.len() {
            assert!(unpacked(&good[..cut]).0.is_err(), "cut at {cut}");
        }
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                assert!(unpacked(&bad).0.is_err(), "changed at {at}");
            }
        }
        let longer = [&good[..], b"\0"].concat();
        assert!(unpacked(&longer).0.is_err());
        let twice = [&good[..], &good].concat();
        assert!(unpacked(&twice).0.is_err());
    }

    /// A tar file with these in it, packed; each a name and its kind.
    fn made(members: &[(&str, u8)]) -> Vec<u8> {
        let mut sums = String::new();
        let mut tar = Vec::new();
        let mut put = |name: &str, kind: u8, text: &str, sums: &mut String| {
            let mut blocks = tar::before(&member(name, text.as_bytes(), false), 0);
            let block = blocks.len() - BLOCK;
            // The kind is in the sum of the block too.
            let old = blocks[block + 156];
            blocks[block + 156] = kind;
            let digits = String::from_utf8(blocks[block + 148..block + 154].to_vec()).unwrap();
            let sum = u64::from_str_radix(&digits, 8).unwrap() + u64::from(kind) - u64::from(old);
            blocks[block + 148..block + 154].copy_from_slice(format!("{sum:06o}").as_bytes());
            tar.extend(blocks);
            tar.extend(text.as_bytes());
            tar.extend(vec![0; tar::padding(text.len() as u64)]);
            let hash = hexadecimal(&Sha256::digest(text.as_bytes()));
            let _ = writeln!(sums, "{hash}  {name}");
        };
        put(HEAD, b'0', "creel backup 1\n", &mut sums);
        for (name, kind) in members {
            put(name, *kind, "", &mut sums);
        }
        let all = sums.clone();
        put(SUMS, b'0', &all, &mut sums);
        tar.extend([0; 2 * BLOCK]);
        let mut packer = GzEncoder::new(Hashed::new(Vec::new()), Compression::fast());
        io::Write::write_all(&mut packer, &tar).unwrap();
        let mut whole = packer.finish().unwrap();
        let end = whole.end();
        whole.inner.extend(end);
        whole.inner
    }

    /// As many empty files as there may be are read; of an archive with one more nothing is written, and nothing read.
    #[test]
    fn more_files_than_can_be_read_are_not_written() {
        let empty = |nth: usize| member(&format!("config/skills/{nth}"), b"", false);
        let all = |count: usize| -> io::Result<Vec<u8>> {
            let mut pack = Pack::begin(Vec::new(), &Head::default(), 0)?;
            for nth in 1..count {
                pack.add(&empty(nth), &mut io::empty(), &mut |_| true)?;
            }
            pack.finish()
        };
        let most = all(MOST_FILES).unwrap();
        let (whole, taken) = unpacked(&most);
        assert_eq!(
            (whole.unwrap().files.len(), taken.len()),
            (MOST_FILES - 1, MOST_FILES - 1)
        );
        let why = all(MOST_FILES + 1).unwrap_err().to_string();
        assert!(why.contains("more files"), "{why}");
        let names: Vec<String> = (0..MOST_FILES).map(|nth| format!("config/{nth}")).collect();
        let names: Vec<(&str, u8)> = names.iter().map(|name| (name.as_str(), b'0')).collect();
        let (whole, taken) = unpacked(&made(&names));
        let why = whole.unwrap_err().to_string();
        assert!(why.contains("more files"), "{why}");
        assert_eq!(taken.len(), MOST_FILES - 1);
        // Long names are as much in memory as many.
        let long = format!("config/skills/{}", "x".repeat(3_000));
        let mut pack = Pack::begin(Vec::new(), &Head::default(), 0).unwrap();
        let mut add = |nth: usize| {
            let name = format!("{long}{nth}");
            pack.add(&member(&name, b"", false), &mut io::empty(), &mut |_| true)
        };
        assert!((0..MOST_SUMS / 3_000).any(|nth| add(nth).is_err()));
    }

    #[test]
    fn any_program_unpacks_it() {
        let mut text = Vec::new();
        let packed = packed(200);
        let mut all = flate2::read::MultiGzDecoder::new(packed.as_slice());
        all.read_to_end(&mut text).unwrap();
        assert_eq!(text.len() % BLOCK, 0);
        let found = text.windows(6).any(|part| part == b"ustar\0");
        assert!(found);
    }

    #[test]
    fn what_leads_elsewhere_is_refused_though_it_is_whole() {
        assert!(unpacked(&made(&[("config/a", b'0')])).0.is_ok());
        let cases = [
            (("../a", b'0'), "a file named \"../a\""),
            (("/etc/passwd", b'0'), "a file named \"/etc/passwd\""),
            (("config/../../a", b'0'), "a file named"),
            (("config/a", b'2'), "config/a is a link"),
            (("config/a", b'1'), "config/a is a link"),
            (("config", b'5'), "config is a folder"),
        ];
        for (odd, expected) in cases {
            let (whole, taken) = unpacked(&made(&[("config/b", b'0'), odd]));
            let told = whole.unwrap_err().to_string();
            assert!(told.contains(expected), "{odd:?}: {told}");
            assert_eq!(taken.len(), 1, "{odd:?}");
        }
        for twice in [["config/a", "config/a"], ["config/a", "config/a/b"]] {
            let told = unpacked(&made(&twice.map(|name| (name, b'0')))).0;
            assert!(told.unwrap_err().to_string().contains("twice"));
        }
    }

    #[test]
    fn what_is_none_is_told_from_what_is_damaged() {
        for foreign in [&b""[..], b"PK\x03\x04 and more of it", b"SQLite format 3\0"] {
            let told = unpacked(foreign).0.unwrap_err();
            assert!(matches!(told, Fault::Foreign | Fault::Short), "{told}");
        }
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        io::Write::write_all(&mut packer, &[7; 2000]).unwrap();
        let told = unpacked(&packer.finish().unwrap()).0.unwrap_err();
        assert!(matches!(told, Fault::Foreign), "{told}");
        let refused = read(packed(9).as_slice(), |_| Err(Fault::Newer), &mut |_| Ok(()));
        assert!(matches!(refused, Err(Fault::Newer)));
    }
}
