//! Hands: what the model may ask for. Each tool is `NAME.rs` with `NAME.md` beside it, the words the model reads; one table
//! lists them all.

pub mod adopted;
pub mod bash;
pub mod deed;
pub mod edit;
pub mod glob;
pub mod grep;
#[cfg(test)]
mod grep_trial;
#[cfg(test)]
mod path_trial;
pub mod question;
#[cfg(all(test, target_os = "linux"))]
mod race_trial;
pub mod read;
pub mod recall;
pub mod remember;
pub mod shared;
pub mod write;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::agent::visible;
use crate::config::LimitConfig;
use crate::note::line::Link;
use crate::note::{self, Shelf};
use crate::protocol::call::{Outcome, Reach, ToolSpec};
use crate::sandbox::child::Waiting;
use crate::tool::deed::{Act, Deed};
use crate::tool::recall::Wanted;
use crate::tool::shared::economy;

/// One tool.
pub trait Tool: Send + Sync {
    fn spec(&self) -> &ToolSpec;

    /// What a call would touch, worked out from its arguments: no file is opened, but symbolic links are resolved, and a path
    /// that goes through one is named twice, as written and as resolved. The error is what the model is told.
    fn reach(&self, input: &Value, place: &Place) -> Result<Vec<Reach>, String>;

    /// What exactly a call does, worked out once, when it is judged. May read files where it changes one. The error is what the
    /// model is told.
    fn act(&self, input: &Value, _scene: &Scene) -> Result<Act, String> {
        Ok(Act::Look {
            input: input.clone(),
        })
    }

    /// The arguments of a call with these hunks of its change alone, in the order of the patch that is shown. May read files.
    fn partly(&self, _input: &Value, _scene: &Scene, _kept: &[bool]) -> Result<Value, String> {
        Err("this is taken whole or not".to_owned())
    }

    /// Several calls that only read may run side by side.
    fn only_reads(&self) -> bool;

    /// What the person is asked where the answer is all there is to the call. The error is what the model is told.
    fn query(&self, _input: &Value) -> Option<Result<Query, String>> {
        None
    }

    /// Does what was judged, and nothing else. A command waits in [`Scene::waiting`] by then.
    fn run(&self, deed: Arc<Deed>, scene: Scene) -> BoxFuture<'static, Ended>;
}

/// A question to the person, with answers to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub text: String,
    pub choices: Vec<String>,
}

/// What a call would touch: as its tool tells it, with the files among those it writes that are notes, whatever tool writes them.
pub fn reach(tool: &dyn Tool, input: &Value, place: &Place) -> Result<Vec<Reach>, String> {
    let mut reach = tool.reach(input, place)?;
    let home = &place.notes.home;
    let notes = reach.iter().filter_map(|reach| match reach {
        Reach::Write { path } if note::leads_to(home, path) => {
            Some(Reach::Note { path: path.clone() })
        }
        _ => None,
    });
    let notes: Vec<Reach> = notes.collect();
    reach.extend(notes);
    Ok(reach)
}

/// How a call ended, with its whole output where the model reads only a part.
#[derive(Debug)]
pub struct Ended {
    pub outcome: Outcome,
    /// Kept as a blob by the engine, which then fills in `outcome.whole`. Present exactly when `outcome.text` was cut;
    /// the text then names it as `output:NUMBER` with [`Scene::number`].
    pub whole: Option<Vec<u8>>,
}

/// Where a session works.
#[derive(Debug, Clone)]
pub struct Place {
    /// The folder relative paths start from, canonical.
    pub cwd: PathBuf,
    /// The folders that count as inside: the session's folder and its project. Never the home folder or `/`.
    pub roots: Vec<PathBuf>,
    /// The project's own folder, the same for all its worktrees.
    pub project: PathBuf,
    /// Where the notes of the person and of the project lie.
    pub notes: Shelf,
}

/// All a running call may use.
#[derive(Clone)]
pub struct Scene {
    pub place: Place,
    /// The number under which this call's whole output is kept.
    pub number: u32,
    pub limits: LimitConfig,
    /// Hash of each file's bytes as this session last read or wrote them, by absolute path.
    pub seen: Arc<Mutex<HashMap<PathBuf, [u8; 32]>>>,
    /// What the call was seen to touch when it was judged: it goes nowhere else. `None`: nothing was judged.
    pub reached: Option<Arc<[Reach]>>,
    /// Whether a rule keeps a file from this tool: what a search meets on its way is asked for here, by absolute path.
    pub hidden: Arc<dyn Fn(&Path) -> bool + Send + Sync>,
    /// Gives the whole bytes of an earlier output by its number.
    pub output: Arc<dyn Fn(u32) -> BoxFuture<'static, Option<Vec<u8>>> + Send + Sync>,
    /// Searches what was said and done.
    pub recall: Arc<dyn Fn(Wanted) -> BoxFuture<'static, Result<Outcome, String>> + Send + Sync>,
    /// The turn the call belongs to.
    pub link: Link,
    /// Takes the newest lines of a running command; cheap, never blocks.
    pub tail: Arc<dyn Fn(&str) + Send + Sync>,
    /// Cancelled when the person stops the turn: the tool ends within 100 ms, its process group dead.
    pub stop: CancellationToken,
    /// The command of the call, within its walls and not let go yet, or why it is not; `None`: it is started as it is.
    pub waiting: Arc<Mutex<Option<Result<Waiting, String>>>>,
}

