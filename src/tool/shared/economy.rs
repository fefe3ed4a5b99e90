//! What goes in is paid for again on every later call: of a long output the model reads its head, the lines that look like
//! errors and its tail. Pure; memory is bounded by the budget, however long the output.

use std::collections::VecDeque;
use std::fmt::Write as _;

use crate::agent::visible;
use crate::tool::shared::trouble;

/// Below this no marker would fit.
const BUDGET_LEAST: usize = 512;
/// What the marker between head and tail may take.
const MARKER: usize = 160;
/// Lines that look like errors: so many of the first and so many of the last are kept, each no longer than this.
const ERRORS_KEPT: usize = 12;
const ERROR_LINE: usize = 240;
/// Only the beginning of a line is looked at for them.
const SEARCHED: usize = 1000;

/// What the model reads of an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub text: String,
    /// Something was left out.
    pub cut: bool,
}

/// Takes an output piece by piece and keeps what the model may read of it.
#[derive(Debug)]
pub struct Digest {
    budget: usize,
    line: Line,
    lines: u64,
    /// Of the cleaned text, line ends included.
    bytes: u64,
    raw_bytes: u64,
    /// A line was too long to be held.
    cut: bool,
    head: Vec<String>,
    head_bytes: usize,
    tail: VecDeque<(u64, String)>,
    tail_bytes: usize,
    first_errors: Vec<(u64, String)>,
    last_errors: VecDeque<(u64, String)>,
}

/// The line that is still coming, its middle dropped when it grows beyond all use.
#[derive(Debug, Default)]
struct Line {
    bytes: Vec<u8>,
    /// Dropped after the first `hold` bytes.
    dropped: u64,
}

impl Digest {
    /// `budget` is in bytes of text, marker included.
    pub fn new(budget: usize) -> Self {
        Self {
            budget: budget.max(BUDGET_LEAST),
            line: Line::default(),
            lines: 0,
            bytes: 0,
            raw_bytes: 0,
            cut: false,
            head: Vec::new(),
            head_bytes: 0,
            tail: VecDeque::new(),
            tail_bytes: 0,
            first_errors: Vec::new(),
            last_errors: VecDeque::new(),
        }
    }

