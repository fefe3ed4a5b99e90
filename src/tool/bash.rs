//! `bash`: a command line for a shell.

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::protocol::ask::Subject;
use crate::protocol::call::{Outcome, OutcomeKind, Reach, ToolSpec};
use crate::tool::shared::arguments::Arguments;
use crate::tool::shared::economy;
use crate::tool::shared::environment::{Whose, environment};
use crate::tool::shared::process::{self, Finished, Job};
use crate::tool::shared::schema::{self, Need};
use crate::tool::{Ended, Place, Scene, Tool};

/// What is left of the budget for the lines that say how the command ended.
const CLOSING: usize = 200;
/// A day; nothing a model asks for waits longer.
const TIMEOUT_MOST: u64 = 86_400;
/// Models used to milliseconds write 120000 for two minutes. From here on round thousands are taken so: a timeout meant in
/// seconds and this long would be hours.
const MILLISECONDS_FROM: u64 = 10_000;

#[derive(Debug)]
pub struct Bash {
    spec: ToolSpec,
}

impl Bash {
    pub fn new() -> Self {
        Self {
            spec: schema::spec(
                "bash",
                include_str!("bash.md"),
                &[
                    ("command", "string", Need::Required),
                    ("timeout", "integer", Need::Optional),
                ],
            ),
        }
    }
}

impl Tool for Bash {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn reach(&self, input: &Value, _place: &Place) -> Result<Vec<Reach>, String> {
        let (command, _) = arguments(input)?;
        Ok(vec![Reach::Run { command }])
    }

    fn subject(&self, input: &Value, _scene: &Scene) -> Result<Subject, String> {
        let (command, _) = arguments(input)?;
        Ok(Subject::Command {
            argv: argv(&command),
            parts: Vec::new(),
        })
    }

    fn only_reads(&self) -> bool {
        false
    }

    fn run(&self, input: Value, scene: Scene) -> BoxFuture<'static, Ended> {
        async move {
            match arguments(&input) {
                Ok((command, timeout)) => shell(&command, timeout, Whose::Model, &scene).await,
                Err(text) => Outcome::failed(text).into(),
            }
        }
        .boxed()
    }
}

/// The person's own `! command`: the same runner, with their whole environment and no limit of time.
pub async fn person_shell(command: String, scene: Scene) -> Ended {
    shell(&command, Some(TIMEOUT_MOST), Whose::Person, &scene).await
}

fn arguments(input: &Value) -> Result<(String, Option<u64>), String> {
    let arguments = Arguments::of(input);
    let command = arguments.text("command")?;
    if command.trim().is_empty() {
        return Err("`command` is empty".to_owned());
    }
    if command.contains('\0') {
        return Err("`command` contains a NUL character".to_owned());
    }
    let timeout = arguments.count("timeout")?.filter(|&timeout| timeout > 0);
    Ok((command.to_owned(), timeout.map(seconds)))
}

fn seconds(timeout: u64) -> u64 {
    if timeout >= MILLISECONDS_FROM && timeout.is_multiple_of(1_000) {
        (timeout / 1_000).min(TIMEOUT_MOST)
    } else {
        timeout.min(TIMEOUT_MOST)
    }
}

/// The vector handed to the system: bash where it exists, else sh.
fn argv(command: &str) -> Vec<String> {
    // Without a PATH the system looks in these two.
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
    let has_bash = std::env::split_paths(&path).any(|folder| folder.join("bash").is_file());
    let shell = if has_bash { "bash" } else { "sh" };
    vec![shell.to_owned(), "-c".to_owned(), command.to_owned()]
}

async fn shell(command: &str, timeout: Option<u64>, whose: Whose, scene: &Scene) -> Ended {
    if scene.stop.is_cancelled() {
        return Outcome::cancelled("stopped before it began").into();
    }
    let timeout = timeout.unwrap_or(scene.limits.command_seconds).max(1);
    let budget =
        usize::try_from(scene.limits.output_tokens.saturating_mul(4)).unwrap_or(usize::MAX);
    let job = Job {
        argv: argv(command),
        cwd: scene.place.cwd.clone(),
        environment: environment(whose, std::env::vars_os()),
        timeout: Duration::from_secs(timeout),
        kept_bytes: scene.limits.kept_bytes,
        budget: budget.saturating_sub(CLOSING),
        tail: scene.tail.clone(),
        stop: scene.stop.clone(),
    };
    match process::run(job).await {
        Ok(finished) => ended(finished, timeout, scene.number),
        Err(text) => Outcome::failed(text).into(),
    }
}

/// The output as the model reads it, and below it how the command ended where that is not simply well.
fn ended(finished: Finished, timeout: u64, number: u32) -> Ended {
    let told = finished.digest.finish(&format!("output:{number}"));
    let mut closing = Vec::new();
    if finished.kept.kept() < finished.kept.total() && told.cut {
        closing.push(format!(
            "only the first {} of the output were kept",
            economy::size(finished.kept.kept())
        ));
    }
    if finished.left_behind {
        closing.push(
            "a process it left in the background was ended; to keep one, send its output to a file"
                .to_owned(),
        );
    }
    let status = finished.status;
    let signal = status.and_then(|status| status.signal());
    let exit = status.and_then(|status| status.code().or(signal.map(|signal| 128 + signal)));
    let kind = match finished.ended {
        process::Ended::Alone => OutcomeKind::Done,
        process::Ended::Stopped => {
            closing.push("stopped by the person".to_owned());
            OutcomeKind::Cancelled
        }
        process::Ended::TimedOut => {
            closing.push(format!("timed out after {timeout} s and was ended"));
            OutcomeKind::Failed
        }
        process::Ended::Flooded => {
            closing.push("ended because it put out too much".to_owned());
            OutcomeKind::Failed
        }
    };
    let exit = exit.filter(|_| kind == OutcomeKind::Done);
    match (exit, signal) {
        (Some(exit), Some(signal)) => {
            closing.push(format!("exit {exit} ({})", signal_name(signal)))
        }
        (Some(exit), None) if exit != 0 => closing.push(format!("exit {exit}")),
        _ => {}
    }
    let mut text = told.text;
    if text.is_empty() {
        "(no output)".clone_into(&mut text);
    }
    for line in closing {
        text.push('\n');
        text.push_str(&line);
    }
    Ended {
        outcome: Outcome {
            kind,
            exit,
            ..Outcome::done(text)
        },
        whole: told.cut.then(|| finished.kept.into_bytes()),
    }
}

/// The signals that end processes, by the numbers all our systems share.
fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        _ => return format!("signal {signal}"),
    };
    name.to_owned()
}
