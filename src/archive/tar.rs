//! The blocks of a tar file, as POSIX.1-2001 has them, for plain files alone: no folders, links or devices are written, and none
//! are read.

/// Everything in a tar file is a multiple of this.
pub const BLOCK: usize = 512;

/// The longest name that a block holds itself.
const NAME: usize = 100;

/// The most bytes of a file that a block tells itself: eleven digits to the base of eight.
const MOST: u64 = (1 << 33) - 1;

/// What stands before a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub name: String,
    pub bytes: u64,
    /// It can be run.
    pub runs: bool,
}

/// What a block says.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    File(Member),
    /// What of the next block another text says in its place; so many bytes of it follow.
    Extended(u64),
    /// Nothing: the end, where another such one follows.
    Zero,
}

/// What of a block an extended one said instead.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Instead {
    pub name: Option<String>,
    pub bytes: Option<u64>,
}

/// The blocks before a file; `at`: when it was changed, in seconds.
pub fn before(member: &Member, at: u64) -> Vec<u8> {
    let mut records = String::new();
    if member.name.len() > NAME {
        records.push_str(&record("path", &member.name));
    }
    if member.bytes > MOST {
        records.push_str(&record("size", &member.bytes.to_string()));
    }
    let mut blocks = Vec::new();
    if !records.is_empty() {
        blocks.extend(block("extended", records.len() as u64, (0o600, at), b'x'));
        blocks.extend(records.as_bytes());
        blocks.extend(vec![0; padding(records.len() as u64)]);
    }
    let mode = if member.runs { 0o700 } else { 0o600 };
    blocks.extend(block(&member.name, member.bytes, (mode, at), b'0'));
    blocks
}

/// The zeros behind so many bytes.
pub fn padding(bytes: u64) -> usize {
    let over = bytes as usize % BLOCK;
    if over == 0 { 0 } else { BLOCK - over }
}

/// `30 path=some/name\n`, its own length in front.
fn record(key: &str, value: &str) -> String {
    let rest = key.len() + value.len() + 3;
    let mut length = rest;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    format!("{length} {key}={value}\n")
}

fn block(name: &str, bytes: u64, (mode, at): (u64, u64), kind: u8) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut put = |from: usize, text: &[u8]| {
        for (to, byte) in block.iter_mut().skip(from).zip(text) {
            *to = *byte;
        }
    };
    let mut cut = name.len().min(NAME);
    while !name.is_char_boundary(cut) {
        cut -= 1;
    }
    put(0, &name.as_bytes()[..cut]);
    let octal = |number: u64, digits: usize| format!("{number:0digits$o}\0").into_bytes();
    put(100, &octal(mode, 7));
    put(108, &octal(0, 7));
    put(116, &octal(0, 7));
    put(124, &octal(bytes.min(MOST), 11));
    put(136, &octal(at.min(MOST), 11));
    put(148, b"        ");
    put(156, &[kind]);
    put(257, b"ustar\x0000");
    let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    for (to, byte) in block[148..156]
        .iter_mut()
        .zip(format!("{sum:06o}\0 ").bytes())
    {
        *to = byte;
    }
    block
}

/// Reads a block; the error says what is wrong with it.
pub fn read(block: &[u8; BLOCK], instead: Instead) -> Result<Said, String> {
    if block.iter().all(|byte| *byte == 0) {
        return Ok(Said::Zero);
    }
    let blanked = |at: usize, byte: u8| if (148..156).contains(&at) { b' ' } else { byte };
    let bytes = block.iter().enumerate();
    let sum: u64 = bytes.map(|(at, byte)| u64::from(blanked(at, *byte))).sum();
    if octal(&block[148..156]) != Some(sum) || &block[257..262] != b"ustar" {
        return Err("what stands before a file is wrong".to_owned());
    }
    let name = text(&block[..NAME]).ok_or("a name is no text")?;
    let size = octal(&block[124..136]).ok_or("the size of a file is no number")?;
    match block[156] {
        b'0' | 0 => {
            let prefix = text(&block[345..500]).ok_or("a name is no text")?;
            let name = match (instead.name, prefix.as_str()) {
                (Some(name), _) => name,
                (None, "") => name,
                (None, prefix) => format!("{prefix}/{name}"),
            };
            Ok(Said::File(Member {
                name,
                bytes: instead.bytes.unwrap_or(size),
                runs: octal(&block[100..108]).is_some_and(|mode| mode & 0o100 != 0),
            }))
        }
        b'x' => Ok(Said::Extended(size)),
        b'1' | b'2' => Err(format!("{name} is a link")),
        b'5' => Err(format!("{name} is a folder")),
        _ => Err(format!("{name} is no plain file")),
    }
}

