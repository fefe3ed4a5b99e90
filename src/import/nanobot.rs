//! nanobot: `sessions/WORKSPACE/KEY.jsonl`, a line of `_type` `metadata` and then messages as `OpenAI` has them.
//!
//! The file is written anew with every message, and its beginning may be cut off, so entries are known by what they say and not
//! by their place. Its moments are of the clock on the wall and name no zone; they are taken as UTC. Of tokens only those of the
//! last turn are kept.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::import::chat::{self, Message};
use crate::import::draft::{Draft, Ids, hash};
use crate::import::value::{Count, Text, model, moment, parse, said};
use crate::import::{Problem, Session, Spent, What, lines};
use crate::protocol::time::Time;
use crate::protocol::usage::Usage;

/// A message, or a line about the session.
#[derive(Debug, Deserialize)]
struct Line<'a> {
    #[serde(borrow, rename = "_type", default)]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    role: Option<Text<'a>>,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    reasoning_content: Option<Text<'a>>,
    #[serde(borrow, default)]
    tool_calls: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tool_call_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    timestamp: Option<Text<'a>>,
}

/// The line of `_type` `metadata`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct About {
    key: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
    metadata: Metadata,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    title: Option<String>,
    #[serde(rename = "_last_usage")]
    last_usage: Option<LastUsage>,
}

/// What the last turn used; the cached tokens are part of those of the prompt.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LastUsage {
    #[serde(rename = "prompt_tokens")]
    prompt: Count,
    #[serde(rename = "completion_tokens")]
    completion: Count,
    #[serde(rename = "cached_tokens")]
    cached: Count,
}

/// Reads one file.
pub fn read(path: &Path) -> io::Result<(Vec<Session>, Vec<Problem>)> {
    let mut file = File::default();
    let mut problems = Vec::new();
    lines::each(path, &mut problems, |_, text| file.take(text))?;
    let session = file.finish(path);
    let found = (!session.entries.is_empty()).then_some(session);
    Ok((found.into_iter().collect(), problems))
}

#[derive(Debug, Default)]
struct File {
    about: About,
    draft: Draft,
    last: Time,
    /// How often the same was said.
    times: HashMap<String, usize>,
}

impl File {
    fn take(&mut self, text: &str) -> Result<(), String> {
        let line: Line = parse(text)?;
        match line.kind.as_deref() {
            Some("metadata") => {
                self.about = parse(text)?;
                if let Some(created) = &self.about.created_at {
                    self.last = moment(created)?;
                }
                return Ok(());
            }
            Some(_) => return Ok(()),
            None => {}
        }
        let Some(role) = line.role.as_deref() else {
            return Err("a line without `role`".to_owned());
        };
        if let Some(timestamp) = &line.timestamp {
            self.last = moment(timestamp)?;
        }
        let calls = line.tool_calls.map(RawValue::get);
        let call = line.tool_call_id.as_deref().unwrap_or_default();
        let text = line.content.map_or(Ok(String::new()), said)?;
        let hash = hash(&[
            role,
            line.timestamp.as_deref().unwrap_or_default(),
            &text,
            calls.unwrap_or_default(),
            call,
        ]);
        let entries = chat::entries(Message {
            role,
            text,
            thought: line.reasoning_content.as_deref().map(str::to_owned),
            calls,
            call,
            name: line.name.as_deref(),
        })?;
        let times = self.times.entry(hash.clone()).or_default();
        *times += 1;
        let mut ids = Ids::of(match *times {
            1 => hash,
            times => format!("{hash}-{times}"),
        });
        for what in entries {
            self.draft.put(self.last, ids.another(), what);
        }
        Ok(())
    }

    fn finish(mut self, path: &Path) -> Session {
        let key = self.about.key.clone().unwrap_or_else(|| {
            let stem = path.file_stem().unwrap_or_default();
            stem.to_string_lossy().into_owned()
        });
        let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
        let name = match &*folder.to_string_lossy() {
            "" | "sessions" => key.clone(),
            workspace => format!("{workspace}/{key}"),
        };
        self.spent(&name);
        let mut session = self.draft.session;
        let kind = ["cron", "heartbeat", "subagent"]
            .into_iter()
            .find(|kind| key.split(':').next() == Some(*kind));
        let title = self.about.metadata.title;
        let title = title.filter(|title| !title.trim().is_empty());
        session.title = match (kind, title) {
            (Some(kind), Some(title)) => Some(format!("{kind}: {title}")),
            (Some(_), None) => Some(key),
            (None, title) => title,
        };
        session.name = name;
        session
    }

    /// The tokens of the last turn, known by their figures: the file is written anew with every message of the next turn, while
    /// these stay until that one ends. Read again then, both count.
    fn spent(&mut self, name: &str) {
        let Some(used) = &self.about.metadata.last_usage else {
            return;
        };
        let usage = Usage {
            input: used.prompt.0.saturating_sub(used.cached.0),
            cache_read: used.cached.0,
            output: used.completion.0,
            ..Usage::default()
        };
        if usage.prompt() == 0 && usage.output == 0 {
            return;
        }
        let updated = self.about.updated_at.as_deref().unwrap_or_default();
        let at = moment(updated).unwrap_or(self.last);
        let spent = Spent {
            key: format!(
                "{name}:{}:{}:{}",
                used.prompt.0, used.completion.0, used.cached.0
            ),
            model: model("nanobot", ""),
            usage,
            cost: None,
        };
        let id = format!("spent:{updated}");
        self.draft.put(at, id, What::Spent(Box::new(spent)));
    }
}
