//! `creel import`: takes the sessions of other programs into the log, where they are found and shown like one's own.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::command::table::counted;
use crate::command::{Ended, Face, Trouble, exit};
use crate::engine::door::Door;
use crate::protocol::import::{Program, Report};
use crate::protocol::op::{Manage, Managed};

/// Take in the sessions of another program
///
/// They are read and never changed. Importing twice adds nothing; of a session that has grown the rest is added, and one that
/// was deleted here stays away.
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
    let report = match door.manage(Manage::Import { program, path }).await {
        Managed::Imported(report) => report,
        Managed::Failed { why } => return Err(Trouble::failed(why)),
        _ => {
            return Err(Trouble::failed(
                "the engine answered another question: please report this",
            ));
        }
    };
    // Who imports here searches next.
    if let Managed::Failed { why } = door.manage(Manage::Index { anew: false }).await {
        face.note(&format!("not indexed yet: {why}"))?;
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
    Ok(exit::DONE)
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