/// What an extended block's text says; unknown words are passed over.
pub fn instead(mut text: &str) -> Option<Instead> {
    let mut said = Instead::default();
    while !text.is_empty() {
        let (length, _) = text.split_once(' ')?;
        let (record, rest) = text.split_at_checked(length.parse().ok()?)?;
        let record = record.get(length.len() + 1..)?.strip_suffix('\n')?;
        match record.split_once('=')? {
            ("path", name) => said.name = Some(name.to_owned()),
            ("size", size) => said.bytes = Some(size.parse().ok()?),
            _ => {}
        }
        text = rest;
    }
    Some(said)
}

fn octal(field: &[u8]) -> Option<u64> {
    let digits = text(field)?;
    u64::from_str_radix(digits.trim(), 8).ok()
}

/// Up to the first zero.
fn text(field: &[u8]) -> Option<String> {
    let end = field.iter().position(|byte| *byte == 0);
    let text = &field[..end.unwrap_or(field.len())];
    String::from_utf8(text.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// What the blocks before a file say.
    fn said(blocks: &[u8]) -> Said {
        let (block, rest) = blocks.split_first_chunk::<BLOCK>().unwrap();
        match read(block, Instead::default()).unwrap() {
            Said::Extended(bytes) => {
                let told = std::str::from_utf8(&rest[..bytes as usize]).unwrap();
                let rest = &rest[bytes as usize + padding(bytes)..];
                read(rest.first_chunk().unwrap(), instead(told).unwrap()).unwrap()
            }
            said => said,
        }
    }

    #[test]
    fn what_stands_before_a_file_is_read_as_it_was_written() {
        let names = [
            "a".to_owned(),
            "数/".repeat(60) + "z",
            "n".repeat(100),
            "n".repeat(101),
        ];
        for name in names {
            for (bytes, runs) in [
                (0, false),
                (MOST, true),
                (MOST + 1, false),
                (u64::MAX, true),
            ] {
                let name = name.clone();
                let member = Member { name, bytes, runs };
                let blocks = before(&member, 1_700_000_000);
                assert_eq!(blocks.len() % BLOCK, 0);
                assert_eq!(said(&blocks), Said::File(member));
            }
        }
        assert_eq!(said(&[0; BLOCK]), Said::Zero);
    }

    #[test]
    fn the_length_of_a_record_counts_itself() {
        assert_eq!(record("path", "a"), "9 path=a\n");
        assert_eq!(record("path", &"a".repeat(89)).len(), 98);
        assert!(record("path", &"a".repeat(91)).starts_with("101 "));
    }

    #[test]
    fn what_is_no_plain_file_is_refused() {
        for (kind, expected) in [
            (b'2', "x is a link"),
            (b'1', "x is a link"),
            (b'5', "x is a folder"),
            (b'3', "x is no plain file"),
        ] {
            let block = block("x", 0, (0o600, 0), kind);
            assert_eq!(read(&block, Instead::default()).unwrap_err(), expected);
        }
        let good = block("x", 0, (0o600, 0), b'0');
        for at in [0, 100, 130, 156, 260, 511] {
            let mut bad = good;
            bad[at] ^= 1;
            assert!(read(&bad, Instead::default()).is_err(), "{at}");
        }
        for text in [
            "7 path",
            "0 ",
            "x path=a\n",
            "999 path=a\n",
            "10 path-a\n",
            "9 size=x\n",
        ] {
            assert_eq!(instead(text), None, "{text}");
        }
    }
}