    pub fn push(&mut self, mut bytes: &[u8]) {
        self.raw_bytes += bytes.len() as u64;
        while let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
            self.line.push(&bytes[..end], self.budget);
            self.end_line();
            bytes = &bytes[end + 1..];
        }
        self.line.push(bytes, self.budget);
    }

    fn end_line(&mut self) {
        let text = self.line.text(self.budget);
        self.cut |= self.line.dropped > 0;
        self.line.bytes.clear();
        self.line.dropped = 0;
        self.lines += 1;
        let number = self.lines;
        self.bytes += text.len() as u64 + 1;
        if trouble::is_told(prefix(&text, SEARCHED)) {
            let kept = (number, prefix(&text, ERROR_LINE).to_owned());
            if self.first_errors.len() < ERRORS_KEPT {
                self.first_errors.push(kept);
            } else {
                if self.last_errors.len() == ERRORS_KEPT {
                    self.last_errors.pop_front();
                }
                self.last_errors.push_back(kept);
            }
        }
        self.tail_bytes += text.len() + 1;
        if self.head_bytes <= self.budget {
            self.head_bytes += text.len() + 1;
            self.head.push(text.clone());
        }
        self.tail.push_back((number, text));
        while let Some((_, first)) = self.tail.front()
            && self.tail_bytes - first.len() > self.budget
        {
            self.tail_bytes -= first.len() + 1;
            self.tail.pop_front();
        }
    }

    /// The text within the budget; `whole` is where all of it can be read: `output:3`.
    pub fn finish(mut self, whole: &str) -> Told {
        if !self.line.bytes.is_empty() {
            self.end_line();
        }
        if !self.cut && self.bytes <= self.budget as u64 + 1 {
            return Told {
                text: self.head.join("\n"),
                cut: false,
            };
        }
        let room = self.budget - MARKER;
        // Errors are chosen from what even the larger head and tail would leave out.
        let (head, tail) = self.ends(room * 2 / 5, room * 3 / 5);
        let mut errors = self.errors_between(head.lines, tail.lines, room / 4);
        let (head, tail) = if errors.is_empty() {
            (head, tail)
        } else {
            let ends = room - room / 4;
            let (head, tail) = self.ends(ends * 2 / 5, ends * 3 / 5);
            errors = self.errors_between(head.lines, tail.lines, room / 4);
            (head, tail)
        };
        let left_out = self.lines.saturating_sub(head.lines + tail.lines);
        let mut text = head.text;
        let size = size(self.raw_bytes);
        let _ = if left_out == 0 {
            write!(
                text,
                "\n… the middle of a line left out; all {size}: {whole} (read or grep it)"
            )
        } else {
            write!(
                text,
                "\n… {left_out} of {} lines left out; all {size}: {whole} (read or grep it)",
                self.lines
            )
        };
        if !errors.is_empty() {
            text.push_str("; what looks like errors, by line:");
            for (number, line) in &errors {
                let _ = write!(text, "\n{number}: {line}");
            }
        }
        text.push_str(" …\n");
        text.push_str(&tail.text);
        Told { text, cut: true }
    }

    /// The first and the last lines that fit; a line that alone is too long is cut.
    fn ends(&self, head_most: usize, tail_most: usize) -> (End, End) {
        let mut head = End::default();
        for line in &self.head {
            if head.text.len() + line.len() + 1 > head_most {
                let rest = head_most.saturating_sub(head.text.len() + "\n…".len() + 1);
                // A stump of a line only where whole lines fill too little.
                if head.text.len() < head_most / 2 {
                    head.separate();
                    head.text.push_str(prefix(line, rest));
                    head.text.push('…');
                }
                break;
            }
            head.separate();
            head.text.push_str(line);
            head.lines += 1;
        }
        let mut tail = End::default();
        let mut lines = Vec::new();
        let mut used = 0;
        for (number, line) in self.tail.iter().rev() {
            if *number <= head.lines {
                break;
            }
            if used + line.len() + 1 > tail_most {
                if used < tail_most / 2 {
                    let rest = tail_most.saturating_sub(used + "…\n".len());
                    lines.push(format!("…{}", suffix(line, rest)));
                }
                break;
            }
            used += line.len() + 1;
            lines.push(line.clone());
            tail.lines += 1;
        }
        lines.reverse();
        tail.text = lines.join("\n");
        (head, tail)
    }

    fn errors_between(&self, head: u64, tail: u64, most: usize) -> Vec<&(u64, String)> {
        let last = self.lines.saturating_sub(tail);
        let mut left = most;
        let mut fits = |error: &&(u64, String)| {
            let size = error.1.len() + error.0.to_string().len() + ": \n".len();
            let fits = error.0 > head && error.0 <= last && size <= left;
            if fits {
                left -= size;
            }
            fits
        };
        // The first error explains most, the last ones sum up.
        let mut chosen: Vec<_> = self.first_errors.iter().filter(&mut fits).collect();
        chosen.extend(self.last_errors.iter().filter(&mut fits));
        chosen
    }
}

#[derive(Default)]
struct End {
    text: String,
    /// Whole ones.
    lines: u64,
}

impl End {
    fn separate(&mut self) {
        if self.lines > 0 {
            self.text.push('\n');
        }
    }
}

impl Line {
    fn push(&mut self, bytes: &[u8], hold: usize) {
        self.bytes.extend_from_slice(bytes);
        // Rarely, so that each byte is moved a bounded number of times.
        if self.bytes.len() <= hold * 8 {
            return;
        }
        let body = self.bytes.len() - 1;
        if let Some(start) = self.bytes[..body].iter().rposition(|&byte| byte == b'\r') {
            // A progress bar: what a carriage return goes over is never read.
            self.bytes.drain(..=start);
            self.dropped = 0;
        }
        let len = self.bytes.len();
        if len > hold * 2 {
            self.bytes.drain(hold..len - hold);
            self.dropped += (len - hold * 2) as u64;
        }
    }

    fn text(&self, hold: usize) -> String {
        let clean = |bytes: &[u8]| visible::clean(&String::from_utf8_lossy(bytes)).into_owned();
        if self.dropped == 0 {
            return clean(&self.bytes);
        }
        let (head, tail) = self.bytes.split_at(hold.min(self.bytes.len()));
        format!("{}…{}", clean(head), clean(tail))
    }
}

