//! `creel rules`: the rules that were kept and those of the config; what one would have done with the calls of before; another
//! one kept, or some taken away.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::agent::moment::Now;
use crate::agent::rule::whole;
use crate::agent::visible::{as_command, one_line};
use crate::command::moment::{age, rfc3339};
use crate::command::table::{Column, counted, table};
use crate::command::{Ended, Face, Trouble, exit, find, value};
use crate::engine::door::Door;
use crate::protocol::op::{Manage, Managed};
use crate::protocol::query::{Found, Query, Rules, Trial, TrialAt};
use crate::protocol::rule::{Bounds, Effect, KeptRule, Lasting, NewRule, Replay, Rule, Scope};
use crate::protocol::time::Time;

/// What can be done with rules.
#[derive(Debug, Clone, Subcommand)]
pub enum RulesSub {
    List(ListArgs),
    Test(TestArgs),
    Add(AddArgs),
    Remove(RemoveArgs),
}

/// List the rules there are, with how often calls ran by them
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// One JSON value in place of a text
    #[arg(long)]
    pub json: bool,
}

/// Try a rule on the calls of before: how many it is about, and which of them you denied
#[derive(Debug, Clone, Args)]
pub struct TestArgs {
    #[command(flatten)]
    pub rule: RuleArgs,
    /// One JSON value in place of a text
    #[arg(long)]
    pub json: bool,
}

/// Keep a rule
#[derive(Debug, Clone, Args)]
pub struct AddArgs {
    #[command(flatten)]
    pub rule: RuleArgs,
    /// It holds for so many days [default: no end]
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub days: Option<u32>,
    /// One JSON value in place of a text
    #[arg(long)]
    pub json: bool,
}

/// A rule, as `test` and `add` take it.
#[derive(Debug, Clone, Args)]
pub struct RuleArgs {
    /// As in the config: `Bash(git diff *)`, `Read(.env)`, `Edit(./docs/**)`
    #[arg(value_name = "RULE", value_parser = value::rule)]
    pub rule: String,
    /// It denies what it is about
    #[arg(long, conflicts_with = "ask")]
    pub deny: bool,
    /// It asks before what it is about
    #[arg(long)]
    pub ask: bool,
    /// Where it holds [default: the repository]
    #[arg(long, value_enum, default_value_t = Where::Repository)]
    pub scope: Where,
    /// The folder whose worktree or repository is meant [default: this one]
    #[arg(long, value_name = "DIR")]
    pub cwd: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Where {
    /// One checkout, or one folder
    Worktree,
    /// The repository with all its worktrees
    Repository,
    /// Every session of this home
    Everywhere,
}

/// Take rules away: by their numbers, by their words, or all that lie unused
#[derive(Debug, Clone, Args)]
pub struct RemoveArgs {
    /// The number of a rule, or its text as `creel rules list` shows it
    #[arg(value_name = "RULE", required_unless_present = "unused")]
    pub rules: Vec<String>,
    /// Those that allow and let nothing run for 90 days, and those past their end
    #[arg(long)]
    pub unused: bool,
    /// One JSON value in place of a text
    #[arg(long)]
    pub json: bool,
}

pub async fn run(sub: &RulesSub, door: &Door, now: &Now, face: &mut Face<'_>) -> Ended {
    match sub {
        RulesSub::List(args) => list(args, door, now, face).await,
        RulesSub::Test(args) => test(args, door, now, face).await,
        RulesSub::Add(args) => add(args, door, face).await,
        RulesSub::Remove(args) => remove(args, door, face).await,
    }
}

async fn rules(door: &Door) -> Result<Rules, Trouble> {
    match door.ask(Query::Rules).await {
        Found::Rules(rules) => Ok(rules),
        other => Err(find::odd(&other)),
    }
}

async fn list(args: &ListArgs, door: &Door, now: &Now, face: &mut Face<'_>) -> Ended {
    let rules = rules(door).await?;
    if args.json {
        let config = rules.config.iter().map(of_config);
        let kept = rules.kept.iter().map(|kept| as_json(kept, rules.now));
        face.json(&Value::Array(config.chain(kept).collect()))?;
    } else if rules.config.is_empty() && rules.kept.is_empty() {
        face.note("there are no rules: `creel rules add`, `r` at an ask, or `[permissions]` in the config")?;
    } else {
        face.say(&listed(&rules, now))?;
        let unused = rules.kept.iter().filter(|kept| kept.is_unused(rules.now));
        let unused = unused.count() as u64;
        if unused > 0 {
            face.note(&format!(
                "{} lay unused for 90 days or ended: `creel rules remove --unused` takes them away",
                counted(unused, "rule")
            ))?;
        }
    }
    Ok(exit::DONE)
}

fn listed(rules: &Rules, now: &Now) -> String {
    let columns = [
        ("no", Column::Right),
        ("effect", Column::Left),
        ("rule", Column::Left),
        ("scope", Column::Left),
        ("of", Column::Left),
        ("since", Column::Right),
        ("until", Column::Left),
        ("used", Column::Right),
        ("last", Column::Right),
    ];
    let config = rules.config.iter().map(|rule| {
        let mut row = vec![String::new(), effect(rule.effect).to_owned()];
        row.extend([as_command(&rule.text), rule.scope.name().to_owned()]);
        row
    });
    let kept = rules.kept.iter().map(|kept| {
        let ago = |time: Time| age(time, now.time);
        vec![
            kept.number.to_string(),
            effect(kept.effect).to_owned(),
            as_command(&kept.text),
            kept.bounds.scope().name().to_owned(),
            bound(&kept.bounds).unwrap_or_default(),
            ago(kept.since),
            kept.until.map_or_else(String::new, |until| {
                crate::command::moment::local(until, &now.zone)
            }),
            kept.used.to_string(),
            kept.last_used.map_or_else(|| "never".to_owned(), ago),
        ]
    });
    table(&columns, &config.chain(kept).collect::<Vec<_>>())
}

pub(crate) fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Deny => "deny",
        Effect::Ask => "ask",
        Effect::Allow => "allow",
    }
}

