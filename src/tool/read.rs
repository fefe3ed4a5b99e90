//! `read`: a file, or an output that was kept. Without line numbers, which would be paid for with every line and copied into
//! edits by mistake.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::protocol::call::{Detail, Outcome, Reach, ToolSpec};
use crate::tool::deed::Deed;
use crate::tool::shared::arguments::Arguments;
use crate::tool::shared::change::remember;
use crate::tool::shared::economy::size;
use crate::tool::shared::files;
use crate::tool::shared::page::{Nature, Page, Wanted, page};
use crate::tool::shared::paths::{self, Source};
use crate::tool::shared::schema::{self, Need};
use crate::tool::shared::thread;
use crate::tool::{Ended, Place, Scene, Tool};

#[derive(Debug)]
pub struct Read {
    spec: ToolSpec,
}

impl Default for Read {
    fn default() -> Self {
        Self {
            spec: schema::spec(
                "read",
                include_str!("read.md"),
                &[
                    ("path", "string", Need::Required),
                    ("offset", "integer", Need::Optional),
                    ("limit", "integer", Need::Optional),
                ],
            ),
        }
    }
}

impl Tool for Read {
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
                Ok((source, wanted(input, &scene)?))
            });
            let (source, wanted) = match asked {
                Ok(asked) => asked,
                Err(text) => return Outcome::failed(text).into(),
            };
            match source {
                Source::File(path) => {
                    thread::reading(scene.stop.clone(), move || {
                        file(&path, wanted, &scene)
                            .unwrap_or_else(Outcome::failed)
                            .into()
                    })
                    .await
                }
                Source::Output(number) => output(number, wanted, scene).await,
            }
        }
        .boxed()
    }
}

fn source(input: &Value, place: &Place) -> Result<Source, String> {
    paths::source(Arguments::of(input).text("path")?, place)
}

fn wanted(input: &Value, scene: &Scene) -> Result<Wanted, String> {
    let arguments = Arguments::of(input);
    let offset = arguments.count("offset")?;
    let limit = arguments.count("limit")?.filter(|&limit| limit > 0);
    let limits = &scene.limits;
    let bytes = |bytes: u64| usize::try_from(bytes.min(files::HELD_MOST)).unwrap_or(usize::MAX);
    // Who asks for a part gets as much of it as a small file has; who asks for nothing special gets the beginning.
    let paged = offset.is_some() || limit.is_some();
    Ok(Wanted {
        first: offset.unwrap_or(1).max(1),
        count: limit.unwrap_or(u64::MAX),
        bytes: bytes(if paged {
            limits.file_bytes
        } else {
            limits.file_head_bytes
        }),
        whole_bytes: if paged { 0 } else { bytes(limits.file_bytes) },
    })
}

fn file(path: &Path, wanted: Wanted, scene: &Scene) -> Result<Outcome, String> {
    let shown = paths::shown(path, &scene.place);
    let real = paths::real(path)?;
    paths::is_judged(&real, &shown, scene)?;
    let (file, size) = files::open(&real).map_err(|trouble| trouble.about(&shown))?;
    let page = page(file, wanted, Nature::File, &scene.stop)
        .map_err(|error| format!("{shown} cannot be read: {}", files::why(&error)))?;
    let Some(page) = page else {
        return Ok(Outcome::cancelled("stopped"));
    };
    if let Some(start) = &page.binary {
        return Err(format!(
            "{shown} is no text: {}, {size} bytes",
            binary_kind(start)
        ));
    }
    remember(scene, real, page.hash);
    told(&page, wanted, &shown, "grep")
}

async fn output(number: u32, wanted: Wanted, scene: Scene) -> Ended {
    let name = format!("output:{number}");
    let bytes = tokio::select! {
        biased;
        () = scene.stop.cancelled() => return Outcome::cancelled("stopped").into(),
        bytes = (Arc::clone(&scene.output))(number) => bytes,
    };
    let Some(bytes) = bytes else {
        return Outcome::failed(format!("there is no {name} in this session")).into();
    };
    thread::reading(scene.stop.clone(), move || {
        let page = page(bytes.as_slice(), wanted, Nature::Output, &scene.stop);
        match page {
            Ok(Some(page)) => told(&page, wanted, &name, "grep")
                .unwrap_or_else(Outcome::failed)
                .into(),
            Ok(None) => Outcome::cancelled("stopped").into(),
            Err(error) => Outcome::failed(format!("{name} cannot be read: {error}")).into(),
        }
    })
    .await
}

