//! `edit`: one text in the place of another, where it can mean only one place.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::protocol::call::{Reach, ToolSpec};
use crate::tool::deed::{Act, Deed};
use crate::tool::shared::arguments::Arguments;
use crate::tool::shared::change::{self, Change, Known, Target};
use crate::tool::shared::schema::{self, Need};
use crate::tool::shared::{paths, replace};
use crate::tool::{Ended, Place, Scene, Tool};

#[derive(Debug)]
pub struct Edit {
    spec: ToolSpec,
}

impl Default for Edit {
    fn default() -> Self {
        Self {
            spec: schema::spec(
                "edit",
                include_str!("edit.md"),
                &[
                    ("path", "string", Need::Required),
                    ("old_string", "string", Need::Required),
                    ("new_string", "string", Need::Required),
                    ("replace_all", "boolean", Need::Optional),
                ],
            ),
        }
    }
}

impl Tool for Edit {
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
        let (before, after) = plan(input, scene)?.partly(kept)?;
        let (old, new) = region(&before, &after);
        let mut input = input.clone();
        input["old_string"] = Value::String(old.to_owned());
        input["new_string"] = Value::String(new.to_owned());
        input["replace_all"] = Value::Bool(false);
        // What it comes to is looked at, and not believed.
        let made = plan(&input, scene).map(|change| change.after);
        if made.is_ok_and(|made| made == after.as_bytes()) {
            Ok(input)
        } else {
            Err("these hunks alone cannot be made of it: take it whole or not".to_owned())
        }
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
    let old = arguments.text("old_string")?;
    let new = arguments.text("new_string")?;
    let all = arguments.flag("replace_all")?;
    let target = Target::of(arguments.text("path")?, scene)?;
    target.unchanged()?;
    let before = target.before.as_deref().unwrap_or_default();
    if old.is_empty() && before.is_empty() {
        if new.is_empty() {
            return Err("old_string and new_string are both empty".to_owned());
        }
        return Ok(change(target, new.as_bytes().to_vec(), ""));
    }
    if target.before.is_none() {
        return Err(format!("there is no file {}", target.shown));
    }
    let replaced = replace::replace(before, old, new, all)
        .map_err(|text| format!("{}: {text}", target.shown))?;
    if replaced.lines.len() > 1 && target.seen.is_none() {
        return Err(format!(
            "{} was not read in this session: read it before replacing {} places",
            target.shown,
            replaced.lines.len()
        ));
    }
    if replaced.after == before {
        return Err(format!("{}: the edit would change nothing", target.shown));
    }
    let place = match replaced.lines[..] {
        [line] if replaced.fuzzy => {
            format!(" at line {line}, found with other blanks and indented as there")
        }
        [line] => format!(" at line {line}"),
        _ => format!(" at {} places", replaced.lines.len()),
    };
    Ok(change(target, replaced.after, &place))
}

/// `place` says where, in words.
fn change(target: Target, after: Vec<u8>, place: &str) -> Change {
    let created = target.before.is_none();
    let verb = if created { "created" } else { "edited" };
    // An edit does not show the whole file: only one that was known stays known.
    let known = if created || target.seen.is_some() {
        Known::Whole
    } else {
        Known::Part
    };
    Change::new(target, after, known, |target, (added, removed)| {
        format!("{verb} {}: +{added} -{removed}{place}", target.shown)
    })
}

