//! `creel import`: takes the sessions of other programs, and of other homes of Creel, into the log, where they are found and shown
//! like one's own.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use clap::{Args, ValueEnum};
use futures_util::stream::{Stream, StreamExt};
use serde_json::{Value, json};
use tokio::time::{Instant, interval};

use crate::agent::figure;
use crate::command::rules::effect;
use crate::command::run::signals::{caught, is_echo};
use crate::command::table::counted;
use crate::command::{Ended, Face, Trouble, exit};
use crate::engine::door::Door;
use crate::protocol::event::Signal;
use crate::protocol::import::{
    HomeProgress, HomeReport, ImportNews, Program, Progress, ProposedRule, Reached, Report,
};
use crate::protocol::op::{Manage, Managed};
use crate::protocol::query::{Found, Query};
use crate::protocol::rule::Effect;

/// How often it is looked how far the index has come.
const LOOKS: Duration = Duration::from_millis(500);

/// Take in the sessions of another program, or of another home of Creel
///
/// They are read and never changed. Importing twice adds nothing; of a session that has grown the rest is added, and one that
/// was deleted here stays away. Ctrl+C stops it: what was taken in is there, and the same command goes on. Of a home of Creel the
/// notes are taken in too, line by line, and its rules are named and do not hold here; its config, keys, themes and skills are
/// not taken.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// Which form they have
    pub kind: Kind,
    /// The program's folder, or one file of it
    pub path: PathBuf,
    /// One JSON value in place of a text
    #[arg(long)]
    pub json: bool,
}

/// The forms that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Claude Code: its folder, one project's, or one session's file
    Claude,
    /// Codex: its folder, or one rollout
    Codex,
    #[value(help = "OpenClaw: its folder, one agent's database, or one session's file")]
    Openclaw,
    /// pi: its folder, or one session's file
    Pi,
    /// nanobot: its folder, or one session's file
    Nanobot,
    /// hermes: its folder, or its database
    Hermes,
    #[value(
        help = r#"One item a line: {"session", "at", "role", "text"} and, if known, "title", "project", "who", "external_id""#
    )]
    Jsonl,
    #[value(
        help = "Another home of Creel: its CREEL_HOME, or the folder that has .local/share/creel in it"
    )]
    Creel,
}

impl Kind {
    /// `None`: it is Creel itself.
    fn program(self) -> Option<Program> {
        Some(match self {
            Self::Claude => Program::Claude,
            Self::Codex => Program::Codex,
            Self::Openclaw => Program::Openclaw,
            Self::Pi => Program::Pi,
            Self::Nanobot => Program::Nanobot,
            Self::Hermes => Program::Hermes,
            Self::Jsonl => Program::Jsonl,
            Self::Creel => return None,
        })
    }
}

pub async fn run(args: &ImportArgs, door: &Door, face: &mut Face<'_>) -> Ended {
    let path = std::path::absolute(&args.path).unwrap_or_else(|_| args.path.clone());
    let mut signals =
        caught().map_err(|error| Trouble::failed(format!("cannot catch signals: {error}")))?;
    let mut line = Line { shown: false };
    let mut feed = door.listen();
    let mut open = true;
    let mut stop: Option<(Instant, u8)> = None;
    let manage = match args.kind.program() {
        Some(program) => Manage::Import { program, path },
        None => Manage::ImportHome { path },
    };
    let mut import = pin!(door.manage(manage));
    let managed = loop {
        tokio::select! {
            managed = &mut import => break managed,
            heard = feed.next(), if open => match heard {
                Some(Signal::Import(ImportNews::Progress(progress))) if stop.is_none() => {
                    line.show(face, &far(&progress))?;
                }
                Some(Signal::Import(ImportNews::Home(progress))) if stop.is_none() => {
                    line.show(face, &far_home(&progress))?;
                }
                Some(_) => {}
                None => open = false,
            },
            Some(code) = signals.next() => match stop {
                Some((first, _)) if is_echo(first, Instant::now()) => {}
                // What is at hand is not waited for.
                Some(_) => return Ok(code),
                None => {
                    stop = Some((Instant::now(), code));
                    door.stop_import();
                    line.show(face, "stopping")?;
                }
            },
        }
    };
    line.clear(face)?;
    let (report, home) = match managed {
        Managed::Imported(report) => (report, None),
        Managed::HomeImported(home) => {
            let HomeReport {
                report,
                notes,
                rules,
            } = *home;
            (report, Some((notes, rules)))
        }
        other => return Err(Trouble::undone(other)),
    };
    tell(args, &report, home, face)?;
    // Who imports here searches next, and who stopped it goes on with it first.
    if let Some((_, code)) = stop {
        return Ok(code);
    }
    searchable(door, &mut signals, face).await?;
    Ok(exit::DONE)
}

