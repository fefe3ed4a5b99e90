//! `creel search`: what was said and done, found by words.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::agent::moment::{Moment, Now};
use crate::agent::search_line::{self, Filter};
use crate::agent::visible::one_line;
use crate::command::moment::{self, rfc3339};
use crate::command::{Ended, Face, Trouble, exit, find};
use crate::engine::door::Door;
use crate::protocol::op::{Manage, Managed};
use crate::protocol::query::{Found, Query};
use crate::protocol::search::{Filters, Hit, Hits, Kind, Nearest, Search};

/// Find what was said and done
///
/// Any of the words will do, and what holds more of them stands higher. "Quotes" for words in this order, -word for what must
/// not be there, and filters within the words as well: project: kind: source: since: until: session: who:
#[derive(Debug, Clone, Args)]
pub struct SearchArgs {
    /// Words to find
    #[arg(required_unless_present_any = ["batch", "pick"])]
    pub query: Vec<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
    /// Only turn, call, command, diff, note, skill or summary; may be repeated
    #[arg(long, value_name = "KIND")]
    pub kind: Vec<Kind>,
    /// Only projects whose folder holds this
    #[arg(long, value_name = "PART")]
    pub project: Option<String>,
    /// Only sessions of this program: creel, claude, codex, openclaw, pi, nanobot, hermes, jsonl
    #[arg(long, value_name = "PROGRAM")]
    pub source: Option<String>,
    /// Only since then: 2026-11-01, a moment, or 7d
    #[arg(long, value_name = "WHEN")]
    pub since: Option<Moment>,
    /// Only until then, a day as a whole
    #[arg(long, value_name = "WHEN")]
    pub until: Option<Moment>,
    /// Only in this session, by a part of its id
    #[arg(long, value_name = "SESSION")]
    pub session: Option<String>,
    /// Only what this one said
    #[arg(long, value_name = "NAME")]
    pub who: Option<String>,
    /// Draw the search on the terminal, and print what is chosen: of a command its line. Esc leaves with 130
    #[arg(long, conflicts_with_all = ["batch", "json", "limit"])]
    pub pick: bool,
    /// Begin with what was typed at a shell prompt, as words alone
    #[arg(
        long,
        value_name = "TEXT",
        requires = "pick",
        allow_hyphen_values = true
    )]
    pub line: Option<String>,
    /// Many questions: a file with {"id", "query"} in each line; an answer in each line of the output
    #[arg(long, value_name = "FILE", conflicts_with = "query")]
    pub batch: Option<PathBuf>,
    /// A JSON list in place of a text
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Deserialize)]
struct Asked {
    id: Value,
    query: String,
}

pub async fn run(args: &SearchArgs, door: &Door, now: &Now, face: &mut Face<'_>) -> Ended {
    if let Some(path) = &args.batch {
        return batch(args, path, door, now, face).await;
    }
    let text = args.query.join(" ");
    judge(&text, now)?;
    let found = ask(args, text.clone(), door, now).await?;
    if args.json {
        face.json(&Value::Array(found.hits.iter().map(fields).collect()))?;
    }
    if found.hits.is_empty() {
        face.note(&nothing(&text, &found))?;
    } else if !args.json {
        let lines: Vec<String> = found.hits.iter().map(|hit| listed(hit, now)).collect();
        face.say_line(&lines.join("\n"))?;
    }
    Ok(exit::DONE)
}

async fn batch(
    args: &SearchArgs,
    path: &PathBuf,
    door: &Door,
    now: &Now,
    face: &mut Face<'_>,
) -> Ended {
    let unreadable =
        |error: std::io::Error| Trouble::failed(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(unreadable)?;
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(unreadable)?;
        if line.trim().is_empty() {
            continue;
        }
        let asked: Asked = serde_json::from_str(&line).map_err(|error| {
            Trouble::usage(format!("{}:{}: {error}", path.display(), number + 1))
        })?;
        judge(&asked.query, now).map_err(|trouble| {
            Trouble::usage(format!("{}:{}: {trouble}", path.display(), number + 1))
        })?;
        let started = Instant::now();
        let found = ask(args, asked.query, door, now).await?;
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let hits: Vec<Value> = found.hits.iter().map(fields).collect();
        face.json(&json!({ "id": asked.id, "hits": hits, "micros": micros }))?;
    }
    Ok(exit::DONE)
}

