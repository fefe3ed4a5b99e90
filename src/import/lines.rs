//! Files of one JSON value a line, read line by line. A line that cannot be read is named and passed over; no line, no file and
//! no number of faults makes reading long or large without bound.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use crate::import::{Problem, packed};

/// The longest line that is read; a longer one is no item that anyone wrote.
pub const LINE: usize = 32 << 20;

/// Faults after which a file is no file of lines but something else, and the rest of it is not looked at.
const FAULTS: usize = 10_000;

/// Characters of a fault that are told: what a parser says can quote the whole value it did not like.
const TOLD: usize = 200;

/// Calls `take` with the number of each line of a file, from 1, and its text; what it answers with an error is a problem, and so
/// is a line that is too long or no UTF-8. Only a file that cannot be opened is an error. One whose name ends with `.zst` is
/// unpacked on the way.
pub fn each(
    path: &Path,
    problems: &mut Vec<Problem>,
    take: impl FnMut(u64, &str) -> Result<(), String>,
) -> io::Result<()> {
    let file = open(path)?;
    if path.extension().is_some_and(|extension| extension == "zst") {
        match packed::reader(file) {
            Ok(reader) => of(path, &mut BufReader::new(reader), problems, take),
            Err(error) => problems.push(problem(path, 1, &error.to_string())),
        }
    } else {
        let mut reader = BufReader::with_capacity(1 << 20, file);
        of(path, &mut reader, problems, take);
    }
    Ok(())
}

/// A file, and nothing that could wait for ever when it is opened, such as a pipe.
pub fn open(path: &Path) -> io::Result<File> {
    if fs::metadata(path)?.is_file() {
        File::open(path)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file"))
    }
}

/// A small file read whole, such as an index beside sessions. One that is larger than a line may be, or not there, is nothing.
pub fn small(path: &Path) -> Option<String> {
    let mut text = String::new();
    let limit = LINE as u64;
    let mut file = open(path).ok()?.take(limit + 1);
    // An index only adds names to what is read without it.
    file.read_to_string(&mut text).ok()?;
    (text.len() <= LINE).then_some(text)
}

/// A problem, with no more of it told than a person reads.
pub fn problem(path: &Path, line: u64, text: &str) -> Problem {
    let text = match text.char_indices().nth(TOLD) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    };
    Problem {
        path: path.to_owned(),
        line,
        text,
    }
}

fn of(
    path: &Path,
    reader: &mut impl BufRead,
    problems: &mut Vec<Problem>,
    mut take: impl FnMut(u64, &str) -> Result<(), String>,
) {
    let before = problems.len();
    let mut bytes = Vec::new();
    let mut number = 0;
    loop {
        bytes.clear();
        number += 1;
        let told = match next(reader, &mut bytes) {
            Ok(false) => return,
            Ok(true) => line(&bytes, number, &mut take),
            Err(error) => {
                problems.push(problem(path, number, &error.to_string()));
                return;
            }
        };
        let Err(text) = told else { continue };
        if problems.len() - before >= FAULTS {
            let text =
                format!("more than {FAULTS} lines cannot be read, so the rest was not tried");
            problems.push(problem(path, number, &text));
            return;
        }
        problems.push(problem(path, number, &text));
    }
}

fn line(
    bytes: &[u8],
    number: u64,
    take: &mut impl FnMut(u64, &str) -> Result<(), String>,
) -> Result<(), String> {
    if bytes.len() > LINE {
        return Err(format!("a line of more than {} MB", LINE >> 20));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let text = match number {
        1 => text.strip_prefix('\u{feff}').unwrap_or(text),
        _ => text,
    };
    if text.trim_ascii().is_empty() {
        return Ok(());
    }
    take(number, text)
}

/// Reads a line into `bytes`, of a longer one than is read only so much that it is known to be too long. `false` at the end.
fn next(reader: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<bool> {
    let limit = LINE as u64 + 1;
    if reader.by_ref().take(limit).read_until(b'\n', bytes)? == 0 {
        return Ok(false);
    }
    if bytes.len() > LINE && bytes.last() != Some(&b'\n') {
        reader.skip_until(b'\n')?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Numbered = Vec<(u64, String)>;

    /// The lines that were taken, and the problems by line.
    fn read(bytes: &[u8]) -> (Numbered, Numbered) {
        let (mut taken, mut problems) = (Vec::new(), Vec::new());
        of(
            Path::new("x"),
            &mut BufReader::with_capacity(7, bytes),
            &mut problems,
            |number, line| {
                if line.contains("bad") {
                    return Err(line.to_owned());
                }
                taken.push((number, line.trim_end().to_owned()));
                Ok(())
            },
        );
        let problems = problems
            .into_iter()
            .map(|problem| (problem.line, problem.text));
        (taken, problems.collect())
    }

    #[test]
    fn lines_keep_their_numbers_whatever_lies_between_them() {
        let (taken, problems) = read(b"\xef\xbb\xbfone\n\n  \r\ntwo\r\n\xff\nbad\nlast");
        let expected = [(1, "one"), (4, "two"), (7, "last")];
        assert_eq!(
            taken,
            expected.map(|(number, text)| (number, text.to_owned()))
        );
        let numbers: Vec<_> = problems.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [5, 6]);
    }

    #[test]
    fn a_line_without_end_is_named_and_the_next_is_read() {
        let mut bytes = vec![0; LINE + 10];
        bytes.extend_from_slice(b"\nnext");
        let (taken, problems) = read(&bytes);
        assert_eq!(taken, [(2, "next".to_owned())]);
        assert_eq!(problems, [(1, "a line of more than 32 MB".to_owned())]);
    }

    #[test]
    fn what_is_no_file_of_lines_is_given_up() {
        let (taken, problems) = read(&b"bad\n".repeat(FAULTS + 100));
        assert_eq!((taken.len(), problems.len()), (0, FAULTS + 1));
        let long = "bad".repeat(1000);
        let (_, problems) = read(long.as_bytes());
        assert_eq!(problems[0].1.chars().count(), TOLD + 1);
    }
}