/// What came of it, as soon as it is in the log.
fn tell(
    args: &ImportArgs,
    report: &Report,
    home: Option<(u64, Vec<ProposedRule>)>,
    face: &mut Face<'_>,
) -> Result<(), Trouble> {
    for problem in &report.problems {
        face.note(&format!(
            "{}:{}: passed over: {}",
            problem.path.display(),
            problem.line,
            problem.text
        ))?;
    }
    let untold = report.skipped.saturating_sub(report.problems.len() as u64);
    if untold > 0 {
        face.note(&format!(
            "{} more were passed over",
            counted(untold, "line")
        ))?;
    }
    if args.json {
        let mut value = json!({
            "sessions": report.sessions,
            "items": report.items,
            "skipped": report.skipped,
            "already": report.already,
            "problems": report.problems,
        });
        if report.stopped {
            value["stopped"] = json!(true);
        }
        if let Some((notes, rules)) = &home {
            value["notes"] = json!(notes);
            value["rules"] = rules.iter().map(as_json).collect();
        }
        face.json(&value)?;
        return Ok(face.out.flush()?);
    }
    let reached = match &home {
        None => reached(&report.reached),
        Some(_) => of_sessions(report.reached.files, report.reached.of_files),
    };
    face.say_line(&told(report, home.as_ref().map_or(0, |(notes, _)| *notes)))?;
    let rules = home.map_or_else(Vec::new, |(_, rules)| rules);
    if !rules.is_empty() {
        face.note(&format!(
            "{} of that home do not hold here; those you want are kept by these lines",
            counted(rules.len() as u64, "rule")
        ))?;
    }
    for rule in &rules {
        face.say_line(&keeps(rule))?;
    }
    if report.stopped {
        face.note(&format!(
            "stopped after {reached}: the same command goes on there"
        ))?;
    }
    Ok(face.out.flush()?)
}

/// Waits until all of it is found by the search, or a signal comes: what was asked for is done before.
async fn searchable(
    door: &Door,
    signals: &mut (impl Stream<Item = u8> + Unpin),
    face: &mut Face<'_>,
) -> Result<(), Trouble> {
    let mut line = Line { shown: false };
    line.show(face, "making it searchable")?;
    let mut indexed = pin!(door.manage(Manage::Index { anew: false }));
    let mut looks = interval(LOOKS);
    let mut first = None;
    let managed = loop {
        tokio::select! {
            managed = &mut indexed => break managed,
            Some(_) = signals.next() => {
                line.clear(face)?;
                face.note("not all of it is searchable yet: the rest follows with the next search")?;
                return Ok(());
            }
            _ = looks.tick(), if face.err_is_terminal => {
                if let Found::Index(status) = door.ask(Query::Index).await {
                    let all = *first.get_or_insert(status.behind);
                    line.show(face, &far_indexed(all, status.behind))?;
                }
            }
        }
    };
    line.clear(face)?;
    if let Managed::Failed { why } = managed {
        face.note(&format!("not indexed yet: {why}"))?;
    }
    Ok(())
}

fn far_indexed(all: u64, behind: u64) -> String {
    let done = all
        .saturating_sub(behind)
        .saturating_mul(100)
        .checked_div(all);
    match done {
        None | Some(0) => "making it searchable (Ctrl+C leaves it to the next search)".to_owned(),
        Some(done) => {
            format!("making it searchable: {done} % (Ctrl+C leaves it to the next search)")
        }
    }
}

/// A line on the terminal that is written anew; nothing where nobody sees it.
struct Line {
    shown: bool,
}

impl Line {
    fn show(&mut self, face: &mut Face<'_>, text: &str) -> io::Result<()> {
        if !face.err_is_terminal {
            return Ok(());
        }
        self.shown = true;
        write!(face.err, "\r{text}\x1b[K")?;
        face.err.flush()
    }

    fn clear(&mut self, face: &mut Face<'_>) -> io::Result<()> {
        if !std::mem::take(&mut self.shown) {
            return Ok(());
        }
        write!(face.err, "\r\x1b[K")?;
        face.err.flush()
    }
}

/// How far it is, in less than a line.
fn far(progress: &Progress) -> String {
    let mut text = reached(&progress.reached);
    if let Some(rate) = progress.rate() {
        let _ = write!(text, ", {}/s", figure::bytes(rate));
    }
    if progress.sessions > 0 {
        let new = counted(progress.sessions, "session");
        let _ = write!(text, ", {new} new");
    }
    text
}

/// The same of another home.
fn far_home(progress: &HomeProgress) -> String {
    let mut text = of_sessions(progress.sessions, progress.of_sessions);
    if progress.items > 0 {
        let new = counted(progress.items, "item");
        let _ = write!(
            text,
            ", {} with {new} new",
            counted(progress.taken, "session")
        );
    }
    text
}

