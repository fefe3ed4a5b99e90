//! Sessions as trees: every line names the one that it follows, and the chain that ends with the last line is the session. Where
//! the person went back, what they left is kept as a session of its own, `SESSION~FIRST`, so nothing is lost.
//!
//! When they go back to a branch, that one is the session from then on: entries keep their ids, and may come to stand in another
//! of the sessions of a file.

pub mod line;
pub mod said;

use std::collections::HashMap;

use crate::import::draft::{Draft, Ids};
use crate::import::tree::line::{Header, Line, Note};
use crate::import::tree::said::Model;
use crate::import::value::{filled, moment, parse};
use crate::import::{Session, What, nameless};
use crate::protocol::time::Time;

/// A tree while it is read.
#[derive(Debug, Default)]
pub struct Tree {
    /// What the header says.
    pub id: Option<String>,
    pub cwd: Option<String>,
    /// The file or id of the session that it was forked from.
    pub parent: Option<String>,
    /// The last name that was given.
    pub title: Option<String>,
    headed: bool,
    /// The model of answers that do not say theirs.
    model: Model,
    last: Time,
    nodes: Vec<Node>,
    places: HashMap<String, usize>,
}

#[derive(Debug)]
struct Node {
    id: String,
    /// Always an earlier one, so no chain is without end.
    parent: Option<usize>,
    at: Time,
    said: Vec<What>,
    /// A copy of what was said before, made where it was sent.
    mirror: bool,
}

impl Tree {
    pub fn take(&mut self, number: u64, text: &str) -> Result<(), String> {
        let line: Line = parse(text)?;
        if let Some(timestamp) = &line.timestamp {
            self.last = moment(timestamp)?;
        }
        if &*line.kind == "session" {
            return self.head(text);
        }
        let mut at = self.last;
        let mut mirror = false;
        let said = match (&*line.kind, line.message) {
            ("message", Some(message)) => {
                let key = line.id.as_deref().unwrap_or_default();
                let said = said::message(message.get(), key, &self.model)?;
                mirror = said.mirror;
                if line.timestamp.is_none() {
                    at = said.at.unwrap_or(at);
                }
                said.entries
            }
            ("message", None) => return Err("a line of type message without `message`".to_owned()),
            ("custom", _) => Vec::new(),
            (kind, _) => self.note(kind, text)?,
        };
        self.grow(&line, number, at, said, mirror);
        Ok(())
    }

    fn head(&mut self, text: &str) -> Result<(), String> {
        let header: Header = parse(text)?;
        if self.headed {
            return Ok(());
        }
        self.headed = true;
        self.id = filled(header.id);
        self.cwd = filled(header.cwd);
        self.parent = filled(header.parent_session).or(filled(header.branched_from));
        self.model = Model {
            provider: filled(header.provider).unwrap_or_default(),
            name: filled(header.model_id).unwrap_or_default(),
        };
        Ok(())
    }

    fn note(&mut self, kind: &str, text: &str) -> Result<Vec<What>, String> {
        let note: Note = parse(text)?;
        match kind {
            "model_change" => {
                self.model = Model {
                    provider: filled(note.provider).unwrap_or_default(),
                    name: filled(note.model_id).unwrap_or_default(),
                };
            }
            "compaction" | "branch_summary" => {
                let summary = filled(note.summary).map(|text| What::Summary { text });
                return Ok(summary.into_iter().collect());
            }
            "session_info" => {
                self.title = filled(note.name).or(self.title.take());
            }
            "custom_message" => {
                let custom = note.custom_type.as_deref();
                return Ok(said::custom(custom, note.display, note.content)?
                    .into_iter()
                    .collect());
            }
            _ => {}
        }
        Ok(Vec::new())
    }

    fn grow(&mut self, line: &Line, number: u64, at: Time, said: Vec<What>, mirror: bool) {
        let before = self.nodes.len().checked_sub(1);
        let parent = match (&line.id, &line.parent_id) {
            // A line whose own was damaged goes on where the file does.
            (_, Some(parent)) => self.places.get(&**parent).copied().or(before),
            (Some(_), None) => None,
            // Version 1 is no tree.
            (None, None) => before,
        };
        let id = match &line.id {
            Some(id) => id.to_string(),
            None => nameless(usize::try_from(number).unwrap_or(usize::MAX)),
        };
        self.places.entry(id.clone()).or_insert(self.nodes.len());
        self.nodes.push(Node {
            id,
            parent,
            at,
            said,
            mirror,
        });
    }

    /// The sessions, the one that goes on first. `name` is for a tree without a header.
    pub fn finish(mut self, name: &str) -> Vec<Session> {
        let name = self.id.take().unwrap_or_else(|| name.to_owned());
        let mut chains = self.chains();
        let mut names: Vec<String> = Vec::with_capacity(chains.len());
        for (index, chain) in chains.iter().enumerate() {
            let first = chain.nodes.first().and_then(|node| self.nodes.get(*node));
            names.push(match first {
                Some(first) if index > 0 => format!("{name}~{}", first.id),
                _ => name.clone(),
            });
        }
        let mut sessions = Vec::with_capacity(chains.len());
        for (index, chain) in chains.iter_mut().enumerate() {
            let parent = match index {
                0 => self.parent.take(),
                _ => names.get(chain.parent).cloned(),
            };
            let mut draft = Draft::new(names.get(index).cloned().unwrap_or_default());
            draft.session.title = self.title.clone().filter(|_| index == 0);
            draft.session.project.clone_from(&self.cwd);
            draft.session.parent = parent;
            for node in std::mem::take(&mut chain.nodes) {
                if let Some(node) = self.nodes.get_mut(node) {
                    put(&mut draft, node);
                }
            }
            sessions.push(draft.session);
        }
        sessions.retain(|session| !session.entries.is_empty());
        sessions
    }

