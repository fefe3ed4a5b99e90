//! hermes: `state.db`, with all sessions in tables.
//!
//! A session that grows too long is compressed: it ends with `end_reason` `compression`, and a child goes on, beginning with
//! copies of what was kept. Such a line of sessions is one, and what was copied is taken once. Sub-agents are children too, of
//! another kind. Tokens are taken of `session_model_usage`, by model; those of `sessions` count a whole life under one model.

pub mod lineage;
pub mod replay;

use std::collections::HashMap;
use std::io;
use std::path::Path;

use serde_json::value::RawValue;

use crate::import::chat::{self, Message};
use crate::import::draft::{Draft, Ids};
use crate::import::hermes::lineage::{Lineages, Row};
use crate::import::hermes::replay::{Replay, Told};
use crate::import::read::{Take, parts};
use crate::import::sqlite::{Database, Values};
use crate::import::value::{dollars, model, parse, said, seconds};
use crate::import::{Problem, Spent, What, lines};
use crate::protocol::time::Time;
use crate::protocol::usage::Usage;

/// Before content that is JSON and no text.
const JSON: &str = "\0json:";

/// How a summary begins that stands in the place of what was compressed.
const SUMMARY: &[&str] = &["[CONTEXT COMPACTION", "[CONTEXT SUMMARY]", "[PRIOR CONTEXT"];

const SESSIONS: &[&str] = &[
    "id",
    "source",
    "parent_session_id",
    "started_at",
    "ended_at",
    "end_reason",
    "title",
    "cwd",
    "model_config",
    "model",
    "billing_provider",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "actual_cost_usd",
    "estimated_cost_usd",
    "cost_status",
];

const MESSAGES: &[&str] = &[
    "session_id",
    "id",
    "role",
    "content",
    "tool_call_id",
    "tool_calls",
    "tool_name",
    "timestamp",
    "reasoning_content",
    "reasoning",
    "active",
    "compacted",
];

const USAGE: &[&str] = &[
    "session_id",
    "model",
    "billing_provider",
    "billing_base_url",
    "billing_mode",
    "task",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "actual_cost_usd",
    "estimated_cost_usd",
    "cost_status",
    "last_seen",
];

/// Sessions whose messages are asked for at once.
const ASKED: usize = 500;

/// The columns that make a message large.
const TEXTS: &[(&str, u64)] = &[
    ("content", 1),
    ("tool_calls", 1),
    ("reasoning_content", 1),
    ("reasoning", 1),
];

/// Reads all sessions of a database, some at a time. A line of a problem is the `id` of its message.
pub fn each(path: &Path, take: &mut Take<'_>) -> io::Result<()> {
    let database = Database::open(path)?;
    let mut problems = Vec::new();
    let mut rows = Vec::new();
    let mut counted = Vec::new();
    let read = database.rows("sessions", SESSIONS, &["started_at", "id"], |row| {
        let Some(id) = row.text(0) else { return };
        let own = |column| row.text(column).map(str::to_owned);
        rows.push(Row {
            id: id.to_owned(),
            source: own(1).unwrap_or_default(),
            parent: own(2),
            started: row.real(3),
            ended: row.real(4),
            reason: own(5),
            title: own(6).filter(|title| !title.trim().is_empty()),
            folder: own(7),
            config: own(8),
        });
        let at = row.real(4).or(row.real(3));
        counted.push(used(row, id, [9, 10], 11, "", at));
    });
    if let Some(problem) = fault(path, "sessions", read) {
        take(Vec::new(), vec![problem]);
        return Ok(());
    }
    let lineages = Lineages::of(rows);
    let mut spent: HashMap<usize, Vec<(Option<Time>, Spent)>> = HashMap::new();
    for (session, at, used) in used_in(path, &database, counted, &mut problems) {
        if let Some(place) = lineages.place(&session) {
            spent.entry(place).or_default().push((at, used));
        }
    }
    let mut weights: HashMap<usize, u64> = HashMap::new();
    let mut strangers = Vec::new();
    for (session, weight) in database
        .weights("messages", "session_id", TEXTS)
        .unwrap_or_default()
    {
        match lineages.place(&session) {
            Some(place) => *weights.entry(place).or_default() += weight,
            None => strangers.push(session),
        }
    }
    let places: Vec<usize> = (0..lineages.roots().count()).collect();
    let weight = |place: &usize| weights.get(place).copied().unwrap_or_default();
    for part in parts(&places, weight) {
        let mut talks: HashMap<usize, Talk> = HashMap::new();
        let ids = part.iter().flat_map(|place| lineages.ids(*place));
        let ids: Vec<&str> = ids.collect();
        for ids in ids.chunks(ASKED) {
            hear(path, &database, ids, &mut problems, |session, row| {
                let place = lineages.place(session)?;
                Some(talks.entry(place).or_default().take(session, row))
            });
        }
        let mut sessions = Vec::new();
        for place in part {
            let mut talk = talks.remove(place).unwrap_or_default();
            for (at, spent) in spent.remove(place).unwrap_or_default() {
                talk.spend(at, spent);
            }
            sessions.extend(lineages.session(*place, talk.finish()));
        }
        if !take(sessions, std::mem::take(&mut problems)) {
            return Ok(());
        }
    }
    let strangers: Vec<&str> = strangers.iter().map(String::as_str).collect();
    for ids in strangers.chunks(ASKED) {
        hear(path, &database, ids, &mut problems, |_, _| None);
    }
    if places.is_empty() {
        // What is wrong with the table is told also where nothing is asked of it.
        hear(path, &database, &[], &mut problems, |_, _| None);
    }
    if !problems.is_empty() {
        take(Vec::new(), problems);
    }
    Ok(())
}

