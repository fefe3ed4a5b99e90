//! `write`: a whole file, in one step.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::protocol::ask::Subject;
use crate::protocol::call::{Outcome, Reach, ToolSpec};
use crate::tool::shared::arguments::Arguments;
use crate::tool::shared::change::{Change, Target};
use crate::tool::shared::schema::{self, Need};
use crate::tool::shared::{paths, thread};
use crate::tool::{Ended, Place, Scene, Tool};

#[derive(Debug)]
pub struct Write {
    spec: ToolSpec,
}

impl Write {
    pub fn new() -> Self {
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

    fn subject(&self, input: &Value, scene: &Scene) -> Result<Subject, String> {
        Ok(plan(input, scene)?.subject())
    }

    fn only_reads(&self) -> bool {
        false
    }

    fn run(&self, input: Value, scene: Scene) -> BoxFuture<'static, Ended> {
        thread::writing(scene.stop.clone(), move || {
            write(&input, &scene).unwrap_or_else(Outcome::failed).into()
        })
        .boxed()
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
    Ok(Change {
        target,
        after: content.as_bytes().to_vec(),
    })
}

fn write(input: &Value, scene: &Scene) -> Result<Outcome, String> {
    let change = plan(input, scene)?;
    change.make(scene, true)?;
    let verb = if change.target.before.is_none() {
        "created"
    } else {
        "wrote"
    };
    let lines = String::from_utf8_lossy(&change.after).lines().count();
    Ok(Outcome {
        detail: change.detail(),
        ..Outcome::done(format!(
            "{verb} {}: {lines} lines, {} bytes",
            change.target.shown,
            change.after.len()
        ))
    })
}
