//! `write`: a whole file, in one step.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::protocol::call::{Reach, ToolSpec};
use crate::tool::deed::{Act, Deed};
use crate::tool::shared::arguments::Arguments;
use crate::tool::shared::change::{self, Change, Known, Target};
use crate::tool::shared::paths;
use crate::tool::shared::schema::{self, Need};
use crate::tool::{Ended, Place, Scene, Tool};

#[derive(Debug)]
pub struct Write {
    spec: ToolSpec,
}

impl Default for Write {
    fn default() -> Self {
        Self {
            spec: schema::spec(
                "write",
                include_str!("write.md"),
                &[
                    ("path", "string", Need::Required),
                    ("content", "string", Need::Required),
                ],
            ),
        }
    }
}

impl Tool for Write {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn reach(&self, input: &Value, place: &Place) -> Result<Vec<Reach>, String> {
        let path = Arguments::of(input).text("path")?;
        paths::writes(&paths::absolute(path, &place.cwd)?)
    }

    fn act(&self, input: &Value, scene: &Scene) -> Result<Act, String> {
        plan(input, scene).map(Box::new).map(Act::Change)
    }

    fn partly(&self, input: &Value, scene: &Scene, kept: &[bool]) -> Result<Value, String> {
        let (_, content) = plan(input, scene)?.partly(kept)?;
        let mut input = input.clone();
        input["content"] = Value::String(content);
        Ok(input)
    }

    fn only_reads(&self) -> bool {
        false
    }

    fn run(&self, deed: Arc<Deed>, scene: Scene) -> BoxFuture<'static, Ended> {
        change::make(deed, scene)
    }
}

fn plan(input: &Value, scene: &Scene) -> Result<Change, String> {
    let arguments = Arguments::of(input);
    let content = arguments.text("content")?;
    let target = Target::of(arguments.text("path")?, scene)?;
    let has_content = target
        .before
        .as_ref()
        .is_some_and(|bytes| !bytes.is_empty());
    if has_content && target.seen.is_none() {
        return Err(format!(
            "{} exists and was not read in this session: read it first, or change it with edit",
            target.shown
        ));
    }
    target.unchanged()?;
    let told = |target: &Target, _| {
        let verb = if target.before.is_none() {
            "created"
        } else {
            "wrote"
        };
        let (lines, bytes) = (content.lines().count(), content.len());
        format!("{verb} {}: {lines} lines, {bytes} bytes", target.shown)
    };
    let after = content.as_bytes().to_vec();
    Ok(Change::new(target, after, Known::Whole, told))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::protocol::ask::Subject;
    use crate::protocol::call::Detail;
    use crate::tool::shared::trial::Trial;
    use serde_json::json;
    use std::os::unix::fs::symlink;

    #[test]
    fn only_what_was_read_is_overwritten() {
        let trial = Trial::default();
        trial.file("old", "theirs\n");
        let steps = [
            (
                "write",
                json!({"path": "new/deep/a", "content": "one\ntwo\n"}),
                "Done: created new/deep/a: 2 lines, 8 bytes",
            ),
            (
                "write",
                json!({"path": "new/deep/a", "content": ""}),
                "Done: wrote new/deep/a: 0 lines, 0 bytes",
            ),
            (
                "write",
                json!({"path": "old", "content": "x"}),
                "Failed: old exists and was not read in this session: read it first, or change it with edit",
            ),
            ("read", json!({"path": "old", "limit": 1}), "Done: theirs"),
            (
                "write",
                json!({"path": "old", "content": "x"}),
                "Done: wrote old: 1 lines, 1 bytes",
            ),
            (
                "write",
                json!({"path": "old", "content": "y"}),
                "Done: wrote old: 1 lines, 1 bytes",
            ),
            (
                "write",
                json!({"path": "."  , "content": "y"}),
                "Failed: . is a folder: list it with glob",
            ),
            (
                "write",
                json!({"path": "old/x", "content": "y"}),
                "Failed: old/x cannot be written: what should be its folder is a file",
            ),
            (
                "write",
                json!({"path": "z", "content": {"a": 1}}),
                "Failed: `content` must be a string, not an object",
            ),
            (
                "write",
                json!({"path": "/dev/null", "content": "y"}),
                "Failed: /dev/null is a device, not a regular file",
            ),
        ];
        for (tool, input, expected) in steps {
            assert_eq!(trial.told(tool, input.clone()), expected, "{input}");
        }
        std::fs::write(trial.root.join("old"), "changed").unwrap();
        assert_eq!(
            trial.told("write", json!({"path": "old", "content": "z"})),
            "Failed: old changed since it was read: read it again"
        );
        assert_eq!(trial.content("old"), "changed");
    }

    #[test]
    fn what_is_shown_is_what_is_written() {
        let trial = Trial::default();
        let file = trial.file("a", "one\ntwo\n");
        trial.run("read", json!({"path": "a"}));
        let input = json!({"path": "a", "content": "one\n2\n"});
        let patch = "@@ -1,2 +1,2 @@\n one\n-two\n+2\n".to_owned();
        assert_eq!(
            Deed::of(&Write::default(), &input, &trial.scene).subject(),
            Ok(Subject::Change {
                path: file,
                patch: patch.clone(),
                added: 1,
                removed: 1,
                created: false
            })
        );
        assert_eq!(
            trial.run("write", input).outcome.detail,
            Detail::Diff {
                path: "a".to_owned(),
                patch,
                added: 1,
                removed: 1,
                created: false
            }
        );
    }

    #[test]
    fn no_link_leads_a_write_out() {
        let trial = Trial::default();
        let outside = trial.root.parent().unwrap().to_owned();
        std::fs::write(outside.join("victim"), "safe").unwrap();
        trial.file("true/a", "");
        symlink("../victim", trial.root.join("file-out")).unwrap();
        symlink("..", trial.root.join("folder-out")).unwrap();
        symlink("../made", trial.root.join("dangling-out")).unwrap();
        symlink("true", trial.root.join("in")).unwrap();
        for path in [
            "file-out",
            "folder-out/victim",
            "dangling-out",
            "folder-out/new/x",
        ] {
            let told = trial.told("write", json!({"path": path, "content": "evil"}));
            assert!(
                told.starts_with(&format!(
                    "Failed: {path} is reached through a symbolic link to /"
                )),
                "{told}"
            );
        }
        for name in ["made", "new"] {
            assert!(!outside.join(name).exists());
        }
        assert_eq!(
            std::fs::read_to_string(outside.join("victim")).unwrap(),
            "safe"
        );
        assert_eq!(
            trial.told("write", json!({"path": "in/a", "content": "x"})),
            "Done: wrote in/a: 1 lines, 1 bytes"
        );
        assert_eq!(trial.content("true/a"), "x");
        assert!(trial.root.join("in").is_symlink());
    }

    #[test]
    fn nothing_is_begun_after_a_stop() {
        let trial = Trial::default();
        trial.scene.stop.cancel();
        assert_eq!(
            trial.told("write", json!({"path": "a", "content": "x"})),
            "Cancelled: stopped; nothing was changed"
        );
        assert!(!trial.root.join("a").exists());
    }
}