/// The page with what the model must know of it, in brackets below.
fn told(page: &Page, wanted: Wanted, shown: &str, search: &str) -> Result<Outcome, String> {
    if page.total == 0 {
        return Ok(Outcome {
            detail: lines(page),
            ..Outcome::done(format!("({shown} is empty)"))
        });
    }
    if wanted.first > page.total {
        return Err(format!(
            "offset {} is past the end: {shown} has {} lines",
            wanted.first, page.total
        ));
    }
    let mut notes = Vec::new();
    let complete = page.whole || page.first == 1 && page.last == page.total;
    if !complete {
        notes.push(format!(
            "lines {}-{} of {}, {} in all",
            page.first,
            page.last,
            page.total,
            size(page.bytes)
        ));
        if page.last < page.total {
            notes.push(format!("offset {} goes on", page.last + 1));
        }
    }
    if page.long_lines > 0 {
        notes.push(format!(
            "lines ending in … are cut: {search} shows their parts"
        ));
    }
    if page.dos {
        notes.push("CR LF line ends, which edit keeps".to_owned());
    }
    if page.lossy {
        notes.push("not all UTF-8: what is not is shown as \u{fffd}".to_owned());
    }
    let mut text = page.text.clone();
    if !notes.is_empty() {
        if !text.ends_with('\n') {
            text.push('\n');
        }
        let _ = write!(text, "[{}]", notes.join("; "));
    }
    Ok(Outcome {
        detail: lines(page),
        ..Outcome::done(text)
    })
}

fn lines(page: &Page) -> Detail {
    Detail::Lines {
        first: page.first,
        last: page.last,
        total: page.total,
    }
}

