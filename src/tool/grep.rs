//! `grep`: lines that match, in files or in an output that was kept, with ripgrep's own parts.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder};
use rustix::fs::FileType;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::agent::visible;
use crate::protocol::call::{Outcome, Reach, ToolSpec};
use crate::tool::deed::Deed;
use crate::tool::shared::arguments::Arguments;
use crate::tool::shared::hits::{Findings, Hits, Sink};
use crate::tool::shared::listing::{self, Hidden};
use crate::tool::shared::paths::{self, Source};
use crate::tool::shared::pattern::FileGlob;
use crate::tool::shared::schema::{self, Need};
use crate::tool::shared::{files, thread};
use crate::tool::{Ended, Place, Scene, Tool};

/// A search takes no longer; what was found by then is told.
const TIME_MOST: Duration = Duration::from_secs(30);
/// More lines around a match are a file to be read.
const CONTEXT_MOST: u64 = 20;
/// A file whose lines do not fit in here is passed over.
const LINE_HEAP: usize = 16 << 20;

#[derive(Debug)]
pub struct Grep {
    spec: ToolSpec,
}

impl Default for Grep {
    fn default() -> Self {
        Self {
            spec: schema::spec(
                "grep",
                include_str!("grep.md"),
                &[
                    ("pattern", "string", Need::Required),
                    ("path", "string", Need::Optional),
                    ("glob", "string", Need::Optional),
                    ("ignore_case", "boolean", Need::Optional),
                    ("context", "integer", Need::Optional),
                ],
            ),
        }
    }
}

impl Tool for Grep {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn reach(&self, input: &Value, place: &Place) -> Result<Vec<Reach>, String> {
        paths::reads(&source(input, place)?)
    }

    fn only_reads(&self) -> bool {
        true
    }

    fn run(&self, deed: Arc<Deed>, scene: Scene) -> BoxFuture<'static, Ended> {
        async move {
            let asked = deed.look().and_then(|input| {
                let source = source(input, &scene.place)?;
                Ok((input.clone(), source))
            });
            let (input, source) = match asked {
                Ok(asked) => asked,
                Err(text) => return Outcome::failed(text).into(),
            };
            let output = match source {
                Source::File(_) => None,
                Source::Output(number) => {
                    let bytes = tokio::select! {
                        biased;
                        () = scene.stop.cancelled() => return Outcome::cancelled("stopped").into(),
                        bytes = (Arc::clone(&scene.output))(number) => bytes,
                    };
                    if bytes.is_none() {
                        return Outcome::failed(format!(
                            "there is no output:{number} in this session"
                        ))
                        .into();
                    }
                    bytes
                }
            };
            // The end of its time stops the search, not the call: it tells what it has.
            let end = scene.stop.child_token();
            let search_end = end.clone();
            let work = thread::reading(scene.stop.clone(), move || {
                let found = Search::of(&input, search_end).and_then(|search| match &source {
                    Source::File(path) => search.path(path, &scene),
                    Source::Output(_) => Ok(search.output(&output.unwrap_or_default())),
                });
                match found {
                    Ok(found) => found.told(&scene),
                    Err(text) => Outcome::failed(text).into(),
                }
            });
            tokio::pin!(work);
            tokio::select! {
                ended = &mut work => return ended,
                () = tokio::time::sleep(TIME_MOST) => end.cancel(),
            }
            work.await
        }
        .boxed()
    }
}

fn source(input: &Value, place: &Place) -> Result<Source, String> {
    let path = Arguments::of(input).optional_text("path")?;
    paths::source(path.filter(|path| !path.is_empty()).unwrap_or("."), place)
}

struct Search {
    matcher: RegexMatcher,
    searcher: Searcher,
    /// What was wrong with the pattern as a regex, so that it is sought as it is.
    plain: Option<String>,
    glob: Option<FileGlob>,
    end: CancellationToken,
}

