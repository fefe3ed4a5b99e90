//! `creel trust`: the rules that a folder brings in the files of another agent; which of them hold, and trusting them one by one.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::agent::visible::{as_command, one_line};
use crate::command::rules::effect;
use crate::command::table::{Column, counted, table};
use crate::command::{Ended, Face, Trouble, exit, find};
use crate::engine::door::Door;
use crate::protocol::op::{Manage, Managed};
use crate::protocol::query::{Found, Query};
use crate::protocol::trust::{Brought, Standing, Trust};

/// What can be done with what a folder brings.
#[derive(Debug, Clone, Subcommand)]
pub enum TrustSub {
    List(ListArgs),
    Accept(AcceptArgs),
    Remove(RemoveArgs),
}

/// List the rules that the folder brings in `.claude/settings.json`, and which of them hold
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    #[command(flatten)]
    pub of: FolderArgs,
}

/// The folder that is meant, and how it is told.
#[derive(Debug, Clone, Args)]
pub struct FolderArgs {
    /// The folder [default: this one]
    #[arg(long, value_name = "DIR")]
    pub cwd: Option<PathBuf>,
    /// One JSON value in place of a text
    #[arg(long)]
    pub json: bool,
}

/// Trust rules that the folder brings: they hold for as long as it brings them as they are
#[derive(Debug, Clone, Args)]
pub struct AcceptArgs {
    /// The text of a rule, as `creel trust list` shows it
    #[arg(value_name = "RULE", required_unless_present = "all")]
    pub rules: Vec<String>,
    /// All that are new
    #[arg(long, conflicts_with = "rules")]
    pub all: bool,
    #[command(flatten)]
    pub of: FolderArgs,
}

/// Trust rules no more
#[derive(Debug, Clone, Args)]
pub struct RemoveArgs {
    /// The text of a rule, as `creel trust list` shows it
    #[arg(value_name = "RULE", required_unless_present = "all")]
    pub rules: Vec<String>,
    /// All that are trusted
    #[arg(long, conflicts_with = "rules")]
    pub all: bool,
    #[command(flatten)]
    pub of: FolderArgs,
}

pub async fn run(sub: &TrustSub, door: &Door, face: &mut Face<'_>) -> Ended {
    match sub {
        TrustSub::List(args) => list(args, door, face).await,
        TrustSub::Accept(args) => accept(args, door, face).await,
        TrustSub::Remove(args) => remove(args, door, face).await,
    }
}

async fn look(args: &FolderArgs, door: &Door) -> Result<(Trust, PathBuf), Trouble> {
    let here = || std::env::current_dir().map_err(|error| Trouble::failed(error.to_string()));
    let cwd = args.cwd.clone().map_or_else(here, Ok)?;
    let cwd = cwd.canonicalize();
    let cwd = cwd.map_err(|error| Trouble::failed(format!("cannot use the folder: {error}")))?;
    match door.ask(Query::Trust(cwd.clone())).await {
        Found::Trust(trust) => Ok((*trust, cwd)),
        other => Err(find::odd(&other)),
    }
}

async fn list(args: &ListArgs, door: &Door, face: &mut Face<'_>) -> Ended {
    let (trust, _) = look(&args.of, door).await?;
    if args.of.json {
        let brought = trust.brought.iter().map(as_json);
        face.json(&json!({
            "brought": brought.collect::<Vec<Value>>(), "unused": trust.unused, "faults": trust.faults,
        }))?;
        return Ok(exit::DONE);
    }
    if trust.brought.is_empty() {
        face.note("the folder brings no rules")?;
    } else {
        face.say(&listed(&trust))?;
    }
    for fault in &trust.faults {
        face.note(&one_line(fault))?;
    }
    if !trust.unused.is_empty() {
        face.note(&format!("not used by Creel: {}", trust.unused.join(", ")))?;
    }
    if trust.waiting() > 0 {
        let new = counted(trust.waiting() as u64, "rule");
        face.note(&format!("{new} new: `creel trust accept RULE` or `--all`"))?;
    }
    Ok(exit::DONE)
}

