//! `glob`: names of files, and of folders where the pattern asks for whatever is there.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rustix::fs::FileType;
use serde_json::Value;

use crate::protocol::call::{Detail, Outcome, Reach, ToolSpec};
use crate::tool::deed::Deed;
use crate::tool::shared::arguments::Arguments;
use crate::tool::shared::listing::{self, Hidden};
use crate::tool::shared::paths::{self, Source};
use crate::tool::shared::schema::{self, Need};
use crate::tool::shared::{files, pattern, thread};
use crate::tool::{Ended, Place, Scene, Tool};

/// Names beyond this are counted, not kept.
const KEPT_MOST: usize = 4 << 20;
/// What the line that says what is missing may take.
const CLOSING: usize = 120;

#[derive(Debug)]
pub struct Glob {
    spec: ToolSpec,
}

impl Default for Glob {
    fn default() -> Self {
        Self {
            spec: schema::spec(
                "glob",
                include_str!("glob.md"),
                &[
                    ("pattern", "string", Need::Required),
                    ("path", "string", Need::Optional),
                ],
            ),
        }
    }
}

impl Tool for Glob {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn reach(&self, input: &Value, place: &Place) -> Result<Vec<Reach>, String> {
        paths::reads(&Source::File(Wanted::of(input, place)?.folder))
    }

    fn only_reads(&self) -> bool {
        true
    }

    fn run(&self, deed: Arc<Deed>, scene: Scene) -> BoxFuture<'static, Ended> {
        thread::reading(scene.stop.clone(), move || {
            let listed = deed.look().and_then(|input| list(input, &scene));
            listed.unwrap_or_else(|text| Outcome::failed(text).into())
        })
        .boxed()
    }
}

struct Wanted {
    /// Where the pattern's first wildcard applies: nothing outside is walked.
    folder: PathBuf,
    /// Relative to that folder.
    pattern: String,
}

impl Wanted {
    fn of(input: &Value, place: &Place) -> Result<Self, String> {
        let arguments = Arguments::of(input);
        let pattern = arguments.text("pattern")?;
        let base = paths::absolute(
            arguments
                .optional_text("path")?
                .filter(|path| !path.is_empty())
                .unwrap_or("."),
            &place.cwd,
        )?;
        if pattern.is_empty() {
            return Err("`pattern` is empty".to_owned());
        }
        let parts: Vec<_> = pattern.split('/').collect();
        // The last part is always the pattern, be it plain.
        let plain = parts[..parts.len() - 1]
            .iter()
            .take_while(|part| !part.contains(['*', '?', '[', '{', '\\']))
            .count();
        let mut folder = parts[..plain].join("/");
        if folder.is_empty() && plain > 0 {
            folder.push('/');
        }
        let folder = if plain == 0 {
            base
        } else {
            paths::absolute(&folder, &base)?
        };
        let pattern = parts[plain..].join("/");
        let pattern = if pattern.is_empty() { "*" } else { &pattern };
        Ok(Self {
            folder,
            pattern: pattern.to_owned(),
        })
    }
}