/// What bounds it, as a person finds it again.
pub(crate) fn bound(bounds: &Bounds) -> Option<String> {
    match bounds {
        Bounds::Session { session } => Some(session.short()),
        Bounds::Worktree { folder } => Some(folder.to_string_lossy().into_owned()),
        Bounds::Repository { project } | Bounds::Project { project } => {
            Some(project.to_string_lossy().into_owned())
        }
        Bounds::Everywhere => None,
    }
}

fn of_config(rule: &Rule) -> Value {
    json!({
        "number": null, "effect": effect(rule.effect), "rule": rule.text, "scope": rule.scope.name(), "of": null,
        "since": null, "until": null, "session": null, "call": null, "used": null, "last_used": null, "unused": false,
    })
}

fn as_json(kept: &KeptRule, now: Time) -> Value {
    let of = match &kept.bounds {
        Bounds::Session { session } => Some(session.to_string()),
        other => bound(other),
    };
    json!({
        "number": kept.number,
        "effect": effect(kept.effect),
        "rule": kept.text,
        "scope": kept.bounds.scope().name(),
        "of": of,
        "since": rfc3339(kept.since),
        "until": kept.until.map(rfc3339),
        "session": kept.from.as_ref().map(|(session, _)| session.to_string()),
        "call": kept.from.as_ref().map(|(_, call)| call.0.clone()),
        "used": kept.used,
        "last_used": kept.last_used.map(rfc3339),
        "unused": kept.is_unused(now),
    })
}

/// The rule that is meant, and the folder it is meant for.
fn meant(args: &RuleArgs, days: Option<u32>) -> Result<(NewRule, PathBuf), Trouble> {
    let here = || std::env::current_dir().map_err(|error| Trouble::failed(error.to_string()));
    let cwd = args.cwd.clone().map_or_else(here, Ok)?;
    let cwd = cwd.canonicalize();
    let cwd = cwd.map_err(|error| Trouble::failed(format!("cannot use the folder: {error}")))?;
    let rule = NewRule {
        effect: match (args.deny, args.ask) {
            (true, _) => Effect::Deny,
            (_, true) => Effect::Ask,
            _ => Effect::Allow,
        },
        text: args.rule.clone(),
        scope: match args.scope {
            Where::Worktree => Scope::Worktree,
            Where::Repository => Scope::Repository,
            Where::Everywhere => Scope::Everywhere,
        },
        lasts: days.map_or(Lasting::Always, Lasting::Days),
    };
    Ok((rule, cwd))
}

async fn tried(door: &Door, rule: NewRule, cwd: PathBuf) -> Result<Replay, Trouble> {
    let at = TrialAt::Folder(cwd);
    match door.ask(Query::Replay(Trial { rule, at })).await {
        Found::Replay(replay) => Ok(replay),
        other => Err(find::odd(&other)),
    }
}