fn listed(trust: &Trust) -> String {
    let columns = [
        ("standing", Column::Left),
        ("effect", Column::Left),
        ("rule", Column::Left),
        ("file", Column::Left),
        ("why", Column::Left),
    ];
    let rows = trust.brought.iter().map(|brought| {
        let (word, why) = standing(&brought.standing);
        vec![
            word.to_owned(),
            effect(brought.effect).to_owned(),
            as_command(&brought.text),
            brought.file.clone(),
            one_line(&why),
        ]
    });
    table(&columns, &rows.collect::<Vec<_>>())
}

fn as_json(brought: &Brought) -> Value {
    let (word, why) = standing(&brought.standing);
    let number = match brought.standing {
        Standing::Trusted(number) | Standing::Gone(number) => Some(number),
        Standing::Narrows | Standing::New | Standing::Unread(_) => None,
    };
    json!({
        "file": (!brought.file.is_empty()).then_some(&brought.file), "effect": effect(brought.effect), "rule": brought.text,
        "standing": word, "why": why, "number": number,
    })
}

/// How it stands in one word, and more where that is not all.
pub(crate) fn standing(standing: &Standing) -> (&'static str, String) {
    match standing {
        Standing::Narrows => ("holds", String::new()),
        Standing::New => ("new", String::new()),
        Standing::Trusted(_) => ("trusted", String::new()),
        Standing::Gone(_) => ("gone", "no file brings it any more".to_owned()),
        Standing::Unread(why) => ("unused", why.clone()),
    }
}

async fn accept(args: &AcceptArgs, door: &Door, face: &mut Face<'_>) -> Ended {
    let (trust, cwd) = look(&args.of, door).await?;
    let new = trust
        .brought
        .iter()
        .filter(|brought| brought.standing == Standing::New);
    let mut texts: Vec<String> = if args.all {
        new.map(|brought| brought.text.clone()).collect()
    } else {
        args.rules
            .iter()
            .map(|rule| rule.trim().to_owned())
            .collect()
    };
    texts.sort();
    texts.dedup();
    let numbers = match door
        .manage(Manage::Accept {
            cwd,
            texts: texts.clone(),
        })
        .await
    {
        Managed::Accepted { numbers } => numbers,
        other => return Err(Trouble::undone(other)),
    };
    if args.of.json {
        face.json(&json!({ "accepted": numbers }))?;
    } else if numbers.is_empty() {
        face.note("nothing is new")?;
    } else {
        for (number, text) in numbers.iter().zip(&texts) {
            face.say_line(&format!("rule {number}: {} holds now", as_command(text)))?;
        }
    }
    Ok(exit::DONE)
}

async fn remove(args: &RemoveArgs, door: &Door, face: &mut Face<'_>) -> Ended {
    let (trust, _) = look(&args.of, door).await?;
    let mut numbers = Vec::new();
    for brought in &trust.brought {
        let named = args.all || args.rules.iter().any(|rule| rule.trim() == brought.text);
        if let (true, Standing::Trusted(number) | Standing::Gone(number)) =
            (named, &brought.standing)
        {
            numbers.push(*number);
        }
    }
    if let Some(unknown) = args.rules.iter().find(|rule| {
        let is_it = |brought: &Brought| brought.text == rule.trim();
        !trust.brought.iter().any(is_it)
    }) {
        return Err(Trouble::failed(format!(
            "the folder brings no rule {}: `creel trust list` shows them",
            one_line(unknown)
        )));
    }
    numbers.sort_unstable();
    numbers.dedup();
    let gone = match door.manage(Manage::RemoveRules { numbers }).await {
        Managed::RulesRemoved { numbers } => numbers,
        other => return Err(Trouble::undone(other)),
    };
    if args.of.json {
        face.json(&json!({ "removed": gone }))?;
    } else if gone.is_empty() {
        face.note("none of these was trusted")?;
    } else {
        face.say_line(&format!(
            "{} trusted no more",
            counted(gone.len() as u64, "rule")
        ))?;
    }
    Ok(exit::DONE)
}