fn list(input: &Value, scene: &Scene) -> Result<Ended, String> {
    let wanted = Wanted::of(input, &scene.place)?;
    let shown = paths::shown(&wanted.folder, &scene.place);
    let real = paths::real(&wanted.folder)?;
    paths::is_judged(&real, &shown, scene)?;
    let kind = files::kind(&real).ok_or_else(|| format!("there is no folder {shown}"))?;
    if kind != FileType::Directory {
        return Err(format!("{shown} is no folder"));
    }
    let pattern = wanted.pattern.trim_end_matches('/');
    let recursive = pattern.contains("**");
    let last = pattern.rsplit('/').next().unwrap_or(pattern);
    // `*` lists what is there, `name` or `*.d` may be a folder; `**` would list every folder on the way.
    let folders = !recursive || wanted.pattern.ends_with('/');
    let files = !wanted.pattern.ends_with('/');
    let hidden = if pattern.split('/').any(|part| part.starts_with('.')) {
        Hidden::Shown
    } else {
        Hidden::Left
    };
    let matcher = pattern::glob(if pattern.is_empty() { last } else { pattern })?;
    let depth = (!recursive).then(|| pattern.split('/').count());

    let (mut names, mut bytes, mut count) = (Vec::new(), 0, 0);
    for entry in listing::walk(&real, hidden, depth) {
        if scene.stop.is_cancelled() {
            return Ok(Outcome::cancelled("stopped").into());
        }
        // What cannot be entered is passed over, as a shell's glob does.
        let Ok(entry) = entry else { continue };
        let (relative, is_folder) = (entry.relative(), entry.is_folder());
        let fits = if is_folder { folders } else { files };
        if !fits || entry.depth() == 0 || !matcher.is_match(relative) {
            continue;
        }
        // A rule may name a file by either way to it.
        let ways = [entry.path(), wanted.folder.join(relative)];
        if ways.iter().any(|way| (scene.hidden)(way)) {
            continue;
        }
        count += 1;
        if bytes < KEPT_MOST {
            let name = name(&wanted.folder, relative, is_folder, &scene.place);
            bytes += name.len() + 1;
            names.push(name);
        }
    }
    names.sort();
    Ok(told(&names, count, scene))
}

fn name(folder: &Path, relative: &Path, is_folder: bool, place: &Place) -> String {
    let mut name = paths::shown(&folder.join(relative), place);
    if is_folder {
        name.push('/');
    }
    name
}