impl Search {
    fn of(input: &Value, end: CancellationToken) -> Result<Self, String> {
        let arguments = Arguments::of(input);
        let pattern = arguments.text("pattern")?;
        if pattern.is_empty() {
            return Err("`pattern` is empty".to_owned());
        }
        let ignore_case = arguments.flag("ignore_case")?;
        let build = |plain: bool| {
            RegexMatcherBuilder::new()
                .case_insensitive(ignore_case)
                .line_terminator(Some(b'\n'))
                .fixed_strings(plain)
                .size_limit(8 << 20)
                .dfa_size_limit(8 << 20)
                .build(pattern)
        };
        let (matcher, plain) = match build(false) {
            Ok(matcher) => (matcher, None),
            Err(error) if pattern.contains("\\n") || pattern.contains('\n') => {
                return Err(format!("a match lies within one line: {}", brief(&error)));
            }
            Err(error) => match build(true) {
                Ok(matcher) => (matcher, Some(brief(&error))),
                Err(_) => return Err(format!("`pattern` is no regex: {}", brief(&error))),
            },
        };
        let context = arguments.count("context")?.unwrap_or(0).min(CONTEXT_MOST) as usize;
        let glob = arguments
            .optional_text("glob")?
            .filter(|glob| !glob.is_empty())
            .map(FileGlob::of)
            .transpose()?;
        Ok(Self {
            matcher,
            searcher: SearcherBuilder::new()
                .line_number(true)
                .before_context(context)
                .after_context(context)
                .binary_detection(BinaryDetection::quit(0))
                .heap_limit(Some(LINE_HEAP))
                .bom_sniffing(false)
                .build(),
            plain,
            glob,
            end,
        })
    }

    fn path(mut self, path: &Path, scene: &Scene) -> Result<Findings, String> {
        let real = paths::real(path)?;
        let shown = paths::shown(path, &scene.place);
        paths::is_judged(&real, &shown, scene)?;
        let kind = files::kind(&real);
        let kind = kind.ok_or_else(|| format!("there is no file or folder {shown}"))?;
        let mut findings = Findings::new(self.plain.take());
        if kind != FileType::Directory {
            let (file, _) = files::open(&real).map_err(|trouble| trouble.about(&shown))?;
            self.file(file, shown, &mut findings);
            return Ok(findings);
        }
        // A rule may name a file by either way to it.
        let hidden = |relative: &Path| {
            [&real, path]
                .iter()
                .any(|root| (scene.hidden)(&root.join(relative)))
        };
        for entry in listing::walk(&real, Hidden::Shown, None) {
            if self.end.is_cancelled() {
                findings.late = true;
                break;
            }
            let Ok(entry) = entry else {
                findings.skipped += 1;
                continue;
            };
            if !entry.is_file() {
                continue;
            }
            let relative = entry.relative();
            if self.glob.as_ref().is_some_and(|glob| !glob.takes(relative)) {
                continue;
            }
            if hidden(relative) {
                findings.denied += 1;
                continue;
            }
            match entry.open() {
                Ok(file) => {
                    let shown = paths::shown(&path.join(relative), &scene.place);
                    self.file(file, shown, &mut findings);
                }
                Err(_) => findings.skipped += 1,
            }
        }
        Ok(findings)
    }

    fn file(&mut self, file: File, shown: String, findings: &mut Findings) {
        let mut hits = Hits::of(shown);
        let reader = Until {
            file,
            end: &self.end,
        };
        let mut sink = Sink::new(&self.matcher, &mut hits, findings.room());
        let searched = self
            .searcher
            .search_reader(&self.matcher, reader, &mut sink);
        let binary = sink.binary;
        if self.end.is_cancelled() {
            findings.late = true;
        } else if searched.is_err() {
            findings.skipped += 1;
        }
        if !binary {
            findings.add(hits);
        }
    }

    /// An output is searched as it was told: cleaned, line by line, so that numbers are those of `read`.
    fn output(mut self, bytes: &[u8]) -> Findings {
        let mut findings = Findings::new(self.plain.take());
        let mut clean = String::with_capacity(bytes.len());
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            clean.push_str(&visible::clean(&String::from_utf8_lossy(line)));
            clean.push('\n');
        }
        let mut hits = Hits::of(String::new());
        let reader = Until {
            file: clean.as_bytes(),
            end: &self.end,
        };
        let mut sink = Sink::new(&self.matcher, &mut hits, findings.room());
        let searched = self
            .searcher
            .search_reader(&self.matcher, reader, &mut sink);
        findings.late = self.end.is_cancelled();
        findings.skipped += u64::from(searched.is_err() && !findings.late);
        findings.add(hits);
        findings
    }
}

/// Reads until the search is to end.
struct Until<'a, R> {
    file: R,
    end: &'a CancellationToken,
}

impl<R: Read> Read for Until<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.end.is_cancelled() {
            return Err(io::Error::other("the search was ended"));
        }
        self.file.read(buffer)
    }
}

/// The last line of a regex error says what is wrong; those before it draw where.
fn brief(error: &grep_regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    last.unwrap_or(&text)
        .trim()
        .trim_start_matches("error: ")
        .to_owned()
}
