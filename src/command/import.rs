//! `creel import`: takes the sessions of other programs into the log, where they are found and shown like one's own.

use std::io;
use std::path::PathBuf;
use std::pin::pin;

use clap::{Args, ValueEnum};
use futures_util::stream::StreamExt;
use serde_json::json;
use tokio::time::Instant;

use crate::agent::figure;
use crate::command::run::signals::{caught, is_echo};
use crate::command::table::counted;
use crate::command::{Ended, Face, Trouble, exit};
use crate::engine::door::Door;
use crate::protocol::event::Signal;
use crate::protocol::import::{ImportNews, Program, Progress, Reached, Report};
use crate::protocol::op::{Manage, Managed};

/// Take in the sessions of another program
///
/// They are read and never changed. Importing twice adds nothing; of a session that has grown the rest is added, and one that
/// was deleted here stays away. Ctrl+C stops it: what was taken in is there, and the same command goes on.
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
}

impl Kind {
    fn program(self) -> Program {
        match self {
            Self::Claude => Program::Claude,
            Self::Codex => Program::Codex,
            Self::Openclaw => Program::Openclaw,
            Self::Pi => Program::Pi,
            Self::Nanobot => Program::Nanobot,
            Self::Hermes => Program::Hermes,
            Self::Jsonl => Program::Jsonl,
        }
    }
}

pub async fn run(args: &ImportArgs, door: &Door, face: &mut Face<'_>) -> Ended {
    let program = args.kind.program();
    let path = std::path::absolute(&args.path).unwrap_or_else(|_| args.path.clone());
    let mut signals =
        caught().map_err(|error| Trouble::failed(format!("cannot catch signals: {error}")))?;
    let mut line = Line { shown: false };
    let mut feed = door.listen();
    let mut hears = true;
    let mut stop: Option<(Instant, u8)> = None;
    let mut import = pin!(door.manage(Manage::Import { program, path }));
    let managed = loop {
        tokio::select! {
            managed = &mut import => break managed,
            heard = feed.next(), if hears => match heard {
                Some(Signal::Import(ImportNews::Progress(progress))) if stop.is_none() => {
                    line.show(face, &far(&progress))?;
                }
                Some(_) => {}
                None => hears = false,
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
    let report = match managed {
        Managed::Imported(report) => report,
        Managed::Failed { why } => return Err(Trouble::failed(why)),
        _ => {
            return Err(Trouble::failed(
                "the engine answered another question: please report this",
            ));
        }
    };
    // Who imports here searches next, and who stopped it goes on with it first.
    if stop.is_none() {
        line.show(face, "making it searchable")?;
        let indexed = tokio::select! {
            indexed = door.manage(Manage::Index { anew: false }) => indexed,
            Some(code) = signals.next() => {
                stop = Some((Instant::now(), code));
                Managed::Failed { why: "the rest follows with the next search".to_owned() }
            }
        };
        line.clear(face)?;
        if let Managed::Failed { why } = indexed {
            face.note(&format!("not indexed yet: {why}"))?;
        }
    }
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
        face.json(&json!({
            "sessions": report.sessions,
            "items": report.items,
            "skipped": report.skipped,
            "already": report.already,
            "problems": report.problems,
        }))?;
    } else {
        face.say_line(&told(&report))?;
    }
    if report.stopped {
        face.note(&format!(
            "stopped after {}: the same command goes on there",
            reached(&report.reached)
        ))?;
    }
    Ok(stop.map_or(exit::DONE, |(_, code)| code))
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
        text.push_str(&format!(", {}/s", figure::bytes(rate)));
    }
    if progress.sessions > 0 {
        text.push_str(&format!(", {} new", counted(progress.sessions, "session")));
    }
    text
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

fn told(report: &Report) -> String {
    let there = match report.already {
        0 => String::new(),
        already => format!("; {} there before", counted(already, "item")),
    };
    format!(
        "{} with {} taken in{there}",
        counted(report.sessions, "session"),
        counted(report.items, "item")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