/// What a file that is no text is, by its first bytes.
fn binary_kind(start: &[u8]) -> &'static str {
    const KINDS: &[(&[u8], &str)] = &[
        (b"\x89PNG", "a PNG image"),
        (b"\xff\xd8\xff", "a JPEG image"),
        (b"GIF8", "a GIF image"),
        (b"%PDF", "a PDF document"),
        (b"PK\x03\x04", "a ZIP archive or office document"),
        (b"\x1f\x8b", "gzip data"),
        (b"\x28\xb5\x2f\xfd", "Zstandard data"),
        (b"\xfd7zXZ", "XZ data"),
        (b"\x7fELF", "an ELF program or library"),
        (b"\0asm", "a WebAssembly module"),
        (b"SQLite format 3", "an SQLite database"),
        (b"\xff\xfe", "UTF-16 text, which iconv makes UTF-8"),
        (b"\xfe\xff", "UTF-16 text, which iconv makes UTF-8"),
    ];
    KINDS
        .iter()
        .find(|(magic, _)| start.starts_with(magic))
        .map_or("binary data", |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::protocol::ask::Subject;
    use crate::tool::shared::trial::Trial;
    use serde_json::json;
    use std::os::unix::fs::symlink;

    #[test]
    fn what_is_read_is_told() {
        let trial = Trial::default();
        trial.file("a.txt", "one\ntwo\nthree\n");
        trial.file("dos.txt", "one\r\ntwo\r\n");
        trial.file("latin", b"caf\xe9\n");
        trial.file("empty", "");
        trial.file("pic.png", b"\x89PNG\r\n\x1a\n\0\0");
        let cases = [
            (json!({"path": "a.txt"}), "Done: one\ntwo\nthree\n"),
            (
                json!({"path": "./x/../a.txt", "offset": "2", "limit": 1}),
                "Done: two\n[lines 2-2 of 3, 14 bytes in all; offset 3 goes on]",
            ),
            (
                json!({"path": "a.txt", "offset": 0}),
                "Done: one\ntwo\nthree",
            ),
            (
                json!({"path": "a.txt", "offset": 4}),
                "Failed: offset 4 is past the end: a.txt has 3 lines",
            ),
            (
                json!({"path": "dos.txt"}),
                "Done: one\ntwo\n[CR LF line ends, which edit keeps]",
            ),
            (
                json!({"path": "latin"}),
                "Done: caf\u{fffd}\n[not all UTF-8: what is not is shown as \u{fffd}]",
            ),
            (json!({"path": "empty"}), "Done: (empty is empty)"),
            (
                json!({"path": "pic.png"}),
                "Failed: pic.png is no text: a PNG image, 10 bytes",
            ),
            (
                json!({"path": "."}),
                "Failed: . is a folder: list it with glob",
            ),
            (json!({"path": "none"}), "Failed: there is no file none"),
            (json!({}), "Failed: `path` is missing"),
            (
                json!({"path": "output:9"}),
                "Failed: there is no output:9 in this session",
            ),
            (
                json!({"path": "output:"}),
                "Failed: `output:` names no output: expected output:NUMBER",
            ),
            (
                json!({"path": "/dev/zero"}),
                "Failed: /dev/zero is a device, not a regular file",
            ),
        ];
        for (input, expected) in cases {
            assert_eq!(trial.told("read", input.clone()), expected, "{input}");
        }
    }

    #[test]
    fn a_large_file_comes_in_parts_and_counts_as_seen() {
        let trial = Trial::default();
        let lines: Vec<_> = (1..=5000).map(|n| format!("line number {n:5}\n")).collect();
        let text = lines.concat();
        let path = trial.file("big", &text);
        let head = trial.run("read", json!({"path": "big"})).outcome;
        assert!(head.text.starts_with("line number     1\n"));
        assert!(
            head.text.ends_with(
                "line number   455\n[lines 1-455 of 5000, 90 kB in all; offset 456 goes on]"
            ),
            "{}",
            &head.text[8000..]
        );
        assert_eq!(
            head.detail,
            Detail::Lines {
                first: 1,
                last: 455,
                total: 5000
            }
        );
        let page = trial
            .run("read", json!({"path": "big", "offset": 456}))
            .outcome;
        assert!(page.text.len() > 30_000 && page.text.len() < 33_000);
        let seen = trial.scene.seen.lock().unwrap();
        assert_eq!(seen.get(&path), Some(&files::hash(text.as_bytes())));
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let trial = Trial::default();
        trial.file("min.js", "x".repeat(1 << 20));
        let text = trial.run("read", json!({"path": "min.js"})).outcome.text;
        assert_eq!(
            text,
            format!(
                "{}…\n[lines ending in … are cut: grep shows their parts]",
                "x".repeat(2000)
            )
        );
    }

    #[test]
    fn a_kept_output_is_read_cleaned_under_the_same_numbers() {
        let trial = Trial::default();
        let bytes = b"\x1b[31mone\x1b[0m\n1%\r2%\nthree\xff\n".to_vec();
        trial.outputs.lock().unwrap().insert(3, bytes);
        let cases = [
            (
                json!({"path": "output:3"}),
                "Done: one\n2%\nthree\u{fffd}\n[not all UTF-8: what is not is shown as \u{fffd}]",
            ),
            (
                json!({"path": "output:3", "offset": 2, "limit": 1}),
                "Done: 2%\n[lines 2-2 of 3, 26 bytes in all; offset 3 goes on]",
            ),
        ];
        for (input, expected) in cases {
            assert_eq!(trial.told("read", input.clone()), expected, "{input}");
        }
        let tool = Read::default();
        assert_eq!(
            tool.reach(&json!({"path": "output:3"}), &trial.scene.place),
            Ok(vec![Reach::Output { number: 3 }])
        );
    }

    #[test]
    fn a_link_out_is_named_by_both_its_ends() {
        let trial = Trial::default();
        let outside = trial.root.parent().unwrap().join("secret");
        std::fs::write(&outside, "x").unwrap();
        symlink(&outside, trial.root.join("link")).unwrap();
        let tool = Read::default();
        let input = json!({"path": "link"});
        let scene = trial.judged(&tool, &input);
        assert_eq!(
            tool.reach(&input, &trial.scene.place),
            Ok(vec![
                Reach::Read {
                    path: trial.root.join("link")
                },
                Reach::Read {
                    path: outside.clone()
                },
            ])
        );
        assert_eq!(
            Deed::of(&tool, &input, &scene).subject(),
            Ok(Subject::Read { path: outside })
        );
    }

    #[test]
    fn a_stop_is_answered() {
        let trial = Trial::default();
        trial.file("a", "x");
        trial.scene.stop.cancel();
        for (tool, input) in [
            ("read", json!({"path": "a"})),
            ("read", json!({"path": "output:1"})),
            ("grep", json!({"pattern": "x"})),
            ("grep", json!({"pattern": "x", "path": "output:1"})),
            ("glob", json!({"pattern": "*"})),
        ] {
            assert_eq!(trial.told(tool, input), "Cancelled: stopped");
        }
    }
}