fn of_sessions(done: u64, all: u64) -> String {
    format!("{done} of {}", counted(all, "session"))
}

fn reached(reached: &Reached) -> String {
    format!(
        "{} of {}, {} of {}",
        reached.files,
        counted(reached.of_files, "file"),
        figure::bytes(reached.bytes),
        figure::bytes(reached.of_bytes)
    )
}

fn told(report: &Report, notes: u64) -> String {
    let there = match report.already {
        0 => String::new(),
        already => format!("; {} there before", counted(already, "item")),
    };
    let notes = match notes {
        0 => String::new(),
        notes => format!(", and {} of notes", counted(notes, "line")),
    };
    format!(
        "{} with {}{notes} taken in{there}",
        counted(report.sessions, "session"),
        counted(report.items, "item")
    )
}

fn as_json(rule: &ProposedRule) -> Value {
    json!({
        "effect": effect(rule.effect), "rule": rule.text, "scope": rule.scope.name(),
        "of": rule.folder, "days": rule.days, "command": keeps(rule),
    })
}

/// What would keep it here.
fn keeps(rule: &ProposedRule) -> String {
    let quoted = |text: &str| {
        // What no shell takes is in no rule.
        shlex::try_quote(text).map_or_else(|_| text.to_owned(), Cow::into_owned)
    };
    let mut line = format!("creel rules add {}", quoted(&rule.text));
    line.push_str(match rule.effect {
        Effect::Allow => "",
        Effect::Ask => " --ask",
        Effect::Deny => " --deny",
    });
    line.push_str(" --scope ");
    line.push_str(rule.scope.name());
    if let Some(folder) = &rule.folder {
        line.push_str(" --cwd ");
        line.push_str(&quoted(&folder.to_string_lossy()));
    }
    if let Some(days) = rule.days {
        line.push_str(" --days ");
        line.push_str(&days.to_string());
    }
    line
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::command::cli::{Cli, Sub};
    use crate::command::rules::RulesSub;
    use crate::protocol::rule::Scope;

    #[test]
    fn how_far_it_is_fits_a_line() {
        let progress = |files, bytes, read, millis, sessions| Progress {
            program: Program::Claude,
            path: PathBuf::from("/h/.claude"),
            reached: Reached {
                files,
                of_files: 212,
                bytes,
                of_bytes: 1_181_116_006,
            },
            read,
            millis,
            sessions,
            items: 0,
        };
        for (progress, expected) in [
            (progress(0, 0, 0, 3, 0), "0 of 212 files, 0 B of 1.2 GB"),
            (
                progress(83, 432_013_312, 432_013_312, 7_000, 83),
                "83 of 212 files, 432 MB of 1.2 GB, 62 MB/s, 83 sessions new",
            ),
            // What was so before is no work of now.
            (
                progress(212, 1_181_116_006, 0, 900, 0),
                "212 of 212 files, 1.2 GB of 1.2 GB",
            ),
        ] {
            let told = far(&progress);
            assert_eq!(told, expected);
            assert!(told.len() < 79);
        }
    }

    #[test]
    fn a_proposed_rule_is_a_line_that_keeps_it() {
        let cases = [
            (
                (
                    Effect::Allow,
                    "Bash(git diff *)",
                    Scope::Repository,
                    Some("/work/my boat"),
                    None,
                ),
                "creel rules add 'Bash(git diff *)' --scope repository --cwd '/work/my boat'",
            ),
            (
                (Effect::Deny, "Read(.env)", Scope::Everywhere, None, Some(3)),
                "creel rules add 'Read(.env)' --deny --scope everywhere --days 3",
            ),
            (
                (Effect::Ask, "edit", Scope::Worktree, Some("/w"), None),
                "creel rules add edit --ask --scope worktree --cwd /w",
            ),
        ];
        for ((effect, text, scope, folder, days), expected) in cases {
            let rule = ProposedRule {
                effect,
                text: text.to_owned(),
                scope,
                folder: folder.map(PathBuf::from),
                days,
            };
            assert_eq!(keeps(&rule), expected);
            let words = shlex::split(expected).unwrap_or_default();
            let read = Cli::try_parse_from(words).map(|cli| cli.command);
            match read {
                Ok(Some(Sub::Rules(RulesSub::Add(args)))) => {
                    assert_eq!((args.rule.rule.as_str(), args.days), (text, days));
                }
                other => panic!("{expected}: {other:?}"),
            }
        }
    }

    #[test]
    fn notes_are_told_where_there_are_some() {
        let report = Report {
            sessions: 2,
            items: 9,
            already: 1,
            ..Report::default()
        };
        assert_eq!(
            told(&report, 0),
            "2 sessions with 9 items taken in; 1 item there before"
        );
        assert_eq!(
            told(&report, 3),
            "2 sessions with 9 items, and 3 lines of notes taken in; 1 item there before"
        );
    }
}