fn told(names: &[String], count: u64, scene: &Scene) -> Ended {
    let detail = Detail::Hits { count };
    if names.is_empty() {
        return Outcome {
            detail,
            ..Outcome::done("no files match")
        }
        .into();
    }
    let budget =
        usize::try_from(scene.limits.output_tokens.saturating_mul(4)).unwrap_or(usize::MAX);
    let whole = names.join("\n");
    if whole.len() <= budget && names.len() as u64 == count {
        return Outcome {
            detail,
            ..Outcome::done(whole)
        }
        .into();
    }
    let room = budget.saturating_sub(CLOSING);
    let mut text = String::new();
    let mut shown = 0;
    for name in names {
        if text.len() + name.len() + 1 > room {
            break;
        }
        text.push_str(name);
        text.push('\n');
        shown += 1;
    }
    let _ = write!(
        text,
        "… {} of {count} left out; all: output:{} (grep it), or narrow the pattern",
        count - shown,
        scene.number
    );
    Ended {
        outcome: Outcome {
            detail,
            ..Outcome::done(text)
        },
        whole: Some(whole.into_bytes()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::note::Shelf;
    use crate::tool::shared::trial::Trial;
    use serde_json::json;
    use std::os::unix::fs::symlink;

    fn folder() -> Trial {
        let trial = Trial::default();
        for name in [
            ".gitignore",
            "README.md",
            "src/b.rs",
            "src/a.rs",
            "src/deep/c.rs",
            "src/deep/c.md",
            ".github/ci.yml",
            ".git/config",
            "target/out.rs",
            "we[i]rd.rs",
            "line\nbreak",
        ] {
            trial.file(
                name,
                if name == ".gitignore" {
                    "target/\n"
                } else {
                    "x"
                },
            );
        }
        symlink("..", trial.root.join("src/up")).unwrap();
        trial
    }

    #[test]
    fn names_are_listed_in_order() {
        let trial = folder();
        let absolute = format!("{}/src/*.rs", trial.root.display());
        let cases = [
            (
                json!({"pattern": "*"}),
                "README.md\nline\\nbreak\nsrc/\nwe[i]rd.rs",
            ),
            (
                json!({"pattern": "**/*.rs"}),
                "src/a.rs\nsrc/b.rs\nsrc/deep/c.rs\nwe[i]rd.rs",
            ),
            (
                json!({"pattern": "*.rs", "path": "src"}),
                "src/a.rs\nsrc/b.rs",
            ),
            (
                json!({"pattern": "src/*"}),
                "src/a.rs\nsrc/b.rs\nsrc/deep/\nsrc/up",
            ),
            (json!({"pattern": "./src/**/*.{md,yml}"}), "src/deep/c.md"),
            (json!({"pattern": "src/*/"}), "src/deep/"),
            (
                json!({"pattern": "src/"}),
                "src/a.rs\nsrc/b.rs\nsrc/deep/\nsrc/up",
            ),
            (json!({"pattern": "src"}), "src/"),
            (json!({"pattern": "src/a.rs"}), "src/a.rs"),
            (json!({"pattern": ".github/**"}), ".github/ci.yml"),
            (json!({"pattern": ".*"}), ".github/\n.gitignore"),
            (json!({"pattern": "target/*"}), "target/out.rs"),
            (json!({"pattern": absolute}), "src/a.rs\nsrc/b.rs"),
            (
                json!({"pattern": "../project/src/*.rs"}),
                "src/a.rs\nsrc/b.rs",
            ),
            (json!({"pattern": "*.zig"}), "no files match"),
        ];
        for (input, expected) in cases {
            assert_eq!(
                trial.told("glob", input.clone()),
                format!("Done: {expected}"),
                "{input}"
            );
        }
        let cases = [
            (
                json!({"pattern": "a["}),
                "`a[` is no glob: unclosed character class; missing ']'",
            ),
            (json!({"pattern": "none/*"}), "there is no folder none"),
            (
                json!({"pattern": "*", "path": "README.md"}),
                "README.md is no folder",
            ),
            (json!({}), "`pattern` is missing"),
        ];
        for (input, expected) in cases {
            assert_eq!(
                trial.told("glob", input.clone()),
                format!("Failed: {expected}"),
                "{input}"
            );
        }
    }

    #[test]
    fn the_reach_is_the_folder_that_is_walked() {
        let place = Place {
            cwd: "/nowhere/p".into(),
            roots: vec![],
            project: "/nowhere/p".into(),
            notes: Shelf::new(Path::new("/home/notes"), Path::new("/nowhere/p")),
        };
        let cases = [
            (json!({"pattern": "**/*.rs"}), "/nowhere/p"),
            (json!({"pattern": "/nowhere/x/y*/z"}), "/nowhere/x"),
            (json!({"pattern": "/*"}), "/"),
            (json!({"pattern": "../../**"}), "/"),
            (
                json!({"pattern": "src/a.rs", "path": "/nowhere/q"}),
                "/nowhere/q/src",
            ),
            // What only looks plain is resolved like any path.
            (json!({"pattern": "src/../../q/*"}), "/nowhere/q"),
        ];
        for (input, expected) in cases {
            let reach = Glob::default().reach(&input, &place);
            assert_eq!(
                reach,
                Ok(vec![Reach::Read {
                    path: expected.into()
                }]),
                "{input}"
            );
        }
    }

    #[test]
    fn a_long_list_is_cut_and_kept() {
        let trial = Trial::default();
        for number in 0..700 {
            trial.file(&format!("a-rather-long-name-{number:04}"), "");
        }
        let ended = trial.run("glob", json!({"pattern": "*"}));
        assert!(ended.outcome.text.len() <= 8000);
        assert!(
            ended
                .outcome
                .text
                .ends_with("… 372 of 700 left out; all: output:7 (grep it), or narrow the pattern"),
            "{}",
            &ended.outcome.text[7800..]
        );
        let whole = String::from_utf8(ended.whole.unwrap()).unwrap();
        assert_eq!(whole.lines().count(), 700);
        assert_eq!(ended.outcome.detail, Detail::Hits { count: 700 });
    }
}
