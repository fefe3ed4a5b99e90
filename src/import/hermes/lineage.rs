//! Which rows of `sessions` are one session.

use std::collections::HashMap;

use serde_json::Value;

use crate::import::Session;
use crate::import::draft::Draft;

/// What a child that is no continuation says of its parent, in `model_config`. A continuation copies it, parent and all, so it
/// counts only where it names the parent itself.
const MARKS: &[&str] = &["_branched_from", "_delegate_from", "_reset_from"];

/// Sources of sessions that others start.
const HELPERS: &[&str] = &["subagent", "tool"];

/// By how many seconds a child may begin before its parent has ended and go on for it.
const SLACK: f64 = 1.0;

/// A row of `sessions`.
#[derive(Debug, Clone, Default)]
pub struct Row {
    pub id: String,
    pub source: String,
    pub parent: Option<String>,
    /// Seconds since 1970.
    pub started: Option<f64>,
    pub ended: Option<f64>,
    pub reason: Option<String>,
    pub title: Option<String>,
    pub folder: Option<String>,
    pub config: Option<String>,
}

/// All rows, put together.
#[derive(Debug)]
pub struct Lineages {
    rows: Vec<Row>,
    /// The rows that begin a session, in order.
    roots: Vec<usize>,
    /// The place of each row's session among those.
    places: HashMap<String, usize>,
    /// The rows of each place, in order.
    members: Vec<Vec<usize>>,
}

impl Lineages {
    pub fn of(rows: Vec<Row>) -> Self {
        let by_id: HashMap<&str, usize> = rows
            .iter()
            .enumerate()
            .map(|(index, row)| (row.id.as_str(), index))
            .collect();
        let before: Vec<Option<usize>> = rows
            .iter()
            .map(|child| {
                let parent = *by_id.get(child.parent.as_deref()?)?;
                continues(child, rows.get(parent)?).then_some(parent)
            })
            .collect();
        let roots_of = roots_of(&before);
        let mut roots = roots_of.clone();
        roots.sort_unstable();
        roots.dedup();
        let place = |root: &usize| roots.binary_search(root).unwrap_or_default();
        let mut members = vec![Vec::new(); roots.len()];
        for (row, root) in roots_of.iter().enumerate() {
            if let Some(rows) = members.get_mut(place(root)) {
                rows.push(row);
            }
        }
        let places = rows
            .iter()
            .zip(&roots_of)
            .map(|(row, root)| (row.id.clone(), place(root)))
            .collect();
        Self {
            rows,
            roots,
            places,
            members,
        }
    }

    pub fn roots(&self) -> impl Iterator<Item = &Row> {
        self.roots.iter().filter_map(|root| self.rows.get(*root))
    }

    /// The place of a row's session among the roots.
    pub fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }

    /// The ids of the rows that a session is.
    pub fn ids(&self, place: usize) -> impl Iterator<Item = &str> {
        let rows = self.members.get(place).into_iter().flatten();
        rows.filter_map(|row| Some(self.rows.get(*row)?.id.as_str()))
    }

    /// The session of a place, from what was said in it; nothing where nothing was.
    pub fn session(&self, place: usize, draft: Draft) -> Option<Session> {
        let root = self.rows.get(*self.roots.get(place)?)?;
        let mut session = draft.session;
        session.name.clone_from(&root.id);
        session.project.clone_from(&root.folder);
        let above = root.parent.as_deref().and_then(|parent| self.place(parent));
        let above = above.and_then(|above| self.roots.get(above));
        let above = above.and_then(|above| self.rows.get(*above));
        session.parent = above
            .map(|above| above.id.clone())
            .filter(|id| *id != root.id);
        // A continuation is called as what it continues, with a number behind it.
        let rows = self.members.get(place).into_iter().flatten();
        let mut titles = rows.filter_map(|row| self.rows.get(*row)?.title.as_deref());
        session.title = match (root.source.as_str(), titles.next()) {
            ("cron", Some(title)) => Some(format!("cron: {title}")),
            ("cron", None) => Some("cron".to_owned()),
            (_, title) => title.map(str::to_owned),
        };
        (!session.entries.is_empty()).then_some(session)
    }
}