/// Reads the messages of some sessions in the order in which they were said. `told` is what becomes of one, nothing where nobody
/// knows its session.
fn hear(
    path: &Path,
    database: &Database,
    sessions: &[&str],
    problems: &mut Vec<Problem>,
    mut told: impl FnMut(&str, &Values) -> Option<Result<(), String>>,
) {
    let read = database.rows_of(
        "messages",
        MESSAGES,
        &["id"],
        ("session_id", sessions),
        |row| {
            let Some(session) = row.text(0) else { return };
            let number = u64::try_from(row.integer(1).unwrap_or_default()).unwrap_or_default();
            let told = told(session, row)
                .unwrap_or_else(|| Err(format!("a message of no session: {session}")));
            if let Err(text) = told {
                problems.push(lines::problem(path, number, &text));
            }
        },
    );
    problems.extend(fault(path, "messages", read));
}

/// What was used in each session, by model where the database knows that; `counted` is what the sessions themselves say.
fn used_in(
    path: &Path,
    database: &Database,
    counted: Vec<Option<(String, Option<Time>, Spent)>>,
    problems: &mut Vec<Problem>,
) -> impl Iterator<Item = (String, Option<Time>, Spent)> {
    let mut by_model = Vec::new();
    let read = database.rows(
        "session_model_usage",
        USAGE,
        &["session_id", "model"],
        |row| {
            let Some(session) = row.text(0) else { return };
            let more = [3, 4, 5].map(|column| row.text(column).unwrap_or_default());
            by_model.push(used(row, session, [1, 2], 6, &more.join(":"), row.real(14)));
        },
    );
    // Before there was that table, a session knew one model.
    let spent = match read {
        Ok(true) => by_model,
        Ok(false) => counted,
        Err(error) => {
            problems.push(lines::problem(path, 1, &error.to_string()));
            counted
        }
    };
    spent.into_iter().flatten()
}

fn fault(path: &Path, table: &str, read: rusqlite::Result<bool>) -> Option<Problem> {
    let text = match read {
        Ok(true) => return None,
        Ok(false) => format!("no table `{table}`"),
        Err(error) => error.to_string(),
    };
    Some(lines::problem(path, 1, &text))
}

/// A session on all its way through compressions.
#[derive(Debug, Default)]
struct Talk {
    draft: Draft,
    replay: Replay,
    last: Time,
}

impl Talk {
    fn take(&mut self, session: &str, row: &Values) -> Result<(), String> {
        let role = row.text(2).ok_or("a message without `role`")?;
        let at = row.real(7).ok_or("a message without `timestamp`")?;
        self.last = seconds(at)?;
        let text = content(row.text(3).unwrap_or_default())?;
        let calls = row.text(5);
        let call = row.text(4).unwrap_or_default();
        let summary = SUMMARY
            .iter()
            .any(|begin| text.trim_start().starts_with(begin));
        let archived = row.integer(10) == Some(0) && row.integer(11) == Some(1);
        let told = self.replay.hear(
            (session, archived),
            &[role, &text, call, calls.unwrap_or_default()],
            summary,
        );
        if told == Told::Before {
            return Ok(());
        }
        let entries = if summary {
            vec![What::Summary { text }]
        } else {
            chat::entries(Message {
                role,
                text,
                thought: row.text(8).or(row.text(9)).map(str::to_owned),
                calls,
                call,
                name: row.text(6),
            })?
        };
        let mut ids = Ids::of(row.integer(1).unwrap_or_default().to_string());
        for what in entries {
            self.draft.put(self.last, ids.another(), what);
        }
        Ok(())
    }

    /// Counters that grow: read again they say more under the same key.
    fn spend(&mut self, at: Option<Time>, spent: Spent) {
        let id = format!("spent:{}", spent.key);
        self.draft
            .put(at.unwrap_or(self.last), id, What::Spent(Box::new(spent)));
    }

    fn finish(self) -> Draft {
        self.draft
    }
}

fn content(text: &str) -> Result<String, String> {
    let Some(json) = text.strip_prefix(JSON) else {
        return Ok(text.to_owned());
    };
    said(parse::<&RawValue>(json)?)
}

/// Tokens of a row, where there are any: its session, its moment, and what was spent. Counters begin at the column `first`.
fn used(
    row: &Values,
    session: &str,
    [name, provider]: [usize; 2],
    first: usize,
    more: &str,
    at: Option<f64>,
) -> Option<(String, Option<Time>, Spent)> {
    let count = |place: usize| {
        let count = row.integer(first + place).unwrap_or_default();
        u64::try_from(count).unwrap_or_default()
    };
    let usage = Usage {
        input: count(0),
        output: count(1),
        cache_read: count(2),
        cache_write: count(3),
        reasoning: Some(count(4)),
        ..Usage::default()
    };
    // A subscription costs nothing for each.
    let included = row.text(first + 7) == Some("included");
    let cost = |place: usize| row.real(first + place).and_then(dollars);
    let cost = cost(5).or_else(|| cost(6)).filter(|_| !included);
    if usage.prompt() == 0 && usage.output == 0 && cost.is_none() {
        return None;
    }
    let (name, provider) = (
        row.text(name).unwrap_or_default(),
        row.text(provider).unwrap_or_default(),
    );
    let spent = Spent {
        key: format!("{session}:{name}:{provider}:{more}"),
        model: model(provider, name),
        usage,
        cost,
    };
    let at = at.and_then(|at| seconds(at).ok());
    Some((session.to_owned(), at, spent))
}