impl From<Outcome> for Ended {
    fn from(outcome: Outcome) -> Self {
        Self {
            outcome,
            whole: None,
        }
    }
}

impl fmt::Debug for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scene")
            .field("place", &self.place)
            .field("number", &self.number)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// All tools there are, in the order the model is told of them.
pub struct Toolbox {
    tools: Vec<Arc<dyn Tool>>,
    specs: Arc<[ToolSpec]>,
}

impl Toolbox {
    /// The tools that come with Creel. The order is fixed: a changed one would break every cached prefix.
    pub fn shipped() -> Self {
        let tools: Vec<Arc<dyn Tool>> = vec![
            Arc::new(read::Read::default()),
            Arc::new(write::Write::default()),
            Arc::new(edit::Edit::default()),
            Arc::new(grep::Grep::default()),
            Arc::new(glob::Glob::default()),
            Arc::new(bash::Bash::default()),
            Arc::new(question::Question::default()),
            Arc::new(recall::Recall::default()),
            Arc::new(remember::Remember::default()),
        ];
        Self::of(tools)
    }

    pub(crate) fn of(tools: Vec<Arc<dyn Tool>>) -> Self {
        let specs = tools.iter().map(|tool| tool.spec().clone()).collect();
        Self { tools, specs }
    }

    pub fn specs(&self) -> Arc<[ToolSpec]> {
        Arc::clone(&self.specs)
    }

    /// Names of the tools that only read.
    pub fn readers(&self) -> Arc<[String]> {
        let reads = self.tools.iter().filter(|tool| tool.only_reads());
        reads.map(|tool| tool.spec().name.clone()).collect()
    }

    /// The tool of that name; where none has exactly it, without regard to case and blanks around it.
    pub fn get(&self, name: &str) -> Option<Arc<dyn Tool>> {
        let named = |fits: &dyn Fn(&str) -> bool| {
            self.tools
                .iter()
                .find(|tool| fits(&tool.spec().name))
                .cloned()
        };
        named(&|tool| tool == name)
            .or_else(|| named(&|tool| tool.eq_ignore_ascii_case(name.trim())))
    }

    /// What the model is told when it asks for a tool that is not there.
    pub fn missing(&self, name: &str) -> String {
        let names: Vec<_> = self.specs.iter().map(|spec| spec.name.as_str()).collect();
        let name = visible::one_line(economy::prefix(name, 60));
        format!("there is no tool `{name}`; there are {}", names.join(", "))
    }
}

impl fmt::Debug for Toolbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.specs.iter().map(|spec| &spec.name))
            .finish()
    }
}

impl Place {
    /// Whether a normalised absolute path lies inside.
    pub fn contains(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| path.starts_with(root))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn the_config_knows_every_tool() {
        for spec in Toolbox::shipped().specs().iter() {
            assert_eq!(
                crate::config::section::no_tool(&spec.name),
                None,
                "{}",
                spec.name
            );
        }
    }

    #[test]
    fn the_tools_are_those_promised_and_cost_little() {
        let specs = Toolbox::shipped().specs();
        let arguments: Vec<_> = specs
            .iter()
            .map(|spec| {
                let required = spec.schema["required"].as_array().unwrap();
                let names: Vec<_> = spec.schema["properties"]
                    .as_object()
                    .unwrap()
                    .keys()
                    .map(|name| {
                        let needed = required.iter().any(|needed| needed == name);
                        format!("{name}{}", if needed { "" } else { "?" })
                    })
                    .collect();
                format!("{} {{{}}}", spec.name, names.join(", "))
            })
            .collect();
        let promised = [
            "read {path, offset?, limit?}",
            "write {path, content}",
            "edit {path, old_string, new_string, replace_all?}",
            "grep {pattern, path?, glob?, ignore_case?, context?}",
            "glob {pattern, path?}",
            "bash {command, timeout?}",
            "question {text, choices?}",
            "recall {query, when?, project?, more?}",
            "remember {text, replaces?, file?}",
        ];
        assert_eq!(arguments, promised);
        let wire: Vec<_> = specs
            .iter()
            .map(|spec| {
                json!({"type": "function", "function": {
                    "name": spec.name, "description": spec.description, "parameters": spec.schema,
                }})
            })
            .collect();
        let bytes = serde_json::to_string(&wire).unwrap().len();
        assert!(
            bytes <= 2540 + 600,
            "the tools cost {bytes} bytes with every call"
        );
    }

    #[test]
    fn a_tool_is_found_by_its_name_however_written() {
        let toolbox = Toolbox::shipped();
        for (name, found) in [
            ("read", Some("read")),
            ("Bash", Some("bash")),
            (" GREP\n", Some("grep")),
            ("reads", None),
            ("", None),
        ] {
            let tool = toolbox.get(name).map(|tool| tool.spec().name.clone());
            assert_eq!(tool.as_deref(), found, "{name:?}");
        }
        assert_eq!(
            toolbox.missing("fetch\u{1b}[2J"),
            "there is no tool `fetch`; there are read, write, edit, grep, glob, bash, question, recall, remember"
        );
    }
}
