//! A page of a text: some of its lines, counted while the whole passes by once. Memory is bounded by the page, whatever the
//! size of the text or of a line.

use std::io::{self, BufRead, BufReader, Read};

use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::agent::visible;
use crate::tool::shared::economy::prefix;

/// Of a longer line only this much stands in a page.
const LINE_MOST: usize = 2000;
/// Binary content shows itself by a NUL in here.
const BINARY_WITHIN: usize = 8192;

/// Which lines are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Counted from 1.
    pub first: u64,
    pub count: u64,
    /// Bytes of text.
    pub bytes: usize,
    /// A text of at most so many bytes is given whole, whatever the above.
    pub whole_bytes: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub text: String,
    /// Lines given, counted from 1; an empty text has none: `last` is then before `first`.
    pub first: u64,
    pub last: u64,
    pub total: u64,
    pub bytes: u64,
    pub whole: bool,
    pub hash: [u8; 32],
    /// Lines that were longer than a page shows.
    pub long_lines: u64,
    pub lossy: bool,
    pub dos: bool,
    /// Its first bytes, where they say it is no text. Nothing else is then filled in.
    pub binary: Option<Vec<u8>>,
}

/// How text is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// A file's: given as it stands, since an edit must match it.
    File,
    /// A command's output: cleaned as when it was first told.
    Output,
}

/// Reads all of `text` and gives the page of it. `None` when stopped.
pub fn page(
    text: impl Read,
    wanted: Wanted,
    nature: Nature,
    stop: &CancellationToken,
) -> io::Result<Option<Page>> {
    let mut text = BufReader::with_capacity(64 << 10, text);
    let mut start = Vec::new();
    let mut lines = Lines::new(wanted, nature);
    let mut hasher = Sha256::new();
    let mut bytes = 0;
    let most = wanted.whole_bytes.max(BINARY_WITHIN);
    loop {
        if stop.is_cancelled() {
            return Ok(None);
        }
        let piece = match text.fill_buf() {
            Ok(piece) => piece,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if piece.is_empty() {
            break;
        }
        let room = (most - start.len()).min(piece.len());
        start.extend_from_slice(&piece[..room]);
        if nature == Nature::File && start[..start.len().min(BINARY_WITHIN)].contains(&0) {
            start.truncate(BINARY_WITHIN);
            return Ok(Some(Page {
                binary: Some(start),
                ..lines.page
            }));
        }
        hasher.update(piece);
        lines.push(piece);
        bytes += piece.len() as u64;
        let taken = piece.len();
        text.consume(taken);
    }
    lines.finish();
    let mut page = lines.page;
    (page.bytes, page.hash) = (bytes, hasher.finalize().into());
    if bytes <= wanted.whole_bytes as u64 && nature == Nature::File {
        whole(&mut page, &start);
    }
    Ok(Some(page))
}

fn whole(page: &mut Page, bytes: &[u8]) {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes);
    page.lossy = matches!(text, std::borrow::Cow::Owned(_));
    let breaks = |end: &str| text.matches(end).count();
    page.dos = text.contains("\r\n") && breaks("\r\n") == breaks("\n");
    page.text = if page.dos {
        text.replace("\r\n", "\n")
    } else {
        text.into_owned()
    };
    (page.first, page.last) = (1, page.total);
    page.long_lines = 0;
    page.whole = true;
}

/// Collects the page while the lines pass by.
struct Lines {
    wanted: Wanted,
    nature: Nature,
    page: Page,
    line: Vec<u8>,
    /// The line is longer than what is held of it.
    long: bool,
    /// The line has begun, though perhaps with nothing to hold of it.
    begun: bool,
    full: bool,
}

impl Lines {
    fn new(wanted: Wanted, nature: Nature) -> Self {
        Self {
            wanted,
            nature,
            page: Page {
                text: String::new(),
                first: wanted.first,
                last: wanted.first - 1,
                total: 0,
                bytes: 0,
                whole: false,
                hash: [0; 32],
                long_lines: 0,
                lossy: false,
                dos: false,
                binary: None,
            },
            line: Vec::new(),
            long: false,
            begun: false,
            full: false,
        }
    }

