//! `edit`: one text in the place of another, where it can mean only one place.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::protocol::ask::Subject;
use crate::protocol::call::{Detail, Outcome, Reach, ToolSpec};
use crate::tool::shared::arguments::Arguments;
use crate::tool::shared::change::{Change, Target};
use crate::tool::shared::replace;
use crate::tool::shared::schema::{self, Need};
use crate::tool::shared::{paths, thread};
use crate::tool::{Ended, Place, Scene, Tool};

#[derive(Debug)]
pub struct Edit {
    spec: ToolSpec,
}

impl Edit {
    pub fn new() -> Self {
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

    fn subject(&self, input: &Value, scene: &Scene) -> Result<Subject, String> {
        Ok(plan(input, scene)?.change.subject())
    }

    fn only_reads(&self) -> bool {
        false
    }

    fn run(&self, input: Value, scene: Scene) -> BoxFuture<'static, Ended> {
        thread::writing(scene.stop.clone(), move || {
            edit(&input, &scene).unwrap_or_else(Outcome::failed).into()
        })
        .boxed()
    }
}

struct Plan {
    change: Change,
    /// Where, in words.
    place: String,
}

fn plan(input: &Value, scene: &Scene) -> Result<Plan, String> {
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
        return Ok(Plan {
            change: Change {
                after: new.as_bytes().to_vec(),
                target,
            },
            place: String::new(),
        });
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
    Ok(Plan {
        change: Change {
            target,
            after: replaced.after,
        },
        place,
    })
}

fn edit(input: &Value, scene: &Scene) -> Result<Outcome, String> {
    let Plan { change, place } = plan(input, scene)?;
    let created = change.target.before.is_none();
    // An edit does not show the whole file: only one that was known stays known.
    change.make(scene, created || change.target.seen.is_some())?;
    let verb = if created { "created" } else { "edited" };
    let detail = change.detail();
    let counts = match &detail {
        Detail::Diff { added, removed, .. } => format!("+{added} -{removed}"),
        _ => String::new(),
    };
    Ok(Outcome {
        detail,
        ..Outcome::done(format!("{verb} {}: {counts}{place}", change.target.shown))
    })
}
