//! What a search found, and how it is told: each path once, its lines below it, within the budget.

use std::fmt::Write as _;
use std::io;
use std::ops::Range;

use grep_matcher::Matcher;
use grep_regex::RegexMatcher;
use grep_searcher::{Searcher, SinkContext, SinkFinish, SinkMatch};

use crate::protocol::call::{Detail, Outcome};
use crate::tool::shared::economy::prefix;
use crate::tool::{Ended, Scene};

/// Text beyond this is counted, not kept.
const KEPT_MOST: usize = 1 << 20;
/// A longer line is cut to about this around its first match, of which so much stands before it.
const LINE_MOST: usize = 240;
const BEFORE_MATCH: usize = 60;
/// What the closing lines may take.
const CLOSING: usize = 240;

/// The matches of one file.
#[derive(Debug)]
pub struct Hits {
    /// Empty for an output.
    shown: String,
    /// As they are told: `12:text` a match, `13-text` a line around one, `--` a gap.
    lines: Vec<String>,
    bytes: usize,
    count: u64,
}

#[derive(Debug, Default)]
pub struct Findings {
    files: Vec<Hits>,
    bytes: usize,
    count: u64,
    file_count: u64,
    /// Files that could not be read or searched.
    pub skipped: u64,
    /// Files that a rule keeps from the search.
    pub denied: u64,
    /// Its time was over before its end.
    pub late: bool,
    /// The pattern was no regex, for this reason, and was sought as it is.
    plain: Option<String>,
}

impl Hits {
    pub fn of(shown: String) -> Self {
        Self {
            shown,
            lines: Vec::new(),
            bytes: 0,
            count: 0,
        }
    }

    fn push(&mut self, line: String) {
        self.bytes += line.len() + 1;
        self.lines.push(line);
    }
}

/// Takes the lines of one file as the search finds them.
#[derive(Debug)]
pub struct Sink<'a> {
    matcher: &'a RegexMatcher,
    hits: &'a mut Hits,
    room: usize,
    /// It was no text after all.
    pub binary: bool,
}

impl<'a> Sink<'a> {
    pub fn new(matcher: &'a RegexMatcher, hits: &'a mut Hits, room: usize) -> Self {
        Self {
            matcher,
            hits,
            room,
            binary: false,
        }
    }

    fn keep(&mut self, number: Option<u64>, mark: char, line: &[u8], around: Range<usize>) {
        if self.hits.bytes < self.room {
            let line = cut(line, around);
            self.hits
                .push(format!("{}{mark}{line}", number.unwrap_or(0)));
        }
    }
}

impl grep_searcher::Sink for Sink<'_> {
    type Error = io::Error;

    fn matched(&mut self, _: &Searcher, found: &SinkMatch<'_>) -> io::Result<bool> {
        self.hits.count += 1;
        let line = bare(found.bytes());
        let place = self.matcher.find(line).ok().flatten();
        let around = place.map_or(0..0, |place| place.start()..place.end());
        self.keep(found.line_number(), ':', line, around);
        Ok(true)
    }

    fn context(&mut self, _: &Searcher, context: &SinkContext<'_>) -> io::Result<bool> {
        self.keep(context.line_number(), '-', bare(context.bytes()), 0..0);
        Ok(true)
    }

    fn context_break(&mut self, _: &Searcher) -> io::Result<bool> {
        if self.hits.bytes < self.room {
            self.hits.push("--".to_owned());
        }
        Ok(true)
    }

    fn finish(&mut self, _: &Searcher, finish: &SinkFinish) -> io::Result<()> {
        self.binary = finish.binary_byte_offset().is_some();
        Ok(())
    }
}