/// At most `most` bytes from the start, whole characters.
pub fn prefix(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// At most `most` bytes from the end, whole characters.
pub fn suffix(text: &str, most: usize) -> &str {
    &text[text.ceil_char_boundary(text.len().saturating_sub(most))..]
}

/// A size for reading: `812 bytes`, `64 kB`, `3.2 MB`.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(text: &[u8], budget: usize) -> Told {
        let mut digest = Digest::new(budget);
        digest.push(text);
        digest.finish("output:1")
    }

    #[test]
    fn what_fits_is_told_as_it_is() {
        let cases: &[(&[u8], &str)] = &[
            (b"", ""),
            (b"one\ntwo\n", "one\ntwo"),
            (b"one\n\ntwo", "one\n\ntwo"),
            (b"\x1b[31mred\x1b[0m\r\n", "red"),
            (b"10%\r50%\r100%\ndone\n", "100%\ndone"),
            (b"caf\xe9 \0x", "caf\u{fffd} x"),
        ];
        for (text, expected) in cases {
            let told = told(text, 600);
            assert_eq!(
                (told.text.as_str(), told.cut),
                (*expected, false),
                "{text:?}"
            );
        }
        let exact = "x".repeat(600);
        assert!(!told(exact.as_bytes(), 600).cut);
        assert!(told(format!("{exact}y").as_bytes(), 600).cut);
    }

    #[test]
    fn of_a_long_output_head_errors_and_tail_are_told() {
        let mut text = String::new();
        for number in 1..=400 {
            let line = match number {
                150 => "src/a.rs:3: error[E0308]: mismatched types",
                200 => "test error::is_shown ... ok",
                250 => "0 errors so far",
                300 => "ValueError: bad",
                _ => "compiling something",
            };
            text.push_str(line);
            text.push('\n');
        }
        let expected = "compiling something\n".repeat(5)
            + "… 388 of 400 lines left out; all 8023 bytes: output:1 (read or grep it); what looks like errors, by line:\n\
               150: src/a.rs:3: error[E0308]: mismatched types\n300: ValueError: bad …\n"
            + &"compiling something\n".repeat(7);
        let told = told(text.as_bytes(), 512);
        assert_eq!(told.text + "\n", expected);
        assert!(told.cut);
    }

    #[test]
    fn one_endless_line_has_two_ends() {
        let text = format!("begin{}end", "é".repeat(1 << 20));
        let told = told(text.as_bytes(), 1000);
        assert!(told.text.starts_with("beginéé"), "{}", told.text);
        assert!(told.text.ends_with("ééend"));
        assert!(told.text.contains("é…\n… "));
        assert!(told.text.len() > 900 && told.text.len() <= 1000);
        assert!(told.text.contains("all 2.0 MB: output:1"), "{}", told.text);
    }

    #[test]
    fn a_long_progress_bar_is_its_last_state() {
        let states: Vec<_> = (0..10_000).map(|n| format!("{n:5}%\r")).collect();
        let text = states.concat();
        assert_eq!(
            told(format!("{text}done \n").as_bytes(), 600),
            Told {
                text: "done ".to_owned(),
                cut: false
            }
        );
    }

    fn pushed(text: &[u8], budget: usize, chunk: usize) -> Digest {
        let mut digest = Digest::new(budget);
        text.chunks(chunk).for_each(|piece| digest.push(piece));
        digest
    }

    proptest! {
        #[test]
        fn no_output_breaks_the_budget(
            pieces in prop::collection::vec(("[a-zé \\r\\x1b\\n]{0,400}", 1..40usize, prop::collection::vec(any::<u8>(), 0..8)), 0..12),
            budget in 0..3000usize,
            chunk in 1..700usize,
        ) {
            let mut text = Vec::new();
            for (piece, times, bytes) in pieces {
                text.extend(piece.repeat(times).into_bytes());
                text.extend(bytes);
            }
            let most = budget.max(BUDGET_LEAST);
            let digest = pushed(&text, budget, chunk);
            // Each line is bounded too, so the last one taken may go over by so much.
            prop_assert!(digest.head_bytes <= most * 30 && digest.tail_bytes <= most * 30);
            let told = digest.finish("output:1");
            prop_assert!(told.text.len() <= most, "{} > {}", told.text.len(), most);
            let unsafe_left = told.text.contains(['\u{1b}', '\r', '\0']);
            prop_assert!(!unsafe_left);
        }

        #[test]
        fn head_and_tail_are_always_told(
            lines in prop::collection::vec(("[a-zé ]{0,30}[a-z]", 1..30usize), 1..40),
            budget in 0..3000usize,
            chunk in 1..700usize,
        ) {
            let lines: Vec<_> = lines.into_iter().map(|(line, times)| line.repeat(times)).collect();
            let text = lines.join("\n");
            let told = pushed(text.as_bytes(), budget, chunk).finish("output:1");
            let most = budget.max(BUDGET_LEAST);
            prop_assert!(told.text.len() <= most, "{} > {}", told.text.len(), most);
            prop_assert_eq!(told.cut, text.len() > most);
            if told.cut {
                prop_assert!(told.text.starts_with(prefix(&text, most / 8).lines().next().unwrap_or_default()));
                prop_assert!(told.text.ends_with(suffix(&text, most / 8).lines().last().unwrap_or_default()));
            } else {
                prop_assert_eq!(told.text, text);
            }
        }
    }
}
