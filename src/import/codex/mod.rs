//! Codex: `sessions/YYYY/MM/DD/rollout-TIME-ID.jsonl`, one session a file, `archived_sessions` beside it.
//!
//! What is said stands there twice, as an event for the screen and as an item for the model. Prompts are taken of the events,
//! since among the items stand instructions in the person's place, and all else of the items. Tokens are counted as increments
//! of the sum of the session: `token_count` comes twice for an answer, and the sum of its `last_token_usage` is nearly twice
//! too high (measured: 1.79 to 1.99 times; increments come to the final sum in 6 of 6 sessions).

pub mod line;
pub mod said;

use std::io;
use std::path::Path;

use serde_json::value::RawValue;

use crate::import::codex::line::{
    Compacted, Context, Counted, Event, Indexed, Item, Line, Meta, Total,
};
use crate::import::draft::Draft;
use crate::import::value::{PICTURE, filled, model, moment, parse, said as content};
use crate::import::{Problem, Session, Spent, What, lines, nameless};
use crate::protocol::time::Time;

/// Entries among which the two tellings of a prompt stand.
const NEAR: usize = 16;

/// Reads one rollout.
pub fn read(path: &Path) -> io::Result<(Vec<Session>, Vec<Problem>)> {
    let mut rollout = Rollout::of(path);
    let mut problems = Vec::new();
    lines::each(path, &mut problems, |number, text| {
        rollout.take(number, text)
    })?;
    let mut session = rollout.finish();
    if session.title.is_none() {
        session.title = indexed(path, &session.name);
    }
    let found = (!session.entries.is_empty()).then_some(session);
    Ok((found.into_iter().collect(), problems))
}

/// Which of the two sides prompts are taken from.
#[derive(Debug, Default, PartialEq, Eq)]
enum Prompts {
    /// Nothing has told yet; what stands among the items waits.
    #[default]
    Open,
    Events,
    /// The model worked and no event had told of a prompt: these are the rollouts from before there were any.
    Items,
}

/// A file while it is read.
#[derive(Debug, Default)]
struct Rollout {
    draft: Draft,
    /// The session has said its id.
    named: bool,
    provider: String,
    model: String,
    /// What tokens are known by: the first of the sessions that this one continues. A fork repeats what its ancestors used, and
    /// a sub-agent may as well, at other moments and with the same sums.
    origin: String,
    last: Time,
    prompts: Prompts,
    waiting: Vec<(Time, String, String)>,
    total: Total,
    /// A line without the outer form was read.
    bare: bool,
}

impl Rollout {
    fn of(path: &Path) -> Self {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let stem = file.split(".jsonl").next().unwrap_or_default();
        // `rollout-2026-02-23T11-41-04-ID`: the id is a UUID.
        let id = stem
            .len()
            .checked_sub(36)
            .and_then(|start| stem.get(start..))
            .filter(|id| uuid::Uuid::try_parse(id).is_ok());
        let name = id.unwrap_or(stem);
        Self {
            draft: Draft::new(name),
            origin: name.to_owned(),
            provider: "openai".to_owned(),
            ..Self::default()
        }
    }

    fn take(&mut self, number: u64, text: &str) -> Result<(), String> {
        let line: Line = parse(text)?;
        if let Some(timestamp) = &line.timestamp {
            self.last = moment(timestamp)?;
        }
        let id = nameless(usize::try_from(number).unwrap_or(usize::MAX));
        match (line.kind.as_deref(), line.payload) {
            (Some(kind), Some(payload)) => self.enveloped(kind, payload.get(), id),
            (Some(_), None) => {
                self.bare = true;
                self.item(text, id)
            }
            (None, None) if line.id.is_some() && line.timestamp.is_some() => self.meta(text),
            // The earliest rollouts note here that a state was kept.
            (None, _) if text.contains("\"record_type\"") => Ok(()),
            (None, _) => Err("a line without `type`".to_owned()),
        }
    }