fn bare(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn cut(line: &[u8], around: Range<usize>) -> String {
    if line.len() <= LINE_MOST {
        return String::from_utf8_lossy(line).into_owned();
    }
    let start = around.start.saturating_sub(BEFORE_MATCH);
    let start = start.min(line.len() - LINE_MOST);
    let end = start + LINE_MOST;
    let text = String::from_utf8_lossy(&line[start..end]);
    // The cut may have halved a character at either end.
    let text = text.trim_matches('\u{fffd}');
    let before = if start > 0 { "…" } else { "" };
    let after = if end < line.len() { "…" } else { "" };
    format!("{before}{text}{after}")
}

impl Findings {
    /// None yet.
    pub fn new(plain: Option<String>) -> Self {
        Self {
            plain,
            ..Self::default()
        }
    }

    /// Bytes of text that may still be kept.
    pub fn room(&self) -> usize {
        KEPT_MOST.saturating_sub(self.bytes)
    }

    pub fn add(&mut self, hits: Hits) {
        if hits.count == 0 {
            return;
        }
        self.count += hits.count;
        self.file_count += 1;
        self.bytes += hits.bytes + hits.shown.len() + 1;
        if !hits.lines.is_empty() {
            self.files.push(hits);
        }
    }

    pub fn told(self, scene: &Scene) -> Ended {
        let detail = Detail::Hits { count: self.count };
        let budget =
            usize::try_from(scene.limits.output_tokens.saturating_mul(4)).unwrap_or(usize::MAX);
        let mut notes = String::new();
        if let Some(plain) = &self.plain {
            let _ = write!(
                notes,
                "\n[no regex, sought as plain text: {}]",
                prefix(plain, 100)
            );
        }
        if self.late {
            notes.push_str("\n[its time was over: not all was searched; narrow path or glob]");
        }
        if self.skipped > 0 {
            let _ = write!(notes, "\n[{} files could not be searched]", self.skipped);
        }
        if self.denied > 0 {
            let _ = write!(notes, "\n[{} files left out by a rule]", self.denied);
        }
        if self.count == 0 {
            return Outcome {
                detail,
                ..Outcome::done(format!("no matches{notes}"))
            }
            .into();
        }
        let whole = self.text(usize::MAX, usize::MAX).0;
        let complete = self.bytes < KEPT_MOST;
        if complete && whole.len() + notes.len() <= budget {
            return Outcome {
                detail,
                ..Outcome::done(format!("{whole}{notes}"))
            }
            .into();
        }
        let room = budget.saturating_sub(CLOSING);
        // Of every file a little says more than all of the first.
        let (mut text, left_out) = [64, 32, 16, 8, 4, 2, 1]
            .into_iter()
            .map(|lines| self.text(lines, usize::MAX))
            .find(|(text, _)| text.len() <= room)
            .unwrap_or_else(|| self.text(1, room));
        let _ = write!(
            text,
            "\n… {} matches in {} files{}, shown in part; more: output:{} (read or grep it){notes}",
            self.count,
            self.file_count,
            if left_out > 0 {
                format!(", {left_out} of them not shown")
            } else {
                String::new()
            },
            scene.number,
        );
        Ended {
            outcome: Outcome {
                detail,
                ..Outcome::done(text)
            },
            whole: Some(whole.into_bytes()),
        }
    }

    /// At most `lines` of each file and `bytes` in all, with the number of files that are left out.
    fn text(&self, lines: usize, bytes: usize) -> (String, usize) {
        let mut text = String::new();
        for (index, file) in self.files.iter().enumerate() {
            let before = text.len();
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&file.shown);
            for line in file.lines.iter().take(lines) {
                if !text.is_empty() {
                    text.push('\n');
                }
                text.push_str(line);
            }
            if file.lines.len() > lines {
                let _ = write!(text, "\n… {} more lines", file.lines.len() - lines);
            }
            if text.len() > bytes {
                text.truncate(before);
                return (text, self.files.len() - index);
            }
        }
        (text, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_cut_around_its_match() {
        let line = format!("{}MATCH{}", "a".repeat(1000), "b".repeat(1000));
        let text = cut(line.as_bytes(), 1000..1005);
        assert_eq!(
            text,
            format!("…{}MATCH{}…", "a".repeat(60), "b".repeat(LINE_MOST - 65))
        );
        assert_eq!(
            cut(line.as_bytes(), 0..1),
            format!("{}…", "a".repeat(LINE_MOST))
        );
        let text = cut(line.as_bytes(), 2004..2005);
        assert_eq!(text, format!("…{}", "b".repeat(LINE_MOST)));
        assert!(cut("é".repeat(500).as_bytes(), 501..503).starts_with("…é"));
        assert_eq!(cut(b"short", 0..5), "short");
    }
}