/// A filter that means nothing is a wrong line.
fn judge(text: &str, now: &Now) -> Result<(), Trouble> {
    search_line::narrow(&mut Filters::default(), &search_line::parts(text), now)
        .map_err(Trouble::usage)
}

/// Why there is no hit, as far as it is known.
fn nothing(text: &str, found: &Hits) -> String {
    if let Some(why) = &found.unfit {
        return why.clone();
    }
    if found.nearest.is_empty() {
        let asked = text.trim();
        return match asked {
            "" => "nothing was found".to_owned(),
            _ => format!("no hit for `{asked}`: other words, or fewer filters, may find it"),
        };
    }
    let nearest = found.nearest.iter().map(Nearest::said);
    nearest.collect::<Vec<_>>().join("; ")
}

/// The line that the search on the terminal begins with: what was given as flags stands in it as filters.
pub fn first_line(args: &SearchArgs) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut put = |filter, value: Option<String>| {
        words.extend(value.and_then(|value| search_line::written(filter, &value)));
    };
    let kinds: Vec<&str> = args.kind.iter().map(|kind| kind.name()).collect();
    put(Filter::Kind, Some(kinds.join(",")));
    put(Filter::Project, args.project.clone());
    put(Filter::Source, args.source.clone());
    put(Filter::Session, args.session.clone());
    put(Filter::Who, args.who.clone());
    put(Filter::Since, args.since.map(|moment| moment.to_string()));
    put(Filter::Until, args.until.map(|moment| moment.to_string()));
    words.extend(args.query.iter().cloned());
    words.extend(args.line.as_deref().map(search_line::as_words));
    words.join(" ")
}

async fn ask(args: &SearchArgs, text: String, door: &Door, now: &Now) -> Result<Hits, Trouble> {
    let filters = Filters {
        kinds: args.kind.clone(),
        project: args.project.clone(),
        source: args.source.clone(),
        session: args.session.clone(),
        who: args.who.clone(),
        since: args.since.map(|since| since.first(now)),
        until: args.until.map(|until| until.end(now)),
    };
    let search = Search {
        text,
        typing: false,
        limit: args.limit,
        filters,
        facets: false,
    };
    let mut brought_up = false;
    loop {
        match door.ask(Query::Search(search.clone())).await {
            // Nobody looks on while it comes: it is waited for, so that what is there is found.
            Found::Hits(hits) if hits.behind > 0 && !brought_up => {
                brought_up = true;
                if let Managed::Failed { why } = door.manage(Manage::Index { anew: false }).await {
                    return Err(Trouble::failed(why));
                }
            }
            Found::Hits(hits) => return Ok(hits),
            other => return Err(find::odd(&other)),
        }
    }
}

fn fields(hit: &Hit) -> Value {
    json!({
        "session": hit.session,
        "item": hit.item,
        "kind": hit.kind,
        "who": hit.who,
        "role": hit.role,
        "at": rfc3339(hit.at),
        "project": hit.project,
        "source": hit.source,
        "score": (f64::from(hit.score) * 1000.0).round() / 1000.0,
        "text": hit.text,
        "snippet": marked(hit),
        "external_id": hit.external_id,
    })
}

/// The snippet with what was found in brackets.
fn marked(hit: &Hit) -> String {
    let mut text = String::with_capacity(hit.snippet.len() + hit.marks.len() * 2);
    let mut last = 0;
    for (from, to) in &hit.marks {
        let (from, to) = (*from as usize, *to as usize);
        text.push_str(hit.snippet.get(last..from).unwrap_or_default());
        text.push('[');
        text.push_str(hit.snippet.get(from..to).unwrap_or_default());
        text.push(']');
        last = to;
    }
    text.push_str(hit.snippet.get(last..).unwrap_or_default());
    text
}

/// Two lines: where it is, and what it says.
fn listed(hit: &Hit, now: &Now) -> String {
    let age = moment::age(hit.at, now.time);
    let place = format!("{}@{}", hit.session.short(), hit.item.0);
    let source = if hit.source == crate::protocol::session::OURS {
        String::new()
    } else {
        format!(" · {}", hit.source)
    };
    let title = one_line(&hit.title);
    let beside = if hit.beside {
        " · said beside a hit"
    } else {
        ""
    };
    format!(
        "{:>5.1}  {:<7}  {age:>4}  {place}  {}  {title}{source}{beside}\n       {}",
        hit.score,
        hit.kind.name(),
        one_line(&hit.who),
        one_line(&marked(hit)),
    )
}