    fn enveloped(&mut self, kind: &str, payload: &str, id: String) -> Result<(), String> {
        match kind {
            "session_meta" => self.meta(payload),
            "turn_context" => {
                let context: Context = parse(payload)?;
                if let Some(name) = context.model {
                    self.model = name.to_string();
                }
                Ok(())
            }
            "response_item" => self.item(payload, id),
            "event_msg" => self.event(payload, id),
            "compacted" => {
                let compacted: Compacted = parse(payload)?;
                if let Some(text) = filled(compacted.message) {
                    self.put(id, What::Summary { text });
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn meta(&mut self, json: &str) -> Result<(), String> {
        let meta: Meta = parse(json)?;
        if self.named {
            // Repeated of an ancestor.
            if let Some(parent) = meta.parent()
                && meta.id.as_deref() == Some(self.origin.as_str())
            {
                self.origin = parent;
            }
            return Ok(());
        }
        self.named = true;
        if let Some(id) = &meta.id {
            self.draft.session.name = id.to_string();
        }
        let session = &mut self.draft.session;
        session.project = meta.cwd.as_deref().map(str::to_owned);
        session.parent = meta.parent();
        if let Some(provider) = &meta.model_provider {
            self.provider = provider.to_string();
        }
        let from = session.parent.as_ref();
        self.origin = from.unwrap_or(&session.name).clone();
        Ok(())
    }

    fn put(&mut self, id: String, what: What) {
        self.draft.put(self.last, id, what);
    }

    fn item(&mut self, json: &str, id: String) -> Result<(), String> {
        let item: Item = parse(json)?;
        // A search of the web has no id, and no result.
        let call = item.call_id.as_deref().or(item.id.as_deref());
        let call = call.unwrap_or(&id).to_owned();
        let what = match item.kind.as_deref().unwrap_or_default() {
            "message" => {
                let text = item.content.map_or(Ok(String::new()), content)?;
                match item.role.as_deref() {
                    Some("user") => {
                        self.user_item(id, text);
                        return Ok(());
                    }
                    Some("assistant") if !text.trim().is_empty() => {
                        What::Answer { text, who: None }
                    }
                    _ => return Ok(()),
                }
            }
            "reasoning" => {
                // Most of it is sealed; the summary can be read, and with open models the content.
                let mut text = item.summary.map_or(Ok(String::new()), content)?;
                if text.is_empty() {
                    text = item.content.map_or(Ok(String::new()), content)?;
                }
                if text.trim().is_empty() {
                    return Ok(());
                }
                What::Thought { text }
            }
            "function_call" => What::Call {
                id: call,
                name: name(&item, "function"),
                arguments: item.arguments.map_or(Ok("{}".to_owned()), argument_text)?,
            },
            "custom_tool_call" => What::Call {
                id: call,
                name: name(&item, "tool"),
                arguments: format!("{{\"input\":{}}}", item.input.map_or("\"\"", RawValue::get)),
            },
            kind @ ("local_shell_call" | "web_search_call" | "tool_search_call") => What::Call {
                id: call,
                name: name(&item, kind.trim_end_matches("_call")),
                arguments: item
                    .action
                    .or(item.arguments)
                    .map_or("{}", RawValue::get)
                    .to_owned(),
            },
            "function_call_output" | "custom_tool_call_output" | "local_shell_call_output" => {
                let output = item
                    .output
                    .map_or(Ok(said::Output::default()), said::output)?;
                What::Result {
                    call,
                    name: None,
                    text: output.text,
                    failed: output.failed,
                    exit: output.exit,
                }
            }
            _ => return Ok(()),
        };
        self.works();
        self.put(id, what);
        Ok(())
    }

    fn user_item(&mut self, id: String, text: String) {
        if let Some(shell) = said::shell(&text) {
            self.put(id, shell);
        } else if self.prompts == Prompts::Events || said::injected(&text) || text.is_empty() {
            // An event has told of it or will.
        } else {
            self.waiting.push((self.last, id, text));
            if self.prompts == Prompts::Items {
                self.release();
            }
        }
    }

    /// The model has answered: had there been an event of the prompt, it would have come.
    fn works(&mut self) {
        if self.prompts == Prompts::Open && !self.waiting.is_empty() {
            self.prompts = Prompts::Items;
            self.release();
        }
    }

    fn release(&mut self) {
        for (at, id, text) in std::mem::take(&mut self.waiting) {
            self.draft.put(at, id, What::Prompt { text, who: None });
        }
    }

    fn event(&mut self, json: &str, id: String) -> Result<(), String> {
        let event: Event = parse(json)?;
        match event.kind.as_deref().unwrap_or_default() {
            "user_message" => {
                let mut text = event.message.map_or(Ok(String::new()), content)?;
                for pictures in [event.images, event.local_images].into_iter().flatten() {
                    let pictures: Vec<&RawValue> = parse(pictures.get()).unwrap_or_default();
                    for _ in pictures {
                        text.push_str(if text.is_empty() { "" } else { "\n\n" });
                        text.push_str(PICTURE);
                    }
                }
                if text.trim().is_empty() || said::injected(&text) {
                    return Ok(());
                }
                self.prompt(id, text);
            }
            "token_count" => {
                let Some(info) = event.info.filter(|info| info.get() != "null") else {
                    return Ok(());
                };
                let counted: Counted = parse(info.get())?;
                self.count(id, &counted);
            }
            "thread_name_updated" => {
                let session = &mut self.draft.session;
                session.title = filled(event.thread_name).or(session.title.take());
            }
            _ => {}
        }
        Ok(())
    }

    fn prompt(&mut self, id: String, text: String) {
        match self.prompts {
            Prompts::Open => {
                self.prompts = Prompts::Events;
                self.waiting.clear();
            }
            Prompts::Events => {}
            // Already taken of the items.
            Prompts::Items => {
                let said = self.draft.session.entries.iter().rev().take(NEAR);
                let told = said
                    .take_while(|entry| !matches!(entry.what, What::Answer { .. }))
                    .any(|entry| match &entry.what {
                        What::Prompt { text: said, .. } => said.contains(&text),
                        _ => false,
                    });
                if told {
                    return;
                }
            }
        }
        self.put(id, What::Prompt { text, who: None });
    }

    fn count(&mut self, id: String, counted: &Counted) {
        let Some(total) = counted.total_token_usage else {
            return;
        };
        if total == self.total {
            return;
        }
        let mut since = total.since(&self.total);
        let fork = self.origin != self.draft.session.name;
        if fork
            && self.total == Total::default()
            && let Some(last) = counted.last_token_usage
        {
            // What the ancestors used is theirs.
            since = last;
        }
        self.total = total;
        let usage = since.usage();
        if usage.prompt() == 0 && usage.output == 0 {
            return;
        }
        let key = format!(
            "{}:{}:{}:{}",
            self.origin, total.input_tokens.0, total.cached_input_tokens.0, total.output_tokens.0
        );
        let spent = Spent {
            key,
            model: model(&self.provider, &self.model),
            usage,
            cost: None,
        };
        self.put(id, What::Spent(Box::new(spent)));
    }

    fn finish(mut self) -> Session {
        // Elsewhere the event of a prompt may still come.
        if self.bare && self.prompts == Prompts::Open {
            self.release();
        }
        self.draft.session
    }
}

fn name(item: &Item, otherwise: &str) -> String {
    item.name.as_deref().unwrap_or(otherwise).to_owned()
}

/// Arguments: JSON within a text, or, of some calls, JSON itself.
fn argument_text(raw: &RawValue) -> Result<String, String> {
    if raw.get().starts_with('"') {
        return parse(raw.get());
    }
    Ok(raw.get().to_owned())
}

/// The name of a session in the index of the home that a file lies in.
fn indexed(path: &Path, session: &str) -> Option<String> {
    let home = path
        .ancestors()
        .find(|folder| {
            let name = folder.file_name().unwrap_or_default();
            name == "sessions" || name == "archived_sessions"
        })?
        .parent()?;
    let index = lines::small(&home.join("session_index.jsonl"))?;
    let names = index
        .lines()
        .rev()
        .filter(|line| line.contains(session))
        .filter_map(|line| serde_json::from_str::<Indexed>(line).ok());
    names
        .filter(|indexed| &*indexed.id == session)
        .find_map(|indexed| filled(Some(indexed.thread_name)))
}