/// The first of the chain of each, in as many steps as there are. Of a ring one is taken for the first.
fn roots_of(before: &[Option<usize>]) -> Vec<usize> {
    let mut roots: Vec<Option<usize>> = vec![None; before.len()];
    for start in 0..before.len() {
        let mut walked = Vec::new();
        let mut at = start;
        let root = loop {
            match roots.get(at).copied().flatten() {
                Some(root) => break root,
                // Until the root is known, each that was walked stands for itself.
                None => walked.push(at),
            }
            if let Some(slot) = roots.get_mut(at) {
                *slot = Some(at);
            }
            match before.get(at).copied().flatten() {
                Some(parent) => at = parent,
                None => break at,
            }
        };
        for row in walked {
            if let Some(slot) = roots.get_mut(row) {
                *slot = Some(root);
            }
        }
    }
    roots.into_iter().map(Option::unwrap_or_default).collect()
}

/// Whether a child is its parent after a compression, and not a sub-agent, a branch or a new beginning.
fn continues(child: &Row, parent: &Row) -> bool {
    let compressed = parent
        .reason
        .as_deref()
        .is_none_or(|reason| reason == "compression");
    let late = match (child.started, parent.ended) {
        (Some(started), Some(ended)) => started + SLACK >= ended,
        _ => true,
    };
    compressed && late && !HELPERS.contains(&child.source.as_str()) && !marked(child)
}

fn marked(child: &Row) -> bool {
    let config = child.config.as_deref().unwrap_or_default();
    let config: Value = serde_json::from_str(config).unwrap_or_default();
    MARKS
        .iter()
        .any(|mark| config.get(*mark).and_then(Value::as_str) == child.parent.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, parent: &str, source: &str, reason: &str, config: &str) -> Row {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Row {
            id: id.to_owned(),
            source: source.to_owned(),
            parent: given(parent),
            reason: given(reason),
            config: given(config),
            ..Row::default()
        }
    }

    #[test]
    fn a_session_goes_on_through_compressions_and_nothing_else() {
        let branched = r#"{"_branched_from":"a"}"#;
        for (rows, expected) in [
            (
                vec![
                    row("a", "", "cli", "compression", ""),
                    row("b", "a", "cli", "", ""),
                    row("c", "b", "cli", "", ""),
                ],
                vec!["a", "a", "a"],
            ),
            (
                vec![
                    row("a", "", "cli", "compression", ""),
                    row("b", "a", "subagent", "", ""),
                ],
                vec!["a", "b"],
            ),
            (
                vec![
                    row("a", "", "cli", "branched", ""),
                    row("b", "a", "cli", "", ""),
                ],
                vec!["a", "b"],
            ),
            (
                vec![
                    row("a", "", "cli", "compression", ""),
                    row("b", "a", "cli", "", branched),
                ],
                vec!["a", "b"],
            ),
            (
                vec![
                    row("a", "", "cli", "compression", ""),
                    row("b", "a", "cli", "compression", branched),
                    row("c", "b", "cli", "", branched),
                ],
                vec!["a", "b", "b"],
            ),
            (vec![row("a", "gone", "cli", "", "")], vec!["a"]),
            (
                vec![
                    row("a", "b", "cli", "", ""),
                    row("b", "a", "cli", "", ""),
                    row("c", "c", "cli", "", ""),
                ],
                vec!["a", "a", "c"],
            ),
        ] {
            let ids: Vec<_> = rows.iter().map(|row| row.id.clone()).collect();
            let lineages = Lineages::of(rows);
            let roots: Vec<_> = lineages.roots().map(|row| row.id.as_str()).collect();
            let found: Vec<_> = ids
                .iter()
                .map(|id| roots[lineages.place(id).expect("a place")])
                .collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_child_that_began_before_its_parent_was_compressed_is_none_of_it() {
        let timed = |id: &str, parent: &str, started, ended| Row {
            started: Some(started),
            ended,
            reason: ended.map(|_| "compression".to_owned()),
            ..row(id, parent, "cli", "", "")
        };
        let lineages = Lineages::of(vec![
            timed("a", "", 0.0, Some(100.0)),
            timed("b", "a", 50.0, None),
            timed("c", "a", 100.0, None),
        ]);
        let places = ["a", "b", "c"].map(|id| lineages.place(id));
        assert_eq!(places, [Some(0), Some(1), Some(0)]);
    }
}