    fn push(&mut self, mut bytes: &[u8]) {
        while let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
            self.grow(&bytes[..end]);
            self.end_line();
            bytes = &bytes[end + 1..];
        }
        if !bytes.is_empty() {
            self.grow(bytes);
        }
    }

    fn is_wanted(&self) -> bool {
        let number = self.page.total + 1;
        !self.full && number >= self.wanted.first && number - self.wanted.first < self.wanted.count
    }

    fn grow(&mut self, bytes: &[u8]) {
        self.begun = true;
        if !self.is_wanted() {
            return;
        }
        let hold = match self.nature {
            // A little more than is shown, so that the cut falls on whole characters and a line end is no surplus.
            Nature::File => LINE_MOST + 8,
            // Much of it may be overwritten, as by a progress bar.
            Nature::Output => LINE_MOST * 32,
        };
        let room = hold.saturating_sub(self.line.len());
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.long |= bytes.len() > room;
    }

    fn end_line(&mut self) {
        if self.is_wanted() {
            self.take_line();
        }
        self.page.total += 1;
        self.line.clear();
        self.long = false;
        self.begun = false;
    }

    fn take_line(&mut self) {
        let most = LINE_MOST.min(self.wanted.bytes);
        let mut bytes = self.line.as_slice();
        if self.page.total == 0 {
            bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        }
        if let Some(bare) = bytes.strip_suffix(b"\r") {
            self.page.dos = true;
            bytes = bare;
        }
        let text = String::from_utf8_lossy(bytes);
        let text = match self.nature {
            Nature::File => text,
            Nature::Output => visible::clean(&text).into_owned().into(),
        };
        let shown = prefix(&text, most);
        if self.page.text.len() + shown.len() > self.wanted.bytes
            && self.page.last >= self.wanted.first
        {
            self.full = true;
            return;
        }
        if self.page.last >= self.wanted.first {
            self.page.text.push('\n');
        }
        self.page.lossy |= shown.contains('\u{fffd}');
        self.page.text.push_str(shown);
        if self.long || shown.len() < text.len() {
            self.page.text.push('…');
            self.page.long_lines += 1;
        }
        self.page.last = self.page.total + 1;
    }

    fn finish(&mut self) {
        if self.begun {
            self.end_line();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn pages(text: &[u8], first: u64, count: u64, bytes: usize, nature: Nature) -> Page {
        let wanted = Wanted {
            first,
            count,
            bytes,
            whole_bytes: 0,
        };
        page(text, wanted, nature, &CancellationToken::new())
            .unwrap()
            .unwrap()
    }

    #[test]
    fn a_page_is_what_was_asked_for() {
        let text = b"one\ntwo\nthree\nfour";
        let cases: &[(u64, u64, usize, &str, u64)] = &[
            (1, u64::MAX, 100, "one\ntwo\nthree\nfour", 4),
            (2, 2, 100, "two\nthree", 3),
            (4, 9, 100, "four", 4),
            (5, 9, 100, "", 4),
            (1, 9, 8, "one\ntwo", 2),
            (1, 9, 1, "o…", 1),
            (1, 0, 9, "", 0),
            (u64::MAX, 9, 9, "", u64::MAX - 1),
        ];
        for &(first, count, bytes, expected, last) in cases {
            let page = pages(text, first, count, bytes, Nature::File);
            assert_eq!(
                (page.text.as_str(), page.last, page.total, page.bytes),
                (expected, last, 4, 18),
                "{first} {count} {bytes}"
            );
        }
    }

    #[test]
    fn long_lines_and_strange_bytes_are_bounded_and_noted() {
        let text = [
            b"\xef\xbb\xbf\xc3\xa9".to_vec(),
            b"x".repeat(1 << 20),
            b"\r\nshort\r\n\xff\n".to_vec(),
        ]
        .concat();
        let page = pages(&text, 1, 10, 8000, Nature::File);
        let expected = format!("é{}…\nshort\n\u{fffd}", "x".repeat(1998));
        assert!(page.text == expected, "{:.50}", page.text);
        assert_eq!(
            (page.long_lines, page.lossy, page.dos, page.total),
            (1, true, true, 3)
        );
    }

    #[test]
    fn an_output_is_cleaned_and_a_binary_file_refused() {
        let text = b"\x1b[31mred\x1b[0m\0\n10%\r20%\n";
        assert_eq!(pages(text, 1, 9, 99, Nature::Output).text, "red\n20%");
        assert_eq!(
            pages(text, 1, 9, 99, Nature::File).binary,
            Some(text.to_vec())
        );
    }

    #[test]
    fn a_small_text_comes_as_it_is() {
        let cases: &[(&[u8], &str, bool, bool, u64)] = &[
            (b"", "", false, false, 0),
            (b"a\r\nb\r\n", "a\nb\n", true, false, 2),
            (b"a\r\nb\n", "a\r\nb\n", false, false, 2),
            (b"\xef\xbb\xbfa\xff", "a\u{fffd}", false, true, 1),
        ];
        for &(text, expected, dos, lossy, total) in cases {
            let wanted = Wanted {
                first: 1,
                count: u64::MAX,
                bytes: 10,
                whole_bytes: 100,
            };
            let page = page(text, wanted, Nature::File, &CancellationToken::new())
                .unwrap()
                .unwrap();
            assert_eq!(
                (
                    page.text.as_str(),
                    page.dos,
                    page.lossy,
                    page.first,
                    page.last,
                    page.whole
                ),
                (expected, dos, lossy, 1, total, true)
            );
            assert_eq!(page.hash, <[u8; 32]>::from(Sha256::digest(text)));
        }
    }
}