    /// The chains that end with a leaf: that of the last line first, then what was left, in the order in which it began.
    fn chains(&self) -> Vec<Chain> {
        let mut chain_of: Vec<Option<usize>> = vec![None; self.nodes.len()];
        let mut chains = Vec::new();
        for leaf in (0..self.nodes.len()).rev() {
            let mut nodes = Vec::new();
            let mut parent = 0;
            let mut next = Some(leaf);
            while let Some(at) = next {
                let Some(slot) = chain_of.get_mut(at) else {
                    break;
                };
                if let Some(taken) = *slot {
                    parent = taken;
                    break;
                }
                *slot = Some(chains.len());
                nodes.push(at);
                next = self.nodes.get(at).and_then(|node| node.parent);
            }
            if !nodes.is_empty() {
                nodes.reverse();
                chains.push(Chain { nodes, parent });
            }
        }
        let mut order: Vec<usize> = (0..chains.len()).collect();
        if let Some(left) = order.get_mut(1..) {
            left.sort_by_key(|chain| {
                chains
                    .get(*chain)
                    .and_then(|chain| chain.nodes.first())
                    .copied()
            });
        }
        let mut places = vec![0; chains.len()];
        for (place, chain) in order.iter().enumerate() {
            if let Some(slot) = places.get_mut(*chain) {
                *slot = place;
            }
        }
        for chain in &mut chains {
            chain.parent = places.get(chain.parent).copied().unwrap_or(0);
        }
        let mut sorted: Vec<(usize, Chain)> = places.into_iter().zip(chains).collect();
        sorted.sort_by_key(|(place, _)| *place);
        sorted.into_iter().map(|(_, chain)| chain).collect()
    }
}

#[derive(Debug)]
struct Chain {
    /// From the first to the leaf.
    nodes: Vec<usize>,
    /// The chain that it leaves.
    parent: usize,
}

fn put(draft: &mut Draft, node: &mut Node) {
    let mut ids = Ids::of(node.id.as_str());
    for what in std::mem::take(&mut node.said) {
        let id = match &what {
            What::Spent(_) => format!("{}:spent", node.id),
            _ => ids.another(),
        };
        if node.mirror && answered(&draft.session, &what) {
            continue;
        }
        draft.put(node.at, id, what);
    }
}

/// Whether the last answer said the same.
fn answered(session: &Session, what: &What) -> bool {
    let mut said = session.entries.iter().rev();
    let last = said.find(|entry| matches!(entry.what, What::Answer { .. }));
    last.is_some_and(|last| last.what == *what)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `id parent` of the lines of a tree, and of its sessions `name<parent: ids`.
    fn sessions(lines: &[(&str, &str)]) -> Vec<String> {
        let mut tree = Tree::default();
        for (number, (id, parent)) in lines.iter().enumerate() {
            let parent = match *parent {
                "" => "null".to_owned(),
                parent => format!("\"{parent}\""),
            };
            let line = format!(
                r#"{{"type":"message","id":"{id}","parentId":{parent},"timestamp":"2026-01-01T00:00:00Z","message":{{"role":"user","content":"{id}"}}}}"#
            );
            tree.take(number as u64 + 1, &line).expect("a line");
        }
        let sessions = tree.finish("s");
        let told = sessions.iter().map(|session| {
            let ids: Vec<_> = session
                .entries
                .iter()
                .map(|entry| entry.id.as_str())
                .collect();
            let parent = session.parent.as_deref().unwrap_or_default();
            format!("{}<{parent}: {}", session.name, ids.join(" "))
        });
        told.collect()
    }

    #[test]
    fn the_chain_of_the_last_line_is_the_session_and_the_rest_is_kept() {
        for (lines, expected) in [
            (&[("a", ""), ("b", "a"), ("c", "b")][..], &["s<: a b c"][..]),
            (
                &[("a", ""), ("b", "a"), ("c", "b"), ("d", "a"), ("e", "d")],
                &["s<: a d e", "s~b<s: b c"],
            ),
            // A branch of what was left, and a second root.
            (
                &[
                    ("a", ""),
                    ("b", "a"),
                    ("c", "b"),
                    ("d", "b"),
                    ("x", ""),
                    ("e", "a"),
                ],
                &["s<: a e", "s~b<s: b d", "s~c<s~b: c", "s~x<s: x"],
            ),
            // Of one whose own is not there the line before takes the place.
            (&[("a", ""), ("c", "b"), ("d", "c")], &["s<: a c d"]),
            // No chain is without end.
            (&[("a", "b"), ("b", "a"), ("c", "c")], &["s<: a b c"]),
            // One id twice.
            (
                &[("a", ""), ("a", "a"), ("b", "a")],
                &["s<: a b", "s~a<s: a"],
            ),
            (&[], &[]),
        ] {
            assert_eq!(sessions(lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn a_long_chain_is_no_deep_one() {
        let ids: Vec<String> = (0..20_000).map(|id| id.to_string()).collect();
        let before = std::iter::once("").chain(ids.iter().map(String::as_str));
        let lines: Vec<_> = ids.iter().map(String::as_str).zip(before).collect();
        assert_eq!(sessions(&lines).len(), 1);
    }
}