/// The lines that differ, with as many of those around them as make the old ones occur once.
fn region<'a>(before: &'a str, after: &'a str) -> (&'a str, &'a str) {
    let begins = before
        .split_inclusive('\n')
        .zip(after.split_inclusive('\n'));
    let mut head: usize = begins
        .take_while(|(old, new)| old == new)
        .map(|(old, _)| old.len())
        .sum();
    let least = before.len().min(after.len());
    let mut tail = 0;
    let ends = before
        .split_inclusive('\n')
        .rev()
        .zip(after.split_inclusive('\n').rev());
    for (old, new) in ends {
        if old != new || head + tail + old.len() > least {
            break;
        }
        tail += old.len();
    }
    let mut more = 1;
    loop {
        let old = &before[head..before.len() - tail];
        let first = old.chars().next().map_or(0, char::len_utf8);
        let once =
            first > 0 && before.find(old) == Some(head) && !before[head + first..].contains(old);
        if once || (head == 0 && tail == 0) {
            return (old, &after[head..after.len() - tail]);
        }
        let above = before[..head].split_inclusive('\n').rev().take(more);
        head -= above.map(str::len).sum::<usize>();
        let below = before[before.len() - tail..]
            .split_inclusive('\n')
            .take(more);
        tail -= below.map(str::len).sum::<usize>();
        more *= 2;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    #[test]
    fn the_lines_that_differ_are_found_with_what_makes_them_one() {
        let cases = [
            ("a\nb\nc\n", "a\nB\nc\n", ("b\n", "B\n")),
            ("a\nb\n", "a\nb\nc\n", ("b\n", "b\nc\n")),
            ("x\na\nx\n", "x\na\ny\n", ("a\nx\n", "a\ny\n")),
            ("x\nx\nx\n", "x\nx\n", ("x\nx\nx\n", "x\nx\n")),
            ("", "new\n", ("", "new\n")),
            ("a\nb", "a\nb\n", ("b", "b\n")),
        ];
        for (before, after, (old, new)) in cases {
            assert_eq!(super::region(before, after), (old, new), "{before:?}");
            if !old.is_empty() {
                assert_eq!(before.replacen(old, new, 1), after, "{before:?}");
            }
        }
    }
    use super::*;
    use crate::agent::known::Came;
    use crate::tool::shared::change::came;
    use crate::tool::shared::trial::Trial;
    use crate::tool::write::Write;
    use serde_json::json;

    fn edit(path: &str, old: &str, new: &str) -> Value {
        json!({"path": path, "old_string": old, "new_string": new})
    }

    #[test]
    fn an_edit_is_made_where_it_can_mean_one_place() {
        let trial = Trial::default();
        trial.file("a", "fn a() {\n\tone();\n\tone();\n}\n");
        trial.file("empty", "");
        let mut all = edit("a", "one", "two");
        all["replace_all"] = true.into();
        let steps = [
            (
                "edit",
                edit("a", "fn a()", "fn b()"),
                "Done: edited a: +1 -1 at line 1",
            ),
            (
                "edit",
                edit("a", "fn b() {\n    one();", "fn b() {\n    zero();"),
                "Done: edited a: +1 -1 at line 1, found with other blanks and indented as there",
            ),
            (
                "edit",
                edit("a", "zero", "one"),
                "Done: edited a: +1 -1 at line 2",
            ),
            (
                "edit",
                edit("a", "one", "two"),
                "Failed: a: old_string occurs 2 times (lines 2, 3): add lines around it so that it names one place, or set replace_all",
            ),
            (
                "edit",
                all.clone(),
                "Failed: a was not read in this session: read it before replacing 2 places",
            ),
            (
                "read",
                json!({"path": "a"}),
                "Done: fn b() {\n\tone();\n\tone();\n}\n",
            ),
            ("edit", all, "Done: edited a: +2 -2 at 2 places"),
            (
                "edit",
                edit("a", "three();", "x"),
                "Failed: a: old_string was not found, nor anything like it: read the file",
            ),
            (
                "edit",
                edit("a", "two", "two"),
                "Failed: a: old_string and new_string are the same",
            ),
            ("edit", edit("a", "", "x"), "Failed: a: old_string is empty"),
            (
                "edit",
                edit("none", "x", "y"),
                "Failed: there is no file none",
            ),
            (
                "edit",
                edit("sub/new", "", "x\n"),
                "Done: created sub/new: +1 -0",
            ),
            (
                "edit",
                edit("empty", "", "x\n"),
                "Done: edited empty: +1 -0",
            ),
            (
                "write",
                json!({"path": "sub/new", "content": ""}),
                "Done: wrote sub/new: 0 lines, 0 bytes",
            ),
        ];
        for (tool, input, expected) in steps {
            assert_eq!(trial.told(tool, input.clone()), expected, "{input}");
        }
        assert_eq!(trial.content("a"), "fn b() {\n\ttwo();\n\ttwo();\n}\n");
    }

    #[test]
    fn a_file_that_changed_since_is_refused() {
        let trial = Trial::default();
        trial.file("a", "one\n");
        trial.run("read", json!({"path": "a"}));
        trial.file("a", "one\ntheirs\n");
        let input = edit("a", "one", "two");
        let expected = "a changed since it was read: read it again";
        assert_eq!(
            trial.told("edit", input.clone()),
            format!("Failed: {expected}")
        );
        assert_eq!(
            Deed::of(&Edit::default(), &input, &trial.scene).subject(),
            Err(expected.to_owned())
        );
        trial.run("read", json!({"path": "a"}));
        assert_eq!(trial.told("edit", input), "Done: edited a: +1 -1 at line 1");
        assert_eq!(trial.content("a"), "two\ntheirs\n");
    }

    #[test]
    fn what_the_person_was_shown_is_written_or_nothing_is() {
        let trial = Trial::default();
        let input = edit("a", "one", "two");
        let ask = || Arc::new(Deed::of(&Edit::default(), &input, &trial.scene));
        let is_current = |deed: &Deed| deed.change().unwrap().is_current();
        trial.file("a", "one\n");
        let deed = ask();
        assert!(is_current(&deed));
        trial.file("a", "one\ntheirs\n");
        assert!(!is_current(&deed));
        assert_eq!(
            trial.done("edit", deed),
            "Failed: a is no longer as it was when this change was worked out; nothing was changed"
        );
        assert_eq!(trial.content("a"), "one\ntheirs\n");
        let deed = ask();
        std::fs::remove_file(trial.root.join("a")).unwrap();
        let elsewhere = trial.file("b", "one\ntheirs\n");
        std::os::unix::fs::symlink(&elsewhere, trial.root.join("a")).unwrap();
        // What it holds is the same, and it is another file.
        assert!(!is_current(&deed));
        let told = trial.done("edit", deed);
        assert!(told.starts_with("Failed: a is a symbolic link"), "{told}");
        assert_eq!(trial.content("b"), "one\ntheirs\n");
        assert_eq!(trial.done("edit", ask()), "Done: edited a: +1 -1 at line 1");
    }

    #[test]
    fn what_came_of_a_change_is_told_by_the_file() {
        let trial = Trial::default();
        trial.file("a", "one\n");
        let new = json!({"path": "new", "content": "x"});
        let changes = [
            (
                "a",
                Deed::of(&Edit::default(), &edit("a", "one", "two"), &trial.scene),
            ),
            ("new", Deed::of(&Write::default(), &new, &trial.scene)),
        ];
        for (name, deed) in changes {
            let rewrite = deed.change().unwrap().rewrite();
            assert_eq!(came(&rewrite), Came::NotMade, "{name}");
            trial.file(name, "other");
            assert_eq!(came(&rewrite), Came::Neither, "{name}");
            trial.file(name, &deed.change().unwrap().after);
            assert_eq!(came(&rewrite), Came::Made, "{name}");
            std::fs::remove_file(trial.root.join(name)).unwrap();
            std::fs::create_dir(trial.root.join(name)).unwrap();
            assert_eq!(came(&rewrite), Came::Neither, "{name}");
        }
    }

    #[test]
    fn an_edit_does_not_make_the_rest_known() {
        let trial = Trial::default();
        trial.file("a", "one\nunread\n");
        trial.run("edit", edit("a", "one", "two"));
        assert!(
            trial
                .told("write", json!({"path": "a", "content": ""}))
                .starts_with("Failed: a exists and was not read")
        );
    }
}
