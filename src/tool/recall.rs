//! `recall`: the model searches what was said and done before. The search itself is the engine's; here is what is asked.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::agent::moment::Moment;
use crate::agent::visible;
use crate::protocol::call::{Outcome, Reach, ToolSpec};
use crate::protocol::search::Kind;
use crate::tool::deed::Deed;
use crate::tool::shared::arguments::Arguments;
use crate::tool::shared::schema::{self, Need};
use crate::tool::{Ended, Place, Scene, Tool};

/// Answers that can be gone through: who has not found it by then asks in other words.
const FURTHEST: u32 = 200;

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub query: String,
    pub since: Option<Moment>,
    pub until: Option<Moment>,
    pub who: Option<String>,
    pub kinds: Vec<Kind>,
    /// A part of the folder of another project; `None`: this one.
    pub project: Option<String>,
    /// Answers that were told before.
    pub told: u32,
}

#[derive(Debug)]
pub struct Recall {
    spec: ToolSpec,
}

impl Default for Recall {
    fn default() -> Self {
        Self {
            spec: schema::spec(
                "recall",
                include_str!("recall.md"),
                &[
                    ("query", "string", Need::Required),
                    ("when", "string", Need::Optional),
                    ("project", "string", Need::Optional),
                    ("more", "string", Need::Optional),
                ],
            ),
        }
    }
}

impl Tool for Recall {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn reach(&self, input: &Value, place: &Place) -> Result<Vec<Reach>, String> {
        let wanted = read(input, place)?;
        let other = wanted.project.map(|project| Reach::Recall { project });
        Ok(other.into_iter().collect())
    }

    fn only_reads(&self) -> bool {
        true
    }

    fn run(&self, deed: Arc<Deed>, scene: Scene) -> BoxFuture<'static, Ended> {
        async move {
            let wanted = match deed.look().and_then(|input| read(input, &scene.place)) {
                Ok(wanted) => wanted,
                Err(why) => return Outcome::failed(why).into(),
            };
            let found = tokio::select! {
                found = (scene.recall)(wanted) => found,
                () = scene.stop.cancelled() => return Outcome::cancelled("stopped").into(),
            };
            found.unwrap_or_else(Outcome::failed).into()
        }
        .boxed()
    }
}

fn read(input: &Value, place: &Place) -> Result<Wanted, String> {
    let arguments = Arguments::of(input);
    let query = arguments.text("query")?.trim();
    let text = |name| -> Result<Option<&str>, String> {
        let text = arguments.optional_text(name)?.map(str::trim);
        Ok(text.filter(|text| !text.is_empty()))
    };
    let (since, until) = match text("when")? {
        Some(when) => period(when).map_err(|why| format!("`when`: {why}"))?,
        None => (None, None),
    };
    let kinds = text("kind")?.unwrap_or_default().split(',').map(str::trim);
    let kinds: Result<Vec<Kind>, String> = kinds
        .filter(|kind| !kind.is_empty())
        .map(str::parse)
        .collect();
    // As the words of the query may say too, and as models write it by themselves.
    let who = text("who")?;
    let project = text("project")?.filter(|project| !is_this(project, place));
    if query.is_empty() && who.is_none() && since.is_none() {
        return Err("`query` is empty: say what to look for".to_owned());
    }
    let told = text("more")?.map(|more| {
        let number = more.parse().ok().filter(|told| *told <= FURTHEST);
        number.ok_or_else(|| format!("`more` is no cursor: {}", visible::brief(more, 40)))
    });
    Ok(Wanted {
        query: query.to_owned(),
        since,
        until,
        who: who.map(str::to_owned),
        kinds: kinds?,
        project: project.map(str::to_owned),
        told: told.transpose()?.unwrap_or_default(),
    })
}

/// Whether the project is the session's own, by its name or its folder.
fn is_this(project: &str, place: &Place) -> bool {
    let name = place.project.file_name().unwrap_or_default();
    name.eq_ignore_ascii_case(project) || place.project.as_os_str() == project
}

/// `2026-11-01` (that day), `7d` (since then), `FROM..TO`.
fn period(when: &str) -> Result<(Option<Moment>, Option<Moment>), String> {
    let moment = |text: &str| -> Result<Option<Moment>, String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some)
    };
    if let Some((from, to)) = when.split_once("..") {
        return Ok((moment(from)?, moment(to.trim_start_matches('.'))?));
    }
    let at = moment(when)?;
    let day = at.filter(|at| matches!(at, Moment::Day(_)));
    Ok((at, day))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;
    use crate::tool::shared::trial::Trial;

    #[test]
    fn what_is_looked_for_is_read_leniently_and_refused_in_words() {
        let trial = Trial::default();
        let place = &trial.scene.place;
        let read = |input: Value| {
            read(&input, place).map(|wanted| {
                let days = (wanted.since.is_some(), wanted.until.is_some());
                (
                    wanted.query,
                    days,
                    wanted.kinds,
                    wanted.project,
                    wanted.told,
                )
            })
        };
        let kinds = |kinds: &[Kind]| kinds.to_vec();
        for (input, expected) in [
            (
                json!({"query": " tide offset "}),
                ("tide offset", (false, false), kinds(&[]), None, 0),
            ),
            (
                json!({"query": "x", "when": "2026-11-01", "kind": "turn, command", "more": "8"}),
                (
                    "x",
                    (true, true),
                    kinds(&[Kind::Turn, Kind::Command]),
                    None,
                    8,
                ),
            ),
            (
                json!({"query": "x", "when": "30d", "project": "Project"}),
                ("x", (true, false), kinds(&[]), None, 0),
            ),
            (
                json!({"query": "x", "when": "..2026-11-01", "project": "other"}),
                ("x", (false, true), kinds(&[]), Some("other".to_owned()), 0),
            ),
        ] {
            let (query, days, kinds, project, told) = expected;
            let expected = (query.to_owned(), days, kinds, project, told);
            assert_eq!(read(input), Ok(expected));
        }
        for input in [
            json!({}),
            json!({"query": " "}),
            json!({"query": "x", "when": "yesterday"}),
            json!({"query": "x", "kind": "song"}),
            json!({"query": "x", "more": "next"}),
            json!({"query": "x", "more": "4294967295"}),
        ] {
            assert!(read(input.clone()).is_err(), "{input}");
        }
    }

    #[test]
    fn only_another_project_is_reached_for() {
        let trial = Trial::default();
        let reach = |input: Value| Recall::default().reach(&input, &trial.scene.place).unwrap();
        assert_eq!(reach(json!({"query": "x"})), []);
        assert_eq!(reach(json!({"query": "x", "project": "project"})), []);
        let project = "other".to_owned();
        assert_eq!(
            reach(json!({"query": "x", "project": "other"})),
            [Reach::Recall { project }]
        );
    }
}