async fn test(args: &TestArgs, door: &Door, now: &Now, face: &mut Face<'_>) -> Ended {
    let (rule, cwd) = meant(&args.rule, None)?;
    let replay = tried(door, rule.clone(), cwd).await?;
    if args.json {
        face.json(&replay_json(&rule, &replay))?;
        return Ok(exit::DONE);
    }
    face.say_line(&said(&rule, &replay))?;
    for sample in &replay.samples {
        let denied = if sample.denied { "  you denied it" } else { "" };
        let times = if sample.count > 1 {
            format!("  {}x", sample.count)
        } else {
            String::new()
        };
        face.say_line(&format!(
            "  {:>4}  {} {}{times}{denied}",
            age(sample.at, now.time),
            one_line(&sample.tool),
            sample.subject,
        ))?;
    }
    if replay.cut {
        face.note("only the newest calls were looked at")?;
    }
    Ok(exit::DONE)
}

/// What came of it, in one line.
fn said(rule: &NewRule, replay: &Replay) -> String {
    let looked = match replay.looked {
        0 => {
            return "no call of before is of its tool there: it would have done nothing".to_owned();
        }
        looked => counted(looked, "call"),
    };
    let does = match rule.effect {
        Effect::Allow => "would have let run",
        Effect::Ask => "would have asked before",
        Effect::Deny => "would have denied",
    };
    format!(
        "{does} {} of {looked}, {} of them you denied",
        replay.covers, replay.denied
    )
}

fn replay_json(rule: &NewRule, replay: &Replay) -> Value {
    let samples = replay.samples.iter().map(|sample| {
        json!({
            "session": sample.session.to_string(), "at": rfc3339(sample.at), "tool": sample.tool,
            "subject": sample.subject, "denied": sample.denied, "count": sample.count,
        })
    });
    json!({
        "rule": rule.text, "effect": effect(rule.effect), "scope": rule.scope.name(),
        "looked": replay.looked, "covers": replay.covers, "denied": replay.denied, "cut": replay.cut,
        "samples": samples.collect::<Vec<_>>(),
    })
}

async fn add(args: &AddArgs, door: &Door, face: &mut Face<'_>) -> Ended {
    let (rule, cwd) = meant(&args.rule, args.days)?;
    let replay = tried(door, rule.clone(), cwd.clone()).await?;
    let keep = Manage::KeepRule {
        rule: rule.clone(),
        cwd,
    };
    match door.manage(keep).await {
        Managed::RuleKept { number } if args.json => {
            let mut told = replay_json(&rule, &replay);
            told["number"] = json!(number);
            face.json(&told)?;
        }
        Managed::RuleKept { number } => {
            face.say_line(&format!("rule {number}: {}", said(&rule, &replay)))?;
            if let (Effect::Allow, Some(what)) = (rule.effect, whole(&rule.text)) {
                face.note(&format!(
                    "it allows {what}: `creel rules remove {number}` takes it away"
                ))?;
            }
        }
        other => return Err(Trouble::undone(other)),
    }
    Ok(exit::DONE)
}

async fn remove(args: &RemoveArgs, door: &Door, face: &mut Face<'_>) -> Ended {
    let rules = rules(door).await?;
    let mut numbers = Vec::new();
    for named in &args.rules {
        let found: Vec<u32> = rules
            .kept
            .iter()
            .filter(|kept| named.parse() == Ok(kept.number) || kept.text == named.trim())
            .map(|kept| kept.number)
            .collect();
        if found.is_empty() {
            return Err(Trouble::failed(missing(named, &rules)));
        }
        numbers.extend(found);
    }
    if args.unused {
        let unused = rules.kept.iter().filter(|kept| kept.is_unused(rules.now));
        numbers.extend(unused.map(|kept| kept.number));
    }
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.is_empty() {
        face.note(
            "no rule lies unused: one that allows does when nothing ran by it for 90 days, any does past its end",
        )?;
        return Ok(exit::DONE);
    }
    let gone = match door.manage(Manage::RemoveRules { numbers }).await {
        Managed::RulesRemoved { numbers } => numbers,
        other => return Err(Trouble::undone(other)),
    };
    if args.json {
        face.json(&json!({ "removed": gone }))?;
        return Ok(exit::DONE);
    }
    for number in &gone {
        let text = rules.kept.iter().find(|kept| kept.number == *number);
        let text = text.map_or_else(String::new, |kept| as_command(&kept.text));
        face.say_line(&format!("removed rule {number}: {text}"))?;
    }
    Ok(exit::DONE)
}

fn missing(named: &str, rules: &Rules) -> String {
    if rules.config.iter().any(|rule| rule.text == named.trim()) {
        return format!(
            "the rule {} stands in the config: `creel config path` names the file",
            one_line(named)
        );
    }
    format!(
        "there is no rule {}: `creel rules list` shows them",
        one_line(named)
    )
}
