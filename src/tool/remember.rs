//! `remember`: a line for sessions to come, proposed as a change of a file of notes and decided on like any.

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::note::line::{self, Note};
use crate::protocol::call::{Reach, ToolSpec};
use crate::tool::deed::{Act, Deed};
use crate::tool::shared::arguments::Arguments;
use crate::tool::shared::change::{self, Change, Known, Target};
use crate::tool::shared::schema::{self, Need};
use crate::tool::{Ended, Place, Scene, Tool};

/// Before the name of a file that is told in all projects.
const HOME: &str = "home/";

#[derive(Debug)]
pub struct Remember {
    spec: ToolSpec,
}

impl Default for Remember {
    fn default() -> Self {
        Self {
            spec: schema::spec(
                "remember",
                include_str!("remember.md"),
                &[
                    ("text", "string", Need::Required),
                    ("replaces", "string", Need::Optional),
                    ("file", "string", Need::Optional),
                ],
            ),
        }
    }
}

impl Tool for Remember {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn reach(&self, input: &Value, place: &Place) -> Result<Vec<Reach>, String> {
        Ok(crate::tool::shared::paths::writes(&file(input, place)?)?
            .into_iter()
            .filter_map(|reach| match reach {
                Reach::Write { path } => Some(Reach::Note { path }),
                _ => None,
            })
            .collect())
    }

    fn act(&self, input: &Value, scene: &Scene) -> Result<Act, String> {
        plan(input, scene).map(Box::new).map(Act::Change)
    }

    fn only_reads(&self) -> bool {
        false
    }

    fn run(&self, deed: Arc<Deed>, scene: Scene) -> BoxFuture<'static, Ended> {
        change::make(deed, scene)
    }
}

fn file(input: &Value, place: &Place) -> Result<PathBuf, String> {
    let arguments = Arguments::of(input);
    let name = arguments.optional_text("file")?.unwrap_or_default();
    let (name, everywhere) = match name.trim().strip_prefix(HOME) {
        Some(name) => (name, true),
        None => (name, false),
    };
    place.notes.file(name, everywhere)
}

fn plan(input: &Value, scene: &Scene) -> Result<Change, String> {
    let arguments = Arguments::of(input);
    let text = arguments.text("text")?.trim();
    let replaces = arguments.optional_text("replaces")?.map(str::trim);
    let replaces = replaces.filter(|replaces| !replaces.is_empty());
    let line = match (text.is_empty(), replaces) {
        (true, Some(_)) => None,
        _ => Some(Note::written(text, Some(&scene.link))?),
    };
    let path = file(input, &scene.place)?;
    let target = Target::of(&path.to_string_lossy(), scene)?;
    let before = target.before.as_deref().unwrap_or_default();
    let before = std::str::from_utf8(before)
        .map_err(|_| format!("{} is no text: look at it with an editor", target.shown))?;
    let (after, done) = match (replaces, &line) {
        (Some(old), line) => {
            let after = line::replaced(before, old, line.as_deref()).ok_or_else(|| {
                format!("{} has no note that says exactly this: {old}", target.shown)
            })?;
            let done = if line.is_some() { "changed" } else { "forgot" };
            (after, done)
        }
        (None, Some(line)) => {
            if Note::all(before).iter().any(|note| note.text == said(text)) {
                return Err(format!("{} says this already", target.shown));
            }
            (line::added(before, line), "kept")
        }
        (None, None) => return Err("`text` is empty: say what is worth keeping".to_owned()),
    };
    let told = |target: &Target, _| {
        format!(
            "{done} in {}; sessions that begin from now on are told",
            target.shown
        )
    };
    Ok(Change::new(target, after.into_bytes(), Known::Whole, told))
}

/// As a note is read back.
fn said(text: &str) -> String {
    let line = Note::written(text, None).unwrap_or_default();
    let first = Note::all(&line).into_iter().next();
    first.map(|note| note.text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;
    use crate::tool::shared::trial::Trial;

    #[test]
    fn a_note_is_kept_changed_and_forgotten_as_one_line() {
        let trial = Trial::default();
        let memory = trial.scene.place.notes.file("", false).unwrap();
        let shown = memory.display().to_string();
        let kept = |done: &str| {
            format!("Done: {done} in {shown}; sessions that begin from now on are told")
        };
        let steps = [
            (json!({"text": "Caps at 30 s."}), kept("kept")),
            (
                json!({"text": "- Caps at 30 s."}),
                format!("Failed: {shown} says this already"),
            ),
            (json!({"text": "Bo answers mail."}), kept("kept")),
            (
                json!({"text": "Caps at 20 s.", "replaces": "Caps at 30 s."}),
                kept("changed"),
            ),
            (
                json!({"text": "", "replaces": "nothing of the kind"}),
                format!("Failed: {shown} has no note that says exactly this: nothing of the kind"),
            ),
            (
                json!({"text": " "}),
                "Failed: `text` is empty: say what is worth keeping".to_owned(),
            ),
        ];
        for (input, expected) in steps {
            assert_eq!(trial.told("remember", input.clone()), expected, "{input}");
        }
        let link = "[^0123456789ab:3]";
        let read = || std::fs::read_to_string(&memory).unwrap();
        assert_eq!(
            read(),
            format!("- Caps at 20 s. {link}\n- Bo answers mail. {link}\n")
        );
        trial.run("remember", json!({"text": "", "replaces": "Caps at 20 s."}));
        assert_eq!(read(), format!("- Bo answers mail. {link}\n"));
    }

    #[test]
    fn what_it_touches_is_a_file_of_notes_and_nothing_else() {
        let trial = Trial::default();
        let place = &trial.scene.place;
        let reach = |input: Value| Remember::default().reach(&input, place);
        let everywhere = json!({"text": "x", "file": "home/USER.md"});
        let path = place.notes.home.join("USER.md");
        assert_eq!(reach(everywhere), Ok(vec![Reach::Note { path }]));
        assert!(reach(json!({"text": "x", "file": "../config.toml"})).is_err());
    }
}
